"""Planned work on incident.io: a window that is given once, a key for each page, and words alone for all else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.engine.fakes.incidentio_work import PAGE_ID, write
from tests.engine.fakes.kinds import INCIDENT_IO as KIND
from tests.engine.fakes.planneddesk import D, desk_of
from tests.engine.fakes.proving import NO_TLS, allow, make_message, prove, read_token
from tests.engine.faultkinds import Fault
from tests.store.planned import END, MINUTE, START

from oncall_tui.clock import now_ms
from oncall_tui.domain.incident import ComponentStatus, IncidentStatus
from oncall_tui.domain.maintenance import MaintenanceStatus, NoticeKind
from oncall_tui.engine.pages.errors import NotAppliedError, RefusedByPageError
from oncall_tui.engine.pages.incidentio_maintenance import read_maintenance
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
            "idempotency_key": f"plan-1-{PAGE_ID}",
            "status_page_id": PAGE_ID,
            "name": "Disks 1",
            "message": "plan 1.",
            "maintenance_status": "maintenance_scheduled",
            "start_at": "2026-11-22T13:00:00.000Z",
            "end_at": "2026-11-22T14:00:00.000Z",
            "affected_component_ids": [api],
            "notify_subscribers": True,
        }
        assert begun["component_statuses"] == [{"component_id": api, "component_status": "under_maintenance"}]
        assert over["maintenance_status"] == "maintenance_complete"
        assert "component_statuses" not in over


@pytest.mark.parametrize("hides_window", [False, True])
async def test_what_was_said_of_the_end_is_not_taken_back_by_the_page(hides_window: bool, tmp_path: Path) -> None:
    async with desk_of(KIND, tmp_path / "oncall.db", hides_window=hides_window) as (desk, _):
        desk.plan()
        await desk.tend()
        desk.say(K.EXTEND, ends_at=END + 60 * MINUTE)
        await desk.tend()
        assert "maintenance_status" not in desk.page.writes[-1]
        desk.now += 3 * MINUTE
        await desk.look(is_whole=True)
        assert (desk.ours().starts_at, desk.ours().ends_at) == (START, END + 60 * MINUTE)
        (placement,) = list_placements(desk.db, 1)
        assert "the page shows it from 13:00 UTC on 22 November 2026 to 14:00" in placement.difference
        await desk.go_to(START)
        await desk.go_to(END)
        assert desk.states()[-1] == (K.START, D.DELIVERED)
        await desk.go_to(END + 60 * MINUTE)
        assert desk.states()[-1] == (K.FINISH, D.DELIVERED)


async def test_an_early_start_is_no_change_of_the_window(tmp_path: Path) -> None:
    async with desk_of(KIND, tmp_path / "oncall.db") as (desk, _):
        desk.plan()
        await desk.tend()
        desk.now = START - 30 * MINUTE
        desk.say(K.START)
        await desk.tend()
        desk.now += 3 * MINUTE
        await desk.look()
        ours = desk.ours()
        assert (ours.status, ours.ends_at) == (S.IN_PROGRESS, END)
        await desk.go_to(END)
        assert [kind for kind, _ in desk.states()] == [K.PLAN, K.START, K.FINISH]


async def test_a_lost_plan_is_sent_again_under_its_key_even_with_mail(tmp_path: Path) -> None:
    async with desk_of(KIND, tmp_path / "oncall.db") as (desk, _):
        desk.plan(notify=True)
        desk.page.faults += [Fault.E500_AFTER]
        await desk.tend()
        # The list lags: the work is not there, and is sent again.
        hidden = dict(desk.page.works)
        desk.page.works.clear()
        await desk.wait()
        desk.page.works.update(hidden)
        assert desk.page.list_planned_words() == [["plan 1."]]
        assert desk.states() == [(K.PLAN, D.DELIVERED)]


async def test_what_is_told_on_two_pages_of_one_account_is_made_on_both() -> None:
    async with KIND.serving() as (page, client):
        other = KIND.adapter(replace(KIND.make_config(page), page_id="01SECOND"), read_token, now_ms, NO_TLS)
        await client.create_incident(make_message())
        with pytest.raises(RefusedByPageError, match="404"):
            # This page is not known to the fake; with the key of the first it would have been its incident.
            await other.create_incident(make_message())
        await other.close()


async def test_work_that_moves_itself_is_left_to_the_page(tmp_path: Path) -> None:
    async with desk_of(KIND, tmp_path / "oncall.db") as (desk, client):
        (api,) = [each.remote_id for each in await client.list_components(allow)]
        work_id = desk.page.plan_there("Theirs", "Soon.", START, END, (api,))
        desk.page.works[work_id]["automate_maintenance_status"] = True
        (found,) = await client.list_maintenances(allow)
        assert (found.has_auto_start, found.has_auto_end) == (True, True)


async def test_work_that_tells_no_time_is_not_taken_in(tmp_path: Path) -> None:
    async with desk_of(KIND, tmp_path / "oncall.db") as (desk, client):
        desk.page.plan_there("Theirs", "Soon.", START, END)
        await desk.look(is_whole=True)
        assert list_maintenances(desk.db) == []
        assert [each.title for each in await client.list_maintenances(allow, START - 120 * MINUTE)] == ["Theirs"]


async def test_components_under_maintenance_are_shown_so(tmp_path: Path) -> None:
    async with desk_of(KIND, tmp_path / "oncall.db") as (desk, client):
        desk.plan()
        await desk.tend()
        await desk.go_to(START)
        desk.now += 3 * MINUTE
        await client.list_latest_maintenances(allow)
        assert [each.status for each in await client.list_components(allow)] == [ComponentStatus.UNDER_MAINTENANCE]
        await desk.go_to(END)
        assert [each.status for each in await client.list_components(allow)] == [ComponentStatus.OPERATIONAL]


async def test_an_incident_gets_its_new_name_before_the_update() -> None:
    async with KIND.serving() as (page, client):
        shown = await client.create_incident(make_message())
        step = make_message(op="op-2", title="The API is slow", status=IncidentStatus.IDENTIFIED, body="Found.")
        updated = await client.update_incident(shown, step)
        assert updated.title == "The API is slow"
        assert prove(client, step, updated, shown)
        read = await client.get_incident(shown.remote_id)
        assert read is not None
        assert (read.title, read.updates) == (updated.title, updated.updates)
        before = page.count_writes()
        await client.update_incident(updated, make_message(op="op-3", title="The API is slow", body="Still."))
        assert page.count_writes() == before + 1


@pytest.mark.parametrize("fault", [Fault.E500_AFTER, Fault.E500_BEFORE, Fault.HTML_AFTER, Fault.T429])
async def test_a_name_in_doubt_is_sent_again_with_its_update(fault: Fault) -> None:
    async with KIND.serving() as (page, client):
        shown = await client.create_incident(make_message())
        page.faults.append(fault)
        with pytest.raises(NotAppliedError):
            await client.update_incident(shown, make_message(op="op-2", title="New", body="Found."))
        assert page.list_words() == [["Looking."]]
        await client.update_incident(shown, make_message(op="op-2", title="New", body="Found."))
        assert page.list_words() == [["Looking.", "Found."]]
        assert [each["name"] for each in page.incidents.values()] == ["New"]


def test_words_of_the_page_that_are_new_move_nothing() -> None:
    at = write(START / 1000)
    work = {
        "id": "01A",
        "maintenance_status": "maintenance_pondered",
        "published_at": at,
        "updates": [{"id": "01B", "published_at": at, "maintenance_status": "maintenance_in_progress", "message": "x"}],
    }
    found = read_maintenance(work, {})
    assert found is not None
    assert found.status is S.IN_PROGRESS
    found = read_maintenance({**work, "updates": None}, {})
    assert found is not None
    assert found.status is S.SCHEDULED


NAMES = ["id", "maintenance_status", "published_at", "updates", "message", "component_maintenance_periods"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("2026-01-01T00:00:00Z"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*NAMES, "component_id", "start_at", "end_at"]), inner, max_size=6)
    ),
    max_leaves=20,
)


@given(JSON)
def test_any_document_is_planned_work_or_none(value: object) -> None:
    work = read_maintenance(value, {})
    assert work is None or work.ends_at is None or work.ends_at >= 0
