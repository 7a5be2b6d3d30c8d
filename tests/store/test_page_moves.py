"""What a page says of an incident's state: taken in with words or without, not for a lag, and after a drop."""

from __future__ import annotations

from msgspec.structs import replace
from tests.store.test_page import REMOTE, publish_first, say_more

from oncall_tui.domain.duration import MINUTE
from oncall_tui.domain.incident import ComponentStatus, Incident, IncidentStatus, Phase
from oncall_tui.domain.remote import RemoteComponent, RemoteIncident
from oncall_tui.domain.update import DeliveryKind
from oncall_tui.store.database import Database
from oncall_tui.store.deliveries import claim_delivery, settle_delivered, settle_failed
from oncall_tui.store.drafts import create_draft
from oncall_tui.store.incidents import edit_incident, get_incident, list_incidents
from oncall_tui.store.outbox import confirm_update, drop_delivery, list_deliveries
from oncall_tui.store.page import apply_components, apply_incident, note_incident_gone, note_page_reached
from oncall_tui.store.timeline import list_entries
from oncall_tui.store.updates import list_updates

LATER = 10 * MINUTE
RESOLVED, MONITORING = IncidentStatus.RESOLVED, IncidentStatus.MONITORING
IDENTIFIED, INVESTIGATING = IncidentStatus.IDENTIFIED, IncidentStatus.INVESTIGATING
OURS = replace(REMOTE, uid="ours")
PAGES = ("eu", "us")


def publish(db: Database) -> int:
    incident_id = publish_first(db)
    assert not apply_incident(db, OURS, 1_000)
    return incident_id


def confirm(
    db: Database, incident_id: int, uid: str, status: IncidentStatus, pages: tuple[str, ...] = ("page",), **states: str
) -> int:
    """Returns the delivery's id."""
    confirm_update(
        db,
        incident_id,
        uid=uid,
        status=status,
        body=f"Words of {uid}.",
        components={name: ComponentStatus(state) for name, state in states.items()},
        next_update_at=None,
        notify=False,
        actor="ana",
        now=2_000,
        pages=pages,
    )
    return list_deliveries(db)[-1].id


def fail(db: Database, delivery_id: int) -> None:
    assert settle_failed(db, delivery_id, 1, reason="401", now=2_000)


def deliver(db: Database, delivery_id: int, page: str, remote_update_id: str, at: int) -> None:
    assert claim_delivery(db, delivery_id, 1, DeliveryKind.UPDATE, (), at)
    assert settle_delivered(
        db,
        delivery_id,
        1,
        remote_incident_id=f"{page}-1",
        remote_update_id=remote_update_id,
        remote_url=None,
        page_title="Errors",
        page_updated_at=at,
        delivered_at=at,
        now=at,
    )


def tell_state(incident: Incident) -> tuple[IncidentStatus, Phase, bool]:
    return incident.status, incident.phase, incident.resolved_at is None


OPEN_AGAIN = (INVESTIGATING, Phase.ACTIVE, True)
OVER = (RESOLVED, Phase.RESOLVED, False)


def test_a_resolve_that_is_dropped_leaves_the_incident_open_as_the_page_shows_it(db: Database) -> None:
    incident_id = publish(db)
    apply_components(db, [RemoteComponent("c1", "API", ComponentStatus.DEGRADED_PERFORMANCE)])
    delivery_id = confirm(db, incident_id, "op2", RESOLVED, API="operational")
    fail(db, delivery_id)
    assert tell_state(get_incident(db, incident_id)) == OVER
    drop_delivery(db, delivery_id, "ben", 3_000)
    incident = get_incident(db, incident_id)
    assert tell_state(incident) == OPEN_AGAIN
    assert incident.conflict == (
        "resolved was not sent (dropped by ben): the page says investigating, so the incident is open here"
    )
    assert incident.next_update_at == 9_000_000
    assert incident.components == {"API": ComponentStatus.DEGRADED_PERFORMANCE}
    apply_incident(db, OURS, 4_000)
    incident = get_incident(db, incident_id)
    assert incident.components == REMOTE.components
    assert "not sent" in incident.conflict
    edit_incident(db, replace(incident, components={"API": ComponentStatus.MAJOR_OUTAGE}), "ana", 5_000)
    apply_incident(db, OURS, 6_000)
    assert get_incident(db, incident_id).components == {"API": ComponentStatus.MAJOR_OUTAGE}


def test_what_a_colleague_resolved_is_over_once_ours_is_dropped(db: Database) -> None:
    incident_id = publish(db)
    delivery_id = confirm(db, incident_id, "op2", MONITORING)
    over = say_more(OURS, 3, RESOLVED, "All good.")
    assert apply_incident(db, over, 3_500)
    fail(db, delivery_id)
    told = list_entries(db, incident_id)
    assert not apply_incident(db, over, 3_600)
    assert list_entries(db, incident_id) == told
    assert "All good." in get_incident(db, incident_id).conflict
    assert get_incident(db, incident_id).status is MONITORING
    drop_delivery(db, delivery_id, "ben", 4_000)
    assert tell_state(get_incident(db, incident_id)) == OVER
    apply_incident(db, say_more(OURS, 3, RESOLVED, "All good."), 5_000)
    assert tell_state(get_incident(db, incident_id)) == OVER


