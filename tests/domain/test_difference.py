from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from oncall_tui.domain.difference import Change, Piece, compare_words

_TEXTS = st.text(st.sampled_from("ab .\n"), max_size=40)


@given(_TEXTS, _TEXTS)
def test_the_pieces_make_up_both_texts(before: str, after: str) -> None:
    pieces = compare_words(before, after)
    assert "".join(piece.text for piece in pieces if piece.change is not Change.REMOVED) == after
    old = "".join(piece.text for piece in pieces if piece.change is not Change.ADDED)
    assert "".join(old.split()) == "".join(before.split())


@given(_TEXTS)
def test_a_text_is_the_same_as_itself(text: str) -> None:
    assert {piece.change for piece in compare_words(text, text)} <= {Change.SAME}


def test_only_the_words_that_changed_are_told() -> None:
    pieces = compare_words("Next update by 14:35 UTC. Sorry.", "Next update by 15:05 UTC. Sorry.")
    assert pieces == [
        Piece(Change.SAME, "Next update by"),
        Piece(Change.REMOVED, " 14:35"),
        Piece(Change.ADDED, " 15:05"),
        Piece(Change.SAME, " UTC. Sorry."),
    ]


def test_two_long_texts_are_compared_in_a_moment() -> None:
    before = " ".join(f"word{number % 977}. Then" for number in range(2_500))
    began = time.perf_counter()
    compare_words(before, before[::-1])
    assert time.perf_counter() - began < 1.0
