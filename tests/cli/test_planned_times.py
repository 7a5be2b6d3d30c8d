"""When planned work begins and ends, as it is typed: with its zone, and never a time that could be another."""

from __future__ import annotations

import pytest

from oncall_tui.domain.errors import UsageError
from oncall_tui.domain.instants import read_end, read_instant

NOW = 1_795_348_800_000  # 2026-11-22T12:00:00Z
HOUR = 3_600_000


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("now", NOW),
        ("2026-11-22T13:00Z", NOW + HOUR),
        ("2026-11-22 13:00 UTC", NOW + HOUR),
        ("2026-11-22T14:00+01:00", NOW + HOUR),
        ("2026-11-22 14:00:00.5 +01:00", NOW + HOUR + 500),
        ("2026-11-22 14:00 Europe/Berlin", NOW + HOUR),
        ("2027-07-01 14:00 Europe/Berlin", 1_814_443_200_000),
        ("2026-11-22T11:59:30Z", NOW),
    ],
)
def test_a_time_is_read_with_its_zone(text: str, at: int) -> None:
    assert read_instant(text, "--from", NOW) == at


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2026-11-22T13:00", "has no zone"),
        ("2026-11-22T11:00Z", "lies in the past"),
        ("tonight", "is no time"),
        ("2026-13-22T11:00Z", "is no time"),
        ("2026-11-22 13:00 +9", "is no time"),
        ("2026-11-22 13:00 Mars/Olympus", "is no zone"),
        ("2026-11-22 13:00 ../etc/passwd", "is no zone"),
        ("2027-03-28 02:30 Europe/Berlin", "does not exist"),
        ("2027-10-31 02:30 Europe/Berlin", "comes twice"),
    ],
)
def test_a_time_that_could_be_another_is_refused(text: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        read_instant(text, "--from", NOW)


def test_an_end_is_a_length_or_a_time() -> None:
    assert read_end("30m", None, NOW, NOW) == NOW + HOUR // 2
    assert read_end(None, "2026-11-22T13:00Z", NOW, NOW) == NOW + HOUR
    for length, until in ((None, None), ("30m", "now"), ("half an hour", None), ("0m", None)):
        with pytest.raises(UsageError):
            read_end(length, until, NOW, NOW)
