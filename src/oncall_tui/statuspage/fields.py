"""Reads the JSON of one request and collects everything that is wrong with it. Pure."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import TypeVar

from oncall_tui.domain.incident import ComponentStatus, IncidentStatus
from oncall_tui.domain.maintenance import MaintenanceStatus
from oncall_tui.statuspage.faults import RequestRefusedError
from oncall_tui.statuspage.records import Status, parse_status

_STATUS_WORDS = [
    *(status.value for status in IncidentStatus if status is not IncidentStatus.POSTMORTEM),
    *(status.value for status in MaintenanceStatus),
]
# SQLite cannot hold lone surrogates, and a NUL ends the text for some of its functions.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_LATEST_AT = 253_402_300_799_999
Word = TypeVar("Word", bound=StrEnum)


class Fields:
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
        word = find_word(value, kind)
        if word is not None:
            return word
        self.faults.append(f"{name} must be one of {', '.join(word.value for word in kind)}")
        return None

    def read_status(self, name: str = "status") -> Status | None:
        value = self._fields.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, str) and value in _STATUS_WORDS:
            return parse_status(value)
        self.faults.append(f"{name} must be one of {', '.join(_STATUS_WORDS)}")
        return None

    def read_instant(self, name: str) -> int | None:
        value = self._fields.get(name)
        if value is None or value == "":
            return None
        at = parse_instant(value) if isinstance(value, str) else None
        if at is None:
            self.faults.append(f"{name} must be an ISO 8601 time, such as 2026-11-22T14:03:07Z")
        return at

    def read_date(self, name: str) -> str | None:
        value = self._fields.get(name)
        if value is None:
            return None
        try:
            return date.fromisoformat(str(value)).isoformat()
        except ValueError:
            self.faults.append(f"{name} must be a date such as 2026-11-22")
            return None

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
            status = find_word(word, ComponentStatus)
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


def find_word(value: object, kind: type[Word]) -> Word | None:
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
