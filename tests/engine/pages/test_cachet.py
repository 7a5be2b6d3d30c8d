from __future__ import annotations

from email.utils import formatdate
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.fakes.kinds import CACHET as KIND
from tests.engine.fakes.proving import (
    Permits,
    allow,
    is_inert,
    look_up,
    make_message,
    prove,
)
from tests.engine.faultkinds import Fault
from tests.engine.publishing import begin_epoch, confirm, declare, make_work

from oncall_tui.clock import now_ms
from oncall_tui.domain.capability import Said, list_losses
from oncall_tui.domain.incident import ComponentStatus, IncidentStatus
from oncall_tui.domain.remote import RemoteIncident
from oncall_tui.engine.pages.cachet import CAPABILITIES
from oncall_tui.engine.pages.cachet_shapes import find_zone_ms, read_document, read_incident
from oncall_tui.engine.pages.errors import AmbiguousError, NotAppliedError, RefusedByPageError
from oncall_tui.engine.searching import Search
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.store.database import open_database
from oncall_tui.store.outbox import list_deliveries

HOSTILE = "\x1b]0;owned\x07[/x] \u202ebad"
HOUR_MS = 3_600_000


async def test_what_is_written_is_what_was_said() -> None:
    async with KIND.serving() as (page, client):
        api, web = page.add_component("API"), page.add_component("Web")
        message = make_message(components={api: ComponentStatus.MAJOR_OUTAGE}, notify=True, body="Zeile 1\nüäö")
        created = await client.create_incident(message)
        (_, path, fields) = page.writes[0]
        stamped_at = int(fields["meta"].pop("oncall_at"))
        assert abs(stamped_at - message.sent_at) < 2_000
        assert path == "/api/incidents"
        assert fields == {
            "name": "Errors",
            "message": "Zeile 1\nüäö",
            "status": 1,
            "visible": True,
            "notifications": True,
            "components": [{"id": int(api), "status": 4}],
            "meta": {"oncall_uid": "incident-1", "oncall_ops": ["op-1"]},
        }
        read = await client.get_incident(created.remote_id)
        assert read is not None
        assert (read.uid, read.ops, read.updates) == ("incident-1", ("op-1",), created.updates)
        await client.update_incident(read, make_message(title=None, status=IncidentStatus.RESOLVED))
        assert page.find_latest(int(api)) == page.find_latest(int(web)) == 1


async def test_components_come_in_parts() -> None:
    async with KIND.serving() as (page, client):
        for number in range(120):
            page.add_component(f"C{number}")
        permits = Permits()
        assert len(await client.list_components(permits)) == 120
        assert permits.count == 2


async def test_each_message_says_whether_it_notifies() -> None:
    async with KIND.serving() as (page, client):
        shown = await client.create_incident(make_message(body="first", notify=False))
        for number, notify in enumerate([True, False, True, True, False]):
            words = f"{number} {notify}"
            shown = await client.update_incident(shown, make_message(title=None, body=words, notify=notify))
        assert page.mails == ["0 True", "2 True", "3 True"]
        assert all("notifications" in fields for method, _, fields in page.writes if method == "PUT")


async def test_what_others_stamped_stays_and_a_title_is_changed() -> None:
    async with KIND.serving() as (page, client):
        created = await client.create_incident(make_message())
        page.incidents[int(created.remote_id)]["meta"]["region"] = "eu"
        await client.update_incident(created, make_message(title="Other words"))
        incident = page.incidents[int(created.remote_id)]
        assert incident["name"] == "Other words"
        assert incident["meta"]["region"] == "eu"
        page.open("Theirs", 1, "x")
        found = await client._line.ask("GET", "/incidents", params={"filter[meta][oncall_uid]": "incident-1"})
        assert [item["id"] for item in read_document(found).items] == [created.remote_id]


