from __future__ import annotations

import pytest
from msgspec.structs import replace

from oncall_tui.domain.errors import ConflictError, NotFoundError, RefusedError
from oncall_tui.domain.incident import ComponentStatus, Impact, Incident, IncidentStatus, Severity
from oncall_tui.store.database import Database
from oncall_tui.store.incidents import (
    declare_incident,
    discard_incident,
    edit_incident,
    get_incident,
    list_incidents,
)
from oncall_tui.store.outbox import confirm_update
from oncall_tui.store.timeline import list_entries

_PARTS = {"API": ComponentStatus.MAJOR_OUTAGE}


def _declare(db: Database, uid: str = "u", probes: tuple[str, ...] = ("p",), now: int = 5) -> Incident:
    return declare_incident(
        db,
        uid=uid,
        title="T",
        components=_PARTS,
        probes=probes,
        severity=Severity.SEV2,
        started_at=1,
        actor="ana",
        now=now,
    )


def _publish(db: Database, number: int, status: IncidentStatus, uid: str = "up") -> None:
    confirm_update(
        db, number, uid=uid, status=status, body="words", components={}, next_update_at=50, notify=True,
        actor="ana", now=9,
    )  # fmt: skip


def test_a_declaration_holds_what_it_began_with(db: Database) -> None:
    made = _declare(db)
    assert get_incident(db, made.id) == made
    assert (made.status, made.impact, made.components) == (IncidentStatus.INVESTIGATING, Impact.CRITICAL, _PARTS)
    assert [entry.text for entry in list_entries(db, made.id)] == ["declared from p: T"]


def test_a_probe_belongs_to_one_open_incident(db: Database) -> None:
    made = _declare(db)
    with pytest.raises(RefusedError, match=f"#{made.id}"):
        _declare(db, uid="other")
    assert len(list_incidents(db)) == 1
    _publish(db, made.id, IncidentStatus.RESOLVED)
    assert _declare(db, uid="later").id != made.id


def test_a_declaration_is_taken_back_while_nothing_is_published(db: Database) -> None:
    made = _declare(db)
    discard_incident(db, made.id, "ana", 6)
    assert list_incidents(db) == []
    with pytest.raises(NotFoundError):
        get_incident(db, made.id)
    again = _declare(db, uid="again")
    _publish(db, again.id, IncidentStatus.INVESTIGATING)
    with pytest.raises(RefusedError, match="published"):
        discard_incident(db, again.id, "ana", 7)


def test_an_edit_under_an_old_revision_changes_nothing(db: Database) -> None:
    seen = _declare(db)
    mine = edit_incident(db, replace(seen, title="Mine"), "ana", 6)
    assert mine.revision > seen.revision
    with pytest.raises(ConflictError):
        edit_incident(db, replace(seen, title="Theirs"), "ben", 7)
    assert get_incident(db, seen.id).title == "Mine"


def test_an_edit_that_changes_nothing_leaves_no_trace(db: Database) -> None:
    seen = _declare(db)
    assert edit_incident(db, seen, "ana", 6) == seen
    assert len(list_entries(db, seen.id)) == 1


def test_every_changed_field_is_in_the_timeline(db: Database) -> None:
    seen = _declare(db)
    parts = {"Web": ComponentStatus.OPERATIONAL}
    edited = replace(seen, severity=Severity.SEV1, scope="all of Europe", started_at=3, components=parts)
    stored = edit_incident(db, edited, "ana", 6)
    assert (stored.severity, stored.scope, stored.started_at, stored.components) == (
        Severity.SEV1,
        "all of Europe",
        3,
        parts,
    )
    told = list_entries(db, seen.id)[0].text
    assert "severity" in told
    assert "scope: none → all of Europe" in told
    assert "start set anew" in told
    assert "components: Web operational" in told


def test_a_confirmed_update_moves_the_incident_along(db: Database) -> None:
    made = _declare(db)
    _publish(db, made.id, IncidentStatus.IDENTIFIED)
    moved = get_incident(db, made.id)
    assert (moved.status, moved.next_update_at, moved.resolved_at) == (IncidentStatus.IDENTIFIED, 50, None)
    _publish(db, made.id, IncidentStatus.RESOLVED, uid="end")
    over = get_incident(db, made.id)
    assert (over.next_update_at, over.resolved_at) == (None, 9)
    _publish(db, made.id, IncidentStatus.INVESTIGATING, uid="again")
    assert get_incident(db, made.id).resolved_at is None


def test_open_incidents_come_first_and_then_the_newest(db: Database) -> None:
    one, two, three = (_declare(db, uid=name, probes=(), now=now) for name, now in (("1", 1), ("2", 2), ("3", 3)))
    _publish(db, three.id, IncidentStatus.RESOLVED)
    assert [item.id for item in list_incidents(db)] == [two.id, one.id, three.id]
    assert [item.id for item in list_incidents(db, is_open_only=True)] == [two.id, one.id]
