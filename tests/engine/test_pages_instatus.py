from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from tests.engine.fakes.instatus import PAGE_ID, FakeInstatus
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
from oncall_tui.engine.pages.instatus import CAPABILITIES, Instatus

HOSTILE = "\x1b]0;owned\x07[/x] \u202ebad"


@asynccontextmanager
async def connected(
    page: FakeInstatus, token: Callable[[], Secret] = read_token, api_url: str | None = None
) -> AsyncIterator[Instatus]:
    client = Instatus(make_config(api_url or page.origin, PAGE_ID, page.origin), token, now_ms, NO_TLS)
    try:
        yield client
    finally:
        await client.close()


async def test_an_incident_runs_its_course_and_each_step_is_proven() -> None:
    async with FakeInstatus() as page, connected(page) as client:
        api, web = page.add_component("API"), page.add_component("Web")
        message = make_message(
            components={api: ComponentStatus.MAJOR_OUTAGE},
            component_ids=(api, web),
            notify=True,
            body="Zeile 1\nüäö",
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
        assert prove(client, message, created)
        assert created.impact is Impact.CRITICAL
        assert abs(created.created_at - message.sent_at) < 5_000
        assert abs(created.updates[0].created_at - message.sent_at) <= 1
        shown = created
        for status in (IncidentStatus.IDENTIFIED, IncidentStatus.MONITORING, IncidentStatus.RESOLVED):
            step = make_message(title=None, status=status, body="Next.", components={api: ComponentStatus.OPERATIONAL})
            baseline = shown
            shown = await client.update_incident(baseline, step)
            assert "name" not in page.writes[-1]
            assert page.writes[-1]["notify"] is False
            assert page.writes[-1]["components"] == [api, web]
            read = await client.get_incident(baseline.remote_id)
            assert read is not None
            for seen in (shown, read):
                applied = prove(client, step, seen, baseline)
                assert applied is not None
                assert applied.update is not None
                assert seen.status is status
            assert shown.components == read.components == dict.fromkeys(("API", "Web"), ComponentStatus.OPERATIONAL)
        assert [update.body for update in shown.updates] == ["Zeile 1\nüäö", "Next.", "Next.", "Next."]
        assert shown.resolved_at is not None


async def test_our_names_of_components_win() -> None:
    async with FakeInstatus() as page, connected(page) as client:
        api = page.add_component("api-prod")
        client.component_names = {api: "API"}
        created = await client.create_incident(make_message(components={api: ComponentStatus.PARTIAL_OUTAGE}))
        step = make_message(title=None, components={api: ComponentStatus.DEGRADED_PERFORMANCE})
        updated = await client.update_incident(created, step)
        assert updated.components == {"API": ComponentStatus.DEGRADED_PERFORMANCE}


@pytest.mark.parametrize("hours", [0, 2, -8])
async def test_a_creation_in_doubt_is_found_whatever_the_page_does_to_times(hours: int) -> None:
    async with FakeInstatus(zone_hours=hours) as page, connected(page) as client:
        page.open("Errors", "INVESTIGATING", "Something else.")
        page.faults.append(Fault.E500_AFTER)
        message = make_message()
        with pytest.raises(AmbiguousError):
            await client.create_incident(message)
        ours = await look_up(client, message)
        assert ours is not None
        assert page.count(writes=True) == len(page.writes) == 1
        assert ours.updates[0].body == "Looking."
        assert abs(ours.updates[0].created_at - (message.sent_at - hours * 3_600_000)) <= 1


@pytest.mark.parametrize("fault", [Fault.DROP_AFTER, Fault.HALF_JSON, Fault.HTML_AFTER, Fault.WRONG_SHAPE_AFTER])
async def test_an_update_in_doubt_is_proven_by_what_is_new(fault: Fault) -> None:
    async with FakeInstatus() as page, connected(page) as client:
        baseline = await client.create_incident(make_message())
        message = make_message(title=None)
        page.edit(baseline.remote_id, "IDENTIFIED", "Mine.")
        page.faults.append(fault)
        with pytest.raises(AmbiguousError):
            await client.update_incident(baseline, message)
        shown = await client.get_incident(baseline.remote_id)
        assert shown is not None
        applied = prove(client, message, shown, baseline)
        assert applied is not None
        assert applied.update is not None
        assert applied.update.remote_id == page.incidents[baseline.remote_id]["updates"][0]["id"]
        assert page.count(writes=True) == 2


async def test_updates_keep_the_order_in_which_they_were_stored() -> None:
    async with FakeInstatus(zone_hours=2) as page, connected(page) as client:
        baseline = await client.create_incident(make_message(body="1"))
        await asyncio.sleep(0.005)
        page.edit(baseline.remote_id, "IDENTIFIED", "2")
        await asyncio.sleep(0.005)
        shown = await client.update_incident(baseline, make_message(title=None, body="3"))
        assert [update.body for update in shown.updates] == ["1", "3"]
        read = await client.get_incident(baseline.remote_id)
        assert read is not None
        assert [update.body for update in read.updates] == ["1", "2", "3"]


async def test_the_same_words_of_before_prove_nothing() -> None:
    async with FakeInstatus() as page, connected(page) as client:
        baseline = await client.create_incident(make_message())
        page.faults.append(Fault.E500_BEFORE)
        message = make_message(title=None)
        with pytest.raises(AmbiguousError) as caught:
            await client.update_incident(baseline, message)
        assert str(caught.value).isprintable()
        shown = await client.get_incident(baseline.remote_id)
        assert shown is not None
        assert prove(client, message, shown, baseline) is None


async def test_a_page_ahead_of_us_gets_its_own_time() -> None:
    async with FakeInstatus(clock_ahead_s=900) as page, connected(page) as client:
        await client.list_components(allow)
        message = make_message()
        page.faults.append(Fault.E500_AFTER)
        with pytest.raises(AmbiguousError):
            await client.create_incident(message)
        ours = await look_up(client, message)
        assert ours is not None
        assert abs(ours.updates[0].created_at - (message.sent_at + 900_000)) < 2_000


async def test_a_wrong_token_is_read_again() -> None:
    async with FakeInstatus() as page, connected(page, rotating_token(TOKEN + "x", TOKEN + "y", TOKEN)) as client:
        with pytest.raises(RefusedByPageError, match="token") as caught:
            await client.create_incident(make_message())
        assert TOKEN not in str(caught.value)
        await client.create_incident(make_message())
        assert len(page.writes) == 1


async def test_a_busy_page_names_its_wait() -> None:
    async with FakeInstatus(retry_after="7") as page, connected(page) as client:
        page.faults.append(Fault.T429)
        with pytest.raises(NotAppliedError) as caught:
            await client.create_incident(make_message())
        assert caught.value.wait_ms == 7_000
        assert page.writes == []


async def test_a_refusal_is_told_inert() -> None:
    async with FakeInstatus() as page, connected(page) as client:
        page.faults.append(Fault.E403)
        with pytest.raises(RefusedByPageError, match="thanks") as caught:
            await client.create_incident(make_message())
        assert str(caught.value).isprintable()


@pytest.mark.parametrize("is_oldest_first", [False, True])
async def test_lists_are_read_part_by_part(is_oldest_first: bool) -> None:
    async with FakeInstatus(is_oldest_first=is_oldest_first) as page, connected(page) as client:
        for number in range(230):
            page.clock_ahead_s = number - 10_000
            page.open(f"Errors {number}", "RESOLVED" if number % 2 else "MONITORING", "x")
        page.clock_ahead_s = 0
        page.add_component("API")
        page.add_component("Group", isParent=True)
        permits = Permits()
        assert len(await client.list_recent(0, permits)) == 230
        assert permits.count == 3
        assert len(await client.list_unresolved(permits)) == 115
        assert [item.name for item in await client.list_components(permits)] == ["API"]
        assert permits.count == 3 + 2 + 1
        page.ignores_filter = True
        assert len(await client.list_unresolved(allow)) == 115
        permits = Permits()
        latest = await client.list_recent(now_ms() - (10_000 - 220) * 1_000, permits)
        assert {incident.title for incident in latest} <= {f"Errors {number}" for number in range(219, 230)}
        assert len(latest) >= 9
        assert permits.count == (3 if is_oldest_first else 2)


async def test_what_is_hostile_or_unknown_is_inert() -> None:
    async with FakeInstatus() as page, connected(page) as client:
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


async def test_what_is_no_list_is_a_doubt() -> None:
    async with FakeInstatus() as page, connected(page) as client:
        page.read_faults.append(Fault.WRONG_SHAPE_AFTER)
        with pytest.raises(AmbiguousError, match="not a list"):
            await client.list_unresolved(allow)


async def test_a_missing_incident_is_none() -> None:
    async with FakeInstatus() as page, connected(page) as client:
        assert await client.get_incident("nothere") is None


async def test_the_page_tells_its_name() -> None:
    async with FakeInstatus() as page, connected(page) as client:
        assert await client.read_page() == RemotePage("Acme", "https://acme.instatus.com")


async def test_what_customers_read_is_looked_for_without_the_token() -> None:
    async with FakeInstatus() as page, connected(page) as client:
        message = make_message(body="Zeile 1 <b> &\nüäö", components={})
        (update,) = (await client.create_incident(message)).updates
        shown = await client.read_public({update.remote_id: update.body, "other": "Never said."})
        assert shown == {update.remote_id: update.body}
        before = len(page.requests)
        assert await client.read_public({}) == {}
        assert len(page.requests) == before


def test_what_it_cannot_hold_is_told() -> None:
    losses = list_losses(
        CAPABILITIES,
        title="x" * 256,
        body="x",
        status=IncidentStatus.IDENTIFIED,
        components={"API": ComponentStatus.UNDER_MAINTENANCE},
        has_impact_override=True,
    )
    assert [loss.is_blocking for loss in losses] == [True, False]
    assert "impact" in losses[1].message