@pytest.mark.parametrize("minutes", [0, 120, -480, 345, 840])
async def test_a_creation_in_doubt_is_found_by_its_stamp(minutes: int) -> None:
    async with KIND.serving(zone_minutes=minutes) as (page, client):
        page.open("Errors", 1, "Looking.")
        page.faults.append(Fault.E500_AFTER)
        message = make_message()
        with pytest.raises(AmbiguousError):
            await client.create_incident(message)
        page.edit("2", 2, "A colleague was quicker.")
        ours = await look_up(client, message)
        assert ours is not None
        assert ours.remote_id == "2"
        assert prove(client, message, ours)
        assert abs(ours.created_at - message.sent_at) < 2_000
        assert page.count_writes() == 1


@pytest.mark.parametrize("fault", [Fault.E500_BEFORE, Fault.E500_AFTER, Fault.DROP_AFTER, Fault.HALF_JSON])
async def test_what_goes_before_an_update_leaves_no_doubt(fault: Fault) -> None:
    async with KIND.serving() as (page, client):
        api = page.add_component("API")
        baseline = await client.create_incident(make_message())
        message = make_message(op="op-2", title=None, notify=True, components={api: ComponentStatus.PARTIAL_OUTAGE})
        for faults in ([fault], [Fault.NONE, fault]):
            page.faults += faults
            with pytest.raises(NotAppliedError):
                await client.update_incident(baseline, message)
            read = await client.get_incident(baseline.remote_id)
            assert read is not None
            assert prove(client, message, read, baseline) is None
        await client.update_incident(baseline, message)
        assert page.mails == ["Looking."]
        assert page.find_latest(int(api)) == 3


async def test_components_are_set_and_freed_by_hand_where_the_page_does_not() -> None:
    async with KIND.serving() as (page, client):
        api, web = page.add_component("API"), page.add_component("Web")
        shown = await client.create_incident(make_message(components={api: ComponentStatus.DEGRADED_PERFORMANCE}))
        read: RemoteIncident | None = None
        for state, seen in [
            (ComponentStatus.MAJOR_OUTAGE, ComponentStatus.MAJOR_OUTAGE),
            (ComponentStatus.OPERATIONAL, ComponentStatus.DEGRADED_PERFORMANCE),
            (ComponentStatus.PARTIAL_OUTAGE, ComponentStatus.PARTIAL_OUTAGE),
        ]:
            read = await client.get_incident(shown.remote_id)
            assert read is not None
            shown = await client.update_incident(read, make_message(title=None, body=state, components={api: state}))
            read = await client.get_incident(shown.remote_id)
            assert read is not None
            assert read.components == shown.components == {"API": seen}
        assert read is not None
        count = len(page.writes)
        same = make_message(title=None, components={api: ComponentStatus.PARTIAL_OUTAGE})
        await client.update_incident(read, same)
        assert [path for _, path, _ in page.writes[count:]] == ["/api/incidents/3", "/api/incidents/3/updates"]
        resolve = make_message(
            title=None,
            status=IncidentStatus.RESOLVED,
            components=dict.fromkeys((api, web), ComponentStatus.OPERATIONAL),
        )
        over = await client.update_incident(read, resolve)
        assert over.components["API"] is ComponentStatus.OPERATIONAL
        found = {item.name: item.status for item in await client.list_components(allow)}
        assert found == dict.fromkeys(("API", "Web"), ComponentStatus.OPERATIONAL)


async def test_an_old_list_is_not_read_to_its_end() -> None:
    async with KIND.serving() as (page, client):
        for number in range(300):
            page.open(f"Errors {number}", 4, "x")
            page.incidents[number + 1]["at"] -= (300 - number) * 3_600
        for hours, parts in ((24, 1), (100, 2)):
            permits = Permits()
            assert len(await client.list_recent(now_ms() - hours * HOUR_MS, permits)) in (hours - 1, hours)
            assert permits.count == parts


