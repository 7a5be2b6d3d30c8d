from __future__ import annotations

import pytest

from oncall_tui.domain.errors import NotFoundError
from oncall_tui.domain.probe import Probe, ProbeKind, ProbeState, ProbeStatus, Result, Verdict
from oncall_tui.domain.silence import Silence, SilenceKind
from oncall_tui.domain.verdict import next_state
from oncall_tui.store.database import Database
from oncall_tui.store.probes import list_states, record_results, replace_probes
from oncall_tui.store.silences import acknowledge, end_silence, list_silences, snooze
from oncall_tui.store.watcher import Watcher

NOW = 1_800_000_000_000
EVERY = 30_000
PROBES = [Probe("api", ProbeKind.TCP, "h:1", ack_clears_after=4), Probe("web", ProbeKind.TCP, "h:1")]


@pytest.fixture(autouse=True)
def _probes(db: Database) -> None:
    replace_probes(db, PROBES, [])


def run(db: Database, verdicts: str, begins_at: int = NOW, probe: Probe = PROBES[0]) -> list[bool]:
    """Records a run each half minute, `u` up, `d` down, `n` nothing said; returns after each whether an ack is left."""
    words = {"u": Verdict.UP, "d": Verdict.DOWN, "n": Verdict.UNKNOWN}
    states = {state.probe: state for state in list_states(db)[0]}
    state = states.get(probe.name) or ProbeState(probe.name)
    left = []
    for number, letter in enumerate(verdicts, 1):
        result = Result(probe.name, begins_at + number * EVERY, words[letter], 1.0)
        state = next_state(state, result, probe)
        record_results(db, [result], [state], [], result.started_at + 1)
        left.append(any(each.probe == probe.name for each in list_silences(db)))
    return left


def test_an_acknowledgement_ends_after_so_many_good_results_in_a_row(db: Database) -> None:
    run(db, "ddd")
    acknowledge(db, "api", " ann looks ", "ann", NOW + 4 * EVERY)
    acknowledge(db, "web", "", "bob", NOW)
    assert run(db, "duuunu", NOW + 3 * EVERY) == [True, True, True, True, True, False]
    assert [each.probe for each in list_silences(db)] == ["web"]


def test_what_comes_and_goes_keeps_its_acknowledgement(db: Database) -> None:
    run(db, "ddd")
    acknowledge(db, "api", "", "ann", NOW + 3 * EVERY)
    assert all(run(db, "uuudduuuddduuu", NOW + 3 * EVERY))


def test_what_flaps_keeps_it_through_good_results(db: Database) -> None:
    run(db, "udududududud")
    acknowledge(db, "api", "", "ann", NOW + 12 * EVERY)
    left = run(db, "uuuuuuuuuuuu", NOW + 12 * EVERY)
    state = list_states(db)[0][0]
    assert state.flapping_at is None
    assert left[:5] == [True] * 5
    assert left[-1] is False


def test_only_good_results_since_it_was_made_count(db: Database) -> None:
    run(db, "uuuuuuuu")
    acknowledge(db, "api", "before the work", "ann", NOW + 8 * EVERY + 1)
    assert run(db, "uuuu", NOW + 8 * EVERY) == [True, True, True, False]


def test_a_clock_that_was_set_back_does_not_keep_it_for_ever(db: Database) -> None:
    run(db, "ddd")
    acknowledge(db, "api", "", "ann", NOW + 10**12)
    assert run(db, "uuuu", NOW + 3 * EVERY) == [True, True, True, False]


def test_the_end_of_an_acknowledgement_is_told_and_nothing_else_wakes_screens(db: Database) -> None:
    run(db, "ddd")
    acknowledge(db, "api", "", "ann", NOW + 3 * EVERY)
    watcher = Watcher(db.path)
    watcher.changed_topics()
    run(db, "uuu", NOW + 3 * EVERY)
    assert watcher.changed_topics() == {"results"}
    run(db, "u", NOW + 6 * EVERY)
    assert watcher.changed_topics() == {"results", "silences", "timeline"}
    watcher.close()


def test_a_snooze_outlasts_good_results(db: Database) -> None:
    snooze(db, "api", "", NOW + 60 * EVERY, "bob", NOW)
    assert all(run(db, "uuuuuuuu"))


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


def test_a_probe_that_never_ran_keeps_it(db: Database) -> None:
    acknowledge(db, "web", "", "ann", NOW)
    record_results(db, [], [ProbeState("web", ProbeStatus.UNKNOWN)], [], NOW)
    assert len(list_silences(db)) == 1
