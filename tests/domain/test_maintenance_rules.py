"""Planned work by the clock: in any order of looks, clock steps and people."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from oncall_tui.domain.duration import MINUTE
from oncall_tui.domain.errors import RefusedError
from oncall_tui.domain.maintenance import (
    LATE_AFTER_MS,
    OVERRUN_GRACE_MS,
    STATUS_AFTER,
    Maintenance,
    MaintenanceStatus,
    Notice,
    NoticeDelivery,
    NoticeKind,
    PlanPart,
    find_due,
    find_silence,
    is_overtaken,
    is_silencing,
    require_notice,
    require_window,
    word_late,
    word_notice,
    write_instant,
)
from oncall_tui.domain.notices import (
    PATIENCE_MS,
    Standing,
    find_move,
    find_notice_applied,
    find_standing,
    list_made_about,
    list_notice_evidence,
)
from oncall_tui.domain.remote import RemoteMaintenance, RemoteMaintenanceUpdate
from oncall_tui.domain.update import DeliveryState

START, END, REMIND = 1_000_000, 2_000_000, 700_000
K = NoticeKind


def notice(kind: NoticeKind, due_at: int, **changes: object) -> Notice:
    return replace(Notice(kind.value, kind, f"{kind}!", False, due_at, True, "ana", 0), **changes)


def make(**changes: object) -> Maintenance:
    work = Maintenance(
        id=1,
        uid="m",
        title="Disks",
        status=MaintenanceStatus.SCHEDULED,
        starts_at=START,
        ends_at=END,
        components=("API",),
        probes=("api-eu",),
        created_at=0,
        created_by="ana",
        notices=(notice(K.REMIND, REMIND), notice(K.START, START), notice(K.FINISH, END)),
    )
    return replace(work, **changes)


def fire(work: Maintenance, now: int) -> tuple[Maintenance, list[tuple[NoticeKind, bool]]]:
    taken = find_due(work, now)
    fired = {each.uid for each, _ in taken}
    notices = tuple(replace(each, fired_at=now) if each.uid in fired else each for each in work.notices)
    status = work.status
    for each, _ in taken:
        status = STATUS_AFTER.get(each.kind, status)
    return replace(work, status=status, notices=notices), [(each.kind, is_told) for each, is_told in taken]


@settings(max_examples=150)
@given(st.lists(st.integers(0, 3_000_000), max_size=12), st.integers(0, 12))
def test_the_clock_may_leap_as_it_likes(looks: list[int], cancelled_after: int) -> None:
    work, history = make(), list[tuple[NoticeKind, bool, int]]()
    for number, now in enumerate(looks):
        if number == cancelled_after and work.status.is_open:
            work = replace(work, status=MaintenanceStatus.COMPLETED, cancelled_at=now)
        work, taken = fire(work, now)
        assert not (work.cancelled_at is not None and taken)
        history += [(kind, is_told, now) for kind, is_told in taken]
    kinds = [kind for kind, _, _ in history]
    assert len(set(kinds)) == len(kinds)
    due = {each.kind: each.due_at for each in work.notices}
    assert all(now >= due[kind] for kind, _, now in history)
    assert [kind for kind in kinds if kind is not K.REMIND] == [K.START, K.FINISH][: len(set(kinds) - {K.REMIND})]
    told = [kind for kind, is_told, _ in history if is_told]
    if K.REMIND in told and K.START in told:
        assert told.index(K.REMIND) < told.index(K.START)


def test_what_a_sleep_made_untrue_is_not_said() -> None:
    assert fire(make(), END + 5)[1] == [(K.REMIND, False), (K.START, False), (K.FINISH, True)]
    assert fire(make(), START)[1] == [(K.REMIND, False), (K.START, True)]
    assert fire(make(), REMIND)[1] == [(K.REMIND, True)]
    begun = make(status=MaintenanceStatus.IN_PROGRESS, notices=(notice(K.REMIND, REMIND),))
    assert fire(begun, START)[1] == [(K.REMIND, False)]


def test_an_end_waits_for_its_start() -> None:
    odd = make(notices=(notice(K.START, END + 1), notice(K.FINISH, END)))
    assert find_due(odd, END) == []
    assert fire(odd, END + 1)[1] == [(K.START, False), (K.FINISH, True)]


def test_withdrawn_notices_are_not_taken() -> None:
    work = make(notices=(notice(K.START, START, withdrawn_at=1), notice(K.FINISH, END, withdrawn_at=1)))
    assert find_due(work, END) == []
    assert work.find_automatic(K.START) is None
    fired = make(notices=(notice(K.START, START, fired_at=START),))
    assert fired.find_automatic(K.START) is not None


def test_silence_is_the_window_and_ten_minutes_while_nobody_called_it_over() -> None:
    work = make()
    ringing_at = END + OVERRUN_GRACE_MS
    looks = (START - 1, START, END, ringing_at - 1, ringing_at)
    assert [is_silencing(work, at) for at in looks] == [False, True, True, True, False]
    assert not is_silencing(replace(work, status=MaintenanceStatus.COMPLETED), START)
    assert is_silencing(replace(work, status=MaintenanceStatus.IN_PROGRESS), START)
    longer = make(id=2, ends_at=END + 10)
    assert find_silence([work, longer], "api-eu", START) is longer
    assert find_silence([work, longer], "other", START) is None
    assert find_silence([work], "api-eu", ringing_at) is None


OPEN, BEGUN = make(), make(status=MaintenanceStatus.IN_PROGRESS)
OVER = make(status=MaintenanceStatus.COMPLETED)


@pytest.mark.parametrize(
    ("call", "rule"),
    [
        (lambda: require_notice(OVER, K.EXTEND, START, END + 1), "already-over"),
        (lambda: require_notice(replace(OVER, cancelled_at=1), K.START, START), "cancelled"),
        (lambda: require_notice(BEGUN, K.START, START), "already-begun"),
        (lambda: require_notice(BEGUN, K.REMIND, START), "already-begun"),
        (lambda: require_notice(OPEN, K.FINISH, START), "not-begun"),
        (lambda: require_notice(OPEN, K.START, END), "past-end"),
        (lambda: require_notice(OPEN, K.EXTEND, START, END), "past-end"),
        (lambda: require_notice(BEGUN, K.EXTEND, END + 9, END + 9), "past-end"),
        (lambda: require_window(START, START, 0), "window"),
        (lambda: require_window(START, END, END), "window"),
    ],
)
def test_what_is_out_of_place_is_refused(call: Callable[[], None], rule: str) -> None:
    with pytest.raises(RefusedError) as refusal:
        call()
    assert refusal.value.rule == rule


def test_what_is_in_place_is_not() -> None:
    require_notice(OPEN, K.START, START - 5)
    require_notice(OPEN, K.CANCEL, START)
    require_notice(BEGUN, K.FINISH, START)
    require_notice(BEGUN, K.EXTEND, END + 5, END + 6)
    require_window(START, END, START)


def test_words_name_whole_instants_and_late_ones_say_so() -> None:
    at = 1_795_917_600_000
    assert write_instant(at) == "02:00 UTC on 29 November 2026"
    for kind in NoticeKind:
        words = word_notice(kind, ("API", "Web"), at, at + 7_200_000, has_begun=False)
        assert "work on API and Web" in words
    assert word_notice(K.PLAN, (), at, at + 7_200_000, has_begun=False) == (
        "From 02:00 to 04:00 UTC on 29 November 2026 we plan work. We will post here when it begins and when it ends."
    )
    night = word_notice(K.PLAN, (), at, at + 86_400_000, has_begun=False)
    assert night.startswith("From 02:00 UTC on 29 November 2026 to 02:00 UTC on 30 November 2026 we plan work.")
    assert "stopped" in word_notice(K.CANCEL, ("API",), at, at + 1, has_begun=True)
    assert word_late("Begun.", at, at + LATE_AFTER_MS - 1) == "Begun."
    assert word_late("Begun.", at, at + LATE_AFTER_MS).endswith(
        "(This message was due at 02:00 UTC on 29 November 2026.)"
    )


def overtakes(kind: NoticeKind, *later: NoticeKind, touches: str = "", others: str = "") -> bool:
    """Tells whether any of `later` makes a notice needless; parts of plans are named by their first letters."""
    ours, theirs = (frozenset(part for part in PlanPart if part[0] in parts) for parts in (touches, others))
    return is_overtaken(kind, ours, [(each, theirs) for each in later])


def test_later_words_overtake_what_they_make_untrue() -> None:
    assert overtakes(K.REMIND, K.START)
    assert overtakes(K.START, K.CANCEL)
    assert overtakes(K.EXTEND, K.EXTEND, touches="e", others="e")
    assert not overtakes(K.EXTEND, K.START, touches="e", others="s")
    assert not overtakes(K.EXTEND)
    assert not overtakes(K.PLAN, K.CANCEL)
    assert overtakes(K.CHANGE, K.FINISH, touches="t")
    assert overtakes(K.CHANGE, K.CHANGE, touches="se", others="sec")
    assert overtakes(K.CHANGE, K.EXTEND, touches="e", others="e")
    assert overtakes(K.EXTEND, K.CHANGE, touches="e", others="se")
    # What is left of it would be told by nobody.
    assert not overtakes(K.CHANGE, K.CHANGE, touches="tse", others="se")
    assert not overtakes(K.CHANGE, K.START, touches="se", others="s")
    assert overtakes(K.REMIND, K.CHANGE, others="se")
    assert not overtakes(K.REMIND, K.CHANGE, others="e")


S = MaintenanceStatus


def remote(
    *updates: tuple[str, MaintenanceStatus, str], ops: tuple[str, ...] = (), **changes: object
) -> RemoteMaintenance:
    shown = RemoteMaintenance(
        "r", "Disks", updates[-1][1] if updates else S.SCHEDULED, START, END, START, START, ops=ops,
        updates=tuple(RemoteMaintenanceUpdate(each, status, body, START) for each, status, body in updates),
    )  # fmt: skip
    return replace(shown, **changes)


def delivery(**changes: object) -> NoticeDelivery:
    sent = NoticeDelivery(
        1, "op", K.START, True, 1, "page", DeliveryState.UNCERTAIN, "Begun.", False, START, START, "ana", attempts=1,
        sending_at=START, baseline=("u1",),
    )  # fmt: skip
    return replace(sent, **changes)


def test_proof_is_a_stamp_or_new_words_of_ours() -> None:
    page = remote(("u1", S.SCHEDULED, "Plan."), ("u2", S.IN_PROGRESS, "Begun."))
    assert find_notice_applied(delivery(), S.IN_PROGRESS, page) == (page.updates[1],)
    assert find_notice_applied(delivery(attempts=0), S.IN_PROGRESS, page) is None
    assert find_notice_applied(delivery(baseline=("u1", "u2")), S.IN_PROGRESS, page) is None
    assert find_notice_applied(delivery(body="Other."), S.IN_PROGRESS, page) is None
    stamped = replace(page, ops=("op",))
    assert find_notice_applied(delivery(body="Other.", attempts=0), S.IN_PROGRESS, stamped) == (page.updates[1],)
    assert find_notice_applied(delivery(baseline=("u1", "u2")), S.IN_PROGRESS, stamped) == (None,)
    others = replace(stamped, has_all_ops=True)
    assert find_notice_applied(delivery(uid="op-9"), S.IN_PROGRESS, others) is None


def test_a_move_is_the_pages_own_while_it_can_make_it() -> None:
    planned, begun, over = (
        remote(("u", S.SCHEDULED, "")),
        remote(("u", S.VERIFYING, "")),
        remote(("u", S.COMPLETED, "")),
    )
    clocked = replace(planned, has_auto_start=True)
    start, finish = delivery(), delivery(kind=K.FINISH)
    assert find_standing(start, begun, 0, START) is Standing.MOVED
    assert find_standing(finish, over, 0, START) is Standing.MOVED
    assert find_standing(start, planned, 0, START) is Standing.OURS
    assert find_standing(start, clocked, 0, START + PATIENCE_MS - 1) is Standing.AWAITED
    assert find_standing(start, clocked, 0, START + PATIENCE_MS) is Standing.OURS
    assert find_standing(start, clocked, -MINUTE, START + PATIENCE_MS) is Standing.AWAITED
    assert find_standing(finish, clocked, 0, START) is Standing.PUT_OFF
    assert find_standing(finish, begun, 0, END - MINUTE) is Standing.OURS
    assert find_standing(replace(finish, is_forced=True), begun, 0, START) is Standing.OURS
    late = replace(begun, ends_at=END + 2 * MINUTE)
    assert find_standing(replace(finish, due_at=END), late, 0, END) is Standing.PUT_OFF
    assert find_standing(replace(finish, due_at=END), replace(late, has_auto_end=True), 0, END) is Standing.AWAITED
    assert find_standing(replace(start, is_forced=True), clocked, 0, START) is Standing.OURS
    assert find_standing(replace(start, is_automatic=False), clocked, 0, START) is Standing.OURS
    assert find_standing(replace(finish, is_automatic=False), over, 0, START) is Standing.OURS
    for kind in (K.CANCEL, K.EXTEND, K.REMIND):
        assert find_standing(delivery(kind=kind), over, 0, START) is Standing.OVER
        assert find_standing(delivery(kind=kind, is_forced=True), over, 0, START) is Standing.OURS


def test_a_move_of_the_page_is_its_first_message_in_that_state() -> None:
    page = remote(("u1", S.SCHEDULED, "Plan."), ("u2", S.IN_PROGRESS, "Begun."), ("u3", S.IN_PROGRESS, "By hand."))
    assert find_move(K.START, page) == page.updates[1]
    assert find_move(K.FINISH, page) == page.updates[2]
    assert find_move(K.START, remote()) is None


def test_one_made_about_then_without_a_stamp_may_be_ours() -> None:
    near = remote(created_at=START + 5_000)
    others = [replace(near, uid="x"), replace(near, created_at=START + 900_000)]
    assert list_made_about([near, *others], START, 5_000, 0) == [near]


def test_what_might_be_a_notice_in_doubt_is_shown() -> None:
    page = remote(("u1", S.SCHEDULED, "Plan."), ("u2", S.IN_PROGRESS, "We begin."))
    (found,) = list_notice_evidence(delivery(), page)
    assert (found.remote_id, found.remote_update_id, found.body) == ("r", "u2", "We begin.")
    assert list_notice_evidence(delivery(), None) == []
    (whole,) = list_notice_evidence(delivery(kind=K.PLAN, baseline=()), page)
    assert (whole.remote_update_id, whole.body) == ("u1", "Plan.")
    (silent,) = list_notice_evidence(delivery(kind=K.PLAN, baseline=()), remote())
    assert (silent.remote_update_id, silent.body) == (None, "")
