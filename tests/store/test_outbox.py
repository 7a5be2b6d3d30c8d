from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from msgspec.structs import replace

from oncall_tui.domain.errors import ConflictError, NotFoundError, RefusedError
from oncall_tui.domain.incident import ComponentStatus, Impact, Incident, IncidentStatus, Phase, Severity
from oncall_tui.domain.remote import RemoteIncident, RemoteUpdate
from oncall_tui.domain.update import Delivery, DeliveryKind, DeliveryState, IncidentUpdate
from oncall_tui.store.database import Database, open_database
from oncall_tui.store.deliveries import (
    adopt_orphans,
    claim_delivery,
    has_earlier_attempts,
    mark_seen,
    settle_absent,
    settle_asking,
    settle_delivered,
    settle_failed,
    settle_retry,
    settle_uncertain,
    shorten_waits,
    was_known,
)
from oncall_tui.store.incidents import declare_incident, edit_incident, get_incident, list_incidents
from oncall_tui.store.lease import take_lease
from oncall_tui.store.outbox import (
    confirm_update,
    drop_delivery,
    get_delivery,
    list_deliveries,
    list_due,
    list_unseen,
    next_due_at,
    retry_delivery,
)
from oncall_tui.store.page import apply_incident
from oncall_tui.store.timeline import list_entries
from oncall_tui.store.updates import list_updates

NOW = 1_000_000


@pytest.fixture
def epoch(db: Database) -> int:
    return take(db)


@pytest.fixture
def incident(db: Database) -> Incident:
    return declare(db)


def take(db: Database) -> int:
    return take_lease(db, pid=1, host="h", boot_id="b", version="0", mode="stay", now=NOW)


def declare(db: Database, uid: str = "incident-1") -> Incident:
    return declare_incident(
        db,
        uid=uid,
        title="Errors",
        components={"API": ComponentStatus.MAJOR_OUTAGE},
        probes=(),
        severity=Severity.SEV2,
        started_at=1,
        actor="ana",
        now=NOW,
    )


def confirm(
    db: Database,
    incident: Incident,
    uid: str = "op-1",
    status: IncidentStatus = IncidentStatus.INVESTIGATING,
    components: Mapping[str, ComponentStatus] | None = None,
    seen_revision: int | None = None,
) -> IncidentUpdate:
    return confirm_update(
        db,
        incident.id,
        uid=uid,
        status=status,
        body=f"body of {uid}",
        components=components or {},
        next_update_at=NOW + 60_000,
        notify=True,
        actor="ana",
        now=NOW,
        seen_revision=seen_revision,
    )


def claim(db: Database, epoch: int, delivery_id: int = 1) -> bool:
    return claim_delivery(db, delivery_id, epoch, DeliveryKind.CREATE, ["u0"], NOW)


def deliver(db: Database, epoch: int, delivery_id: int = 1, remote_update_id: str = "u1") -> bool:
    return settle_delivered(
        db,
        delivery_id,
        epoch,
        remote_incident_id="r1",
        remote_update_id=remote_update_id,
        remote_url=None,
        page_title="Errors",
        page_updated_at=NOW,
        delivered_at=NOW + 5,
        now=NOW + 6,
    )


def test_confirming_is_one_intention(db: Database, incident: Incident) -> None:
    update = confirm(db, incident, components={"Web": ComponentStatus.OPERATIONAL})
    assert update.delivery is DeliveryState.PENDING
    (delivery,) = list_deliveries(db)
    assert (delivery.kind, delivery.title, delivery.notify) == (DeliveryKind.CREATE, "Errors", True)
    assert delivery.components == {"Web": ComponentStatus.OPERATIONAL}
    changed = get_incident(db, incident.id)
    assert changed.components == {"API": ComponentStatus.MAJOR_OUTAGE, "Web": ComponentStatus.OPERATIONAL}
    assert changed.revision > incident.revision
    assert changed.next_update_at == NOW + 60_000
    assert list_entries(db, incident.id)[0].kind == "queued"


