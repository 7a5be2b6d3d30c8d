"""What a page does on a bad day, at full length on a clock that leaps: nothing is lost, doubled or sent elsewhere."""

from __future__ import annotations

import asyncio
from email.utils import formatdate
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.engine.faultdesk import LAG_S, QUIET_S, Desk, run_desk, wait_for
from tests.engine.faultkinds import Fault
from tests.engine.faultpage import FaultPage

from oncall_tui.domain.incident import IncidentStatus
from oncall_tui.domain.update import DeliveryState
from oncall_tui.store.incidents import get_incident
from oncall_tui.store.outbox import adopt_delivery, list_deliveries, retry_delivery
from oncall_tui.store.updates import list_updates


@pytest.mark.parametrize("lag_s", [1.0, QUIET_S - 1.0])
@pytest.mark.parametrize("fault", [Fault.NONE, Fault.DROP_BEFORE, Fault.DROP_AFTER, Fault.E500_AFTER, Fault.HALF_JSON])
def test_reads_that_lag_less_than_the_quiet_period_mislead_nobody(fault: Fault, lag_s: float, tmp_path: Path) -> None:
    async def scenario(desk: Desk) -> None:
        desk.page.faults.append(fault)
        incident_id = desk.open("first")
        await desk.drain()
        desk.loop.leap(lag_s + 1)
        desk.page.faults.append(fault)
        desk.say(incident_id, "second")
        desk.say(incident_id, "third")
        await desk.drain()
        assert desk.page.bodies() == ["first", "second", "third"]
        assert len(desk.page.incidents) == 1

    run_desk(tmp_path, FaultPage(read_lag_s=lag_s), scenario)


def test_reads_that_lag_by_a_minute_double_nothing(tmp_path: Path) -> None:
    async def scenario(desk: Desk) -> None:
        desk.page.faults.append(Fault.DROP_AFTER)
        incident_id = desk.open("first")
        await desk.drain()
        desk.loop.leap(LAG_S + 1)
        desk.page.faults.append(Fault.DROP_AFTER)
        desk.say(incident_id, "second")
        await desk.drain()
        assert desk.page.bodies() == ["first", "second"]
        assert len(desk.page.incidents) == 1

    run_desk(tmp_path, FaultPage(read_lag_s=LAG_S), scenario)


def test_an_incident_that_reads_do_not_show_yet_is_not_taken_for_deleted(tmp_path: Path) -> None:
    async def scenario(desk: Desk) -> None:
        desk.open("first", "second")
        await desk.drain()
        assert desk.page.bodies() == ["first", "second"]

    run_desk(tmp_path, FaultPage(read_lag_s=LAG_S), scenario)


def test_the_same_words_again_are_sent_although_the_page_shows_the_earlier_ones_late(tmp_path: Path) -> None:
    async def scenario(desk: Desk) -> None:
        incident_id = desk.open("first")
        await desk.drain()
        desk.loop.leap(QUIET_S)
        desk.page.faults.extend([Fault.NONE, Fault.DROP_BEFORE])
        for _ in range(2):
            desk.say(incident_id, "still looking")
        await desk.drain()
        assert desk.page.bodies() == ["first", "still looking", "still looking"]

    run_desk(tmp_path, FaultPage(read_lag_s=QUIET_S - 10, metadata_mode="drop"), scenario)


@pytest.mark.parametrize("step_s", [86_400, -86_400])
@pytest.mark.parametrize("has_restart", [False, True])
@pytest.mark.parametrize("lag_s", [0, LAG_S])
@pytest.mark.parametrize("mode", ["replace", "drop"])
def test_a_clock_that_is_set_during_a_doubt_doubles_nothing(
    mode: str, lag_s: int, has_restart: bool, step_s: int, tmp_path: Path
) -> None:
    async def scenario(desk: Desk) -> None:
        desk.loop.shift_s = step_s
        desk.page.faults.append(Fault.DROP_AFTER)
        desk.open("first")
        async with desk.engine():
            await wait_for(lambda: desk.only().state is DeliveryState.UNCERTAIN)
            desk.loop.shift_s = 0
            if not has_restart:
                await wait_for(lambda: not list_deliveries(desk.db))
        await desk.drain()
        assert desk.page.bodies() == ["first"]

    run_desk(tmp_path, FaultPage(metadata_mode=mode, read_lag_s=lag_s), scenario)


