"""What `doctor` says of sources: whether each can be read, and what it has."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from oncall_tui.domain.probe import Probe, Result, Verdict
from oncall_tui.engine.doctor import Check
from oncall_tui.engine.probes import open_tools, run_probe
from oncall_tui.engine.probes.faults import NotRunError
from oncall_tui.engine.probes.tools import Tools
from oncall_tui.engine.sources.line import CREDENTIAL_KEY

_LEVELS = {Verdict.UP: "ok", Verdict.DEGRADED: "warn"}
_FAILED = "failed scrapes"
_TOLD = ("targets", "alerts", "value", _FAILED)


async def check_sources(probes: Iterable[Probe]) -> list[Check]:
    """Returns what can be said of the sources among some probes; each is read once, its token is never told."""
    sources = [probe for probe in probes if probe.intake is not None]
    if not sources:
        return []
    tools = await open_tools()
    found = await asyncio.gather(*(_check(source, tools) for source in sources))
    return [check for checks in found for check in checks]


async def _check(source: Probe, tools: Tools) -> list[Check]:
    if source.request.auth is not None:
        try:
            await tools.credentials.read(source.request.auth, CREDENTIAL_KEY)
        except NotRunError:
            return []  # told already, of the token
    return [_tell(source, await run_probe(source, tools))]


def _tell(source: Probe, result: Result) -> Check:
    what = f"source {source.name}"
    level = _LEVELS.get(result.verdict, "fail")
    has_value = result.value is not None
    facts = dict(result.facts)
    told = ", ".join(f"{key} {facts[key]}" for key in _TOLD if key in facts)
    if result.verdict is Verdict.UP and _FAILED in facts:
        return Check(
            "warn", what, f"{source.target} answers: {told}", "ask it for `up == 0`: nothing is known of those"
        )
    if result.verdict is Verdict.UP or has_value:
        return Check("ok", what, f"{source.target} answers: {told}" + (f", {result.reason}" if result.reason else ""))
    return Check(level, what, f"{source.target}: {result.reason}", "check url, token and match of the source")
