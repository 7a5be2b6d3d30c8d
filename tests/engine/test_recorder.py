"""The recorder on a real file: batches, restored states, a locked file that stops nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.saved import list_results

from oncall_tui.domain.incident import ComponentStatus, Severity
from oncall_tui.domain.probe import Probe, ProbeKind, ProbeState, ProbeStatus, Result, Verdict
from oncall_tui.engine.recorder import Recorder, tell_transition
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.store.database import Database, open_database
from oncall_tui.store.incidents import declare_incident
from oncall_tui.store.probes import list_states, replace_probes
from oncall_tui.store.timeline import list_entries

PROBE = Probe("api", ProbeKind.TCP, "127.0.0.1:1", every_ms=1_000)
NOW = 1_700_000_000_000


def make_result(number: int, verdict: Verdict = Verdict.DOWN) -> Result:
    return Result("api", NOW + number * 1_000, verdict, 5.0, "" if verdict is Verdict.UP else "connection refused")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[StoreThread]:
    thread = StoreThread(tmp_path / "oncall.db", is_durable=False)
    await thread.start()
    await thread.call(replace_probes, [PROBE], [])
    yield thread
    await thread.close()


def make_recorder(store: StoreThread, buffer_limit: int = 20_000) -> Recorder:
    return Recorder(store, [PROBE], wall_ms=lambda: NOW + 60_000, buffer_limit=buffer_limit)


async def test_results_states_and_sentences_are_saved(store: StoreThread) -> None:
    incident = await store.call(
        declare_incident,
        uid="u",
        title="T",
        components={"API": ComponentStatus.MAJOR_OUTAGE},
        probes=["api"],
        severity=Severity.SEV2,
        started_at=NOW,
        actor="me",
        now=NOW,
    )
    recorder = make_recorder(store)
    assert [recorder.record(make_result(number)) for number in range(3)] == [PROBE.confirm_every_ms / 1000] * 2 + [None]
    for number in range(3, 5):
        recorder.record(make_result(number, Verdict.UP))
    assert recorder.waiting == 5
    await recorder.flush()
    assert recorder.waiting == 0
    (state,), _ = await store.call(list_states)
    assert (state.status, state.streak) == (ProbeStatus.UP, 2)
    assert len(await store.call(list_results, "api")) == 5
    told = [entry.text for entry in await store.call(list_entries, incident.id) if entry.actor == "engine"]
    assert told == ["api is UP again", "api went DOWN: connection refused (3 of 3)"]


async def test_a_new_recorder_goes_on_with_the_streak_of_the_old_one(store: StoreThread) -> None:
    first = make_recorder(store)
    first.record(make_result(0))
    first.record(make_result(1))
    await first.flush()
    second = make_recorder(store)
    await second.restore()
    second.record(make_result(2))
    await second.flush()
    (state,), _ = await store.call(list_states)
    assert state.status is ProbeStatus.DOWN
    assert state.since_at == NOW


async def test_a_locked_file_keeps_the_newest_results_in_memory_until_it_is_free(tmp_path: Path) -> None:
    path = tmp_path / "oncall.db"
    with open_database(path) as holder:
        replace_probes(holder, [PROBE], [])
        store = StoreThread(path, is_durable=False)
        await store.start()
        await store.call(_hurry)
        recorder = make_recorder(store, buffer_limit=10)
        with holder.write():
            for number in range(14):
                recorder.record(make_result(number))
            await recorder.flush()
            assert "locked" in recorder.error
            assert recorder.waiting == 10
            recorder.record(make_result(14, Verdict.UP))
        await recorder.flush()
        assert recorder.error == ""
        assert recorder.waiting == 0
        saved = list_results(holder, "api")
        assert [result.started_at for result in saved] == [NOW + number * 1_000 for number in range(14, 4, -1)]
        (state,), _ = list_states(holder)
        assert state.status is ProbeStatus.DOWN
        await store.close()


async def test_a_target_that_goes_while_the_file_is_locked_takes_no_other_along(tmp_path: Path) -> None:
    gone = Probe("gone", ProbeKind.TCP, "127.0.0.1:1")
    store = StoreThread(tmp_path / "oncall.db", is_durable=False)
    await store.start()
    await store.call(replace_probes, [PROBE, gone], [])
    await store.call(_hurry)
    recorder = Recorder(store, [PROBE, gone])
    with open_database(tmp_path / "oncall.db") as other:
        with other.write():
            recorder.record(make_result(0))
            recorder.record(Result("gone", NOW, Verdict.UP, 5.0))
            flushing = asyncio.create_task(recorder.flush())
            await asyncio.sleep(0)
            recorder.follow([], ["gone"])
            await flushing
            assert recorder.error
        recorder.record(make_result(1, Verdict.UP))
        await recorder.flush()
        assert [result.started_at for result in list_results(other, "api")] == [NOW + 1_000, NOW]
        assert list_results(other, "gone") == []
        assert recorder.waiting == 0
    await store.close()


def _hurry(db: Database) -> None:
    db.rows("PRAGMA busy_timeout = 50")


async def test_the_last_flush_comes_after_the_stop(store: StoreThread) -> None:
    recorder = make_recorder(store)
    stop = asyncio.Event()
    running = asyncio.create_task(recorder.run(stop))
    await asyncio.sleep(0)
    recorder.record(make_result(0))
    stop.set()
    await running
    assert len(await store.call(list_results, "api")) == 1


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        (ProbeStatus.UNKNOWN, ProbeStatus.UP, None),
        (ProbeStatus.UP, ProbeStatus.UP, None),
        (ProbeStatus.UP, ProbeStatus.SLOW, "api went SLOW: why (2 of 3)"),
        (ProbeStatus.SLOW, ProbeStatus.UP, "api is UP again"),
        (ProbeStatus.UNKNOWN, ProbeStatus.DOWN, "api went DOWN: why (2 of 3)"),
    ],
)
def test_a_change_is_told_in_a_sentence(old: ProbeStatus, new: ProbeStatus, text: str | None) -> None:
    told = tell_transition(
        ProbeState("api", old), ProbeState("api", new, since_at=5, streak=2, last_reason="why"), PROBE
    )
    assert (told.text if told else None) == text


def test_of_what_flaps_only_the_beginning_and_the_end_are_told() -> None:
    calm = ProbeState("api", ProbeStatus.UP, since_at=1)
    flapping = ProbeState("api", ProbeStatus.UP, since_at=1, streak=1, flapping_at=7)
    down = ProbeState("api", ProbeStatus.DOWN, since_at=8, streak=3, flapping_at=7, last_reason="why")
    steady = ProbeState("api", ProbeStatus.DOWN, since_at=8, streak=10, streak_at=8, last_reason="why")
    told = [tell_transition(old, new, PROBE) for old, new in ((calm, flapping), (flapping, down), (down, steady))]
    assert [(item.text, item.occurred_at) if item else None for item in told] == [
        ("api began to flap, at the moment OK", 7),
        None,
        ("api flaps no more: it is DOWN", 8),
    ]
