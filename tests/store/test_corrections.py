"""What was published is put right in one transaction, and keeps its first words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.engine.publishing import begin_epoch, confirm, declare

from oncall_tui.domain.errors import NotFoundError, RefusedError
from oncall_tui.domain.incident import Impact, IncidentStatus, Severity
from oncall_tui.domain.timeline import EntryKind
from oncall_tui.domain.update import DeliveryKind, DeliveryState
from oncall_tui.store.corrections import backfill_incident, correct_update, list_earlier_words, settle_edited
from oncall_tui.store.database import Database, open_database
from oncall_tui.store.deliveries import claim_delivery, mark_seen, settle_delivered, settle_failed
from oncall_tui.store.incidents import get_incident
from oncall_tui.store.outbox import get_delivery, list_deliveries, list_due, list_unseen
from oncall_tui.store.timeline import list_entries
from oncall_tui.store.updates import list_first_seen, list_updates

NOW = 1_800_000_000_000
PAGES = ("page", "eu")


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with open_database(tmp_path / "oncall.db") as database:
        yield database


def deliver(db: Database, epoch: int, *, pages: tuple[str, ...] = ("page",)) -> None:
    """Makes pages hold what waits for them."""
    for delivery in list_deliveries(db):
        if delivery.page in pages:
            assert claim_delivery(db, delivery.id, epoch, delivery.kind, (), NOW)
            settle_delivered(
                db,
                delivery.id,
                epoch,
                remote_incident_id=f"{delivery.page}-i",
                remote_update_id=f"{delivery.page}-{delivery.uid}",
                remote_url=None,
                page_title="Errors 1",
                page_updated_at=NOW,
                delivered_at=NOW + 100,
                now=NOW + 100,
            )


def test_a_correction_is_one_delivery_for_each_page_that_can_edit(db: Database) -> None:
    incident = declare(db, now=NOW)
    update = confirm(db, incident.id, "Sign-in fials.", now=NOW)
    epoch = begin_epoch(db)
    deliver(db, epoch)
    mark_seen(db, {"page-op-Sign-in fials.": "Sign-in fials."}, NOW + 200)
    corrected = correct_update(db, update.id, "Sign-in fails.", editable=PAGES, actor="bo", now=NOW + 1000)
    assert (corrected.body, corrected.first_body, corrected.corrected_at) == (
        "Sign-in fails.",
        "Sign-in fials.",
        NOW + 1000,
    )
    assert corrected.delivery is DeliveryState.PENDING
    (delivery,) = list_due(db, NOW + 1000)
    assert (delivery.kind, delivery.body, delivery.notify) == (DeliveryKind.EDIT, "Sign-in fails.", False)
    assert list_earlier_words(db, delivery.id) == {"Sign-in fials."}
    told = list_entries(db, incident.id)[0]
    assert (told.kind, told.actor) == (EntryKind.QUEUED, "bo")
    assert "Sign-in fials." in told.text
    assert list_unseen(db) == []

    assert claim_delivery(db, delivery.id, epoch, DeliveryKind.EDIT, (), NOW + 1100)
    assert settle_edited(db, delivery.id, epoch, body="Sign-in fails.", now=NOW + 1200)
    (awaited,) = list_unseen(db)
    assert (awaited.body, awaited.accepted_at) == ("Sign-in fails.", NOW + 1200)
    assert list_first_seen(db) == {incident.id: NOW + 200}
    assert mark_seen(db, {awaited.remote_id: awaited.body}, NOW + 1300) == 1
    (shown,) = list_updates(db, incident.id)
    assert (shown.delivery, shown.seen_at) == (DeliveryState.DELIVERED, NOW + 1300)
    assert "corrected update" in list_entries(db, incident.id)[0].text


def test_a_page_that_cannot_edit_is_told_as_behind(db: Database) -> None:
    incident = declare(db, now=NOW)
    update = confirm(db, incident.id, "Ab.", now=NOW)
    epoch = begin_epoch(db)
    deliver(db, epoch)
    with db.write("outbox") as connection:
        connection.execute("INSERT INTO page_update(page, remote_id, update_id, posted_at) VALUES ('eu', 'e1', 1, 1)")
    correct_update(db, update.id, "Abc.", editable=["page"], actor="bo", now=NOW)
    assert [(item.page, item.kind) for item in list_deliveries(db)] == [("page", DeliveryKind.EDIT)]
    (shown,) = list_updates(db, incident.id)
    assert {proof.page: proof.difference for proof in shown.proofs} == {
        "eu": "customers still read the words before the correction",
        "page": "",
    }


def test_words_that_were_read_before_a_correction_do_not_prove_it(db: Database) -> None:
    incident = declare(db, now=NOW)
    update = confirm(db, incident.id, "We have lost your data.", now=NOW)
    epoch = begin_epoch(db)
    deliver(db, epoch)
    shown = {each.remote_id: each.body for each in list_unseen(db)}
    correct_update(db, update.id, "No data was lost.", editable=PAGES, actor="bo", now=NOW)
    (edit,) = list_deliveries(db)
    claim_delivery(db, edit.id, epoch, DeliveryKind.EDIT, (), NOW)
    settle_edited(db, edit.id, epoch, body="No data was lost.", now=NOW)
    assert mark_seen(db, shown, NOW) == 0
    assert [each.body for each in list_unseen(db)] == ["No data was lost."]


def test_the_last_correction_counts(db: Database) -> None:
    incident = declare(db, now=NOW)
    update = confirm(db, incident.id, "A.", now=NOW)
    epoch = begin_epoch(db)
    deliver(db, epoch)
    correct_update(db, update.id, "B.", editable=PAGES, actor="bo", now=NOW)
    settle_failed(db, list_deliveries(db)[0].id, epoch, reason="conflict", now=NOW)
    correct_update(db, update.id, "C.", editable=PAGES, actor="bo", now=NOW)
    (delivery,) = list_deliveries(db)
    assert delivery.body == "C."
    assert list_earlier_words(db, delivery.id) == {"A.", "B."}
    first = get_delivery(db, delivery.id - 1)
    assert (first.state, first.body) == (DeliveryState.DROPPED, "B.")
    (shown,) = list_updates(db, incident.id)
    assert (shown.first_body, shown.body) == ("A.", "C.")
    with pytest.raises(RefusedError, match="nothing to correct"):
        correct_update(db, update.id, "C. ", editable=PAGES, actor="bo", now=NOW)


def test_what_cannot_be_corrected_says_why_and_changes_nothing(db: Database) -> None:
    incident = declare(db, now=NOW)
    update = confirm(db, incident.id, "A.", now=NOW)
    with pytest.raises(RefusedError) as waiting:
        correct_update(db, update.id, "B.", editable=PAGES, actor="bo", now=NOW)
    assert waiting.value.rule == "not-delivered"
    deliver(db, begin_epoch(db))
    with pytest.raises(RefusedError, match="oncall-tui incident update 1 --status investigating") as fixed:
        correct_update(db, update.id, "B.", editable=(), actor="bo", now=NOW)
    assert fixed.value.rule == "cannot-edit"
    with pytest.raises(NotFoundError):
        correct_update(db, 99, "B.", editable=PAGES, actor="bo", now=NOW)
    assert list_updates(db, incident.id)[0].body == "A."
    assert list_deliveries(db) == []


def test_a_correction_waits_for_what_was_confirmed_before(db: Database) -> None:
    incident = declare(db, now=NOW)
    update = confirm(db, incident.id, "A.", now=NOW)
    epoch = begin_epoch(db)
    deliver(db, epoch)
    confirm(db, incident.id, "second", now=NOW)
    correct_update(db, update.id, "B.", editable=PAGES, actor="bo", now=NOW)
    assert [item.body for item in list_due(db, NOW)] == ["second"]


def test_an_incident_of_the_past_keeps_its_times(db: Database) -> None:
    made = backfill_incident(
        db,
        uid="u",
        update_uid="op",
        title="API errors",
        body="One in ten failed.",
        started_at=NOW - 9_000_000,
        resolved_at=NOW - 5_000_000,
        severity=Severity.SEV3,
        impact_override=Impact.MINOR,
        notify=False,
        pages=["eu"],
        actor="bo",
        now=NOW,
    )
    assert get_incident(db, made.id).status is IncidentStatus.RESOLVED
    assert (made.started_at, made.resolved_at, made.declared_at) == (NOW - 9_000_000, NOW - 5_000_000, NOW)
    (delivery,) = list_due(db, NOW, page="eu")
    assert (delivery.kind, delivery.title, delivery.body) == (DeliveryKind.BACKFILL, "API errors", "One in ten failed.")
    assert [entry.occurred_at for entry in list_entries(db, made.id)] == [NOW - 5_000_000, NOW - 9_000_000]
