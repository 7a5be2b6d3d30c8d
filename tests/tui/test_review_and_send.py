from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.tui.desk import Desk, make_desk, open_app, screen_text, wait_for, wait_for_text
from textual.pilot import Pilot

from oncall_tui.clock import now_ms
from oncall_tui.config.model import BroadcastConfig, TokenSource
from oncall_tui.domain.incident import ComponentStatus, IncidentStatus, Severity
from oncall_tui.domain.remote import RemoteComponent
from oncall_tui.domain.update import DeliveryState
from oncall_tui.store.deliveries import claim_delivery, mark_seen, settle_delivered
from oncall_tui.store.drafts import list_drafts
from oncall_tui.store.incidents import edit_incident, get_incident, list_incidents
from oncall_tui.store.lease import take_lease
from oncall_tui.store.outbox import list_deliveries, list_due
from oncall_tui.store.page import apply_components
from oncall_tui.tui import windows
from oncall_tui.tui.widgets.send_bar import SendBar


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Its window is long: no test waits for its end, and none may be late in it."""
    return make_desk(tmp_path, window_ms=8_000)


async def _review(pilot: Pilot[object]) -> str:
    await pilot.press("i")
    await wait_for_text(pilot, "nothing blocks sending")
    await pilot.press("ctrl+s")
    return await wait_for_text(pilot, "Review the update")


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_the_review_shows_what_customers_read_and_what_changes(desk: Desk, size: tuple[int, int]) -> None:
    apply_components(desk.db, [RemoteComponent("a", "API", ComponentStatus.OPERATIONAL)])
    async with open_app(desk, size=size) as (_, pilot):
        shown = await _review(pilot)
        assert "We are looking into a problem with API." in shown
        assert "● operational → ✖ major outage" in shown
        assert "API: requests are failing" in shown
        assert "https://status.example.com" in shown
        assert "enter send, with 8s to take it back" in shown
        await pilot.press("escape")
        await wait_for_text(pilot, "draft saved")
    assert list_deliveries(desk.db) == []


async def test_a_finding_that_blocks_cannot_be_passed(desk: Desk) -> None:
    async with open_app(desk) as (app, pilot):
        await pilot.press("i")
        await wait_for_text(pilot, "nothing blocks sending")
        await pilot.press(*"until {eta}", "ctrl+s")
        shown = await wait_for_text(pilot, "Not sendable")
        assert "PH003" in shown
        await pilot.press("enter")
        await wait_for_text(pilot, "Not sent: '{eta}' is not filled in")
        assert app.outgoing.waiting == ()
    assert list_deliveries(desk.db) == []


async def test_nothing_is_queued_before_the_window_ends_and_u_takes_it_back(desk: Desk) -> None:
    async with open_app(desk) as (app, pilot):
        await _review(pilot)
        await pilot.press("enter")
        shown = await wait_for_text(pilot, "SENDING in")
        assert "not sent yet" in shown
        assert list_deliveries(desk.db) == []
        assert list_drafts(desk.db)[0].confirmed_at is not None
        await pilot.press("u")
        await wait_for_text(pilot, "NOT SENT")
        assert app.outgoing.waiting == ()
    assert list_deliveries(desk.db) == []
    assert list_drafts(desk.db)[0].confirmed_at is None


async def test_a_held_enter_does_not_skip_the_window_but_a_second_one_does(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(windows, "_EARLIEST_SEND_S", 60.0)
    async with open_app(desk) as (app, pilot):
        await _review(pilot)
        await pilot.press("enter")
        await wait_for(pilot, lambda: isinstance(app.focused, SendBar))
        (waiting,) = app.outgoing.waiting
        await app.outgoing.take_back()
        await app.outgoing.start(waiting)
        await app.outgoing.send_now(waiting.incident_id)
        assert app.outgoing.is_waiting(waiting.incident_id)
        monkeypatch.setattr(windows, "_EARLIEST_SEND_S", 0.0)
        await pilot.press("enter")
        await wait_for_text(pilot, "QUEUED")
    (delivery,) = list_deliveries(desk.db)
    assert delivery.body.startswith("We are looking into a problem with API.")
    assert delivery.components == {"API": ComponentStatus.MAJOR_OUTAGE}
    assert list_drafts(desk.db) == []


async def test_the_window_outlives_a_change_of_pane_and_sends_once(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, window_ms=3_000)
    async with open_app(desk) as (_, pilot):
        await _review(pilot)
        await pilot.press("enter")
        await wait_for_text(pilot, "SENDING")
        await pilot.press("1")
        await wait_for_text(pilot, "SENDING")
        await wait_for_text(pilot, "QUEUED")
        await asyncio.sleep(0.5)
    assert len(list_deliveries(desk.db)) == 1


async def test_a_terminal_that_ends_in_the_window_sends_nothing_and_the_next_one_says_so(desk: Desk) -> None:
    async with open_app(desk) as (_, pilot):
        await _review(pilot)
        await pilot.press("enter")
        await wait_for_text(pilot, "SENDING")
    assert list_deliveries(desk.db) == []
    async with open_app(desk) as (_, pilot):
        await pilot.press("i")
        await wait_for_text(pilot, "1 update was not sent")
    assert list_deliveries(desk.db) == []


async def test_queued_accepted_and_seen_look_different(desk: Desk) -> None:
    async with open_app(desk) as (_, pilot):
        await _review(pilot)
        await pilot.press("enter")
        await wait_for_text(pilot, "SENDING")
        await asyncio.sleep(0.4)
        await pilot.press("enter")
        await wait_for_text(pilot, "customers do not have it yet")
        now = now_ms()
        epoch = take_lease(desk.db, pid=1, host="h", boot_id="b", version="1", mode="stay", now=now)
        (due,) = list_due(desk.db, now)
        assert claim_delivery(desk.db, due.id, epoch, due.kind, [], now)
        settle_delivered(
            desk.db, due.id, epoch, remote_incident_id="r1", remote_update_id="u1", remote_url=None,
            page_title=due.title or "", page_updated_at=now, delivered_at=now, now=now,
        )  # fmt: skip
        assert list_deliveries(desk.db, is_open_only=False)[0].state is DeliveryState.DELIVERED
        await wait_for_text(pilot, "customers: not seen there yet")
        mark_seen(desk.db, {"u1": due.body}, now)
        shown = await wait_for_text(pilot, "SEEN by customers")
        assert "not seen there yet" not in shown  # the pane and the bar never say two things


async def test_a_change_after_the_review_shows_both_texts_and_takes_a_new_review(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, window_ms=4_000)
    async with open_app(desk, size=(120, 40)) as (_, pilot):
        await _review(pilot)
        await pilot.press("enter")
        await wait_for_text(pilot, "SENDING")
        (incident,) = list_incidents(desk.db)
        with desk.db.write("incidents") as connection:
            connection.execute("UPDATE incident SET title = 'Ben was here', revision = revision + 1")
        shown = await wait_for_text(pilot, "Somebody else was faster")
        assert "Ben was here" in shown
        assert "We are looking into a problem with API." in shown
        assert list_deliveries(desk.db) == []
        assert list_drafts(desk.db)[0].confirmed_at is None
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "Review the update")
        await pilot.press("enter")
        await wait_for_text(pilot, "QUEUED")
    (delivery,) = list_deliveries(desk.db)
    assert delivery.title == "Ben was here"
    assert get_incident(desk.db, incident.id).status is IncidentStatus.INVESTIGATING


async def test_what_somebody_did_on_the_page_is_shown_before_sending(desk: Desk) -> None:
    async with open_app(desk, size=(120, 40)) as (_, pilot):
        await pilot.press("i")
        await wait_for_text(pilot, "nothing blocks sending")
        with desk.db.write("incidents") as connection:
            connection.execute("UPDATE incident SET conflict = 'ben resolved it on the page', revision = revision + 1")
        await wait_for_text(pilot, "ben resolved it on the page")
        await pilot.press("ctrl+s")
        shown = await wait_for_text(pilot, "Review the update")
        assert "On the page: ben resolved it on the page" in shown


async def test_an_edit_before_the_review_is_no_conflict(desk: Desk) -> None:
    async with open_app(desk) as (_, pilot):
        await pilot.press("i")
        await wait_for_text(pilot, "nothing blocks sending")
        (incident,) = list_incidents(desk.db)
        edit_incident(desk.db, replace(incident, severity=Severity.SEV1), "ben", now_ms())
        await wait_for_text(pilot, "SEV1")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "Review the update")
        await pilot.press("enter")
        await wait_for_text(pilot, "SENDING")
        await asyncio.sleep(0.4)
        await pilot.press("enter")
        await wait_for_text(pilot, "QUEUED")
        assert "faster" not in screen_text(pilot)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_channels_beside_the_page_are_listed_with_what_fits_into_them(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    desk = make_desk(tmp_path)
    channels = (BroadcastConfig("mail", "mail", TokenSource()), BroadcastConfig("texts", "sms", TokenSource()))
    told = Desk(desk.path, replace(desk.config, broadcasts=channels), desk.db)
    async with open_app(told, size=size) as (_, pilot):
        shown = await _review(pilot)
        assert "once customers can see it on the page:" in shown
        assert "texts  2/2 messages" in shown
        assert "API: requests are failing (Investigating)" in shown
        assert "enter send, with 5s to take it back" in shown


async def test_a_second_person_sends_where_the_severity_needs_one(desk: Desk) -> None:
    desk = Desk(desk.path, replace(desk.config, second_person=frozenset({2})), desk.db)
    async with open_app(desk) as (app, pilot):
        shown = await _review(pilot)
        assert "enter ask a second person to send it, as a SEV2 needs" in shown
        await pilot.press("enter")
        await wait_for_text(pilot, "Not sent yet: a second person")
        assert app.outgoing.waiting == ()
    assert list_deliveries(desk.db) == []
    async with open_app(desk, size=(120, 40), actor="bob") as (_, pilot):
        await wait_for_text(pilot, "ana asks a second person to send an update of #1")
        await pilot.press("p")
        await wait_for_text(pilot, "ana asks you to send this as it stands")
        await wait_for_text(pilot, "nothing blocks sending")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "enter send, with")
        await pilot.press("enter")
        await wait_for_text(pilot, "SENDING in")
