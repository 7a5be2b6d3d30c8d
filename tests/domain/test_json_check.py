from __future__ import annotations

import pytest

from oncall_tui.domain.json_check import explain_value, find_value, parse_json_check

DOCUMENT = {
    "status": "ok",
    "load": {"one": 7.5, "a.b": True},
    "nodes": [{"name": "eu-1"}, {"name": None}],
    "count": 0,
}


def judge(text: str) -> str:
    check = parse_json_check(text)
    return explain_value(check, find_value(DOCUMENT, check))


@pytest.mark.parametrize(
    "text",
    [
        "status",
        'status == "ok"',
        "status == 'ok'",
        "status != 'a == b'",
        "$.status contains 'o'",
        "load.one < 8",
        "load.one<=7.5",
        "load['a.b'] == true",
        "nodes[1].name == null",
        "nodes[0]['name'] contains 'eu'",
        "count == 0",
        "count != false",
    ],
)
def test_a_value_that_is_as_it_has_to_be_is_right(text: str) -> None:
    assert judge(text) == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("load.one < 7", "load.one is 7.5, expected < 7"),
        ("status == 1", 'status is "ok", expected == 1'),
        ("status > 1", 'status is "ok", expected > 1'),
        ("count == false", "count is 0, expected == false"),
        ("load['a.b'] > 0", "load['a.b'] is true, expected > 0"),
        ("nodes == 2", "nodes is a list of 2, expected == 2"),
        ("load contains 'x'", 'load is a table of 2, expected contains "x"'),
    ],
)
def test_a_wrong_value_is_told_with_what_was_expected(text: str, words: str) -> None:
    assert judge(text) == words


@pytest.mark.parametrize("text", ["nodes[2]", "load.two", "status.x", "nodes.name", "load[0]", "count[0]"])
def test_a_value_that_is_not_there_is_missing(text: str) -> None:
    with pytest.raises(LookupError):
        find_value(DOCUMENT, parse_json_check(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "== 1",
        "a ==",
        "a = 1",
        "a..b",
        "a == ok",
        "a < 'x'",
        "a < true",
        "a contains 1",
        "a == [1]",
        "a == NaN",
        "a b",
    ],
)
def test_what_is_no_comparison_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no|with something|looks for"):
        parse_json_check(text)


def test_a_long_path_is_read_in_no_time() -> None:
    with pytest.raises(ValueError, match="is no comparison"):
        parse_json_check("a" * 100_000 + "!")
