"""Reads single values of any page's JSON leniently; every text is made inert here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

from oncall_tui.domain.incident import IncidentStatus
from oncall_tui.domain.outbox import normalise_body
from oncall_tui.domain.sanitize import clean_line

Item = dict[str, object]
LIFECYCLE = (
    IncidentStatus.INVESTIGATING,
    IncidentStatus.IDENTIFIED,
    IncidentStatus.MONITORING,
    IncidentStatus.RESOLVED,
)
"""The states that an incident goes through on every page that has states at all."""
Word = TypeVar("Word", bound=StrEnum)
ID_MOST = 100
POSITION_MOST = 1_000_000
_LATEST_MS = 7_258_118_400_000  # the year 2200
_NAME_MOST = 200


def read_time(value: object, zone_ms: int = 0) -> int | None:
    """Returns milliseconds since 1970 for ISO 8601 with any offset, None for anything else.

    One without an offset runs `zone_ms` ahead of UTC. What no page can mean, since it could not be shown in every zone
    either, is None: before 1970 or after 2200.
    """
    if not isinstance(value, str):
        return None
    try:
        instant = datetime.fromisoformat(value.strip())
        if instant.tzinfo is not None:
            return bound_time(int(instant.timestamp() * 1000))
        return bound_time(int(instant.replace(tzinfo=UTC).timestamp() * 1000) - zone_ms)
    except (ValueError, OverflowError):
        return None


def bound_time(at: int) -> int | None:
    return at if 0 <= at < _LATEST_MS else None


def write_time(at: int) -> str:
    """Returns an instant in ms as ISO 8601 in UTC with milliseconds and a Z."""
    return f"{datetime.fromtimestamp(at // 1000, UTC):%Y-%m-%dT%H:%M:%S}.{at % 1000:03d}Z"


def read_id(value: object) -> str | None:
    """Returns an opaque id of the page, None for what could not stand in an address or on a screen."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not 0 < len(value) <= ID_MOST:
        return None
    return value if value.isascii() and all(sign.isalnum() or sign in "-_" for sign in value) else None


def read_objects(value: object) -> Iterator[Item]:
    """Yields the objects of a list, nothing for what is no list."""
    if isinstance(value, list):
        for item in value:
            if isinstance(item, dict):
                yield item


def read_object(value: object, name: str) -> Item:
    """Returns the object under a name, an empty one where there is none."""
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def read_line(value: object) -> str:
    """Returns one inert line, empty for what is no text."""
    return clean_line(value).strip() if isinstance(value, str) else ""


def read_text(value: object) -> str:
    """Returns the words of an update in the form in which they are compared, empty for what is no text."""
    return normalise_body(value) if isinstance(value, str) else ""


def name_component(remote_id: str, value: object, names: Mapping[str, str]) -> str:
    """Returns our name of a component, else the page's, else its id."""
    return names.get(remote_id) or read_line(value)[:_NAME_MOST] or remote_id


def read_position(value: object, order: int) -> int:
    """Returns where a component stands on the page, else its place in the list."""
    return value if isinstance(value, int) and abs(value) <= POSITION_MOST else order


def find_word(value: object, kind: type[Word]) -> Word | None:
    """Returns the word of ours that is written the same, None for one that we do not know."""
    try:
        return kind(value) if isinstance(value, str) else None
    except ValueError:
        return None
