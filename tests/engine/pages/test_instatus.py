from __future__ import annotations

import asyncio

import pytest
from tests.engine.fakes.kinds import INSTATUS as KIND
from tests.engine.fakes.proving import (
    allow,
    is_inert,
    look_up,
    make_message,
)
from tests.engine.faultkinds import Fault

from oncall_tui.domain.capability import list_losses
from oncall_tui.domain.incident import ComponentStatus, IncidentStatus
from oncall_tui.engine.pages.errors import AmbiguousError, RefusedByPageError
from oncall_tui.engine.pages.instatus import CAPABILITIES

HOSTILE = "\x1b]0;owned\x07[/x] \u202ebad"


async def test_what_is_written_is_what_was_said() -> None:
    async with KIND.serving() as (page, client):
        api, web = page.add_component("API"), page.add_component("Web")
        message = make_message(
            components={api: ComponentStatus.MAJOR_OUTAGE}, component_ids=(api, web), notify=True, body="Zeile 1\nüäö"
        )
        created = await client.create_incident(message)
        assert page.writes[0].pop("started").endswith("Z")
        assert page.writes[0] == {
            "name": "Errors",
            "message": "Zeile 1\nüäö",
            "status": "INVESTIGATING",
            "notify": True,
            "components": [api, web],
            "statuses": [{"id": api, "status": "MAJOROUTAGE"}],
            "shouldPublish": True,
        }
        assert abs(created.updates[0].created_at - message.sent_at) <= 1
        step = make_message(title=None, body="Next.", components={api: ComponentStatus.OPERATIONAL})
        shown = await client.update_incident(created, step)
        assert "name" not in page.writes[-1]
        assert page.writes[-1]["components"] == [api, web]
        assert shown.components == dict.fromkeys(("API", "Web"), ComponentStatus.OPERATIONAL)


async def test_a_filter_that_the_page_ignores_is_done_again_here() -> None:
    async with KIND.serving() as (page, client):
        page.open("Over", "RESOLVED", "x")
        page.open("Open", "MONITORING", "x")
        page.ignores_filter = True
        assert [incident.title for incident in await client.list_unresolved(allow)] == ["Open"]


async def test_a_group_is_no_component() -> None:
    async with KIND.serving() as (page, client):
        page.add_component("API")
        page.add_component("Group", isParent=True)
        assert [item.name for item in await client.list_components(allow)] == ["API"]


@pytest.mark.parametrize("hours", [0, 2, -8])
async def test_a_creation_in_doubt_is_found_whatever_the_page_does_to_times(hours: int) -> None:
    async with KIND.serving(zone_hours=hours) as (page, client):
        page.open("Errors", "INVESTIGATING", "Something else.")
        page.faults.append(Fault.E500_AFTER)
        message = make_message()
        with pytest.raises(AmbiguousError):
            await client.create_incident(message)
        ours = await look_up(client, message)
        assert ours is not None
        assert page.count_writes() == len(page.writes) == 1
        assert ours.updates[0].body == "Looking."
        assert abs(ours.updates[0].created_at - (message.sent_at - hours * 3_600_000)) <= 1


async def test_updates_keep_the_order_in_which_they_were_stored() -> None:
    async with KIND.serving(zone_hours=2) as (page, client):
        baseline = await client.create_incident(make_message(body="1"))
        await asyncio.sleep(0.005)
        page.edit(baseline.remote_id, "IDENTIFIED", "2")
        await asyncio.sleep(0.005)
        shown = await client.update_incident(baseline, make_message(title=None, body="3"))
        assert [update.body for update in shown.updates] == ["1", "3"]
        read = await client.get_incident(baseline.remote_id)
        assert read is not None
        assert [update.body for update in read.updates] == ["1", "2", "3"]


async def test_what_is_hostile_or_unknown_is_inert() -> None:
    async with KIND.serving() as (page, client):
        key = page.open(HOSTILE, "INVESTIGATING", HOSTILE)
        page.components[page.add_component(HOSTILE)]["status"] = "MINOROUTAGE"
        page.components[page.add_component("Odd")]["status"] = "ON FIRE"
        page.incidents[key]["components"] = [*page.components.values(), {"id": {"a": 1}}, None, 7]
        page.incidents[key]["updates"] += [{"id": "x", "status": "LOST"}, None, {"id": [], "status": {}}, "x"]
        page.incidents["odd"] = {"id": "odd", "status": "LOST", "started": "yesterday"}
        page.incidents["odder"] = {"id": "../../x", "status": "RESOLVED", "started": None, "updates": {"a": 1}}
        incidents = await client.list_recent(0, allow)
        assert [incident.remote_id for incident in incidents] == [key]
        assert is_inert(incidents)
        assert "owned" in incidents[0].title
        components = await client.list_components(allow)
        assert [component.status for component in components] == [ComponentStatus.PARTIAL_OUTAGE]
        assert is_inert(components)
        with pytest.raises(AmbiguousError, match="not an incident"):
            await client.get_incident("odd")


def test_what_it_cannot_hold_is_told() -> None:
    losses = list_losses(
        CAPABILITIES,
        title="x" * 10_000,
        body="x" * 100_000,
        status=IncidentStatus.IDENTIFIED,
        components={"API": ComponentStatus.UNDER_MAINTENANCE},
        has_impact_override=True,
    )
    assert [loss.is_blocking for loss in losses] == [False]
    assert "impact" in losses[0].message


async def test_what_is_too_long_is_refused_in_the_words_of_the_page() -> None:
    async with KIND.serving(message_most=1_000) as (page, client):
        with pytest.raises(RefusedByPageError, match="message is longer than 1000"):
            await client.create_incident(make_message(body="x" * 1_001))
        assert page.writes == []
