"""Prometheus: the value of a query, or the targets of blackbox_exporter, in one request a round."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TypeAlias
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from oncall_tui.domain.intake import Intake, Labels, tell_value
from oncall_tui.domain.probe import Phases, Probe, Verdict
from oncall_tui.domain.source_names import tell_labels
from oncall_tui.domain.verdict import SILENT_INTERVALS, Observation, tell_days
from oncall_tui.engine.probes.faults import NotRunError
from oncall_tui.engine.probes.tools import Tools, Trace
from oncall_tui.engine.sources.line import ask, decode
from oncall_tui.engine.sources.sighting import Sighting

TARGET_LIMIT = 20_000
_PART = "oncall_tui_part"
_UNSCRAPED = "unscraped"
_METRICS = (
    "probe_success",
    "probe_duration_seconds",
    "probe_http_duration_seconds",
    "probe_http_status_code",
    "probe_failed_due_to_regex",
    "probe_ssl_earliest_cert_expiry",
)
_PHASES = {"resolve": 0, "connect": 1, "tls": 2, "processing": 3, "transfer": 4}


class _Series(Struct):
    metric: dict[str, str] = {}
    value: tuple[float, str] = (0.0, "NaN")


class _Vector(Struct, tag_field="resultType", tag="vector"):
    result: list[_Series]


class _Scalar(Struct, tag_field="resultType", tag="scalar"):
    result: tuple[float, str]


class _String(Struct, tag_field="resultType", tag="string"):
    result: tuple[float, str]


class _Matrix(Struct, tag_field="resultType", tag="matrix"):
    result: list[msgspec.Raw]


class _Answer(Struct):
    data: _Vector | _Scalar | _String | _Matrix


_Sample: TypeAlias = tuple[dict[str, str], float]
_ANSWERS = msgspec.json.Decoder(_Answer)


async def run(probe: Probe, tools: Tools, trace: Trace) -> Observation:
    """Reads all targets; that it can is this probe's own result."""
    assert probe.intake is not None
    now = tools.wall_ms()
    path = _make_path(make_targets_query(probe.intake.match), probe)
    body = await ask(probe, tools, trace, path)
    sightings = await decode(body, lambda body: read_targets(body, now), "Prometheus")
    found = Observation() if tools.take_sightings is None else tools.take_sightings(probe, sightings)
    seen = [each for each in sightings if not each.is_blind]
    fresh = [each for each in seen if now - each.at <= SILENT_INTERVALS * probe.every_ms]
    failed = sum(each.verdict is not Verdict.UP for each in fresh)
    trace.note("targets", f"{len(seen)}, {failed} failing, {len(seen) - len(fresh)} silent")
    if len(seen) < len(sightings):
        jobs = sorted({dict(each.labels).get("job", "?") for each in sightings if each.is_blind})
        trace.note("failed scrapes", f"{len(sightings) - len(seen)}, of jobs {', '.join(jobs)}")
    if found.wrong or found.worse:
        return found
    if not seen:
        where = f"{{{probe.intake.match}}}" if probe.intake.match else ""
        return Observation(worse=f"has no target of blackbox_exporter (probe_success{where}): check match")
    return Observation()


async def run_query(probe: Probe, tools: Tools, trace: Trace) -> Observation:
    """Asks for one value and judges it; of several series the worst counts."""
    intake = probe.intake
    assert intake is not None
    assert intake.query is not None
    body = await ask(probe, tools, trace, _make_path(intake.query, probe))
    samples = await decode(body, _read_samples, "Prometheus")
    known = [sample for sample in samples if not math.isnan(sample[1])]
    if not known:
        raise NotRunError("the query has no result" if not samples else "the value of the query is not a number")
    labels, value = max(known, key=lambda sample: _rank(intake, sample[1]))
    shown = tell_value(value, intake.unit)
    trace.note("value", shown)
    trace.note("query", intake.query)
    if len(known) > 1:
        trace.note("series", f"{len(known)}, worst: {tell_labels(sorted(labels.items()))}")
    of = f" ({tell_labels(sorted(labels.items()))})" if len(known) > 1 else ""
    for threshold, key in ((intake.down, "wrong"), (intake.degraded, "worse")):
        if threshold is not None and threshold.is_passed(value):
            why = f"value is {shown}{of}, {'down' if key == 'wrong' else 'degraded'} when {threshold}{intake.unit}"
            return Observation(
                wrong=why if key == "wrong" else "", worse=why if key == "worse" else "", value=_bound(value)
            )
    return Observation(value=_bound(value))


def _rank(intake: Intake, value: float) -> tuple[bool, bool, float]:
    is_down = intake.down is not None and intake.down.is_passed(value)
    is_degraded = intake.degraded is not None and intake.degraded.is_passed(value)
    threshold = intake.down or intake.degraded
    is_small_worse = threshold is not None and threshold.sign in ("<", "<=")
    return is_down, is_degraded, -value if is_small_worse else value


def _bound(value: float) -> float:
    """What is kept of infinity is a very large number: it is drawn and averaged."""
    return max(-1e12, min(1e12, value))


