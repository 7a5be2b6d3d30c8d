from __future__ import annotations

import pytest
from tests.engine.fakes.proving import Permits, make_message

from oncall_tui.domain.incident import Impact, IncidentStatus
from oncall_tui.domain.remote import RemoteIncident
from oncall_tui.engine.pages.errors import AmbiguousError
from oncall_tui.engine.pages.lists import PARTS_MOST, Depth, Handover, Settled, read_list
from oncall_tui.engine.pages.unstamped import write_sent_at
from oncall_tui.engine.pages.values import Item


async def read(parts: list[list[Item]], since: int | None, *, may_be_cut: bool = False) -> tuple[int, int]:
    """Returns how many items were read, and in how many parts."""
    permits = Permits()

    async def ask(number: int) -> tuple[list[Item], bool]:
        return parts[number % len(parts)], True

    def find_made_at(item: Item) -> int | None:
        at = item.get("at")
        return at if isinstance(at, int) else None

    found = await read_list(ask, permits, find_made_at, since, may_be_cut=may_be_cut)
    return len(found), permits.count


DAY_MS = 86_400_000
HOUR_MS = 3_600_000


class Clock:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.now = 1_800_000_000_000

    def __call__(self) -> int:
        return self.now


async def test_a_list_ends_at_what_is_old_only_where_it_runs_down() -> None:
    pairs = ((0, 1), (2, 3), (4, 5), (6, 7))
    oldest_first: list[list[Item]] = [[{"id": at, "at": at} for at in pair] for pair in pairs]
    newest_first: list[list[Item]] = [part[::-1] for part in oldest_first[::-1]]
    assert await read(newest_first, 6) == (4, 2)
    assert await read(newest_first, None) == (8, 5)
    assert await read(oldest_first, 6) == (8, 5)
    assert await read([[{"id": 1, "at": 1}, {"id": 2}], [{"id": 3, "at": 0}, {"id": 4, "at": 0}]], 8) == (4, 3)


async def test_a_list_ends_in_the_part_that_reaches_far_enough_back() -> None:
    parts: list[list[Item]] = [[{"id": 9, "at": 3 * DAY_MS}, {"id": 8, "at": DAY_MS - 1}], [{"id": 7, "at": 0}]]
    assert await read(parts, 2 * DAY_MS) == (2, 1)
    assert await read(parts, 2 * DAY_MS - 1) == (3, 3)


def test_what_is_open_is_looked_for_through_the_whole_list_once_an_hour() -> None:
    clock = Clock()
    depth = Depth(clock)
    assert depth.find_since() is None
    assert depth.find_since() is None  # not read to its end yet
    depth.note_read(None)
    clock.now += HOUR_MS - 1
    assert depth.find_since() == clock.now - DAY_MS
    depth.note_read(clock.now - DAY_MS)
    clock.now += 1
    assert depth.find_since() is None
    clock.now -= 2 * HOUR_MS  # set back
    assert depth.find_since() is None


def test_an_answer_is_shared_once_and_for_seconds() -> None:
    clock = Clock()
    handover: Handover[list[Item]] = Handover(clock)
    assert handover.take() is None
    assert handover.leave([]) == []
    assert handover.take() == []
    assert handover.take() is None
    for step_ms in (5_000, -1):
        handover.leave([])
        clock.now += step_ms
        assert handover.take() is None


def test_what_is_settled_is_known_while_the_list_says_the_same() -> None:
    clock = Clock()
    settled = Settled(clock)
    over = RemoteIncident("1", "Errors", IncidentStatus.RESOLVED, Impact.MINOR, 1, 1)
    listed: Item = {"id": "1", "updates": ["a"]}
    settled.keep(listed, over)
    assert settled.find({"id": "1", "updates": ["a"]}) is over
    assert settled.find({"id": "1", "updates": ["a", "b"]}) is None
    settled.keep({"id": "2"}, RemoteIncident("2", "Errors", IncidentStatus.MONITORING, Impact.MINOR, 1, 1))
    assert settled.find({"id": "2"}) is None
    clock.now += HOUR_MS
    assert settled.find(listed) is None


async def test_a_list_without_an_end_is_left_and_proves_nothing() -> None:
    parts: list[list[Item]] = [[{"id": number}] for number in range(PARTS_MOST + 5)]
    with pytest.raises(AmbiguousError, match="more than 20 parts"):
        await read(parts, None)
    assert await read(parts[: PARTS_MOST - 1], None) == (PARTS_MOST - 1, PARTS_MOST)
    assert await read(parts, None, may_be_cut=True) == (PARTS_MOST, PARTS_MOST)


@pytest.mark.parametrize(
    ("skew_ms", "time"),
    [
        (None, "2023-11-14T22:13:20.123Z"),
        (-1_999, "2023-11-14T22:13:20.123Z"),
        (60_000, "2023-11-14T22:14:20.123Z"),
        (-3_600_000, "2023-11-14T21:13:20.123Z"),
    ],
)
def test_times_are_those_of_the_page(skew_ms: int | None, time: str) -> None:
    assert write_sent_at(make_message(sent_at=1_700_000_000_123), skew_ms) == time
