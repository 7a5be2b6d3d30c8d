"""Any valid config, broken in any one way, is a ConfigError at the right line; never a traceback, never the token."""

from __future__ import annotations

import re
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall_tui.config.load import load_config
from oncall_tui.domain.errors import ConfigError

FAULT = re.compile(r"[^\n]+?:\d+(:\d+)?: [^\n]+?: [^\n]+")
TOKEN = "S3cret-token"
LENGTHS = ("every", "timeout", "max_latency", "request_timeout", "quiet_period", "send_window")
NUMBERS = ("requests_per_minute", "failure_threshold", "recovery_threshold", "min_days_left")


@dataclass(frozen=True)
class Line:
    """One `key = value` of a file; `text` is the value as TOML."""

    key: str
    text: str
    is_needed: bool = False


@st.composite
def configs(draw: st.DrawFn) -> list[list[Line | str]]:
    """Draws a valid file as a list of tables, each a header and its lines in any order."""
    tables: list[list[Line | str]] = []
    page = [
        Line("api_url", '"https://api.example.com/v1"', is_needed=True),
        Line("page_id", '"abc123"', is_needed=True),
        Line("token", '{ env = "TOKEN" }', is_needed=True),
        *draw(_some(Line("requests_per_minute", "60"), Line("quiet_period", '"30s"'), Line("send_window", '"0s"'))),
    ]
    tables.append(["[page]", *draw(st.permutations(page))])
    names = draw(st.lists(_names(), min_size=1, max_size=3, unique=True))
    tables += [["[[component]]", Line("name", _quote(name), is_needed=True)] for name in names]
    for name in draw(st.lists(_names(), min_size=1, max_size=4, unique=True)):
        kind = draw(st.sampled_from(["http", "tcp", "tls", "dns"]))
        target = {
            "http": Line("url", '"https://h.example/"', is_needed=True),
            "dns": Line("target", '"h.example"', is_needed=True),
        }.get(kind, Line("target", '"h.example:443"', is_needed=True))
        lines = [
            Line("name", _quote(name), is_needed=True),
            Line("kind", f'"{kind}"', is_needed=True),
            target,
            *draw(
                _some(
                    Line("component", _quote(draw(st.sampled_from(names)))),
                    Line("every", '"20s"'),
                    Line("timeout", '"5s"'),
                    Line("failure_threshold", "3"),
                    Line("expect", '{ max_latency = "1s" }'),
                )
            ),
        ]
        tables.append(["[[probe]]", *draw(st.permutations(lines))])
    return tables


def _names() -> st.SearchStrategy[str]:
    return st.text("abcXYZ019 .=[]#é'\"\\", min_size=1, max_size=12).map(lambda text: f"n{text}n")


def _some(*lines: Line) -> st.SearchStrategy[list[Line]]:
    return st.lists(st.sampled_from(lines), unique=True)


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@st.composite
def renderings(draw: st.DrawFn, tables: list[list[Line | str]]) -> list[str]:
    """Draws the lines of a file, with blank lines and comments between them."""
    rows: list[str] = []
    for table in tables:
        gap = draw(st.sampled_from([[], [""], ["# a = [", ""], ["\t# '''"]]))
        for line in table:
            rows += gap
            rows.append(line if isinstance(line, str) else f"{line.key} = {line.text}")
    return rows


@contextmanager
def written(content: bytes) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "oncall.toml"
        path.write_bytes(content)
        yield path


def faults_of(content: bytes) -> tuple[str, ...]:
    with written(content) as path:
        with pytest.raises(ConfigError) as caught:
            load_config(path)
        faults = caught.value.faults
        assert faults
        for fault in faults:
            assert FAULT.fullmatch(fault), fault
            assert fault.startswith(f"{path}:")
        assert TOKEN not in "".join(traceback.format_exception(caught.value))
        assert caught.value.__context__ is None
        return tuple(fault.removeprefix(f"{path}:") for fault in faults)


def assert_loads_or_tells(content: bytes) -> None:
    with written(content) as path:
        faults: tuple[str, ...] = ()
        try:
            load_config(path)
        except ConfigError as error:
            faults = error.faults
        assert all(FAULT.fullmatch(fault) for fault in faults), faults


@given(st.data())
def test_what_is_drawn_is_valid(data: st.DataObject) -> None:
    tables = data.draw(configs())
    rows = data.draw(renderings(tables))
    with written("\n".join(rows).encode()) as path:
        assert len(load_config(path).probes) == sum(table[0] == "[[probe]]" for table in tables)


