"""Templates that a team wrote: one TOML file each, in a folder that the config names.

Annotations are read at run time, so they are not postponed.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path as FilePath
from typing import Annotated, Literal

from msgspec import Meta

from oncall_tui.config.faults import find_nearest, list_names, place_fault, quote, show_key
from oncall_tui.config.form import Doc, Mismatch, Path, Table, keys_of, read_table
from oncall_tui.config.source import read_source
from oncall_tui.config.values import name_type
from oncall_tui.domain.errors import ConfigError
from oncall_tui.domain.incident import Cause
from oncall_tui.domain.template import VARIABLE, Audience, Moment, Template, read_state
from oncall_tui.domain.template_variables import VARIABLES
from oncall_tui.domain.update import BODY_LIMIT

MOST_FILES = 1_000
_STRAY = re.compile(r"\{[^{}]{0,40}\}?|\}")
_Fault = tuple[Path, str | None, str]


class TemplateTable(Table, frozen=True, kw_only=True):
    key: Annotated[
        str,
        Meta(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*\Z"),
        Doc(
            "What it is called; that of one of ours puts it in its place.", "1 to 60 letters, digits, `.`, `-` and `_`"
        ),
    ]
    title: Annotated[str, Meta(min_length=1, max_length=100), Doc("What lists show.", "1 to 100 characters in quotes")]
    states: Annotated[
        tuple[
            Literal[
                "investigating",
                "identified",
                "monitoring",
                "resolved",
                "postmortem",
                "scheduled",
                "in_progress",
                "verifying",
                "completed",
            ],
            ...,
        ],
        Meta(min_length=1),
        Doc(
            "The public states that it fits.",
            "a list of investigating, identified, monitoring, resolved, postmortem, scheduled, in_progress, verifying, "
            "completed",
        ),
    ]
    moment: Annotated[
        Literal["first", "scope", "change", "same", "long", "reopen", "any", "by_hand"],
        Doc(
            "Where in the course of an incident it fits.",
            "first, scope, change, same, long, reopen, any or by_hand",
        ),
    ] = "any"
    causes: Annotated[
        tuple[Literal["unknown", "upstream", "client", "ours", "shared"], ...],
        Doc("The causes that it fits; all where absent.", "a list of unknown, upstream, client, ours, shared"),
    ] = ()
    audience: Annotated[
        Literal["customers", "client", "supplier"],
        Doc("Who reads it.", "customers, client or supplier"),
    ] = "customers"
    needed: Annotated[
        tuple[str, ...],
        Doc(
            "Variables that block sending until they are filled; a line with any other one that is not known goes.",
            "a list of variables of its body",
        ),
    ] = ()
    body: Annotated[
        str,
        Meta(min_length=1, max_length=BODY_LIMIT),
        Doc("The text, a sentence on each line.", "1 to 25000 characters in quotes"),
    ]


def read_folder(folder: FilePath) -> tuple[tuple[Template, ...], tuple[str, ...]]:
    """Returns the templates of a folder in the order of its file names, and every fault as `file:line: key: ...`."""
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix == ".toml")
    except OSError as error:
        why = f"cannot be read: {error.strerror}, allowed: a folder of TOML files"
        return (), (place_fault(folder, "1", "templates", why),)
    faults: list[str] = []
    if len(paths) > MOST_FILES:
        faults.append(place_fault(folder, "1", "templates", f"has {len(paths)} files, allowed: at most {MOST_FILES}"))
    found: dict[str, Template] = {}
    for path in paths[:MOST_FILES]:
        try:
            template = read_template(path)
        except ConfigError as error:
            faults += error.faults
            continue
        if template.key in found:
            why = f"{quote(template.key)} is the key of {found[template.key].source} already, allowed: each key once"
            faults.append(place_fault(path, "1", "key", why))
        else:
            found[template.key] = template
    return tuple(found.values()), tuple(faults)


def read_template(path: FilePath) -> Template:
    """Returns the template of a file. Raises ConfigError with every fault, each with its line and key."""
    text = read_source(path)
    document = _parse(path, text)
    table, mismatches = read_table(TemplateTable, document)
    faults: list[_Fault] = [(each.path, None, _explain(document, each)) for each in mismatches]
    faults += _check_variables(document)
    if table is None or faults:
        raise ConfigError(_place_faults(path, text, faults))
    return Template(
        key=table.key,
        title=table.title,
        states=tuple(read_state(state) for state in table.states),
        moment=Moment(table.moment),
        body=table.body,
        needed=frozenset(table.needed),
        causes=tuple(Cause(cause) for cause in table.causes),
        audience=Audience(table.audience),
        source=str(path),
    )


def _parse(path: FilePath, text: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        why = f"{error}, allowed: TOML 1.0"
    raise ConfigError((place_fault(path, "1", "syntax", why),))


def _explain(document: Mapping[str, object], mismatch: Mismatch) -> str:
    key = str(mismatch.path[0])
    known = keys_of(TemplateTable)
    if mismatch.code == "unknown":
        nearest = find_nearest(key, known)
        return f"unknown key{f' (did you mean {nearest}?)' if nearest else ''}, allowed: {', '.join(known)}"
    value = document.get(key)
    if isinstance(value, list) and len(mismatch.path) > 1:
        value = value[int(mismatch.path[1])]
    wrong = {
        "missing": "is missing",
        "choice": f"is {quote(str(value))}",
        "empty": "is empty",
        "too_long": "is of another form or too long" if key == "key" else "is too long",
        "type": f"is {name_type(value)}",
    }.get(mismatch.code, "is out of range")
    return f"{wrong}, allowed: {known[key].doc.allowed}"


def _check_variables(document: Mapping[str, object]) -> Iterator[_Fault]:
    body, needed = document.get("body"), document.get("needed", [])
    if not isinstance(body, str):
        return
    used = dict.fromkeys(VARIABLE.findall(body))
    for name in used:
        if name not in VARIABLES:
            nearest = find_nearest(name, VARIABLES)
            hint = f" (did you mean {nearest}?)" if nearest else ""
            why = f"there is no variable {quote(name)}{hint}, allowed: those of `oncall-tui template variables`"
            yield ("body",), f"{{{name}}}", why
    for line in body.splitlines():
        if stray := _STRAY.search(VARIABLE.sub("", line)):
            why = f"{quote(stray[0])} is no variable, allowed: braces around one alone, such as {{components}}"
            yield ("body",), line.strip(), why
    if isinstance(needed, list):
        for name in needed:
            if isinstance(name, str) and name not in used:
                why = f"{quote(name)} does not stand in the body, allowed: {list_names(used) or 'none'}"
                yield ("needed",), None, why


def _place_faults(path: FilePath, text: str, faults: Iterable[_Fault]) -> tuple[str, ...]:
    # A folder without faults does not wait for it.
    from oncall_tui.config.lines import LineIndex

    lines = LineIndex(text)
    placed = [(_find_line(text, words, lines.find(key)), show_key(key), why) for key, words, why in faults]
    return tuple(place_fault(path, str(line), key, why) for line, key, why in sorted(placed))


def _find_line(text: str, words: str | None, first: int) -> int:
    """Returns the line of words in a file, from a line on; that line where an escape hides them."""
    if words is None:
        return first
    rows = text.split("\n")
    return next((number for number, row in enumerate(rows[first - 1 :], first) if words in row), first)
