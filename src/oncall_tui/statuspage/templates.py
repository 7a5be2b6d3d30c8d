"""Prepared words in the page's file."""

from __future__ import annotations

import json

from oncall_tui.statuspage.components import list_components
from oncall_tui.statuspage.pagefile import make_id
from oncall_tui.statuspage.records import PageTemplate, parse_status
from oncall_tui.statuspage.rules import refuse_unknown_ids
from oncall_tui.statuspage.rules_extras import TemplateWrite
from oncall_tui.statuspage.sqlite import sqlite3


def list_templates(db: sqlite3.Connection, limit: int, offset: int) -> list[PageTemplate]:
    """Returns the templates by name."""
    rows = db.execute("SELECT * FROM template ORDER BY name, seq LIMIT ? OFFSET ?", (limit, offset)).fetchall()
    return [_build(row) for row in rows]


def add_template(db: sqlite3.Connection, write: TemplateWrite) -> PageTemplate:
    """Keeps prepared words; raises RequestRefusedError (422) for ids of no component."""
    refuse_unknown_ids(write.component_ids, {component.id for component in list_components(db)})
    template_id = make_id()
    db.execute(
        "INSERT INTO template (id, name, title, body, group_id, update_status, is_tweeting, is_notifying,"
        " component_ids) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            template_id,
            write.name,
            write.title,
            write.body,
            write.group_id,
            None if write.update_status is None else write.update_status.value,
            write.is_tweeting,
            write.is_notifying,
            json.dumps(write.component_ids),
        ),
    )
    return _build(db.execute("SELECT * FROM template WHERE id = ?", (template_id,)).fetchone())


def _build(row: sqlite3.Row) -> PageTemplate:
    return PageTemplate(
        id=row["id"],
        name=row["name"],
        title=row["title"],
        body=row["body"],
        group_id=row["group_id"],
        update_status=None if row["update_status"] is None else parse_status(row["update_status"]),
        is_tweeting=bool(row["is_tweeting"]),
        is_notifying=bool(row["is_notifying"]),
        component_ids=tuple(json.loads(row["component_ids"])),
    )