def test_with_more_of_ours_in_the_queue_the_last_of_them_speaks(db: Database) -> None:
    incident_id = publish(db)
    first = confirm(db, incident_id, "op2", IDENTIFIED)
    second = confirm(db, incident_id, "op3", RESOLVED)
    drop_delivery(db, second, "ben", 3_000)
    assert get_incident(db, incident_id).status is IDENTIFIED
    third = confirm(db, incident_id, "op4", MONITORING)
    drop_delivery(db, first, "ben", 4_000)
    assert get_incident(db, incident_id).status is MONITORING
    drop_delivery(db, third, "ben", 5_000)
    assert tell_state(get_incident(db, incident_id)) == OPEN_AGAIN


def test_what_is_delivered_before_one_that_was_dropped_is_what_the_page_says(db: Database) -> None:
    incident_id = publish(db)
    first = confirm(db, incident_id, "op2", IDENTIFIED, API="partial_outage")
    drop_delivery(db, confirm(db, incident_id, "op3", RESOLVED, API="operational"), "ben", 3_000)
    assert claim_delivery(db, first, 1, DeliveryKind.UPDATE, (), 4_000)
    assert settle_delivered(
        db,
        first,
        1,
        remote_incident_id="r1",
        remote_update_id="u3",
        remote_url=None,
        page_title="Errors",
        page_updated_at=3_000,
        delivered_at=4_000,
        now=4_000,
    )
    apply_incident(db, say_more(OURS, 3, IDENTIFIED, "Words of op2."), 4_000)
    incident = get_incident(db, incident_id)
    assert (incident.status, incident.components) == (IDENTIFIED, REMOTE.components)


def test_an_incident_that_no_page_ever_had_stays_as_it_was_left(db: Database) -> None:
    incident_id = publish_first(db)
    with db.write() as connection:
        connection.execute("DELETE FROM page_incident")
    drop_delivery(db, confirm(db, incident_id, "op2", RESOLVED), "ben", 3_000)
    assert tell_state(get_incident(db, incident_id)) == OVER


def publish_on_two(db: Database) -> int:
    incident_id = publish_first(db)
    with db.write() as connection:
        connection.execute("DELETE FROM page_incident")
        for page in PAGES:
            connection.execute("INSERT INTO page(page) VALUES (?)", (page,))
            connection.execute(
                "INSERT INTO page_incident(page, remote_id, incident_id, title, updated_at, shown_status, taken_at) "
                "VALUES (?, ?, ?, 'Errors', 1000, 'investigating', 1000)",
                (page, f"{page}-1", incident_id),
            )
    return incident_id


