"""Planned work on Cachet: the page goes by its times alone and in silence, and our words are said all the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.fakes.kinds import CACHET as KIND
from tests.engine.fakes.planneddesk import D, desk_of
from tests.engine.fakes.proving import allow
from tests.engine.faultkinds import Fault
from tests.store.planned import END, MINUTE, NOON, START

from oncall_tui.domain.incident import ComponentStatus
from oncall_tui.domain.maintenance import MaintenanceStatus, NoticeKind
from oncall_tui.engine.pages.cachet_maintenance import read_schedule
from oncall_tui.store.notices import list_placements

K, S = NoticeKind, MaintenanceStatus


async def test_what_is_written_is_what_was_planned(tmp_path: Path) -> None:
    async with desk_of(KIND, tmp_path / "oncall.db") as (desk, client):
        (api,) = [int(each.remote_id) for each in await client.list_components(allow)]
        desk.plan(notify=True)
        await desk.tend()
        for at in (START, END):
            await desk.go_to(at)
        made, begun, over = desk.page.writes
        assert made[1:] == (
            "/api/schedules",
            {
                "name": "Disks 1",
                "message": "plan 1.",
                "scheduled_at": "2026-11-22T13:00:00.000Z",
                "completed_at": "2026-11-22T14:00:00.000Z",
                "notifications": True,
                "components": [{"id": api, "status": 6}],
                "meta": {"oncall_uid": "maintenance-1", "oncall_ops": ["plan-1"], "oncall_at": str(NOON + 500)},
            },
        )
        assert begun[2] == {"message": "start 1."}
        assert over[2] == {"message": "finish 1.", "completed_at": "2026-11-22T13:59:59.500Z"}
        assert desk.page.mails == ["planned: plan 1.", "start 1.", "completed"]


@pytest.mark.parametrize("zone", [0, 120, -330])
async def test_times_without_a_zone_are_understood(zone: int, tmp_path: Path) -> None:
    async with desk_of(KIND, tmp_path / "oncall.db", zone_minutes=zone) as (desk, client):
        desk.plan()
        desk.page.faults.append(Fault.E500_AFTER)
        await desk.tend()
        await desk.wait()
        assert desk.states() == [(K.PLAN, D.DELIVERED)]
        (placement,) = list_placements(desk.db, 1)
        shown = await client.get_maintenance(placement.remote_id)
        assert (shown.uid, shown.starts_at, shown.ends_at, shown.created_at) == ("maintenance-1", START, END, NOON)
        assert placement.difference == ""


@pytest.mark.parametrize("fault", [Fault.E500_AFTER, Fault.DROP_BEFORE, Fault.HTML_AFTER, Fault.T429])
@pytest.mark.parametrize("step", [0, 1])
@pytest.mark.parametrize("kind", [K.EXTEND, K.CANCEL, K.START])
async def test_what_moves_the_times_first_is_said_once(
    kind: NoticeKind, step: int, fault: Fault, tmp_path: Path
) -> None:
    async with desk_of(KIND, tmp_path / "oncall.db") as (desk, client):
        desk.plan()
        await desk.tend()
        desk.now += 10 * MINUTE
        before = desk.page.count_writes()
        desk.say(kind, ends_at=END + 60 * MINUTE if kind is K.EXTEND else None)
        desk.page.faults += [*[Fault.NONE] * step, fault]
        await desk.tend()
        await desk.wait()
        await desk.wait()
        assert desk.page.list_planned_words() == [["plan 1.", f"{kind} by hand."]]
        assert desk.states()[-1] == (kind, D.DELIVERED)
        assert desk.page.count_writes() > before + 1
        (placement,) = list_placements(desk.db, 1)
        shown = await client.get_maintenance(placement.remote_id)
        assert shown.status is {K.EXTEND: S.SCHEDULED, K.CANCEL: S.COMPLETED, K.START: S.IN_PROGRESS}[kind]
        assert kind is not K.EXTEND or shown.ends_at == END + 60 * MINUTE
        await desk.look()
        assert placement.difference == ""


async def test_a_night_that_was_slept_through_is_told_in_one_message(tmp_path: Path) -> None:
    async with desk_of(KIND, tmp_path / "oncall.db") as (desk, _):
        desk.plan()
        await desk.tend()
        await desk.go_to(END + 600 * MINUTE)
        (words,) = desk.page.list_planned_words()
        assert words[0] == "plan 1."
        assert len(words) == 2
        assert words[1].startswith("finish 1.")
        assert "due at 14:00 UTC" in words[1]


async def test_a_reminder_changes_no_times_that_nobody_said(tmp_path: Path) -> None:
    async with desk_of(KIND, tmp_path / "oncall.db") as (desk, client):
        (api,) = [each.remote_id for each in await client.list_components(allow)]
        work_id = desk.page.plan_there("Theirs", "Soon.", START, END, (api,))
        desk.page.works[int(work_id)]["completed"] = None
        await desk.look()
        desk.say(K.REMIND)
        await desk.tend()
        assert desk.page.list_planned_words() == [["Soon.", "remind by hand."]]
        assert desk.page.works[int(work_id)]["completed"] is None


async def test_components_are_under_maintenance_while_the_times_last(tmp_path: Path) -> None:
    async with desk_of(KIND, tmp_path / "oncall.db") as (desk, client):
        desk.plan()
        await desk.tend()
        await desk.go_to(START)
        assert [each.status for each in await client.list_components(allow)] == [ComponentStatus.UNDER_MAINTENANCE]
        await desk.go_to(END + 1_000)
        assert [each.status for each in await client.list_components(allow)] == [ComponentStatus.OPERATIONAL]


NAMES = ["id", "attributes", "status", "value", "scheduled", "completed", "created", "string", "meta", "message"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("2026-01-01 00:00:00"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=7),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from([*NAMES, "relationships"]), JSON, max_size=5))
def test_any_resource_is_planned_work_or_none(item: dict[str, object]) -> None:
    work = read_schedule(item, {}, {}, 0)
    assert work is None or work.moves_silently
