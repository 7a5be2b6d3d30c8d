"""Targets of Prometheus on the board: fresh, old, many, hostile, gone, and behind a source that does not answer."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import ClassVar

import pytest
from msgspec.structs import replace
from tests.engine.probes.servers import make_tools, say
from tests.engine.sources.desks import Answer, World, answer_with, make_source, open_world, serve, targets, vector

from oncall_tui.domain.duration import HOUR
from oncall_tui.domain.errors import NotFoundError
from oncall_tui.domain.intake import Threshold
from oncall_tui.domain.probe import Credential, HttpRequest, ProbeKind, ProbeStatus, Verdict
from oncall_tui.domain.storm import find_unread
from oncall_tui.engine.probes import run_probe
from oncall_tui.store.history import list_spans, read_past
from oncall_tui.store.results import list_failures


class Script:
    """Answers with what `body` is at the moment."""

    LINE: ClassVar = "200 OK"

    def __init__(self, body: bytes, line: str = LINE) -> None:
        self.body = body
        self.line = line

    def __call__(self, path: str, query: Mapping[str, list[str]]) -> tuple[str, bytes]:
        return self.line, self.body


def make_url(port: int) -> str:
    return f"http://127.0.0.1:{port}"


@asynccontextmanager
async def reading(
    folder: Path, script: Script, *, seen: list[str] | None = None, every_ms: int = 1_000, keep_ms: int = 3_600_000
) -> AsyncIterator[World]:
    """Yields a desk with the one source `eu`, which answers by a script."""
    async with serve(answer_with(script, seen)) as port:
        source = make_source(ProbeKind.PROMETHEUS, make_url(port), every_ms=every_ms, keep_ms=keep_ms)
        async with open_world(folder, source) as world:
            yield world


async def test_each_target_becomes_a_probe_behind_its_source(tmp_path: Path) -> None:
    seen: list[str] = []
    async with reading(tmp_path, Script(targets(3, failing=1)), seen=seen) as world:
        assert (await world.read()).verdict is Verdict.UP
        probes, states = await world.list_probes(), await world.list_states()
    assert list(probes) == ["eu", "eu t0.example.com", "eu t1.example.com", "eu t2.example.com"]
    probe = probes["eu t0.example.com"]
    assert (probe.source, probe.depends_on, probe.target) == ("eu", ("eu",), "https://t0.example.com/")
    state = states["eu t0.example.com"]
    assert (state.last_verdict, state.last_reason, state.last_duration_ms) == (Verdict.DOWN, "HTTP 503", 25.0)
    assert dict(states["eu"].facts)["targets"] == "3, 1 failing, 0 silent"
    assert len(seen) == 1, "one request a round"


async def test_a_sample_counts_once_and_an_old_one_not_at_all(tmp_path: Path) -> None:
    at = time.time()
    script = Script(targets(1, at=at))
    async with reading(tmp_path, script) as world:
        await world.read()
        await world.read()
        state = (await world.list_states())["eu t0.example.com"]
        assert len(state.recent) == 1
        script.body = targets(1, at=at, age_s=3)
        world.ahead_ms = 4_000
        result = await world.read()
        assert dict(result.facts)["targets"] == "1, 0 failing, 1 silent"
        assert (await world.statuses())["eu t0.example.com"] is ProbeStatus.STALE


async def test_the_clock_of_prometheus_may_be_wrong(tmp_path: Path) -> None:
    script = Script(targets(1, at=time.time() - 3_600, age_s=0.5))
    async with reading(tmp_path, script) as world:
        await world.read()
        assert (await world.statuses())["eu t0.example.com"] is ProbeStatus.UP


async def test_a_dead_source_is_one_trouble_and_no_target_is_green_for_it(tmp_path: Path) -> None:
    source = make_source(ProbeKind.PROMETHEUS, "")
    async with serve(answer_with(Script(targets(40, failing=1)))) as port:
        source = replace(source, target=make_url(port))
        async with open_world(tmp_path, source) as world:
            await world.read()
    async with open_world(tmp_path, source) as world:
        for _ in range(3):
            result = await world.read()
        assert result.reason == "connection refused"
        statuses = await world.statuses()
        assert statuses.pop("eu") is ProbeStatus.DOWN
        assert ProbeStatus.UP not in statuses.values()
        state = (await world.list_states())["eu t5.example.com"]
        assert (state.last_verdict, state.last_reason) == (
            Verdict.UNKNOWN,
            "not run: eu cannot be read: connection refused",
        )
        folded = find_unread((await world.list_probes()).values(), statuses, {"eu"}, {})
        assert folded == dict.fromkeys(statuses, "eu")


async def test_a_source_that_is_back_brings_its_targets_back(tmp_path: Path) -> None:
    script = Script(targets(2))
    async with reading(tmp_path, script) as world:
        await world.read()
        script.line = "503 Service Unavailable"
        for _ in range(4):
            await world.read()
        assert (await world.statuses())["eu t0.example.com"] is ProbeStatus.UNKNOWN
        script.line, script.body = "200 OK", targets(2)
        await world.read()
        assert set((await world.statuses()).values()) == {ProbeStatus.UP}


async def test_a_blip_of_the_source_is_no_news_of_its_targets(tmp_path: Path) -> None:
    script = Script(targets(1))
    async with reading(tmp_path, script) as world:
        await world.read()
        script.line = "503 Service Unavailable"
        assert (await world.read()).reason == "HTTP 503 Service Unavailable"
        assert (await world.statuses()) == {"eu": ProbeStatus.UP, "eu t0.example.com": ProbeStatus.UP}


async def test_targets_vanish_after_a_while_and_their_history_stays(tmp_path: Path) -> None:
    script = Script(targets(2, failing=1))
    async with reading(tmp_path, script, keep_ms=60_000) as world:
        await world.read()
        gone = (await world.list_probes())["eu t1.example.com"]
        script.body = targets(1, failing=1)
        world.ahead_ms = 30_000
        await world.read()
        assert (await world.statuses())["eu t1.example.com"] is ProbeStatus.STALE
        world.ahead_ms = 90_000
        script.body = targets(1, failing=1)
        await world.read()
        assert list(await world.list_probes()) == ["eu", "eu t0.example.com"]
        assert "eu t1.example.com" not in await world.list_states()
        past = await world.store.call(read_past, gone.name, HOUR, world.now() - HOUR, world.now())
        assert sum(each.runs for each in past.rollups) == 1
        assert sum(uptime.up_ms for _, uptime in past.parts) > 0
        with pytest.raises(NotFoundError):
            await world.store.call(read_past, "eu never.was", HOUR, world.now() - HOUR, world.now())
        failures = await world.store.call(list_failures, "eu t0.example.com")
        assert failures[0].reason == "HTTP 503"
        probes = list((await world.list_probes()).values())
        spans = await world.store.call(list_spans, probes, 0, world.now())
        assert spans["eu t0.example.com"]


async def test_a_restart_goes_on_where_the_engine_was(tmp_path: Path) -> None:
    script = Script(targets(2))
    async with serve(answer_with(script)) as port:
        source = make_source(ProbeKind.PROMETHEUS, make_url(port))
        async with open_world(tmp_path, source) as world:
            await world.read()
            before = (await world.list_states())["eu t1.example.com"]
        await asyncio.sleep(0.05)  # longer than the latency of the sample before
        script.body = targets(2)
        async with open_world(tmp_path, source) as world:
            await world.read()
            after = (await world.list_states())["eu t1.example.com"]
            assert (after.since_at, after.streak) == (before.since_at, before.streak + 1)
        async with open_world(tmp_path) as world:
            assert not await world.list_probes()


async def test_labels_are_hostile_text(tmp_path: Path) -> None:
    labels = {"instance": "\x1b]0;x\x07[@click=app.quit]" + "x" * 5_000, "job": "\u202e" * 50}
    body = vector(
        ({**labels, "oncall_tui_part": "sampled_at"}, time.time()),
        ({**labels, "__name__": "probe_success"}, 1),
        ({**labels, "__name__": "probe_duration_seconds"}, "NaN"),
        ({**labels, "__name__": "probe_http_duration_seconds", "phase": "tls"}, "-Inf"),
        ({**labels, "__name__": "probe_ssl_earliest_cert_expiry"}, "1e300"),
        ({"instance": "b", "oncall_tui_part": "sampled_at"}, "NaN"),
        ({"instance": "b", "__name__": "probe_success"}, 1),
    )
    async with reading(tmp_path, Script(body)) as world:
        await world.read()
        probes, states = await world.list_probes(), await world.list_states()
    (name,) = set(probes) - {"eu"}
    shown = name + probes[name].target + "".join(map("".join, states[name].facts))
    assert shown.isprintable()
    assert len(name) <= 100
    assert states[name].last_duration_ms == 0


async def test_no_name_of_a_configured_probe_is_taken(tmp_path: Path) -> None:
    async with serve(answer_with(Script(targets(1)))) as port:
        first = make_source(ProbeKind.PROMETHEUS, make_url(port), naming="{instance}")
        second = replace(first, name="us")
        own = make_source(ProbeKind.PROMETHEUS, make_url(port), name="t0.example.com")
        async with open_world(tmp_path, first, second, own) as world:
            await world.read("eu")
            await world.read("us")
            probes = await world.list_probes()
    assert probes["t0.example.com"].intake is not None
    assert sorted(probe.source for probe in probes.values()) == ["", "", "", "eu", "us"]


def say_jobs(*jobs: str) -> bytes:
    now = time.time()
    each = [{"instance": "h", "job": job} for job in jobs]
    stamps = [({**labels, "oncall_tui_part": "sampled_at"}, now) for labels in each]
    return vector(*stamps, *(({**labels, "__name__": "probe_success"}, 1) for labels in each))


async def test_a_target_keeps_its_name_while_its_twin_is_away(tmp_path: Path) -> None:
    script = Script(say_jobs("a", "b"))
    async with reading(tmp_path, script) as world:
        await world.read()
        script.body = say_jobs("a")
        await world.read()
        assert set(await world.list_probes()) == {"eu", "eu h job=a", "eu h job=b"}
        assert len((await world.list_states())["eu h job=a"].recent) == 2


async def test_a_target_that_is_called_otherwise_leaves_no_row_behind(tmp_path: Path) -> None:
    script = Script(say_jobs("a"))
    async with reading(tmp_path, script, keep_ms=60_000) as world:
        await world.read()
        assert set(await world.list_probes()) == {"eu", "eu h"}
        script.body = say_jobs("a", "b")
        await world.read()
        world.ahead_ms = 70_000
        await world.read()
        assert set(await world.list_probes()) == {"eu", "eu h job=a", "eu h job=b"}


async def test_an_outage_of_the_source_longer_than_targets_are_kept_drops_none(tmp_path: Path) -> None:
    script = Script(targets(2))
    async with reading(tmp_path, script, keep_ms=60_000) as world:
        await world.read()
        world.ahead_ms = 900_000
        script.body = targets(2)
        await world.read()
        states = await world.list_states()
        assert len(states["eu t0.example.com"].recent) > 1
        assert len(await world.list_probes()) == 3


async def test_thousands_of_targets_fit_into_a_round(tmp_path: Path) -> None:
    async with reading(tmp_path, Script(targets(3_000, failing=3)), every_ms=15_000) as world:
        await world.read()
        assert len(await world.list_states()) == 3_001


@pytest.mark.parametrize(
    ("line", "body", "verdict", "words"),
    [
        ("200 OK", b"<html>", Verdict.DOWN, "does not answer as Prometheus does: check url"),
        ("200 OK", b'{"data":{"resultType":"vector","result":[{"metric":{},"value":[1]}]}}', Verdict.DOWN, "does not"),
        ("200 OK", b'{"data":{"resultType":"matrix","result":[]}}', Verdict.DOWN, "does not answer as Prometheus"),
        ("200 OK", b"[" * 100_000, Verdict.DOWN, "does not answer as Prometheus"),
        ("200 OK", vector(({"__name__": "probe_success"}, "x\x1b")), Verdict.DOWN, "does not answer as Prometheus"),
        ("200 OK", vector(), Verdict.DEGRADED, "has no target of blackbox_exporter (probe_success): check match"),
        ("400 Bad Request", b'{"error":"1:5: parse error"}', Verdict.UNKNOWN, "1:5: parse error): check url, match"),
        ("301 Moved", b"", Verdict.UNKNOWN, "answers with a redirect (HTTP 301 Moved), which is not followed"),
        ("401 Unauthorized", b"", Verdict.DOWN, "HTTP 401 Unauthorized"),
        ("500 Oops", b'{"error":"\x1b[31m"}', Verdict.DOWN, "HTTP 500 Oops"),
    ],
)
async def test_what_is_wrong_with_a_source_is_said_in_words(
    line: str, body: bytes, verdict: Verdict, words: str
) -> None:
    async with serve(answer_with(Script(body, line))) as port:
        result = await run_probe(make_source(ProbeKind.PROMETHEUS, make_url(port)), make_tools())
    assert result.verdict is verdict
    assert words in result.reason
    assert result.reason.isprintable()


async def test_an_answer_without_end_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oncall_tui.engine.sources.line.BODY_CAP", 10_000)
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
    async with serve(say(head, b"x" * 65_536, is_endless=True)) as port:
        result = await run_probe(make_source(ProbeKind.PROMETHEUS, make_url(port)), make_tools())
    assert "the answer is larger than" in result.reason


async def test_a_token_goes_to_the_source_and_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_TOKEN", "S3cret")
    seen: list[str] = []
    body = json.dumps({"error": "who is S3cret?"}).encode()
    async with serve(answer_with(Script(body, "403 Forbidden"), seen)) as port:
        source = make_source(ProbeKind.PROMETHEUS, make_url(port))
        source = replace(source, request=HttpRequest(auth=Credential(env="SOURCE_TOKEN")))
        result = await run_probe(source, make_tools())
    assert "Authorization: Bearer S3cret" in seen[0]
    assert result.reason == "HTTP 403 Forbidden: who is ***?"
    assert "S3cret" not in repr(result)


def serve_value(*series: tuple[Mapping[str, str], float | str]) -> Answer:
    return Script(vector(*series))


@pytest.mark.parametrize(
    ("series", "verdict", "value", "reason"),
    [
        ([({}, 0.2)], Verdict.UP, 0.2, ""),
        ([({}, 2)], Verdict.DEGRADED, 2.0, "value is 2%, degraded when > 1%"),
        ([({"i": "a"}, 0.5), ({"i": "b"}, 7)], Verdict.DOWN, 7.0, "value is 7% (i=b), down when > 5%"),
        ([({}, "+Inf")], Verdict.DOWN, 1e12, "value is inf%, down when > 5%"),
        ([({}, "NaN")], Verdict.UNKNOWN, None, "not run: the value of the query is not a number"),
        ([], Verdict.UNKNOWN, None, "not run: the query has no result"),
    ],
)
async def test_a_query_is_judged_by_its_thresholds(
    series: list[tuple[Mapping[str, str], float | str]], verdict: Verdict, value: float | None, reason: str
) -> None:
    async with serve(answer_with(serve_value(*series))) as port:
        source = make_source(
            ProbeKind.QUERY,
            make_url(port),
            query="x",
            degraded=Threshold(">", 1),
            down=Threshold(">", 5),
            unit="%",
        )
        result = await run_probe(source, make_tools())
    assert (result.verdict, result.value, result.reason) == (verdict, value, reason)


async def test_the_lowest_is_the_worst_where_less_is_worse() -> None:
    async with serve(answer_with(serve_value(({"i": "a"}, 3), ({"i": "b"}, 9)))) as port:
        source = make_source(ProbeKind.QUERY, make_url(port), query="x", down=Threshold("<", 2))
        result = await run_probe(source, make_tools())
    assert (result.verdict, result.value) == (Verdict.UP, 3.0)


async def test_a_query_that_cannot_be_asked_says_nothing(tmp_path: Path) -> None:
    source = make_source(ProbeKind.QUERY, "http://127.0.0.1:1", query="x", down=Threshold(">", 1))
    async with open_world(tmp_path, source) as world:
        result = await world.read()
    assert (result.verdict, result.reason) == (
        Verdict.UNKNOWN,
        "not run: the source cannot be asked: connection refused",
    )


async def test_a_value_stands_where_others_have_their_latency(tmp_path: Path) -> None:
    async with serve(answer_with(serve_value(({}, 0.42)))) as port:
        source = make_source(ProbeKind.QUERY, make_url(port), query="x", down=Threshold(">", 1))
        async with open_world(tmp_path, source) as world:
            await world.read()
            state = (await world.list_states())["eu"]
            (row,) = await world.store.call(lambda db: db.rows("SELECT duration_ms FROM result"))
    assert state.last_duration_ms == row["duration_ms"] == pytest.approx(420)
    assert state.recent[0][1] == pytest.approx(420)
