"""What the publisher and the reader rely on, whatever kind of page it is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from email.utils import formatdate
from functools import partial
from typing import Any

import pytest
from tests.engine.fakes.kinds import KINDS, STATUSPAGE, FakePage, Kind
from tests.engine.fakes.proving import TOKEN, Permits, allow, is_inert, look_up, make_message, prove, rotating_token
from tests.engine.faultkinds import Fault

from oncall_tui.clock import now_ms
from oncall_tui.domain.incident import ComponentStatus, Impact, IncidentStatus
from oncall_tui.engine.pages import Message
from oncall_tui.engine.pages.errors import (
    AmbiguousError,
    NotAppliedError,
    PageError,
    RefusedByPageError,
    TokenRefusedError,
)

over_kinds = pytest.mark.parametrize("kind", KINDS, ids=str)
HOSTILE = "\x1b]0;owned\x07[/x] \u202ebad"
DOUBTS = (
    Fault.E500_AFTER,
    Fault.DROP_AFTER,
    Fault.HALF_JSON,
    Fault.HTML_AFTER,
    Fault.EMPTY_204_AFTER,
    Fault.WRONG_SHAPE_AFTER,
)
FAILURES = (Fault.DROP_BEFORE, Fault.E500_BEFORE, Fault.T429, *DOUBTS)


def make_first(page: FakePage, **changes: object) -> Message:
    """Returns a declaration with a component, since some kinds of page take none without."""
    return make_message(components={page.add_component("API"): ComponentStatus.MAJOR_OUTAGE}, **changes)


def make_next(first: Message, **changes: object) -> Message:
    return make_message(**{"op": "op-2", "title": None, "components": first.components, **changes})


@over_kinds
async def test_an_incident_runs_its_course_and_each_step_is_proven(kind: Kind) -> None:
    async with kind.serving() as (page, client):
        first = make_first(page, notify=True, body="Zeile 1\nüäö", impact_override="critical")
        (api,) = first.components
        client.component_names = {api: "Our API"}
        created = await client.create_incident(first)
        assert prove(client, first, created)
        assert created.components == {"Our API": ComponentStatus.MAJOR_OUTAGE}
        assert created.impact is Impact.CRITICAL
        assert abs(created.created_at - first.sent_at) < 5_000
        shown = created
        for status in (IncidentStatus.IDENTIFIED, IncidentStatus.MONITORING, IncidentStatus.RESOLVED):
            freed = {api: ComponentStatus.OPERATIONAL}
            step = make_next(first, op=f"op-{status}", status=status, body="Next.", components=freed)
            baseline = await client.get_incident(shown.remote_id)
            assert baseline is not None
            shown = await client.update_incident(baseline, step)
            read = await client.get_incident(baseline.remote_id)
            assert read is not None
            for seen in (shown, read):
                applied = prove(client, step, seen, baseline)
                assert applied is not None
                assert applied.update is not None
                assert seen.status is client.capabilities.show_status(status)
            assert shown.components == read.components
            assert [item.remote_id for item in shown.updates] == [item.remote_id for item in read.updates]
        assert [update.body for update in shown.updates] == ["Zeile 1\nüäö", "Next.", "Next.", "Next."]
        assert shown.components == {"Our API": ComponentStatus.OPERATIONAL}
        assert shown.resolved_at is not None
        assert page.list_words() == [["Zeile 1\nüäö", "Next.", "Next.", "Next."]]
        assert page.list_notified() == [True, False, False, False]


@over_kinds
async def test_a_creation_in_doubt_is_found_without_a_second(kind: Kind) -> None:
    async with kind.serving() as (page, client):
        first = make_first(page)
        page.declare("Errors", IncidentStatus.INVESTIGATING, "Something else.")
        page.faults.append(Fault.E500_AFTER)
        with pytest.raises(AmbiguousError):
            await client.create_incident(first)
        ours = await look_up(client, first)
        assert ours is not None
        assert ours.updates[0].body == "Looking."
        assert page.count_writes() == len(page.list_notified()) == 1
        page.append(ours.remote_id, IncidentStatus.IDENTIFIED, "A colleague was quicker.")
        again = await look_up(client, first)
        assert again is not None
        assert again.remote_id == ours.remote_id
        assert len(page.list_words()) == 2


@over_kinds
async def test_a_creation_that_never_arrived_is_not_found(kind: Kind) -> None:
    async with kind.serving() as (page, client):
        first = make_first(page)
        page.faults.append(Fault.E500_BEFORE)
        with pytest.raises(AmbiguousError) as caught:
            await client.create_incident(first)
        assert str(caught.value).isprintable()
        assert await look_up(client, first) is None


@over_kinds
@pytest.mark.parametrize("fault", DOUBTS)
async def test_an_update_in_doubt_is_proven_by_what_is_new(kind: Kind, fault: Fault) -> None:
    async with kind.serving() as (page, client):
        first = make_first(page)
        created = await client.create_incident(first)
        baseline = await client.get_incident(created.remote_id)
        assert baseline is not None
        page.append(baseline.remote_id, IncidentStatus.IDENTIFIED, "Mine.")
        page.faults += [*[Fault.NONE] * kind.steps_before_update, fault]
        with pytest.raises(AmbiguousError):
            await client.update_incident(baseline, make_next(first))
        shown = await client.get_incident(baseline.remote_id)
        assert shown is not None
        applied = prove(client, make_next(first), shown, baseline)
        assert applied is not None
        assert applied.update == shown.updates[-1]
        assert page.list_words() == [["Looking.", "Mine.", "Looking."]]
        assert page.count_writes() == 2 + kind.steps_before_update


@over_kinds
@pytest.mark.parametrize("fault", [Fault.DROP_BEFORE, Fault.E500_BEFORE])
async def test_the_same_words_of_before_prove_nothing(kind: Kind, fault: Fault) -> None:
    async with kind.serving() as (page, client):
        first = make_first(page)
        created = await client.create_incident(first)
        baseline = await client.get_incident(created.remote_id)
        assert baseline is not None
        page.faults += [*[Fault.NONE] * kind.steps_before_update, fault]
        with pytest.raises(AmbiguousError) as caught:
            await client.update_incident(baseline, make_next(first))
        assert str(caught.value).isprintable()
        shown = await client.get_incident(baseline.remote_id)
        assert shown is not None
        assert prove(client, make_next(first), shown, baseline) is None


@over_kinds
@pytest.mark.parametrize("ahead_s", [900, -900])
async def test_a_page_whose_clock_is_wrong_is_understood(kind: Kind, ahead_s: int) -> None:
    async with kind.serving(clock_ahead_s=ahead_s) as (page, client):
        first = make_first(page)
        await client.list_components(allow)
        page.faults.append(Fault.DROP_AFTER)
        with pytest.raises(AmbiguousError):
            await client.create_incident(first)
        ours = await look_up(client, first)
        assert ours is not None
        assert abs(ours.updates[0].created_at - (first.sent_at + ahead_s * 1_000)) < 3_000


@over_kinds
@pytest.mark.parametrize("wrong", [("old", "older"), (TOKEN + "x", TOKEN + "y")])
async def test_a_refused_token_is_read_again(kind: Kind, wrong: tuple[str, str]) -> None:
    async with kind.serving(rotating_token(*wrong, TOKEN)) as (page, client):
        first = make_first(page)
        with pytest.raises(TokenRefusedError, match="token") as caught:
            await client.create_incident(first)
        assert TOKEN not in str(caught.value)
        assert client.refusal == str(caught.value)
        await client.create_incident(first)
        assert page.count_writes() == 3
        assert len(page.list_words()) == 1


@over_kinds
async def test_a_token_that_was_changed_is_no_failure(kind: Kind) -> None:
    async with kind.serving(rotating_token("old", TOKEN)) as (page, client):
        await client.create_incident(make_first(page))
        assert len(page.list_words()) == 1


@over_kinds
@pytest.mark.parametrize("is_date", [False, True])
async def test_a_busy_page_names_its_wait(kind: Kind, is_date: bool) -> None:
    async with kind.serving() as (page, client):
        page.retry_after = formatdate(page.now() + 7, usegmt=True) if is_date else "7"
        page.faults.append(Fault.T429)
        with pytest.raises(NotAppliedError) as caught:
            await client.create_incident(make_first(page))
        assert caught.value.wait_ms is not None
        assert 5_000 < caught.value.wait_ms <= 7_000
        assert caught.value.wait_ms == 7_000 or is_date
        assert page.list_words() == []


@over_kinds
@pytest.mark.parametrize("fault", [Fault.E403, Fault.E409, Fault.E422])
async def test_a_refusal_is_told_inert(kind: Kind, fault: Fault) -> None:
    async with kind.serving() as (page, client):
        first = make_first(page)
        baseline = await client.create_incident(first)
        for call in (partial(client.create_incident, first), partial(client.update_incident, baseline, first)):
            page.faults.append(fault)
            with pytest.raises(RefusedByPageError, match="thanks") as caught:
                await call()
            assert str(caught.value).isprintable()
            assert TOKEN not in str(caught.value)
        assert page.list_words() == [["Looking."]]


@pytest.mark.parametrize(
    ("kind", "is_oldest_first"),
    [(kind, is_oldest_first) for kind in KINDS for is_oldest_first in (False, True)[: 1 + kind.has_order]],
    ids=str,
)
async def test_lists_are_read_to_their_end(kind: Kind, is_oldest_first: bool) -> None:
    options: dict[str, Any] = {"is_oldest_first": is_oldest_first} if kind.has_order else {}
    async with kind.serving(**options) as (page, client):
        count = 2 * kind.part_size + 30
        page.add_component("API")
        began_at = now_ms() // 1_000 * 1_000  # Some pages keep whole seconds.
        for number in range(count):
            page.clock_ahead_s = number - 10_000 + 0.2 - (now_ms() - began_at) / 1_000
            is_open = number % 50 == 0
            status = IncidentStatus.INVESTIGATING if is_open else IncidentStatus.RESOLVED
            page.declare(f"Errors {number}", status, "x")
        page.clock_ahead_s = 0
        open_titles = {f"Errors {number}" for number in range(0, count, 50)}
        permits = Permits()
        assert {incident.title for incident in await client.list_unresolved(permits)} == open_titles
        assert permits.count == len(page.requests)
        latest = await client.list_recent(began_at - (10_000 - count + 15) * 1_000, permits)
        assert {incident.title for incident in latest} == {f"Errors {number}" for number in range(count - 15, count)}
        assert permits.count == len(page.requests)
        if not kind.reads_each:
            before = permits.count
            assert {item.title for item in await client.list_recent(0, permits)} == {
                f"Errors {number}" for number in range(count)
            }
            assert permits.count == before + 3
        before = permits.count
        assert await client.list_recent(now_ms() + 16 * 3_600_000, permits) == []
        assert permits.count == before + (3 if is_oldest_first else 1)


@over_kinds
async def test_hostile_words_are_made_inert(kind: Kind) -> None:
    async with kind.serving() as (page, client):
        page.add_component(HOSTILE)
        incident_id = page.declare(HOSTILE, IncidentStatus.INVESTIGATING, HOSTILE)
        page.append(incident_id, IncidentStatus.IDENTIFIED, HOSTILE)
        components = await client.list_components(allow)
        shown = await client.get_incident(incident_id)
        assert shown is not None
        assert "owned" in shown.title
        listed = [*await client.list_unresolved(allow), *await client.list_recent(0, allow)]
        assert [incident.remote_id for incident in listed] == [incident_id] * 2
        assert is_inert([components, shown, listed])
        assert "owned" in components[0].name


@over_kinds
async def test_a_page_that_is_something_else_is_a_doubt(kind: Kind) -> None:
    async with kind.serving() as (page, client):
        calls: tuple[tuple[str, Callable[[], Awaitable[object]]], ...] = (
            ("list_components", partial(client.list_components, allow)),
            ("list_unresolved", partial(client.list_unresolved, allow)),
            ("list_recent", partial(client.list_recent, 0, allow)),
            ("get_incident", partial(client.get_incident, "x")),
        )
        for name, call in calls:
            page.read_faults.append(Fault.WRONG_SHAPE_AFTER)
            with pytest.raises(AmbiguousError, match=f"not {kind.say(name)}:"):
                await call()
            page.read_faults.append(Fault.EMPTY_204_AFTER)
            with pytest.raises(AmbiguousError, match="204 and not a word"):
                await call()
        assert await client.list_recent(0, allow) == []


@over_kinds
async def test_components_of_one_name_are_told_apart_by_their_groups(kind: Kind) -> None:
    async with kind.serving() as (page, client):
        ids = [page.add_component("API", group) for group in ("Edge", "Core")] + [page.add_component("Web")]
        for is_routine in (False, True):
            found = await client.list_components(allow, is_routine=is_routine)
            assert [(item.remote_id, item.name, item.group) for item in found] == [
                (ids[0], "API", "Edge"),
                (ids[1], "API", "Core"),
                (ids[2], "Web", ""),
            ]


@over_kinds
async def test_a_missing_incident_is_none(kind: Kind) -> None:
    async with kind.serving() as (_, client):
        assert await client.get_incident("77") is None


@over_kinds
async def test_the_page_tells_its_name(kind: Kind) -> None:
    async with kind.serving() as (page, client):
        assert await client.read_page() == kind.described(page)


@over_kinds
async def test_what_customers_read_is_looked_for_without_the_token(kind: Kind) -> None:
    async with kind.serving() as (page, client):
        (update,) = (await client.create_incident(make_first(page, body="Zeile 1 <b> &\nüäö"))).updates
        shown = await client.read_public({update.remote_id: update.body, "other": "Never said."})
        assert shown == {update.remote_id: update.body}
        before = len(page.requests)
        assert kind is STATUSPAGE or await client.read_public({}) == {}
        assert len(page.requests) == before


@over_kinds
async def test_a_call_without_a_permit_is_one_request_and_one_try(kind: Kind) -> None:
    async with kind.serving() as (page, client):
        first = make_first(page)
        permits = Permits()
        await client.list_components(permits)
        baseline = await client.create_incident(first)
        await client.list_unresolved(permits)
        await client.list_recent(0, permits)
        assert len(page.requests) == permits.count + 1
        calls: tuple[Callable[[], Awaitable[object]], ...] = (
            client.read_page,
            partial(client.get_incident, baseline.remote_id),
            partial(client.create_incident, first),
            partial(client.update_incident, baseline, first),
        )
        for call in calls:
            before = len(page.requests)
            await call()
            extra = kind.steps_before_update if call == calls[-1] else 0
            assert len(page.requests) == before + (kind.described(page) is not None or call != calls[0]) + extra
        before = page.count_writes()
        for fault in FAILURES:
            page.faults.append(fault)
            with pytest.raises(PageError):
                await client.create_incident(first)
        assert page.count_writes() == before + len(FAILURES)
