from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.fakes.incidentio_work import PAGE_ID
from tests.engine.fakes.kinds import INCIDENT_IO as KIND
from tests.engine.fakes.proving import (
    Permits,
    allow,
    look_up,
    make_message,
    prove,
)
from tests.engine.faultkinds import Fault

from oncall_tui.domain.capability import list_losses
from oncall_tui.domain.incident import ComponentStatus, IncidentStatus
from oncall_tui.engine.pages.errors import AmbiguousError, RefusedByPageError
from oncall_tui.engine.pages.incidentio import CAPABILITIES, _read_incident

HOSTILE = "\x1b]0;owned\x07[/x] \u202ebad"


async def test_what_is_written_is_what_was_said() -> None:
    async with KIND.serving() as (page, client):
        api, web = page.add_component("API"), page.add_component("Web")
        message = make_message(components={api: ComponentStatus.MAJOR_OUTAGE}, notify=True, body="Zeile 1\nüäö")
        shown = await client.create_incident(message)
        assert page.writes == [
            {
                "idempotency_key": "op-1-01PAGE",
                "status_page_id": PAGE_ID,
                "name": "Errors",
                "message": "Zeile 1\nüäö",
                "incident_status": "investigating",
                "notify_subscribers": True,
                "component_statuses": [{"component_id": api, "component_status": "full_outage"}],
            }
        ]
        for status in (IncidentStatus.IDENTIFIED, IncidentStatus.MONITORING, IncidentStatus.RESOLVED):
            worse = {web: ComponentStatus.PARTIAL_OUTAGE}
            shown = await client.update_incident(shown, make_message(title=None, status=status, components=worse))
            assert "idempotency_key" not in page.writes[-1]
            assert ("component_statuses" in page.writes[-1]) is status.is_open
            read = await client.get_incident(shown.remote_id)
            assert read is not None
            assert (shown.components, shown.updates) == (read.components, read.updates)
        assert shown.components == dict.fromkeys((api, web), ComponentStatus.OPERATIONAL)


async def test_lists_come_in_the_largest_parts() -> None:
    async with KIND.serving() as (page, client):
        await client.list_recent(0, allow)
        assert [request.query["page_size"] for request in page.requests] == ["250"]


async def test_routine_reads_names_now_and_then_and_others_at_once() -> None:
    async with KIND.serving() as (page, client):
        page.add_component("API")
        permits = Permits()
        for _ in range(3):
            await client.list_components(permits, is_routine=True)
        assert permits.count == len(page.requests) == 2 + 1 + 1
        page.add_component("Web")
        assert [item.name for item in await client.list_components(permits, is_routine=True)] == ["API"]
        assert [item.name for item in await client.list_components(permits)] == ["API", "Web"]
        assert [item.name for item in await client.list_components(permits, is_routine=True)] == ["API", "Web"]


async def test_a_creation_sent_again_is_the_same_incident() -> None:
    async with KIND.serving() as (page, client):
        message = make_message()
        page.faults.append(Fault.E500_AFTER)
        with pytest.raises(AmbiguousError):
            await client.create_incident(message)
        ours = await look_up(client, message)
        assert ours is not None
        assert page.count_writes() == 1
        page.edit(ours.remote_id, "identified", "Mine.")
        again = await client.create_incident(message)
        assert again.remote_id == ours.remote_id
        assert prove(client, message, again)
        assert len(page.incidents) == len(page.writes) == 1


async def test_components_are_read_out_of_groups_and_sub_pages_with_what_open_incidents_say() -> None:
    async with KIND.serving() as (page, client):
        api = page.add_component("API")
        grouped, deep = page.add_nested("Grouped", "Deep")
        for state in (ComponentStatus.MAJOR_OUTAGE, ComponentStatus.DEGRADED_PERFORMANCE):
            await client.create_incident(make_message(op=f"op-{state}", components={deep: state}))
        over = await client.create_incident(make_message(op="op-3", components={api: ComponentStatus.PARTIAL_OUTAGE}))
        await client.update_incident(over, make_message(op="op-4", status=IncidentStatus.RESOLVED))
        permits = Permits()
        found = {item.name: (item.remote_id, item.status) for item in await client.list_components(permits)}
        assert found == {
            "API": (api, ComponentStatus.OPERATIONAL),
            "Grouped": (grouped, ComponentStatus.OPERATIONAL),
            "Deep": (deep, ComponentStatus.MAJOR_OUTAGE),
        }
        assert permits.count == 2


