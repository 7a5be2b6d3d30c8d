"""What adapters of pages without room for our ids share: times as a natural key, whole lists, and answers put together.

Such a page proves a delivery by what is new on it: ids that did not stand there before, with our state and words.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime

from msgspec.structs import replace

from oncall_tui.domain.incident import ComponentStatus, IncidentStatus, impact_of
from oncall_tui.domain.remote import RemoteIncident, RemoteUpdate
from oncall_tui.domain.sanitize import clean_line
from oncall_tui.engine.pages import Message, Permit
from oncall_tui.engine.pages.exchange import PageLine
from oncall_tui.engine.pages.htmlpage import find_words

PAGES_MOST = 20
_SKEW_FLOOR_MS = 2_000
_NAME_LIMIT = 200

Item = dict[str, object]


def write_time(message: Message, skew_ms: int | None) -> str:
    """Returns when the attempt began, by the page's clock, as ISO 8601 with milliseconds and Z.

    By the page's clock, since what is read back is compared with it; what the clocks differ by is known to a second
    only and left out below two.
    """
    shift = skew_ms if skew_ms is not None and abs(skew_ms) >= _SKEW_FLOOR_MS else 0
    instant = datetime.fromtimestamp((message.sent_at + shift) / 1000, UTC)
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_line(value: object) -> str:
    """Returns one inert line, empty for what is no text."""
    return clean_line(value).strip() if isinstance(value, str) else ""


def name_component(remote_id: str, value: object, names: Mapping[str, str]) -> str:
    """Returns our name of a component, else the page's, else its id."""
    return names.get(remote_id) or read_line(value)[:_NAME_LIMIT] or remote_id


def list_named_ids(message: Message) -> tuple[str, ...]:
    """Returns the ids of all components that a message names, each once."""
    return tuple(dict.fromkeys([*(message.component_ids or ()), *message.components]))


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
    for number in range(PAGES_MOST):
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


def append_update(
    baseline: RemoteIncident, update: RemoteUpdate, components: Mapping[str, ComponentStatus]
) -> RemoteIncident:
    """Returns the incident as it stands after an update that the page answered with alone."""
    merged = {**baseline.components, **components}
    return replace(
        baseline,
        status=update.status,
        impact=impact_of(merged),
        components=merged,
        updates=(*(item for item in baseline.updates if item.remote_id != update.remote_id), update),
        updated_at=max(baseline.updated_at, update.created_at),
        resolved_at=update.created_at if update.status is IncidentStatus.RESOLVED else None,
    )


async def look_for_words(line: PageLine, public_url: str | None, awaited: Mapping[str, str]) -> dict[str, str]:
    """Returns the awaited bodies, by id, that stand in what browsers get, without the token. Raises PageError."""
    if public_url is None or not awaited:
        return {}
    # A hostile page can make this take a second.
    return await asyncio.to_thread(find_words, await line.read_text(public_url), awaited)
