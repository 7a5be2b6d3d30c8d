"""What ships with the program as data, and what a team puts in its place: templates, the starter config."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path

from msgspec import Struct

from oncall_tui.domain.incident import Cause, IncidentStatus
from oncall_tui.domain.maintenance import MaintenanceStatus
from oncall_tui.domain.template import Audience, Moment, Template


class Library(Struct, frozen=True):
    """All templates, a team's own in the place of ours; `faults` tell of files that could not be used, a line each."""

    templates: tuple[Template, ...]
    faults: tuple[str, ...] = ()


@cache
def load_library(folder: Path | None = None) -> Library:
    """Returns the shipped templates and those of a team's folder; a file with faults is left out, and told."""
    shipped = _load_shipped()
    if folder is None:
        return Library(shipped)
    from oncall_tui.content.team_templates import read_folder

    own, faults = read_folder(folder)
    by_key = {template.key: template for template in shipped} | {template.key: template for template in own}
    return Library(tuple(by_key.values()), faults)


def load_templates(folder: Path | None = None) -> tuple[Template, ...]:
    """Returns the templates of `load_library`."""
    return load_library(folder).templates


@cache
def _load_shipped() -> tuple[Template, ...]:
    """In the order of the file names; a fault in one is a fault of the release."""
    folder = files(__name__) / "templates"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".toml"))
    return tuple(_read_shipped((folder / name).read_text("utf-8")) for name in names)


def _read_shipped(text: str) -> Template:
    table = tomllib.loads(text)
    return Template(
        key=table["key"],
        title=table["title"],
        states=tuple(read_state(state) for state in table["states"]),
        moment=Moment(table["moment"]),
        body=table["body"],
        needed=frozenset(table.get("needed", ())),
        causes=tuple(Cause(cause) for cause in table.get("causes", ())),
        audience=Audience(table.get("audience", Audience.CUSTOMERS)),
    )


def read_state(word: str) -> IncidentStatus | MaintenanceStatus:
    """Returns the state that a word names. Raises ValueError."""
    return IncidentStatus(word) if word in list(IncidentStatus) else MaintenanceStatus(word)
