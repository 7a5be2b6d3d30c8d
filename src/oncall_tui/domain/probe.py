"""Probes, the facts of a run, and the state that verdicts add up to."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct, field

from oncall_tui.domain.intake import Intake
from oncall_tui.domain.json_check import JsonCheck

FLAP_START = 45
"""More than Nagios' 20: each run counts, and at 35 one wrong in 20 flaps daily. `bouncing` counts what is confirmed."""
FLAP_END = 20
ACK_CLEARS_AFTER = 5
"""More than turn a probe green: what comes and goes would ring each time that it goes."""


class ProbeKind(StrEnum):
    HTTP = "http"
    TCP = "tcp"
    TLS = "tls"
    DNS = "dns"
    PUSH = "push"
    UPSTREAM = "upstream"
    SMTP = "smtp"
    IMAP = "imap"
    ICMP = "icmp"
    DOMAIN = "domain"
    WEBSOCKET = "websocket"
    GRPC = "grpc"
    PROMETHEUS = "prometheus"
    QUERY = "query"
    ALERTMANAGER = "alertmanager"
    GATUS = "gatus"


class Verdict(StrEnum):
    """What one run says, by rule: `unknown` means that the run says nothing about the target."""

    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"
    UNKNOWN = "unknown"


class ProbeStatus(StrEnum):
    """Verdicts over time.

    Derived when read: `stale`, no result for 2.5 intervals; `flapping`, too many changes to believe one of them;
    `expected`, red in a disturbance that was announced; and `maintenance`, planned work.
    """

    UP = "up"
    SLOW = "slow"
    DOWN = "down"
    FLAPPING = "flapping"
    EXPECTED = "expected"
    STALE = "stale"
    UNKNOWN = "unknown"
    MAINTENANCE = "maintenance"


class SpanKind(StrEnum):
    """What a stretch of time was for a probe, as uptime counts it."""

    UP = "up"
    SLOW = "slow"
    DOWN = "down"
    UNKNOWN = "unknown"


class Expectation(Struct, frozen=True):
    """What a healthy answer looks like; a field that is None is not checked."""

    status: tuple[int, ...] = (200,)
    body_contains: str | None = None
    max_latency_ms: int | None = None
    min_days_left: int | None = None
    contains: str | None = None
    json: tuple[JsonCheck, ...] = ()
    json_degraded: tuple[JsonCheck, ...] = ()
    max_age_ms: int | None = None
    records: tuple[tuple[str, tuple[str, ...]], ...] = ()
    authenticated: bool = False
    max_loss_percent: int | None = None


class Credential(Struct, frozen=True):
    """Where the token of a request comes from, exactly one of the first three, and how it is sent.

    `scheme` is `bearer`, `basic` (the token is then `user:password`) or `plain`: the token alone.
    """

    env: str | None = None
    file: str | None = None
    command: tuple[str, ...] | None = None
    scheme: str = "bearer"
    header: str = "Authorization"


class HttpRequest(Struct, frozen=True):
    """What is asked for beside the URL."""

    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    body: str | None = None
    auth: Credential | None = None


