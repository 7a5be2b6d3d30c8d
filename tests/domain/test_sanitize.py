from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall_tui.domain.sanitize import clean_block, clean_line, is_clean

HOSTILE = "".join(map(chr, (*range(0x20), *range(0x7F, 0xA0), 0x202E, 0x2066, 0x200B, 0xFEFF, 0xE0041, 0xD800)))


@given(st.text(st.characters(codec=None)))
def test_nothing_that_steers_a_terminal_passes(text: str) -> None:
    for cleaned in (clean_line(text), clean_block(text)):
        assert is_clean(cleaned)
        for sign in cleaned:
            category = unicodedata.category(sign)
            assert sign in "\n\t" or category not in ("Cc", "Cf", "Cs", "Zl", "Zp"), hex(ord(sign))
        cleaned.encode("utf-8")
    assert "\n" not in clean_line(text)


@given(st.text(st.characters(codec=None)))
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean_line(clean_line(text)) == clean_line(text)
    assert clean_block(clean_block(text)) == clean_block(text)


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[2Jx", "␛[2Jx"),
        ("\x1b]52;c;ZXZpbA==\x07", "␛]52;c;ZXZpbA==␇"),
        ("\x9b31mred", "<U+009B>31mred"),
        ("abc\u202edef", "abc<U+202E>def"),
        ("a\x00b", "a␀b"),
        ("plain [b]text[/b] ünïcode 漢字 👍", "plain [b]text[/b] ünïcode 漢字 👍"),
        ("\x7f", "␡"),
        ("\udc80", "<U+DC80>"),
    ],
)
def test_hostile_signs_become_visible(hostile: str, shown: str) -> None:
    assert clean_line(hostile) == shown


def test_real_text_after_a_stray_introducer_is_kept() -> None:
    assert "the database is down" in clean_line("\x9bthe database is down")


def test_blocks_keep_their_lines_and_lines_do_not() -> None:
    assert clean_block("a\r\nb\rc\td") == "a\nb\nc\td"
    assert clean_line("a\r\nb\rc\td") == "a b c d"


def test_length_is_capped_also_when_signs_grow() -> None:
    assert len(clean_line("\x9b" * 10_000, 100)) == 100
    assert clean_line("x" * 101, 100) == "x" * 99 + "…"
    assert len(clean_block(HOSTILE * 10_000, 1_000)) == 1_000


def test_a_tower_of_combining_marks_is_cut() -> None:
    assert clean_line("e" + "\u0301" * 1_000) == "e" + "\u0301" * 3
