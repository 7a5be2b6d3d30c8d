"""Types that keys of several tables share, with the checks that read them."""

from collections.abc import Callable
from typing import Annotated

from oncall_tui.config import values
from oncall_tui.config.form import Reader
from oncall_tui.domain.duration import MINUTE, parse_duration, write_duration


def length(low: int, high: int) -> Reader:
    form = f"allowed: {write_duration(low)} to {write_duration(high)}"

    def read(value: object) -> int:
        if not isinstance(value, str):
            raise ValueError(f"is {values.name_type(value)}, not a length of time in quotes, {form}")  # noqa: TRY004 - a reader raises ValueError
        ms = parse_duration(value)
        if not low <= ms <= high:
            raise ValueError(f"is out of range, {form}")
        return ms

    return Reader(read)


def text(check: Callable[[str], str]) -> Reader:
    """Runs a check of `config.values` on text; a value of another type is left as it is, to be told as such."""
    return Reader(lambda value: check(value) if isinstance(value, str) else value)


def refuse_plain_token(value: object) -> object:
    if isinstance(value, str):
        raise ValueError(  # noqa: TRY004 - a reader raises ValueError
            'a token is never written here; use { env = "NAME" }, { file = "PATH" } or { command = [...] }'
        )
    return value


Name = Annotated[str, text(values.check_name)]
Id = Annotated[str, text(values.check_id)]
HostPort = Annotated[str, text(values.check_host_port)]
RunLength = length(10, 5 * MINUTE)
NAME_FORM = "1 to 100 printable characters"
ID_FORM = "1 to 100 letters, digits, - and _"
