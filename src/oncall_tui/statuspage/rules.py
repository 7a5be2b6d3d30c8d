"""What a write may say: turns the JSON of a request into a checked value, or names every fault at once. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import TypeVar

from msgspec import Struct

from oncall_tui.domain.incident import ComponentStatus, Impact, IncidentStatus
from oncall_tui.domain.maintenance import MaintenanceStatus
from oncall_tui.domain.update import BODY_LIMIT, TITLE_LIMIT
from oncall_tui.statuspage.faults import RequestRefusedError
from oncall_tui.statuspage.records import Status, parse_status

AUTOMATION_FLAGS = (
    "scheduled_remind_prior",
    "scheduled_auto_in_progress",
    "scheduled_auto_completed",
    "scheduled_auto_transition",
    "auto_transition_to_maintenance_state",
    "auto_transition_to_operational_state",
    "auto_transition_deliver_notifications_at_start",
    "auto_transition_deliver_notifications_at_end",
)
_STATUS_WORDS = [
    *(status.value for status in IncidentStatus if status is not IncidentStatus.POSTMORTEM),
    *(status.value for status in MaintenanceStatus),
]
# SQLite cannot hold lone surrogates, and a NUL ends the text for some of its functions.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_LATEST_AT = 253_402_300_799_999
Word = TypeVar("Word", bound=StrEnum)


class IncidentWrite(Struct, frozen=True):
    """A checked create or change of an incident; a field that is None was not sent.

    `clears_impact_override` tells a null that was sent from a field that was not. `backfilled_at` is set only on a
    create of something that is already over.
    """

    name: str | None
    body: str | None
    status: Status | None
    impact_override: Impact | None
    clears_impact_override: bool
    component_ids: tuple[str, ...] | None
    components: dict[str, ComponentStatus]
    is_notifying: bool
    metadata: dict[str, object] | None
    scheduled_for: int | None
    scheduled_until: int | None
    options: dict[str, object]
    is_backfilled: bool
    backfilled_at: int | None


class ComponentWrite(Struct, frozen=True):
    """A checked create or change of a component; `fields` maps column names to values that were sent."""

    fields: dict[str, str | int | None]


class UpdateWrite(Struct, frozen=True):
    """A checked change of an update that customers already have: its text or the instant shown, never its status."""

    body: str | None
    display_at: int | None
    is_notifying: bool | None


class PublishWrite(Struct, frozen=True):
    """A checked wish to publish a postmortem."""

    is_notifying: bool


class _Fields:
    """Reads one JSON object and collects what is wrong with it."""

    def __init__(self, fields: dict[str, object]) -> None:
        self._fields = fields
        self.faults: list[str] = []

    def has(self, name: str) -> bool:
        return name in self._fields

    def read_text(self, name: str, limit: int, *, is_line: bool = False) -> str | None:
        value = self._fields.get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            self.faults.append(f"{name} must be text")
            return None
        if len(value) > limit:
            self.faults.append(f"{name} is too long ({len(value)} characters, at most {limit})")
        if is_line and not value.strip():
            self.faults.append(f"{name} can't be blank")
        return _UNSTORABLE.sub("\ufffd", value)

    def read_flag(self, name: str) -> bool | None:
        value = self._fields.get(name)
        if value is None or isinstance(value, bool):
            return value
        self.faults.append(f"{name} must be true or false")
        return None

    def read_word(self, name: str, kind: type[Word]) -> Word | None:
        value = self._fields.get(name)
        if value is None or value == "":
            return None
        word = _find_word(value, kind)
        if word is not None:
            return word
        self.faults.append(f"{name} must be one of {', '.join(word.value for word in kind)}")
        return None

    def read_status(self) -> Status | None:
        value = self._fields.get("status")
        if value is None or value == "":
            return None
        if isinstance(value, str) and value in _STATUS_WORDS:
            return parse_status(value)
        self.faults.append(f"status must be one of {', '.join(_STATUS_WORDS)}")
        return None

    def read_instant(self, name: str) -> int | None:
        value = self._fields.get(name)
        if value is None or value == "":
            return None
        at = parse_instant(value) if isinstance(value, str) else None
        if at is None:
            self.faults.append(f"{name} must be an ISO 8601 time, such as 2026-11-22T14:03:07Z")
        return at

    def read_ids(self, name: str) -> tuple[str, ...] | None:
        value = self._fields.get(name)
        if value is None:
            return None
        if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
            return tuple(dict.fromkeys(value))
        self.faults.append(f"{name} must be a list of component ids")
        return None

    def read_component_map(self) -> dict[str, ComponentStatus]:
        value = self._fields.get("components")
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.faults.append("components must be an object of component id to status")
            return {}
        statuses: dict[str, ComponentStatus] = {}
        for component_id, word in value.items():
            status = _find_word(word, ComponentStatus)
            if status is not None:
                statuses[component_id] = status
            else:
                allowed = ", ".join(each.value for each in ComponentStatus)
                self.faults.append(f"the status of component {component_id[:40]} must be one of {allowed}")
        return statuses

    def read_metadata(self) -> dict[str, object] | None:
        value = self._fields.get("metadata")
        if value is None:
            return None
        if isinstance(value, dict) and all(isinstance(entry, dict) for entry in value.values()):
            return dict(value)
        self.faults.append("metadata must be an object whose values are objects")
        return None

    def refuse_faults(self) -> None:
        if self.faults:
            raise RequestRefusedError(422, *self.faults)


def _find_word(value: object, kind: type[Word]) -> Word | None:
    return next((word for word in kind if word.value == value), None)


def parse_instant(text: str) -> int | None:
    """Returns the instant of an ISO 8601 date or time in ms, None if it is neither; without an offset it is UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    at = round(moment.timestamp() * 1000)
    return at if 0 <= at <= _LATEST_AT else None


