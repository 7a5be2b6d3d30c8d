from __future__ import annotations

import pytest
from tests.engine.fakes.kinds import OPEN_STATUS as KIND
from tests.engine.fakes.openstatus_work import PAGE_ID
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
from oncall_tui.engine.pages.errors import AmbiguousError
from oncall_tui.engine.pages.openstatus import CAPABILITIES

HOSTILE = "\x1b]0;owned\x07[/x] \u202ebad"


@pytest.mark.parametrize("is_snake", [False, True])
async def test_what_is_written_is_what_was_said(is_snake: bool) -> None:
    async with KIND.serving(is_snake=is_snake) as (page, client):
        api, web = page.add_component("API"), page.add_component("Web")
        await client.list_components(allow)
        message = make_message(
            components={api: ComponentStatus.MAJOR_OUTAGE}, component_ids=(api, web), notify=True, body="Zeile 1\nüäö"
        )
        shown = await client.create_incident(message)
        assert page.writes[0].pop("date").endswith("Z")
        assert page.writes[0] == {
            "title": "Errors",
            "status": "STATUS_REPORT_STATUS_INVESTIGATING",
            "message": "Zeile 1\nüäö",
            "pageId": PAGE_ID,
            "pageComponentIds": [api, web],
            "notify": True,
            "componentImpacts": [{"pageComponentId": api, "impact": "PAGE_COMPONENT_IMPACT_MAJOR_OUTAGE"}],
        }
        assert shown.updates[0].created_at == message.sent_at // 1000 * 1000
        assert shown.components == {"API": ComponentStatus.MAJOR_OUTAGE, "Web": ComponentStatus.DEGRADED_PERFORMANCE}
        for status in (IncidentStatus.IDENTIFIED, IncidentStatus.MONITORING, IncidentStatus.RESOLVED):
            step = make_message(title=None, status=status, body="Next.", components={api: ComponentStatus.OPERATIONAL})
            baseline = shown
            shown = await client.update_incident(baseline, step)
            assert "title" not in page.writes[-1]
            assert await client.get_incident(baseline.remote_id) == shown
            assert prove(client, step, shown, baseline)
            assert shown.components["API"] is ComponentStatus.OPERATIONAL
        assert shown.components["Web"] is ComponentStatus.OPERATIONAL


async def test_a_state_that_it_lacks_becomes_the_next_worse() -> None:
    async with KIND.serving() as (page, client):
        api = page.add_component("API")
        await client.create_incident(make_message(components={api: ComponentStatus.UNDER_MAINTENANCE}))
        assert page.writes[0]["componentImpacts"][0]["impact"] == "PAGE_COMPONENT_IMPACT_DEGRADED_PERFORMANCE"


@pytest.mark.parametrize("names_component", [True, False])
async def test_a_creation_in_doubt_is_found_among_the_pages_of_a_workspace(names_component: bool) -> None:
    async with KIND.serving() as (page, client):
        api, other = page.add_component("API"), page.add_page("Other")
        page.open("Errors", "INVESTIGATING", "Looking.", other)
        page.open("Errors", "INVESTIGATING", "Something else.")
        page.faults.append(Fault.E500_AFTER)
        message = make_message(components={api: ComponentStatus.MAJOR_OUTAGE} if names_component else {})
        with pytest.raises(AmbiguousError):
            await client.create_incident(message)
        page.open("Errors", "INVESTIGATING", "Looking.", other)
        ours = await look_up(client, message)
        assert ours is not None
        assert page.reports[ours.remote_id]["pageId"] == PAGE_ID
        assert ours.updates[0].body == "Looking."
        assert page.count_writes() == len(page.writes) == 1


async def test_a_creation_that_never_arrived_is_not_found_on_another_page() -> None:
    async with KIND.serving() as (page, client):
        other = page.add_page("Other")
        theirs = page.add_component("Theirs", page_id=other)
        page.faults.append(Fault.E500_BEFORE)
        message = make_message()
        with pytest.raises(AmbiguousError) as caught:
            await client.create_incident(message)
        assert str(caught.value).isprintable()
        page.open("Errors", "INVESTIGATING", "Looking.", other)
        page.open("Errors", "RESOLVED", "Looking.", other, pageComponentIds=[theirs])
        page.open("Errors", "RESOLVED", "Looking.", other)
        assert await look_up(client, message) is None


async def test_reports_of_other_pages_are_not_ours() -> None:
    async with KIND.serving() as (page, client):
        api, other = page.add_component("API"), page.add_page("Other")
        theirs = page.add_component("Theirs", page_id=other)
        page.open("A", "INVESTIGATING", "x")
        page.open("B", "RESOLVED", "x", pageComponentIds=[api])
        page.open("C", "INVESTIGATING", "x", other)
        page.open("D", "RESOLVED", "x", other, pageComponentIds=[theirs])
        page.open("E", "RESOLVED", "x")
        permits = Permits()
        assert [incident.title for incident in await client.list_unresolved(permits)] == ["A"]
        assert permits.count == 1
        assert {incident.title for incident in await client.list_recent(0, permits)} == {"A", "B"}
        assert permits.count == len(page.requests) == 1 + 4
        del page.pages[other]
        titles = {incident.title for incident in await client.list_recent(0, allow)}
        assert titles == {"A", "B", "C", "E"}