@pytest.mark.parametrize("resends_unasked", [False, True])
@pytest.mark.parametrize("change", ["rename", "reword", "both"])
def test_what_may_be_ours_and_was_changed_on_a_page_without_stamps_is_asked_about(
    change: str, resends_unasked: bool, tmp_path: Path
) -> None:
    async def scenario(desk: Desk) -> None:
        desk.page.faults.append(Fault.DROP_AFTER)
        desk.open("first")
        async with desk.engine(replace(desk.config(), resends_unasked=resends_unasked)) as engine:
            await wait_for(lambda: desk.only().state is DeliveryState.UNCERTAIN)
            (remote_id,) = desk.page.incidents
            if change != "reword":
                desk.page.rename(remote_id, "What customers would call it")
            if change != "rename":
                desk.page.reword(remote_id, "What customers would say")
            await wait_for(lambda: desk.only().asked_at is not None)
            assert "changed by somebody" in desk.only().reason
            (found,) = desk.only().evidence
            adopt_delivery(desk.db, desk.only().id, found, "ana", desk.loop.wall_ms())
            desk.say(desk.opened, "second")
            engine.wake.set()
            await wait_for(lambda: not list_deliveries(desk.db))
        assert desk.page.bodies() == ["first", "second"]
        assert len(desk.page.incidents) == 1

    run_desk(tmp_path, FaultPage(metadata_mode="drop"), scenario)


@pytest.mark.parametrize("resends_unasked", [False, True])
def test_the_same_words_of_a_colleague_are_not_taken_for_ours(resends_unasked: bool, tmp_path: Path) -> None:
    async def scenario(desk: Desk) -> None:
        incident_id = desk.open("first")
        await desk.drain()
        desk.page.faults.append(Fault.E500_BEFORE)
        desk.say(incident_id, "still looking")
        async with desk.engine(replace(desk.config(), resends_unasked=resends_unasked)):
            await wait_for(lambda: desk.only().state is DeliveryState.UNCERTAIN)
            (remote_id,) = desk.page.incidents
            desk.page.edit(remote_id, desk.only().status, "still looking")
            await wait_for(lambda: desk.only().asked_at is not None)
            assert [found.body for found in desk.only().evidence] == ["still looking"]
        assert desk.page.bodies() == ["first", "still looking"]

    run_desk(tmp_path, FaultPage(), scenario)


@pytest.mark.parametrize("mode", ["replace", "drop"])
def test_an_update_that_was_reworded_at_once_is_not_sent_again(mode: str, tmp_path: Path) -> None:
    async def scenario(desk: Desk) -> None:
        incident_id = desk.open("first")
        await desk.drain()
        desk.page.faults.append(Fault.DROP_AFTER)
        desk.say(incident_id, "second")
        async with desk.engine():
            await wait_for(lambda: desk.only().state is DeliveryState.UNCERTAIN)
            desk.page.reword(next(iter(desk.page.incidents)), "What customers would say")
            await wait_for(lambda: not list_deliveries(desk.db) or desk.only().asked_at is not None)
            if list_deliveries(desk.db):
                (found,) = desk.only().evidence
                adopt_delivery(desk.db, desk.only().id, found, "ana", desk.loop.wall_ms())
        assert desk.page.bodies() == ["first", "second"]

    run_desk(tmp_path, FaultPage(metadata_mode=mode), scenario)


def test_a_strangers_incident_of_the_same_minute_is_no_doubt_where_stamps_are_kept(tmp_path: Path) -> None:
    async def scenario(desk: Desk) -> None:
        desk.open("earlier")
        await desk.drain()
        desk.page.faults.append(Fault.DROP_BEFORE)
        desk.open("first")
        desk.page.open("Elsewhere", "investigating", "Something else.")
        await desk.drain()
        assert desk.page.bodies() == ["earlier", "Something else.", "first"]

    run_desk(tmp_path, FaultPage(), scenario)


def test_a_clock_set_on_does_not_cut_the_quiet_period_short(tmp_path: Path) -> None:
    async def scenario(desk: Desk) -> None:
        desk.page.faults.append(Fault.LATE)
        desk.open("first")
        async with desk.engine():
            await wait_for(lambda: desk.only().state is DeliveryState.UNCERTAIN)
            desk.loop.shift_s = 3_600
            await wait_for(lambda: not list_deliveries(desk.db))
        await asyncio.sleep(QUIET_S)
        assert desk.page.bodies() == ["first"]

    run_desk(tmp_path, FaultPage(late_s=20), scenario)


