from __future__ import annotations

import json

import pytest
from tests.hook_calls import list_calls

from oncall_tui.domain.hook import CallState, HookCall, HookEvent, Rate, Told
from oncall_tui.domain.probe import Probe, ProbeKind, ProbeState, ProbeStatus
from oncall_tui.store.database import Database
from oncall_tui.store.hooks import (
    LATE_AFTER_MS,
    NewCall,
    adopt_calls,
    begin_hook,
    claim_call,
    count_calls_left,
    find_next_try,
    list_hooks,
    list_new_hooks,
    list_told,
    note_held,
    read_held,
    read_hook_facts,
    read_probes_again,
    replace_hooks,
    save_changes,
    settle_call,
)
from oncall_tui.store.lease import take_lease
from oncall_tui.store.probes import record_results, replace_probes

NOW = 1_800_000_000_000
DOWN = Told("web", HookEvent.DOWN, NOW)


@pytest.fixture
def epoch(db: Database) -> int:
    replace_hooks(db, ["phone", "lamp"], NOW)
    return take_lease(db, pid=1, host="h", boot_id="b", version="0", mode="stay", now=NOW)


def call(db: Database, epoch: int, uid: str, event: HookEvent = HookEvent.DOWN, now: int = NOW) -> bool:
    new = NewCall(uid, event, ("web",), json.dumps({"id": uid}))
    return save_changes(db, "phone", epoch, told=[DOWN], over=[], calls=[new], held=0, now=now)


def states(db: Database) -> list[CallState]:
    return [each.state for each in list_calls(db, "phone")]


def claim(db: Database, epoch: int, now: int = NOW) -> HookCall:
    claimed = claim_call(db, "phone", epoch, now)
    assert claimed is not None
    return claimed


def test_a_change_and_its_call_stand_together_and_are_claimed_once(db: Database, epoch: int) -> None:
    assert call(db, epoch, "a")
    assert list_told(db) == {"phone": {"web": DOWN}}
    assert claim(db, epoch) == HookCall(1, "a", "phone", HookEvent.DOWN, '{"id": "a"}', 1, NOW)
    assert claim_call(db, "phone", epoch, NOW) is None
    assert claim_call(db, "lamp", epoch, NOW) is None


def test_calls_are_made_in_order_and_wait_for_their_time(db: Database, epoch: int) -> None:
    call(db, epoch, "a")
    call(db, epoch, "b", HookEvent.UP)
    first = claim(db, epoch)
    settle_call(db, first, epoch, CallState.WAITING, NOW, reason="HTTP 503", try_at=NOW + 2_000)
    assert claim_call(db, "phone", epoch, NOW + 1_999) is None
    assert find_next_try(db, "phone") == NOW + 2_000
    again = claim(db, epoch, NOW + 2_000)
    assert (again.uid, again.attempts) == ("a", 2)
    settle_call(db, again, epoch, CallState.DONE, NOW + 2_000)
    assert claim(db, epoch, NOW + 2_000).uid == "b"


def test_a_clock_that_is_set_back_puts_no_call_off_for_an_hour(db: Database, epoch: int) -> None:
    call(db, epoch, "a")
    settle_call(db, claim(db, epoch), epoch, CallState.WAITING, NOW, try_at=NOW + 2_000)
    assert claim(db, epoch, NOW - 3_600_000).attempts == 2


def test_how_a_hook_stands_is_told_until_one_goes_well(db: Database, epoch: int) -> None:
    call(db, epoch, "a")
    call(db, epoch, "b")
    settle_call(db, claim(db, epoch), epoch, CallState.FAILED, NOW, reason="exit code 3")
    phone, lamp = list_hooks(db)
    assert (phone.name, phone.fault, phone.fault_at, phone.waiting) == ("phone", "exit code 3", NOW, 1)
    assert (lamp.name, lamp.fault, lamp.waiting) == ("lamp", "", 0)
    settle_call(db, claim(db, epoch), epoch, CallState.DONE, NOW + 5)
    assert (list_hooks(db)[0].fault, list_hooks(db)[0].ok_at) == ("", NOW + 5)


