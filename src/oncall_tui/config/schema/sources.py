"""The form of sources: engines of others whose findings stand on the board."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from msgspec import Meta

from oncall_tui.config import values
from oncall_tui.config.form import Doc, Path, Reader, Table
from oncall_tui.config.schema.fields import NAME_FORM, Name, RunLength, length, refuse_plain_token, text
from oncall_tui.config.schema.probes import AuthTable
from oncall_tui.domain.duration import DAY, MINUTE

SOURCE_KINDS = ("prometheus", "alertmanager", "gatus")
_QUERY_KEYS = ("degraded", "down", "unit")
THRESHOLD_FORM = 'a comparison such as "> 0.05" or "< 3"'
_TARGET_KEYS = ("naming", "component_label", "keep", "match")


def _check_base_url(text: str) -> str:
    values.check_url(text)
    if "?" in text or "#" in text:
        raise ValueError('has a query or fragment, allowed: a URL that ends in its path, such as "https://host:9090"')
    return text.rstrip("/")


def _check_naming(text: str) -> str:
    values.check_name(text)
    from oncall_tui.domain.source_names import list_places

    list_places(text)
    return text


def _check_threshold(text: str) -> str:
    from oncall_tui.domain.source_names import parse_threshold

    parse_threshold(text)
    return text


def _check_inert(text: str) -> str:
    if not text.isprintable():
        raise ValueError("holds a control character, allowed: printable characters")
    return text


_Threshold = Annotated[str | None, text(_check_threshold)]


class SourceTable(Table, frozen=True, kw_only=True):
    name: Annotated[Name, Doc("What the source is called on the screens; no probe is called so.", NAME_FORM)]
    kind: Annotated[
        Literal["prometheus", "alertmanager", "gatus"],
        Doc("What is read.", "prometheus, alertmanager or gatus"),
    ]
    url: Annotated[
        str,
        text(_check_base_url),
        Doc(
            "Where it is, without the path of its API.", "an http or https URL; https with a token, but on this machine"
        ),
    ]
    token: Annotated[
        AuthTable | None,
        Reader(refuse_plain_token),
        Doc("Where its token comes from; never the token itself.", "a table with exactly one of env, file, command"),
    ] = None
    every: Annotated[
        int,
        length(1_000, DAY),
        Doc(
            "Time from one reading to the next; at least the interval at which the source looks at its targets: what it"
            " saw more than 2.5 of these ago is stale.",
            "a length of time, 1s to 1d",
        ),
    ] = 30_000
    timeout: Annotated[
        int | None,
        RunLength,
        Doc("Deadline of one reading; 10s where absent, `every` if that is shorter.", "a length of time, 10ms to 5m"),
    ] = None
    query: Annotated[
        str | None,
        text(_check_inert),
        Meta(min_length=1, max_length=4_000),
        Doc(
            "prometheus: one value that becomes one probe, such as load or error rate; of several series the worst."
            " Without it, each target of blackbox_exporter becomes a probe.",
            "PromQL that gives a number or a vector",
        ),
    ] = None
    degraded: Annotated[_Threshold, Doc("Comparison that makes the value of `query` slow.", THRESHOLD_FORM)] = None
    down: Annotated[_Threshold, Doc("Comparison that makes the value of `query` down.", THRESHOLD_FORM)] = None
    unit: Annotated[
        str, text(_check_inert), Meta(max_length=6), Doc("Shown behind the value of `query`.", "up to 6 characters")
    ] = ""
    match: Annotated[
        str,
        text(_check_inert),
        Meta(max_length=1_000),
        Doc(
            "Matchers of the labels of the targets that are read, joined by commas; all where absent.",
            'such as \'job="blackbox", vantage="eu"\' (prometheus, alertmanager)',
        ),
    ] = ""
    naming: Annotated[
        str | None,
        text(_check_naming),
        Doc(
            "What its targets are called; usually `{source} {instance}`, of alerts `{alertname} {instance}`, of"
            " gatus `{group} {name}`. Those that would be alike tell their other labels, too.",
            'a name with labels in braces, such as "{vantage} {instance}"',
        ),
    ] = None
    component: Annotated[
        Name | None, Doc("The component that its probes watch.", "the name of a [[component]] of this file")
    ] = None
    component_label: Annotated[
        str | None,
        Meta(min_length=1, max_length=100),
        Doc("Label whose value is the name of the component, before `component`.", "the name of a label"),
    ] = None
    runbook: Annotated[
        str | None,
        text(values.check_path),
        Doc("Markdown file shown beside an incident of its probes.", "the path of a file that exists"),
    ] = None
    depends_on: Annotated[
        tuple[Name, ...], Doc("Probes and sources behind which this one falls.", "names of probes and sources")
    ] = ()
    failure_threshold: Annotated[
        int | None,
        Meta(ge=1, le=100),
        Doc(
            "Failures in a row that make one of its probes down; 3 where absent, 1 for alerts.",
            "a whole number, 1 to 100",
        ),
    ] = None
    recovery_threshold: Annotated[
        int | None,
        Meta(ge=1, le=100),
        Doc(
            "Successes in a row that make it up again; 2 where absent, 1 for alerts.",
            "a whole number, 1 to 100",
        ),
    ] = None
    keep: Annotated[
        int,
        length(MINUTE, 30 * DAY),
        Doc(
            "How long a target, or an alert that fires no more, stays on the board after the source last told of it.",
            "a length of time, 1m to 30d",
        ),
    ] = 60 * MINUTE


def check_source(path: Path, source: Mapping[str, object]) -> Iterator[tuple[Path, str]]:
    """Yields the keys of a source that do not go together: `(path, what is wrong, what is allowed)`."""
    kind, has_query = source.get("kind"), "query" in source
    if kind in SOURCE_KINDS and kind != "prometheus" and has_query:
        yield (*path, "query"), f"belongs to kind prometheus, allowed for {kind}: no query"
        return
    if kind == "gatus" and source.get("match"):
        yield (*path, "match"), "belongs to kinds prometheus and alertmanager, allowed for gatus: no match"
    for key in _QUERY_KEYS if not has_query else _TARGET_KEYS:
        if key in source:
            why = (
                "is about the targets of a source, allowed: without query"
                if has_query
                else "is about the value of a query, allowed: with query"
            )
            yield (*path, key), why
    if has_query and "degraded" not in source and "down" not in source:
        yield (*path, "query"), "would never be red, allowed: with degraded or down"
