from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from oncall_tui.domain.change import AFTERMATH_MS, BESIDE_MS, Change, find_change, find_expecting
from oncall_tui.domain.duration import MINUTE

AT = 1_800_000_000_000
DEPLOY = Change(1, "deploy web 2.14", "Website", AT, None, "ci")
RESTART = Change(2, "restart", None, AT, AT + 5 * MINUTE, "ann")


def test_a_change_is_shown_beside_what_turns_red_in_the_half_hour_after_it() -> None:
    assert find_change([DEPLOY], "Website", AT) is DEPLOY
    assert find_change([DEPLOY], "Website", AT + BESIDE_MS - 1) is DEPLOY
    assert find_change([DEPLOY], "Website", AT + BESIDE_MS) is None
    assert find_change([DEPLOY], "Website", AT - 1) is None
    assert find_change([DEPLOY], "API", AT + 1) is None
    assert find_change([DEPLOY], None, AT + 1) is None


def test_the_latest_change_is_the_one_shown() -> None:
    later = Change(3, "roll back", "Website", AT + MINUTE, None, "ci")
    assert find_change([DEPLOY, later, RESTART], "Website", AT + 2 * MINUTE) is later


def test_only_an_announced_disturbance_makes_red_expected() -> None:
    assert find_expecting([DEPLOY], "Website", AT + 1, AT + 2) is None
    assert find_expecting([RESTART], "API", AT + 1, AT + 2) is RESTART
    assert find_expecting([RESTART], "API", AT - 1, AT + 2) is None
    assert find_expecting([RESTART], "API", AT + 5 * MINUTE, AT + 5 * MINUTE) is None


@given(red_ms=st.integers(-MINUTE, 30 * MINUTE), later_ms=st.integers(0, 60 * MINUTE))
def test_nothing_is_expected_for_longer_than_was_announced(red_ms: int, later_ms: int) -> None:
    now = AT + red_ms + later_ms
    if find_expecting([RESTART], None, AT + red_ms, now) is not None:
        assert now < AT + 5 * MINUTE + AFTERMATH_MS
