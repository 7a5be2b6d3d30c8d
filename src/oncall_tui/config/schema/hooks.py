"""The form of notices: hooks that are called, and what a terminal does to be noticed."""

from typing import Annotated, Literal

from msgspec import Meta

from oncall_tui.config import values
from oncall_tui.config.form import Doc, Reader, Table
from oncall_tui.config.schema.fields import ID_FORM, Id, length, refuse_plain_token, text
from oncall_tui.config.schema.probes import AuthTable
from oncall_tui.config.schema.publishing import TokenTable
from oncall_tui.domain.duration import MINUTE
from oncall_tui.domain.hook import RATE_FORM, parse_rate

_EVENTS_FORM = "a list of down, up, flapping, slow and promise_late"


def _check_rate(rate: str) -> str:
    parse_rate(rate)
    return rate


class HookTable(Table, frozen=True, kw_only=True):
    name: Annotated[Id, Doc("What the hook is called in messages; no two alike.", ID_FORM)]
    command: Annotated[
        tuple[Annotated[str, text(values.check_argument)], ...] | None,
        Meta(min_length=1, max_length=64),
        Doc(
            "Program and arguments that get the document on stdin; no shell, and none of our environment but"
            " PATH, HOME, USER, LOGNAME, LANG, LC_ALL and TZ.",
            "a list of texts, the program first",
        ),
    ] = None
    url: Annotated[
        str | None,
        text(values.check_url),
        Doc("Where the document is posted to; redirects are not followed.", "an http or https URL"),
    ] = None
    secret_url: Annotated[
        TokenTable | None,
        Reader(refuse_plain_token),
        Doc(
            "Where a URL comes from that is itself a secret, as those of chats are.",
            "a table with exactly one of env, file, command",
        ),
    ] = None
    auth: Annotated[
        AuthTable | None,
        Doc("The token that is sent to `url`, as a header.", "a table of env, file, command, scheme and header"),
    ] = None
    on: Annotated[
        tuple[Literal["down", "up", "flapping", "slow", "promise_late"], ...],
        Meta(min_length=1, max_length=5),
        Doc("What it is called for; `up` is the end of what it was called for.", _EVENTS_FORM),
    ] = ("down", "up", "flapping")
    at_most: Annotated[
        str,
        text(_check_rate),
        Doc("Most calls in a length of time; what is held back is told later, with a count.", RATE_FORM),
    ] = "30/h"
    timeout: Annotated[
        int,
        length(100, 5 * MINUTE),
        Doc(
            "Deadline of one call; a command is ended then, with all that it started.", "a length of time, 100ms to 5m"
        ),
    ] = 10_000


class NoticeTable(Table, frozen=True, kw_only=True):
    bell: Annotated[bool, Doc("Whether a terminal rings; `M` mutes it for a quarter of an hour.", "true or false")] = (
        True
    )
    desktop: Annotated[
        Literal["osc9", "osc777", "none"],
        Doc(
            "The sequence that makes your terminal show a notice on the desktop; see [notices](notices.md).",
            "osc9, osc777 or none",
        ),
    ] = "none"
