"""Edits of one field of an incident: stored under the revision that was seen, taken back one by one."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from oncall_tui.domain.errors import ConflictError, RefusedError
from oncall_tui.domain.incident import ComponentStatus, Impact, Incident
from oncall_tui.domain.update import TITLE_LIMIT
from oncall_tui.store.database import Database
from oncall_tui.store.incidents import edit_incident, get_incident

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_INSTANT = re.compile(
    r"(?:(?P<day>\d{1,2}) (?P<month>[A-Z]{3}) |(?P<year>\d{4})-(?P<number>\d{2})-(?P<date>\d{2})[ T])?"
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})"
)


class Edit(Struct, frozen=True):
    """One field of one incident, before and after; `seen` is the incident as its editor read it."""

    seen: Incident
    field: str
    value: object

    @property
    def before(self) -> object:
        return getattr(self.seen, self.field)


def store_edit(db: Database, edit: Edit, actor: str, now: int) -> Incident:
    """Stores one field; a change of other fields meanwhile is no conflict, one of the same field is.

    Raises ConflictError, RefusedError (`empty-title`, `future-start`, `title-length`), NotFoundError or StoreError.
    """
    check_edit(edit, now)
    seen = edit.seen
    while True:
        try:
            return edit_incident(db, _change(seen, edit), actor, now)
        except ConflictError:
            current = get_incident(db, seen.id)
            if getattr(current, edit.field) == edit.value:
                return current
            if getattr(current, edit.field) != edit.before:
                raise
            seen = current


def check_edit(edit: Edit, now: int) -> None:
    """Raises RefusedError for a value that an incident cannot have."""
    if edit.field == "title":
        if not str(edit.value).strip():
            raise RefusedError("empty-title", "An incident needs a title: the old one stays.")
        if len(str(edit.value)) > TITLE_LIMIT:
            raise RefusedError(
                "title-length", f"The page takes {TITLE_LIMIT} characters for a title: the old one stays."
            )
    if edit.field == "started_at" and isinstance(edit.value, int) and edit.value > now:
        raise RefusedError("future-start", "The start lies in the future: the old one stays.")


def _change(incident: Incident, edit: Edit) -> Incident:
    value = edit.value
    if edit.field == "components":
        assert isinstance(value, dict)
        components: dict[str, ComponentStatus] = value
        return replace(incident, components=dict(components))
    if edit.field == "impact_override":
        assert value is None or isinstance(value, Impact)
        return replace(incident, impact_override=value)
    return replace(incident, **{edit.field: value})


def write_instant(at: int) -> str:
    """Returns an instant as the editor shows it, `22 Nov 14:05`, in UTC."""
    moment = datetime.fromtimestamp(at / 1000, UTC)
    return f"{moment.day} {moment:%b %H:%M}"


def read_instant(text: str, now: int) -> int:
    """Returns the instant that `14:05`, `22 Nov 14:05` or `2026-11-22 14:05` means in UTC, the latest that has passed.

    Raises RefusedError (`not-a-time`).
    """
    today = datetime.fromtimestamp(now / 1000, UTC)
    match = _INSTANT.fullmatch(" ".join(text.upper().removesuffix("UTC").split()))
    at = _find_instant(match, today) if match else None
    if at is None:
        words = "That is no time: 14:05, 22 Nov 14:05 and 2026-11-22 14:05 are, in UTC."
        raise RefusedError("not-a-time", words)
    return int(at.timestamp() * 1000)


def _find_instant(match: re.Match[str], today: datetime) -> datetime | None:
    hour, minute = int(match["hour"]), int(match["minute"])
    try:
        if match["year"]:
            return datetime(int(match["year"]), int(match["number"]), int(match["date"]), hour, minute, tzinfo=UTC)
        if match["day"]:
            month = _MONTHS.index(match["month"]) + 1
            at = datetime(today.year, month, int(match["day"]), hour, minute, tzinfo=UTC)
            return at.replace(year=today.year - 1) if at > today else at
        at = today.replace(hour=hour, minute=minute, second=0, microsecond=0)
        return at - timedelta(days=1) if at > today else at
    except ValueError:
        return None
