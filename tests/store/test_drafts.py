from __future__ import annotations

from functools import partial

import pytest

from oncall_tui.domain.errors import NotFoundError, RefusedError
from oncall_tui.domain.facts import Facts
from oncall_tui.domain.incident import ComponentStatus, IncidentStatus, Severity
from oncall_tui.domain.update import Draft
from oncall_tui.store.database import Database
from oncall_tui.store.drafts import (
    adopt_draft,
    create_draft,
    delete_draft,
    hand_draft,
    keep_facts,
    list_drafts,
    list_literals,
    mark_confirmed,
    mark_literal,
    read_known,
    rename_draft,
    restore_draft,
    save_draft,
    take_draft,
    unmark_literal,
)
from oncall_tui.store.incidents import declare_incident, discard_incident
from oncall_tui.store.outbox import confirm_update, list_deliveries


def _declare(db: Database) -> int:
    return declare_incident(
        db, uid="u", title="T", components={}, probes=[], severity=Severity.SEV2, started_at=1, actor="ana", now=1
    ).id


def _create(db: Database, incident_id: int, terminal_id: str, body: str = "words", now: int = 5) -> Draft:
    return create_draft(
        db, incident_id, terminal_id, status=IncidentStatus.INVESTIGATING, body=body, components={},
        next_update_at=None, template="inv.first", actor="ana", now=now,
    )  # fmt: skip


def _save(db: Database, draft_id: int, body: str) -> bool:
    parts = {"API": ComponentStatus.PARTIAL_OUTAGE}
    return save_draft(
        db, draft_id, terminal_id="t1", status=IncidentStatus.IDENTIFIED, body=body, components=parts,
        next_update_at=99, template=None, cursor=3, now=7,
    )  # fmt: skip


def _send(db: Database, draft: Draft) -> None:
    confirm_update(
        db, draft.incident_id, uid="sent", status=draft.status, body=draft.body, components={}, next_update_at=None,
        notify=False, actor="ana", now=8, draft_id=draft.id,
    )  # fmt: skip


def test_what_is_saved_is_read_back_whole(db: Database) -> None:
    draft = _create(db, _declare(db), "t1")
    assert _save(db, draft.id, "new\nwords\x1b")
    (stored,) = list_drafts(db)
    assert (stored.body, stored.cursor, stored.next_update_at, stored.updated_at) == ("new\nwords\x1b", 3, 99, 7)
    assert (stored.status, stored.template) == (IncidentStatus.IDENTIFIED, None)
    assert stored.components == {"API": ComponentStatus.PARTIAL_OUTAGE}


def test_a_draft_that_is_gone_is_told(db: Database) -> None:
    draft = _create(db, _declare(db), "t1")
    _send(db, draft)
    assert not _save(db, draft.id, "late")
    assert list_drafts(db) == []


def test_ones_own_draft_comes_before_a_newer_one_of_a_dead_terminal(db: Database) -> None:
    number = _declare(db)
    own = _create(db, number, "t1", now=5)
    orphan = _create(db, number, "dead", now=9)
    taken = adopt_draft(db, number, "t1", "ana", ["t1"])
    assert taken is not None
    assert taken.id == own.id
    _send(db, own)
    taken = adopt_draft(db, number, "t1", "ana", ["t1"])
    assert taken is not None
    assert (taken.id, taken.terminal_id, taken.body) == (orphan.id, "t1", "words")


def test_a_draft_of_a_living_terminal_is_left_alone(db: Database) -> None:
    number = _declare(db)
    _create(db, number, "other")
    assert adopt_draft(db, number, "t1", "ana", ["t1", "other"]) is None
    assert list_drafts(db, number)[0].terminal_id == "other"


def test_a_confirmation_is_noted_and_cleared_by_the_next_word(db: Database) -> None:
    draft = _create(db, _declare(db), "t1")
    mark_confirmed(db, draft.id, 11)
    assert list_drafts(db)[0].confirmed_at == 11
    _save(db, draft.id, "more")
    assert list_drafts(db)[0].confirmed_at is None


def test_a_draft_is_sent_once(db: Database) -> None:
    number = _declare(db)
    draft = _create(db, number, "t1")

    def send(uid: str) -> None:
        confirm_update(
            db, number, uid=uid, status=IncidentStatus.INVESTIGATING, body="words", components={},
            next_update_at=None, notify=True, actor="ana", now=9, draft_id=draft.id,
        )  # fmt: skip

    send("u1")
    with pytest.raises(RefusedError, match="sent or discarded"):
        send("u2")
    assert len(list_deliveries(db)) == 1
    assert list_drafts(db) == []


def test_a_declaration_that_is_taken_back_takes_its_drafts_along(db: Database) -> None:
    number = _declare(db)
    _create(db, number, "t1")
    discard_incident(db, number, "ana", 9)
    assert list_drafts(db) == []


def test_a_draft_that_waits_for_somebody_is_left_to_them(db: Database) -> None:
    number = _declare(db)
    draft = _create(db, number, "t1")
    hand_draft(db, draft.id, "ben", "ana")
    assert adopt_draft(db, number, "t1", "ana", ["t1"]) is None
    taken = adopt_draft(db, number, "t2", "ben", ["t1", "t2"])
    assert taken is not None
    assert (taken.owner, taken.handed_by, taken.terminal_id) == ("ben", "ana", "t2")
    assert not _save(db, draft.id, "by the one who gave it away")


def test_a_draft_that_is_sent_just_now_is_not_taken_over(db: Database) -> None:
    draft = _create(db, _declare(db), "t1")
    mark_confirmed(db, draft.id, 6)
    with pytest.raises(RefusedError, match="sending"):
        take_draft(db, draft.id, "t2", "ben")
    for act in (partial(hand_draft, db, draft.id, "ben", "ana"), partial(delete_draft, db, draft.id, 9)):
        with pytest.raises(RefusedError, match="being sent"):
            act()


def test_a_deleted_draft_is_gone_until_it_is_restored(db: Database) -> None:
    draft = _create(db, _declare(db), "t1")
    delete_draft(db, draft.id, 9)
    assert list_drafts(db) == []
    assert not _save(db, draft.id, "late")
    with pytest.raises(NotFoundError):
        rename_draft(db, draft.id, "x")
    restore_draft(db, draft.id)
    assert rename_draft(db, draft.id, "x") == ""
    assert [item.name for item in list_drafts(db)] == ["x"]


def test_a_draft_begins_with_what_is_known_of_its_incident(db: Database) -> None:
    number = _declare(db)
    keep_facts(db, number, Facts(impact="pages fail", is_scope_unknown=True))
    keep_facts(db, number, Facts(impact="pages fail", scope="all of you"))
    assert _create(db, number, "t1").facts == Facts(impact="pages fail", scope="all of you")


def test_a_rhythm_that_was_told_is_known_from_then_on(db: Database) -> None:
    number = _declare(db)
    draft = create_draft(
        db, number, "t1", status=IncidentStatus.INVESTIGATING, body="words", components={}, next_update_at=None,
        template=None, actor="ana", now=5, interval_ms=60_000,
    )  # fmt: skip
    assert read_known(db, number).interval_ms is None
    _send(db, draft)
    assert read_known(db, number).interval_ms == 60_000


def test_what_is_meant_is_remembered_and_forgotten(db: Database) -> None:
    for _ in range(2):
        mark_literal(db, "[SSO]", "ana", 1)
    assert list_literals(db) == ["[SSO]"]
    unmark_literal(db, "[SSO]")
    assert list_literals(db) == []
