from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from oncall_tui.domain.alarm import APART_MS, LATE_EVERY_MS, MUTE_MS, Alarm, Rung, tell_rung
from oncall_tui.domain.duration import MINUTE, SECOND
from oncall_tui.domain.sanitize import is_clean

NOW = 1_800_000_000_000
WEB, API = frozenset({"web"}), frozenset({"api", "web"})


def hearing(down: frozenset[str] = frozenset()) -> Alarm:
    alarm = Alarm()
    assert not alarm.hear(down, [], NOW)
    return alarm


def test_what_is_newly_down_rings_once() -> None:
    alarm = hearing()
    assert alarm.hear(WEB, [], NOW + SECOND)
    assert not alarm.hear(WEB, [], NOW + MINUTE)
    assert alarm.hear(API, [], NOW + 2 * MINUTE)
    assert not alarm.hear(WEB, [], NOW + 3 * MINUTE)


def test_what_is_down_at_the_start_does_not_ring() -> None:
    assert not hearing(WEB).hear(WEB, [], NOW + SECOND)


def test_a_storm_rings_once_and_once_more_after_it() -> None:
    alarm = hearing()
    rings = [alarm.hear(frozenset(f"p{n}" for n in range(second)), [], NOW + second * SECOND) for second in range(60)]
    assert [second for second, rung in enumerate(rings) if rung] == [1, 21, 41]


def test_a_promise_rings_a_minute_before_at_its_instant_and_every_five_minutes_after() -> None:
    alarm, due_at = hearing(), NOW + 3 * MINUTE
    rings = [second - 180 for second in range(1, 900) if alarm.hear(frozenset(), [(1, due_at)], NOW + second * SECOND)]
    assert rings == [-60, 0, 300, 600]


def test_a_promise_that_is_kept_rings_no_more() -> None:
    alarm, due_at = hearing(), NOW + 30 * SECOND
    assert alarm.hear(frozenset(), [(1, due_at)], NOW + SECOND)
    assert not alarm.hear(frozenset(), [(1, due_at + 30 * MINUTE)], NOW + MINUTE)
    assert not alarm.hear(frozenset(), [], NOW + 2 * LATE_EVERY_MS)


def test_muted_means_silent_and_ends_by_itself() -> None:
    alarm = hearing()
    assert alarm.mute(NOW)
    assert not alarm.hear(WEB, [], NOW + SECOND)
    assert not alarm.hear(WEB, [], NOW + MUTE_MS)
    assert alarm.hear(API, [], NOW + MUTE_MS + SECOND)
    later = NOW + 2 * MUTE_MS
    assert alarm.mute(later)
    assert not alarm.mute(later)


@given(st.lists(st.tuples(st.integers(0, 60_000), st.frozensets(st.sampled_from("abcd"))), max_size=60))
def test_two_rings_are_never_close_together(course: list[tuple[int, frozenset[str]]]) -> None:
    alarm, now, rung = hearing(), NOW, [NOW - APART_MS]
    for step_ms, down in course:
        now += step_ms
        if alarm.hear(down, [(1, NOW + MINUTE)], now):
            assert now - rung[-1] >= APART_MS
            rung.append(now)


def test_a_ring_tells_what_it_is_for_and_a_storm_is_one_line() -> None:
    alarm = hearing()
    fallen = frozenset(f"p{n:03}" for n in range(500))
    assert alarm.hear(fallen, [(7, NOW + SECOND)], NOW + SECOND)
    assert tell_rung(alarm.rung) == "DOWN: p000 and 499 others, update due: #7"
    assert not alarm.hear(fallen | {"a", "b"}, [], NOW + 2 * SECOND)
    assert not alarm.hear(fallen | {"a"}, [], NOW + 3 * SECOND)
    assert alarm.hear(fallen | {"a"}, [], NOW + 3 * SECOND + APART_MS)
    assert tell_rung(alarm.rung) == "DOWN: a"


def test_what_begins_to_flap_rings_and_again_only_when_it_is_down_for_certain() -> None:
    alarm = hearing()
    none: frozenset[str] = frozenset()
    assert alarm.hear(none, [], NOW + SECOND, WEB)
    assert tell_rung(alarm.rung) == "FLAPPING: web"
    assert not alarm.hear(none, [], NOW + MINUTE, WEB)
    assert alarm.hear(WEB, [], NOW + 2 * MINUTE)
    assert not alarm.hear(none, [], NOW + 3 * MINUTE, WEB)
    assert alarm.hear(none, [], NOW + 4 * MINUTE, API)
    assert tell_rung(alarm.rung) == "FLAPPING: api"


def test_what_came_while_muted_is_in_no_later_ring() -> None:
    alarm = hearing()
    alarm.mute(NOW)
    alarm.hear(WEB, [], NOW + SECOND)
    alarm.mute(NOW + 2 * SECOND)
    assert alarm.hear(API, [], NOW + 3 * SECOND)
    assert tell_rung(alarm.rung) == "DOWN: api"


@given(st.text(), st.integers(min_value=1, max_value=10**6))
def test_a_ring_is_one_inert_line_whatever_the_names_hold(name: str, incident: int) -> None:
    told = tell_rung(Rung((f"\x1b]9;x\a{name}", "b"), (incident,)))
    assert len(told) <= 150
    assert is_clean(told)
    assert "\n" not in told