def test_resolving_ends_the_promise_and_the_incident(db: Database, incident: Incident) -> None:
    confirm(db, incident, status=IncidentStatus.RESOLVED)
    changed = get_incident(db, incident.id)
    assert (changed.phase, changed.resolved_at, changed.next_update_at) == (Phase.RESOLVED, NOW, None)


def test_words_reviewed_before_a_change_are_not_sent(db: Database, incident: Incident) -> None:
    confirm(db, incident)
    with pytest.raises(ConflictError):
        confirm(db, incident, "op-2", seen_revision=incident.revision)
    assert len(list_deliveries(db)) == 1
    assert len(list_updates(db, incident.id)) == 1


def test_deliveries_of_an_incident_go_one_by_one(db: Database, incident: Incident, epoch: int) -> None:
    confirm(db, incident)
    confirm(db, incident, "op-2")
    confirm(db, declare(db, "incident-2"), "op-3")
    assert [delivery.uid for delivery in list_due(db, NOW)] == ["op-3", "op-1"]
    assert not claim(db, epoch, 2)
    assert claim(db, epoch, 1)
    assert not claim(db, epoch, 1)
    assert [delivery.uid for delivery in list_due(db, NOW)] == ["op-3"]
    assert deliver(db, epoch)
    assert [delivery.uid for delivery in list_due(db, NOW)] == ["op-3", "op-2"]
    assert get_delivery(db, 2).remote_incident_id == "r1"


def test_a_claim_stands_on_disk_before_it_is_told(path: Path, db: Database, incident: Incident, epoch: int) -> None:
    confirm(db, incident)
    assert claim(db, epoch)
    with open_database(path, is_read_only=True) as other:
        delivery = get_delivery(other, 1)
    assert (delivery.state, delivery.attempts, delivery.epoch) == (DeliveryState.SENDING, 1, epoch)
    assert (delivery.baseline, delivery.sending_at) == (("u0",), NOW)


def test_an_overtaken_engine_changes_nothing(db: Database, incident: Incident, epoch: int) -> None:
    confirm(db, incident)
    assert claim(db, epoch)
    later = take(db)
    assert not deliver(db, epoch)
    assert not settle_retry(db, 1, epoch, next_try_at=NOW, reason="x", now=NOW)
    assert not settle_uncertain(db, 1, epoch, next_try_at=NOW, reason="x", now=NOW)
    assert not settle_failed(db, 1, epoch, reason="x", now=NOW)
    assert not settle_absent(db, 1, epoch, now=NOW)
    assert get_delivery(db, 1).state is DeliveryState.SENDING
    assert adopt_orphans(db, later, NOW + 30, NOW) == 1
    assert adopt_orphans(db, later, NOW + 30, NOW) == 0
    assert list_due(db, NOW + 29) == []
    assert [delivery.state for delivery in list_due(db, NOW + 30)] == [DeliveryState.UNCERTAIN]
    assert settle_absent(db, 1, later, now=NOW)
    assert not claim(db, epoch)
    assert claim(db, later)


def test_a_publisher_that_begins_anew_adopts_what_its_earlier_round_left(
    db: Database, incident: Incident, epoch: int
) -> None:
    confirm(db, incident)
    claim(db, epoch)
    assert adopt_orphans(db, epoch, NOW, NOW) == 1
    assert get_delivery(db, 1).state is DeliveryState.UNCERTAIN


def wait_of(delivery: Delivery) -> tuple[DeliveryState, int | None, str]:
    return delivery.state, delivery.next_try_at, delivery.reason


def test_waits_hold_back_until_they_are_over(db: Database, incident: Incident, epoch: int) -> None:
    confirm(db, incident)
    claim(db, epoch)
    assert settle_retry(db, 1, epoch, next_try_at=NOW + 50, reason="slow down", now=NOW)
    assert wait_of(get_delivery(db, 1)) == (DeliveryState.RETRY_WAIT, NOW + 50, "slow down")
    assert next_due_at(db) == NOW + 50
    assert list_due(db, NOW + 49) == []
    assert len(list_due(db, NOW + 50)) == 1
    assert claim(db, epoch)
    assert next_due_at(db) is None


