"""Gatus, by the form of its API: github.com/TwiN/gatus, `GET /api/v1/endpoints/statuses`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.engine.probes.servers import make_tools
from tests.engine.sources.desks import answer_with, make_source, open_world, serve

from oncall_tui.domain.probe import ProbeKind, ProbeStatus, Verdict
from oncall_tui.engine.probes import run_probe


class Gatus:
    """Answers with the results that were added, as the real one keeps them."""

    def __init__(self) -> None:
        self.endpoints: dict[tuple[str, str], list[dict[str, object]]] = {}

    def add(self, group: str, name: str, ago_s: float = 0, *errors: str, success: bool = True) -> None:
        at = (datetime.now(UTC) - timedelta(seconds=ago_s)).isoformat()
        result: dict[str, object] = {
            "status": 200 if success else 500,
            "hostname": "shop.example.com",
            "duration": 23_456_789,
            "conditionResults": [{"condition": "[STATUS] == 200", "success": success}],
            "success": success,
            "timestamp": at,
        }
        if errors:
            result["errors"] = list(errors)
        self.endpoints.setdefault((group, name), []).append(result)

    def __call__(self, path: str, query: Mapping[str, list[str]]) -> tuple[str, bytes]:
        assert path == "GET /api/v1/endpoints/statuses"
        most = int(query["pageSize"][0])
        found = [
            {"name": name, "group": group, "key": f"{group}_{name}", "results": results[-most:]}
            for (group, name), results in self.endpoints.items()
        ]
        return "200 OK", json.dumps(found).encode()


async def test_endpoints_become_probes_and_each_result_counts_once(tmp_path: Path) -> None:
    gatus = Gatus()
    gatus.add("web", "shop", 3)
    gatus.add("web", "shop", 2, "timeout\x1b[2J", success=False)
    gatus.add("", "blog", 1, success=False)
    async with (
        serve(answer_with(gatus)) as port,
        open_world(tmp_path, make_source(ProbeKind.GATUS, f"http://127.0.0.1:{port}", "g", every_ms=5_000)) as world,
    ):
        result = await world.read("g")
        assert dict(result.facts)["targets"] == "2, 2 failing, 0 silent"
        await world.read("g")
        states = await world.list_states()
        assert [verdict for verdict, _ in states["web shop"].recent] == [Verdict.UP, Verdict.DOWN]
        assert states["web shop"].last_reason == "timeout␛[2J; [STATUS] == 200"
        assert states["web shop"].last_duration_ms == 23.456789
        assert states["blog"].last_reason == "[STATUS] == 200"
        gatus.add("web", "shop", 0.5)
        await world.read("g")
        assert len((await world.list_states())["web shop"].recent) == 3
        assert (await world.statuses(ahead_ms=30_000))["web shop"] is ProbeStatus.STALE


async def test_something_else_than_gatus_is_said_to_be_that() -> None:
    async with serve(answer_with(lambda path, query: ("200 OK", b'[{"results": [{}]}]'))) as port:
        result = await run_probe(make_source(ProbeKind.GATUS, f"http://127.0.0.1:{port}"), make_tools())
    assert (result.verdict, result.reason) == (Verdict.DOWN, "does not answer as Gatus does: check url")
