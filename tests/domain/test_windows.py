"""Recurring windows: one a local day, of their whole length, whatever the clocks of the zone do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall_tui.domain.duration import DAY, HOUR, MINUTE
from oncall_tui.domain.windows import LONGEST_MS, Window, list_occurrences
from oncall_tui.domain.windows_unheard import find_unheard

EVERY_DAY = tuple(range(7))
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Auckland")


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def make(
    at_minute: int = 120, for_ms: int = 90 * MINUTE, days: tuple[int, ...] = EVERY_DAY, zone: str = "UTC"
) -> Window:
    return Window("backup", days, at_minute, for_ms, zone, ("db",))


def tell(found: list[tuple[int, int]], zone: str) -> list[str]:
    return [f"{datetime.fromtimestamp(start / 1000, ZoneInfo(zone)):%a %d %H:%M %z}" for start, _ in found]


def test_the_night_that_has_no_such_hour_begins_with_the_jump() -> None:
    window = make(at_minute=150, zone="Europe/Berlin")
    found = list_occurrences(window, at("2026-03-28T00:00Z"), at("2026-03-31T00:00Z"))
    assert tell(found, "Europe/Berlin") == [
        "Sat 28 02:30 +0100",
        "Sun 29 03:00 +0200",
        "Mon 30 02:30 +0200",
    ]
    assert found[1][0] == at("2026-03-29T01:00Z")


def test_the_night_that_has_it_twice_begins_with_the_first() -> None:
    window = make(at_minute=150, zone="Europe/Berlin")
    found = list_occurrences(window, at("2026-10-24T00:00Z"), at("2026-10-26T00:00Z"))
    assert tell(found, "Europe/Berlin") == ["Sat 24 02:30 +0200", "Sun 25 02:30 +0200"]
    assert found[1] == (at("2026-10-25T00:30Z"), at("2026-10-25T02:00Z"))


def test_a_window_over_midnight_belongs_to_the_day_on_which_it_begins() -> None:
    window = make(at_minute=23 * 60, for_ms=3 * HOUR, days=(6,), zone="Europe/Berlin")
    sunday = at("2026-11-22T22:00Z")
    assert list_occurrences(window, at("2026-11-23T00:30Z"), at("2026-11-23T00:31Z")) == [(sunday, sunday + 3 * HOUR)]
    assert list_occurrences(window, sunday + 3 * HOUR - 1, sunday + 3 * HOUR) == [(sunday, sunday + 3 * HOUR)]
    assert list_occurrences(window, sunday + 3 * HOUR, sunday + 7 * DAY) == []


@pytest.mark.parametrize(
    ("windows", "unheard"),
    [
        ([make(for_ms=DAY)], True),
        ([make(for_ms=DAY - MINUTE)], False),
        ([make(for_ms=LONGEST_MS, days=(0,))], True),
        ([make(for_ms=4 * DAY, days=(0, 3))], True),
        ([make(0, 12 * HOUR), make(12 * 60, 12 * HOUR)], True),
        ([make(0, 12 * HOUR), make(12 * 60, 12 * HOUR - MINUTE)], False),
        ([], False),
    ],
)
def test_windows_that_leave_no_time_to_ring_are_known(windows: list[Window], unheard: bool) -> None:
    found = find_unheard(windows, {"db": None, "api": "API"}, at("2026-11-22T12:00Z"))
    assert found == ({("backup",) * len(windows): ["db"]} if unheard else {})


@given(
    zone=st.sampled_from(ZONES),
    day=st.integers(0, 730),
    at_minute=st.integers(0, 1439),
    for_ms=st.integers(1, 7 * 24 * 60).map(lambda minutes: minutes * MINUTE),
    days=st.sets(st.integers(0, 6), min_size=1).map(lambda found: tuple(sorted(found))),
)
def test_each_local_day_has_one_of_the_whole_length(
    zone: str, day: int, at_minute: int, for_ms: int, days: tuple[int, ...]
) -> None:
    window = make(at_minute, for_ms, days, zone)
    place = ZoneInfo(zone)
    first = (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day)).date()
    since = round(datetime.combine(first, datetime.min.time(), place).timestamp() * 1000)
    found = list_occurrences(window, since, since + 8 * DAY)
    starts = [start for start, _ in found if start >= since]
    assert starts == sorted(set(starts))
    assert all(end - start == for_ms and end > since and start < since + 8 * DAY for start, end in found)
    wall = at_minute // 60, at_minute % 60
    for start, _ in found:
        local = datetime.fromtimestamp(start / 1000, place)
        assert local.weekday() in days
        if (local.hour, local.minute) != wall:
            before = datetime.fromtimestamp((start - MINUTE) / 1000, place)
            skipped = datetime.combine(local.date(), datetime.min.time()).replace(hour=wall[0], minute=wall[1])
            assert before.replace(tzinfo=None) < skipped < local.replace(tzinfo=None)
    told = {datetime.fromtimestamp(start / 1000, place).date() for start in starts}
    whole = {first + timedelta(days=ahead) for ahead in range(7)}
    assert {each for each in whole if each.weekday() in days} <= told


@given(
    day=st.integers(0, 730 * 24 * 60),
    length=st.integers(1, 3 * 24 * 60),
    for_ms=st.integers(1, 7 * 24 * 60).map(lambda minutes: minutes * MINUTE),
)
def test_no_stretch_of_time_misses_one_that_touches_it(day: int, length: int, for_ms: int) -> None:
    window = make(150, for_ms, (2, 6), "Europe/Berlin")
    since = at("2026-01-01T00:00Z") + day * MINUTE
    until = since + length * MINUTE
    wide = list_occurrences(window, since - 20 * DAY, until + 20 * DAY)
    assert list_occurrences(window, since, until) == [each for each in wide if each[0] < until and each[1] > since]
