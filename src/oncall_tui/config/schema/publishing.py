"""The form of what is published to: status pages, broadcasts beside them, and components."""

from typing import Annotated, Literal

from msgspec import Meta

from oncall_tui.config import values
from oncall_tui.config.form import Doc, Reader, Table
from oncall_tui.config.schema.fields import ID_FORM, NAME_FORM, Id, Name, length, refuse_plain_token, text
from oncall_tui.domain.duration import HOUR, MINUTE
from oncall_tui.domain.pagestate import MAIN_PAGE


class TokenTable(Table, frozen=True, kw_only=True):
    env: Annotated[
        str | None,
        text(values.check_env_name),
        Doc("Name of the environment variable that holds the token.", "a variable name in quotes"),
    ] = None
    file: Annotated[
        str | None,
        text(values.check_path),
        Doc("File whose first line is the token; yours alone (`chmod 600`).", "a path in quotes"),
    ] = None
    command: Annotated[
        tuple[Annotated[str, text(values.check_argument)], ...] | None,
        Meta(min_length=1, max_length=64),
        Doc(
            "Program and arguments that print the token; no shell, 10 s.",
            "a list of texts, the program first",
        ),
    ] = None


class PageTable(Table, frozen=True, kw_only=True):
    name: Annotated[
        Id, Doc("What the page is called in the file and on the screens; needed for more than one.", ID_FORM)
    ] = MAIN_PAGE
    adapter: Annotated[
        Literal["statuspage", "incident.io", "cachet", "instatus", "betterstack", "openstatus"],
        Doc(
            "Which API the status page speaks.",
            "statuspage, incident.io, cachet (v3), instatus, betterstack or openstatus",
        ),
    ] = "statuspage"
    api_url: Annotated[
        str,
        text(values.check_api_url),
        Doc("Where the page's API is.", "an https URL; http on this machine only"),
    ]
    public_url: Annotated[
        str | None,
        text(values.check_url),
        Doc(
            "Where customers read the page: updates are read back there and marked as seen.",
            "an http or https URL",
        ),
    ] = None
    page_id: Annotated[Id, Doc("The page's id, from its API settings; Cachet has one page, any id will do.", ID_FORM)]
    token: Annotated[
        TokenTable,
        Reader(refuse_plain_token),
        Doc(
            "Where the API token comes from; never the token itself.",
            "a table with exactly one of env, file, command",
        ),
    ]
    requests_per_minute: Annotated[
        int,
        Meta(ge=1, le=60_000),
        Doc("Most requests a minute to the API; room is kept for updates.", "a whole number, 1 to 60000"),
    ] = 60
    request_timeout: Annotated[
        int,
        length(100, 5 * MINUTE),
        Doc(
            "Deadline of one request; nine tenths of `quiet_period` if that is shorter.",
            "a length of time, 100ms to 5m",
        ),
    ] = 10_000
    quiet_period: Annotated[
        int,
        length(100, HOUR),
        Doc(
            "Wait before a delivery of unknown outcome is looked up on the page.",
            "a length of time, 100ms to 1h",
        ),
    ] = 30_000
    resend: Annotated[
        Literal["ask", "unasked"],
        Doc(
            "What becomes of an update that may have got lost: subscribers would get it twice if it had not.",
            "ask or unasked",
        ),
    ] = "ask"
    send_window: Annotated[
        int,
        length(0, 5 * MINUTE),
        Doc("How long `u` can take an update back before it is sent.", "a length of time, 0s to 5m"),
    ] = 5_000


class AddressTable(TokenTable, frozen=True, kw_only=True):
    """Where the address of a broadcast comes from: as secret as a token, since it may hold a password."""


class BroadcastTable(Table, frozen=True, kw_only=True):
    name: Annotated[Id, Doc("What the channel is called on the screens; no two alike, no page either.", ID_FORM)]
    form: Annotated[
        Literal["mail", "chat", "social", "sms"],
        Doc("How the channel counts, and what an update becomes there.", "mail, chat, social or sms"),
    ]
    url: Annotated[
        AddressTable,
        Reader(refuse_plain_token),
        Doc(
            "Where its Apprise address comes from; never the address itself.",
            "a table with exactly one of env, file, command",
        ),
    ]
    limit: Annotated[
        int | None,
        Meta(ge=1, le=100_000),
        Doc(
            "How much it holds, by its own count; SMS counts segments. The usual one where absent.",
            "a whole number, 1 to 100000",
        ),
    ] = None


class ComponentTable(Table, frozen=True, kw_only=True):
    name: Annotated[Name, Doc("The component as customers read it on the page.", NAME_FORM)]
    remote_id: Annotated[
        Id | None,
        Doc("The component's id on the first page; without it, and elsewhere, its name tells.", ID_FORM),
    ] = None
    depends_on: Annotated[
        tuple[Name, ...],
        Doc("Components behind which this one falls: its probes depend on theirs.", "names of components"),
    ] = ()