def test_a_failed_one_holds_back_the_later_ones_until_a_person_decides(
    db: Database, incident: Incident, epoch: int
) -> None:
    confirm(db, incident)
    confirm(db, incident, "op-2")
    assert settle_failed(db, 1, epoch, reason="no", now=NOW)
    assert list_due(db, NOW + 10**9) == []
    assert not retry_delivery(db, 1, "ana", NOW).is_forced
    assert [delivery.id for delivery in list_due(db, NOW)] == [1]
    settle_failed(db, 1, epoch, reason="no", now=NOW)
    assert drop_delivery(db, 1, "ana", NOW).state is DeliveryState.DROPPED
    assert [delivery.id for delivery in list_due(db, NOW)] == [2]


def test_only_who_was_told_of_a_conflict_goes_over_it_by_a_retry(db: Database, incident: Incident, epoch: int) -> None:
    confirm(db, incident)
    settle_failed(db, 1, epoch, reason="conflict", now=NOW, is_conflict=True)
    assert retry_delivery(db, 1, "ana", NOW).is_forced
    settle_failed(db, 1, epoch, reason="the page refused the token", now=NOW)
    assert not retry_delivery(db, 1, "ana", NOW).is_forced


@pytest.mark.parametrize("is_retried", [False, True])
def test_what_is_given_up_in_doubt_is_not_said_to_be_nowhere(
    db: Database, incident: Incident, epoch: int, is_retried: bool
) -> None:
    confirm(db, incident)
    claim(db, epoch)
    settle_asking(db, 1, epoch, next_try_at=NOW, evidence=(), now=NOW)
    if is_retried:
        retry_delivery(db, 1, "ana", NOW)
    assert drop_delivery(db, 1, "ana", NOW).reason == "given up by ana: it may stand on the page"
    confirm(db, incident, "op-2")
    assert drop_delivery(db, 2, "ana", NOW).reason == "dropped by ana"
    texts = [entry.text for entry in list_entries(db, incident.id)]
    assert texts[0] == "delivery dropped: not sent"
    assert "delivery given up: it may stand on the page" in texts


def test_asking_again_never_cuts_the_quiet_period_short(db: Database, incident: Incident, epoch: int) -> None:
    confirm(db, incident)
    claim(db, epoch)
    settle_uncertain(db, 1, epoch, next_try_at=NOW + 30_000, reason="no answer", now=NOW)
    assert retry_delivery(db, 1, "ana", NOW + 1).next_try_at == NOW + 30_000
    assert get_delivery(db, 1).state is DeliveryState.UNCERTAIN


def test_a_look_that_began_before_a_person_answered_does_not_undo_the_answer(
    db: Database, incident: Incident, epoch: int
) -> None:
    confirm(db, incident)
    claim(db, epoch)
    assert settle_asking(db, 1, epoch, next_try_at=NOW + 1, evidence=(), now=NOW)
    retry_delivery(db, 1, "ana", NOW + 2)
    assert not settle_asking(db, 1, epoch, next_try_at=NOW + 60, evidence=(), now=NOW + 3)
    assert not settle_uncertain(db, 1, epoch, next_try_at=NOW + 60, reason="reads lag behind", now=NOW + 3)
    answered = get_delivery(db, 1)
    assert (answered.state, answered.asked_at) == (DeliveryState.PENDING, None)


def test_what_is_in_flight_or_done_is_neither_dropped_nor_retried(db: Database, incident: Incident, epoch: int) -> None:
    confirm(db, incident)
    claim(db, epoch)
    for ask in (drop_delivery, retry_delivery):
        with pytest.raises(RefusedError):
            ask(db, 1, "ana", NOW)
    deliver(db, epoch)
    for ask in (drop_delivery, retry_delivery):
        with pytest.raises(RefusedError):
            ask(db, 1, "ana", NOW)
        with pytest.raises(NotFoundError):
            ask(db, 99, "ana", NOW)


