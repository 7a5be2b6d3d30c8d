"""The adapter's extras against the embedded page: real sockets, the page's clock set by the test."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator

import pytest
from msgspec.structs import replace
from tests.engine.publishing import NO_TLS
from tests.statuspage.clockpage import HOUR, MINUTE, NOON, ClockPage, serving
from tests.statuspage.conftest import PAGE_ID, TOKEN

from oncall_tui.clock import now_ms
from oncall_tui.config.model import PageConfig, TokenSource
from oncall_tui.config.token import Secret
from oncall_tui.domain.incident import ComponentStatus, IncidentStatus
from oncall_tui.domain.maintenance import MaintenanceStatus
from oncall_tui.domain.remote import RemotePostmortem, RemoteTemplate
from oncall_tui.engine.pages import Message
from oncall_tui.engine.pages.errors import AmbiguousError, RefusedByPageError
from oncall_tui.engine.pages.extras import (
    BackfillMessage,
    BackfillPage,
    EditablePage,
    MaintenanceMessage,
    MaintenancePage,
    MetricPage,
    MetricPoint,
    PostmortemPage,
    TemplatePage,
)
from oncall_tui.engine.pages.statuspage import Statuspage
from oncall_tui.statuspage.edits import create_incident
from oncall_tui.statuspage.rules import IncidentWrite

ONE = NOON + HOUR
THREE = NOON + 3 * HOUR


class Permits:
    """Counts what a call of several requests asks for."""

    def __init__(self) -> None:
        self.given = 0

    async def __call__(self) -> None:
        self.given += 1


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClockPage]:
    with serving(tmp_path_factory.mktemp("page") / "page.db") as page:
        yield page


@pytest.fixture
def page(served: ClockPage) -> ClockPage:
    return served.clear()


@pytest.fixture
async def client(page: ClockPage) -> AsyncIterator[Statuspage]:
    client = connect(f"{page.url}/v1", page)
    yield client
    await client.close()


def connect(api_url: str, page: ClockPage) -> Statuspage:
    config = PageConfig(
        api_url=api_url,
        public_url=page.url,
        page_id=PAGE_ID,
        token=TokenSource(env="UNUSED"),
        request_timeout_ms=5_000,
        quiet_period_ms=10_000,
    )
    client = Statuspage(config, lambda: Secret(TOKEN), now_ms, NO_TLS)
    client.component_names = {remote_id: name for name, remote_id in page.find_components().items()}
    return client


def make_plan(**changes: object) -> MaintenanceMessage:
    plan = MaintenanceMessage(
        uid="maintenance-1",
        op="op-1",
        title="New disks",
        status=MaintenanceStatus.SCHEDULED,
        body="We change disks.",
        starts_at=ONE,
        ends_at=THREE,
        components={},
        component_ids=None,
        has_auto_start=True,
        has_auto_end=True,
        moves_components=True,
        remind_prior=True,
        notify=False,
        notify_at_moves=False,
        sent_at=NOON,
    )
    return replace(plan, **changes)


def make_message(**changes: object) -> Message:
    message = Message(
        uid="incident-1",
        op="op-1",
        title="Errors",
        status=IncidentStatus.INVESTIGATING,
        body="Looking.",
        components={},
        component_ids=None,
        impact_override=None,
        notify=False,
        sent_at=NOON,
    )
    return replace(message, **changes)


def test_the_adapter_offers_what_its_capabilities_say(client: Statuspage) -> None:
    offered: tuple[MaintenancePage, PostmortemPage, TemplatePage, EditablePage, BackfillPage, MetricPage]
    offered = (client, client, client, client, client, client)
    assert len(offered) == 6
    capabilities = client.capabilities
    assert capabilities.has_maintenance
    assert capabilities.has_auto_transitions
    assert capabilities.has_postmortem
    assert capabilities.has_templates
    assert capabilities.can_edit_update
    assert capabilities.has_backfill
    assert capabilities.has_metrics


async def test_work_is_planned_extended_and_moved_by_the_page(page: ClockPage, client: Statuspage) -> None:
    api = page.find_components()["API"]
    planned = await client.create_maintenance(make_plan(component_ids=(api,)))
    assert (planned.title, planned.status, planned.starts_at, planned.ends_at) == (
        "New disks",
        MaintenanceStatus.SCHEDULED,
        ONE,
        THREE,
    )
    assert (planned.uid, planned.ops) == ("maintenance-1", ("op-1",))
    assert (planned.has_auto_start, planned.has_auto_end, planned.remind_prior) == (True, True, True)
    assert planned.components == {"API": ComponentStatus.OPERATIONAL}
    assert [(each.status, each.body) for each in planned.updates] == [(MaintenanceStatus.SCHEDULED, "We change disks.")]

    page.go_to(ONE)
    begun = await client.get_maintenance(planned.remote_id)
    assert begun is not None
    assert begun.status is MaintenanceStatus.IN_PROGRESS
    assert begun.components == {"API": ComponentStatus.UNDER_MAINTENANCE}
    longer = make_plan(op="op-2", title=None, status=begun.status, body="It takes longer.", ends_at=THREE + HOUR)
    extended = await client.update_maintenance(begun, longer)
    assert (extended.ends_at, extended.ops, extended.title) == (THREE + HOUR, ("op-1", "op-2"), "New disks")
    assert extended.updates[-1].body == "It takes longer."
    assert page.go_to(THREE) == 0
    assert page.go_to(THREE + HOUR) == 1
    over = await client.get_maintenance(planned.remote_id)
    assert over is not None
    assert over.status is MaintenanceStatus.COMPLETED
    assert over.components == {"API": ComponentStatus.OPERATIONAL}


async def test_a_silent_change_of_the_plan_makes_no_update(page: ClockPage, client: Statuspage) -> None:
    planned = await client.create_maintenance(make_plan())
    page.now += MINUTE
    quiet = make_plan(op="op-2", body="", ends_at=THREE + HOUR, has_auto_end=False, remind_prior=False)
    changed = await client.update_maintenance(planned, quiet)
    assert changed.updates == planned.updates
    assert (changed.ends_at, changed.has_auto_end, changed.remind_prior) == (THREE + HOUR, False, False)
    assert changed.ops == ("op-1", "op-2")


async def test_work_without_moves_of_the_page_is_moved_from_here(page: ClockPage, client: Statuspage) -> None:
    web = page.find_components()["Web"]
    planned = await client.create_maintenance(make_plan(has_auto_start=False, has_auto_end=False))
    page.go_to(ONE)
    start = make_plan(
        op="op-2",
        body="We begin.",
        status=MaintenanceStatus.IN_PROGRESS,
        components={web: ComponentStatus.UNDER_MAINTENANCE},
        component_ids=(web,),
        has_auto_start=False,
        has_auto_end=False,
    )
    begun = await client.update_maintenance(planned, start)
    assert begun.status is MaintenanceStatus.IN_PROGRESS
    assert begun.components == {"Web": ComponentStatus.UNDER_MAINTENANCE}


async def test_lists_tell_work_from_incidents(page: ClockPage, client: Statuspage) -> None:
    permits = Permits()
    incident = await client.create_incident(make_message())
    planned = await client.create_maintenance(make_plan())
    active = await client.create_maintenance(make_plan(uid="maintenance-2", starts_at=NOON - HOUR))
    page.go_to(NOON + 1)
    assert {each.remote_id for each in await client.list_maintenances(permits)} == {
        planned.remote_id,
        active.remote_id,
    }
    assert permits.given == 2
    assert [each.remote_id for each in await client.list_unresolved(permits)] == [incident.remote_id]
    assert [each.remote_id for each in await client.list_recent(0, permits)] == [incident.remote_id]
    page.go_to(NOON + 24 * HOUR)
    assert await client.list_maintenances(permits) == []
    over = await client.list_maintenances(permits, since=NOON)
    assert {each.uid for each in over} == {"maintenance-1", "maintenance-2"}
    assert await client.list_maintenances(permits, since=NOON + 1) == []
    assert await client.get_maintenance("nothing00000") is None


async def test_a_published_review_of_work_does_not_make_an_incident_of_it(page: ClockPage, client: Statuspage) -> None:
    planned = await client.create_maintenance(make_plan())
    page.go_to(THREE)
    await client.write_postmortem_draft(planned.remote_id, "It went well.")
    await client.publish_postmortem(planned.remote_id, Permits(), notify=False)
    over = await client.get_maintenance(planned.remote_id)
    assert over is not None
    assert over.status is MaintenanceStatus.COMPLETED
    assert await client.list_recent(0, Permits()) == []


async def test_a_page_full_of_work_does_not_hide_an_incident(page: ClockPage, client: Statuspage) -> None:
    incident = await client.create_incident(make_message())
    plan = IncidentWrite(name="n", status=MaintenanceStatus.SCHEDULED, scheduled_for=ONE, scheduled_until=THREE)
    with page.file.write(NOON) as db:
        for _ in range(100):
            create_incident(db, plan, NOON)
    assert [each.remote_id for each in await client.list_recent(NOON - 1, Permits())] == [incident.remote_id]


async def test_work_whose_answer_was_lost_is_found_by_its_stamp(page: ClockPage, client: Statuspage) -> None:
    port = int(page.url.rpartition(":")[2])

    async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hands the request on, waits until the page has answered, and closes without a word."""
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        assert length is not None
        behind, out = await asyncio.open_connection("127.0.0.1", port)
        out.write(head + await reader.readexactly(int(length[1])))
        await behind.readuntil(b"\r\n\r\n")
        out.close()
        writer.transport.abort()

    proxy = await asyncio.start_server(swallow, "127.0.0.1", 0)
    async with proxy:
        lossy = connect(f"http://127.0.0.1:{proxy.sockets[0].getsockname()[1]}/v1", page)
        with pytest.raises(AmbiguousError):
            await lossy.create_maintenance(make_plan(starts_at=NOON - HOUR, ends_at=NOON + HOUR))
        await lossy.close()
    # The machine sleeps over the whole of it before anybody can look.
    page.go_to(NOON + 24 * HOUR)
    found = await client.list_maintenances(Permits(), since=NOON)
    assert [(each.uid, each.ops, each.status) for each in found] == [
        ("maintenance-1", ("op-1",), MaintenanceStatus.COMPLETED)
    ]


