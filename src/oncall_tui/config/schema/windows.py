"""The form of recurring windows, in which probes are under maintenance."""

import re
from typing import Annotated

from msgspec import Meta

from oncall_tui.config import values
from oncall_tui.config.form import Doc, Reader, Table
from oncall_tui.config.schema.fields import NAME_FORM, Name, length, text
from oncall_tui.domain.duration import write_duration
from oncall_tui.domain.windows import LONGEST_MS, SHORTEST_MS, WEEKDAYS

_EVERY_FORM = f"day, one of {', '.join(WEEKDAYS)}, or a list of these"
_AT = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_Names = Annotated[tuple[Name, ...], Meta(max_length=1_000)]


def _read_days(value: object) -> object:
    words = value if isinstance(value, list) else [value]
    if not words:
        raise ValueError(f"is empty, allowed: {_EVERY_FORM}")
    if any(word not in (*WEEKDAYS, "day") for word in words):
        raise ValueError(f"holds something that is no weekday, allowed: {_EVERY_FORM}")
    return [day for day, name in enumerate(WEEKDAYS) if name in words or "day" in words]


def _read_minute(value: object) -> object:
    match = _AT.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError('is not a time of day in quotes, allowed: "00:00" to "23:59"')
    return 60 * int(match[1]) + int(match[2])


class WindowTable(Table, frozen=True, kw_only=True, rename={"for_": "for"}):
    name: Annotated[Name, Doc("What it is called on the screens.", NAME_FORM)]
    probes: Annotated[_Names, Doc("The probes that it covers.", "a list of names of probes")] = ()
    components: Annotated[_Names, Doc("It covers all probes of these.", "a list of names of components")] = ()
    all: Annotated[bool, Doc("It covers every probe.", "true or false")] = False
    every: Annotated[
        tuple[int, ...],
        Reader(_read_days),
        Doc("The days on which it begins, by the clocks of its zone.", _EVERY_FORM),
    ]
    at: Annotated[
        int,
        Reader(_read_minute),
        Doc(
            "When it begins. A night that skips this hour begins with the jump, one that has it twice with the first.",
            'a time of day, "00:00" to "23:59"',
        ),
    ]
    for_: Annotated[
        int,
        length(SHORTEST_MS, LONGEST_MS),
        Doc(
            "How long it lasts, whatever the clocks do meanwhile.",
            f"a length of time, {write_duration(SHORTEST_MS)} to {write_duration(LONGEST_MS)}",
        ),
    ]
    zone: Annotated[
        str, text(values.check_zone), Doc("The zone of these clocks.", "UTC, or a zone such as Europe/Berlin")
    ] = "UTC"
