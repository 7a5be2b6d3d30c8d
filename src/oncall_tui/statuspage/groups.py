"""Groups of components in the page's file."""

from __future__ import annotations

from oncall_tui.statuspage.components import list_components
from oncall_tui.statuspage.faults import refuse_unknown
from oncall_tui.statuspage.pagefile import make_id
from oncall_tui.statuspage.records import PageGroup
from oncall_tui.statuspage.rules import refuse_unknown_ids
from oncall_tui.statuspage.rules_extras import GroupWrite
from oncall_tui.statuspage.sqlite import sqlite3


def list_groups(db: sqlite3.Connection) -> list[PageGroup]:
    """Returns the groups in the order of the page."""
    members: dict[str | None, list[str]] = {}
    for component in list_components(db):
        members.setdefault(component.group_id, []).append(component.id)
    return [
        PageGroup(
            id=row["id"],
            name=row["name"],
            description=row["description"],
            position=row["position"],
            component_ids=tuple(members.get(row["id"], ())),
            created_at=row["created_at"],
            updated_at=row["updated_at"],
        )
        for row in db.execute("SELECT * FROM component_group ORDER BY position, seq").fetchall()
    ]


def get_group(db: sqlite3.Connection, group_id: str) -> PageGroup:
    """Returns one group; raises RequestRefusedError (404)."""
    found = next((group for group in list_groups(db) if group.id == group_id), None)
    if found is None:
        raise refuse_unknown("component group")
    return found


def add_group(db: sqlite3.Connection, write: GroupWrite, now: int) -> PageGroup:
    """Adds a group at the end of the page; raises RequestRefusedError (422) for ids of no component."""
    group_id = make_id()
    db.execute(
        "INSERT INTO component_group (id, name, position, created_at, updated_at) VALUES (?, '', (SELECT"
        " coalesce(max(position), 0) + 1 FROM (SELECT position FROM component UNION ALL SELECT position FROM"
        " component_group)), ?, ?)",
        (group_id, now, now),
    )
    return change_group(db, group_id, write, now)


def change_group(db: sqlite3.Connection, group_id: str, write: GroupWrite, now: int) -> PageGroup:
    """Sets what was sent; the components are then exactly those. Raises RequestRefusedError (404, 422)."""
    group = get_group(db, group_id)
    db.execute(
        "UPDATE component_group SET name = ?, description = ?, updated_at = ? WHERE id = ?",
        (
            group.name if write.name is None else write.name,
            write.description if write.has_description else group.description,
            now,
            group_id,
        ),
    )
    if write.component_ids is not None:
        refuse_unknown_ids(write.component_ids, {component.id for component in list_components(db)})
        db.execute("UPDATE component SET group_id = NULL WHERE group_id = ?", (group_id,))
        db.executemany(
            "UPDATE component SET group_id = ? WHERE id = ?", [(group_id, each) for each in write.component_ids]
        )
    return get_group(db, group_id)


def delete_group(db: sqlite3.Connection, group_id: str) -> PageGroup:
    """Dissolves a group, leaving its components, and returns what it was; raises RequestRefusedError (404)."""
    group = get_group(db, group_id)
    db.execute("UPDATE component SET group_id = NULL WHERE group_id = ?", (group_id,))
    db.execute("DELETE FROM component_group WHERE id = ?", (group_id,))
    return group
