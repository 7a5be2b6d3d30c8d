"""Comparisons with one value of a JSON document, written as people say them: `load.one < 8`."""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Mapping

from msgspec import Struct

JSON_CHECK_FORM = 'such as "status == \'ok\'", "load.one < 8", "nodes[0].name contains \'eu\'" or "version"'
_NAME = r"[A-Za-z_$][\w$-]*"
_PLACE = r"""\[\d{1,6}\]|\["[^"\\]{1,200}"\]|\['[^'\\]{1,200}'\]"""
_CHECK = re.compile(
    rf"\s*(?P<path>(?:{_NAME}|{_PLACE})(?:\.{_NAME}|{_PLACE})*)"
    r"(?:\s*(?P<sign>==|!=|<=|>=|<|>|contains\b)\s*(?P<value>\S.*))?",
    re.DOTALL,
)
_ORDER: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge
}  # fmt: skip
_SHOWN = 80


class JsonCheck(Struct, frozen=True):
    """What one value has to be; an empty `sign` asks only that it is there. `steps` are keys and places in lists."""

    path: str
    steps: tuple[str | int, ...]
    sign: str = ""
    value: bool | int | float | str | None = None


def parse_json_check(text: str) -> JsonCheck:
    """Returns the check that a text says. Raises ValueError."""
    found = _CHECK.fullmatch(text.rstrip())
    if found is None:
        raise ValueError("is no comparison with a value of a JSON body")
    path = found["path"]
    steps = tuple(_read_step(step) for step in re.findall(f"{_NAME}|{_PLACE}", path))
    sign = found["sign"] or ""
    value = _read_value(found["value"]) if sign else None
    if sign in _ORDER and not _is_number(value):
        raise ValueError(f"compares by {sign} with something that is not a number")
    if sign == "contains" and not isinstance(value, str):
        raise ValueError("looks for something that is not a text in quotes")
    return JsonCheck(path, steps, sign, value)


def _read_step(step: str) -> str | int:
    if not step.startswith("["):
        return step
    inner = step[1:-1]
    return int(inner) if inner.isdecimal() else inner[1:-1]


def _read_value(text: str) -> bool | int | float | str | None:
    if len(text) > 1 and text[0] == text[-1] == "'":
        return text[1:-1]
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        value = ()
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int | float) and abs(value) < 1e300:
        return value
    raise ValueError("compares with something that is no number, true, false, null or text in quotes")


def find_value(document: object, check: JsonCheck) -> object:
    """Returns the value that a check is about. Raises LookupError where the document has none."""
    value = document
    for step in check.steps if check.steps[0] != "$" else check.steps[1:]:
        match value, step:
            case list(), int():
                value = value[step]
            case dict(), str():
                value = value[step]
            case _:
                raise LookupError(step)
    return value


def show_value(value: object) -> str:
    """Returns a value as JSON, shortened; not inert."""
    if isinstance(value, dict | list):
        return f"a {'list' if isinstance(value, list) else 'table'} of {len(value)}"
    return json.dumps(value, ensure_ascii=False)[:_SHOWN]


def explain_value(check: JsonCheck, value: object) -> str:
    """Returns what is wrong with a value, empty when it is as it has to be."""
    if not check.sign or _holds(check, value):
        return ""
    return f"{check.path} is {show_value(value)}, expected {check.sign} {show_value(check.value)}"


def _holds(check: JsonCheck, value: object) -> bool:
    if check.sign == "contains":
        return isinstance(value, str) and isinstance(check.value, str) and check.value in value
    if check.sign in _ORDER:
        return _is_number(value) and _ORDER[check.sign](value, check.value)  # type: ignore[arg-type]
    is_equal = isinstance(value, bool) == isinstance(check.value, bool) and value == check.value
    return is_equal == (check.sign == "==")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
