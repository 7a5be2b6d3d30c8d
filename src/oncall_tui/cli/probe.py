"""`oncall-tui probe`: one run each, beside the engine; the database is opened for beats alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from oncall_tui.cli.group import json_option, place_options
from oncall_tui.cli.place import Place

if TYPE_CHECKING:
    from oncall_tui.cli.output import Json
    from oncall_tui.domain.beat import Beat
    from oncall_tui.domain.probe import Probe, Result

_PHASES = ("resolve_ms", "connect_ms", "tls_ms", "first_byte_ms", "transfer_ms")


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@json_option
@place_options
@click.pass_obj
def probe(place: Place, names: tuple[str, ...], is_json: bool) -> int:
    """Run probes once each, all of them without a name; exit 0 when all are up, 1 when not."""
    import asyncio

    from oncall_tui.cli.output import print_json, say

    chosen = _choose(place.load_config().probes, names)
    results = asyncio.run(_run_all(chosen, place))
    if is_json:
        print_json([_shape(each, result) for each, result in zip(chosen, results, strict=True)])
    else:
        say("\n".join(_tell(each, result) for each, result in zip(chosen, results, strict=True)) or "No probes.")
    return 0 if all(result.verdict == "up" for result in results) else 1


def _choose(probes: tuple[Probe, ...], names: tuple[str, ...]) -> list[Probe]:
    from oncall_tui.cli.wording import suggest
    from oncall_tui.domain.errors import NotFoundError
    from oncall_tui.domain.sanitize import clean_line

    if not names:
        return list(probes)
    by_name = {each.name: each for each in probes}
    for name in names:
        if name not in by_name:
            raise NotFoundError(f"The config has no probe {clean_line(name, 100)}{suggest(name, by_name)}.")
    return [by_name[name] for name in dict.fromkeys(names)]


async def _run_all(probes: list[Probe], place: Place) -> list[Result]:
    import asyncio

    from msgspec.structs import replace

    from oncall_tui.engine.probes import open_tools, run_probe
    from oncall_tui.engine.scheduler import RUN_LIMIT
    from oncall_tui.store.beats import read_beat

    async def read(name: str) -> Beat | None:
        with place.open_db(is_read_only=True) as db:
            return read_beat(db, name)

    tools = replace(await open_tools(), read_beat=read)
    places = asyncio.Semaphore(RUN_LIMIT)

    async def run(each: Probe) -> Result:
        async with places:
            return await run_probe(each, tools)

    return list(await asyncio.gather(*(run(each) for each in probes)))


def _shape(each: Probe, result: Result) -> dict[str, Json]:
    from oncall_tui.cli.output import show_time

    phases = {name: getattr(result.phases, name) for name in _PHASES}
    return {
        "name": each.name,
        "kind": each.kind,
        "target": each.target,
        "component": each.component,
        "verdict": result.verdict,
        "reason": result.reason,
        "started_at": show_time(result.started_at),
        "duration_ms": round(result.duration_ms, 2),
        "value": result.value,
        "phases": {name: None if value is None else round(value, 2) for name, value in phases.items()},
        "facts": dict(result.facts),
        "evidence": [[name, text] for name, text in result.evidence],
    }


def _tell(each: Probe, result: Result) -> str:
    from oncall_tui.domain.duration import format_duration
    from oncall_tui.domain.sanitize import clean_line

    spent = [(name.removesuffix("_ms").replace("_", " "), getattr(result.phases, name)) for name in _PHASES]
    phases = ", ".join(f"{name} {value:.1f}" for name, value in spent if value is not None)
    why = f"  {clean_line(result.reason)}" if result.reason else ""
    took = dict(result.facts).get("value") or format_duration(result.duration_ms)
    step = dict(result.facts).get("next")
    told = f"{result.verdict:<8}  {clean_line(each.name)}  {took}{why}" + (f"  ({phases} ms)" if phases else "")
    return f"{told}\n          next: {clean_line(step)}" if step else told
