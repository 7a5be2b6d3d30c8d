"""Components in the page's file."""

from __future__ import annotations

from collections.abc import Mapping

from oncall_tui.domain.incident import ComponentStatus
from oncall_tui.statuspage.faults import RequestRefusedError, refuse_unknown
from oncall_tui.statuspage.pagefile import make_id
from oncall_tui.statuspage.records import AffectedComponent, PageComponent
from oncall_tui.statuspage.rules import ComponentWrite, refuse_unknown_ids
from oncall_tui.statuspage.sqlite import sqlite3

# Statements are put together from these names only, never from what a request says.
_COLUMNS = ("name", "description", "status", "group_id", "showcase", "only_show_if_degraded", "start_date")


def build_component(row: sqlite3.Row) -> PageComponent:
    """Returns the record of one row of `component`."""
    return PageComponent(
        id=row["id"],
        name=row["name"],
        description=row["description"],
        status=ComponentStatus(row["status"]),
        position=row["position"],
        group_id=row["group_id"],
        is_showcased=bool(row["showcase"]),
        is_shown_only_if_degraded=bool(row["only_show_if_degraded"]),
        start_date=row["start_date"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


def list_components(db: sqlite3.Connection, limit: int = -1, offset: int = 0) -> list[PageComponent]:
    """Returns components in the order of the page; a limit of -1 means all of them."""
    rows = db.execute("SELECT * FROM component ORDER BY position, seq LIMIT ? OFFSET ?", (limit, offset)).fetchall()
    return [build_component(row) for row in rows]


def get_component(db: sqlite3.Connection, component_id: str) -> PageComponent:
    """Returns one component; raises RequestRefusedError (404)."""
    row = db.execute("SELECT * FROM component WHERE id = ?", (component_id,)).fetchone()
    if row is None:
        raise refuse_unknown("component")
    return build_component(row)


def add_component(db: sqlite3.Connection, write: ComponentWrite, now: int) -> PageComponent:
    """Adds a component at the end of the page."""
    component_id = make_id()
    db.execute(
        "INSERT INTO component (id, name, position, created_at, updated_at)"
        " VALUES (?, '', (SELECT coalesce(max(position), 0) + 1 FROM component), ?, ?)",
        (component_id, now, now),
    )
    return change_component(db, component_id, write, now)


def change_component(db: sqlite3.Connection, component_id: str, write: ComponentWrite, now: int) -> PageComponent:
    """Sets what was sent and returns the component; raises RequestRefusedError (404, 422 for an unknown group)."""
    get_component(db, component_id)
    group_id = write.fields.get("group_id")
    if group_id is not None and not db.execute("SELECT 1 FROM component_group WHERE id = ?", (group_id,)).fetchone():
        raise RequestRefusedError(422, "no component group of this page has that group_id")
    for column in _COLUMNS:
        if column in write.fields:
            db.execute(
                f"UPDATE component SET {column} = ?, updated_at = ? WHERE id = ?",  # noqa: S608 (a name from _COLUMNS)
                (write.fields[column], now, component_id),
            )
    return get_component(db, component_id)


def delete_component(db: sqlite3.Connection, component_id: str) -> None:
    """Takes a component off the page and out of its incidents; raises RequestRefusedError (404)."""
    get_component(db, component_id)
    db.execute("DELETE FROM component WHERE id = ?", (component_id,))


def set_statuses(
    db: sqlite3.Connection, statuses: Mapping[str, ComponentStatus], now: int
) -> tuple[AffectedComponent, ...]:
    """Sets statuses and returns what each was and became; raises RequestRefusedError (422) for unknown ids."""
    known = {component.id: component for component in list_components(db)}
    refuse_unknown_ids(statuses, known)
    for component_id, status in statuses.items():
        if known[component_id].status is not status:
            db.execute(
                "UPDATE component SET status = ?, updated_at = ? WHERE id = ?", (status.value, now, component_id)
            )
    groups = {row["id"]: row["name"] for row in db.execute("SELECT id, name FROM component_group")}

    def name(component: PageComponent) -> str:
        return f"{groups[component.group_id]} - {component.name}" if component.group_id in groups else component.name

    return tuple(
        AffectedComponent(component_id, name(known[component_id]), known[component_id].status, status)
        for component_id, status in statuses.items()
    )
