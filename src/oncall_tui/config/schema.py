"""The form of a config file: every key with what it means, what it allows and its default.

The only importer of pydantic, which reports all faults of a file at once; other processes hold the plain
records of `config.model` and never pay for it. The words here are shown in faults and make docs/config.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, ValidationError

from oncall_tui.config import values
from oncall_tui.domain.duration import DAY, HOUR, MINUTE, parse_duration, write_duration

Path = tuple[str | int, ...]
KINDS = ("http", "tcp", "tls", "dns")


@dataclass(frozen=True, slots=True)
class Doc:
    """What a key means and what it allows, in words for people."""

    meaning: str
    allowed: str


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One fault as the schema sees it: `path` in the file, `code` of pydantic, `why` in its or our words."""

    path: Path
    code: str
    why: str


def _length(low: int, high: int) -> BeforeValidator:
    form = f"allowed: {write_duration(low)} to {write_duration(high)}"

    def read(value: object) -> int:
        if not isinstance(value, str):
            raise ValueError(f"is {values.name_type(value)}, not a length of time in quotes, {form}")  # noqa: TRY004 - pydantic collects ValueError
        ms = parse_duration(value)
        if not low <= ms <= high:
            raise ValueError(f"is out of range, {form}")
        return ms

    return BeforeValidator(read)


def _text(check: Callable[[str], str]) -> BeforeValidator:
    """Runs a check of `config.values` on text; another type is left to pydantic, which names it."""
    return BeforeValidator(lambda value: check(value) if isinstance(value, str) else value)


def _refuse_plain_token(value: object) -> object:
    if isinstance(value, str):
        raise ValueError(  # noqa: TRY004 - pydantic collects ValueError
            'a token is never written here; use { env = "NAME" }, { file = "PATH" } or { command = [...] }'
        )
    return value


_Name = Annotated[str, _text(values.check_name)]
_Id = Annotated[str, _text(values.check_id)]
_HostPort = Annotated[str, _text(values.check_host_port)]
_RunLength = _length(10, 5 * MINUTE)
_NAME_FORM = "1 to 100 printable characters"
_ID_FORM = "1 to 100 letters, digits, - and _"


