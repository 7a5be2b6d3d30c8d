"""Planned work as pages show it, in the file: which is ours, what is taken in, and what several pages make of it."""

from __future__ import annotations

from msgspec.structs import replace
from tests.store.planned import END, MINUTE, NOON, PAGE, begin_epoch, plan, say

from oncall_tui.domain.incident import ComponentStatus
from oncall_tui.domain.maintenance import Maintenance, MaintenanceStatus, NoticeKind
from oncall_tui.domain.remote import RemoteMaintenance, RemoteMaintenanceUpdate
from oncall_tui.domain.update import DeliveryState
from oncall_tui.store.database import Database
from oncall_tui.store.maintenance import get_maintenance, list_maintenance_entries, list_maintenances
from oncall_tui.store.notice_decisions import drop_notice
from oncall_tui.store.notice_steps import claim_notice, settle_notice, settle_notice_delivered
from oncall_tui.store.notices import list_followed, list_notice_deliveries, list_placements
from oncall_tui.store.page_messages import list_page_messages
from oncall_tui.store.planned_clock import fire_due
from oncall_tui.store.planned_page import note_maintenance_gone, take_in_maintenance

K, D, S = NoticeKind, DeliveryState, MaintenanceStatus
TWO = "other"


def show(
    work: Maintenance,
    remote_id: str = "r1",
    updates: tuple[tuple[str, MaintenanceStatus, str], ...] = (),
    **changes: object,
) -> RemoteMaintenance:
    """Returns our work as a page shows it that has just taken it."""
    shown = RemoteMaintenance(
        remote_id,
        work.title,
        work.status,
        work.starts_at,
        work.ends_at,
        NOON,
        NOON,
        uid=work.uid,
        updates=tuple(RemoteMaintenanceUpdate(each, status, body, NOON) for each, status, body in updates),
    )
    return replace(shown, **changes)


def deliver_all(db: Database, epoch: int, work: Maintenance, pages: tuple[str, ...] = (PAGE,), at: int = NOON) -> None:
    for page in pages:
        for each in list_notice_deliveries(db, work.id):
            if each.page == page and each.state is D.PENDING:
                assert claim_notice(db, each.id, epoch, each.body, (), at)
                remote = show(get_maintenance(db, work.id), f"r-{page}-{work.id}")
                settled = settle_notice_delivered(
                    *(db, each.id, epoch),
                    remote_maintenance_id=remote.remote_id,
                    remote_update_id=f"u-{page}-{each.id}",
                    url=None,
                    body=each.body,
                    reason="",
                    delivered_at=at,
                    now=at,
                    remote=remote,
                )
                assert settled


def test_a_change_on_one_page_is_told_of_the_others(db: Database) -> None:
    epoch, work = begin_epoch(db), plan(db, pages=(PAGE, TWO))
    deliver_all(db, epoch, work, (PAGE, TWO))
    longer = show(work, f"r-{PAGE}-1", ends_at=END + 30 * MINUTE)
    assert take_in_maintenance(db, longer, NOON + 1, page=PAGE)
    assert get_maintenance(db, 1).ends_at == END + 30 * MINUTE
    assert take_in_maintenance(db, show(work, f"r-{TWO}-1"), NOON + 2, page=TWO)
    first, second = sorted(list_placements(db, 1), key=lambda each: each.page != PAGE)
    assert first.difference == ""
    assert "to 14:00 UTC on 22 November 2026" in second.difference
    assert get_maintenance(db, 1).ends_at == END + 30 * MINUTE
    otherwise = show(work, f"r-{TWO}-1", ends_at=END + 60 * MINUTE)
    assert take_in_maintenance(db, otherwise, NOON + 3, page=TWO)
    (conflict,) = [each.conflict for each in list_placements(db, 1) if each.page == TWO]
    assert "15:00 UTC" in conflict
    assert "14:30 UTC" in conflict
    assert not take_in_maintenance(db, otherwise, NOON + 4, page=TWO)
    say(db, 1, K.EXTEND, NOON + 5, ends_at=END + 90 * MINUTE)
    assert [each.conflict for each in list_placements(db, 1)] == ["", ""]


