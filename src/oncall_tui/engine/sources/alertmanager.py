"""Alertmanager: what fires there, who has silenced it, and silences of our own (its API v2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import urlencode

import msgspec
from msgspec import Struct, field

from oncall_tui.domain.intake import Labels
from oncall_tui.domain.probe import Probe, Verdict
from oncall_tui.domain.source_names import tell_labels
from oncall_tui.domain.verdict import Observation
from oncall_tui.engine.probes.tools import Tools, Trace
from oncall_tui.engine.sources.line import ask, decode, read_instant
from oncall_tui.engine.sources.sighting import Quiet, Sighting

ALERT_LIMIT = 5_000
_MILD = ("warning", "warn", "info", "none", "notice", "low", "minor")
_ENDED = "expired"
_REASON_KEYS = ("summary", "description", "message")
_FACT_KEYS = ("runbook_url", "dashboard_url")


class Matcher(Struct):
    name: str
    value: str
    is_regex: bool = field(name="isRegex", default=False)
    is_equal: bool = field(name="isEqual", default=True)


class _Status(Struct):
    state: str = ""
    silenced_by: list[str] = field(name="silencedBy", default_factory=list)
    inhibited_by: list[str] = field(name="inhibitedBy", default_factory=list)


class RemoteSilence(Struct):
    """A silence as Alertmanager has it."""

    id: str
    starts_at: datetime = field(name="startsAt")
    ends_at: datetime = field(name="endsAt")
    matchers: list[Matcher] = []
    created_by: str = field(name="createdBy", default="")
    comment: str = ""
    status: _Status = field(default_factory=_Status)

    @property
    def is_over(self) -> bool:
        return self.status.state == _ENDED

    @property
    def until_at(self) -> int:
        return read_instant(self.ends_at)

    @property
    def labels(self) -> Labels | None:
        """The labels that it is about, None for one that is about more than one alert."""
        if any(each.is_regex or not each.is_equal for each in self.matchers):
            return None
        return tuple(sorted((each.name, each.value) for each in self.matchers))


class _Alert(Struct):
    labels: dict[str, str]
    starts_at: datetime = field(name="startsAt")
    fingerprint: str = ""
    annotations: dict[str, str] = {}
    status: _Status = field(default_factory=_Status)


_ALERTS = msgspec.json.Decoder(list[_Alert])
_SILENCES = msgspec.json.Decoder(list[RemoteSilence])


async def run(probe: Probe, tools: Tools, trace: Trace) -> Observation:
    """Reads what fires, and what is silenced; that it can is this probe's own result."""
    assert probe.intake is not None
    now = tools.wall_ms()
    filters = [("filter", each) for each in split_matchers(probe.intake.match)]
    asked = urlencode(
        [("active", "true"), ("silenced", "true"), ("inhibited", "true"), ("unprocessed", "true"), *filters]
    )
    body = await ask(probe, tools, trace, f"/api/v2/alerts?{asked}")
    silences = await list_remote_silences(probe, tools, trace)
    sightings = await decode(body, lambda body: read_alerts(body, silences, now), "Alertmanager")
    if tools.take_sightings is not None:
        tools.take_sightings(probe, sightings)
    quiet = sum(each.quiet is not None for each in sightings)
    trace.note("alerts", f"{len(sightings)} firing, {quiet} of them silenced or inhibited")
    return Observation()


async def list_remote_silences(source: Probe, tools: Tools, trace: Trace) -> Sequence[RemoteSilence]:
    """Returns the silences that last. Raises what `ask` and `decode` raise."""
    body = await ask(source, tools, trace, "/api/v2/silences")
    return [each for each in await decode(body, _SILENCES.decode, "Alertmanager") if not each.is_over]


def split_matchers(match: str) -> list[str]:
    """Returns matchers one by one; a comma in quotes parts nothing."""
    parts, is_quoted, is_escaped = [""], False, False
    for sign in match:
        if sign == "," and not is_quoted:
            parts.append("")
            continue
        if sign == '"' and not is_escaped:
            is_quoted = not is_quoted
        is_escaped = sign == "\\" and not is_escaped
        parts[-1] += sign
    return [part.strip() for part in parts if part.strip()]


def read_alerts(body: bytes, silences: Sequence[RemoteSilence], now: int) -> Sequence[Sighting]:
    """Returns what fires. A mild severity degrades; a silenced or inhibited one says who has done it."""
    alerts = _ALERTS.decode(body)[:ALERT_LIMIT]
    by_id = {silence.id: silence for silence in silences}
    names = {alert.fingerprint: alert.labels.get("alertname", "") for alert in alerts}
    return [
        Sighting(
            labels=tuple(sorted(alert.labels.items())),
            target=tell_labels(sorted(alert.labels.items())),
            at=now,
            stamp=now,
            verdict=Verdict.DEGRADED if alert.labels.get("severity", "").lower() in _MILD else Verdict.DOWN,
            reason=_tell_reason(alert),
            facts=tuple((key, alert.annotations[key]) for key in _FACT_KEYS if key in alert.annotations),
            began_at=min(now, read_instant(alert.starts_at)),
            quiet=_find_quiet(alert, by_id, names),
        )
        for alert in alerts
    ]


def _tell_reason(alert: _Alert) -> str:
    severity = alert.labels.get("severity", "")
    said = next((alert.annotations[key] for key in _REASON_KEYS if alert.annotations.get(key)), "fires")
    return f"{severity}: {said}" if severity else said


def _find_quiet(alert: _Alert, silences: Mapping[str, RemoteSilence], names: Mapping[str, str]) -> Quiet | None:
    found = [silences[each] for each in alert.status.silenced_by if each in silences]
    if found:
        longest = max(found, key=lambda each: each.until_at)
        return Quiet(longest.created_by, longest.comment, longest.until_at)
    if alert.status.inhibited_by:
        by = ", ".join(filter(None, (names.get(each, "") for each in alert.status.inhibited_by[:3])))
        return Quiet("", f"inhibited by {by or 'another alert'}")
    return None


def write_silence(
    labels: Labels, *, by: str, comment: str, since_at: int, until_at: int, silence_id: str | None = None
) -> str:
    """Returns the body that makes a silence of one alert, or changes it; what begins in the past begins at once."""
    silence: dict[str, object] = {
        "matchers": [{"name": name, "value": value, "isRegex": False, "isEqual": True} for name, value in labels],
        "startsAt": _write_instant(since_at),
        "endsAt": _write_instant(until_at),
        "createdBy": by,
        "comment": comment,
    }
    if silence_id is not None:
        silence["id"] = silence_id
    return msgspec.json.encode(silence).decode()


def _write_instant(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
