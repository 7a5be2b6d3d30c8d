"""How tables of a config are written down and read: a class for each table, walked key by key.

msgspec tells one fault a conversion, so each value is converted alone and all are told. Other processes hold the plain
records of `config.model` and never load it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Annotated, Literal, TypeVar, get_args, get_origin

import msgspec

Path = tuple[str | int, ...]
Code = Literal["unknown", "missing", "refused", "type", "choice", "empty", "too_long", "out_of_range"]


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A table of the file: an unknown key is a fault, and no value is turned into another type."""

    @classmethod
    def fitting(cls, value: object) -> type[Table]:
        """Returns the class that reads `value`, which may say itself of what kind it is."""
        return cls


class Doc(msgspec.Struct, frozen=True):
    """What a key means and what it allows, in words for people."""

    meaning: str
    allowed: str


class Reader(msgspec.Struct, frozen=True):
    """Mark on a type: reads what is written before its type is looked at. Raises ValueError with what is wrong."""

    read: Callable[[object], object]


class OneOrMany(msgspec.Struct, frozen=True):
    """Mark on a list of tables: a single table, `[page]` for `[[page]]`, is a list of one."""


class Mismatch(msgspec.Struct, frozen=True):
    """One fault of form: its `path` in the file; `why` is set where a reader has refused the value, in its words."""

    path: Path
    code: Code
    why: str = ""


class Form(msgspec.Struct, frozen=True):
    """What one value has to be: its type without and with bounds.

    `table` is set where the value is a table, `item` is the form of the elements where it is a list.
    """

    plain: object
    bounded: object
    reader: Reader | None
    table: type[Table] | None
    item: Form | None
    takes_one: bool = False


class Key(msgspec.Struct, frozen=True):
    """One key of a table, and the `field` that holds it.

    `default` is what an absent key means where it is not needed.
    """

    doc: Doc
    form: Form
    is_needed: bool
    default: object
    field: str


_T = TypeVar("_T", bound=Table)


@cache
def keys_of(table: type[Table]) -> Mapping[str, Key]:
    """Returns the keys that a table may have, in their order. Its annotations are taken apart once, when needed."""
    return {
        field.encode_name: Key(_find_doc(field.type), _make_form(field.type), field.required, field.default, field.name)
        for field in msgspec.structs.fields(table)
    }


def read_table(table: type[_T], raw: Mapping[str, object]) -> tuple[_T | None, tuple[Mismatch, ...]]:
    """Returns the typed table, or every way in which `raw` is not of its form; no mismatch holds a value."""
    found: list[Mismatch] = []
    read = _read_table(table, raw, (), found)
    return (None if found else read), tuple(found)


def _read_table(table: type[_T], raw: Mapping[str, object], path: Path, found: list[Mismatch]) -> _T | None:
    keys = keys_of(table)
    before = len(found)
    found += [Mismatch((*path, name), "unknown") for name in raw if name not in keys]
    values: dict[str, object] = {}
    for name, key in keys.items():
        if name in raw:
            values[key.field] = _read_value(key.form, raw[name], (*path, name), found)
        elif key.is_needed:
            found.append(Mismatch((*path, name), "missing"))
    return table(**values) if len(found) == before else None


def _read_value(form: Form, value: object, path: Path, found: list[Mismatch]) -> object:
    """Returns the value as it is meant; what it returns after a fault is not used."""
    try:
        if form.reader:
            value = form.reader.read(value)
    except ValueError as error:
        found.append(Mismatch(path, "refused", str(error)))
        return None
    if form.takes_one and form.item and isinstance(value, dict):
        return (_read_value(form.item, value, path, found),)
    if form.table:
        if isinstance(value, dict):
            return _read_table(form.table.fitting(value), value, path, found)
        found.append(Mismatch(path, "type"))
        return None
    try:
        value = msgspec.convert(value, form.bounded)
    except msgspec.ValidationError:
        # The words of the error can hold the value.
        found.append(Mismatch(path, _find_code(form, value)))
        return None
    if form.item and isinstance(value, list):
        return tuple(_read_value(form.item, each, (*path, index), found) for index, each in enumerate(value))
    return value


def _find_code(form: Form, value: object) -> Code:
    """Returns in which way a value does not fit; told from the value, since the library has only words for it."""
    if get_origin(form.plain) is Literal:
        return "choice" if isinstance(value, str) else "type"
    try:
        msgspec.convert(value, form.plain)
    except msgspec.ValidationError:
        return "type"
    if isinstance(value, str | list):
        return "too_long" if value else "empty"
    return "out_of_range"


def _find_doc(annotation: object) -> Doc:
    _, marks = _take_apart(annotation)
    return next(mark for mark in marks if isinstance(mark, Doc))


def _make_form(annotation: object) -> Form:
    plain, marks = _take_apart(annotation)
    item = None
    if get_origin(plain) is tuple:
        item = _make_form(get_args(plain)[0])
        plain = list
    bounds = next((mark for mark in marks if isinstance(mark, msgspec.Meta)), None)
    reader = next((mark for mark in marks if isinstance(mark, Reader)), None)
    table = plain if isinstance(plain, type) and issubclass(plain, Table) else None
    takes_one = any(isinstance(mark, OneOrMany) for mark in marks)
    return Form(plain, Annotated[plain, bounds] if bounds else plain, reader, table, item, takes_one)


def _take_apart(annotation: object) -> tuple[object, list[object]]:
    """Returns the type that a key is when it is present, and the marks on it, the outer ones first."""
    marks: list[object] = []
    while True:
        parts = get_args(annotation)
        if get_origin(annotation) is Annotated:
            annotation, *added = parts
            marks += added
        elif type(None) in parts:
            annotation = next(part for part in parts if part is not type(None))
        else:
            return annotation, marks
