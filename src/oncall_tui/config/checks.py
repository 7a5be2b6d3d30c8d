"""Rules that join several keys of a file, read from the raw document: a fault elsewhere does not hide them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from pathlib import Path as FilePath

from oncall_tui.config.faults import find_nearest, list_names, quote
from oncall_tui.config.form import Path
from oncall_tui.config.schema.sources import check_source
from oncall_tui.config.tuning import check_tuning
from oncall_tui.config.values import is_sent_in_clear
from oncall_tui.domain.duration import parse_duration
from oncall_tui.domain.pagestate import MAIN_PAGE
from oncall_tui.domain.probe import FLAP_END, FLAP_START

Fault = tuple[Path, str]
Table = Mapping[str, object]
_SHOWN_PATH = 300
TOKEN_KEYS = ("env", "file", "command")
DRAWING = ("statuspage",)
"""The kinds of pages that draw figures."""


def check_document(document: Table, folder: FilePath, find_line: Callable[[Path], int]) -> Iterator[Fault]:
    """Yields every fault that no single key shows: `(path, what is wrong, what is allowed)`."""
    yield from _check_tokens(document)
    yield from _check_names(document, "page", find_line, MAIN_PAGE)
    yield from _check_names(document, "broadcast", find_line)
    yield from _check_broadcasts(document)
    yield from _check_metrics(document, find_line)
    yield from check_tuning(document)
    yield from _check_names(document, "component", find_line)
    yield from _check_names(document, "probe", find_line)
    components = [name for _, table in _tables(document, "component") if (name := _text(table, "name"))]
    for index, probe in _tables(document, "probe"):
        path: Path = ("probe", index)
        yield from _check_component(path, probe, components)
        yield from _check_timeout(path, probe)
        yield from _check_flapping(path, probe)
        yield from _check_runbook(path, probe, folder)
        url = _text(probe, "url") or ""
        if "auth" in probe and is_sent_in_clear(url):
            plain = "ws" if url.startswith("ws") else "http"
            why = f"would be sent unencrypted, allowed: with {'a' if plain == 'ws' else 'an'} {plain}s url; {plain} for"
            yield (*path, "auth"), f"{why} this machine only"
    yield from _check_sources(document, components, folder)
    yield from _check_dependencies(document, ("component",))
    yield from _check_dependencies(document, ("probe", "source"))


def resolve_path(folder: FilePath, text: str) -> FilePath:
    """Returns a path of the config, absolute: `~` is the home folder, all else is relative to the config's folder."""
    path = FilePath(text)
    if path.parts[:1] == ("~",):
        return FilePath.home().joinpath(*path.parts[1:])
    return folder / path


def _check_tokens(document: Table) -> Iterator[Fault]:
    page = document.get("page")
    tables: list[tuple[Path, object]] = [(("page", "token"), page.get("token"))] if isinstance(page, dict) else []
    tables += [(("page", index, "token"), table.get("token")) for index, table in _tables(document, "page")]
    tables += [(("broadcast", index, "url"), table.get("url")) for index, table in _tables(document, "broadcast")]
    tables += [(("probe", index, "auth"), table.get("auth")) for index, table in _tables(document, "probe")]
    tables += [(("source", index, "token"), table.get("token")) for index, table in _tables(document, "source")]
    for path, source in tables:
        if isinstance(source, dict):
            found = [key for key in TOKEN_KEYS if key in source]
            if len(found) != 1:
                count = "none" if not found else f"{len(found)} ({', '.join(found)})"
                yield path, f"has {count} of its sources, allowed: exactly one of {', '.join(TOKEN_KEYS)}"


def _check_broadcasts(document: Table) -> Iterator[Fault]:
    pages = _list_pages(document)
    names = [_text(table, "name") or MAIN_PAGE for table in pages]
    for index, broadcast in _tables(document, "broadcast"):
        if not any(_text(table, "public_url") for table in pages):
            why = "would wait for ever, allowed: beside a page with a public_url, where its update is seen first"
            yield ("broadcast", index), why
        elif _text(broadcast, "name") in names:
            yield ("broadcast", index, "name"), "is the name of a page, allowed: a name of its own"


def _check_metrics(document: Table, find_line: Callable[[Path], int]) -> Iterator[Fault]:
    pages, first = _list_pages(document), dict[str, int]()
    is_drawn = any((_text(table, "adapter") or "statuspage") in DRAWING for table in pages)
    for index, probe in _tables(document, "probe"):
        path: Path = ("probe", index, "metric")
        if (metric := _text(probe, "metric")) is None:
            continue
        if pages and not is_drawn:
            yield path, f"would be drawn nowhere, allowed: beside a page whose adapter is {' or '.join(DRAWING)}"
        elif metric in first:
            line = find_line(("probe", first[metric], "metric"))
            yield path, f"{quote(metric)} is drawn by the probe of line {line} already, allowed: one probe a metric"
        first.setdefault(metric, index)


