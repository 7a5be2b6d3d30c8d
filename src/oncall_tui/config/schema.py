"""The form of a config file: every key with what it means, what it allows and its default.

The words here are shown in faults and make docs/config.md. Annotations are read at run time, so they are not postponed.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta

from oncall_tui.config import values
from oncall_tui.config.form import Doc, Mismatch, OneOrMany, Path, Reader, Table, keys_of, read_table
from oncall_tui.domain.duration import DAY, HOUR, MINUTE, parse_duration, write_duration
from oncall_tui.domain.pagestate import MAIN_PAGE

KINDS = ("http", "tcp", "tls", "dns")


def _length(low: int, high: int) -> Reader:
    form = f"allowed: {write_duration(low)} to {write_duration(high)}"

    def read(value: object) -> int:
        if not isinstance(value, str):
            raise ValueError(f"is {values.name_type(value)}, not a length of time in quotes, {form}")  # noqa: TRY004 - a reader raises ValueError
        ms = parse_duration(value)
        if not low <= ms <= high:
            raise ValueError(f"is out of range, {form}")
        return ms

    return Reader(read)


def _text(check: Callable[[str], str]) -> Reader:
    """Runs a check of `config.values` on text; a value of another type is left as it is, to be told as such."""
    return Reader(lambda value: check(value) if isinstance(value, str) else value)


def _refuse_plain_token(value: object) -> object:
    if isinstance(value, str):
        raise ValueError(  # noqa: TRY004 - a reader raises ValueError
            'a token is never written here; use { env = "NAME" }, { file = "PATH" } or { command = [...] }'
        )
    return value


_Name = Annotated[str, _text(values.check_name)]
_Id = Annotated[str, _text(values.check_id)]
_HostPort = Annotated[str, _text(values.check_host_port)]
_RunLength = _length(10, 5 * MINUTE)
_NAME_FORM = "1 to 100 printable characters"
_ID_FORM = "1 to 100 letters, digits, - and _"


class TokenTable(Table, frozen=True, kw_only=True):
    env: Annotated[
        str | None,
        _text(values.check_env_name),
        Doc("Name of the environment variable that holds the token.", "a variable name in quotes"),
    ] = None
    file: Annotated[
        str | None,
        _text(values.check_path),
        Doc("File whose first line is the token; yours alone (`chmod 600`).", "a path in quotes"),
    ] = None
    command: Annotated[
        tuple[Annotated[str, _text(values.check_argument)], ...] | None,
        Meta(min_length=1, max_length=64),
        Doc(
            "Program and arguments that print the token; no shell, 10 s.",
            "a list of texts, the program first",
        ),
    ] = None


class PageTable(Table, frozen=True, kw_only=True):
    name: Annotated[
        _Id, Doc("What the page is called in the file and on the screens; needed for more than one.", _ID_FORM)
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
        _text(values.check_api_url),
        Doc("Where the page's API is.", "an https URL; http on this machine only"),
    ]
    public_url: Annotated[
        str | None,
        _text(values.check_url),
        Doc(
            "Where customers read the page: updates are read back there and marked as seen.",
            "an http or https URL",
        ),
    ] = None
    page_id: Annotated[_Id, Doc("The page's id, from its API settings; Cachet has one page, any id will do.", _ID_FORM)]
    token: Annotated[
        TokenTable,
        Reader(_refuse_plain_token),
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
        _length(100, 5 * MINUTE),
        Doc(
            "Deadline of one request; nine tenths of `quiet_period` if that is shorter.",
            "a length of time, 100ms to 5m",
        ),
    ] = 10_000
    quiet_period: Annotated[
        int,
        _length(100, HOUR),
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
        _length(0, 5 * MINUTE),
        Doc("How long `u` can take an update back before it is sent.", "a length of time, 0s to 5m"),
    ] = 5_000


class AddressTable(TokenTable, frozen=True, kw_only=True):
    """Where the address of a broadcast comes from: as secret as a token, since it may hold a password."""


class BroadcastTable(Table, frozen=True, kw_only=True):
    name: Annotated[_Id, Doc("What the channel is called on the screens; no two alike, no page either.", _ID_FORM)]
    form: Annotated[
        Literal["mail", "chat", "social", "sms"],
        Doc("How the channel counts, and what an update becomes there.", "mail, chat, social or sms"),
    ]
    url: Annotated[
        AddressTable,
        Reader(_refuse_plain_token),
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
    name: Annotated[_Name, Doc("The component as customers read it on the page.", _NAME_FORM)]
    remote_id: Annotated[
        _Id | None,
        Doc("The component's id on the first page; without it, and elsewhere, its name tells.", _ID_FORM),
    ] = None


_Latency = Annotated[
    int | None, _RunLength, Doc("A slower answer is degraded, not up.", "a length of time, 10ms to 5m")
]
_Words = Annotated[str | None, Meta(min_length=1, max_length=1_000)]
_Status = Annotated[
    tuple[Annotated[int, Meta(ge=100, le=599)], ...],
    Meta(min_length=1, max_length=100),
    Doc("HTTP status codes that are healthy.", "a list of whole numbers, 100 to 599"),
]
_BodyContains = Annotated[_Words, Doc("Text that the body must hold.", "1 to 1000 characters")]
_DaysLeft = Annotated[
    int | None,
    Meta(ge=0, le=3_650),
    Doc("Fewer days until the certificate ends is degraded.", "a whole number, 0 to 3650"),
]
_Contains = Annotated[_Words, Doc("Text that one of the answers must hold.", "1 to 1000 characters")]


class TcpExpect(Table, frozen=True, kw_only=True):
    max_latency: _Latency = None


class HttpExpect(TcpExpect, frozen=True, kw_only=True):
    status: _Status = (200,)
    body_contains: _BodyContains = None


class TlsExpect(TcpExpect, frozen=True, kw_only=True):
    min_days_left: _DaysLeft = None


class DnsExpect(TcpExpect, frozen=True, kw_only=True):
    contains: _Contains = None


class AnyExpect(TcpExpect, frozen=True, kw_only=True):
    """For a probe whose kind is itself at fault: its other faults are still told."""

    contains: _Contains = None
    min_days_left: _DaysLeft = None
    status: _Status = (200,)
    body_contains: _BodyContains = None


class _ProbeTable(Table, frozen=True, kw_only=True):
    @classmethod
    def fitting(cls, value: object) -> type["_ProbeTable"]:
        kind = value.get("kind") if isinstance(value, Mapping) else None
        return PROBE_TABLES.get(kind, AnyProbe) if isinstance(kind, str) else AnyProbe

    name: Annotated[_Name, Doc("What the probe is called on the screens; no two alike.", _NAME_FORM)]
    kind: Annotated[Literal["http", "tcp", "tls", "dns"], Doc("What is checked, and how.", "http, tcp, tls or dns")]
    component: Annotated[
        _Name | None, Doc("The component that the probe watches.", "the name of a [[component]] of this file")
    ] = None
    every: Annotated[
        int, _length(100, DAY), Doc("Time from one start to the next.", "a length of time, 100ms to 1d")
    ] = 30_000
    timeout: Annotated[
        int | None,
        _RunLength,
        Doc(
            "The one deadline of a whole run; 10s where absent, `every` if that is shorter.",
            "a length of time, 10ms to 5m, at most `every`",
        ),
    ] = None
    runbook: Annotated[
        str | None,
        _text(values.check_path),
        Doc(
            "Markdown file shown beside the incident; relative to the config's folder.",
            "the path of a file that exists",
        ),
    ] = None
    failure_threshold: Annotated[
        int,
        Meta(ge=1, le=100),
        Doc("Failures in a row that make the probe down.", "a whole number, 1 to 100"),
    ] = 3
    recovery_threshold: Annotated[
        int, Meta(ge=1, le=100), Doc("Successes in a row that make it up again.", "a whole number, 1 to 100")
    ] = 2
    metric: Annotated[
        _Id | None, Doc("The page's id of a metric that its latency is drawn in, once a minute.", _ID_FORM)
    ] = None


_Url = Doc("The address to ask for, without a user or password in it.", "an http or https URL")
_Redirects = Doc("Follow redirects instead of judging them.", "true or false")
_Target = Doc("Where to connect.", '"host:port", an IPv6 address in [brackets]')
_DnsName = Doc("The name to look up.", "a host name")
_RecordDoc = Doc("The record type to look up.", "A, AAAA, CNAME, MX, NS, TXT, SOA, CAA, SRV or PTR")
_ResolverDoc = Doc("The DNS server to ask; the system's where absent.", '"host" or "host:port", port 53 where absent')
_Record = Literal["A", "AAAA", "CNAME", "MX", "NS", "TXT", "SOA", "CAA", "SRV", "PTR"]
_Resolver = Annotated[str | None, _text(values.check_resolver), _ResolverDoc]


def _expect(model: type[TcpExpect]) -> Doc:
    return Doc("What a healthy answer looks like.", f"a table of {', '.join(sorted(model.__struct_fields__))}")


class HttpProbe(_ProbeTable, frozen=True, kw_only=True):
    url: Annotated[str, _text(values.check_url), _Url]
    follow_redirects: Annotated[bool, _Redirects] = False
    expect: Annotated[HttpExpect, _expect(HttpExpect)] = HttpExpect()


class TcpProbe(_ProbeTable, frozen=True, kw_only=True):
    target: Annotated[_HostPort, _Target]
    expect: Annotated[TcpExpect, _expect(TcpExpect)] = TcpExpect()


class TlsProbe(_ProbeTable, frozen=True, kw_only=True):
    target: Annotated[_HostPort, _Target]
    expect: Annotated[TlsExpect, _expect(TlsExpect)] = TlsExpect()


class DnsProbe(_ProbeTable, frozen=True, kw_only=True):
    target: Annotated[str, _text(values.check_host), _DnsName]
    record: Annotated[_Record, _RecordDoc] = "A"
    resolver: _Resolver = None
    expect: Annotated[DnsExpect, _expect(DnsExpect)] = DnsExpect()


class AnyProbe(_ProbeTable, frozen=True, kw_only=True):
    """For a probe whose kind is itself at fault: its other faults are still told."""

    url: Annotated[str | None, _text(values.check_url), _Url] = None
    target: Annotated[str | None, _Target] = None
    follow_redirects: Annotated[bool, _Redirects] = False
    record: Annotated[_Record, _RecordDoc] = "A"
    resolver: _Resolver = None
    expect: Annotated[AnyExpect, _expect(AnyExpect)] = AnyExpect()


KnownProbe: TypeAlias = HttpProbe | TcpProbe | TlsProbe | DnsProbe
PROBE_TABLES: Mapping[str, type[_ProbeTable]] = {
    "http": HttpProbe,
    "tcp": TcpProbe,
    "tls": TlsProbe,
    "dns": DnsProbe,
}


class FileTable(Table, frozen=True, kw_only=True):
    theme: Annotated[_Name | None, Doc("The theme that the screens start with.", "the name of a theme")] = None
    page: Annotated[
        tuple[PageTable, ...],
        OneOrMany(),
        Doc(
            "The status page to publish to; without it, updates wait in the outbox.",
            "one [page] table, or a [[page]] table with a name for each page",
        ),
    ] = ()
    broadcast: Annotated[
        tuple[BroadcastTable, ...],
        Doc(
            "Each channel that is told once customers can read an update on a page.",
            "[[broadcast]] tables, double brackets",
        ),
    ] = ()
    component: Annotated[
        tuple[ComponentTable, ...],
        Doc("Each thing that customers see on the page.", "[[component]] tables, double brackets"),
    ] = ()
    probe: Annotated[
        tuple[_ProbeTable, ...],
        Doc("Each check of one target.", "[[probe]] tables, double brackets"),
    ] = ()

    @property
    def probes(self) -> tuple[KnownProbe, ...]:
        """The probes as they are once the file holds no fault: each of a known kind."""
        return tuple(probe for probe in self.probe if isinstance(probe, KnownProbe))


def validate(document: Mapping[str, object]) -> tuple[FileTable | None, tuple[Mismatch, ...]]:
    """Returns the typed file, or every way in which `document` (as tomllib parsed it) is not of this form."""
    return read_table(FileTable, document)


def table_at(document: Mapping[str, object], path: Path) -> type[Table] | None:
    """Returns the table that describes the value at `path`, following the kind of the probe around it."""
    match path:
        case ():
            return FileTable
        case ("page",) | ("page", int()):
            return PageTable
        case ("page", "token") | ("page", int(), "token"):
            return TokenTable
        case ("broadcast", int()):
            return BroadcastTable
        case ("broadcast", int(), "url"):
            return AddressTable
        case ("component", int()):
            return ComponentTable
        case ("probe", int(index), *rest):
            probes = document.get("probe")
            table = _ProbeTable.fitting(probes[index] if isinstance(probes, list) else None)
            if not rest:
                return table
            if rest == ["expect"]:
                return expect_of(table)
    return None


def expect_of(table: type[_ProbeTable]) -> type[Table]:
    """Returns the table of what a probe of one kind expects."""
    expect = keys_of(table)["expect"].form.table
    assert expect is not None
    return expect


def doc_of(table: type[Table], key: str) -> Doc | None:
    """Returns the words about one key of a table, None if the table has no such key."""
    found = keys_of(table).get(key)
    return None if found is None else found.doc


def kinds_with(key: str, *, is_expect: bool) -> tuple[str, ...]:
    """Returns the kinds of probe that know a key, so that a misplaced key can be told from a misspelt one."""
    return tuple(
        kind
        for kind, table in PROBE_TABLES.items()
        if key in (expect_of(table) if is_expect else table).__struct_fields__
    )
