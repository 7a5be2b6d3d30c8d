"""What a write may say: turns the JSON of a request into a checked value, or names every fault at once. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable

from msgspec import Struct

from oncall_tui.domain.incident import ComponentStatus, Impact, IncidentStatus
from oncall_tui.domain.maintenance import MaintenanceStatus
from oncall_tui.domain.update import BODY_LIMIT, TITLE_LIMIT
from oncall_tui.statuspage.faults import RequestRefusedError
from oncall_tui.statuspage.fields import Fields
from oncall_tui.statuspage.records import Status

AUTOMATION_FLAGS = (
    "scheduled_remind_prior",
    "scheduled_auto_in_progress",
    "scheduled_auto_completed",
    "auto_transition_to_maintenance_state",
    "auto_transition_to_operational_state",
    "auto_transition_deliver_notifications_at_start",
    "auto_transition_deliver_notifications_at_end",
)


class IncidentWrite(Struct, frozen=True):
    """A checked create or change of an incident; a field that is None was not sent.

    `clears_impact_override` tells a null that was sent from a field that was not. `backfilled_at` is set only on a
    create of something that is already over.
    """

    name: str | None = None
    body: str | None = None
    status: Status | None = None
    impact_override: Impact | None = None
    clears_impact_override: bool = False
    component_ids: tuple[str, ...] | None = None
    components: dict[str, ComponentStatus] = {}
    is_notifying: bool = True
    metadata: dict[str, object] | None = None
    scheduled_for: int | None = None
    scheduled_until: int | None = None
    options: dict[str, object] = {}
    is_backfilled: bool = False
    backfilled_at: int | None = None


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


def read_incident_write(fields: dict[str, object], *, is_create: bool) -> IncidentWrite:
    """Returns the checked write; raises RequestRefusedError (422) that names every fault."""
    reader = Fields(fields)
    if is_create and fields.get("name") is None:
        reader.faults.append("name can't be blank")
    status = reader.read_status()
    scheduled_for = reader.read_instant("scheduled_for")
    scheduled_until = reader.read_instant("scheduled_until")
    is_backfilled = bool(reader.read_flag("backfilled"))
    backfilled_at = reader.read_instant("backfill_date")
    component_ids = reader.read_ids("component_ids")
    components = reader.read_component_map()
    options = _read_options(reader)
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


def _read_options(reader: Fields) -> dict[str, object]:
    options: dict[str, object] = {name: reader.read_flag(name) is True for name in AUTOMATION_FLAGS if reader.has(name)}
    if reader.has("scheduled_auto_transition"):
        # The older name of the same wish.
        options.setdefault("scheduled_auto_in_progress", reader.read_flag("scheduled_auto_transition") is True)
    if reader.has("reminder_intervals"):
        intervals = reader.read_text("reminder_intervals", TITLE_LIMIT)
        if intervals is not None and not _is_interval(intervals):
            reader.faults.append(
                'reminder_intervals must be text: "[1, 5, 7]" with growing hours up to 24, "4" or "[]"'
            )
        options["reminder_intervals"] = intervals
    return options


def _is_interval(text: str) -> bool:
    try:
        hours = json.loads(text)
    except (ValueError, RecursionError):
        return False
    listed = hours if isinstance(hours, list) else [hours]
    is_hours = all(isinstance(hour, int) and not isinstance(hour, bool) and 1 <= hour <= 24 for hour in listed)
    return is_hours and listed == sorted(set(listed))


def _default_status(*, is_backfilled: bool, is_scheduled: bool) -> Status:
    if is_backfilled:
        return IncidentStatus.RESOLVED
    return MaintenanceStatus.SCHEDULED if is_scheduled else IncidentStatus.INVESTIGATING


def _check_kind(reader: Fields, status: Status, scheduled_for: int | None, scheduled_until: int | None) -> None:
    if isinstance(status, MaintenanceStatus):
        if scheduled_for is None or scheduled_until is None:
            reader.faults.append(f"scheduled_for and scheduled_until are needed with status {status}")
    elif scheduled_for is not None or scheduled_until is not None:
        reader.faults.append(f"scheduled_for and scheduled_until do not go with status {status}")


def read_component_write(fields: dict[str, object], *, is_create: bool) -> ComponentWrite:
    """Returns the columns to set; raises RequestRefusedError (422) that names every fault."""
    reader = Fields(fields)
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
        columns["start_date"] = reader.read_date("start_date")
    reader.refuse_faults()
    return ComponentWrite(columns)


def read_update_write(fields: dict[str, object]) -> UpdateWrite:
    """Returns the checked edit of an update; raises RequestRefusedError (422) that names every fault."""
    reader = Fields(fields)
    write = UpdateWrite(
        body=reader.read_text("body", BODY_LIMIT),
        display_at=reader.read_instant("display_at"),
        is_notifying=reader.read_flag("deliver_notifications"),
    )
    reader.refuse_faults()
    return write


def read_postmortem_draft(fields: dict[str, object]) -> str:
    """Returns the text of the draft; raises RequestRefusedError (422) when there is none or it is too long."""
    reader = Fields(fields)
    draft = reader.read_text("body_draft", BODY_LIMIT)
    if draft is None and not reader.faults:
        reader.faults.append("body_draft can't be blank")
    reader.refuse_faults()
    return draft or ""


def read_publish_write(fields: dict[str, object]) -> PublishWrite:
    """Returns the checked wish to publish; raises RequestRefusedError (422) that names every fault."""
    reader = Fields(fields)
    is_notifying = reader.read_flag("notify_subscribers") is not False
    reader.refuse_faults()
    return PublishWrite(is_notifying)


def refuse_unknown_ids(wanted: Iterable[str], known: Iterable[str]) -> None:
    """Raises RequestRefusedError (422) naming ids that are no component of this page."""
    unknown = sorted(set(wanted) - set(known))
    if unknown:
        names = ", ".join(component_id[:40] for component_id in unknown[:5])
        raise RequestRefusedError(422, f"no component of this page has the id {names}")