def _check_names(
    document: Table, kind: str, find_line: Callable[[Path], int], default: str | None = None
) -> Iterator[Fault]:
    first: dict[str, int] = {}
    for index, table in _tables(document, kind):
        name = _text(table, "name") or default
        if name is None:
            continue
        if name in first and "name" not in table:
            yield (kind, index), f"has no name and is not the only one, allowed: a {kind} table with a name of its own"
        elif name in first:
            line = find_line((kind, first[name], "name"))
            yield (kind, index, "name"), f"{quote(name)} is already on line {line}, allowed: each name once"
        first.setdefault(name, index)


def _check_component(path: Path, probe: Table, components: list[str]) -> Iterator[Fault]:
    name = _text(probe, "component")
    if name is None or name in components:
        return
    hint = ""
    if not components:
        allowed = "the name of a [[component]] of this file, which has none"
    else:
        nearest = find_nearest(name, components)
        hint = f" (did you mean {quote(nearest)}?)" if nearest else ""
        allowed = list_names(dict.fromkeys(components))
    yield (*path, "component"), f"{quote(name)} is not a configured component{hint}, allowed: {allowed}"


def _check_sources(document: Table, components: list[str], folder: FilePath) -> Iterator[Fault]:
    taken = {name for _, table in _tables(document, "probe") if (name := _text(table, "name"))}
    for index, source in _tables(document, "source"):
        path: Path = ("source", index)
        name = _text(source, "name")
        if name is not None and name in taken:
            yield (*path, "name"), f"{quote(name)} is already the name of a probe or a source, allowed: each name once"
        taken.add(name or "")
        yield from check_source(path, source)
        yield from _check_component(path, source, components)
        yield from _check_timeout(path, source)
        yield from _check_runbook(path, source, folder)
        if "token" in source and is_sent_in_clear(_text(source, "url") or ""):
            yield (*path, "token"), "would be sent unencrypted, allowed: with an https url; http for this machine only"


def _check_timeout(path: Path, probe: Table) -> Iterator[Fault]:
    try:
        every = parse_duration(_text(probe, "every") or "30s")
        timeout = parse_duration(_text(probe, "timeout") or "0s")
    except ValueError:
        # The schema tells about the form of each.
        return
    if timeout > every:
        yield (*path, "timeout"), "is longer than the time between runs, allowed: at most the value of every"


def _check_flapping(path: Path, probe: Table) -> Iterator[Fault]:
    start, end = probe.get("flap_start", FLAP_START), probe.get("flap_end", FLAP_END)
    if isinstance(start, int) and isinstance(end, int) and end >= start:
        key = "flap_end" if "flap_end" in probe else "flap_start"
        yield (*path, key), "flapping would end before it began, allowed: a flap_end below flap_start"


def _check_dependencies(document: Table, kinds: tuple[str, ...]) -> Iterator[Fault]:
    above: dict[str, list[str]] = {}
    for _, table in chain.from_iterable(_tables(document, each) for each in kinds):
        listed = table.get("depends_on")
        above[_text(table, "name") or ""] = (
            [each for each in listed if isinstance(each, str)] if isinstance(listed, list) else []
        )
    for kind, (index, table) in ((each, found) for each in kinds for found in _tables(document, each)):
        name = _text(table, "name") or ""
        path: Path = (kind, index, "depends_on")
        for parent in above[name]:
            if parent not in above:
                nearest = find_nearest(parent, list(above))
                hint = f" (did you mean {quote(nearest)}?)" if nearest else ""
                yield path, f"{quote(parent)} is no {kinds[0]} of this file{hint}, allowed: {list_names(above)}"
        if name in _list_above(name, above):
            yield path, f"{quote(name)} depends on itself, allowed: no circle"


def _list_above(name: str, above: Mapping[str, list[str]]) -> set[str]:
    found: set[str] = set()
    level = list(above.get(name, ()))
    while level:
        parent = level.pop()
        if parent not in found:
            found.add(parent)
            level += above.get(parent, ())
    return found


def _check_runbook(path: Path, probe: Table, folder: FilePath) -> Iterator[Fault]:
    runbook = _text(probe, "runbook")
    if not runbook or "\0" in runbook:
        return
    where = resolve_path(folder, runbook)
    try:
        is_file = where.is_file()
    except OSError:
        is_file = False
    if not is_file:
        yield (
            (*path, "runbook"),
            f"there is no file {quote(str(where), _SHOWN_PATH)}, allowed: the path of a file that exists",
        )


def _list_pages(document: Table) -> list[Table]:
    page = document.get("page")
    return [page] if isinstance(page, dict) else [table for _, table in _tables(document, "page")]


def _tables(document: Table, key: str) -> Iterator[tuple[int, Table]]:
    tables = document.get(key)
    if isinstance(tables, list):
        yield from ((index, table) for index, table in enumerate(tables) if isinstance(table, dict))


def _text(table: Table, key: str) -> str | None:
    value = table.get(key)
    return value if isinstance(value, str) else None