def read_incident_write(fields: dict[str, object], *, is_create: bool) -> IncidentWrite:
    """Returns the checked write; raises RequestRefusedError (422) that names every fault."""
    reader = _Fields(fields)
    if is_create and fields.get("name") is None:
        reader.faults.append("name can't be blank")
    status = reader.read_status()
    scheduled_for = reader.read_instant("scheduled_for")
    scheduled_until = reader.read_instant("scheduled_until")
    is_backfilled = bool(reader.read_flag("backfilled"))
    backfilled_at = reader.read_instant("backfill_date")
    component_ids = reader.read_ids("component_ids")
    components = reader.read_component_map()
    options: dict[str, object] = {name: reader.read_flag(name) for name in AUTOMATION_FLAGS if reader.has(name)}
    if reader.has("reminder_intervals"):
        options["reminder_intervals"] = reader.read_text("reminder_intervals", TITLE_LIMIT)
    if is_create:
        if status is None:
            status = _default_status(is_backfilled=is_backfilled, is_scheduled=scheduled_for is not None)
        _check_kind(reader, status, scheduled_for, scheduled_until)
        if is_backfilled and (components or component_ids):
            reader.faults.append("components can't be given for a backfilled incident")
    if scheduled_for is not None and scheduled_until is not None and scheduled_until <= scheduled_for:
        reader.faults.append("scheduled_until must be later than scheduled_for")
    write = IncidentWrite(
        name=reader.read_text("name", TITLE_LIMIT, is_line=True),
        body=reader.read_text("body", BODY_LIMIT) or None,
        status=status,
        impact_override=reader.read_word("impact_override", Impact),
        clears_impact_override="impact_override" in fields and fields["impact_override"] in (None, ""),
        component_ids=component_ids,
        components=components,
        is_notifying=reader.read_flag("deliver_notifications") is not False,
        metadata=reader.read_metadata(),
        scheduled_for=scheduled_for,
        scheduled_until=scheduled_until,
        options=options,
        is_backfilled=is_create and is_backfilled,
        backfilled_at=backfilled_at if is_create and is_backfilled else None,
    )
    reader.refuse_faults()
    return write


def _default_status(*, is_backfilled: bool, is_scheduled: bool) -> Status:
    if is_backfilled:
        return IncidentStatus.RESOLVED
    return MaintenanceStatus.SCHEDULED if is_scheduled else IncidentStatus.INVESTIGATING


def _check_kind(reader: _Fields, status: Status, scheduled_for: int | None, scheduled_until: int | None) -> None:
    if isinstance(status, MaintenanceStatus):
        if scheduled_for is None or scheduled_until is None:
            reader.faults.append(f"scheduled_for and scheduled_until are needed with status {status}")
    elif scheduled_for is not None or scheduled_until is not None:
        reader.faults.append(f"scheduled_for and scheduled_until do not go with status {status}")


def read_component_write(fields: dict[str, object], *, is_create: bool) -> ComponentWrite:
    """Returns the columns to set; raises RequestRefusedError (422) that names every fault."""
    reader = _Fields(fields)
    name = reader.read_text("name", TITLE_LIMIT, is_line=True)
    if name is None and (is_create or reader.has("name")):
        reader.faults.append("name can't be blank")
    columns: dict[str, str | int | None] = {}
    if name is not None:
        columns["name"] = name
    for key, limit in (("description", BODY_LIMIT), ("group_id", TITLE_LIMIT)):
        if reader.has(key):
            columns[key] = reader.read_text(key, limit)
    status = reader.read_word("status", ComponentStatus)
    if status is not None:
        columns["status"] = status.value
    for key in ("showcase", "only_show_if_degraded"):
        flag = reader.read_flag(key)
        if flag is not None:
            columns[key] = int(flag)
    if reader.has("start_date"):
        columns["start_date"] = _read_date(reader, fields["start_date"])
    reader.refuse_faults()
    return ComponentWrite(columns)


def _read_date(reader: _Fields, value: object) -> str | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError:
        reader.faults.append("start_date must be a date such as 2026-11-22")
        return None


def read_update_write(fields: dict[str, object]) -> UpdateWrite:
    """Returns the checked edit of an update; raises RequestRefusedError (422) that names every fault."""
    reader = _Fields(fields)
    write = UpdateWrite(
        body=reader.read_text("body", BODY_LIMIT),
        display_at=reader.read_instant("display_at"),
        is_notifying=reader.read_flag("deliver_notifications"),
    )
    reader.refuse_faults()
    return write


def read_postmortem_draft(fields: dict[str, object]) -> str:
    """Returns the text of the draft; raises RequestRefusedError (422) when there is none or it is too long."""
    reader = _Fields(fields)
    draft = reader.read_text("body_draft", BODY_LIMIT)
    if draft is None and not reader.faults:
        reader.faults.append("body_draft can't be blank")
    reader.refuse_faults()
    return draft or ""


def read_publish_write(fields: dict[str, object]) -> PublishWrite:
    """Returns the checked wish to publish; raises RequestRefusedError (422) that names every fault."""
    reader = _Fields(fields)
    is_notifying = reader.read_flag("notify_subscribers") is not False
    reader.refuse_faults()
    return PublishWrite(is_notifying)


def refuse_unknown_ids(wanted: Iterable[str], known: Iterable[str]) -> None:
    """Raises RequestRefusedError (422) naming ids that are no component of this page."""
    unknown = sorted(set(wanted) - set(known))
    if unknown:
        names = ", ".join(component_id[:40] for component_id in unknown[:5])
        raise RequestRefusedError(422, f"no component of this page has the id {names}")
