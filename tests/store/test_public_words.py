from __future__ import annotations

from tests.engine.publishing import begin_epoch, confirm, declare

from oncall_tui.domain.update import Awaited, DeliveryKind
from oncall_tui.store.corrections import correct_update, settle_edited
from oncall_tui.store.database import Database
from oncall_tui.store.deliveries import claim_delivery, mark_seen, settle_delivered
from oncall_tui.store.outbox import list_deliveries, list_unseen
from oncall_tui.store.public_words import find_doubts, set_aside_unprovable
from oncall_tui.store.updates import list_updates

NOW = 1_000_000
DAY_MS = 86_400_000


def stand(db: Database, epoch: int, incident_id: int, body: str, now: int = NOW) -> str:
    """Brings words to the page; returns the id that they have there."""
    confirm(db, incident_id, body, uid=f"{body} at {now}", now=now)
    (delivery,) = list_deliveries(db)
    assert claim_delivery(db, delivery.id, epoch, delivery.kind, (), now)
    remote_id = f"u{delivery.id}"
    settle_delivered(
        db,
        delivery.id,
        epoch,
        remote_incident_id=f"r{incident_id}",
        remote_update_id=remote_id,
        remote_url=None,
        page_title="All of Europe is slow",
        page_updated_at=now,
        delivered_at=now,
        now=now,
    )
    return remote_id


def list_provable(db: Database, now: int = NOW) -> list[str]:
    return [each.body for each in set_aside_unprovable(db, list_unseen(db), now, page="page")]


def list_reasons(db: Database, incident_id: int) -> list[str]:
    return [update.reason.partition(": ")[2] for update in list_updates(db, incident_id)]


def test_words_that_stand_elsewhere_on_the_page_prove_nothing_and_that_is_told(db: Database) -> None:
    epoch, first, second = begin_epoch(db), declare(db, 1, now=NOW).id, declare(db, 2, now=NOW).id
    stand(db, epoch, first, "We are still working on a fix.")
    stand(db, epoch, second, "Logins fail. We are still working on a fix. Sorry.")
    stand(db, epoch, second, "All of Europe is slow")
    stand(db, epoch, second, "Resolved.")
    stand(db, epoch, second, "Everything works again.")
    assert list_provable(db) == ["Logins fail. We are still working on a fix. Sorry.", "Everything works again."]
    elsewhere = "another text of the page has the same words"
    assert list_reasons(db, first) == [elsewhere]
    few = "it has too few words to tell them from others on the page"
    assert list_reasons(db, second) == ["", elsewhere, few, ""]
    assert list_provable(db) == ["Logins fail. We are still working on a fix. Sorry.", "Everything works again."]


def test_notices_have_the_same_words_to_be_told_from(db: Database) -> None:
    stand(db, begin_epoch(db), declare(db, 1, now=NOW).id, "We are exchanging disks today.")
    awaited = [Awaited("n1", "We are exchanging disks today.", NOW), Awaited("n2", "The disks are exchanged now.", NOW)]
    doubts = find_doubts(db, awaited, NOW, page="page")
    assert [bool(doubts[each.remote_id]) for each in awaited] == [True, False]
    assert list_provable(db) == ["We are exchanging disks today."]


def test_words_of_a_page_that_shows_them_no_longer_do_not_count(db: Database) -> None:
    epoch, first, second = begin_epoch(db), declare(db, 1, now=NOW).id, declare(db, 2, now=NOW).id
    stand(db, epoch, first, "We are still working on a fix.")
    mark_seen(db, {each.remote_id: each.body for each in list_unseen(db)}, NOW)
    stand(db, epoch, second, "We are still working on a fix.", NOW + 80 * DAY_MS)
    assert list_provable(db, NOW + 80 * DAY_MS) == []
    stand(db, epoch, second, "We are still working on a fix. ", NOW + 180 * DAY_MS)
    assert list_provable(db, NOW + 180 * DAY_MS) == ["We are still working on a fix. "]


def test_a_correction_is_not_proven_by_the_words_before_it(db: Database) -> None:
    epoch, number = begin_epoch(db), declare(db, 1, now=NOW).id
    stand(db, epoch, number, "We have lost your data. Nobody knows why yet.")
    update = list_updates(db, number)[0]
    correct_update(db, update.id, "Nobody knows why yet.", editable=["page"], actor="ana", now=NOW)
    assert list_provable(db) == ["We have lost your data. Nobody knows why yet."]
    (edit,) = list_deliveries(db)
    assert claim_delivery(db, edit.id, epoch, DeliveryKind.EDIT, (), NOW)
    assert settle_edited(db, edit.id, epoch, body="Nobody knows why yet.", now=NOW)
    assert list_provable(db) == []
