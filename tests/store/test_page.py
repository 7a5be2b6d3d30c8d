from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from oncall_tui.domain.incident import ComponentStatus, Impact, IncidentStatus, Phase, Severity
from oncall_tui.domain.remote import RemoteComponent, RemoteIncident, RemoteUpdate
from oncall_tui.domain.update import DeliveryKind
from oncall_tui.store.database import Database, open_database
from oncall_tui.store.deliveries import claim_delivery, settle_delivered, settle_retry
from oncall_tui.store.drafts import create_draft
from oncall_tui.store.incidents import (
    declare_incident,
    edit_incident,
    get_incident,
    list_component_ids,
    list_components,
    list_incidents,
)
from oncall_tui.store.lease import take_lease
from oncall_tui.store.outbox import confirm_update
from oncall_tui.store.page import apply_components, apply_incident, spend_request
from oncall_tui.store.probes import replace_probes
from oncall_tui.store.timeline import list_entries
from oncall_tui.store.updates import list_updates
from oncall_tui.store.watcher import Watcher

REMOTE = RemoteIncident(
    remote_id="r1",
    title="Errors",
    status=IncidentStatus.INVESTIGATING,
    impact=Impact.MAJOR,
    created_at=1_000,
    updated_at=1_000,
    components={"API": ComponentStatus.PARTIAL_OUTAGE},
    updates=(RemoteUpdate("u1", IncidentStatus.INVESTIGATING, "Looking.", 1_000),),
)


def say_more(remote: RemoteIncident, number: int, status: IncidentStatus, body: str) -> RemoteIncident:
    update = RemoteUpdate(f"u{number}", status, body, 1_000 * number)
    return replace(remote, status=status, updated_at=1_000 * number, updates=(*remote.updates, update))


def confirm_first(db: Database, pages: Sequence[str] = ("page",)) -> int:
    incident = declare_incident(
        db,
        uid="ours",
        title="Errors",
        components={"API": ComponentStatus.PARTIAL_OUTAGE},
        probes=(),
        severity=Severity.SEV2,
        started_at=1,
        actor="ana",
        now=2,
    )
    confirm_update(
        db,
        incident.id,
        uid="op1",
        status=IncidentStatus.INVESTIGATING,
        body="Looking.",
        components=incident.components,
        next_update_at=9_000_000,
        notify=True,
        actor="ana",
        now=3,
        pages=pages,
    )
    return incident.id


def publish_first(db: Database) -> int:
    incident_id = confirm_first(db)
    epoch = take_lease(db, pid=1, host="h", boot_id="b", version="1", mode="stay", now=4)
    assert claim_delivery(db, 1, epoch, DeliveryKind.CREATE, (), 5)
    assert settle_delivered(
        db,
        1,
        epoch,
        remote_incident_id="r1",
        remote_update_id="u1",
        remote_url="https://status.example.com/r1",
        page_title="Errors",
        page_updated_at=1_000,
        delivered_at=6,
        now=6,
    )
    return incident_id


def test_an_incident_made_on_the_page_comes_here_once(db: Database) -> None:
    assert apply_incident(db, REMOTE, 2_000)
    assert not apply_incident(db, REMOTE, 3_000)
    (incident,) = list_incidents(db)
    assert (incident.title, incident.is_local, incident.components) == ("Errors", False, REMOTE.components)
    assert [update.body for update in list_updates(db, incident.id)] == ["Looking."]


def test_what_we_published_is_not_taken_for_somebody_elses(db: Database) -> None:
    incident_id = publish_first(db)
    assert not apply_incident(db, replace(REMOTE, uid="ours"), 2_000)
    assert [update.is_local for update in list_updates(db, incident_id)] == [True]
    assert len(list_incidents(db)) == 1


