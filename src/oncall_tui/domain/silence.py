"""Who has said of a red probe that it is known: it stays red on the board, and rings no bell."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from oncall_tui.domain.duration import MINUTE
from oncall_tui.domain.probe import Probe, ProbeState, ProbeStatus, Verdict

SET_BACK_MS = MINUTE
"""Clocks are put right by so much all the time."""


class SilenceKind(StrEnum):
    """`ack` lasts until the probe has been well for some results, `snooze` until an instant."""

    ACK = "ack"
    SNOOZE = "snooze"


class Silence(Struct, frozen=True):
    """The one silence of a probe; `until_at` is the end of a snooze."""

    probe: str
    kind: SilenceKind
    note: str
    actor: str
    made_at: int
    until_at: int | None = None


def find_silence(silences: Mapping[str, Silence], probe: str, now: int) -> Silence | None:
    """Returns what silences a probe at `now`, of `silences` by probe; None when its alarms count."""
    silence = silences.get(probe)
    return silence if silence is not None and not is_over(silence, now) else None


def is_over(silence: Silence, now: int) -> bool:
    """Tells whether a silence holds no more at `now`; an acknowledgement is ended by the probe's own results.

    A snooze holds from when it was made to its end. Where the clock says less, it was set back, and what was told of a
    time to come is not believed: a snooze that was made while a clock ran years ahead must not last those years.
    """
    if silence.until_at is None:
        return False
    return not silence.made_at - SET_BACK_MS <= now < silence.until_at


def is_well(state: ProbeState) -> bool:
    """Tells whether a probe is up for certain: each such result brings the end of an acknowledgement nearer."""
    return state.status is ProbeStatus.UP and state.flapping_at is None and state.last_verdict is Verdict.UP


def find_good_since(silence: Silence, state: ProbeState, now: int) -> int:
    """Returns the instant since which good results count towards the end of an acknowledgement.

    They are those in a row, and those since it was made; what lies ahead was told before the clock was set back.
    """
    return max((at for at in (silence.made_at, state.streak_at) if at <= now), default=0)


def count_missing(silence: Silence, state: ProbeState, probe: Probe) -> int | None:
    """Returns how many good results an acknowledgement still lasts, None while that cannot be told."""
    if silence.until_at is not None or not is_well(state) or state.streak_at < silence.made_at:
        return None
    return max(1, probe.ack_clears_after - state.streak)
