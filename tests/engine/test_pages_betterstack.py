from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from tests.engine.fakes.betterstack import PAGE_ID, FakeBetterStack
from tests.engine.fakes.proving import (
    NO_TLS,
    TOKEN,
    Permits,
    allow,
    is_inert,
    look_up,
    make_config,
    make_message,
    prove,
    read_token,
    rotating_token,
)
from tests.engine.faultkinds import Fault

from oncall_tui.clock import now_ms
from oncall_tui.config.token import Secret
from oncall_tui.domain.capability import list_losses
from oncall_tui.domain.incident import ComponentStatus, Impact, IncidentStatus
from oncall_tui.domain.remote import RemotePage
from oncall_tui.engine.pages.betterstack import CAPABILITIES, BetterStack
from oncall_tui.engine.pages.errors import AmbiguousError, NotAppliedError, RefusedByPageError

HOSTILE = "\x1b]0;owned\x07[/x] \u202ebad"


@asynccontextmanager
async def connected(page: FakeBetterStack, token: Callable[[], Secret] = read_token) -> AsyncIterator[BetterStack]:
    client = BetterStack(make_config(f"{page.origin}/api/v2", PAGE_ID, page.origin), token, now_ms, NO_TLS)
    try:
        yield client
    finally:
        await client.close()


async def test_an_incident_runs_its_course_and_each_step_is_proven() -> None:
    async with FakeBetterStack() as page, connected(page) as client:
        api, web = page.add_resource("API"), page.add_resource("Web")
        await client.list_components(allow)
        down = {api: ComponentStatus.PARTIAL_OUTAGE, web: ComponentStatus.DEGRADED_PERFORMANCE}
        message = make_message(components=down, component_ids=(api, web), notify=True, body="Zeile 1\nüäö")
        created = await client.create_incident(message)
        write = page.writes[0]
        assert write.pop("starts_at") == write.pop("published_at")
        assert write == {
            "title": "Errors",
            "message": "Zeile 1\nüäö",
            "report_type": "manual",
            "notify_subscribers": True,
            "affected_resources": [
                {"status_page_resource_id": api, "status": "downtime"},
                {"status_page_resource_id": web, "status": "degraded"},
            ],
        }
        assert prove(client, message, created)
        assert abs(created.created_at - message.sent_at) <= 1
        assert created.components == {"API": ComponentStatus.MAJOR_OUTAGE, "Web": ComponentStatus.DEGRADED_PERFORMANCE}
        assert created.impact is Impact.CRITICAL
        shown = created
        for status in (IncidentStatus.IDENTIFIED, IncidentStatus.MONITORING, IncidentStatus.RESOLVED):
            step = make_message(title=None, status=status, body="Next.", components={api: ComponentStatus.OPERATIONAL})
            baseline = shown
            shown = await client.update_incident(baseline, step)
            assert page.writes[-1]["notify_subscribers"] is False
            read = await client.get_incident(baseline.remote_id)
            assert read is not None
            for seen in (shown, read):
                applied = prove(client, step, seen, baseline)
                assert applied is not None
                assert applied.update is not None
                assert seen.status is CAPABILITIES.show_status(status)
            assert shown.components == read.components
            assert shown.updates == read.updates
        assert [item["affected_resources"][1]["status"] for item in page.writes] == [
            "degraded",
            "degraded",
            "degraded",
            "resolved",
        ]
        assert set(shown.components.values()) == {ComponentStatus.OPERATIONAL}
        assert shown.resolved_at is not None


async def test_an_open_report_is_never_shown_as_over() -> None:
    async with FakeBetterStack() as page, connected(page) as client:
        api = page.add_resource("API")
        baseline = await client.create_incident(make_message(components={api: ComponentStatus.MAJOR_OUTAGE}))
        step = make_message(title=None, status=IncidentStatus.MONITORING, components={api: ComponentStatus.OPERATIONAL})
        shown = await client.update_incident(baseline, step)
        assert page.writes[-1]["affected_resources"] == [{"status_page_resource_id": api, "status": "degraded"}]
        assert shown.status is IncidentStatus.INVESTIGATING
        assert prove(client, step, shown, baseline)


async def test_an_end_resolves_what_another_incident_still_holds() -> None:
    async with FakeBetterStack() as page, connected(page) as client:
        api = page.add_resource("API")
        baseline = await client.create_incident(make_message(components={api: ComponentStatus.MAJOR_OUTAGE}))
        end = make_message(title=None, status=IncidentStatus.RESOLVED, components={api: ComponentStatus.MAJOR_OUTAGE})
        shown = await client.update_incident(baseline, end)
        assert shown.status is IncidentStatus.RESOLVED
        assert prove(client, end, shown, baseline)