def test_what_one_page_loses_goes_on_on_the_others(db: Database) -> None:
    epoch, work = begin_epoch(db), plan(db, pages=(PAGE, TWO))
    deliver_all(db, epoch, work, (PAGE, TWO))
    later = NOON + 3 * MINUTE
    for page in (PAGE, TWO):
        assert get_maintenance(db, 1).status is S.SCHEDULED
        (placement,) = list_followed(db, NOON, page=page)
        assert not note_maintenance_gone(db, placement, NOON + MINUTE)
        assert note_maintenance_gone(db, placement, later)
        assert not note_maintenance_gone(db, placement, later)
        assert list_followed(db, NOON, page=page) == []
    assert get_maintenance(db, 1).cancelled_at == later
    assert fire_due(db, epoch, END) == 0


def test_a_page_that_lost_the_work_is_told_no_more(db: Database) -> None:
    epoch, work = begin_epoch(db), plan(db, pages=(PAGE, TWO))
    deliver_all(db, epoch, work, (PAGE, TWO))
    (placement,) = list_followed(db, NOON, page=TWO)
    note_maintenance_gone(db, placement, NOON + 3 * MINUTE)
    say(db, 1, K.REMIND, NOON + 4 * MINUTE)
    assert [each.page for each in list_notice_deliveries(db, 1) if each.kind is K.REMIND] == [PAGE]


def test_nothing_is_taken_in_while_a_notice_is_in_flight_or_behind_the_times(db: Database) -> None:
    epoch, work = begin_epoch(db), plan(db)
    deliver_all(db, epoch, work)
    say(db, 1, K.REMIND, NOON + 1)
    renamed = show(work, f"r-{PAGE}-1", title="Renamed", updated_at=NOON + 2)
    reminder = list_notice_deliveries(db, 1)[-1]
    assert claim_notice(db, reminder.id, epoch, "words", (), NOON + 1)
    assert not take_in_maintenance(db, renamed, NOON + 2, page=PAGE)
    settle_notice(db, reminder.id, epoch, D.FAILED, reason="no", now=NOON + 2)
    assert take_in_maintenance(db, renamed, NOON + 3, page=PAGE)
    behind = replace(renamed, title="Behind", updated_at=NOON + 1)
    assert not take_in_maintenance(db, behind, NOON + 4, page=PAGE)
    assert get_maintenance(db, 1).title == "Renamed"


def test_ours_is_known_by_its_stamp_once_nothing_is_on_its_way(db: Database) -> None:
    epoch, work = begin_epoch(db), plan(db)
    shown = show(work, updates=(("u1", S.SCHEDULED, "plan 1."),))
    assert not take_in_maintenance(db, shown, NOON, page=PAGE)
    assert claim_notice(db, 1, epoch, "plan 1.", (), NOON)
    # A page whose lists have no stamps shows it before we know that it has it.
    assert not take_in_maintenance(db, replace(shown, uid=None), NOON, page=PAGE)
    settle_notice(db, 1, epoch, D.UNCERTAIN, reason="?", now=NOON)
    drop_notice(db, 1, "ana", NOON + 1)
    assert take_in_maintenance(db, shown, NOON + 2, page=PAGE)
    assert [each.maintenance_id for each in list_placements(db, 1)] == [1]
    assert [each.id for each in list_maintenances(db)] == [1]


def test_what_was_taken_for_somebody_elses_is_joined_with_ours(db: Database) -> None:
    epoch, work = begin_epoch(db), plan(db)
    foreign = show(work, "r1", (("u1", S.SCHEDULED, "plan 1."), ("u2", S.SCHEDULED, "More.")), uid=None)
    assert take_in_maintenance(db, foreign, NOON, page=PAGE)
    assert claim_notice(db, 1, epoch, "plan 1.", (), NOON)
    assert settle_notice_delivered(
        *(db, 1, epoch),
        remote_maintenance_id="r1",
        remote_update_id="u1",
        url=None,
        body="plan 1.",
        reason="found on the page",
        delivered_at=NOON,
        now=NOON + 1,
        remote=foreign,
    )
    assert [each.id for each in list_maintenances(db, is_open_only=True)] == [1]
    assert [each.body for each in list_page_messages(db, 1)] == ["More."]
    assert list_page_messages(db, 2) == []
    assert list_maintenance_entries(db, 2)[-1].text == "the page's work is our M1: joined with it"