@pytest.mark.parametrize("minutes", [0, 120, -210])
async def test_times_are_read_in_the_zone_that_our_own_incidents_show(minutes: int) -> None:
    async with KIND.serving(zone_minutes=minutes) as (page, first):
        page.open("Theirs", 1, "x")
        await first.create_incident(make_message())
        async with KIND.connected(page) as client:
            ours, theirs = await client.list_unresolved(allow)
            assert abs(ours.created_at - now_ms()) < 10_000
            assert abs(theirs.created_at - now_ms()) < 10_000
            updated = await client.update_incident(theirs, make_message(title=None))
            assert abs(updated.updates[-1].created_at - now_ms()) < 10_000


async def test_an_answer_to_a_write_shows_the_zone() -> None:
    async with KIND.serving(zone_minutes=330) as (page, client):
        incident_id = page.open("Theirs", 1, "x")
        blind = await client.get_incident(incident_id)
        assert blind is not None
        assert abs(blind.created_at - now_ms() - 330 * 60_000) < 10_000
        updated = await client.update_incident(blind, make_message(title=None))
        assert abs(updated.updates[-1].created_at - now_ms()) < 10_000
        read = await client.get_incident(incident_id)
        assert read is not None
        assert abs(read.created_at - now_ms()) < 10_000


async def test_a_time_with_its_zone_is_taken_at_its_word() -> None:
    async with KIND.serving(zone_minutes=-300, says_zone=True) as (page, client):
        incident_id = page.open("Theirs", 1, "x")
        created = await client.create_incident(make_message())
        read = await client.get_incident(incident_id)
        assert read is not None
        for incident in (created, read):
            assert abs(incident.created_at - now_ms()) < 10_000


@given(quarters=st.integers(-48, 56), at=st.integers(0, 4_000_000_000_000), delay_ms=st.integers(-440_000, 440_000))
def test_a_zone_is_found_whatever_the_way_there_takes(quarters: int, at: int, delay_ms: int) -> None:
    zone_ms = quarters * 900_000
    assert find_zone_ms(at + zone_ms + delay_ms, at) == zone_ms


@given(st.integers(), st.integers())
def test_what_is_found_is_a_zone(shown_at: int, at: int) -> None:
    assert -12 * HOUR_MS <= find_zone_ms(shown_at, at) <= 14 * HOUR_MS
    assert find_zone_ms(shown_at, at) % 900_000 == 0


@pytest.mark.parametrize("is_date", [False, True])
async def test_a_page_that_is_asked_too_often_gets_its_rest(is_date: bool) -> None:
    async with KIND.serving() as (page, client):
        page.retry_after = formatdate(page.now() + 40, usegmt=True) if is_date else "40"
        baseline = await client.create_incident(make_message())
        for faults in ([Fault.T429], [Fault.NONE, Fault.T429]):
            page.faults += faults
            with pytest.raises(NotAppliedError) as caught:
                await client.update_incident(baseline, make_message(title=None))
            assert caught.value.wait_ms is not None
            assert 30_000 < caught.value.wait_ms <= 40_000
        assert page.incidents[1]["updates"] == []


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "x" * 256},
        {"body": ""},
        {"components": {"99": ComponentStatus.OPERATIONAL}},
        {"components": {"a²": "operational"}},
    ],
)
async def test_what_the_page_does_not_take_is_refused(changes: dict[str, object]) -> None:
    async with KIND.serving() as (page, client):
        with pytest.raises(RefusedByPageError, match="corrected one"):
            await client.create_incident(make_message(**changes))
        assert page.incidents == {}