def test_what_was_taken_for_somebody_elses_and_is_ours_is_joined(db: Database) -> None:
    """A page whose lists lack our stamp, read between two tries of making the incident."""
    ours = declare_incident(
        db,
        uid="ours",
        title="Errors",
        components={},
        probes=(),
        severity=Severity.SEV2,
        started_at=1,
        actor="ana",
        now=2,
    )
    update = confirm_update(
        db,
        ours.id,
        uid="op1",
        status=IncidentStatus.INVESTIGATING,
        body="Looking.",
        components={},
        next_update_at=None,
        notify=True,
        actor="ana",
        now=3,
    )
    epoch = take_lease(db, pid=1, host="h", boot_id="b", version="1", mode="stay", now=4)
    delivery_id = update.delivery_id
    assert delivery_id is not None
    assert claim_delivery(db, delivery_id, epoch, DeliveryKind.CREATE, (), 5)
    assert settle_retry(db, delivery_id, epoch, next_try_at=9, reason="429", now=6)
    remote = say_more(REMOTE, 2, IncidentStatus.IDENTIFIED, "Found it.")
    assert apply_incident(db, remote, 7)
    assert len(list_incidents(db)) == 2
    assert settle_delivered(
        db,
        delivery_id,
        epoch,
        remote_incident_id="r1",
        remote_update_id="u1",
        remote_url=None,
        page_title="Errors",
        page_updated_at=2_000,
        delivered_at=8,
        now=10,
    )
    assert apply_incident(db, remote, 11)
    assert not apply_incident(db, remote, 11)
    (joined,) = list_incidents(db)
    assert joined.status is IncidentStatus.IDENTIFIED
    assert (joined.id, joined.listings["page"].remote_id) == (ours.id, "r1")
    assert {(each.body, each.is_local) for each in list_updates(db, ours.id)} == {
        ("Looking.", True),
        ("Found it.", False),
    }


def test_our_own_incident_is_left_to_the_reconciliation_before_it_is_settled(db: Database) -> None:
    epoch = take_lease(db, pid=1, host="h", boot_id="b", version="0", mode="stay", now=1)
    incident_id = confirm_first(db)
    assert claim_delivery(db, 1, epoch, DeliveryKind.CREATE, (), 5)
    assert not apply_incident(db, replace(REMOTE, uid="ours"), 2_000)
    assert settle_retry(db, 1, epoch, next_try_at=9, reason="r", now=6)
    assert apply_incident(db, replace(REMOTE, uid="ours"), 2_000)
    assert get_incident(db, incident_id).listings["page"].remote_id == "r1"
    assert len(list_incidents(db)) == 1


def test_somebody_elses_update_moves_the_incident_and_is_told(db: Database) -> None:
    incident_id = publish_first(db)
    before = get_incident(db, incident_id)
    assert apply_incident(db, say_more(REMOTE, 2, IncidentStatus.IDENTIFIED, "Found it."), 3_000)
    after = get_incident(db, incident_id)
    assert after.status == IncidentStatus.IDENTIFIED
    assert after.revision > before.revision
    assert "Found it." in list_entries(db, incident_id)[0].text
    assert after.conflict == ""


def test_with_a_draft_open_it_is_a_conflict_that_is_shown(db: Database) -> None:
    incident_id = publish_first(db)
    create_draft(
        db,
        incident_id,
        "t1",
        status=IncidentStatus.INVESTIGATING,
        body="My words",
        components={},
        next_update_at=None,
        template=None,
        actor="ana",
        now=7,
    )
    apply_incident(db, say_more(REMOTE, 2, IncidentStatus.RESOLVED, "All good."), 3_000)
    incident = get_incident(db, incident_id)
    assert "All good." in incident.conflict
    assert (incident.status, incident.phase) == (IncidentStatus.RESOLVED, Phase.RESOLVED)


def test_a_title_that_we_changed_and_have_not_sent_stays_ours(db: Database) -> None:
    incident_id = publish_first(db)
    edit_incident(db, replace(get_incident(db, incident_id), title="Sign-in fails"), "ana", 8)
    apply_incident(db, replace(REMOTE, title="Web title", updated_at=2_000), 3_000)
    incident = get_incident(db, incident_id)
    assert incident.title == "Sign-in fails"
    assert "Web title" in incident.conflict


def test_with_words_of_ours_in_the_queue_their_status_does_not_overwrite_ours(db: Database) -> None:
    incident_id = publish_first(db)
    confirm_update(
        db,
        incident_id,
        uid="op2",
        status=IncidentStatus.MONITORING,
        body="Fixed, watching.",
        components={},
        next_update_at=None,
        notify=True,
        actor="ana",
        now=9,
    )
    apply_incident(db, say_more(REMOTE, 2, IncidentStatus.IDENTIFIED, "Found it."), 3_000)
    incident = get_incident(db, incident_id)
    assert incident.status == IncidentStatus.MONITORING
    assert "Found it." in incident.conflict


