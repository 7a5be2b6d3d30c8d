"""The form of probes: a table for each kind, and what it expects."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal, TypeAlias, cast

import msgspec
from msgspec import Meta

from oncall_tui.config import values
from oncall_tui.config.form import Doc, Reader, Table, keys_of
from oncall_tui.config.schema.expects import (
    DnsExpect,
    HttpExpect,
    IcmpExpect,
    PushExpect,
    TcpExpect,
    TlsExpect,
    WebsocketExpect,
)
from oncall_tui.config.schema.fields import (
    ID_FORM,
    NAME_FORM,
    HostPort,
    Id,
    Name,
    RunLength,
    length,
    refuse_plain_token,
    text,
)
from oncall_tui.config.schema.publishing import TokenTable
from oncall_tui.domain.duration import DAY, HOUR
from oncall_tui.domain.probe import ACK_CLEARS_AFTER, FLAP_END, FLAP_START

KINDS = ("http", "tcp", "tls", "dns", "push", "upstream", "smtp", "imap", "icmp", "domain", "websocket", "grpc")
_KINDS_FORM = f"{', '.join(KINDS[:-1])} or {KINDS[-1]}"


class ProbeTable(Table, frozen=True, kw_only=True):
    @classmethod
    def fitting(cls, value: object) -> type["ProbeTable"]:
        kind = value.get("kind") if isinstance(value, Mapping) else None
        return PROBE_TABLES.get(kind, AnyProbe) if isinstance(kind, str) else AnyProbe

    name: Annotated[Name, Doc("What the probe is called on the screens; no two alike.", NAME_FORM)]
    kind: Annotated[
        Literal["http", "tcp", "tls", "dns", "push", "upstream", "smtp", "imap", "icmp", "domain", "websocket", "grpc"],
        Doc("What is checked, and how.", _KINDS_FORM),
    ]
    component: Annotated[
        Name | None, Doc("The component that the probe watches.", "the name of a [[component]] of this file")
    ] = None
    every: Annotated[
        int, length(100, DAY), Doc("Time from one start to the next.", "a length of time, 100ms to 1d")
    ] = 30_000
    timeout: Annotated[
        int | None,
        RunLength,
        Doc(
            "The one deadline of a whole run; 10s where absent, `every` if that is shorter.",
            "a length of time, 10ms to 5m, at most `every`",
        ),
    ] = None
    runbook: Annotated[
        str | None,
        text(values.check_path),
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
    ack_clears_after: Annotated[
        int,
        Meta(ge=1, le=100),
        Doc("Successes in a row after which an acknowledgement is over.", "a whole number, 1 to 100"),
    ] = ACK_CLEARS_AFTER
    confirm_every: Annotated[
        int,
        length(100, HOUR),
        Doc("Pause before a failure that is not confirmed yet is looked at again.", "a length of time, 100ms to 1h"),
    ] = 5_000
    flap_start: Annotated[
        int,
        Meta(ge=1, le=101),
        Doc(
            "Percent of changes in the last 21 runs from which the probe flaps, as it does when it goes down three "
            "times in half an hour; 101 is never.",
            "a whole number, 1 to 101",
        ),
    ] = FLAP_START
    flap_end: Annotated[
        int,
        Meta(ge=0, le=100),
        Doc("Percent under which it flaps no more, once it is calm.", "a whole number, 0 to 100"),
    ] = FLAP_END
    depends_on: Annotated[
        tuple[Name, ...],
        Doc("Probes behind which this one falls: while one is down, it is no trouble of its own.", "names of probes"),
    ] = ()
    metric: Annotated[
        Id | None,
        Doc("The id of a metric of the first `statuspage` page, in which its latency is drawn once a minute.", ID_FORM),
    ] = None


_Url = Doc("The address to ask for, without a user or password in it.", "an http or https URL")
_Redirects = Doc("Follow redirects instead of judging them.", "true or false")
_Target = Doc("Where to connect.", '"host:port", an IPv6 address in [brackets]')
_DnsName = Doc("The name to look up.", "a host name")
_RecordDoc = Doc("The record type to look up.", "A, AAAA, CNAME, MX, NS, TXT, SOA, CAA, SRV or PTR")
_ResolverDoc = Doc("The DNS server to ask; the system's where absent.", '"host" or "host:port", port 53 where absent')
_Family = Annotated[Literal["any", "4", "6"], Doc("The version of IP to connect by.", "any, 4 or 6, in quotes")]
_Record = Literal["A", "AAAA", "CNAME", "MX", "NS", "TXT", "SOA", "CAA", "SRV", "PTR"]
_Resolver = Annotated[str | None, text(values.check_resolver), _ResolverDoc]


def _expect(model: type[Table]) -> Doc:
    return Doc("What a healthy answer looks like.", f"a table of {', '.join(sorted(model.__struct_fields__))}")


class AuthTable(TokenTable, frozen=True, kw_only=True):
    """Where the token of a request comes from, and how it is sent."""

    scheme: Annotated[
        Literal["bearer", "basic", "plain"],
        Doc("How it is sent; for basic it is `user:password`, plain is the token alone.", "bearer, basic or plain"),
    ] = "bearer"
    header: Annotated[
        str, text(values.check_header), Doc("The header that carries it.", "letters, digits and hyphens")
    ] = "Authorization"


_Auth = Annotated[
    AuthTable | None,
    Reader(refuse_plain_token),
    Doc(
        "Where the token of the request comes from; never the token itself.",
        "a table with exactly one of env, file, command",
    ),
]


class HttpProbe(ProbeTable, frozen=True, kw_only=True):
    url: Annotated[str, text(values.check_url), _Url]
    method: Annotated[
        Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
        Doc("The method of the request.", "GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS"),
    ] = "GET"
    headers: Annotated[
        dict[str, str] | None,
        Reader(values.check_http_headers),
        Doc(
            "Headers beside the usual ones; `Host` is the name that is asked for, in TLS too; a token goes into auth.",
            "a table of texts",
        ),
    ] = None
    body: Annotated[str | None, Meta(max_length=65_536), Doc("The body of the request.", "up to 65536 characters")] = (
        None
    )
    auth: _Auth = None
    family: _Family = "any"
    follow_redirects: Annotated[bool, _Redirects] = False
    expect: Annotated[HttpExpect, _expect(HttpExpect)] = HttpExpect()


class WebsocketProbe(ProbeTable, frozen=True, kw_only=True):
    url: Annotated[
        str,
        text(values.check_ws_url),
        Doc("The address to open, without a user or password in it.", "a ws or wss URL"),
    ]
    subprotocol: Annotated[
        str | None,
        text(values.check_subprotocol),
        Doc("The subprotocol to speak; a target that does not take it is down.", "one word"),
    ] = None
    headers: Annotated[
        dict[str, str] | None,
        Reader(values.check_ws_headers),
        Doc("Headers of the handshake beside the usual ones, such as Origin.", "a table of texts"),
    ] = None
    auth: _Auth = None
    send: Annotated[
        str | None, Meta(min_length=1, max_length=65_536), Doc("A text message to send first.", "1 to 65536 characters")
    ] = None
    family: _Family = "any"
    expect: Annotated[WebsocketExpect, _expect(WebsocketExpect)] = WebsocketExpect()


class TcpProbe(ProbeTable, frozen=True, kw_only=True):
    target: Annotated[HostPort, _Target]
    expect: Annotated[TcpExpect, _expect(TcpExpect)] = TcpExpect()


class TlsProbe(ProbeTable, frozen=True, kw_only=True):
    target: Annotated[HostPort, _Target]
    expect: Annotated[TlsExpect, _expect(TlsExpect)] = TlsExpect()


class DnsProbe(ProbeTable, frozen=True, kw_only=True):
    target: Annotated[str, text(values.check_host), _DnsName]
    record: Annotated[_Record, _RecordDoc] = "A"
    resolver: _Resolver = None
    expect: Annotated[DnsExpect, _expect(DnsExpect)] = DnsExpect()


class PushProbe(ProbeTable, frozen=True, kw_only=True):
    file: Annotated[
        str | None,
        text(values.check_path),
        Doc("File that the job touches; without it, `oncall-tui beat NAME` is the beat.", "a path"),
    ] = None
    expect: Annotated[PushExpect, _expect(PushExpect)] = PushExpect()


class UpstreamProbe(ProbeTable, frozen=True, kw_only=True):
    url: Annotated[
        str, text(values.check_url), Doc("The provider's status page, or its Atom feed.", "an http or https URL")
    ]
    form: Annotated[Literal["statuspage", "atom"], Doc("What stands there.", "statuspage (its api/v2) or atom")] = (
        "statuspage"
    )
    watch: Annotated[
        tuple[Name, ...],
        Meta(max_length=50),
        Doc("Components of the provider that matter here, or words of a feed; all where absent.", "a list of names"),
    ] = ()
    expect: Annotated[TcpExpect, _expect(TcpExpect)] = TcpExpect()


class MailProbe(ProbeTable, frozen=True, kw_only=True):
    target: Annotated[HostPort, _Target]
    security: Annotated[
        Literal["starttls", "tls", "none"],
        Doc("How TLS begins: asked for by STARTTLS, from the first byte on, or never.", "starttls, tls or none"),
    ] = "starttls"
    expect: Annotated[TlsExpect, _expect(TlsExpect)] = TlsExpect()


class GrpcProbe(ProbeTable, frozen=True, kw_only=True):
    target: Annotated[HostPort, _Target]
    service: Annotated[
        str,
        text(values.check_service),
        Doc("The service whose health is asked for; empty for the whole server.", "up to 200 printable characters"),
    ] = ""
    security: Annotated[Literal["tls", "none"], Doc("Whether it speaks TLS.", "tls or none")] = "tls"
    family: _Family = "any"
    expect: Annotated[TlsExpect, _expect(TlsExpect)] = TlsExpect()


class IcmpProbe(ProbeTable, frozen=True, kw_only=True):
    target: Annotated[str, text(values.check_address), Doc("The host to ping.", "a host name or an IP address")]
    count: Annotated[int, Meta(ge=1, le=20), Doc("So many echoes a run.", "a whole number, 1 to 20")] = 3
    family: _Family = "any"
    expect: Annotated[IcmpExpect, _expect(IcmpExpect)] = IcmpExpect()


class DomainProbe(ProbeTable, frozen=True, kw_only=True):
    every: Annotated[
        int,
        length(HOUR, DAY),
        Doc("Time from one start to the next; registries want patience.", "a length of time, 1h to 1d"),
    ] = 12 * HOUR
    target: Annotated[str, text(values.check_host), Doc("The registered domain.", "a domain name")]
    server: Annotated[
        str | None,
        text(values.check_url),
        Doc("The RDAP server of its registry; found in IANA's list where absent.", "an http or https URL"),
    ] = None
    expect: Annotated[TlsExpect, _expect(TlsExpect)] = TlsExpect()


class VantageTable(Table, frozen=True, kw_only=True):
    targets: Annotated[
        tuple[HostPort, ...],
        Doc(
            "Asked when something outside is not reached; when none answers, it is this host that is cut off.",
            'a list of "host:port"',
        ),
    ] = ()


KnownProbe: TypeAlias = (
    HttpProbe
    | TcpProbe
    | TlsProbe
    | DnsProbe
    | PushProbe
    | UpstreamProbe
    | MailProbe
    | IcmpProbe
    | DomainProbe
    | WebsocketProbe
    | GrpcProbe
)
PROBE_TABLES: Mapping[str, type[ProbeTable]] = {
    "http": HttpProbe,
    "tcp": TcpProbe,
    "tls": TlsProbe,
    "dns": DnsProbe,
    "push": PushProbe,
    "upstream": UpstreamProbe,
    "smtp": MailProbe,
    "imap": MailProbe,
    "icmp": IcmpProbe,
    "domain": DomainProbe,
    "websocket": WebsocketProbe,
    "grpc": GrpcProbe,
}


def _join(name: str, base: type[Table], tables: Iterable[type[Table]], own: Mapping[str, object]) -> type[Table]:
    """Returns a table with the keys of all: a probe whose kind is itself at fault has its other faults told."""
    keys = {key.name: key.type for table in tables for key in msgspec.structs.fields(table)}
    fields: list[tuple[str, type, object]] = [
        (key, cast("type", kind | None), None)
        for key, kind in {**keys, **own}.items()
        if key not in base.__struct_fields__
    ]
    return cast("type[Table]", msgspec.defstruct(name, fields, bases=(base,), frozen=True, kw_only=True))


_EXPECTS = [table for probe in PROBE_TABLES.values() if (table := keys_of(probe)["expect"].form.table)]
_AnyExpect = _join("AnyExpect", Table, _EXPECTS, {})
_ANY_KEYS = {
    "target": Annotated[str, _Target],
    "url": Annotated[str, _Url],
    "headers": HttpProbe.__annotations__["headers"],
    "security": MailProbe.__annotations__["security"],
    "expect": Annotated[_AnyExpect, Doc("What a healthy answer looks like.", "a table")],
}
AnyProbe = cast("type[ProbeTable]", _join("AnyProbe", ProbeTable, PROBE_TABLES.values(), _ANY_KEYS))


def expect_of(table: type[ProbeTable]) -> type[Table]:
    """Returns the table of what a probe of one kind expects."""
    expect = keys_of(table)["expect"].form.table
    assert expect is not None
    return expect


def kinds_with(key: str, *, is_expect: bool) -> tuple[str, ...]:
    """Returns the kinds of probe that know a key, so that a misplaced key can be told from a misspelt one."""
    return tuple(
        kind
        for kind, table in PROBE_TABLES.items()
        if key in (expect_of(table) if is_expect else table).__struct_fields__
    )
