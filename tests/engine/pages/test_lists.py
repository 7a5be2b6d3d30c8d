from __future__ import annotations

import pytest
from tests.engine.fakes.proving import Permits, make_message

from oncall_tui.engine.pages.lists import PARTS_MOST, read_list
from oncall_tui.engine.pages.unstamped import write_sent_at
from oncall_tui.engine.pages.values import Item


async def read(parts: list[list[Item]], since: int | None) -> tuple[int, int]:
    """Returns how many items were read, and in how many parts."""
    permits = Permits()

    async def ask(number: int) -> tuple[list[Item], bool]:
        return parts[number % len(parts)], True

    def find_made_at(item: Item) -> int | None:
        at = item.get("at")
        return at if isinstance(at, int) else None

    return len(await read_list(ask, permits, find_made_at, since)), permits.count


async def test_a_list_ends_at_what_is_old_only_where_it_runs_down() -> None:
    pairs = ((0, 1), (2, 3), (4, 5), (6, 7))
    oldest_first: list[list[Item]] = [[{"id": at, "at": at} for at in pair] for pair in pairs]
    newest_first: list[list[Item]] = [part[::-1] for part in oldest_first[::-1]]
    assert await read(newest_first, 6) == (4, 2)
    assert await read(newest_first, None) == (8, 5)
    assert await read(oldest_first, 6) == (8, 5)
    assert await read([[{"id": 1, "at": 1}, {"id": 2}], [{"id": 3, "at": 0}, {"id": 4, "at": 0}]], 8) == (4, 3)


async def test_a_list_without_an_end_is_left() -> None:
    parts: list[list[Item]] = [[{"id": number}] for number in range(PARTS_MOST + 5)]
    assert await read(parts, None) == (PARTS_MOST, PARTS_MOST)


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