class Table(BaseModel):
    """A table of the file: an unknown key is a fault, and no value is turned into another type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True, defer_build=True)


class TokenTable(Table):
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
        list[Annotated[str, _text(values.check_argument)]] | None,
        Field(min_length=1, max_length=64),
        Doc(
            "Program and arguments that print the token; no shell, 10 s.",
            "a list of texts, the program first",
        ),
    ] = None


class PageTable(Table):
    adapter: Annotated[Literal["statuspage"], Doc("Which API the status page speaks.", '"statuspage"')] = "statuspage"
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
    page_id: Annotated[_Id, Doc("The page's id, from its API settings.", _ID_FORM)]
    token: Annotated[
        TokenTable,
        BeforeValidator(_refuse_plain_token),
        Doc(
            "Where the API token comes from; never the token itself.",
            "a table with exactly one of env, file, command",
        ),
    ]
    requests_per_minute: Annotated[
        int,
        Field(ge=1, le=60_000),
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
    send_window: Annotated[
        int,
        _length(0, 5 * MINUTE),
        Doc("How long `u` can take an update back before it is sent.", "a length of time, 0s to 5m"),
    ] = 5_000


class ComponentTable(Table):
    name: Annotated[_Name, Doc("The component as customers read it on the page.", _NAME_FORM)]
    remote_id: Annotated[
        _Id | None, Doc("The component's id on the page; without it, it is found by name.", _ID_FORM)
    ] = None


_Latency = Annotated[
    int | None, _RunLength, Doc("A slower answer is degraded, not up.", "a length of time, 10ms to 5m")
]
_Words = Annotated[str | None, Field(min_length=1, max_length=1_000)]


class TcpExpect(Table):
    max_latency: _Latency = None


class HttpExpect(TcpExpect):
    status: Annotated[
        list[Annotated[int, Field(ge=100, le=599)]],
        Field(min_length=1, max_length=100),
        Doc("HTTP status codes that are healthy.", "a list of whole numbers, 100 to 599"),
    ] = [200]
    body_contains: Annotated[_Words, Doc("Text that the body must hold.", "1 to 1000 characters")] = None


class TlsExpect(TcpExpect):
    min_days_left: Annotated[
        int | None,
        Field(ge=0, le=3_650),
        Doc("Fewer days until the certificate ends is degraded.", "a whole number, 0 to 3650"),
    ] = None


class DnsExpect(TcpExpect):
    contains: Annotated[_Words, Doc("Text that one of the answers must hold.", "1 to 1000 characters")] = None


class AnyExpect(HttpExpect, TlsExpect, DnsExpect):
    """For a probe whose kind is itself at fault: its other faults are still told."""


_Kind = Doc("What is checked, and how.", "http, tcp, tls or dns")


class _ProbeTable(Table):
    name: Annotated[_Name, Doc("What the probe is called on the screens; no two alike.", _NAME_FORM)]
    kind: Annotated[str, _Kind]
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
        Field(ge=1, le=100),
        Doc("Failures in a row that make the probe down.", "a whole number, 1 to 100"),
    ] = 3
    recovery_threshold: Annotated[
        int, Field(ge=1, le=100), Doc("Successes in a row that make it up again.", "a whole number, 1 to 100")
    ] = 2


_Url = Doc("The address to ask for, without a user or password in it.", "an http or https URL")
_Redirects = Doc("Follow redirects instead of judging them.", "true or false")
_Target = Doc("Where to connect.", '"host:port", an IPv6 address in [brackets]')
_DnsName = Doc("The name to look up.", "a host name")
_RecordDoc = Doc("The record type to look up.", "A, AAAA, CNAME, MX, NS, TXT, SOA, CAA, SRV or PTR")
_ResolverDoc = Doc("The DNS server to ask; the system's where absent.", '"host" or "host:port", port 53 where absent')
_Record = Literal["A", "AAAA", "CNAME", "MX", "NS", "TXT", "SOA", "CAA", "SRV", "PTR"]
_Resolver = Annotated[str | None, _text(values.check_resolver), _ResolverDoc]


def _expect(model: type[TcpExpect]) -> Doc:
    return Doc("What a healthy answer looks like.", f"a table of {', '.join(sorted(model.model_fields))}")


class HttpProbe(_ProbeTable):
    kind: Annotated[Literal["http"], _Kind]
    url: Annotated[str, _text(values.check_url), _Url]
    follow_redirects: Annotated[bool, _Redirects] = False
    expect: Annotated[HttpExpect, _expect(HttpExpect)] = HttpExpect()


class TcpProbe(_ProbeTable):
    kind: Annotated[Literal["tcp"], _Kind]
    target: Annotated[_HostPort, _Target]
    expect: Annotated[TcpExpect, _expect(TcpExpect)] = TcpExpect()


class TlsProbe(_ProbeTable):
    kind: Annotated[Literal["tls"], _Kind]
    target: Annotated[_HostPort, _Target]
    expect: Annotated[TlsExpect, _expect(TlsExpect)] = TlsExpect()


class DnsProbe(_ProbeTable):
    kind: Annotated[Literal["dns"], _Kind]
    target: Annotated[str, _text(values.check_host), _DnsName]
    record: Annotated[_Record, _RecordDoc] = "A"
    resolver: _Resolver = None
    expect: Annotated[DnsExpect, _expect(DnsExpect)] = DnsExpect()


class AnyProbe(_ProbeTable):
    """For a probe whose kind is itself at fault: its other faults are still told."""

    kind: Annotated[Literal["http", "tcp", "tls", "dns"], _Kind]
    url: Annotated[str | None, _text(values.check_url), _Url] = None
    target: Annotated[str | None, _Target] = None
    follow_redirects: Annotated[bool, _Redirects] = False
    record: Annotated[_Record, _RecordDoc] = "A"
    resolver: _Resolver = None
    expect: Annotated[AnyExpect, _expect(AnyExpect)] = AnyExpect()


def _pick_kind(value: object) -> str:
    kind = value.get("kind") if isinstance(value, Mapping) else None
    return kind if isinstance(kind, str) and kind in KINDS else "any"


KnownProbe: TypeAlias = HttpProbe | TcpProbe | TlsProbe | DnsProbe
ProbeTable = Annotated[
    Annotated[HttpProbe, Tag("http")]
    | Annotated[TcpProbe, Tag("tcp")]
    | Annotated[TlsProbe, Tag("tls")]
    | Annotated[DnsProbe, Tag("dns")]
    | Annotated[AnyProbe, Tag("any")],
    Discriminator(_pick_kind),
]
PROBE_TABLES: Mapping[str, type[_ProbeTable]] = {
    "http": HttpProbe,
    "tcp": TcpProbe,
    "tls": TlsProbe,
    "dns": DnsProbe,
    "any": AnyProbe,
}


class FileTable(Table):
    theme: Annotated[_Name | None, Doc("The theme that the screens start with.", "the name of a theme")] = None
    page: Annotated[
        PageTable | None,
        Doc("The status page to publish to; without it, updates wait in the outbox.", "one [page] table"),
    ] = None
    component: Annotated[
        list[ComponentTable],
        Doc("Each thing that customers see on the page.", "[[component]] tables, double brackets"),
    ] = []
    probe: Annotated[list[ProbeTable], Doc("Each check of one target.", "[[probe]] tables, double brackets")] = []

    @property
    def probes(self) -> tuple[KnownProbe, ...]:
        """The probes as they are once the file holds no fault: each of a known kind."""
        return tuple(probe for probe in self.probe if not isinstance(probe, AnyProbe))


def validate(document: Mapping[str, object]) -> tuple[FileTable | None, tuple[Mismatch, ...]]:
    """Returns the typed file, or every way in which `document` (as tomllib parsed it) is not of this form.

    Pydantic's error holds what was written, tokens too, so it ends here.
    """
    try:
        return FileTable.model_validate(document), ()
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
    return None, tuple(
        Mismatch(_strip_tag(each["loc"]), each["type"], str(each.get("ctx", {}).get("error", each["msg"])))
        for each in found
    )


def table_at(document: Mapping[str, object], path: Path) -> type[Table] | None:
    """Returns the table that describes the value at `path`, following the kind of the probe around it."""
    match path:
        case ():
            return FileTable
        case ("page",):
            return PageTable
        case ("page", "token"):
            return TokenTable
        case ("component", int()):
            return ComponentTable
        case ("probe", int(index), *rest):
            probes = document.get("probe")
            table = PROBE_TABLES[_pick_kind(probes[index] if isinstance(probes, list) else None)]
            if not rest:
                return table
            if rest == ["expect"]:
                expect = table.model_fields["expect"].annotation
                return expect if isinstance(expect, type) and issubclass(expect, Table) else None
    return None


def doc_of(table: type[Table], key: str) -> Doc | None:
    """Returns the words about one key of a table, None if the table has no such key."""
    field = table.model_fields.get(key)
    return None if field is None else next(each for each in field.metadata if isinstance(each, Doc))


def kinds_with(key: str, *, is_expect: bool) -> tuple[str, ...]:
    """Returns the kinds of probe that know a key, so that a misplaced key can be told from a misspelt one."""
    tables = {kind: PROBE_TABLES[kind] for kind in KINDS}
    if not is_expect:
        return tuple(kind for kind, table in tables.items() if key in table.model_fields)
    return tuple(
        kind
        for kind, table in tables.items()
        if key in getattr(table.model_fields["expect"].annotation, "model_fields", ())
    )


def _strip_tag(path: Path) -> Path:
    """Pydantic puts the kind after the index of a probe; the file has no such level."""
    return path[:2] + path[3:] if path[:1] == ("probe",) and len(path) > 2 else path
