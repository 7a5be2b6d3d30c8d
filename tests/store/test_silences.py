from __future__ import annotations

import pytest

from oncall_tui.domain.errors import NotFoundError
from oncall_tui.domain.probe import Probe, ProbeKind, ProbeState
from oncall_tui.domain.silence import Silence, SilenceKind, find_silence
from oncall_tui.store.database import Database
from oncall_tui.store.probes import Transition, record_results, replace_probes
from oncall_tui.store.silences import acknowledge, end_silence, list_silences, snooze

NOW = 1_800_000_000_000
PROBES = [Probe(name, ProbeKind.TCP, "h:1") for name in ("api", "web")]


@pytest.fixture(autouse=True)
def _probes(db: Database) -> None:
    replace_probes(db, PROBES, [])


def test_an_acknowledgement_lasts_until_the_probe_is_up_again(db: Database) -> None:
    acknowledge(db, "api", " ann looks ", "ann", NOW)
    snooze(db, "web", "", NOW + 60_000, "bob", NOW)
    down = Transition("api", "api went DOWN: why (3 of 3)", NOW + 1)
    record_results(db, [], [ProbeState("api")], [down], NOW + 1)
    assert [each.note for each in list_silences(db)] == ["ann looks", ""]
    ups = [Transition(name, f"{name} is UP again", NOW + 2, is_up=True) for name in ("api", "web")]
    record_results(db, [], [], ups, NOW + 2)
    assert [each.probe for each in list_silences(db)] == ["web"]


def test_a_snooze_ends_by_itself(db: Database) -> None:
    made = snooze(db, "web", "known", NOW + 60_000, "bob", NOW)
    assert find_silence([made], "web", NOW + 59_999) == made
    assert find_silence([made], "web", NOW + 60_000) is None
    assert find_silence([made], "api", NOW) is None


def test_the_latest_word_on_a_probe_counts(db: Database) -> None:
    acknowledge(db, "api", "", "ann", NOW)
    snooze(db, "api", "", NOW + 5, "bob", NOW + 1)
    assert list_silences(db) == [Silence("api", SilenceKind.SNOOZE, "", "bob", NOW + 1, NOW + 5)]
    assert end_silence(db, "api", "ann", NOW + 2)
    assert not end_silence(db, "api", "ann", NOW + 3)


def test_only_probes_of_the_config_can_be_silenced_and_what_is_gone_is_forgotten(db: Database) -> None:
    with pytest.raises(NotFoundError, match="no probe gone"):
        acknowledge(db, "gone", "", "ann", NOW)
    acknowledge(db, "api", "", "ann", NOW)
    replace_probes(db, PROBES[1:], [])
    assert list_silences(db) == []