def show_on(page: str, status: IncidentStatus, at: int) -> RemoteIncident:
    return replace(say_more(REMOTE, at // 1_000, status, f"{page} {at}"), remote_id=f"{page}-1", uid="ours")


def test_an_incident_is_open_as_long_as_one_of_its_pages_shows_it_so(db: Database) -> None:
    incident_id = publish_on_two(db)
    confirm(db, incident_id, "op2", RESOLVED, PAGES)
    eu, us = (delivery.id for delivery in list_deliveries(db))
    deliver(db, eu, "eu", "e2", 3_000)
    drop_delivery(db, us, "ben", 4_000)
    incident = get_incident(db, incident_id)
    assert tell_state(incident) == OPEN_AGAIN
    assert "page us says investigating" in incident.conflict
    apply_incident(db, show_on("us", RESOLVED, 5_000), 5_000, page="us")
    assert tell_state(get_incident(db, incident_id)) == OVER


def test_what_one_page_ends_goes_on_while_another_shows_it_open(db: Database) -> None:
    incident_id = publish_on_two(db)
    apply_incident(db, show_on("eu", RESOLVED, 5_000), 5_000, page="eu")
    incident = get_incident(db, incident_id)
    assert tell_state(incident) == OPEN_AGAIN
    assert "page us still says investigating, so the incident stays open here" in incident.conflict
    apply_incident(db, show_on("us", RESOLVED, 6_000), 6_000, page="us")
    assert tell_state(get_incident(db, incident_id)) == OVER


def test_a_page_that_was_not_told_is_named_and_the_words_that_stand_elsewhere_count(db: Database) -> None:
    incident_id = publish_on_two(db)
    confirm(db, incident_id, "op2", MONITORING, PAGES)
    eu, us = (delivery.id for delivery in list_deliveries(db))
    deliver(db, eu, "eu", "e2", 3_000)
    drop_delivery(db, us, "ben", 4_000)
    incident = get_incident(db, incident_id)
    assert incident.status is MONITORING
    assert incident.conflict == "page us was not told monitoring (dropped by ben): page us says investigating"


def test_a_state_that_was_changed_without_words_is_taken_in(db: Database) -> None:
    incident_id = publish(db)
    moved = replace(OURS, status=RESOLVED, components={}, updated_at=3_000)
    assert apply_incident(db, moved, 3_000)
    assert tell_state(get_incident(db, incident_id)) == OVER
    assert list_entries(db, incident_id)[0].text == "the page says resolved, without a word"
    assert not apply_incident(db, moved, 4_000)
    assert apply_incident(db, replace(OURS, updated_at=5_000), 5_000)
    assert tell_state(get_incident(db, incident_id)) == OPEN_AGAIN


def test_a_silent_move_while_somebody_writes_is_a_conflict_that_is_shown(db: Database) -> None:
    incident_id = publish(db)
    create_draft(
        db,
        incident_id,
        "t1",
        status=INVESTIGATING,
        body="My words",
        components={},
        next_update_at=None,
        template=None,
        actor="ana",
        now=7,
    )
    apply_incident(db, replace(OURS, status=MONITORING, updated_at=3_000), 3_000)
    assert get_incident(db, incident_id).conflict == "the page says monitoring, without a word"


def test_a_review_that_follows_moves_nothing(db: Database) -> None:
    incident_id = publish(db)
    apply_incident(db, say_more(OURS, 3, RESOLVED, "All good."), 3_500)
    before = get_incident(db, incident_id)
    assert not apply_incident(
        db, replace(say_more(OURS, 3, RESOLVED, "All good."), status=IncidentStatus.POSTMORTEM, updated_at=9_000), 9_000
    )
    assert get_incident(db, incident_id) == before


TWO = say_more(REMOTE, 3, IDENTIFIED, "Found it.")


def test_a_message_that_was_removed_is_told_where_the_page_is_dated_by_its_last_one(db: Database) -> None:
    apply_incident(db, TWO, 3_000)
    (incident,) = list_incidents(db)
    assert not apply_incident(db, REMOTE, MINUTE)
    assert apply_incident(db, REMOTE, LATER)
    assert [update.proofs[0].difference for update in list_updates(db, incident.id)] == ["", "an update was removed"]
    assert get_incident(db, incident.id).status is INVESTIGATING
    assert list_entries(db, incident.id)[0].text == "the page says investigating"
    assert not apply_incident(db, REMOTE, LATER + 1)


def test_reads_that_lag_by_a_minute_change_nothing(db: Database) -> None:
    apply_incident(db, REMOTE, 1_000)
    (incident,) = list_incidents(db)
    now = LATER
    edited = replace(TWO, updated_at=now, updates=(*TWO.updates[:1], replace(TWO.updates[1], body="Found it all.")))
    for shown, says in ((replace(TWO, updated_at=now - 10), True), (edited, True), (TWO, False), (REMOTE, False)):
        assert apply_incident(db, shown, now) is says
    for seconds in (1, 30, 60, 110):
        assert not apply_incident(db, REMOTE, now + seconds * 1_000)
        assert not apply_incident(db, edited, now + seconds * 1_000)
    assert get_incident(db, incident.id).status is IDENTIFIED


def test_after_a_clock_was_set_back_an_older_look_is_not_believed_at_once(db: Database) -> None:
    apply_incident(db, TWO, 100 * LATER)
    for seconds in (0, 60, 119):
        assert not apply_incident(db, REMOTE, LATER + seconds * 1_000)
    assert apply_incident(db, REMOTE, LATER + 121_000)


def test_a_date_that_no_clock_of_the_page_can_show_hides_nothing_that_follows(db: Database) -> None:
    note_page_reached(db, LATER, clock_skew_ms=-7_000)
    apply_incident(db, replace(TWO, updated_at=2_000_000_000_000), LATER)
    (incident,) = list_incidents(db)
    over = replace(say_more(TWO, 4, RESOLVED, "Over."), updated_at=LATER - 1_000)
    assert apply_incident(db, over, LATER + 1_000)
    assert get_incident(db, incident.id).status is RESOLVED
    assert not apply_incident(db, over, LATER + 2_000)


def test_an_incident_that_was_deleted_keeps_no_page_from_speaking(db: Database) -> None:
    incident_id = publish_on_two(db)
    assert note_incident_gone(db, "us-1", 2_000, page="us")
    apply_incident(db, show_on("eu", RESOLVED, 5_000), 5_000, page="eu")
    assert tell_state(get_incident(db, incident_id)) == OVER


def test_a_second_one_of_ours_on_the_page_is_shown_here_too(db: Database) -> None:
    incident_id = publish(db)
    again = replace(OURS, remote_id="r2", updates=(replace(OURS.updates[0], remote_id="u9"),))
    assert apply_incident(db, again, 3_000)
    assert not apply_incident(db, again, 4_000)
    other = next(incident for incident in list_incidents(db) if incident.id != incident_id)
    assert (other.listings["page"].remote_id, other.is_local) == ("r2", False)
    assert get_incident(db, incident_id).listings["page"].remote_id == "r1"