@pytest.mark.parametrize("fault", [Fault.NONE, Fault.DROP_AFTER, Fault.DROP_BEFORE, Fault.E500_AFTER, Fault.T429])
def test_who_writes_between_our_look_and_our_write_is_heard_and_so_are_we(fault: Fault, tmp_path: Path) -> None:
    async def scenario(desk: Desk) -> None:
        incident_id = desk.open("first")
        await desk.drain()
        (remote_id,) = desk.page.incidents

        def cut_in(step: str) -> None:
            if step == "received":
                desk.page.on_step = lambda _: None
                desk.page.edit(remote_id, "identified", "A colleague knows more.")

        desk.page.on_step = cut_in
        desk.page.faults.append(fault)
        desk.say(incident_id, "second", IncidentStatus.MONITORING)
        await desk.drain()
        assert desk.page.bodies() == ["first", "A colleague knows more.", "second"]
        told = {update.body: update.is_local for update in list_updates(desk.db, incident_id)}
        assert told == {"first": True, "second": True, "A colleague knows more.": False}
        assert get_incident(desk.db, incident_id).status is IncidentStatus.MONITORING

    run_desk(tmp_path, FaultPage(), scenario)


@pytest.mark.parametrize("fault", [Fault.MOVED_301, Fault.MOVED_302, Fault.MOVED_307])
def test_nothing_is_sent_to_where_the_page_points(fault: Fault, tmp_path: Path) -> None:
    async def scenario(desk: Desk) -> None:
        async with FaultPage() as elsewhere:
            desk.page.elsewhere = f"{elsewhere.api_url}?api_key=x"
            desk.page.faults.append(fault)
            desk.open("first")
            async with desk.engine() as engine:
                await wait_for(lambda: desk.only().state is DeliveryState.FAILED)
                assert "redirect" in desk.only().reason
                assert "api_key" not in desk.only().reason
                retry_delivery(desk.db, desk.only().id, "ana", desk.loop.wall_ms())
                engine.wake.set()
                await wait_for(lambda: not list_deliveries(desk.db))
            assert elsewhere.requests == []
        assert desk.page.bodies() == ["first"]

    run_desk(tmp_path, FaultPage(), scenario)


@pytest.mark.parametrize("retry_after", [None, "7", "date", "-5", "soon", "1000000000"])
@pytest.mark.parametrize("fault", [Fault.T420, Fault.T429])
def test_a_page_that_wants_to_be_left_alone_is(fault: Fault, retry_after: str | None, tmp_path: Path) -> None:
    async def scenario(desk: Desk) -> None:
        desk.page.retry_after = (
            formatdate(desk.loop.wall_s() + 7, usegmt=True) if retry_after == "date" else retry_after
        )
        desk.page.faults.append(fault)
        desk.open("first")
        await desk.drain()
        first, second = [at for at, method, _ in desk.page.requests if method == "POST"]
        least_s = {"7": 7.0, "date": 6.0, "1000000000": 900.0}.get(retry_after or "", 0.8)
        assert least_s <= second - first < least_s + 15
        assert not [at for at, _, _ in desk.page.requests if first < at < first + least_s]
        assert desk.page.bodies() == ["first"]

    run_desk(tmp_path, FaultPage(), scenario)


@pytest.mark.parametrize("retry_after", [None, "20"])
@pytest.mark.parametrize("code", [420, 429])
def test_a_limit_that_others_use_up_delays_and_loses_nothing(
    code: int, retry_after: str | None, tmp_path: Path
) -> None:
    async def scenario(desk: Desk) -> None:
        bodies = [f"update {number}" for number in range(12)]
        desk.open(*bodies)
        desk.page.use_up(30)
        async with desk.engine(desk.config(rate=30)):
            for _ in range(3):
                await wait_for(lambda: desk.page.turned_away > 0)
                desk.page.use_up(20)
                desk.page.turned_away = 0
            await wait_for(lambda: not list_deliveries(desk.db))
        assert desk.page.bodies() == bodies
        assert desk.loop.time() < 1200

    run_desk(tmp_path, FaultPage(limit=30, limit_code=code, retry_after=retry_after), scenario)
