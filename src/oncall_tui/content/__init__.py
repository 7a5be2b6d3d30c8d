"""What ships with the program as data: templates, the starter config."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from oncall_tui.domain.incident import Cause
from oncall_tui.domain.template import Audience, Moment, Template, read_state


def load_templates(own: Iterable[Template] = ()) -> tuple[Template, ...]:
    """Returns the shipped templates, with those of a team in the place of ours that have the same key, else behind."""
    by_key = {template.key: template for template in _load_shipped()} | {template.key: template for template in own}
    return tuple(by_key.values())


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
