"""Lists that a page gives in parts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from oncall_tui.domain.remote import RemoteIncident
from oncall_tui.engine.pages import Permit
from oncall_tui.engine.pages.errors import AmbiguousError
from oncall_tui.engine.pages.values import Item

PARTS_MOST = 20
_DAY_MS = 86_400_000
_HOUR_MS = 3_600_000
_SHARED_MS = 5_000
_REPEATED_MS = 90_000
_KEPT_MOST = 200
Shared = TypeVar("Shared")


async def read_list(
    ask: Callable[[int], Awaitable[tuple[Sequence[Item], bool]]],
    permit: Permit,
    find_made_at: Callable[[Item], int | None],
    since: int | None = None,
    *,
    may_be_cut: bool = False,
) -> list[Item]:
    """Returns every item of a list that comes in parts; `ask` takes 0, 1, 2... and tells whether there may be more.

    Ends at a part without news. A part wholly older than `since`, or that ends a day before it, ends it too, but only
    where it runs from new to old: the order of these lists is not documented, and some go by times that people give.
    Raises AmbiguousError for one that goes on and on, since what is missing in half a list proves nothing; one that
    `may_be_cut` is left there.
    """
    found: dict[str, Item] = {}
    for number in range(PARTS_MOST):
        await permit()
        items, has_more = await ask(number)
        news = [item for item in items if str(item.get("id")) not in found]
        found.update((str(item.get("id")), item) for item in news)
        if not has_more or not news:
            return list(found.values())
        if since is not None and _is_past([find_made_at(item) for item in items], since):
            return list(found.values())
    if may_be_cut:
        return list(found.values())
    raise AmbiguousError(f"the page has a list of more than {PARTS_MOST} parts: it was not read to its end")


def _is_past(times: Sequence[int | None], since: int) -> bool:
    known = [at for at in times if at is not None]
    runs_down = len(known) > 1 and known[0] > known[-1] and known == sorted(known, reverse=True)
    return len(known) == len(times) and runs_down and (known[0] < since or known[-1] < since - _DAY_MS)


class Depth:
    """How far back a list is read that cannot be asked for what is open: to its end once an hour, else for a day."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._ended_at: int | None = None

    def find_since(self) -> int | None:
        now = self._clock()
        is_known = self._ended_at is not None and 0 <= now - self._ended_at < _HOUR_MS
        return now - _DAY_MS if is_known else None

    def note_read(self, since: int | None) -> None:
        if since is None:
            self._ended_at = self._clock()


class Handover(Generic[Shared]):
    """An answer that two calls in a row share: it is taken once, and within seconds."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._left: tuple[int, Shared] | None = None

    def leave(self, answer: Shared) -> Shared:
        self._left = (self._clock(), answer)
        return answer

    def take(self) -> Shared | None:
        left, self._left = self._left, None
        return left[1] if left is not None and 0 <= self._clock() - left[0] < _SHARED_MS else None


class Repeated(Generic[Shared]):
    """An answer that is told once more, a minute later, of a page on which nothing goes on: that leaves a request."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self.is_quiet = False
        self._clock = clock
        self._told: tuple[int, Shared] | None = None

    def keep(self, answer: Shared) -> Shared:
        self._told = (self._clock(), answer)
        return answer

    def find(self) -> Shared | None:
        if self._told is None or not self.is_quiet:
            return None
        return self._told[1] if 0 <= self._clock() - self._told[0] < _REPEATED_MS else None

    def forget(self) -> None:
        """After a write of ours."""
        self._told = None


class Settled:
    """Incidents that are over and were read in full: while a list says the same of one, it need not be read again.

    For an hour at most: an edit of old words may not show in a list.
    """

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._kept: dict[str, tuple[int, Item, RemoteIncident]] = {}

    def find(self, listed: Item) -> RemoteIncident | None:
        read_at, item, incident = self._kept.get(str(listed.get("id")), (0, {}, None))
        return incident if item == listed and 0 <= self._clock() - read_at < _HOUR_MS else None

    def keep(self, listed: Item, incident: RemoteIncident) -> None:
        if not incident.status.is_open:
            self._kept.pop(incident.remote_id, None)
            kept = list(self._kept.items())[1 - _KEPT_MOST :]
            self._kept = {**dict(kept), incident.remote_id: (self._clock(), listed, incident)}
