from __future__ import annotations

import pytest
from tests.engine.publishing import begin_epoch, declare

from oncall_tui.domain.incident import IncidentStatus
from oncall_tui.domain.update import Delivery, DeliveryKind, DeliveryState
from oncall_tui.store.broadcasts import WAIT_MOST_MS, find_links, judge_waiting_broadcasts, list_due_broadcasts
from oncall_tui.store.database import Database
from oncall_tui.store.deliveries import claim_delivery, mark_seen, settle_broadcast, settle_delivered, settle_failed
from oncall_tui.store.outbox import (
    confirm_update,
    drop_delivery,
    get_delivery,
    has_waiting,
    list_deliveries,
    list_due,
    list_unseen,
    retry_delivery,
)
from oncall_tui.store.page import replace_pages
from oncall_tui.store.timeline import list_entries

NOW = 1_000_000
SMS = "sms"
D = DeliveryState


class Desk:
    """One incident, one page, one channel."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.epoch = begin_epoch(db)
        self.incident_id = declare(db, now=NOW).id

    def confirm(self, body: str, *, pages: tuple[str, ...] = ("page",)) -> Delivery:
        """Returns the broadcast."""
        confirm_update(
            self.db, self.incident_id, uid=f"op-{body}", status=IncidentStatus.INVESTIGATING, body=body, components={},
            next_update_at=None, notify=True, actor="ana", now=NOW, pages=pages, broadcasts=(SMS,),
        )  # fmt: skip
        return list_deliveries(self.db)[-1]

    def publish(self, now: int = NOW) -> None:
        (delivery,) = list_due(self.db, now)
        assert claim_delivery(self.db, delivery.id, self.epoch, delivery.kind, (), now)
        settle_delivered(
            self.db, delivery.id, self.epoch, remote_incident_id="r1", remote_update_id=f"u{delivery.id}",
            remote_url=None, page_title="Errors", page_updated_at=now, delivered_at=now, now=now,
        )  # fmt: skip

    def see(self, body: str) -> None:
        mark_seen(self.db, {each.remote_id: each.body for each in list_unseen(self.db) if each.body == body}, NOW)

    def judge(self, now: int = NOW) -> list[str]:
        """Returns the bodies that are due after."""
        judge_waiting_broadcasts(self.db, self.epoch, now, name=SMS)
        return [each.body for each in list_due_broadcasts(self.db, now, name=SMS)]

    def state(self, broadcast: Delivery) -> tuple[DeliveryState, str]:
        now = get_delivery(self.db, broadcast.id)
        return now.state, now.reason


@pytest.fixture
def desk(db: Database) -> Desk:
    return Desk(db)


def test_with_the_page_the_broadcast_is_given_up_and_later_ones_go_on(desk: Desk) -> None:
    first = desk.confirm("one")
    drop_delivery(desk.db, list_due(desk.db, NOW)[0].id, "ana", NOW)
    assert desk.state(first) == (D.DROPPED, "no page has its update")
    assert "sms is not told: no page has the update" in [each.text for each in list_entries(desk.db, desk.incident_id)]
    assert not has_waiting(desk.db)
    desk.confirm("two")
    desk.publish()
    desk.see("two")
    assert desk.judge() == ["two"]


def test_a_broadcast_waits_for_the_page_that_is_left(desk: Desk) -> None:
    first = desk.confirm("one", pages=("eu", "page"))
    drop_delivery(desk.db, list_due(desk.db, NOW)[0].id, "ana", NOW)
    assert desk.state(first)[0] is D.PENDING
    (other,) = list_due(desk.db, NOW, page="eu")
    drop_delivery(desk.db, other.id, "ana", NOW)
    assert desk.state(first)[0] is D.DROPPED


def test_one_that_no_look_shows_is_put_to_a_person(desk: Desk) -> None:
    first = desk.confirm("one")
    desk.publish()
    assert desk.judge(NOW + WAIT_MOST_MS - 1) == []
    assert desk.state(first)[0] is D.PENDING
    assert desk.judge(NOW + WAIT_MOST_MS) == []
    assert desk.state(first)[0] is D.FAILED
    assert "not seen to get the update within 10 min. Retry" in desk.state(first)[1]
    retry_delivery(desk.db, first.id, "ana", NOW)
    assert desk.judge(NOW + 2 * WAIT_MOST_MS) == ["one"]


@pytest.mark.parametrize(
    ("column", "words"), [("unprovable", "cannot be looked up: few"), ("difference", "an update was edited")]
)
def test_one_that_can_never_be_seen_is_put_to_a_person_at_once(desk: Desk, column: str, words: str) -> None:
    first = desk.confirm("one")
    desk.publish()
    with desk.db.write("outbox") as connection:
        connection.execute(f"UPDATE page_update SET {column} = ?", (words,))
    assert desk.judge() == []
    assert (desk.state(first)[0], words in desk.state(first)[1]) == (D.FAILED, True)


def test_one_that_is_seen_after_all_needs_nobody(desk: Desk) -> None:
    first = desk.confirm("one")
    desk.publish()
    desk.judge(NOW + WAIT_MOST_MS)
    desk.see("one")
    assert desk.judge(NOW + WAIT_MOST_MS) == ["one"]
    assert desk.state(first) == (D.PENDING, "")


@pytest.mark.parametrize("is_asked", [False, True])
def test_what_customers_read_later_goes_on_and_the_earlier_one_is_left_to_a_person(desk: Desk, is_asked: bool) -> None:
    first = desk.confirm("one")
    second = desk.confirm("two")
    desk.publish()
    desk.publish()
    desk.judge(NOW + (WAIT_MOST_MS if is_asked else 0))
    desk.see("two")
    assert desk.judge() == ["two"]
    assert desk.state(first)[0] is D.FAILED
    assert "customers were told more before they were seen to get it. Retry" in desk.state(first)[1]
    assert claim_delivery(desk.db, second.id, desk.epoch, DeliveryKind.BROADCAST, (), NOW)
    assert settle_broadcast(desk.db, second.id, desk.epoch, now=NOW)
    entries = len(list_entries(desk.db, desk.incident_id))
    assert desk.judge() == []
    assert len(list_entries(desk.db, desk.incident_id)) == entries
    retry_delivery(desk.db, first.id, "ana", NOW)
    assert desk.judge(NOW + 2 * WAIT_MOST_MS) == ["one"]


def test_one_that_is_seen_after_its_channel_was_told_more_is_left_to_a_person(desk: Desk) -> None:
    first, second = desk.confirm("one"), desk.confirm("two")
    desk.publish()
    desk.publish()
    desk.see("two")
    desk.judge()
    assert claim_delivery(desk.db, second.id, desk.epoch, DeliveryKind.BROADCAST, (), NOW)
    desk.see("one")
    assert desk.judge() == []
    assert desk.state(first)[0] is D.FAILED


def test_one_that_is_seen_before_its_channel_was_told_more_goes_first(desk: Desk) -> None:
    first = desk.confirm("one")
    desk.confirm("two")
    desk.publish()
    desk.publish()
    desk.see("two")
    desk.judge()
    desk.see("one")
    assert desk.judge() == ["one"]
    assert desk.state(first) == (D.PENDING, "")


def test_a_link_leads_to_a_page_that_was_seen_to_show_the_update(desk: Desk) -> None:
    pages = ("page", "eu", "us")
    replace_pages(desk.db, [(page, None) for page in pages])
    broadcast = desk.confirm("one", pages=pages)
    assert find_links(desk.db, broadcast.id) == []
    for page in ("us", "eu"):
        (delivery,) = list_due(desk.db, NOW, page=page)
        assert claim_delivery(desk.db, delivery.id, desk.epoch, delivery.kind, (), NOW)
        settle_delivered(
            desk.db, delivery.id, desk.epoch, remote_incident_id="r1", remote_update_id="u1", remote_url=f"https://{page}",
            page_title="Errors", page_updated_at=NOW, delivered_at=NOW, now=NOW,
        )  # fmt: skip
    assert find_links(desk.db, broadcast.id) == [("eu", "https://eu"), ("us", "https://us")]
    mark_seen(desk.db, {"u1": "one"}, NOW, page="us")
    assert find_links(desk.db, broadcast.id) == [("us", "https://us"), ("eu", "https://eu")]
    assert desk.judge() == ["one"]


def test_a_refusal_and_an_engine_that_was_overtaken_change_nothing(desk: Desk) -> None:
    first = desk.confirm("one")
    desk.publish()
    settle_failed(desk.db, first.id, desk.epoch, reason="no such hook", now=NOW)
    desk.see("one")
    assert desk.judge(NOW + WAIT_MOST_MS) == []
    assert desk.state(first) == (D.FAILED, "no such hook")
    retry_delivery(desk.db, first.id, "ana", NOW)
    assert claim_delivery(desk.db, first.id, desk.epoch, DeliveryKind.BROADCAST, (), NOW)
    assert settle_broadcast(desk.db, first.id, desk.epoch, now=NOW)
    second, third = desk.confirm("two"), desk.confirm("three")
    desk.publish()
    desk.publish()
    begin_epoch(desk.db)
    desk.judge(NOW + WAIT_MOST_MS)
    desk.see("three")
    desk.judge(NOW + WAIT_MOST_MS)
    assert [desk.state(each)[0] for each in (second, third)] == [D.PENDING] * 2
