from __future__ import annotations

import pytest
from tests.engine.fakes.kinds import BETTER_STACK as KIND
from tests.engine.fakes.proving import (
    Permits,
    allow,
    is_inert,
    look_up,
    make_message,
    prove,
)
from tests.engine.faultkinds import Fault

from oncall_tui.clock import now_ms
from oncall_tui.domain.capability import list_losses
from oncall_tui.domain.incident import ComponentStatus, IncidentStatus
from oncall_tui.engine.pages.betterstack import CAPABILITIES
from oncall_tui.engine.pages.errors import AmbiguousError, RefusedByPageError

HOSTILE = "\x1b]0;owned\x07[/x] \u202ebad"


async def test_what_is_written_is_what_was_said() -> None:
    async with KIND.serving() as (page, client):
        api, web = page.add_component("API"), page.add_component("Web")
        await client.list_components(allow)
        down = {api: ComponentStatus.PARTIAL_OUTAGE, web: ComponentStatus.DEGRADED_PERFORMANCE}
        message = make_message(components=down, component_ids=(api, web), notify=True, body="Zeile 1\nüäö")
        shown = await client.create_incident(message)
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
        assert abs(shown.created_at - message.sent_at) <= 1
        assert shown.components == {"API": ComponentStatus.MAJOR_OUTAGE, "Web": ComponentStatus.DEGRADED_PERFORMANCE}
        for status in (IncidentStatus.IDENTIFIED, IncidentStatus.MONITORING, IncidentStatus.RESOLVED):
            step = make_message(title=None, status=status, components={api: ComponentStatus.OPERATIONAL})
            shown = await client.update_incident(shown, step)
            read = await client.get_incident(shown.remote_id)
            assert read is not None
            assert (shown.components, shown.updates) == (read.components, read.updates)
        assert [item["affected_resources"][1]["status"] for item in page.writes] == [
            "degraded",
            "degraded",
            "degraded",
            "resolved",
        ]
        assert set(shown.components.values()) == {ComponentStatus.OPERATIONAL}


async def test_an_open_report_is_never_shown_as_over() -> None:
    async with KIND.serving() as (page, client):
        api = page.add_component("API")
        baseline = await client.create_incident(make_message(components={api: ComponentStatus.MAJOR_OUTAGE}))
        step = make_message(title=None, status=IncidentStatus.MONITORING, components={api: ComponentStatus.OPERATIONAL})
        shown = await client.update_incident(baseline, step)
        assert page.writes[-1]["affected_resources"] == [{"status_page_resource_id": api, "status": "degraded"}]
        assert shown.status is IncidentStatus.INVESTIGATING
        assert prove(client, step, shown, baseline)


async def test_an_end_resolves_what_another_incident_still_holds() -> None:
    async with KIND.serving() as (page, client):
        api = page.add_component("API")
        baseline = await client.create_incident(make_message(components={api: ComponentStatus.MAJOR_OUTAGE}))
        end = make_message(title=None, status=IncidentStatus.RESOLVED, components={api: ComponentStatus.MAJOR_OUTAGE})
        shown = await client.update_incident(baseline, end)
        assert shown.status is IncidentStatus.RESOLVED
        assert prove(client, end, shown, baseline)


async def test_a_creation_in_doubt_is_found_without_a_second() -> None:
    async with KIND.serving() as (page, client):
        api = page.add_component("API")
        page.open("Errors", "Something else.", {api: "downtime"})
        page.open("Errors", "Looking.", {api: "downtime"}, report_type="automatic")
        page.faults.append(Fault.E500_AFTER)
        message = make_message(components={api: ComponentStatus.MAJOR_OUTAGE})
        with pytest.raises(AmbiguousError):
            await client.create_incident(message)
        ours = await look_up(client, message)
        assert ours is not None
        assert ours.remote_id == list(page.reports)[-1]
        assert page.count_writes() == len(page.writes) == 1


async def test_what_monitors_and_planned_work_make_is_left_alone() -> None:
    async with KIND.serving() as (page, client):
        api = page.add_component("API")
        automatic = page.open("Down", "x", {api: "downtime"}, report_type="automatic")
        page.open("Work", "x", {api: "maintenance"}, report_type="maintenance", ends_at="2030-01-01T00:00:00Z")
        assert await client.list_unresolved(allow) == []
        assert await client.list_recent(0, allow) == []
        assert await client.get_incident(automatic) is None


@pytest.mark.parametrize("is_oldest_first", [False, True])
async def test_lists_are_read_part_by_part(is_oldest_first: bool) -> None:
    async with KIND.serving(is_oldest_first=is_oldest_first) as (page, client):
        api = page.add_component("API")
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
    async with KIND.serving() as (page, client):
        page.add_component("A", status="downtime")
        days = [{"day": "2026-11-21", "status": "degraded"}, {"day": "2026-11-20", "status": "downtime"}]
        page.add_component("B", status_history=days)
        page.add_component("C", status="not_monitored")
        page.add_component("D", status="maintenance", position="first")
        page.add_component("")
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
    async with KIND.serving() as (page, client):
        odd = page.add_component(HOSTILE)
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
    async with KIND.serving(forgets_included=True) as (page, client):
        key = page.open("Errors", "x", {page.add_component("API"): "downtime"})
        with pytest.raises(AmbiguousError, match="whole"):
            await client.get_incident(key)


async def test_an_update_without_a_resource_is_refused() -> None:
    async with KIND.serving() as (_, client):
        baseline = await client.create_incident(make_message())
        with pytest.raises(RefusedByPageError, match="required"):
            await client.update_incident(baseline, make_message(title=None))


def test_what_it_cannot_hold_is_told() -> None:
    losses = list_losses(
        CAPABILITIES,
        title="x" * 10_000,
        body="x" * 100_000,
        status=IncidentStatus.MONITORING,
        components={},
        has_impact_override=True,
    )
    assert [loss.is_blocking for loss in losses] == [True, False, False]
    assert "customers read investigating" in losses[1].message
