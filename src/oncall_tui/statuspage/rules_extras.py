"""What a write about groups, templates and metrics may say. Pure."""

from __future__ import annotations

from msgspec import Struct

from oncall_tui.domain.update import BODY_LIMIT, TITLE_LIMIT
from oncall_tui.statuspage.faults import RequestRefusedError
from oncall_tui.statuspage.fields import Fields
from oncall_tui.statuspage.records import Status

_LATEST_S = 253_402_300_799
_DECIMALS_MOST = 9
_VALUE_MOST = 1e300


class GroupWrite(Struct, frozen=True):
    """A checked create or change of a group; a field that is None was not sent."""

    name: str | None
    description: str | None
    has_description: bool
    component_ids: tuple[str, ...] | None


class TemplateWrite(Struct, frozen=True):
    """Checked words to prepare."""

    name: str
    title: str
    body: str
    group_id: str | None
    update_status: Status | None
    is_tweeting: bool
    is_notifying: bool
    component_ids: tuple[str, ...]


class MetricWrite(Struct, frozen=True):
    """A checked new metric."""

    name: str
    suffix: str
    tooltip: str
    decimal_places: int
    is_shown: bool


class PointWrite(Struct, frozen=True):
    """One checked value at a whole second since 1970 UTC."""

    at_s: int
    value: float


def read_group_write(fields: dict[str, object], *, is_create: bool) -> GroupWrite:
    """Returns the checked write; raises RequestRefusedError (422) that names every fault."""
    reader = Fields(fields)
    name = reader.read_text("name", TITLE_LIMIT, is_line=True)
    component_ids = reader.read_ids("components")
    if is_create and fields.get("name") is None:
        reader.faults.append("name can't be blank")
    if is_create and not component_ids:
        reader.faults.append("components must name at least one component")
    description = reader.read_text("description", BODY_LIMIT)
    reader.refuse_faults()
    return GroupWrite(name, description, reader.has("description"), component_ids)


def read_template_write(fields: dict[str, object]) -> TemplateWrite:
    """Returns the checked words; raises RequestRefusedError (422) that names every fault."""
    reader = Fields(fields)
    texts: dict[str, str] = {}
    for key, limit in (("name", TITLE_LIMIT), ("title", TITLE_LIMIT), ("body", BODY_LIMIT)):
        text = reader.read_text(key, limit, is_line=True)
        if fields.get(key) is None:
            reader.faults.append(f"{key} can't be blank")
        texts[key] = text or ""
    write = TemplateWrite(
        **texts,
        group_id=reader.read_text("group_id", TITLE_LIMIT),
        update_status=reader.read_status("update_status"),
        is_tweeting=reader.read_flag("should_tweet") is True,
        is_notifying=reader.read_flag("should_send_notifications") is True,
        component_ids=reader.read_ids("component_ids") or (),
    )
    reader.refuse_faults()
    return write


def read_metric_write(fields: dict[str, object]) -> MetricWrite:
    """Returns the checked metric; raises RequestRefusedError (422) that names every fault."""
    reader = Fields(fields)
    name = reader.read_text("name", TITLE_LIMIT, is_line=True)
    if fields.get("name") is None:
        reader.faults.append("name can't be blank")
    places = fields.get("decimal_places", 0)
    if not isinstance(places, int) or isinstance(places, bool) or not 0 <= places <= _DECIMALS_MOST:
        reader.faults.append(f"decimal_places must be a whole number from 0 to {_DECIMALS_MOST}")
        places = 0
    write = MetricWrite(
        name=name or "",
        suffix=reader.read_text("suffix", TITLE_LIMIT) or "",
        tooltip=reader.read_text("tooltip_description", BODY_LIMIT) or "",
        decimal_places=places,
        is_shown=reader.read_flag("display") is not False,
    )
    reader.refuse_faults()
    return write


def read_point(fields: object) -> PointWrite:
    """Returns one checked value; raises RequestRefusedError (422)."""
    at_s, value = (fields.get("timestamp"), fields.get("value")) if isinstance(fields, dict) else (None, None)
    if not isinstance(at_s, int) or isinstance(at_s, bool) or not 0 <= at_s <= _LATEST_S:
        raise RequestRefusedError(422, "timestamp must be whole seconds since 1970")
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) <= _VALUE_MOST:
        raise RequestRefusedError(422, "value must be a number")
    return PointWrite(at_s, float(value))


def read_points(fields: dict[str, object]) -> dict[str, list[PointWrite]]:
    """Returns checked values by metric; raises RequestRefusedError (422)."""
    points: dict[str, list[PointWrite]] = {}
    for metric_id, series in fields.items():
        if not isinstance(series, list):
            raise RequestRefusedError(422, "data must be an object of metric id to a list of points")
        points[metric_id] = [read_point(point) for point in series]
    return points