def test_components_are_matched_by_id_then_by_name(db: Database) -> None:
    replace_probes(db, (), [("API", None), ("Web", "w1")])
    apply_components(
        db,
        [
            RemoteComponent("a1", "API", ComponentStatus.OPERATIONAL),
            RemoteComponent("w1", "Website", ComponentStatus.DEGRADED_PERFORMANCE),
            RemoteComponent("m1", "Mail", ComponentStatus.OPERATIONAL),
        ],
    )
    assert {component.name: component.page_status for component in list_components(db)} == {
        "API": ComponentStatus.OPERATIONAL,
        "Web": ComponentStatus.DEGRADED_PERFORMANCE,
        "Mail": ComponentStatus.OPERATIONAL,
    }
    assert read_ids(db) == {"API": "a1", "Web": "w1", "Mail": "m1"}
    apply_components(db, [RemoteComponent("a1", "API", ComponentStatus.OPERATIONAL)])
    assert [component.name for component in list_components(db)] == ["API", "Web"]


def read_ids(db: Database) -> dict[str, str | None]:
    ids = list_component_ids(db)
    return {component.name: ids.get(component.name) for component in list_components(db)}


def test_a_component_follows_its_new_name_on_the_page_and_in_the_config(db: Database) -> None:
    apply_components(db, [RemoteComponent("a1", "API", ComponentStatus.OPERATIONAL)])
    apply_components(db, [RemoteComponent("a1", "Public API", ComponentStatus.OPERATIONAL)])
    assert read_ids(db) == {"Public API": "a1"}
    replace_probes(db, (), [("Open API", None)])
    apply_components(db, [RemoteComponent("a1", "Open API", ComponentStatus.OPERATIONAL)])
    assert read_ids(db) == {"Open API": "a1"}


def test_a_component_that_was_made_anew_on_the_page_gets_its_new_id(db: Database) -> None:
    replace_probes(db, (), [("API", None)])
    apply_components(db, [RemoteComponent("a1", "API", ComponentStatus.OPERATIONAL)])
    apply_components(db, [RemoteComponent("a2", "API", ComponentStatus.OPERATIONAL)])
    assert read_ids(db) == {"API": "a2"}


def test_of_two_components_with_one_name_each_configured_id_keeps_its_own(db: Database) -> None:
    replace_probes(db, (), [("API", "a1")])
    twins = [RemoteComponent(item, "API", ComponentStatus.OPERATIONAL) for item in ("a2", "a1")]
    apply_components(db, twins)
    assert read_ids(db) == {"API": "a1", "API (a2)": "a2"}


def test_a_look_that_finds_nothing_new_wakes_no_screen(db: Database) -> None:
    watcher = Watcher(db.path)
    components = [RemoteComponent("a1", "API", ComponentStatus.OPERATIONAL)]
    apply_components(db, components)
    apply_incident(db, REMOTE, 2_000)
    watcher.changed_topics()
    apply_components(db, components)
    apply_incident(db, REMOTE, 3_000)
    assert watcher.changed_topics() == frozenset()
    apply_components(db, [replace(components[0], status=ComponentStatus.MAJOR_OUTAGE)])
    apply_incident(db, say_more(REMOTE, 4, IncidentStatus.IDENTIFIED, "Found."), 4_000)
    assert watcher.changed_topics() == {"components", "incidents", "outbox", "timeline"}
    watcher.close()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3_000), st.booleans()), max_size=60))
def test_no_rolling_minute_holds_more_requests_than_allowed(steps: list[tuple[int, bool]]) -> None:
    with tempfile.TemporaryDirectory() as folder, open_database(Path(folder) / "o.db") as db:
        now = 1_000_000
        sent: list[int] = []
        for pause, is_read in steps:
            now += pause
            wait_ms = spend_request(db, now, limit=6, reserve=3 if is_read else 0)
            inside = [at for at in sent if at > now - 60_000]
            if wait_ms == 0:
                sent.append(now)
                assert len(inside) < (3 if is_read else 6)
            else:
                assert len(inside) >= (3 if is_read else 6)
                assert spend_request(db, now + wait_ms, limit=6, reserve=3 if is_read else 0) == 0
                sent.append(now + wait_ms)
                now += wait_ms
