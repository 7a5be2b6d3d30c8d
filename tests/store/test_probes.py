from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.saved import list_results

from oncall_tui.domain.incident import Severity
from oncall_tui.domain.probe import Expectation, Phases, Probe, ProbeKind, ProbeState, ProbeStatus, Result, Verdict
from oncall_tui.store.codec import decode_recent, encode_recent
from oncall_tui.store.database import Database, open_database
from oncall_tui.store.incidents import declare_incident
from oncall_tui.store.probes import (
    Transition,
    list_probes,
    list_states,
    record_results,
    replace_probes,
)
from oncall_tui.store.results import list_failures, prune_results
from oncall_tui.store.timeline import list_entries

HTTP = Probe(
    "api",
    ProbeKind.HTTP,
    "https://api.example.com/health",
    component="API",
    every_ms=10_000,
    timeout_ms=5_000,
    runbook="/runbooks/site-down.md",
    expect=Expectation(status=(200, 204), body_contains="ok", max_latency_ms=1_000),
    follow_redirects=True,
    failure_threshold=4,
)
DNS = Probe(
    "dns", ProbeKind.DNS, "example.com", record="MX", resolver="9.9.9.9:53", expect=Expectation(contains="mail")
)


def test_probes_come_back_as_they_were_configured(db: Database) -> None:
    replace_probes(db, [HTTP, DNS], [("API", None)])
    assert list_probes(db) == [HTTP, DNS]


def test_a_probe_that_is_gone_takes_its_state_along_and_leaves_its_results(db: Database) -> None:
    replace_probes(db, [HTTP, DNS], [])
    record_results(db, [Result("dns", 1, Verdict.UP, 1.0)], [ProbeState("dns", ProbeStatus.UP)], [], 1)
    replace_probes(db, [HTTP], [])
    assert list_states(db) == ([], 0)
    assert [result.probe for result in list_results(db, "dns")] == ["dns"]


def test_a_state_comes_back_whole_and_only_once(db: Database) -> None:
    state = ProbeState(
        "api",
        ProbeStatus.DOWN,
        since_at=5,
        streak=3,
        last_verdict=Verdict.DOWN,
        last_result_at=9,
        last_duration_ms=5_000.25,
        last_reason="timed out in TLS after 5.0 s",
        last_reason_at=9,
        phases=Phases(1.5, 2.5, None, None, None),
        facts=(("address", "192.0.2.1"),),
        recent=((Verdict.UP, 12.5), (Verdict.DOWN, 5_000.0), (Verdict.UNKNOWN, 0.0), (Verdict.DEGRADED, 99.9)),
        streak_at=4,
        turned_at=(1, 3, 5),
    )
    record_results(db, [Result("api", 9, Verdict.DOWN, 5_000.25, "x")], [state], [], 10)
    states, revision = list_states(db)
    assert states == [state]
    assert list_states(db, revision) == ([], revision)


@given(st.lists(st.tuples(st.sampled_from(Verdict), st.floats(allow_nan=False)), max_size=60))
def test_recent_runs_survive_their_bytes(runs: list[tuple[Verdict, float]]) -> None:
    recent = tuple(runs)
    assert decode_recent(encode_recent(recent)) == recent
    assert decode_recent(encode_recent(recent), 3) == recent[-3:]


def test_a_transition_is_told_in_the_open_incidents_of_the_probe(db: Database) -> None:
    mine = declare_incident(
        db, uid="a", title="t", components={}, probes=["api"], severity=Severity.SEV2, started_at=1, actor="ana", now=1
    )
    other = declare_incident(
        db, uid="b", title="t", components={}, probes=["dns"], severity=Severity.SEV2, started_at=1, actor="ana", now=1
    )
    record_results(db, [], [], [Transition("api", "api went DOWN: HTTP 503", 7)], 8)
    newest = list_entries(db, mine.id)[0]
    assert (newest.text, newest.occurred_at) == ("api went DOWN: HTTP 503", 7)
    assert len(list_entries(db, other.id)) == 1


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 30))
def test_pruning_keeps_what_is_young_enough(limit: int) -> None:
    with tempfile.TemporaryDirectory() as folder, open_database(Path(folder) / "o.db") as db:
        record_results(db, [Result("api", at, Verdict.DOWN, 1.0) for at in range(30)], [], [], 1)
        while prune_results(db, limit):
            pass
        kept = sorted(result.started_at for result in list_failures(db, "api", 100))
        assert kept == list(range(limit, 30))


def test_the_evidence_of_a_failure_comes_back(db: Database) -> None:
    failure = Result("api", 9, Verdict.DOWN, 5.0, "HTTP 503", evidence=(("server:", "nginx"), ("body", "try\nlater")))
    record_results(db, [failure], [], [], 10)
    assert list_failures(db, "api") == [failure]