def _wrong_values(line: Line) -> st.SearchStrategy[str]:
    """Values that are of no use for a key: another type, out of range, or of the wrong form."""
    wrong = ["true", "1.5", "nan", "-1", "99999999999999999999", "1979-05-27", "[[]]", "[{}]", '""', '"\\u001b[31m"']
    if line.key in LENGTHS:
        wrong += ["10", '"10"', '"1.5s"', '"-1s"', '"99d"', '"99999999999s"', f'"{"9" * 400}s"']
    elif line.key in NUMBERS:
        wrong += ["1000000", '"3"']
    elif line.key == "token":
        wrong += [f'"{TOKEN}"', f"['{TOKEN}']", f'{{ env = "{TOKEN}" }}', f'{{ valu = "{TOKEN}" }}', "{}"]
    elif line.key == "kind":
        wrong += ['"htp"', '"HTTP"', '"icmq"', '"any"']
    elif line.key == "expect":
        wrong += ["{ max_latency = 1 }", '{ max_latncy = "1s" }', '{ max_latency = "0s" }']
    elif line.key == "component":
        wrong += ['"Nothing of the kind"']
    else:
        wrong += ["3", f'"{"x" * 3000}"', '"a b\\nc"']
    return st.sampled_from(wrong)


@given(st.data())
def test_one_wrong_value_is_told_at_its_line(data: st.DataObject) -> None:
    tables = data.draw(configs())
    table = data.draw(st.sampled_from(tables))
    index = data.draw(st.integers(1, len(table) - 1))
    line = table[index]
    assert isinstance(line, Line)
    table[index] = broken = Line(line.key, data.draw(_wrong_values(line)))
    rows = data.draw(renderings(tables))
    key = f"{table[0].strip('[]') if isinstance(table[0], str) else ''}.{line.key}"
    places = {row + 1 for row, text in enumerate(rows) if text == f"{broken.key} = {broken.text}"}
    faults = faults_of("\n".join(rows).encode())
    # A component whose own name is at fault is missing to the probes that name it, which is told too.
    if key == "component.name":
        faults = tuple(fault for fault in faults if ": probe.component: " not in fault)
    assert faults
    for fault in faults:
        assert int(fault.split(":")[0]) in places, (fault, rows)
        assert f" {key}" in fault


@given(st.data())
def test_a_missing_key_is_told_at_its_table(data: st.DataObject) -> None:
    tables = data.draw(configs())
    table = data.draw(st.sampled_from(tables))
    line = data.draw(st.sampled_from([each for each in table if isinstance(each, Line) and each.is_needed]))
    table.remove(line)
    marker = "# here"
    table.insert(0, marker)
    rows = data.draw(renderings(tables))
    header = next(row for row in range(rows.index(marker) + 1, len(rows)) if rows[row].startswith("["))
    faults = faults_of("\n".join(rows).encode())
    assert [fault for fault in faults if fault.startswith(f"{header + 1}: ") and f".{line.key}: is missing" in fault]
    rest = [fault for fault in faults if ".component: " not in fault]
    assert len(rest) == 1


@given(st.data())
def test_a_misspelt_key_is_told_at_its_line_with_the_right_one(data: st.DataObject) -> None:
    tables = data.draw(configs())
    table = data.draw(st.sampled_from(tables))
    index = data.draw(st.integers(1, len(table) - 1))
    line = table[index]
    assert isinstance(line, Line)
    table[index] = Line(f"{line.key}z", line.text)
    rows = data.draw(renderings(tables))
    at = rows.index(f"{line.key}z = {line.text}") + 1
    told = [fault for fault in faults_of("\n".join(rows).encode()) if fault.startswith(f"{at}: ")]
    assert any(f"(did you mean {line.key}?)" in fault for fault in told), told


@given(st.data())
def test_a_name_given_twice_is_told_at_the_second(data: st.DataObject) -> None:
    tables = data.draw(configs())
    table = data.draw(st.sampled_from([each for each in tables if each[0] != "[page]"]))
    rows = data.draw(renderings([*tables, table]))
    name = next(f"name = {line.text}" for line in table if isinstance(line, Line) and line.key == "name")
    last = len(rows) - rows[::-1].index(name)
    (fault,) = faults_of("\n".join(rows).encode())
    assert fault.startswith(f"{last}: ")
    assert "allowed: each name once" in fault


@given(st.data(), st.binary(min_size=1, max_size=30))
def test_garbage_is_never_more_than_faults(data: st.DataObject, garbage: bytes) -> None:
    tables = data.draw(configs())
    rows = data.draw(renderings(tables))
    content = "\n".join(rows).encode()
    at = data.draw(st.integers(0, len(content)))
    broken = content[:at] + garbage + content[at:]
    assert_loads_or_tells(broken)


@given(st.data())
def test_a_file_cut_anywhere_is_never_more_than_faults(data: st.DataObject) -> None:
    tables = data.draw(configs())
    rows = data.draw(renderings(tables))
    content = "\n".join(rows).encode()
    assert_loads_or_tells(content[: data.draw(st.integers(0, len(content)))])