class Probe(Struct, frozen=True):
    """A configured check of one target.

    `target` is a URL for http and websocket, `host:port` for tcp, tls, grpc, smtp and imap, a name for dns and domain,
    a host for icmp (asked `count` times), words for push, whose beats touch `file` or come through the database. An
    upstream page is read in its `form`, `statuspage` or `atom`, for the components in `watch`, all when empty.
    `security` of mail is `starttls`, `tls` from the first byte on, or `none`. `server` is the RDAP server of a domain's
    registry. A websocket probe speaks `subprotocol` if there is one, and sends the body of `request` as its message.
    `service` is what a gRPC server is asked about, empty for all of it.

    `every_ms` is the interval between starts, `timeout_ms` the one deadline for the whole run. `runbook` is a path,
    already resolved against the config's folder. `confirm_every_ms` is the pause before a failure that has not been
    confirmed yet is looked at again. A probe flaps from the moment at which `flap_start` percent of its latest runs are
    changes until fewer than `flap_end` are, and while it bounces; above 100 it never does.
    An acknowledgement ends after `ack_clears_after` good results in a row.
    `depends_on` names probes behind which this one falls. `metric` is the page's id of the figure that is drawn of its
    latency. `family` is the only version of IP that is used, `4` or `6`, else `any`. `intake` says what is read from
    another engine: such a probe is a source. `source` names the one that tells of this probe, empty when we look.
    """

    name: str
    kind: ProbeKind
    target: str
    component: str | None = None
    every_ms: int = 30_000
    timeout_ms: int = 10_000
    runbook: str | None = None
    expect: Expectation = field(default_factory=Expectation)
    record: str = "A"
    resolver: str | None = None
    follow_redirects: bool = False
    failure_threshold: int = 3
    recovery_threshold: int = 2
    confirm_every_ms: int = 5_000
    flap_start: int = FLAP_START
    flap_end: int = FLAP_END
    metric: str | None = None
    depends_on: tuple[str, ...] = ()
    request: HttpRequest = field(default_factory=HttpRequest)
    family: str = "any"
    file: str | None = None
    form: str = "statuspage"
    watch: tuple[str, ...] = ()
    security: str = "starttls"
    count: int = 3
    server: str | None = None
    ack_clears_after: int = ACK_CLEARS_AFTER
    subprotocol: str | None = None
    service: str = ""
    intake: Intake | None = None
    source: str = ""


def find_unit(probe: Probe) -> str | None:
    """Returns the unit of the value of a query, None for a probe that has a latency."""
    return probe.intake.unit if probe.kind is ProbeKind.QUERY and probe.intake is not None else None


class Phases(Struct, frozen=True, gc=False):
    """Milliseconds spent in each phase of a run; None where a phase was not reached or does not exist."""

    resolve_ms: float | None = None
    connect_ms: float | None = None
    tls_ms: float | None = None
    first_byte_ms: float | None = None
    transfer_ms: float | None = None


class Result(Struct, frozen=True, gc=False):
    """The facts of one run and the verdict on them.

    `duration_ms` is the whole run on a monotonic clock. `reason` is empty when up, else words that an engineer would
    use, already inert. `facts` are short observed values for the detail pane (address, http status, days left), inert.
    `evidence` is what came back, (name, text), kept only of runs that were not up. `value` is the figure of a query,
    which stands where others have their latency. Where facts and evidence were not kept, since they said what
    an earlier run had said, `evidence_at` is when that run began, whose they are; None for the run itself.
    """

    probe: str
    started_at: int
    verdict: Verdict
    duration_ms: float
    reason: str = ""
    phases: Phases = field(default_factory=Phases)
    facts: tuple[tuple[str, str], ...] = ()
    evidence: tuple[tuple[str, str], ...] = ()
    value: float | None = None
    evidence_at: int | None = None

    @property
    def figure_ms(self) -> float:
        """What is drawn and rolled up: milliseconds, or thousandths of the unit of a value."""
        return self.duration_ms if self.value is None else self.value * 1000


class ProbeState(Struct, frozen=True, gc=False):
    """Where a probe stands after its latest run.

    `since_at` is when the present status began: the first of the runs that confirmed it. `streak` counts equal verdicts
    in a row since `streak_at`; runs that say nothing leave both alone. `recent` holds the last 60 runs, oldest first,
    as (verdict, duration_ms). `flapping_at` is when the probe began to flap, None while it does not. `turned_at` are
    the latest instants at which it went down, or was down no longer, in turn. `span` is what the time since `span_at`
    counts as, None before the first run.
    """

    probe: str
    status: ProbeStatus = ProbeStatus.UNKNOWN
    since_at: int = 0
    streak: int = 0
    last_verdict: Verdict | None = None
    last_result_at: int | None = None
    last_duration_ms: float | None = None
    last_reason: str = ""
    last_reason_at: int | None = None
    phases: Phases = field(default_factory=Phases)
    facts: tuple[tuple[str, str], ...] = ()
    recent: tuple[tuple[Verdict, float], ...] = ()
    streak_at: int = 0
    flapping_at: int | None = None
    span: SpanKind | None = None
    span_at: int = 0
    turned_at: tuple[int, ...] = ()