async def test_a_refused_window_is_told(client: Statuspage) -> None:
    with pytest.raises(RefusedByPageError, match="scheduled_until must be later"):
        await client.create_maintenance(make_plan(ends_at=ONE))


async def test_customers_see_words_about_work(client: Statuspage) -> None:
    planned = await client.create_maintenance(make_plan())
    awaited = {planned.updates[0].remote_id: "We change disks."}
    assert await client.read_public_maintenances(awaited) == awaited
    assert await client.read_public(awaited) == {}


async def test_a_review_is_drafted_published_once_corrected_and_taken_back(page: ClockPage, client: Statuspage) -> None:
    opened = await client.create_incident(make_message())
    assert await client.get_postmortem(opened.remote_id) is None
    drafted = await client.write_postmortem_draft(opened.remote_id, "Why it broke.\r\n")
    assert drafted == RemotePostmortem(body="", draft="Why it broke.", published_at=None, updated_at=NOON)
    with pytest.raises(RefusedByPageError, match="after the incident is resolved"):
        await client.publish_postmortem(opened.remote_id, Permits(), notify=True)
    await client.update_incident(opened, make_message(op="op-2", status=IncidentStatus.RESOLVED, body="Done."))

    page.now = ONE
    first, again, corrected = Permits(), Permits(), Permits()
    published = await client.publish_postmortem(opened.remote_id, first, notify=True)
    assert (published.body, published.published_at) == ("Why it broke.", ONE)
    page.now = THREE
    assert await client.publish_postmortem(opened.remote_id, again, notify=True) == published
    await client.write_postmortem_draft(opened.remote_id, "Why it really broke.")
    assert (await client.publish_postmortem(opened.remote_id, corrected, notify=False)).body == "Why it really broke."
    assert (first.given, again.given, corrected.given) == (2, 1, 2)
    resolved = await client.get_incident(opened.remote_id)
    assert resolved is not None
    assert resolved.status is IncidentStatus.POSTMORTEM

    reverted = await client.revert_postmortem(opened.remote_id)
    assert (reverted.body, reverted.draft, reverted.published_at) == ("", "Why it really broke.", None)
    for _ in range(2):
        await client.delete_postmortem(opened.remote_id)
    assert await client.get_postmortem(opened.remote_id) is None


