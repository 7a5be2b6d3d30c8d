"""Windows of a config: the rules that join their keys, and the records that the engine works by."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from oncall_tui.config import schema
from oncall_tui.config.checks import Fault, Table
from oncall_tui.config.faults import find_nearest, list_names, quote
from oncall_tui.config.form import Path
from oncall_tui.domain.windows import Window

_SCOPES = ("probes", "components", "all")


def check_windows(document: Table, find_line: Callable[[Path], int]) -> Iterator[Fault]:
    """Yields the faults of windows that no single key shows: `(path, what is wrong, what is allowed)`.

    Where there are sources, probes may be named that only they know.
    """
    probes, components = _list_names(document, "probe"), _list_names(document, "component")
    first: dict[str, int] = {}
    for index, window in _list_tables(document, "window"):
        path: Path = ("window", index)
        covers = [key for key in _SCOPES if window.get(key)]
        if not covers:
            yield path, f"covers nothing, allowed: with {', '.join(_SCOPES[:-1])} or {_SCOPES[-1]} = true"
        elif "all" in covers and len(covers) > 1:
            yield (*path, "all"), f"covers {covers[0]} already, allowed: without {covers[0]}"
        name = window.get("name")
        if isinstance(name, str) and first.setdefault(name, index) != index:
            line = find_line(("window", first[name], "name"))
            yield (*path, "name"), f"{quote(name)} is already on line {line}, allowed: each name once"
        yield from _check_known((*path, "components"), window.get("components"), components)
        if "source" not in document:
            yield from _check_known((*path, "probes"), window.get("probes"), probes)


def _check_known(path: Path, listed: object, known: list[str]) -> Iterator[Fault]:
    what = str(path[-1]).removesuffix("s")
    for name in listed if isinstance(listed, list) else ():
        if isinstance(name, str) and name not in known:
            nearest = find_nearest(name, known)
            hint = f" (did you mean {quote(nearest)}?)" if nearest else ""
            allowed = list_names(dict.fromkeys(known)) if known else f"the name of a [[{what}]] of this file"
            yield path, f"{quote(name)} is no {what} of this file{hint}, allowed: {allowed}"


def _list_tables(document: Table, key: str) -> Iterator[tuple[int, Table]]:
    tables = document.get(key)
    if isinstance(tables, list):
        yield from ((index, table) for index, table in enumerate(tables) if isinstance(table, dict))


def _list_names(document: Table, key: str) -> list[str]:
    names = (table.get("name") for _, table in _list_tables(document, key))
    return [name for name in names if isinstance(name, str)]


def convert_windows(checked: schema.FileTable) -> tuple[Window, ...]:
    """Returns the windows of a file without faults."""
    return tuple(
        Window(
            name=each.name,
            days=each.every,
            at_minute=each.at,
            for_ms=each.for_,
            zone=each.zone,
            probes=each.probes,
            components=each.components,
            covers_all=each.all,
        )
        for each in checked.window
    )
