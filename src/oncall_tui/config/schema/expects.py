"""What a healthy answer looks like, by kind of probe."""

from typing import Annotated

from msgspec import Meta

from oncall_tui.config import values
from oncall_tui.config.form import Doc, Reader, Table
from oncall_tui.config.schema.fields import RunLength, length, text
from oncall_tui.domain.duration import DAY, HOUR
from oncall_tui.domain.json_check import JSON_CHECK_FORM

_Latency = Annotated[int | None, RunLength, Doc("A slower answer is degraded, not up.", "a length of time, 10ms to 5m")]
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
    Doc("Fewer days until the certificate, or the registration, ends is degraded.", "a whole number, 0 to 3650"),
]
_Contains = Annotated[_Words, Doc("Text that one of the answers must hold.", "1 to 1000 characters")]


_Json = tuple[Annotated[str, text(values.check_json)], ...]
_JSON_FORM = f"a list of comparisons {JSON_CHECK_FORM}"


class TcpExpect(Table, frozen=True, kw_only=True):
    max_latency: _Latency = None


class HttpExpect(TcpExpect, frozen=True, kw_only=True):
    status: _Status = (200,)
    body_contains: _BodyContains = None
    json: Annotated[_Json, Meta(max_length=50), Doc("What values of a JSON body must be.", _JSON_FORM)] = ()
    json_degraded: Annotated[
        _Json,
        Meta(max_length=50),
        Doc("What they must be, such as load or error rate, not to be degraded.", _JSON_FORM),
    ] = ()


class TlsExpect(TcpExpect, frozen=True, kw_only=True):
    min_days_left: _DaysLeft = None


class DnsExpect(TcpExpect, frozen=True, kw_only=True):
    contains: _Contains = None
    records: Annotated[
        dict[str, list[str]] | None,
        Reader(values.check_records),
        Doc(
            "What record types must hold, all of it; they are asked for, and `record` only for `contains`.",
            'a table such as { A = ["192.0.2.1"], CAA = [] }',
        ),
    ] = None
    authenticated: Annotated[
        bool, Doc("The resolver must have checked the answers by DNSSEC (AD flag).", "true or false")
    ] = False


class WebsocketExpect(TlsExpect, frozen=True, kw_only=True):
    contains: Annotated[_Words, Doc("Text that one of the messages must hold.", "1 to 1000 characters")] = None


class IcmpExpect(TcpExpect, frozen=True, kw_only=True):
    max_loss: Annotated[
        int | None, Meta(ge=0, le=99), Doc("More percent of the echoes lost is degraded.", "a whole number, 0 to 99")
    ] = None


class PushExpect(Table, frozen=True, kw_only=True):
    max_age: Annotated[
        int,
        length(1_000, 400 * DAY),
        Doc("No beat for longer is down.", "a length of time, 1s to 400d"),
    ] = 25 * HOUR
