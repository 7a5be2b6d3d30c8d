from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.fakes.faultwire import FaultWire
from tests.engine.fakes.incidentio import PAGE_ID, FakeIncidentIo
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
from oncall_tui.engine.pages.errors import AmbiguousError, NotAppliedError, RefusedByPageError
from oncall_tui.engine.pages.incidentio import CAPABILITIES, IncidentIo, _read_incident

HOSTILE = "\x1b]0;owned\x07[/x] \u202ebad"


@asynccontextmanager
async def connected(page: FaultWire, token: Callable[[], Secret] = read_token) -> AsyncIterator[IncidentIo]:
    client = IncidentIo(make_config(page.origin, PAGE_ID, page.origin), token, now_ms, NO_TLS)
    try:
        yield client
    finally:
        await client.close()


async def test_an_incident_runs_its_course_and_each_step_is_proven() -> None:
    async with FakeIncidentIo() as page, connected(page) as client:
        api, web = page.add_component("API"), page.add_component("Web")
        client.component_names = {api: "API", web: "Web"}
        message = make_message(components={api: ComponentStatus.MAJOR_OUTAGE}, notify=True, body="Zeile 1\nüäö")
        created = await client.create_incident(message)
        assert page.writes[0] == {
            "idempotency_key": "op-1",
            "status_page_id": PAGE_ID,
            "name": "Errors",
            "message": "Zeile 1\nüäö",
            "incident_status": "investigating",
            "notify_subscribers": True,
            "component_statuses": [{"component_id": api, "component_status": "full_outage"}],
        }
        assert prove(client, message, created)
        assert created.components == {"API": ComponentStatus.MAJOR_OUTAGE}
        assert created.impact is Impact.CRITICAL
        assert abs(created.created_at - message.sent_at) < 5_000
        shown = created
        for status in (IncidentStatus.IDENTIFIED, IncidentStatus.MONITORING, IncidentStatus.RESOLVED):
            step = make_message(
                op=f"op-{status}",
                title=None,
                status=status,
                body="Next.",
                components={web: ComponentStatus.PARTIAL_OUTAGE},
            )
            baseline = shown
            shown = await client.update_incident(baseline, step)
            assert page.writes[-1]["notify_subscribers"] is False
            assert "idempotency_key" not in page.writes[-1]
            assert ("component_statuses" in page.writes[-1]) is status.is_open
            read = await client.get_incident(baseline.remote_id)
            assert read is not None
            for seen in (shown, read):
                applied = prove(client, step, seen, baseline)
                assert applied is not None
                assert applied.update is not None
                assert seen.status is status
            assert shown.components == read.components
            assert shown.updates == read.updates
        assert shown.components == dict.fromkeys(("API", "Web"), ComponentStatus.OPERATIONAL)
        assert shown.resolved_at is not None
        assert [update.body for update in shown.updates] == ["Zeile 1\nüäö", "Next.", "Next.", "Next."]


async def test_a_creation_sent_again_is_the_same_incident() -> None:
    async with FakeIncidentIo() as page, connected(page) as client:
        message = make_message()
        page.faults.append(Fault.E500_AFTER)
        with pytest.raises(AmbiguousError):
            await client.create_incident(message)
        ours = await look_up(client, message)
        assert ours is not None
        assert page.count(writes=True) == 1
        page.edit(ours.remote_id, "identified", "Mine.")
        again = await client.create_incident(message)
        assert again.remote_id == ours.remote_id
        assert prove(client, message, again)
        assert len(page.incidents) == len(page.writes) == 1


@pytest.mark.parametrize(
    "fault", [Fault.E500_AFTER, Fault.DROP_AFTER, Fault.HALF_JSON, Fault.HTML_AFTER, Fault.WRONG_SHAPE_AFTER]
)
async def test_an_update_in_doubt_is_proven_by_what_is_new(fault: Fault) -> None:
    async with FakeIncidentIo() as page, connected(page) as client:
        baseline = await client.create_incident(make_message())
        message = make_message(op="op-2", title=None)
        page.edit(baseline.remote_id, "identified", "Mine.")
        page.faults.append(fault)
        with pytest.raises(AmbiguousError):
            await client.update_incident(baseline, message)
        shown = await client.get_incident(baseline.remote_id)
        assert shown is not None
        applied = prove(client, message, shown, baseline)
        assert applied is not None
        assert applied.update == shown.updates[-1]
        assert page.count(writes=True) == 2


async def test_the_same_words_of_before_prove_nothing() -> None:
    async with FakeIncidentIo() as page, connected(page) as client:
        baseline = await client.create_incident(make_message())
        page.faults.append(Fault.DROP_BEFORE)
        message = make_message(op="op-2", title=None)
        with pytest.raises(AmbiguousError):
            await client.update_incident(baseline, message)
        shown = await client.get_incident(baseline.remote_id)
        assert shown is not None
        assert prove(client, message, shown, baseline) is None


