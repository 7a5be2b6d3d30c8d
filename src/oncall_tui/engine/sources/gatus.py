"""Gatus: its endpoints, by `GET /api/v1/endpoints/statuses`, which needs no token unless a proxy asks for one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import Struct, field

from oncall_tui.domain.probe import Probe, Verdict
from oncall_tui.domain.verdict import SILENT_INTERVALS, Observation
from oncall_tui.engine.probes.tools import Tools, Trace
from oncall_tui.engine.sources.line import ask, decode, read_instant
from oncall_tui.engine.sources.sighting import Sighting

RESULTS = 10
"""So many latest results of each endpoint are asked for: those between two readings count, too."""
TARGET_LIMIT = 20_000
_NS_PER_MS = 1_000_000


class _Condition(Struct):
    condition: str = ""
    success: bool = False


class _Result(Struct):
    timestamp: datetime
    success: bool = False
    duration: int = 0
    status: int = 0
    hostname: str = ""
    errors: list[str] | None = None
    conditions: list[_Condition] | None = field(name="conditionResults", default=None)


class _Endpoint(Struct):
    name: str = ""
    group: str = ""
    key: str = ""
    results: list[_Result] | None = None


_ENDPOINTS = msgspec.json.Decoder(list[_Endpoint])


async def run(probe: Probe, tools: Tools, trace: Trace) -> Observation:
    """Reads all endpoints; that it can is this probe's own result."""
    now = tools.wall_ms()
    body = await ask(probe, tools, trace, f"/api/v1/endpoints/statuses?page=1&pageSize={RESULTS}")
    sightings = await decode(body, lambda body: read_endpoints(body, now), "Gatus")
    found = Observation() if tools.take_sightings is None else tools.take_sightings(probe, sightings)
    latest = {each.labels: each for each in sightings}.values()
    fresh = [each for each in latest if now - each.at <= SILENT_INTERVALS * probe.every_ms]
    failed = sum(each.verdict is not Verdict.UP for each in fresh)
    trace.note("targets", f"{len(latest)}, {failed} failing, {len(latest) - len(fresh)} silent")
    return found if latest else Observation(worse="has no endpoint with a result")


def read_endpoints(body: bytes, now: int) -> Sequence[Sighting]:
    """Returns the results of each endpoint, the oldest first; one from the future counts as of now."""
    found = []
    for endpoint in _ENDPOINTS.decode(body)[:TARGET_LIMIT]:
        labels = tuple(sorted({"name": endpoint.name, "group": endpoint.group, "key": endpoint.key}.items()))
        for result in sorted(endpoint.results or (), key=lambda each: read_instant(each.timestamp))[-RESULTS:]:
            stamp = read_instant(result.timestamp)
            found.append(
                Sighting(
                    labels=labels,
                    target=result.hostname or endpoint.key,
                    at=min(stamp, now),
                    stamp=stamp,
                    verdict=Verdict.UP if result.success else Verdict.DOWN,
                    duration_ms=max(0, min(result.duration, 86_400_000 * _NS_PER_MS)) / _NS_PER_MS,
                    reason="" if result.success else _explain(result),
                    facts=(("status", str(result.status)),) if 100 <= result.status < 600 else (),
                )
            )
    return found


def _explain(result: _Result) -> str:
    failed = [each.condition for each in result.conditions or () if not each.success]
    return "; ".join([*(result.errors or ())[:3], *failed[:5]]) or "failed, says Gatus"