def test_words_that_vanish_from_a_page_are_told_of(db: Database) -> None:
    epoch, work = begin_epoch(db), plan(db)
    deliver_all(db, epoch, work)
    ours = (f"u-{PAGE}-1", S.SCHEDULED, "plan 1.")
    full = show(work, f"r-{PAGE}-1", (ours, ("u2", S.SCHEDULED, "By others.")))
    assert take_in_maintenance(db, full, NOON + 1, page=PAGE)
    edited = show(work, f"r-{PAGE}-1", (ours, ("u2", S.SCHEDULED, "By others, edited.")))
    assert take_in_maintenance(db, edited, NOON + 2, page=PAGE)
    assert [each.body for each in list_page_messages(db, 1)] == ["By others, edited."]
    empty = show(work, f"r-{PAGE}-1")
    assert take_in_maintenance(db, empty, NOON + 3 * MINUTE, page=PAGE)
    assert not take_in_maintenance(db, empty, NOON + 4 * MINUTE, page=PAGE)
    assert list_page_messages(db, 1) == []
    assert list_notice_deliveries(db, 1)[0].reason == "removed on the page"
    told = " ".join(each.text for each in list_maintenance_entries(db, 1))
    assert "the words of plan were removed" in told
    assert "a message was removed: By others, edited." in told


def test_what_a_person_named_stays_silent_when_the_page_changes_components(db: Database) -> None:
    epoch, work = begin_epoch(db), plan(db)
    deliver_all(db, epoch, work)
    with db.write() as connection:
        for position, (name, component) in enumerate((("api-eu", "API"), ("web-eu", "Web"), ("extra", "Mail"))):
            spec = f'{{"component": "{component}"}}'
            connection.execute("INSERT INTO probe(name, position, spec) VALUES (?, ?, ?)", (name, position, spec))
        connection.execute('UPDATE maintenance SET probes = \'["api-eu", "extra"]\'')
    moved = show(work, f"r-{PAGE}-1", components={"Web": ComponentStatus.OPERATIONAL})
    assert take_in_maintenance(db, moved, NOON + 1, page=PAGE)
    assert get_maintenance(db, 1).probes == ("extra", "web-eu")


def test_what_was_confirmed_while_the_plan_was_in_doubt_stays(db: Database) -> None:
    epoch, work = begin_epoch(db), plan(db)
    assert claim_notice(db, 1, epoch, "plan 1.", (), NOON)
    settle_notice(db, 1, epoch, D.UNCERTAIN, reason="?", now=NOON)
    say(db, 1, K.EXTEND, NOON + 1, ends_at=END + 30 * MINUTE)
    assert settle_notice_delivered(
        *(db, 1, epoch),
        remote_maintenance_id="r1",
        remote_update_id="u1",
        url=None,
        body="plan 1.",
        reason="found on the page",
        delivered_at=NOON,
        now=NOON + 2,
        remote=show(work),
    )
    assert get_maintenance(db, 1).ends_at == END + 30 * MINUTE


def test_words_that_were_removed_are_told_where_the_page_is_dated_by_the_last_ones(db: Database) -> None:
    epoch, work = begin_epoch(db), plan(db)
    deliver_all(db, epoch, work)
    said = (("c1", S.SCHEDULED, "It takes longer."),)
    remote_id = f"r-{PAGE}-1"
    assert take_in_maintenance(db, show(work, remote_id, said, updated_at=NOON + 2_000), NOON + 2_000, page=PAGE)
    for seconds in (30, 110):
        assert not take_in_maintenance(db, show(work, remote_id), NOON + seconds * 1_000, page=PAGE)
    assert [each.body for each in list_page_messages(db, 1)] == ["It takes longer."]
    assert take_in_maintenance(db, show(work, remote_id), NOON + 3 * MINUTE, page=PAGE)
    assert list_page_messages(db, 1) == []


def test_a_date_that_no_clock_of_the_page_can_show_hides_no_change_of_a_plan(db: Database) -> None:
    epoch, work = begin_epoch(db), plan(db)
    deliver_all(db, epoch, work)
    remote_id = f"r-{PAGE}-1"
    longer = show(work, remote_id, ends_at=END + 30 * MINUTE, updated_at=2_000_000_000_000)
    assert take_in_maintenance(db, longer, NOON + 1, page=PAGE)
    assert not take_in_maintenance(db, longer, NOON + 2, page=PAGE)
    assert take_in_maintenance(db, show(work, remote_id, updated_at=NOON + 3), NOON + 4, page=PAGE)
    assert get_maintenance(db, 1).ends_at == END
