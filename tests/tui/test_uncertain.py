from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.tui.asking import Engine
from tests.tui.desk import Desk, declare, make_desk, open_app, screen_text, wait_for, wait_for_text

from oncall_tui.clock import now_ms
from oncall_tui.domain.pagestate import PageState
from oncall_tui.domain.update import DeliveryState
from oncall_tui.store.deliveries import settle_retry
from oncall_tui.store.outbox import drop_delivery, get_delivery, list_deliveries
from oncall_tui.store.updates import list_updates
from oncall_tui.tui.screens import deciding
from oncall_tui.tui.screens.uncertain import UncertainScreen, tell_moving
from oncall_tui.tui.snapshot import Snapshot
from oncall_tui.tui.text import Glyphs, clock_utc

_SIZES = [(80, 24), (120, 40)]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return make_desk(tmp_path)


@pytest.mark.parametrize("size", _SIZES)
async def test_what_was_tried_stands_beside_what_the_page_shows_and_is_adopted(
    desk: Desk, size: tuple[int, int]
) -> None:
    number, engine = declare(desk), Engine(desk)
    engine.confirm(number, "Logins fail since 14:00.")
    delivery = engine.claim()
    engine.ask(delivery, "Logins fail since 14 h.", "Something else [/x].")
    async with open_app(desk, size=size) as (_, pilot):
        shown = await wait_for_text(pilot, "1 update may or may not have arrived: c decides")
        assert "c decide" in shown.splitlines()[-1]
        await pilot.press("c")
        shown = await wait_for_text(pilot, "it is there")
        for words in (
            "1 attempt, the last at", "not found on the page", "Logins fail since 14:00.", "Something else [/x].",
            "If it was there after all, sending again makes subscribers get it twice",
        ):  # fmt: skip
            assert words in shown
        assert shown.index("Something else") < shown.index("Logins fail since 14 h.") or size[0] >= 100
        await pilot.press("j", "a")
        await wait_for_text(pilot, "taken as sent")
        assert not isinstance(pilot.app.screen, UncertainScreen)
    settled = get_delivery(desk.db, delivery.id)
    assert (settled.state, settled.remote_update_id) == (DeliveryState.DELIVERED, "u0")


async def test_nothing_that_could_be_it_closes_adopting_and_r_sends_again(desk: Desk) -> None:
    number, engine = declare(desk), Engine(desk)
    engine.confirm(number, "Logins fail.")
    delivery = engine.claim()
    engine.ask(delivery)
    async with open_app(desk) as (_, pilot):
        await wait_for_text(pilot, "c decides")
        await pilot.press("c")
        shown = await wait_for_text(pilot, "a is closed: the page shows nothing that could be it.")
        assert "a it is there (closed)" in shown
        await pilot.press("a")
        await pilot.pause(0.1)
        assert get_delivery(desk.db, delivery.id).state is DeliveryState.UNCERTAIN
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "is queued again")
    assert get_delivery(desk.db, delivery.id).state is DeliveryState.PENDING


async def test_a_failed_one_says_why_and_is_dropped_on_a_second_press(desk: Desk) -> None:
    number, engine = declare(desk), Engine(desk)
    engine.confirm(number, "Logins fail.")
    delivery = engine.claim()
    engine.fail(delivery)
    async with open_app(desk) as (_, pilot):
        await wait_for_text(pilot, "1 update failed: c decides")
        await pilot.press("c")
        shown = await wait_for_text(pilot, "This update failed")
        assert "the page refused the token" in shown
        assert "twice" not in shown
        await pilot.press("a", "d")
        await wait_for_text(pilot, "d again gives this update up")
        assert get_delivery(desk.db, delivery.id).state is DeliveryState.FAILED
        await pilot.press("d")
        await wait_for_text(pilot, "is given up")
    assert list_updates(desk.db, number)[0].delivery is DeliveryState.DROPPED


async def test_what_settles_by_itself_is_told_and_closes_the_keys(desk: Desk) -> None:
    number, engine = declare(desk), Engine(desk)
    engine.confirm(number, "Logins fail.")
    delivery = engine.claim()
    engine.ask(delivery, "Something.")
    async with open_app(desk) as (_, pilot):
        await wait_for_text(pilot, "c decides")
        await pilot.press("c")
        await wait_for_text(pilot, "a it is there")
        engine.deliver(delivery)
        shown = await wait_for_text(pilot, "Settled meanwhile: ✓ ON THE PAGE")
        assert "r send again" not in shown
        await pilot.press("ctrl+s", "d", "d", "a")
        await pilot.pause(0.1)
        assert get_delivery(desk.db, delivery.id).state is DeliveryState.DELIVERED
        await pilot.press("escape")
        await wait_for(pilot, lambda: not isinstance(pilot.app.screen, UncertainScreen))
    assert list_deliveries(desk.db) == []