def test_a_dropped_one_is_not_settled_any_more(db: Database, incident: Incident, epoch: int) -> None:
    confirm(db, incident)
    drop_delivery(db, 1, "ana", NOW)
    assert not settle_retry(db, 1, epoch, next_try_at=NOW, reason="x", now=NOW)
    assert not claim(db, epoch)


def test_an_incident_taken_for_a_colleagues_is_folded_into_ours(db: Database, incident: Incident, epoch: int) -> None:
    confirm(db, incident)
    text = "body of op-1"
    theirs = RemoteUpdate("u1", IncidentStatus.INVESTIGATING, text, NOW)
    more = RemoteUpdate("u2", IncidentStatus.IDENTIFIED, "a colleague's", NOW + 1)
    remote = RemoteIncident(
        "r1", "Errors", IncidentStatus.IDENTIFIED, Impact.MAJOR, NOW, NOW + 1, updates=(theirs, more)
    )
    assert apply_incident(db, remote, NOW + 2)
    assert len(list_incidents(db)) == 2
    claim(db, epoch)
    assert deliver(db, epoch)
    (only,) = list_incidents(db)
    assert (only.id, only.listings["page"].remote_id) == (incident.id, "r1")
    assert [update.body for update in list_updates(db, incident.id)] == [text, "a colleague's"]


def test_delivered_is_not_seen(db: Database, incident: Incident, epoch: int) -> None:
    confirm(db, incident)
    claim(db, epoch)
    deliver(db, epoch)
    assert [update.remote_id for update in list_unseen(db)] == ["u1"]
    assert list_updates(db, incident.id)[0].delivered_at == NOW + 5
    assert mark_seen(db, {"u1": "body of op-1", "unknown": "x"}, NOW + 9) == 1
    assert mark_seen(db, {"u1": "body of op-1"}, NOW + 10) == 0
    assert list_updates(db, incident.id)[0].seen_at == NOW + 9
    assert list_unseen(db) == []


def test_a_new_title_goes_out_once(db: Database, incident: Incident, epoch: int) -> None:
    confirm(db, incident)
    claim(db, epoch)
    deliver(db, epoch)
    confirm(db, incident, "op-2")
    assert get_delivery(db, 2).title is None
    edit_incident(db, replace(get_incident(db, incident.id), title="Worse errors"), "ana", NOW)
    confirm(db, incident, "op-3")
    assert (get_delivery(db, 3).title, get_delivery(db, 3).kind) == ("Worse errors", DeliveryKind.UPDATE)


def test_waits_are_brought_back_into_reach(db: Database, incident: Incident, epoch: int) -> None:
    confirm(db, incident)
    claim(db, epoch)
    settle_uncertain(db, 1, epoch, next_try_at=NOW + 10**9, reason="x", now=NOW)
    shorten_waits(db, NOW, 900)
    assert next_due_at(db) == NOW + 900
    shorten_waits(db, NOW, 9_000)
    assert next_due_at(db) == NOW + 900


def test_what_stood_here_when_it_was_confirmed_is_known(db: Database, incident: Incident, epoch: int) -> None:
    confirm(db, incident)
    claim(db, epoch)
    deliver(db, epoch)
    confirm(db, incident, "op-2")
    assert was_known(db, "op-2", "u1")
    assert not was_known(db, "op-1", "u1")
    assert not was_known(db, "op-2", "u2")


def test_earlier_attempts_are_remembered_however_they_ended(db: Database, incident: Incident, epoch: int) -> None:
    confirm(db, incident)
    confirm(db, incident, "op-2")
    assert not has_earlier_attempts(db, 2)
    claim(db, epoch)
    settle_uncertain(db, 1, epoch, next_try_at=NOW, reason="x", now=NOW)
    drop_delivery(db, 1, "ana", NOW)
    assert has_earlier_attempts(db, 2)
    assert not has_earlier_attempts(db, 1)