async def test_a_creation_in_doubt_is_found_without_a_second() -> None:
    async with FakeBetterStack() as page, connected(page) as client:
        api = page.add_resource("API")
        page.open("Errors", "Something else.", {api: "downtime"})
        page.open("Errors", "Looking.", {api: "downtime"}, report_type="automatic")
        page.faults.append(Fault.E500_AFTER)
        message = make_message(components={api: ComponentStatus.MAJOR_OUTAGE})
        with pytest.raises(AmbiguousError):
            await client.create_incident(message)
        ours = await look_up(client, message)
        assert ours is not None
        assert ours.remote_id == list(page.reports)[-1]
        assert page.count(writes=True) == len(page.writes) == 1


async def test_a_creation_that_never_arrived_is_not_found() -> None:
    async with FakeBetterStack() as page, connected(page) as client:
        api = page.add_resource("API")
        page.faults.append(Fault.E500_BEFORE)
        message = make_message(components={api: ComponentStatus.MAJOR_OUTAGE})
        with pytest.raises(AmbiguousError) as caught:
            await client.create_incident(message)
        assert str(caught.value).isprintable()
        assert await look_up(client, message) is None


@pytest.mark.parametrize("fault", [Fault.DROP_AFTER, Fault.HALF_JSON, Fault.HTML_AFTER, Fault.WRONG_SHAPE_AFTER])
async def test_an_update_in_doubt_is_proven_by_what_is_new(fault: Fault) -> None:
    async with FakeBetterStack() as page, connected(page) as client:
        api = page.add_resource("API")
        baseline = await client.create_incident(make_message(components={api: ComponentStatus.MAJOR_OUTAGE}))
        message = make_message(title=None, components={api: ComponentStatus.MAJOR_OUTAGE})
        page.edit(baseline.remote_id, "Mine.", {api: "downtime"})
        page.faults.append(fault)
        with pytest.raises(AmbiguousError):
            await client.update_incident(baseline, message)
        shown = await client.get_incident(baseline.remote_id)
        assert shown is not None
        applied = prove(client, message, shown, baseline)
        assert applied is not None
        assert applied.update is not None
        assert applied.update.remote_id == list(page.updates)[-1]
        assert page.count(writes=True) == 2


async def test_a_page_ahead_of_us_gets_its_own_time() -> None:
    async with FakeBetterStack(clock_ahead_s=-900) as page, connected(page) as client:
        api = page.add_resource("API")
        await client.list_components(allow)
        message = make_message(components={api: ComponentStatus.MAJOR_OUTAGE})
        page.faults.append(Fault.DROP_AFTER)
        with pytest.raises(AmbiguousError):
            await client.create_incident(message)
        ours = await look_up(client, message)
        assert ours is not None
        assert abs(ours.created_at - (message.sent_at - 900_000)) < 2_000


async def test_a_wrong_token_is_read_again() -> None:
    async with FakeBetterStack() as page, connected(page, rotating_token(TOKEN + "x", TOKEN + "y", TOKEN)) as client:
        with pytest.raises(RefusedByPageError, match="token") as caught:
            await client.create_incident(make_message())
        assert TOKEN not in str(caught.value)
        await client.create_incident(make_message())
        assert len(page.writes) == 1


async def test_a_busy_page_names_its_wait() -> None:
    async with FakeBetterStack(retry_after="7") as page, connected(page) as client:
        page.faults.append(Fault.T429)
        with pytest.raises(NotAppliedError) as caught:
            await client.create_incident(make_message())
        assert caught.value.wait_ms == 7_000
        assert page.writes == []


async def test_what_monitors_and_planned_work_make_is_left_alone() -> None:
    async with FakeBetterStack() as page, connected(page) as client:
        api = page.add_resource("API")
        automatic = page.open("Down", "x", {api: "downtime"}, report_type="automatic")
        page.open("Work", "x", {api: "maintenance"}, report_type="maintenance", ends_at="2030-01-01T00:00:00Z")
        assert await client.list_unresolved(allow) == []
        assert await client.list_recent(0, allow) == []
        assert await client.get_incident(automatic) is None


