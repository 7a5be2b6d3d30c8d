"""Several pages: each has its own queue, its own proof, and its own picture of an incident."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from oncall_tui.domain.capability import Capabilities
from oncall_tui.domain.errors import ConflictError, RefusedError
from oncall_tui.domain.incident import ComponentStatus, Impact, IncidentStatus, Severity
from oncall_tui.domain.outbox import list_evidence
from oncall_tui.domain.remote import RemoteComponent, RemoteIncident, RemoteUpdate
from oncall_tui.domain.update import DeliveryKind, DeliveryState, Evidence
from oncall_tui.store.database import Database, open_database
from oncall_tui.store.deliveries import (
    claim_delivery,
    mark_seen,
    settle_absent,
    settle_asking,
    settle_delivered,
    settle_uncertain,
)
from oncall_tui.store.incidents import declare_incident, get_incident, list_component_ids, list_components
from oncall_tui.store.lease import take_lease
from oncall_tui.store.outbox import (
    adopt_delivery,
    confirm_update,
    drop_delivery,
    get_delivery,
    list_deliveries,
    list_due,
    list_unseen,
    retry_delivery,
)
from oncall_tui.store.page import (
    apply_components,
    apply_incident,
    list_pages,
    note_page_failed,
    note_page_reached,
    replace_pages,
    spend_request,
)
from oncall_tui.store.public_words import set_aside_unshown
from oncall_tui.store.timeline import list_entries
from oncall_tui.store.updates import list_first_seen, list_updates

NOW = 1_800_000_000_000
PAGES = ("eu", "us")


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with open_database(tmp_path / "oncall.db") as database:
        yield database


@pytest.fixture
def epoch(db: Database) -> int:
    return take_lease(db, pid=1, host="h", boot_id="b", version="1", mode="stay", now=NOW)


def confirm(db: Database, incident_id: int, body: str, now: int = NOW) -> None:
    confirm_update(
        db,
        incident_id,
        uid=f"op-{body}",
        status=IncidentStatus.INVESTIGATING,
        body=body,
        components={},
        next_update_at=None,
        notify=True,
        actor="ana",
        now=now,
        pages=PAGES,
    )


def declare(db: Database, uid: str = "ours") -> int:
    return declare_incident(
        db,
        uid=uid,
        title="Errors",
        components={},
        probes=(),
        severity=Severity.SEV2,
        started_at=NOW,
        actor="ana",
        now=NOW,
    ).id


def deliver(db: Database, epoch: int, page: str, remote_id: str, now: int = NOW + 50) -> None:
    (delivery,) = list_due(db, now, page=page)
    assert claim_delivery(db, delivery.id, epoch, DeliveryKind.CREATE, (), now)
    assert settle_delivered(
        db,
        delivery.id,
        epoch,
        remote_incident_id=f"{page}-incident",
        remote_update_id=remote_id,
        remote_url=None,
        page_title="Errors",
        page_updated_at=now,
        delivered_at=now,
        now=now,
    )


def show(page: str, *updates: RemoteUpdate, at: int = NOW + 50) -> RemoteIncident:
    return RemoteIncident(
        remote_id=f"{page}-incident",
        title="Errors",
        status=IncidentStatus.INVESTIGATING,
        impact=Impact.NONE,
        created_at=NOW,
        updated_at=at,
        uid="ours",
        updates=updates,
    )


def write(remote_id: str, body: str = "Looking.", at: int = NOW + 50) -> RemoteUpdate:
    return RemoteUpdate(remote_id, IncidentStatus.INVESTIGATING, body, at)


def test_an_update_is_told_when_the_last_page_has_it(db: Database, epoch: int) -> None:
    incident_id = declare(db)
    confirm(db, incident_id, "Looking.")
    assert [delivery.page for delivery in list_deliveries(db)] == list(PAGES)
    deliver(db, epoch, "eu", "e1")
    (update,) = list_updates(db, incident_id)
    assert update.delivery is DeliveryState.PENDING
    assert update.delivered_at is None
    mark_seen(db, {"e1": "Looking."}, NOW + 60, page="eu")
    assert list_first_seen(db) == {}
    deliver(db, epoch, "us", "u1", NOW + 70)
    assert list_first_seen(db) == {}
    (update,) = list_updates(db, incident_id)
    assert (update.delivery, update.delivered_at, update.seen_at) == (DeliveryState.DELIVERED, NOW + 70, None)
    assert mark_seen(db, {"u1": "Looking."}, NOW + 60, page="eu") == 0
    mark_seen(db, {"u1": "Looking."}, NOW + 90, page="us")
    (update,) = list_updates(db, incident_id)
    assert update.seen_at == NOW + 90
    assert list_first_seen(db) == {incident_id: NOW + 90}
    eu, us = update.proofs
    assert (eu.page, eu.queued_at, eu.sent_at, eu.accepted_at, eu.seen_at) == ("eu", NOW, NOW + 50, NOW + 50, NOW + 60)
    assert (us.page, us.remote_id, us.seen_at) == ("us", "u1", NOW + 90)
    assert {name: listing.remote_id for name, listing in get_incident(db, incident_id).listings.items()} == {
        "eu": "eu-incident",
        "us": "us-incident",
    }


def test_a_page_that_was_given_up_is_not_waited_for(db: Database, epoch: int) -> None:
    incident_id = declare(db)
    confirm(db, incident_id, "Looking.")
    deliver(db, epoch, "eu", "e1")
    mark_seen(db, {"e1": "Looking."}, NOW + 60, page="eu")
    drop_delivery(db, list_due(db, NOW, page="us")[0].id, "ana", NOW)
    assert list_first_seen(db) == {incident_id: NOW + 60}


def test_of_a_page_that_nobody_can_look_at_its_word_has_to_do(db: Database, epoch: int) -> None:
    incident_id = declare(db)
    confirm(db, incident_id, "Looking.")
    deliver(db, epoch, "eu", "e1")
    deliver(db, epoch, "us", "u1", NOW + 70)
    mark_seen(db, {"e1": "Looking."}, NOW + 60, page="eu")
    set_aside_unshown(db, page="us")
    assert list_unseen(db, page="us") == []
    assert list_first_seen(db) == {incident_id: NOW + 70}
    (update,) = list_updates(db, incident_id)
    assert update.seen_at is None
    assert "no public_url" in update.proofs[1].reason


def test_ours_stand_in_the_order_in_which_they_were_confirmed(db: Database) -> None:
    incident_id = declare(db)
    confirm(db, incident_id, "first", NOW + 3_600_000)
    confirm(db, incident_id, "second")
    assert [update.body for update in list_updates(db, incident_id)] == ["first", "second"]
    apply_incident(db, show("eu", write("e7", "before", NOW), write("e8", "after", NOW + 4_000_000)), NOW, page="eu")
    assert [update.body for update in list_updates(db, incident_id)] == ["before", "first", "second", "after"]


def test_one_page_that_is_stuck_holds_back_no_other(db: Database, epoch: int) -> None:
    incident_id = declare(db)
    confirm(db, incident_id, "Looking.")
    confirm(db, incident_id, "Found it.")
    stuck = next(delivery for delivery in list_due(db, NOW, page="eu"))
    assert claim_delivery(db, stuck.id, epoch, DeliveryKind.CREATE, (), NOW)
    deliver(db, epoch, "us", "u1")
    deliver(db, epoch, "us", "u2")
    assert [(item.page, item.body) for item in list_deliveries(db)] == [("eu", "Looking."), ("eu", "Found it.")]


def test_an_incident_of_one_page_is_continued_there_alone(db: Database) -> None:
    assert apply_incident(db, replace(show("eu", write("e1")), uid=None), NOW, page="eu")
    confirm(db, 1, "We are on it.")
    assert [(item.page, item.kind) for item in list_deliveries(db)] == [("eu", DeliveryKind.UPDATE)]


def test_the_same_ids_on_two_pages_are_two_things(db: Database) -> None:
    for page in PAGES:
        remote = replace(show("any", write("1", f"words of {page}")), remote_id="1", uid=None)
        assert apply_incident(db, remote, NOW, page=page)
        apply_components(db, [RemoteComponent("1", f"API {page}", ComponentStatus.OPERATIONAL)], page=page)
    assert [list_updates(db, number)[0].body for number in (1, 2)] == ["words of eu", "words of us"]
    assert list_component_ids(db, page="us") == {"API us": "1"}
    apply_components(db, [], page="eu")
    assert [component.name for component in list_components(db)] == ["API us"]


def test_a_component_is_as_bad_as_on_its_worst_page(db: Database) -> None:
    for page, status in zip(PAGES, (ComponentStatus.OPERATIONAL, ComponentStatus.PARTIAL_OUTAGE), strict=True):
        apply_components(db, [RemoteComponent("c", "API", status)], page=page)
    assert [component.page_status for component in list_components(db)] == [ComponentStatus.PARTIAL_OUTAGE]


@pytest.mark.parametrize(
    ("updates", "said"),
    [
        ([write("e1", "Looking,\nsaid somebody")], "edited, customers now read: Looking,"),
        ([write("e1", at=NOW + 50 - 7_200_000)], "shown 2h earlier than it was sent"),
        ([], "an update was removed"),
    ],
)
def test_what_a_page_shows_differently_is_told(
    db: Database, epoch: int, updates: list[RemoteUpdate], said: str
) -> None:
    incident_id = declare(db)
    confirm(db, incident_id, "Looking.")
    deliver(db, epoch, "eu", "e1")
    assert not apply_incident(db, show("eu", write("e1")), NOW + 100, page="eu")
    later = NOW + 600_000
    assert apply_incident(db, show("eu", *updates), later, page="eu")
    assert said in list_updates(db, incident_id)[0].proofs[0].difference
    assert said in list_entries(db, incident_id)[0].text
    assert not apply_incident(db, show("eu", *updates), later, page="eu")
    assert apply_incident(db, show("eu", write("e1")), later, page="eu")
    assert list_updates(db, incident_id)[0].proofs[0].difference == ""


def test_what_was_posted_a_moment_ago_may_be_missing_in_a_list(db: Database, epoch: int) -> None:
    incident_id = declare(db)
    confirm(db, incident_id, "Looking.")
    deliver(db, epoch, "eu", "e1")
    assert not apply_incident(db, show("eu"), NOW + 10_000, page="eu")


def ask(db: Database, epoch: int, *updates: RemoteUpdate) -> int:
    confirm(db, declare(db), "Looking.")
    (delivery,) = list_due(db, NOW, page="eu")
    assert claim_delivery(db, delivery.id, epoch, DeliveryKind.CREATE, (), NOW)
    assert settle_uncertain(db, delivery.id, epoch, next_try_at=NOW + 10, reason="it timed out", now=NOW)
    evidence = list_evidence(get_delivery(db, delivery.id), show("eu", *updates), 30_000)
    assert settle_asking(db, delivery.id, epoch, next_try_at=NOW + 60_000, evidence=evidence, now=NOW + 20)
    return delivery.id


def test_a_person_is_asked_and_the_page_is_looked_at_again(db: Database, epoch: int) -> None:
    delivery_id = ask(db, epoch, write("e7", "Something like it."))
    asked = get_delivery(db, delivery_id)
    assert (asked.state, asked.asked_at) == (DeliveryState.UNCERTAIN, NOW + 20)
    assert [item.body for item in asked.evidence] == ["Something like it."]
    assert list_due(db, NOW + 59_000, page="eu") == []
    assert [item.id for item in list_due(db, NOW + 60_000, page="eu")] == [delivery_id]


def test_a_message_that_is_adopted_is_ours(db: Database, epoch: int) -> None:
    delivery_id = ask(db, epoch, write("e7", "Something like it."))
    apply_incident(db, replace(show("eu", write("e7", "Something like it.")), uid=None), NOW, page="eu")
    evidence = get_delivery(db, delivery_id).evidence[0]
    assert adopt_delivery(db, delivery_id, evidence, "ana", NOW + 30).state is DeliveryState.DELIVERED
    (update,) = list_updates(db, 1)
    assert (update.is_local, update.proofs[0].remote_id) == (True, "e7")
    assert get_incident(db, 1).listings["eu"].remote_id == "eu-incident"
    with pytest.raises(RefusedError, match="nothing to adopt"):
        adopt_delivery(db, delivery_id, evidence, "ana", NOW + 30)


def test_another_update_of_ours_cannot_be_adopted(db: Database, epoch: int) -> None:
    incident_id = declare(db)
    confirm(db, incident_id, "Looking.")
    deliver(db, epoch, "eu", "e1")
    confirm(db, incident_id, "Found it.")
    (second,) = list_due(db, NOW + 60, page="eu")
    assert claim_delivery(db, second.id, epoch, DeliveryKind.UPDATE, (), NOW + 60)
    assert settle_uncertain(db, second.id, epoch, next_try_at=NOW + 61, reason="r", now=NOW + 60)
    evidence = Evidence("eu-incident", "e1", "Errors", IncidentStatus.INVESTIGATING, "Looking.", NOW)
    assert settle_asking(db, second.id, epoch, next_try_at=None, evidence=(evidence,), now=NOW + 65)
    with pytest.raises(RefusedError, match="another update of ours"):
        adopt_delivery(db, second.id, evidence, "ana", NOW + 70)


def test_nothing_is_adopted_while_nobody_is_asked_or_that_was_not_shown(db: Database, epoch: int) -> None:
    confirm(db, declare(db), "Looking.")
    (delivery,) = list_due(db, NOW, page="eu")
    assert claim_delivery(db, delivery.id, epoch, DeliveryKind.CREATE, (), NOW)
    assert settle_uncertain(db, delivery.id, epoch, next_try_at=NOW + 10, reason="it timed out", now=NOW)
    (shown,) = list_evidence(get_delivery(db, delivery.id), show("eu", write("e7")), 30_000)
    for evidence in (shown, None):
        with pytest.raises(RefusedError, match="is being looked up"):
            adopt_delivery(db, delivery.id, evidence, "ana", NOW)
    assert settle_asking(db, delivery.id, epoch, next_try_at=None, evidence=(shown,), now=NOW + 20)
    with pytest.raises(ConflictError, match="look at it again"):
        adopt_delivery(db, delivery.id, replace(shown, body="Edited since."), "ana", NOW)
    assert adopt_delivery(db, delivery.id, shown, "ana", NOW).state is DeliveryState.DELIVERED


def test_two_of_ours_cannot_become_one_incident_of_the_page(db: Database, epoch: int) -> None:
    first = ask(db, epoch, write("e7", "Something like it."), write("e8", "Something else."))
    second = declare(db, "incident-2")
    confirm(db, second, "Looking too.")
    (delivery,) = (each for each in list_due(db, NOW, page="eu") if each.incident_id == second)
    evidence = get_delivery(db, first).evidence
    assert claim_delivery(db, delivery.id, epoch, DeliveryKind.CREATE, (), NOW)
    assert settle_asking(db, delivery.id, epoch, next_try_at=None, evidence=evidence, now=NOW)
    adopt_delivery(db, first, evidence[0], "ana", NOW + 30)
    with pytest.raises(RefusedError, match="another one of ours"):
        adopt_delivery(db, delivery.id, evidence[1], "ana", NOW + 30)


def test_one_that_is_sent_again_by_a_person_is_queued(db: Database, epoch: int) -> None:
    delivery_id = ask(db, epoch)
    again = retry_delivery(db, delivery_id, "ana", NOW + 30)
    assert (again.state, again.asked_at, again.evidence) == (DeliveryState.PENDING, None, ())


def test_each_page_has_its_own_health_and_its_own_minute(db: Database) -> None:
    held = Capabilities(adapter="cachet", title_most=99)
    replace_pages(db, [("eu", held), ("us", None)])
    note_page_failed(db, "no answer", NOW, page="us")
    note_page_reached(db, NOW, page="eu")
    eu, us = list_pages(db)
    assert (eu.page, eu.last_error, eu.capabilities) == ("eu", "", held)
    assert (us.page, us.last_error, us.last_sync_at, us.capabilities) == ("us", "no answer", None, None)
    assert spend_request(db, NOW, limit=1, reserve=0, page="eu") == 0
    assert spend_request(db, NOW, limit=1, reserve=0, page="eu") > 0
    assert spend_request(db, NOW, limit=1, reserve=0, page="us") == 0
    replace_pages(db, [("us", held)])
    assert [page.page for page in list_pages(db)] == ["us"]


def test_what_is_sent_again_by_itself_asks_nobody_any_more(db: Database, epoch: int) -> None:
    delivery_id = ask(db, epoch, write("e7", "Something like it."))
    assert settle_absent(db, delivery_id, epoch, now=NOW + 40)
    again = get_delivery(db, delivery_id)
    assert (again.state, again.asked_at, again.evidence) == (DeliveryState.PENDING, None, ())
