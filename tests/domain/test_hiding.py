from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall_tui.domain.hiding import hide_secrets

TOKEN = "0123456789abcdefghijklmnopqrstuvwxyzABCD"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"Bearer {TOKEN} is wrong", "Bearer *** is wrong"),
        (f"Bearer {TOKEN[:39]}", "Bearer ***"),
        (f"Bearer {TOKEN[:4]}", "Bearer ***"),
        ("costs 012", "costs 012"),
        (f"{TOKEN * 2}{TOKEN[:20]}", "*********"),
    ],
)
def test_a_secret_and_the_start_of_one_at_the_end_are_hidden(text: str, shown: str) -> None:
    assert hide_secrets(text, ["", "x", TOKEN]) == shown


@given(st.integers(0, 200), st.integers(1, 400), st.text("xyz 01", max_size=20))
def test_wherever_an_echo_is_cut_little_of_it_is_left(skipped: int, length: int, before: str) -> None:
    shown = hide_secrets((before + TOKEN * 10)[: skipped + length], [TOKEN])
    assert not any(TOKEN[:start] in shown for start in range(4, len(TOKEN)))
