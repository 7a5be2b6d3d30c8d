"""Lengths of time: what is read, what is refused, and how they are shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall_tui.domain.duration import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    format_age,
    format_clock,
    format_duration,
    parse_duration,
    write_duration,
)


@pytest.mark.parametrize(
    ("text", "ms"),
    [("500ms", 500), ("10s", 10_000), ("2m", 120_000), ("1h", 3_600_000), ("1d", 86_400_000), ("0s", 0)],
)
def test_reads_every_unit(text: str, ms: int) -> None:
    assert parse_duration(text) == ms


@pytest.mark.parametrize(
    "text",
    [
        "",
        "10",
        "s",
        "10 s",
        " 10s",
        "10s\n",
        "-1s",
        "+1s",
        "1.5s",
        "1m30s",
        "10S",
        "10sec",
        "1_0s",
        "١s",
        "9" * 5000 + "s",
    ],
)
def test_refuses_all_else_and_says_what_is_allowed(text: str) -> None:
    with pytest.raises(ValueError, match="whole number with ms, s, m, h or d"):
        parse_duration(text)


@given(st.integers(0, 400 * DAY))
def test_what_is_written_is_read_back(ms: int) -> None:
    assert parse_duration(write_duration(ms)) == ms


def test_writes_the_largest_unit_that_fits() -> None:
    assert [write_duration(ms) for ms in (0, 1_500, 30_000, 90_000, 7_200_000, DAY)] == [
        "0s",
        "1500ms",
        "30s",
        "90s",
        "2h",
        "1d",
    ]


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "0ms"),
        (0.9, "0ms"),
        (999.9, "999ms"),
        (1_000, "1s"),
        (4_299, "4.2s"),
        (59_999, "59.9s"),
        (MINUTE, "1m"),
        (90 * SECOND, "1m30s"),
        (61 * SECOND, "1m01s"),
        (HOUR, "1h"),
        (2 * HOUR + 10 * MINUTE, "2h10m"),
        (DAY, "1d 00h"),
        (9 * DAY + 2 * HOUR, "9d 02h"),
        (-4_200, "-4.2s"),
    ],
)
def test_shows_a_duration(ms: float, text: str) -> None:
    assert format_duration(ms) == text


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "00:00"),
        (59_999, "00:59"),
        (262_000, "04:22"),
        (HOUR, "1:00:00"),
        (26 * HOUR, "26:00:00"),
        (-61_000, "-01:01"),
    ],
)
def test_shows_a_clock(ms: float, text: str) -> None:
    assert format_clock(ms) == text


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (-5, "00:00"),
        (262_000, "04:22"),
        (HOUR - 1, "59:59"),
        (HOUR, "1h 00m"),
        (130 * MINUTE, "2h 10m"),
        (DAY - 1, "23h 59m"),
        (218 * HOUR, "9d 02h"),
    ],
)
def test_shows_an_age(ms: float, text: str) -> None:
    assert format_age(ms) == text


@given(st.floats(0, 99 * DAY))
def test_an_age_fits_its_column(ms: float) -> None:
    assert len(format_age(ms)) <= 7