async def test_a_component_that_gets_worse_and_better_is_read_as_it_is_now() -> None:
    async with KIND.serving() as (page, client):
        api = page.add_component("API")
        shown = await client.create_incident(make_message(components={api: ComponentStatus.DEGRADED_PERFORMANCE}))
        for state in (ComponentStatus.MAJOR_OUTAGE, ComponentStatus.OPERATIONAL, ComponentStatus.PARTIAL_OUTAGE):
            shown = await client.update_incident(shown, make_message(title=None, body=state, components={api: state}))
            read = await client.get_incident(shown.remote_id)
            assert read is not None
            assert read.components == shown.components == {api: state}


async def test_what_the_page_lacks_is_shown_as_the_next_worse_and_told() -> None:
    state = ComponentStatus.UNDER_MAINTENANCE
    async with KIND.serving() as (page, client):
        api = page.add_component("API")
        created = await client.create_incident(make_message(components={api: state}))
        assert created.components == {api: ComponentStatus.DEGRADED_PERFORMANCE}
        updated = await client.update_incident(created, make_message(title=None, components={api: state}))
        assert updated.components == {api: ComponentStatus.DEGRADED_PERFORMANCE}
    losses = list_losses(
        CAPABILITIES,
        title="x" * 201,
        body="x" * 4_097,
        status=IncidentStatus.MONITORING,
        components={"API": state},
        has_impact_override=True,
        updates_before=100,
    )
    assert [loss.is_blocking for loss in losses] == [True, True, True, False, False]


@pytest.mark.parametrize("changes", [{"title": "x" * 201}, {"body": "x" * 4_097}, {"body": ""}, {"title": None}])
async def test_what_is_too_long_or_empty_is_refused_by_the_page(changes: dict[str, object]) -> None:
    async with KIND.serving() as (page, client):
        with pytest.raises(RefusedByPageError, match="corrected one"):
            await client.create_incident(make_message(**changes))
        assert page.incidents == {}


async def test_an_incident_takes_a_hundred_updates() -> None:
    async with KIND.serving() as (page, client):
        shown = await client.create_incident(make_message())
        for number in range(99):
            page.edit(shown.remote_id, "identified", f"{number}")
        with pytest.raises(RefusedByPageError, match="at most 100"):
            await client.update_incident(shown, make_message(title=None))


async def test_new_words_of_the_page_are_taken() -> None:
    async with KIND.serving() as (page, client):
        api = page.add_component("API")
        created = await client.create_incident(make_message(components={api: ComponentStatus.PARTIAL_OUTAGE}))
        incident = page.incidents[created.remote_id]
        page.edit(created.remote_id, "pondering", "We ponder.")
        incident["component_impacts"][0]["component_status"] = "on_fire"
        incident["updates"][0].pop("incident_status")
        shown = await client.get_incident(created.remote_id)
        assert shown is not None
        assert shown.status is IncidentStatus.INVESTIGATING
        assert shown.components == {api: ComponentStatus.DEGRADED_PERFORMANCE}
        assert [update.status for update in shown.updates] == [IncidentStatus.INVESTIGATING] * 2
        assert await client.list_unresolved(allow) == [shown]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("2026-01-01T00:00:00Z"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "id",
                    "incident_status",
                    "published_at",
                    "updates",
                    "message",
                    "component_impacts",
                    "component_id",
                    "end_at",
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_any_document_is_an_incident_or_none(value: object) -> None:
    incident = _read_incident(value, {})
    assert incident is None or incident.created_at is not None
