"""Silences by the clock, and by results."""

from __future__ import annotations

from msgspec.structs import replace

from oncall_tui.domain.duration import HOUR, MINUTE
from oncall_tui.domain.probe import Probe, ProbeKind, ProbeState, ProbeStatus, Verdict
from oncall_tui.domain.silence import SET_BACK_MS, Silence, SilenceKind, count_missing, find_silence

NOW = 1_800_000_000_000
PROBE = Probe("api", ProbeKind.TCP, "h:1", every_ms=30_000)
NAP = Silence("api", SilenceKind.SNOOZE, "", "bob", NOW, NOW + 30 * MINUTE)
ACK = Silence("api", SilenceKind.ACK, "", "ann", NOW)


def is_silent(silence: Silence, now: int) -> bool:
    return find_silence({silence.probe: silence}, "api", now) is not None


def test_a_snooze_ends_by_itself_and_keeps_nobody_else_quiet() -> None:
    assert is_silent(NAP, NOW + 30 * MINUTE - 1)
    assert not is_silent(NAP, NOW + 30 * MINUTE)
    assert find_silence({"api": NAP}, "web", NOW) is None


def test_a_snooze_from_a_clock_that_ran_ahead_does_not_hold() -> None:
    assert is_silent(NAP, NOW - SET_BACK_MS)
    assert not is_silent(NAP, NOW - SET_BACK_MS - 1)
    assert not is_silent(NAP, NOW - HOUR)
    assert is_silent(ACK, NOW - HOUR)


def test_an_acknowledgement_tells_how_many_good_results_it_lasts() -> None:
    well = ProbeState("api", ProbeStatus.UP, streak=2, streak_at=NOW + 1, last_verdict=Verdict.UP)
    assert count_missing(ACK, well, PROBE) == PROBE.ack_clears_after - 2
    assert count_missing(ACK, replace(well, streak=90), PROBE) == 1
    for state in (replace(well, last_verdict=Verdict.DOWN), replace(well, flapping_at=NOW), replace(well, streak_at=0)):
        assert count_missing(ACK, state, PROBE) is None
    assert count_missing(NAP, well, PROBE) is None