def _make_path(query: str, probe: Probe) -> str:
    """Samples older than the lookback are none: Prometheus itself believes them for five minutes."""
    lookback_s = max(1, round(SILENT_INTERVALS * probe.every_ms / 1000))
    return "/api/v1/query?" + urlencode({"query": query, "lookback_delta": f"{lookback_s}s"})


def make_targets_query(match: str) -> str:
    """Returns the one question: every metric of the targets, when their latest sample was taken, and failed scrapes.

    Those may be of anything that matches: a scrape that fails does not tell what it was to bring.
    """
    names = f'__name__=~"{"|".join(_METRICS)}"'
    chosen = ",".join(filter(None, (names, match.strip().strip(","))))
    stamps = f'label_replace(timestamp(probe_success{{{match}}}), "{_PART}", "sampled_at", "", "")'
    failures = f'label_replace(up{{{match}}} == 0, "{_PART}", "{_UNSCRAPED}", "", "")'
    return f"{stamps} or {{{chosen}}} or {failures}"


def _read_samples(body: bytes) -> list[_Sample]:
    match _ANSWERS.decode(body).data:
        case _Vector(result=series):
            return [(each.metric, float(each.value[1])) for each in series]
        case _Scalar(result=(_, value)):
            return [({}, float(value))]
        case _:
            raise ValueError("neither a number nor a vector")


class _Target(Struct):
    values: dict[str, float]
    phases: list[float | None]
    stamp: float | None = None


def read_targets(body: bytes, now: int) -> Sequence[Sighting]:
    """Returns what an answer tells of each target; how old it is is told by the clock of Prometheus alone."""
    data = _ANSWERS.decode(body).data
    if not isinstance(data, _Vector):
        raise ValueError("not a vector")  # noqa: TRY004 - it is the answer that is of another form
    targets: dict[Labels, _Target] = {}
    unscraped: list[Labels] = []
    asked_at = 0.0
    for series in data.result:
        value = float(series.value[1])
        labels = dict(series.metric)
        name, phase, part = (labels.pop(key, "") for key in ("__name__", "phase", _PART))
        key = tuple(sorted(labels.items()))
        if part == _UNSCRAPED:
            unscraped.append(key)
            continue
        target = targets.get(key)
        if target is None:
            if len(targets) >= TARGET_LIMIT:
                continue
            target = targets[key] = _Target({}, [None] * 5)
        if part and math.isfinite(value):
            asked_at, target.stamp = series.value[0], value
        elif phase in _PHASES:
            target.phases[_PHASES[phase]] = value * 1000
        else:
            target.values[name] = value
    seen = {
        labels: _make_sighting(labels, target, asked_at, now)
        for labels, target in targets.items()
        if target.stamp is not None and "probe_success" in target.values
    }
    blind = (_make_blind(labels, now) for labels in unscraped[:TARGET_LIMIT] if labels not in seen)
    return [*seen.values(), *blind]


def _make_blind(labels: Labels, now: int) -> Sighting:
    return Sighting(labels, dict(labels).get("instance", ""), now, now, Verdict.UNKNOWN, is_blind=True)


def _make_sighting(labels: Labels, target: _Target, asked_at: float, now: int) -> Sighting:
    assert target.stamp is not None
    values = target.values
    is_up = values["probe_success"] == 1
    age_ms = max(0, round((asked_at - target.stamp) * 1000))
    return Sighting(
        labels=labels,
        target=dict(labels).get("instance", ""),
        at=now - age_ms,
        stamp=round(target.stamp * 1000),
        verdict=Verdict.UP if is_up else Verdict.DOWN,
        duration_ms=_read_seconds(values.get("probe_duration_seconds")) * 1000,
        reason="" if is_up else _explain(values),
        phases=Phases(*(None if each is None or not 0 <= each < 1e9 else each for each in target.phases)),
        facts=tuple(_list_facts(labels, values, asked_at)),
    )


def _read_seconds(value: float | None) -> float:
    return value if value is not None and 0 <= value < 1e6 else 0.0


def _explain(values: Mapping[str, float]) -> str:
    status = values.get("probe_http_status_code")
    if values.get("probe_failed_due_to_regex") == 1:
        return "answer does not match the expression that blackbox_exporter expects"
    if status is not None and 100 <= status < 600:
        return (
            f"HTTP {status:.0f}"
            if status >= 400
            else f"HTTP {status:.0f}, and blackbox_exporter expects something else"
        )
    return "no answer" if status == 0 else "probe failed, says blackbox_exporter"


def _list_facts(labels: Labels, values: Mapping[str, float], asked_at: float) -> list[tuple[str, str]]:
    facts = [pair for pair in labels if pair[0] != "instance"]
    status = values.get("probe_http_status_code")
    if status is not None and 100 <= status < 600:
        facts.append(("status", f"{status:.0f}"))
    ends_at = values.get("probe_ssl_earliest_cert_expiry")
    if ends_at is not None and 0 < ends_at < 1e11:
        left_s = round(ends_at - asked_at)
        facts.append(("certificate", f"{tell_days(left_s * 1000)} {'left' if left_s > 0 else 'over'}"))
    return facts