def test_an_engine_that_was_replaced_writes_and_claims_nothing(db: Database, epoch: int) -> None:
    call(db, epoch, "a")
    held = claim(db, epoch)
    later = take_lease(db, pid=2, host="h", boot_id="b", version="0", mode="stay", now=NOW)
    assert not call(db, epoch, "b")
    assert claim_call(db, "phone", epoch, NOW) is None
    adopt_calls(db, "phone", later, 2, NOW)
    settle_call(db, held, epoch, CallState.DONE, NOW)
    again = claim(db, later)
    assert (again.uid, again.attempts) == ("a", 2)


def test_what_was_in_the_middle_is_called_again_so_often_and_no_more(db: Database, epoch: int) -> None:
    call(db, epoch, "a")
    for attempts in (1, 2):
        assert claim(db, epoch).attempts == attempts
        epoch = take_lease(db, pid=2, host="h", boot_id="b", version="0", mode="stay", now=NOW)
        adopt_calls(db, "phone", epoch, 2, NOW)
    assert states(db) == [CallState.FAILED]
    assert claim_call(db, "phone", epoch, NOW) is None


def test_a_trouble_that_is_late_is_forgotten_with_its_call_and_an_end_is_not(db: Database, epoch: int) -> None:
    call(db, epoch, "a")
    call(db, epoch, "b", HookEvent.UP)
    assert claim(db, epoch, NOW + LATE_AFTER_MS + 1).uid == "b"
    assert states(db) == [CallState.EXPIRED, CallState.CALLING]
    assert list_told(db) == {}


def test_the_rate_counts_the_calls_of_a_window(db: Database, epoch: int) -> None:
    rate = Rate(3, 60_000)
    call(db, epoch, "a")
    call(db, epoch, "b", now=NOW + 30_000)
    assert count_calls_left(db, "phone", rate, NOW + 30_000) == 1
    assert count_calls_left(db, "phone", rate, NOW + 60_000) == 2
    assert count_calls_left(db, "lamp", rate, NOW) == 3
    note_held(db, "phone", epoch, 4)
    assert read_held(db, "phone") == 4
    save_changes(db, "phone", epoch, told=[], over=["web"], calls=[], held=4, now=NOW)
    assert (read_held(db, "phone"), list_told(db)) == (0, {})


def test_a_hook_begins_once_and_one_that_is_gone_is_forgotten(db: Database, epoch: int) -> None:
    assert list_new_hooks(db) == ["phone", "lamp"]
    begin_hook(db, "phone", epoch, [DOWN], NOW)
    assert list_new_hooks(db) == ["lamp"]
    call(db, epoch, "a")
    replace_hooks(db, ["lamp", "other"], NOW)
    assert (list_told(db), list_calls(db, "phone")) == ({}, [])
    assert [hook.name for hook in list_hooks(db)] == ["lamp", "other"]


def test_the_facts_hold_what_is_red_what_was_told_and_what_others_depend_on(db: Database, epoch: int) -> None:
    probes = [
        Probe("web", ProbeKind.TCP, "h:1"),
        Probe("api", ProbeKind.TCP, "h:1", depends_on=("db",)),
        Probe("db", ProbeKind.TCP, "h:1"),
        Probe("fine", ProbeKind.TCP, "h:1"),
        Probe("bad", ProbeKind.TCP, "h:1"),
    ]
    replace_probes(db, probes, [])
    red = ProbeState("bad", ProbeStatus.DOWN, NOW)
    record_results(
        db, [], [red, *(ProbeState(name, ProbeStatus.UP, NOW) for name in ("web", "api", "db", "fine"))], [], NOW
    )
    call(db, epoch, "a")
    known = read_probes_again(db, (-1, ()))
    assert known[1] == tuple(probes)
    assert read_probes_again(db, known) is known
    assert set(read_hook_facts(db, known[1], NOW).states) == {"bad", "web", "db"}
