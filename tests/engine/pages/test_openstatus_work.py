"""Planned work on OpenStatus: one text, to which all that is said later is added, and times that move its state."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.fakes.kinds import OPEN_STATUS as KIND
from tests.engine.fakes.planneddesk import D, desk_of, make_plan
from tests.engine.fakes.proving import Permits, allow
from tests.engine.faultkinds import Fault
from tests.store.planned import END, MINUTE, START

from oncall_tui.clock import now_ms
from oncall_tui.domain.incident import ComponentStatus
from oncall_tui.domain.maintenance import MaintenanceStatus, NoticeKind
from oncall_tui.engine.pages.errors import RefusedByPageError
from oncall_tui.engine.pages.openstatus import OpenStatus
from oncall_tui.store.maintenance import list_maintenances
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
            "title": "Disks 1",
            "message": "plan 1.",
            "from": "2026-11-22T13:00:00.000Z",
            "to": "2026-11-22T14:00:00.000Z",
            "pageId": "7",
            "pageComponentIds": [api],
            "notify": True,
        }
        (key,) = desk.page.works
        assert begun == {"id": key, "message": "plan 1.\n\n* * *\n\nstart 1."}
        assert over == {"id": key, "message": "plan 1.\n\n* * *\n\nstart 1.\n\n* * *\n\nfinish 1."}


@pytest.mark.parametrize("fault", [Fault.E500_AFTER, Fault.DROP_BEFORE, Fault.HTML_AFTER, Fault.T429])
@pytest.mark.parametrize("kind", [K.EXTEND, K.CANCEL, K.START])
async def test_what_moves_the_times_is_said_once(kind: NoticeKind, fault: Fault, tmp_path: Path) -> None:
    async with desk_of(KIND, tmp_path / "oncall.db") as (desk, client):
        desk.plan()
        await desk.tend()
        desk.now += 10 * MINUTE
        desk.say(kind, ends_at=END + 60 * MINUTE if kind is K.EXTEND else None)
        desk.page.faults.append(fault)
        await desk.tend()
        await desk.wait()
        assert desk.page.list_planned_words() == [["plan 1.", f"{kind} by hand."]]
        assert desk.states()[-1] == (kind, D.DELIVERED)
        (placement,) = list_placements(desk.db, 1)
        shown = await client.get_maintenance(placement.remote_id)
        assert shown.status is {K.EXTEND: S.SCHEDULED, K.CANCEL: S.COMPLETED, K.START: S.IN_PROGRESS}[kind]
        assert kind is not K.EXTEND or shown.ends_at == END + 60 * MINUTE


async def test_words_that_would_be_read_as_two_messages_are_not_sent() -> None:
    async with KIND.serving() as (page, client):
        with pytest.raises(RefusedByPageError, match="parts messages"):
            await client.create_maintenance(make_plan(page.add_component("API"), "One.\n\n* * *\n\nTwo."))
        assert page.requests == []


async def test_what_a_colleague_edited_stays_below_what_is_added(tmp_path: Path) -> None:
    async with desk_of(KIND, tmp_path / "oncall.db") as (desk, _):
        desk.plan()
        await desk.tend()
        (work,) = desk.page.works.values()
        work["message"] = "Edited by a colleague.\n\nIn two paragraphs."
        desk.say(K.REMIND)
        await desk.tend()
        desk.now += 1
        desk.say(K.REMIND)
        await desk.tend()
        words = ["Edited by a colleague.\n\nIn two paragraphs.", "remind by hand.", "remind by hand."]
        assert desk.page.list_planned_words() == [words]
        assert [state for _, state in desk.states()] == [D.DELIVERED] * 3


async def test_planned_work_is_found_in_what_is_read_anyway(tmp_path: Path) -> None:
    async with desk_of(KIND, tmp_path / "oncall.db") as (desk, client):
        (api,) = [each.remote_id for each in await client.list_components(allow)]
        desk.page.plan_there("Theirs", "Soon.", START, END, (api,))
        permits, before = Permits(), client.latest_readings
        await client.list_components(permits)
        assert (permits.count, client.latest_readings) == (1, before + 1)
        assert [each.title for each in client.recall_latest_maintenances()] == ["Theirs"]
        desk.now = START
        assert [each.status for each in client.recall_latest_maintenances()] == [S.IN_PROGRESS]
        assert [each.status for each in await client.list_components(allow)] == [ComponentStatus.UNDER_MAINTENANCE]
        other = desk.page.add_page("Other")
        desk.page.works[next(iter(desk.page.works))]["pageId"] = other
        assert await client.get_maintenance(next(iter(desk.page.works))) is None
        await desk.look(is_whole=True)
        assert list_maintenances(desk.db) == []


@pytest.mark.parametrize("is_snake", [False, True])
async def test_either_casing_is_read(is_snake: bool, tmp_path: Path) -> None:
    async with desk_of(KIND, tmp_path / "oncall.db", is_snake=is_snake) as (desk, client):
        desk.plan()
        await desk.tend()
        (found,) = await client.list_maintenances(allow)
        assert (found.starts_at, found.ends_at, found.components) == (START, END, {"API": ComponentStatus.OPERATIONAL})


NAMES = ["id", "title", "message", "from", "to", "createdAt", "updatedAt", "pageComponentIds"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("2026-01-01T00:00:00Z"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=8),
    max_leaves=20,
)
READER = OpenStatus(KIND.make_config(KIND.make_page()), lambda: None, now_ms)  # type: ignore[arg-type,return-value]


@given(st.dictionaries(st.sampled_from(NAMES), JSON, max_size=8))
def test_any_document_is_planned_work_or_none(item: dict[str, object]) -> None:
    work = READER._read_listed(item)
    assert work is None or work.moves_silently
