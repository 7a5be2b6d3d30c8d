"""A second person's yes: the file itself refuses what one person alone would send."""

from __future__ import annotations

import pytest

from oncall_tui.domain.errors import RefusedError
from oncall_tui.domain.incident import IncidentStatus, Severity
from oncall_tui.domain.timeline import EntryKind
from oncall_tui.domain.update import Draft, is_asked_of
from oncall_tui.store.database import Database
from oncall_tui.store.drafts import adopt_draft, ask_second, create_draft, hand_draft, list_drafts, save_draft
from oncall_tui.store.incidents import declare_incident
from oncall_tui.store.outbox import confirm_update, list_deliveries
from oncall_tui.store.timeline import list_entries


@pytest.fixture
def draft(db: Database) -> Draft:
    incident = declare_incident(
        db, uid="u", title="T", components={}, probes=[], severity=Severity.SEV1, started_at=1, actor="ann", now=1
    )
    return create_draft(
        db, incident.id, "t1", status=IncidentStatus.IDENTIFIED, body="words", components={}, next_update_at=None,
        template=None, actor="ann", now=5,
    )  # fmt: skip


def send(db: Database, draft: Draft, actor: str) -> None:
    confirm_update(
        db, draft.incident_id, uid="sent", status=draft.status, body=draft.body, components={}, next_update_at=None,
        notify=False, actor=actor, now=8, draft_id=draft.id, second_person={1},
    )  # fmt: skip


def save(db: Database, draft: Draft, body: str) -> None:
    assert save_draft(
        db, draft.id, terminal_id="t2", status=draft.status, body=body, components={}, next_update_at=None,
        template=None, cursor=0, now=7,
    )  # fmt: skip


@pytest.mark.parametrize("actor", ["ann", "bob"])
def test_what_nobody_asked_for_is_sent_by_nobody_and_stays_a_draft(db: Database, draft: Draft, actor: str) -> None:
    with pytest.raises(RefusedError, match="second person"):
        send(db, draft, actor)
    assert list_deliveries(db) == []
    assert [each.body for each in list_drafts(db)] == ["words"]


def test_somebody_else_sends_what_was_asked_for_and_the_timeline_tells_who(db: Database, draft: Draft) -> None:
    ask_second(db, draft.id, "ann", 6)
    (asked,) = list_drafts(db)
    assert (is_asked_of(asked, "ann"), is_asked_of(asked, "bob")) == (False, True)
    with pytest.raises(RefusedError, match="second person"):
        send(db, asked, "ann")
    opened = adopt_draft(db, draft.incident_id, "t2", "bob", {"t1", "t2"})
    assert opened is not None
    save(db, opened, "words")
    send(db, opened, "bob")
    assert len(list_deliveries(db)) == 1
    told = [entry.text for entry in list_entries(db, draft.incident_id) if entry.kind is EntryKind.APPROVAL]
    assert told[0] == "approved what ann wrote (identified)"
    assert told[1].startswith("asks a second person to send")


def test_other_words_need_a_new_yes(db: Database, draft: Draft) -> None:
    ask_second(db, draft.id, "ann", 6)
    opened = adopt_draft(db, draft.incident_id, "t2", "bob", {"t1", "t2"})
    assert opened is not None
    save(db, opened, "other words")
    with pytest.raises(RefusedError, match="second person"):
        send(db, opened, "bob")
    ask_second(db, draft.id, "bob", 9)
    send(db, list_drafts(db)[0], "ann")


def test_who_asked_can_take_it_back(db: Database, draft: Draft) -> None:
    ask_second(db, draft.id, "ann", 6)
    opened = adopt_draft(db, draft.incident_id, "t1", "ann", {"t1"})
    assert opened is not None
    assert (opened.id, opened.asked_by) == (draft.id, "")
    ask_second(db, draft.id, "ann", 7)
    hand_draft(db, draft.id, "ann", "ann", terminal_id="t1")
    assert list_drafts(db)[0].asked_by == ""


def test_other_severities_need_nobody(db: Database, draft: Draft) -> None:
    confirm_update(
        db, draft.incident_id, uid="sent", status=draft.status, body="words", components={}, next_update_at=None,
        notify=False, actor="ann", now=8, draft_id=draft.id, second_person={2, 3},
    )  # fmt: skip
    assert len(list_deliveries(db)) == 1
