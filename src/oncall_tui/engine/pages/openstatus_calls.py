"""What every part of the OpenStatus adapter reads with: proto JSON, whatever casing a server writes."""

from __future__ import annotations

import re

from oncall_tui.engine.pages.values import Item, read_id


def get_field(value: object, name: str) -> object:
    """Returns a field by its JSON name, or by its proto name: which one a server writes is its own choice."""
    if not isinstance(value, dict):
        return None
    return value[name] if name in value else value.get(re.sub(r"(?=[A-Z])", "_", name).lower())


def get_object(value: object, name: str) -> Item:
    found = get_field(value, name)
    return found if isinstance(found, dict) else {}


def list_ids(report: Item) -> set[str]:
    named = get_field(report, "pageComponentIds")
    return {key for item in named if (key := read_id(item))} if isinstance(named, list) else set()