async def test_an_old_update_is_corrected_in_its_place(page: ClockPage, client: Statuspage) -> None:
    opened = await client.create_incident(make_message(body="Teh API is slow.", notify=True))
    later = await client.update_incident(opened, make_message(op="op-2", title=None, body="Still slow."))
    said = await client.edit_update(opened.remote_id, later.updates[0].remote_id, "The API is slow.\r\n")
    assert said == "The API is slow."
    corrected = await client.get_incident(opened.remote_id)
    assert corrected is not None
    assert [update.body for update in corrected.updates] == ["The API is slow.", "Still slow."]
    shown = page.api.get(f"/incidents/{opened.remote_id}").json()["incident_updates"]
    assert shown[-1]["deliver_notifications"] is False
    with pytest.raises(RefusedByPageError):
        await client.edit_update(opened.remote_id, "nothing00000", "x")


async def test_the_past_is_told_without_touching_the_present(page: ClockPage, client: Statuspage) -> None:
    told = await client.backfill_incident(
        BackfillMessage(
            uid="incident-9",
            op="op-9",
            title="Mail was late",
            body="Mail was late for an hour.",
            started_at=NOON - 48 * HOUR,
            resolved_at=NOON - 47 * HOUR,
            impact_override="minor",
            notify=False,
            sent_at=NOON,
        )
    )
    assert (told.status, told.uid, told.ops) == (IncidentStatus.RESOLVED, "incident-9", ("op-9",))
    assert await client.list_unresolved(Permits()) == []
    shown = page.api.get(f"/incidents/{told.remote_id}").json()
    assert (shown["backfilled"], shown["started_at"]) == (True, "2026-11-20T12:00:00.000Z")
    assert "Mail was late for an hour." in page.public.get("/").text


