"""Lists that a page gives in parts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from oncall_tui.engine.pages import Permit
from oncall_tui.engine.pages.values import Item

PARTS_MOST = 20


async def read_list(
    ask: Callable[[int], Awaitable[tuple[Sequence[Item], bool]]],
    permit: Permit,
    find_made_at: Callable[[Item], int | None],
    since: int | None = None,
) -> list[Item]:
    """Returns every item of a list that comes in parts; `ask` takes 0, 1, 2... and tells whether there may be more.

    Ends at a part without news. Parts wholly older than `since` end it too, but only where they run from new to old:
    the order of these lists is not documented.
    """
    found: dict[str, Item] = {}
    for number in range(PARTS_MOST):
        await permit()
        items, has_more = await ask(number)
        news = [item for item in items if str(item.get("id")) not in found]
        found.update((str(item.get("id")), item) for item in news)
        if not has_more or not news:
            break
        if since is not None and _is_past([find_made_at(item) for item in items], since):
            break
    return list(found.values())


def _is_past(times: Sequence[int | None], since: int) -> bool:
    known = [at for at in times if at is not None]
    runs_down = len(known) > 1 and known[0] > known[-1] and known == sorted(known, reverse=True)
    return len(known) == len(times) and runs_down and known[0] < since