async def test_a_report_that_tells_its_page_is_believed() -> None:
    async with KIND.serving(tells_page=True) as (page, client):
        other = page.add_page("Other")
        theirs = page.open("C", "RESOLVED", "x", other)
        page.open("E", "RESOLVED", "x")
        assert [incident.title for incident in await client.list_recent(0, allow)] == ["E"]
        assert await client.get_incident(theirs) is None


async def test_a_content_without_updates_is_read_report_by_report() -> None:
    async with KIND.serving(has_short_content=True) as (page, client):
        page.open("A", "INVESTIGATING", "x")
        page.open("B", "MONITORING", "x")
        permits = Permits()
        incidents = await client.list_unresolved(permits)
        assert [len(incident.updates) for incident in incidents] == [1, 1]
        assert permits.count == len(page.requests) == 3


async def test_updates_of_one_second_keep_their_order() -> None:
    async with KIND.serving() as (_, client):
        shown = await client.create_incident(make_message(body="1"))
        for number in range(2, 8):
            shown = await client.update_incident(shown, make_message(title=None, body=str(number)))
        assert [update.body for update in shown.updates] == [str(number) for number in range(1, 8)]


async def test_a_report_of_the_second_asked_for_is_listed() -> None:
    async with KIND.serving() as (_, client):
        created = await client.create_incident(make_message())
        assert await client.list_recent(created.created_at + 999, allow) == [created]
        assert await client.list_recent(created.created_at + 1_000, allow) == []


@pytest.mark.parametrize("is_oldest_first", [False, True])
async def test_lists_are_read_part_by_part(is_oldest_first: bool) -> None:
    async with KIND.serving(is_oldest_first=is_oldest_first) as (page, client):
        for number in range(200):
            page.clock_ahead_s = number - 10_000
            page.open(f"Errors {number}", "RESOLVED" if number % 50 else "MONITORING", "x")
        page.clock_ahead_s = 0
        permits = Permits()
        latest = await client.list_recent(now_ms() - (10_000 - 195) * 1_000, permits)
        assert {incident.title for incident in latest} <= {f"Errors {number}" for number in range(194, 200)}
        assert len(latest) >= 4
        assert permits.count == (3 if is_oldest_first else 2) + 2 + len(latest)
        assert len(await client.list_unresolved(permits)) == 4
        assert await client.list_recent(now_ms() + 60_000, allow) == []


async def test_components_tell_what_open_reports_say() -> None:
    async with KIND.serving() as (page, client):
        keys = [page.add_component(name) for name in ("A", "B", "C", "")]
        page.add_component("Theirs", page_id=page.add_page("Other"))
        told = [
            {"pageComponentId": keys[0], "impact": "PAGE_COMPONENT_IMPACT_PARTIAL_OUTAGE"},
            {"pageComponentId": keys[2], "impact": "ON FIRE"},
        ]
        page.open("A", "INVESTIGATING", "x", pageComponentIds=keys[:2], componentImpacts=told)
        page.open("B", "INVESTIGATING", "x", pageComponentIds=keys[:1])
        permits = Permits()
        components = await client.list_components(permits)
        assert permits.count == 1
        assert [(item.name, item.status, item.position) for item in components] == [
            ("A", ComponentStatus.PARTIAL_OUTAGE, 0),
            ("B", ComponentStatus.DEGRADED_PERFORMANCE, 1),
            ("C", ComponentStatus.OPERATIONAL, 2),
        ]


async def test_what_is_hostile_or_unknown_is_inert() -> None:
    async with KIND.serving() as (page, client):
        odd = page.add_component(HOSTILE)
        key = page.open(HOSTILE, "INVESTIGATING", HOSTILE, pageComponentIds=[odd, {"a": 1}, None])
        page.reports[key]["updates"] += [{"id": {}, "status": [], "date": 7}, {"id": "1", "status": "?", "date": "x"}]
        page.open("Odd", "LOST", "x", date="2026-01-01T00:00:00Z")
        components = await client.list_components(allow)
        incidents = await client.list_unresolved(allow)
        assert [incident.remote_id for incident in incidents] == [key]
        assert is_inert([incidents, components])
        assert "owned" in incidents[0].title
        assert [incident.remote_id for incident in await client.list_recent(0, allow)] == [key]
        with pytest.raises(AmbiguousError, match="not a status report"):
            await client.get_incident(list(page.reports)[-1])


def test_what_it_cannot_hold_is_told() -> None:
    losses = list_losses(
        CAPABILITIES,
        title="x" * 257,
        body="x",
        status=IncidentStatus.MONITORING,
        components={"API": ComponentStatus.UNDER_MAINTENANCE},
        has_impact_override=True,
    )
    assert [loss.is_blocking for loss in losses] == [True, False, False]
    assert losses[1].message.endswith("state under maintenance: customers read API as degraded performance")