async def test_words_prepared_on_the_page_are_read(page: ClockPage, client: Statuspage) -> None:
    slow = {"name": "Slow", "title": "The API is slow", "body": "We look.\r\n", "update_status": "identified"}
    page.post("/incident_templates", template=slow)
    page.post("/incident_templates", template={**slow, "name": "Work", "update_status": "in_progress"})
    page.post("/incident_templates", template={**slow, "name": "\x1b[31mZ", "update_status": None})
    assert await client.list_templates(Permits()) == [
        RemoteTemplate("\u241b[31mZ", "The API is slow", "We look.", None),
        RemoteTemplate("Slow", "The API is slow", "We look.", IncidentStatus.IDENTIFIED),
        RemoteTemplate("Work", "The API is slow", "We look.", MaintenanceStatus.IN_PROGRESS),
    ]


async def test_components_are_listed_with_their_groups(page: ClockPage, client: Statuspage) -> None:
    web = page.find_components()["Web"]
    page.post("/component-groups", component_group={"name": "Sites", "components": [web]})
    listed = await client.list_components(Permits())
    assert [(component.name, component.group) for component in listed] == [("API", ""), ("Web", "Sites")]


async def test_figures_arrive_and_may_arrive_twice(page: ClockPage, client: Statuspage) -> None:
    provider = page.api.get("/metrics_providers").json()[0]["id"]
    metric = str(page.post(f"/metrics_providers/{provider}/metrics", metric={"name": "Answer time"})["id"])
    for _ in range(2):
        await client.send_metrics({metric: [MetricPoint(NOON - MINUTE + 999, 12.5), MetricPoint(NOON, 14.0)]})
    with page.file.read() as db:
        points = [tuple(row) for row in db.execute("SELECT at_s, value FROM metric_point ORDER BY at_s")]
    assert points == [(NOON // 1000 - 60, 12.5), (NOON // 1000, 14.0)]
    with pytest.raises(RefusedByPageError):
        await client.send_metrics({"nothing00000": [MetricPoint(NOON, 1.0)]})
