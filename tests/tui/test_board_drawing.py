from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.content import Content

from oncall_tui.domain.probe import Expectation, Probe, ProbeKind, Verdict
from oncall_tui.tui.text import Glyphs
from oncall_tui.tui.widgets.board_names import ShortNames
from oncall_tui.tui.widgets.board_rows import lay_columns, tell_latency, tell_span
from oncall_tui.tui.widgets.latency_strip import draw_strip
from oncall_tui.tui.widgets.lines import find_changed_cells


@given(st.integers(1, 400), st.integers(1, 200))
def test_columns_fill_the_width_and_never_pass_it(width: int, longest: int) -> None:
    columns = lay_columns(width, longest)
    used = 2 + columns.name + 2 + 9 + 9 + columns.response
    used += columns.strip + 2 if columns.strip else 0
    used += columns.why
    assert min(columns) >= 0
    assert used <= max(width + 2, 26)


@pytest.mark.parametrize("width", [52, 56, 66, 80, 118])
def test_a_reason_has_room_to_be_read(width: int) -> None:
    columns = lay_columns(width, 12)
    assert columns.why >= 10
    assert columns.strip == 0 or columns.why >= 14


@given(
    st.lists(st.tuples(st.sampled_from(list(Verdict)), st.floats(0, 1e6)), max_size=70),
    st.integers(0, 80),
    st.none() | st.integers(1, 100_000),
)
def test_a_strip_is_as_wide_as_asked(runs: list[tuple[Verdict, float]], width: int, slow_ms: int | None) -> None:
    probe = Probe("p", ProbeKind.HTTP, "http://x/", expect=Expectation(max_latency_ms=slow_ms))
    assert draw_strip(runs, width, probe).cell_length == width


@given(st.text(max_size=30), st.text(max_size=30))
def test_the_changed_cells_hold_every_change(old: str, new: str) -> None:
    before, after = Content(old), Content(new)
    cells = find_changed_cells(before, after)
    if cells is None:
        assert before.plain.rstrip(" ") == after.plain.rstrip(" ")  # Content itself leaves control characters out
    else:
        assert 0 <= cells[0] <= cells[1]


def test_changed_cells_are_few() -> None:
    assert find_changed_cells(Content("a 31 b"), Content("a 32 b")) == (3, 4)
    assert find_changed_cells(Content("same"), Content("same")) is None
    assert find_changed_cells(Content.styled("ab", "bold"), Content("ab")) == (0, 2)
    assert find_changed_cells(Content("宽a"), Content("宽b")) == (2, 3)


@pytest.mark.parametrize(("ms", "text"), [(0, "<1m"), (60_000, "1m"), (3_600_000, "1h 00m"), (90_000_000, "1d 01h")])
def test_spans_move_once_a_minute(ms: int, text: str) -> None:
    assert tell_span(ms) == text


@pytest.mark.parametrize(("ms", "text"), [(0.4, "0ms"), (999.0, "999ms"), (2100.0, "2.1s"), (120_000.0, "120s")])
def test_latency_is_short(ms: float, text: str) -> None:
    assert tell_latency(ms) == text


@pytest.mark.parametrize(("width", "least"), [(62, 0), (80, 8), (86, 8), (110, 8)])
def test_a_strip_of_eight_stands_before_a_reason_of_sixteen_and_a_whole_name(width: int, least: int) -> None:
    columns = lay_columns(width, 29)
    assert columns.strip >= 8
    assert columns.why >= 16
    assert columns.response == least
    assert columns.name >= (29 if width > 80 else 14)


_REGIONS = [
    f"{app}-{region}-public"
    for app in ("checkout-api", "payments-api")
    for region in ("eu-west-1", "us-east-1", "ap-south-2")
]


def cut(names: list[str], width: int) -> dict[str, str]:
    short = ShortNames([Probe(name, ProbeKind.TCP, "h:1") for name in names], width)
    return {name: short[name] for name in names}


def test_names_of_one_family_stay_apart_where_they_are_cut() -> None:
    assert cut([*_REGIONS, "db"], 24) == {
        "checkout-api-eu-west-1-public": "checkou…eu-west-1-public",
        "checkout-api-us-east-1-public": "checkou…us-east-1-public",
        "checkout-api-ap-south-2-public": "checko…ap-south-2-public",
        "payments-api-eu-west-1-public": "payment…eu-west-1-public",
        "payments-api-us-east-1-public": "payment…us-east-1-public",
        "payments-api-ap-south-2-public": "paymen…ap-south-2-public",
        "db": "db",
    }
    assert cut(["billing-export-of-the-whole-night"], 20)["billing-export-of-the-whole-night"] == "billing-ex…ole-night"


@pytest.mark.parametrize("is_ascii", [False, True])
def test_what_differs_in_two_places_is_kept_in_both(monkeypatch: pytest.MonkeyPatch, is_ascii: bool) -> None:
    monkeypatch.setattr(Glyphs, "is_ascii", is_ascii)
    names = [name.replace("public", side) for name in _REGIONS for side in ("black", "green")]
    short = cut(names, 16)
    assert len(set(short.values())) == len(names)
    assert all(len(each) <= 16 for each in short.values())
    if not is_ascii:
        assert short["checkout-api-eu-west-1-green"] == "chec…eu-we…green"


@given(st.text("ab-", min_size=1, max_size=40), st.text("ab-", min_size=1, max_size=40), st.integers(12, 40))
def test_a_cut_name_fits_and_is_that_of_no_other(one: str, other: str, width: int) -> None:
    names = [one, other.ljust(len(one), ".")[: len(one)]]
    short = cut(names, width)
    assert all(len(each) <= width and (each == name or len(name) > width) for name, each in short.items())
    assert len(set(short.values())) == len(set(names))