@pytest.mark.parametrize("is_oldest_first", [False, True])
async def test_lists_are_read_part_by_part(is_oldest_first: bool) -> None:
    async with FakeBetterStack(is_oldest_first=is_oldest_first) as page, connected(page) as client:
        api = page.add_resource("API")
        for number in range(510):
            page.clock_ahead_s = number - 10_000
            page.open(f"Errors {number}", "x", {api: "resolved" if number % 50 else "downtime"})
        page.clock_ahead_s = 0
        permits = Permits()
        assert len(await client.list_unresolved(permits)) == 11
        assert permits.count == 3 + 11
        permits = Permits()
        latest = await client.list_recent(now_ms() - (10_000 - 505) * 1_000, permits)
        assert {incident.title for incident in latest} <= {f"Errors {number}" for number in range(504, 510)}
        assert len(latest) >= 4
        assert permits.count == (3 if is_oldest_first else 2) + len(latest)
        assert all(request.path.startswith("/api/v2/") for request in page.requests)


async def test_components_tell_their_state() -> None:
    async with FakeBetterStack() as page, connected(page) as client:
        page.add_resource("A", status="downtime")
        days = [{"day": "2026-11-21", "status": "degraded"}, {"day": "2026-11-20", "status": "downtime"}]
        page.add_resource("B", status_history=days)
        page.add_resource("C", status="not_monitored")
        page.add_resource("D", status="maintenance", position="first")
        page.add_resource("")
        permits = Permits()
        components = await client.list_components(permits)
        assert permits.count == 1
        assert [(item.name, item.status) for item in components] == [
            ("A", ComponentStatus.MAJOR_OUTAGE),
            ("B", ComponentStatus.DEGRADED_PERFORMANCE),
            ("C", ComponentStatus.OPERATIONAL),
            ("D", ComponentStatus.UNDER_MAINTENANCE),
        ]


async def test_what_is_hostile_or_unknown_is_inert() -> None:
    async with FakeBetterStack() as page, connected(page) as client:
        odd = page.add_resource(HOSTILE)
        await client.list_components(allow)
        key = page.open(HOSTILE, HOSTILE, {odd: "downtime"})
        page.reports[key]["attributes"]["affected_resources"][0]["status"] = "on fire"
        page.reports[key]["attributes"]["affected_resources"] += [None, {"status_page_resource_id": {}}]
        page.reports["7"] = {"id": "7", "type": "status_report", "attributes": ["x"], "relationships": 7}
        page.reports["8"] = {"id": "../8", "type": {}, "attributes": {"starts_at": 7}, "relationships": {}}
        incidents = await client.list_recent(0, allow)
        assert [incident.remote_id for incident in incidents] == [key]
        assert incidents[0].status is IncidentStatus.INVESTIGATING
        assert is_inert(incidents)
        assert "owned" in incidents[0].title
        page.read_faults.append(Fault.WRONG_SHAPE_AFTER)
        with pytest.raises(AmbiguousError, match="not a list"):
            await client.list_components(allow)


async def test_a_report_without_its_updates_is_a_doubt() -> None:
    async with FakeBetterStack(forgets_included=True) as page, connected(page) as client:
        key = page.open("Errors", "x", {page.add_resource("API"): "downtime"})
        with pytest.raises(AmbiguousError, match="whole"):
            await client.get_incident(key)


async def test_a_missing_incident_is_none() -> None:
    async with FakeBetterStack() as page, connected(page) as client:
        assert await client.get_incident("7") is None


async def test_an_update_without_a_resource_is_refused() -> None:
    async with FakeBetterStack() as page, connected(page) as client:
        baseline = await client.create_incident(make_message())
        with pytest.raises(RefusedByPageError, match="required"):
            await client.update_incident(baseline, make_message(title=None))


async def test_the_page_tells_its_name() -> None:
    async with FakeBetterStack() as page, connected(page) as client:
        assert await client.read_page() == RemotePage("Acme", "https://status.acme.test")


async def test_what_customers_read_is_looked_for_without_the_token() -> None:
    async with FakeBetterStack() as page, connected(page) as client:
        message = make_message(
            body="Zeile 1 <b> &\nüäö", components={page.add_resource("API"): ComponentStatus.MAJOR_OUTAGE}
        )
        (update,) = (await client.create_incident(message)).updates
        shown = await client.read_public({update.remote_id: update.body, "other": "Never said."})
        assert shown == {update.remote_id: update.body}
        before = len(page.requests)
        assert await client.read_public({}) == {}
        assert len(page.requests) == before


def test_what_it_cannot_hold_is_told() -> None:
    losses = list_losses(
        CAPABILITIES,
        title="x",
        body="x",
        status=IncidentStatus.MONITORING,
        components={},
        has_impact_override=True,
    )
    assert [loss.is_blocking for loss in losses] == [True, False, False]
    assert "customers read investigating" in losses[1].message
