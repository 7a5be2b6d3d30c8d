"""Times in words: the next one that they mean, in the zone that is named or given."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall_tui.domain.duration import DAY, HOUR, MINUTE
from oncall_tui.domain.errors import UsageError
from oncall_tui.domain.instants import read_end_words, read_instant, split_window
from oncall_tui.domain.maintenance import write_instant

NOW = 1_795_348_800_000  # Sunday, 2026-11-22T12:00:00Z


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("in 30m", "12:30 UTC on 22 November 2026"),
        ("IN 2 h", "14:00 UTC on 22 November 2026"),
        ("13:00", "13:00 UTC on 22 November 2026"),
        ("11:00", "11:00 UTC on 23 November 2026"),
        ("12:00", "12:00 UTC on 22 November 2026"),
        ("tomorrow 02:00", "02:00 UTC on 23 November 2026"),
        ("tomorrow at 02:00 +01:00", "01:00 UTC on 23 November 2026"),
        ("sun 02:00", "02:00 UTC on 29 November 2026"),
        ("sunday 14:00", "14:00 UTC on 22 November 2026"),
        ("Sun, 29 Nov 02:00 UTC", "02:00 UTC on 29 November 2026"),
        ("29 november 02:00 Europe/Berlin", "01:00 UTC on 29 November 2026"),
        ("3 jan 02:00", "02:00 UTC on 3 January 2027"),
        ("1 feb 2027 02:00", "02:00 UTC on 1 February 2027"),
        ("today 23:00 America/New_York", "04:00 UTC on 23 November 2026"),
    ],
)
def test_words_mean_the_next_such_time(text: str, at: str) -> None:
    assert write_instant(read_instant(text, "start", NOW, zone="UTC")) == at


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("mon 29 nov 02:00", "29 November 2026 is a Sunday"),
        ("today 11:00", "lies in the past"),
        ("30 feb 02:00", "is no time"),
        ("25:00", "is no time"),
        ("in half an hour", "is not a length of time"),
        ("tomorrow", "is no time"),
        ("9999-12-31T23:59 -01:00", "is no time"),
        ("in 9999999d", "shorter than ten years"),
        ("1 jan 2040 00:00", "ten years ahead"),
        ("28 mar 2027 02:30 Europe/Berlin", "does not exist"),
    ],
)
def test_words_that_mean_no_time_say_why(text: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        read_instant(text, "start", NOW, zone="UTC")


def test_words_without_a_zone_are_refused_where_none_is_given() -> None:
    with pytest.raises(UsageError, match="has no zone"):
        read_instant("tomorrow 02:00", "--from", NOW)


@pytest.mark.parametrize(
    ("text", "length_ms"),
    [
        ("2h", 2 * HOUR),
        ("for 2 h", 2 * HOUR),
        ("90m", 90 * MINUTE),
        ("14:30", 150 * MINUTE),
        ("until 11:00", 23 * HOUR),
    ],
)
def test_an_end_is_a_length_or_the_next_such_time_after_the_start(text: str, length_ms: int) -> None:
    assert read_end_words(text, "end", NOW, zone="UTC") == NOW + length_ms


def test_a_window_in_one_phrase_is_split() -> None:
    assert split_window("sun 29 nov 02:00 UTC  for 2h") == ("sun 29 nov 02:00 UTC", "2h")
    assert split_window("tomorrow 02:00 until 04:00 UTC") == ("tomorrow 02:00", "04:00 UTC")
    assert split_window("tomorrow 02:00") == ("tomorrow 02:00", "")


@given(
    st.integers(0, 400 * DAY), st.sampled_from(["{:%Y-%m-%d %H:%M} Z", "{:%d %b %Y %H:%M}", "{:%a %d %B %Y %H:%M} UTC"])
)
def test_a_written_time_is_read_back(ahead: int, form: str) -> None:
    at = (NOW + ahead) // MINUTE * MINUTE
    text = form.format(datetime.fromtimestamp(at / 1000, UTC))
    assert read_instant(text, "start", NOW, zone="UTC") == at


@given(st.text(max_size=40))
def test_no_text_breaks_it(text: str) -> None:
    with suppress(UsageError):
        assert read_instant(text, "start", NOW, zone="UTC") >= NOW
