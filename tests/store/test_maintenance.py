"""Planned work in the file: one intention, one transaction; each notice once, whoever looks and whenever."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.store.planned import END, MINUTE, NOON, PAGE, START, begin_epoch, plan, say

from oncall_tui.domain.errors import ConflictError, NotFoundError, RefusedError, StoreError
from oncall_tui.domain.maintenance import OVERRUN_GRACE_MS, MaintenanceStatus, NoticeKind
from oncall_tui.domain.update import DeliveryState
from oncall_tui.store.database import Database, open_database
from oncall_tui.store.maintenance import (
    get_maintenance,
    has_waiting_notice,
    list_active,
    list_maintenance_entries,
    list_maintenances,
)
from oncall_tui.store.notice_decisions import drop_notice, retry_notice
from oncall_tui.store.notice_steps import (
    adopt_orphan_notices,
    claim_notice,
    settle_notice,
    settle_notice_delivered,
    shorten_notice_waits,
)
from oncall_tui.store.notices import (
    count_notices,
    get_notice_delivery,
    has_earlier_plan,
    list_due_notices,
    list_notice_deliveries,
    next_notice_at,
)
from oncall_tui.store.planned_clock import fire_due, note_overruns

K, D = NoticeKind, DeliveryState


def queued(db: Database, maintenance_id: int = 1) -> list[tuple[NoticeKind, DeliveryState]]:
    return [(each.kind, each.state) for each in list_notice_deliveries(db, maintenance_id)]


def deliver(db: Database, delivery_id: int, epoch: int, now: int) -> None:
    assert claim_notice(db, delivery_id, epoch, "words", (), now)
    assert settle_notice_delivered(
        db,
        delivery_id,
        epoch,
        remote_maintenance_id="r1",
        remote_update_id=f"u{delivery_id}",
        url=None,
        body="words",
        reason="",
        delivered_at=now,
        now=now,
    )


def test_a_plan_waits_with_all_its_words(db: Database) -> None:
    work = plan(db, remind_at=START - 30 * MINUTE)
    assert [(each.kind, each.due_at, each.is_waiting) for each in work.notices] == [
        (K.PLAN, NOON, False),
        (K.REMIND, START - 30 * MINUTE, True),
        (K.START, START, True),
        (K.FINISH, END, True),
    ]
    assert queued(db) == [(K.PLAN, D.PENDING)]
    assert get_maintenance(db, work.id) == work
    assert has_waiting_notice(db)
    with pytest.raises(NotFoundError):
        get_maintenance(db, 9)


def test_the_clock_takes_each_notice_once_and_only_for_the_engine_in_charge(db: Database) -> None:
    old, epoch = begin_epoch(db), begin_epoch(db)
    plan(db)
    assert fire_due(db, epoch, START - 1) == 0
    assert fire_due(db, old, START) == 0
    assert fire_due(db, epoch, START) == 1
    assert fire_due(db, epoch, START) == 0
    assert get_maintenance(db, 1).status is MaintenanceStatus.IN_PROGRESS
    assert fire_due(db, epoch, END + 99) == 1
    assert get_maintenance(db, 1).status is MaintenanceStatus.COMPLETED
    assert queued(db) == [(K.PLAN, D.PENDING), (K.START, D.PENDING), (K.FINISH, D.PENDING)]
    assert fire_due(db, epoch, NOON) == fire_due(db, epoch, END * 2) == 0


def test_a_sleep_through_all_of_it_says_the_end_alone(db: Database) -> None:
    epoch = begin_epoch(db)
    plan(db, remind_at=START - MINUTE)
    assert fire_due(db, epoch, END + 99) == 3
    assert queued(db) == [(K.PLAN, D.PENDING), (K.FINISH, D.PENDING)]


def test_people_make_what_the_clock_would_do_needless(db: Database) -> None:
    epoch = begin_epoch(db)
    plan(db, remind_at=START - MINUTE)
    begun = say(db, 1, K.START, NOON + 5)
    assert (begun.starts_at, begun.status, begun.revision) == (NOON + 5, MaintenanceStatus.IN_PROGRESS, 2)
    longer = say(db, 1, K.EXTEND, NOON + 6, ends_at=END + 9)
    assert longer.ends_at == END + 9
    again = longer.find_automatic(K.FINISH)
    assert again is not None
    assert (again.due_at, again.body, again.confirmed_by) == (END + 9, "finish 1.", "ben")
    assert fire_due(db, epoch, END) == 0
    assert say(db, 1, K.FINISH, END + 1).status is MaintenanceStatus.COMPLETED
    assert fire_due(db, epoch, END * 2) == 0
    kinds = [kind for kind, _ in queued(db)]
    assert kinds == [K.PLAN, K.START, K.EXTEND, K.FINISH]
    with pytest.raises(RefusedError):
        say(db, 1, K.EXTEND, END + 2, ends_at=END * 2)


def test_an_edit_carries_what_it_saw(db: Database) -> None:
    plan(db)
    say(db, 1, K.START, START, seen_revision=1)
    with pytest.raises(ConflictError):
        say(db, 1, K.FINISH, START + 1, seen_revision=1)
    assert [kind for kind, _ in queued(db)] == [K.PLAN, K.START]


def test_what_nobody_was_told_of_is_not_cancelled_in_public(db: Database) -> None:
    epoch = begin_epoch(db)
    plan(db, pages=(PAGE, "other"))
    (first, _) = list_notice_deliveries(db, 1)
    deliver(db, first.id, epoch, NOON + 1)
    cancelled = say(db, 1, K.CANCEL, NOON + 2)
    assert cancelled.cancelled_at == NOON + 2
    assert [(each.page, each.kind, each.state) for each in list_notice_deliveries(db, 1)] == [
        (PAGE, K.PLAN, D.DELIVERED),
        ("other", K.PLAN, D.DROPPED),
        (PAGE, K.CANCEL, D.PENDING),
    ]
    assert fire_due(db, epoch, END) == 0
    assert all(each.fired_at or each.withdrawn_at for each in get_maintenance(db, 1).notices)


def test_one_page_is_told_in_order_and_by_one_engine(db: Database) -> None:
    old, epoch = begin_epoch(db), begin_epoch(db)
    plan(db)
    fire_due(db, epoch, START)
    (due,) = list_due_notices(db, START, page=PAGE)
    assert (due.kind, due.is_overtaken) == (K.PLAN, False)
    assert list_due_notices(db, START, page="other") == []
    assert not claim_notice(db, due.id, old, "words", (), START)
    assert not claim_notice(db, due.id + 1, epoch, "words", (), START)
    assert claim_notice(db, due.id, epoch, "late words", ("u0",), START)
    sending = get_notice_delivery(db, due.id)
    assert (sending.body, sending.confirmed_body, sending.baseline) == ("late words", "plan 1.", ("u0",))
    assert not claim_notice(db, due.id, epoch, "words", (), START)
    assert list_due_notices(db, START, page=PAGE) == []
    assert not settle_notice(db, due.id, old, D.FAILED, reason="no", now=START)
    assert settle_notice(db, due.id, epoch, D.RETRY_WAIT, reason="busy", now=START, next_try_at=START + 500)
    assert next_notice_at(db, page=PAGE) == START + 500
    assert list_due_notices(db, START, page=PAGE) == []
    deliver(db, due.id, epoch, START + 500)
    (start,) = list_due_notices(db, START, page=PAGE)
    assert (start.kind, start.remote_id) == (K.START, "r1")
    assert has_earlier_plan(db, 1, page=PAGE)
    assert not has_earlier_plan(db, 1, page="other")


def test_what_an_engine_left_half_sent_is_looked_up(db: Database) -> None:
    epoch = begin_epoch(db)
    plan(db)
    assert claim_notice(db, 1, epoch, "words", (), NOON)
    adopt_orphan_notices(db, begin_epoch(db), NOON + 30, NOON, page="other")
    assert get_notice_delivery(db, 1).state is D.SENDING
    adopt_orphan_notices(db, begin_epoch(db), NOON + 30, NOON, page=PAGE)
    assert get_notice_delivery(db, 1).state is D.UNCERTAIN
    assert list_due_notices(db, NOON + 29, page=PAGE) == []
    assert len(list_due_notices(db, NOON + 30, page=PAGE)) == 1
    shorten_notice_waits(db, NOON - 500, 10, page=PAGE)
    assert next_notice_at(db, page=PAGE) == NOON - 490


def test_a_person_decides_and_later_words_do_not_wait_for_it(db: Database) -> None:
    epoch = begin_epoch(db)
    plan(db)
    deliver(db, 1, epoch, NOON)
    say(db, 1, K.REMIND, NOON + 1, notify=True)
    assert settle_notice(db, 2, epoch, D.FAILED, reason="too long", now=NOON + 1)
    assert list_due_notices(db, NOON + 2, page=PAGE) == []
    retried = retry_notice(db, 2, "ana", NOON + 2)
    assert (retried.state, retried.is_forced) == (D.PENDING, False)
    settle_notice(db, 2, epoch, D.FAILED, reason="conflict", now=NOON + 2, is_conflict=True)
    assert retry_notice(db, 2, "ana", NOON + 2).is_forced
    assert count_notices(db) == (1, 0)
    assert not settle_notice(db, 2, epoch, D.UNCERTAIN, reason="?", now=NOON + 3, next_try_at=END, is_asking=True)
    assert claim_notice(db, 2, epoch, "remind", (), NOON + 3)
    settle_notice(db, 2, epoch, D.UNCERTAIN, reason="?", now=NOON + 3, next_try_at=END * 2, is_asking=True)
    assert count_notices(db) == (0, 1)
    assert get_notice_delivery(db, 2).asked_at == NOON + 3
    assert list_due_notices(db, NOON + 4, page=PAGE) == []
    fire_due(db, epoch, START)
    assert [each.id for each in list_due_notices(db, START, page=PAGE)] == [2]
    assert drop_notice(db, 2, "ana", START).state is D.DROPPED
    for call in (retry_notice, drop_notice):
        with pytest.raises(RefusedError):
            call(db, 2, "ana", START)
        with pytest.raises(NotFoundError):
            call(db, 99, "ana", START)


def test_an_overrun_is_told_once_for_each_end(db: Database) -> None:
    old, epoch = begin_epoch(db), begin_epoch(db)
    plan(db, 1)
    plan(db, 2)
    say(db, 1, K.START, START)
    with db.write() as connection:
        connection.execute("UPDATE maintenance_notice SET withdrawn_at = 1 WHERE kind = 'finish'")
    assert note_overruns(db, epoch, END - 1) == 0
    assert note_overruns(db, old, END) == 0
    assert [note_overruns(db, epoch, END + at) for at in (0, 1, MINUTE)] == [1, 0, 0]
    assert list_maintenance_entries(db, 1)[-1].text.startswith("takes longer than 14:00 UTC on 22 November 2026")
    assert list_maintenance_entries(db, 2)[-1].text == "planned: Disks 2"
    say(db, 1, K.EXTEND, END + MINUTE, ends_at=END + 9 * MINUTE)
    assert [note_overruns(db, epoch, END + at * MINUTE) for at in (8, 9, 10)] == [0, 1, 0]
    say(db, 1, K.FINISH, END + 11 * MINUTE)
    assert note_overruns(db, epoch, END + 60 * MINUTE) == 0


def test_what_is_listed_and_what_is_now(db: Database) -> None:
    plan(db, 1, starts_at=START + 5)
    plan(db, 2)
    plan(db, 3)
    say(db, 3, K.CANCEL, NOON + 1)
    assert [each.id for each in list_maintenances(db)] == [2, 1, 3]
    assert [each.id for each in list_maintenances(db, is_open_only=True)] == [2, 1]
    assert [each.id for each in list_active(db, START)] == [2]
    assert [each.id for each in list_active(db, START + 5)] == [2, 1]
    assert [each.id for each in list_active(db, END)] == [2, 1]
    assert list_active(db, END + OVERRUN_GRACE_MS) == []


def test_confirmed_words_stay(db: Database) -> None:
    plan(db)
    for sql in (
        "UPDATE maintenance_notice SET body = 'x'",
        "DELETE FROM maintenance_notice",
        "UPDATE maintenance_notice SET fired_at = 5 WHERE kind = 'plan'",
    ):
        with pytest.raises(StoreError), db.write() as connection:
            connection.execute(sql)


ACTS = st.one_of(
    st.tuples(st.just("fire"), st.integers(NOON, END + 90 * MINUTE)),
    st.tuples(st.just("restart"), st.just(0)),
    st.tuples(st.sampled_from([K.START, K.FINISH, K.CANCEL, K.EXTEND, K.REMIND]), st.integers(NOON, END)),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(ACTS, max_size=10), number=st.integers(0, 2**60))
def test_start_before_finish_and_nothing_after_the_end(
    tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[str, int]], number: int
) -> None:
    path: Path = tmp_path_factory.mktemp("acts") / f"{number}.db"
    db = open_database(path)
    try:
        epoch = begin_epoch(db)
        plan(db)
        for act, at in acts:
            if act == "fire":
                fire_due(db, epoch, at)
            elif act == "restart":
                db.close()
                db = open_database(path)
                epoch = begin_epoch(db)
            else:
                try:
                    say(db, 1, K(act), at, ends_at=END + at - NOON + 1 if act == K.EXTEND else None)
                except (RefusedError, StoreError):
                    continue
        kinds = [kind for kind, _ in queued(db)]
        assert kinds[0] is K.PLAN
        assert all(kinds.count(kind) <= 1 for kind in (K.START, K.FINISH, K.CANCEL))
        ends = [place for place, kind in enumerate(kinds) if kind in (K.FINISH, K.CANCEL)]
        assert ends in ([], [len(kinds) - 1])
        assert K.START not in kinds or K.REMIND not in kinds[kinds.index(K.START) :]
        for notice in get_maintenance(db, 1).notices:
            assert notice.fired_at is None or notice.fired_at >= notice.due_at
    finally:
        db.close()
