"""What ships with the program as data: templates, the starter config."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from oncall_tui.domain.incident import IncidentStatus
from oncall_tui.domain.template import Moment, Template


@cache
def load_templates() -> tuple[Template, ...]:
    """Returns the shipped templates in the order of their file names; a fault in one is a fault of the release."""
    folder = files(__name__) / "templates"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".toml"))
    return tuple(_template((folder / name).read_text("utf-8")) for name in names)


def _template(text: str) -> Template:
    table = tomllib.loads(text)
    return Template(
        key=table["key"],
        title=table["title"],
        states=tuple(IncidentStatus(state) for state in table["states"]),
        moment=Moment(table["moment"]),
        body=table["body"],
        optional=frozenset(table["optional"]),
    )
