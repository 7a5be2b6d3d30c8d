"""Turns a mismatch of the schema into words: the key, what is wrong with it, and what is allowed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path as FilePath

from oncall_tui.config import schema
from oncall_tui.config.form import Mismatch, Path
from oncall_tui.config.values import name_type
from oncall_tui.domain.sanitize import clean_line

_BARE = r"[A-Za-z0-9_-]{1,60}"
_SHOWN = 60
_SHOWN_NAMES = 12


def place_fault(file: FilePath, place: str, key: str, why: str) -> str:
    """Returns the one line in which a fault is told; `place` is `line` or `line:column`."""
    return f"{clean_line(str(file))}:{place}: {key}: {clean_line(why, 1_000)}"


def show_key(path: Path) -> str:
    """Returns a key as TOML spells it, inert; places in lists are left out, since the line tells them."""
    parts = [part if re.fullmatch(_BARE, part) else quote(part) for part in path if isinstance(part, str)]
    return ".".join(parts) or "file"


def quote(text: str, limit: int = _SHOWN) -> str:
    """Returns text from the file in quotes, inert and of at most `limit` characters."""
    return f'"{clean_line(text, limit)}"'


def find_nearest(word: str, known: Iterable[str]) -> str | None:
    """Returns the known word that was probably meant, whatever its case."""
    # Wanted for faults alone: a config without any does not wait for it.
    from difflib import get_close_matches

    folded = {each.lower(): each for each in known}
    # The search takes the square of the length: a word of a kilobyte is no typing slip.
    return next((folded[each] for each in get_close_matches(word[:100].lower(), folded, n=1)), None)


def list_names(names: Iterable[str]) -> str:
    """Returns names in quotes, the first dozen of them."""
    shown = [quote(name) for name in names]
    more = len(shown) - _SHOWN_NAMES
    return ", ".join(shown[:_SHOWN_NAMES]) + (f" and {more} more" if more > 0 else "")


def explain(document: Mapping[str, object], mismatch: Mismatch) -> str:
    """Returns what is wrong and what is allowed, for one mismatch found in `document`.

    Values are repeated for words from a fixed set alone: anything else could be a misplaced secret.
    """
    path = mismatch.path
    if mismatch.code == "refused":
        return mismatch.why
    if mismatch.code == "unknown":
        return _explain_unknown_key(document, path)
    value = _value_at(document, path)
    allowed = _allowed_at(document, path)
    match mismatch.code:
        case "missing":
            wrong = "is missing"
        case "choice":
            nearest = find_nearest(str(value), re.findall(r"\w+", allowed))
            wrong = f"is {quote(str(value))}" + (f" (did you mean {quote(nearest)}?)" if nearest else "")
        case "empty":
            wrong = "is empty"
        case "too_long":
            wrong = "is too long"
        case "out_of_range":
            wrong = "is out of range"
        case "type":
            wrong = f"is {name_type(value)}"
    return f"{wrong}, allowed: {allowed}"


def _explain_unknown_key(document: Mapping[str, object], path: Path) -> str:
    key = str(path[-1])
    table = schema.table_at(document, path[:-1])
    known = table.__struct_encode_fields__ if table else ()
    if path[0] == "probe":
        kinds = schema.kinds_with(key, is_expect=path[-2] == "expect")
        if kinds:
            return f"belongs to {_join(kinds)} probes, allowed in this one: {', '.join(known)}"
    nearest = find_nearest(key, known)
    question = f" (did you mean {nearest}?)" if nearest else ""
    return f"unknown key{question}, allowed: {', '.join(known)}"


def _allowed_at(document: Mapping[str, object], path: Path) -> str:
    """Returns what the schema allows at a path, or around it for the elements of a list of values."""
    for length in range(len(path), 0, -1):
        key = path[length - 1]
        table = schema.table_at(document, path[: length - 1])
        doc = schema.doc_of(table, key) if table and isinstance(key, str) else None
        if doc:
            return doc.allowed
    return "TOML"


def _value_at(document: Mapping[str, object], path: Path) -> object:
    value: object = document
    for part in path:
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list) and isinstance(part, int):
            value = value[part]
    return value


def _join(words: tuple[str, ...]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
