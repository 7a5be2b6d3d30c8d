"""Planned work on Instatus: a window that is given once, lengths in minutes, and times that may be moved by a zone."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.fakes.kinds import INSTATUS as KIND
from tests.engine.fakes.planneddesk import D, desk_of
from tests.engine.fakes.proving import allow
from tests.engine.faultkinds import Fault
from tests.store.planned import END, MINUTE, NOON, START

from oncall_tui.domain.incident import ComponentStatus, IncidentStatus
from oncall_tui.domain.maintenance import MaintenanceStatus, NoticeKind
from oncall_tui.engine.pages.instatus_maintenance import read_maintenance
from oncall_tui.store.notices import list_placements

K, S = NoticeKind, MaintenanceStatus


async def test_what_is_written_is_what_was_planned(tmp_path: Path) -> None:
    async with desk_of(KIND, tmp_path / "oncall.db") as (desk, client):
        (api,) = [each.remote_id for each in await client.list_components(allow)]
        desk.plan(notify=True)
        await desk.tend()
        for at in (START, END):
            await desk.go_to(at)
        made, begun, over = desk.page.writes
        assert made == {
            "name": "Disks 1",
            "message": "plan 1.",
            "status": "NOTSTARTEDYET",
            "notify": True,
            "components": [api],
            "statuses": [],
            "start": "2026-11-22T13:00:00.000Z",
            "end": "2026-11-22T14:00:00.000Z",
            "duration": 60,
            **dict.fromkeys(("autoStart", "autoEnd", "notifyStart", "notifyEnd", "notifyEarly"), False),
        }
        assert (begun["status"], begun["statuses"]) == ("INPROGRESS", [{"id": api, "status": "UNDERMAINTENANCE"}])
        assert (over["status"], over["statuses"]) == ("COMPLETED", [{"id": api, "status": "OPERATIONAL"}])


@pytest.mark.parametrize("tells_no_length", [False, True])
async def test_what_was_said_of_the_end_is_not_taken_back_by_the_page(tells_no_length: bool, tmp_path: Path) -> None:
    async with desk_of(KIND, tmp_path / "oncall.db", tells_no_length=tells_no_length) as (desk, _):
        desk.plan()
        desk.page.faults.append(Fault.E500_AFTER)
        await desk.tend()
        await desk.wait()
        desk.say(K.EXTEND, ends_at=END + 60 * MINUTE)
        await desk.tend()
        desk.now += 3 * MINUTE
        await desk.look(is_whole=True)
        assert (desk.ours().starts_at, desk.ours().ends_at) == (START, END + 60 * MINUTE)
        (placement,) = list_placements(desk.db, 1)
        assert "the page shows it from 13:00 UTC on 22 November 2026 to 14:00" in placement.difference
        for at in (START, END, END + 60 * MINUTE):
            await desk.go_to(at)
        assert desk.states()[-1] == (K.FINISH, D.DELIVERED)
        assert desk.page.list_planned_words() == [["plan 1.", "extend by hand.", "start 1.", "finish 1."]]


async def test_times_that_are_off_by_a_zone_are_told_and_prove_nothing(tmp_path: Path) -> None:
    async with desk_of(KIND, tmp_path / "oncall.db", zone_hours=2) as (desk, _):
        desk.plan()
        await desk.tend()
        (placement,) = list_placements(desk.db, 1)
        assert "the page shows it from 11:00 UTC on 22 November 2026 to 12:00" in placement.difference
        assert (desk.ours().starts_at, desk.ours().ends_at) == (START, END)
        await desk.go_to(START)
        assert desk.states()[-1] == (K.START, D.DELIVERED)
        desk.plan(2, starts_at=NOON + 300 * MINUTE, ends_at=NOON + 360 * MINUTE)
        desk.page.faults.append(Fault.E500_AFTER)
        await desk.tend()
        await desk.wait()
        assert desk.last(2).asked_at is not None
        assert [each.body for each in desk.last(2).evidence] == ["plan 2."]


async def test_components_are_read_every_other_minute_of_a_quiet_page(tmp_path: Path) -> None:
    async with desk_of(KIND, tmp_path / "oncall.db") as (desk, client):
        await client.list_unresolved(allow)
        counts = []
        for _ in range(4):
            before = len(desk.page.requests)
            await client.list_components(allow, is_routine=True)
            await client.list_unresolved(allow)
            counts.append(len(desk.page.requests) - before)
            desk.now += 60_000
        assert counts == [1, 1, 2, 1]
        desk.plan(starts_at=desk.now + 1_000)
        await desk.tend()
        await desk.go_to(desk.now + 1_000)
        assert [each.status for each in await client.list_components(allow, is_routine=True)] == [
            ComponentStatus.UNDER_MAINTENANCE
        ]
        desk.page.declare("Errors", IncidentStatus.INVESTIGATING, "x")
        await client.list_unresolved(allow)
        for _ in range(2):
            before = len(desk.page.requests)
            await client.list_components(allow, is_routine=True)
            assert len(desk.page.requests) == before + 1


NAMES = ["id", "status", "start", "duration", "updates", "message", "components", "createdAt", "started", "name"]
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(["2026-01-01T00:00:00Z", "INPROGRESS"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=7),
    max_leaves=20,
)


@given(JSON)
def test_any_document_is_planned_work_or_none(value: object) -> None:
    work = read_maintenance(value, {})
    assert work is None or work.ends_at is None or work.ends_at > work.starts_at