def test_what_the_page_cannot_hold_is_told() -> None:
    losses = list_losses(
        CAPABILITIES,
        title="x" * 256,
        body="x",
        status=IncidentStatus.MONITORING,
        components=dict.fromkeys(map(str, ComponentStatus), ComponentStatus.UNDER_MAINTENANCE),
        has_impact_override=True,
    )
    assert [loss.is_blocking for loss in losses] == [True, False]
    better = list_losses(
        CAPABILITIES,
        title="x",
        body="x",
        status=IncidentStatus.MONITORING,
        components={"API": ComponentStatus.OPERATIONAL, "Web": ComponentStatus.MAJOR_OUTAGE},
        has_impact_override=False,
        said=[
            Said(
                IncidentStatus.INVESTIGATING,
                {"API": ComponentStatus.MAJOR_OUTAGE, "Web": ComponentStatus.PARTIAL_OUTAGE},
            )
        ],
    )
    assert [loss.message for loss in better] == [
        "cachet shows no component better than declared until the incident is over: API"
    ]


async def test_what_was_stamped_is_found_whatever_the_clocks_say(tmp_path: Path) -> None:
    path = tmp_path / "oncall.db"
    with open_database(path) as db:
        async with KIND.serving(clock_ahead_s=-40 * 86_400) as (page, client):
            incident = declare(db)
            confirm(db, incident.id, "Looking.")
            message = make_message(uid=incident.uid)
            page.faults.append(Fault.E500_AFTER)
            with pytest.raises(AmbiguousError):
                await client.create_incident(message)
            page.open("Errors 1", 1, "Looking.")
            store = StoreThread(path)
            await store.start()
            search = Search(make_work(store, client, KIND.make_config(page), begin_epoch(db)))
            (delivery,) = list_deliveries(db)
            before = len(page.requests)
            found = await search.read_ours(delivery, is_looking=True)
            await store.close()
            assert found.ours is not None
            assert found.ours.uid == incident.uid
            assert len(page.requests) == before + 1
            assert await client.find_incident("another") is None
            page.read_faults.append(Fault.WRONG_SHAPE_AFTER)
            with pytest.raises(AmbiguousError, match="not a list"):
                await client.find_incident(incident.uid)


async def test_states_that_only_the_page_has_are_taken() -> None:
    async with KIND.serving() as (page, client):
        api = page.add_component("API", status=5)
        incident_id = page.open("Unknown", 0, "x", components=[{"id": int(api), "status": 5}])
        (shown,) = await client.list_unresolved(allow)
        assert shown.remote_id == incident_id
        assert shown.status is IncidentStatus.INVESTIGATING
        assert shown.components == {"API": ComponentStatus.DEGRADED_PERFORMANCE}


async def test_hostile_words_are_made_inert() -> None:
    async with KIND.serving() as (page, client):
        api = page.add_component(HOSTILE)
        incident_id = page.open(
            HOSTILE,
            1,
            HOSTILE,
            components=[{"id": int(api), "status": 2}],
            meta={"oncall_uid": HOSTILE, "oncall_at": "²"},
        )
        page.edit(incident_id, 2, HOSTILE)
        shown = await client.get_incident(incident_id)
        assert shown is not None
        assert is_inert(shown)
        assert is_inert(await client.list_components(allow))


_KEYS = ["id", "type", "attributes", "relationships", "updates", "components", "data", "included", "status", "value"]
_KEYS += ["created", "string", "message", "meta", "oncall_at", "oncall_ops", "pivot", "component_status"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["2026-01-01 00:00:00", "1", "x", "²", "9" * 12]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_KEYS), inner, max_size=6),
    max_leaves=20,
)


@given(JSON)
def test_any_document_is_read_or_left(value: object) -> None:
    document = read_document(value)
    for item in document.items:
        incident = read_incident(item, document.included, {}, 0)
        assert incident is None or incident.remote_id


async def test_public_words_are_read_where_guests_can_see_them() -> None:
    async with KIND.serving() as (page, client):
        page.open("Hidden", 1, "Not for guests.", visible=False)
        created = await client.create_incident(make_message(body="We are looking\ninto <it>."))
        update = created.updates[0]
        shown = await client.read_public({update.remote_id: update.body, "other": "Not for guests."})
        assert shown == {update.remote_id: update.body}
