"""The line of every key, whatever way TOML lets it be written."""

from __future__ import annotations

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from oncall_tui.config.lines import LineIndex

TEXT = '''\
# [not.a.table]
title = "a = [b]"  # = [x]

[page]
"quoted key" = 1
'literal.key' = 2
"esc\\u0041\\"]" = 3
a.b . c = 4
long = """
[[probe]]
name = "no"
ends in quotes """""
raw = \'\'\'
\\
[x]\'\'\'\'
token = { env = "X", deep = { "in" = 1 } }

[[probe]]
name = 'p = ]'
status = [  # [
  200,
  # 201,
  [1, { x = 1 },
    { y = 2 }],
]
when = 1979-05-27 07:32:00Z
[probe.expect]
max = "1s"

  [[probe]]
expect.max = "2s"
[[probe.step]]
say = 1
[[probe.step]]
say = 2
[last]'''


def test_every_way_to_write_a_key_is_placed() -> None:
    tomllib.loads(TEXT)
    find = LineIndex(TEXT).find
    expected = {
        ("title",): 2,
        ("page",): 4,
        ("page", "quoted key"): 5,
        ("page", "literal.key"): 6,
        ("page", 'escA"]'): 7,
        ("page", "a", "b", "c"): 8,
        ("page", "long"): 9,
        ("page", "raw"): 13,
        ("page", "token", "env"): 16,
        ("page", "token", "deep", "in"): 16,
        ("probe",): 18,
        ("probe", 0, "name"): 19,
        ("probe", 0, "status"): 20,
        ("probe", 0, "status", 0): 21,
        ("probe", 0, "status", 1, 1, "x"): 23,
        ("probe", 0, "status", 1, 2, "y"): 24,
        ("probe", 0, "when"): 26,
        ("probe", 0, "expect"): 27,
        ("probe", 0, "expect", "max"): 28,
        ("probe", 1): 30,
        ("probe", 1, "expect", "max"): 31,
        ("probe", 1, "step", 0, "say"): 33,
        ("probe", 1, "step", 1, "say"): 35,
        ("last",): 36,
    }
    assert {path: find(path) for path in expected} == expected


def test_what_is_not_written_is_placed_at_what_is_around_it() -> None:
    find = LineIndex(TEXT).find
    assert find(("probe", 0, "expect", "min")) == 27
    assert find(("probe", 1, "name")) == 30
    assert find(("page", "token", "file")) == 16
    assert find(("nothing", "here")) == 1
    assert find(()) == 1


def test_windows_line_ends_count_once() -> None:
    assert LineIndex("a = 1\r\n\r\nb = 2\r\n").find(("b",)) == 3


_ALPHABET = "ab.=[]{}\"'#,\\ \t\n0-_é"


@given(st.text(_ALPHABET, max_size=60))
def test_whatever_the_parser_takes_is_indexed(text: str) -> None:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    index = LineIndex(text)
    for key in document:
        assert 1 <= index.find((key,)) <= text.count("\n") + 1