async def test_before_the_page_was_read_there_is_nothing_to_decide(desk: Desk) -> None:
    number, engine = declare(desk), Engine(desk)
    engine.confirm(number, "Logins fail.")
    delivery = engine.claim()
    engine.doubt(delivery)
    async with open_app(desk) as (_, pilot):
        await pilot.press("c")
        shown = await wait_for_text(pilot, "nobody can tell before")
        assert "no answer within 10 s" in shown
        await pilot.press("ctrl+s", "a")
        await pilot.pause(0.1)
        assert get_delivery(desk.db, delivery.id).reason == "no answer within 10 s"
        engine.ask(delivery, "Logins fail!")
        await wait_for_text(pilot, "▸ ")
        await pilot.press("a")
        await wait_for_text(pilot, "taken as sent")


async def test_one_after_the_other_and_a_held_key_decides_one_only(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    ahead_s = 0.0
    monkeypatch.setattr(deciding, "_HELD_KEY_S", 60.0)
    monkeypatch.setattr(deciding, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + ahead_s))
    engine = Engine(desk)
    for probe in ("api-eu", "db"):
        engine.confirm(declare(desk, probe), f"{probe} fails.")
    for _ in range(2):
        engine.ask(engine.claim(), "It may be this.")
    async with open_app(desk) as (_, pilot):
        await wait_for_text(pilot, "2 updates may or may not have arrived: c decides")
        await pilot.press("c")
        shown = await wait_for_text(pilot, "1 of 2")
        first, second = ("api-eu", "db") if "api-eu fails." in shown else ("db", "api-eu")
        await pilot.press("n")
        await wait_for_text(pilot, f"{second} fails.")
        await pilot.press("n")
        await wait_for_text(pilot, f"{first} fails.")
        await pilot.press("ctrl+s")
        assert "closed" not in await wait_for_text(pilot, f"{second} fails.")
        await pilot.press("ctrl+s", "ctrl+s", "ctrl+s")
        await pilot.pause(0.1)
        states = sorted(item.state for item in list_deliveries(desk.db))
        assert states == [DeliveryState.PENDING, DeliveryState.UNCERTAIN]
        ahead_s = 60.0
        await pilot.press("ctrl+s")
        await wait_for(pilot, lambda: {item.state for item in list_deliveries(desk.db)} == {DeliveryState.PENDING})


async def test_a_decision_of_somebody_else_is_no_fault(desk: Desk) -> None:
    number, engine = declare(desk), Engine(desk)
    engine.confirm(number, "Logins fail.")
    delivery = engine.claim()
    engine.fail(delivery)
    async with open_app(desk) as (_, pilot):
        await wait_for_text(pilot, "c decides")
        await pilot.press("c")
        await wait_for_text(pilot, "This update failed")
        drop_delivery(desk.db, delivery.id, "ben", 1)
        await wait_for_text(pilot, "Settled meanwhile: × DROPPED: dropped by ben")


async def test_it_is_reached_from_a_text_from_the_incidents_and_in_ascii(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, engine = declare(desk), Engine(desk)
    engine.confirm(number, "Logins fail.")
    engine.ask(engine.claim(), "Logins fail!")
    async with open_app(desk) as (_, pilot):
        monkeypatch.setattr(Glyphs, "is_ascii", True)
        await wait_for_text(pilot, "c decides")
        await pilot.press("p")
        await wait_for_text(pilot, "f9 decide")
        await pilot.press("f9")
        shown = await wait_for_text(pilot, "it is there")
        assert "^ If it was there after all" in shown
        await pilot.press("escape", "escape", "2")
        await wait_for_text(pilot, "told to customers")
        await pilot.press("r")
        await wait_for_text(pilot, "it is there")


async def test_without_any_the_key_says_so(desk: Desk) -> None:
    async with open_app(desk) as (_, pilot):
        assert "decide" not in screen_text(pilot)
        await pilot.press("c")
        await wait_for_text(pilot, "No update waits for a decision.")


async def test_what_waits_by_itself_is_named_with_the_reason(desk: Desk) -> None:
    number, engine = declare(desk), Engine(desk)
    engine.confirm(number, "Logins fail.")
    later = now_ms() + 3_600_000
    settle_retry(
        desk.db, engine.claim().id, engine.epoch, next_try_at=later, reason="acme.test cannot be reached", now=now_ms()
    )
    engine.confirm(number, "Logins still fail.")
    async with open_app(desk) as (_, pilot):
        await pilot.press("c")
        shown = await wait_for_text(pilot, "No update waits for a decision.")
    assert "acme.test" in shown
    assert tell_moving(Snapshot(deliveries=tuple(list_deliveries(desk.db))), now_ms()) == (
        f"That of #{number} to the page goes out by itself: acme.test cannot be reached. "
        f"Next try {clock_utc(later)}. 1 more is queued."
    )
    assert tell_moving(Snapshot(), now_ms()) == ""


def test_what_has_not_been_tried_waits_for_what_is_wrong_with_its_page(desk: Desk) -> None:
    Engine(desk).confirm(declare(desk), "Logins fail.", pages=("eu",))
    queued = tuple(list_deliveries(desk.db))
    assert "to eu goes out by itself: it is on its way." in tell_moving(Snapshot(deliveries=queued), now_ms())
    page = PageState("eu", last_error="the page refused the token")
    assert "by itself: the page refused the token." in tell_moving(Snapshot(deliveries=queued, pages=(page,)), now_ms())