@pytest.mark.parametrize("is_oldest_first", [False, True])
async def test_lists_are_read_to_their_end(is_oldest_first: bool) -> None:
    async with FakeIncidentIo(is_oldest_first=is_oldest_first) as page, connected(page) as client:
        for number in range(230):
            page.open(f"Errors {number}", "resolved" if number % 2 else "identified", "x")
        permits = Permits()
        assert len(await client.list_recent(0, permits)) == 230
        assert permits.count == 3
        assert len(await client.list_unresolved(permits)) == 115
        assert permits.count == 6
        assert await client.list_recent(now_ms() + 60_000, permits) == []
        assert permits.count == 6 + (3 if is_oldest_first else 1)
        assert all(request.query["page_size"] == "100" for request in page.requests)


async def test_components_are_read_out_of_groups_and_sub_pages_with_what_open_incidents_say() -> None:
    async with FakeIncidentIo() as page, connected(page) as client:
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
    async with FakeIncidentIo() as page, connected(page) as client:
        api = page.add_component("API")
        shown = await client.create_incident(make_message(components={api: ComponentStatus.DEGRADED_PERFORMANCE}))
        for state in (ComponentStatus.MAJOR_OUTAGE, ComponentStatus.OPERATIONAL, ComponentStatus.PARTIAL_OUTAGE):
            shown = await client.update_incident(shown, make_message(title=None, body=state, components={api: state}))
            read = await client.get_incident(shown.remote_id)
            assert read is not None
            assert read.components == shown.components == {api: state}


async def test_what_the_page_lacks_is_shown_as_the_next_worse_and_told() -> None:
    state = ComponentStatus.UNDER_MAINTENANCE
    async with FakeIncidentIo() as page, connected(page) as client:
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
    async with FakeIncidentIo() as page, connected(page) as client:
        with pytest.raises(RefusedByPageError, match="corrected one"):
            await client.create_incident(make_message(**changes))
        assert page.incidents == {}


async def test_an_incident_takes_a_hundred_updates() -> None:
    async with FakeIncidentIo() as page, connected(page) as client:
        shown = await client.create_incident(make_message())
        for number in range(99):
            page.edit(shown.remote_id, "identified", f"{number}")
        with pytest.raises(RefusedByPageError, match="at most 100"):
            await client.update_incident(shown, make_message(title=None))


async def test_a_refused_token_is_read_again() -> None:
    async with FakeIncidentIo() as page, connected(page, rotating_token("old", "older", TOKEN)) as client:
        with pytest.raises(RefusedByPageError, match="token"):
            await client.create_incident(make_message())
        await client.create_incident(make_message())
        assert page.count(writes=True) == 3
        assert len(page.incidents) == 1


async def test_a_wait_until_a_date_is_kept() -> None:
    async with FakeIncidentIo() as page, connected(page) as client:
        page.faults.append(Fault.T429)
        page.retry_after = formatdate(page.now() + 90, usegmt=True)
        with pytest.raises(NotAppliedError) as caught:
            await client.create_incident(make_message())
        assert caught.value.wait_ms is not None
        assert 80_000 < caught.value.wait_ms <= 90_000
        assert page.incidents == {}


async def test_new_words_of_the_page_are_taken() -> None:
    async with FakeIncidentIo() as page, connected(page) as client:
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


async def test_hostile_words_are_made_inert() -> None:
    async with FakeIncidentIo() as page, connected(page) as client:
        page.add_component(HOSTILE)
        incident_id = page.open(HOSTILE, "investigating", HOSTILE)
        shown = await client.get_incident(incident_id)
        assert shown is not None
        assert is_inert(shown)
        assert is_inert(await client.list_components(allow))
        page.faults.append(Fault.E422)
        with pytest.raises(RefusedByPageError) as caught:
            await client.update_incident(shown, make_message(title=None))
        assert str(caught.value).isprintable()
        assert TOKEN not in str(caught.value)


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


async def test_a_page_that_is_something_else_is_a_doubt() -> None:
    async with FakeIncidentIo() as page, connected(page) as client:
        for _ in range(3):
            page.read_faults.append(Fault.WRONG_SHAPE_AFTER)
        with pytest.raises(AmbiguousError, match="not a list"):
            await client.list_unresolved(allow)
        with pytest.raises(AmbiguousError, match="not a structure"):
            await client.list_components(allow)
        with pytest.raises(AmbiguousError, match="not an incident"):
            await client.get_incident("x")
        assert await client.get_incident("nothere") is None


async def test_the_page_and_its_public_words_are_read() -> None:
    async with FakeIncidentIo() as page, connected(page) as client:
        assert await client.read_page() == RemotePage("Acme", f"{page.origin}/")
        created = await client.create_incident(make_message(body="We are looking\ninto <it>."))
        update = created.updates[0]
        shown = await client.read_public({update.remote_id: update.body, "other": "Never said."})
        assert shown == {update.remote_id: update.body}
