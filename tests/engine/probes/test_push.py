from __future__ import annotations

import os
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.engine.probes.servers import make_probe, make_tools

from oncall_tui.clock import now_ms
from oncall_tui.domain.beat import Beat
from oncall_tui.domain.errors import StoreError
from oncall_tui.domain.probe import Expectation, Probe, ProbeKind, Result, Verdict
from oncall_tui.domain.sanitize import is_clean
from oncall_tui.engine.probes import run_probe
from oncall_tui.store.beats import add_beat, read_beat
from oncall_tui.store.database import open_database

HOUR = 3_600_000


def make(file: Path | None = None) -> Probe:
    probe = make_probe(ProbeKind.PUSH, "job", timeout_ms=5_000, expect=Expectation(max_age_ms=HOUR))
    return replace(probe, file=None if file is None else str(file))


async def look(path: Path, *, ago_ms: int | None, note: str = "") -> Result:
    """Runs the probe over a real database, at the given time after a beat."""
    with open_database(path) as db:
        if ago_ms is not None:
            add_beat(db, "subject", note=note, actor="ann", now=now_ms() - ago_ms)

        async def read(name: str) -> Beat | None:
            return read_beat(db, name)

        return await run_probe(make(), replace(make_tools(), read_beat=read))


async def test_a_fresh_beat_is_up_and_a_stale_one_down(tmp_path: Path) -> None:
    fresh = await look(tmp_path / "db", ago_ms=HOUR - 60_000, note="7 GB\x1b[2J")
    assert (fresh.verdict, fresh.reason) == (Verdict.UP, "")
    assert dict(fresh.facts)["from"] == "ann"
    assert is_clean("".join(text for _, text in fresh.facts))
    stale = await look(tmp_path / "db", ago_ms=2 * HOUR)
    assert stale.verdict is Verdict.DOWN
    assert stale.reason.startswith("no beat for 2h, expected one every 1h")


async def test_before_the_first_beat_nothing_is_known(tmp_path: Path) -> None:
    result = await look(tmp_path / "db", ago_ms=None)
    assert result.verdict is Verdict.UNKNOWN
    assert "oncall-tui beat 'subject'" in result.reason


async def test_a_beat_from_the_future_is_not_believed(tmp_path: Path) -> None:
    assert (await look(tmp_path / "db", ago_ms=-30_000)).verdict is Verdict.UP
    result = await look(tmp_path / "db", ago_ms=-HOUR)
    assert (result.verdict, result.reason) == (
        Verdict.UNKNOWN,
        "not run: the latest beat is from the future: compare the clocks",
    )


async def test_a_database_that_cannot_be_read_turns_nothing_red() -> None:
    async def read(name: str) -> None:
        raise StoreError("the database is locked")

    assert (await run_probe(make(), replace(make_tools(), read_beat=read))).verdict is Verdict.UNKNOWN
    assert (await run_probe(make(), make_tools())).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("ago_s", "verdict"), [(0, Verdict.UP), (3_000, Verdict.UP), (4_000, Verdict.DOWN), (-4_000, Verdict.UNKNOWN)]
)
async def test_a_touched_file_is_a_beat(tmp_path: Path, ago_s: int, verdict: Verdict) -> None:
    file = tmp_path / "done"
    file.touch()
    at = now_ms() / 1000 - ago_s
    os.utime(file, (at, at))
    assert (await run_probe(make(file), make_tools())).verdict is verdict


async def test_a_file_that_is_not_there_is_down_and_a_folder_says_nothing(tmp_path: Path) -> None:
    result = await run_probe(make(tmp_path / "x"), make_tools())
    assert (result.verdict, result.reason) == (Verdict.DOWN, "no beat: the file is not there")
    assert (await run_probe(make(tmp_path), make_tools())).verdict is Verdict.UNKNOWN


async def test_a_host_without_a_way_out_hears_beats_all_the_same(tmp_path: Path) -> None:
    tools = replace(make_tools(), is_online=lambda: False)
    assert (await run_probe(make(tmp_path / "x"), tools)).verdict is Verdict.DOWN
