"""Keeping a probe quiet from the board: the key that begins it ends it, on every terminal."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.store.planned import plan
from tests.tui.desk import Desk, make_desk, open_app, screen_text, wait_for, wait_for_text
from textual.widgets import Input

from oncall_tui.clock import now_ms
from oncall_tui.domain.duration import HOUR, MINUTE
from oncall_tui.domain.upkeep import index_upkeeps
from oncall_tui.store.maintenance import has_waiting_notice
from oncall_tui.store.silences import acknowledge, list_silences, snooze
from oncall_tui.store.upkeeps import begin_upkeep, end_upkeep, list_upkeeps


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return make_desk(tmp_path)


def held(desk: Desk) -> set[str]:
    now = now_ms()
    return set(index_upkeeps(list_upkeeps(desk.db, now), now))


async def test_one_key_begins_maintenance_and_ends_it(desk: Desk) -> None:
    async with open_app(desk, size=(120, 40)) as (_, pilot):
        await wait_for_text(pilot, "DOWN")
        await pilot.press("w")
        shown = await wait_for_text(pilot, "Maintenance of api-eu")
        assert "Customers are not told" in shown
        await pilot.press("enter")
        shown = await wait_for_text(pilot, "29m left, by ana")
        assert "■ api-eu" in shown
        assert "w ends it   customers are not told, by ana" in shown
        assert held(desk) == {"api-eu"}
        assert not has_waiting_notice(desk.db)
        await pilot.press("w")
        await wait_for(pilot, lambda: "left, by ana" not in screen_text(pilot))
        assert "✖ api-eu" in screen_text(pilot)
    assert held(desk) == set()


async def test_an_acknowledgement_can_be_ended_under_maintenance(desk: Desk) -> None:
    now = now_ms()
    acknowledge(desk.db, "api-eu", "lost disk", "ann", now)
    begin_upkeep(desk.db, ["api-eu"], "", now, now + HOUR, "bob", now)
    async with open_app(desk, size=(120, 40)) as (_, pilot):
        await wait_for_text(pilot, "left, by bob")
        await pilot.press("G")
        await wait_for_text(pilot, "acknowledged: lost disk")
        await pilot.press("a")
        await wait_for(pilot, lambda: "acknowledged" not in screen_text(pilot))
    assert list_silences(desk.db) == []
    assert held(desk) == {"api-eu"}


async def test_garbage_for_a_length_is_told_and_nothing_is_quiet(desk: Desk) -> None:
    async with open_app(desk, size=(120, 40)) as (_, pilot):
        await wait_for_text(pilot, "DOWN")
        for key, title, length in (
            ("w", "Maintenance of", "99999999999d"),
            ("Z", "Keep api-eu quiet", "[/x]\x1b soon"),
            ("w", "Maintenance of", ""),
        ):
            await pilot.press(key)
            await wait_for_text(pilot, title)
            pilot.app.screen.query_one("#ask-line", Input).value = length
            await pilot.press("enter" if length else "escape")
            await wait_for(pilot, lambda title=title: title not in screen_text(pilot))  # type: ignore[misc]
    assert held(desk) == set()
    assert list_silences(desk.db) == []


async def test_what_another_terminal_does_is_seen_at_once(desk: Desk) -> None:
    now = now_ms()
    async with open_app(desk, size=(120, 40)) as (_, pilot):
        await wait_for_text(pilot, "DOWN")
        begin_upkeep(desk.db, ["api-eu", "db"], "disks [/x]", now, now + 2 * HOUR, "bob", now)
        shown = await wait_for_text(pilot, "1h 59m left, disks [/x]")
        assert shown.count("MAINT") >= 2
        end_upkeep(desk.db, ["db"], "bob", now_ms())
        await wait_for(pilot, lambda: screen_text(pilot).count("left, disks") < shown.count("left, disks"))
        assert held(desk) == {"api-eu"}


async def test_planned_work_is_not_ended_by_the_key_and_says_where(desk: Desk) -> None:
    now = now_ms()
    work = plan(desk.db, starts_at=now - MINUTE, ends_at=now + HOUR, now=now - MINUTE, components=())
    with desk.db.write("maintenance") as connection:
        connection.execute("UPDATE maintenance SET probes = '[\"api-eu\"]'")
    async with open_app(desk, size=(120, 40)) as (_, pilot):
        await wait_for_text(pilot, f"59m left, M{work.id} Disks")
        await pilot.press("G")
        await pilot.press("w")
        await wait_for_text(pilot, f"planned work M{work.id}")
        assert "Maintenance of" not in screen_text(pilot)


async def test_the_wall_tells_what_is_quiet_and_for_how_long(desk: Desk) -> None:
    now = now_ms()
    acknowledge(desk.db, "db", "lost disk", "ann", now)
    begin_upkeep(desk.db, ["api-eu", "db"], "", now, now + 2 * HOUR, "bob", now)
    async with open_app(desk, size=(120, 30), is_wall=True) as (_, pilot):
        shown = await wait_for_text(pilot, "quiet  ")
        assert "2 probes 1h 59m left, by bob · db ack lost disk" in shown
        snooze(desk.db, "db", "", now + 10 * MINUTE, "ann", now)
        await wait_for_text(pilot, "db snoozed 9m · 2 probes 1h 59m left, by bob")
        end_upkeep(desk.db, ["api-eu", "db"], "bob", now_ms())
        await wait_for(pilot, lambda: "2 probes" not in screen_text(pilot))
