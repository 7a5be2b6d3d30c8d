"""Planned work on Better Stack: a report that goes by its times, out of the list that is read anyway."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.fakes.kinds import BETTER_STACK as KIND
from tests.engine.fakes.planneddesk import D, desk_of
from tests.engine.fakes.proving import Permits, allow
from tests.engine.faultkinds import Fault
from tests.store.planned import END, MINUTE, START

from oncall_tui.clock import now_ms
from oncall_tui.domain.capability import Capabilities
from oncall_tui.domain.maintenance import MaintenanceStatus, NoticeKind
from oncall_tui.domain.plan_losses import list_notice_losses
from oncall_tui.engine.pages.betterstack import CAPABILITIES, BetterStack
from oncall_tui.store.notices import list_placements

K, S = NoticeKind, MaintenanceStatus


async def test_what_is_written_is_what_was_planned(tmp_path: Path) -> None:
    async with desk_of(KIND, tmp_path / "oncall.db") as (desk, client):
        (api,) = [each.remote_id for each in await client.list_components(allow)]
        desk.plan(notify=True)
        await desk.tend()
        for at in (START, END):
            await desk.go_to(at)
        made, begun, over = [fields for fields in desk.page.writes if "message" in fields]
        assert made == {
            "title": "Disks 1",
            "message": "plan 1.",
            "report_type": "maintenance",
            "notify_subscribers": True,
            "affected_resources": [{"status_page_resource_id": api, "status": "maintenance"}],
            "starts_at": "2026-11-22T13:00:00.000Z",
            "ends_at": "2026-11-22T14:00:00.000Z",
            "published_at": "2026-11-22T12:00:00.000Z",
        }
        assert begun["affected_resources"] == made["affected_resources"]
        assert over["affected_resources"] == [{"status_page_resource_id": api, "status": "resolved"}]


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
        desk.say(kind, ends_at=END + 60 * MINUTE if kind is K.EXTEND else None)
        desk.page.faults += [*[Fault.NONE] * step, fault]
        await desk.tend()
        await desk.wait()
        await desk.wait()
        assert desk.page.list_planned_words() == [["plan 1.", f"{kind} by hand."]]
        assert desk.states()[-1] == (kind, D.DELIVERED)
        (placement,) = list_placements(desk.db, 1)
        shown = await client.get_maintenance(placement.remote_id)
        assert shown.status is {K.EXTEND: S.SCHEDULED, K.CANCEL: S.COMPLETED, K.START: S.IN_PROGRESS}[kind]
        assert kind is not K.EXTEND or shown.ends_at == END + 60 * MINUTE


async def test_planned_work_is_found_in_the_list_of_reports(tmp_path: Path) -> None:
    async with desk_of(KIND, tmp_path / "oncall.db") as (desk, client):
        work_id = desk.page.plan_there("Theirs", "Soon.", START, END)
        long_over = desk.page.plan_there("Old", "Over.", START - 9_000 * MINUTE, START - 8_000 * MINUTE)
        permits, before = Permits(), client.latest_readings
        assert await client.list_unresolved(permits) == []
        assert permits.count == 2
        assert client.latest_readings == before + 1
        assert [each.remote_id for each in client.recall_latest_maintenances()] == [work_id]
        await client.list_unresolved(permits)
        assert permits.count == 3
        desk.now = START
        assert [each.status for each in client.recall_latest_maintenances()] == [S.IN_PROGRESS]
        desk.page.say_there(work_id, None, "Here we go.")
        await client.list_unresolved(permits)
        (work,) = client.recall_latest_maintenances()
        assert [update.body for update in work.updates] == ["Soon.", "Here we go."]
        assert (await client.get_maintenance(long_over)).status is S.COMPLETED
        assert await client.get_incident(work_id) is None
        assert await client.get_maintenance(desk.page.open("Errors", "x", {})) is None


def test_work_without_a_component_is_refused_before_it_is_sent() -> None:
    def tell(page: Capabilities) -> list[bool]:
        return [each.is_blocking for each in list_notice_losses(page, K.PLAN, title="T", body="B", components=())]

    assert tell(CAPABILITIES) == [True, False]


NAMES = ["data", "id", "type", "attributes", "relationships", "included", "report_type", "starts_at", "ends_at"]
WORDS = ["status_report", "maintenance", "2026-01-01T00:00:00Z", "status_update"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=7),
    max_leaves=20,
)
READER = BetterStack(KIND.make_config(KIND.make_page()), lambda: None, now_ms)  # type: ignore[arg-type,return-value]


@given(JSON)
def test_any_document_is_planned_work_or_none(value: object) -> None:
    work = READER._read_work(value)
    assert work is None or work.updates
