from __future__ import annotations

from oncall_tui.domain.incident import Severity
from oncall_tui.domain.timeline import EntryKind
from oncall_tui.store.database import Database
from oncall_tui.store.incidents import declare_incident
from oncall_tui.store.steps import list_ticks, set_tick
from oncall_tui.store.timeline import list_entries


def _declare(db: Database, uid: str) -> int:
    return declare_incident(
        db, uid=uid, title="T", components={}, probes=[], severity=Severity.SEV2, started_at=1, actor="ana", now=1
    ).id


def test_a_tick_belongs_to_its_incident_runbook_and_step(db: Database) -> None:
    one, two = _declare(db, "u1"), _declare(db, "u2")
    set_tick(db, one, "a.md", "s1", "First", "done", "ana", 5)
    set_tick(db, one, "a.md", "s2", "Second", "skipped", "ben", 6, reason="not ours")
    ticks = list_ticks(db, one, "a.md")
    assert [(tick.anchor, tick.state, tick.reason, tick.actor) for tick in ticks.values()] == [
        ("s1", "done", "", "ana"),
        ("s2", "skipped", "not ours", "ben"),
    ]
    assert list_ticks(db, one, "b.md") == {}
    assert list_ticks(db, two, "a.md") == {}


def test_a_tick_is_replaced_and_taken_away_and_the_timeline_keeps_all(db: Database) -> None:
    number = _declare(db, "u1")
    set_tick(db, number, "a.md", "s1", "First", "done", "ana", 5)
    set_tick(db, number, "a.md", "s1", "First", "skipped", "ana", 6, reason="why")
    assert list_ticks(db, number, "a.md")["s1"].state == "skipped"
    set_tick(db, number, "a.md", "s1", "First", "todo", "ana", 7)
    assert list_ticks(db, number, "a.md") == {}
    told = [entry.text for entry in list_entries(db, number) if entry.kind is EntryKind.STEP]
    assert told == ["todo: First", "skipped: First (why)", "done: First"]
