from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest
from tests.pace import PATIENCE_S, free_s
from textual.app import App

from oncall_tui.domain.errors import NotFoundError, StoreError
from oncall_tui.domain.incident import Incident, Severity
from oncall_tui.domain.probe import Probe, ProbeKind, ProbeState, ProbeStatus, Result, Verdict
from oncall_tui.store.database import Database, open_database
from oncall_tui.store.incidents import declare_incident, get_incident, list_incidents
from oncall_tui.store.probes import record_results, replace_probes
from oncall_tui.store.timeline import add_note
from oncall_tui.tui.feed import Changed, Feed
from oncall_tui.tui.snapshot import Snapshot, read_first, refresh_snapshot


class Listener(App[None]):
    def __init__(self, feed: Feed) -> None:
        super().__init__()
        self.feed = feed
        self.heard: list[Changed] = []

    def on_mount(self) -> None:
        self.feed.start(self)

    def on_changed(self, message: Changed) -> None:
        self.heard.append(message)

    def on_unmount(self) -> None:
        self.feed.stop()


def declare(db: Database, title: str) -> Incident:
    return declare_incident(
        db, uid=title, title=title, components={}, probes=(), severity=Severity.SEV2, started_at=1, actor="ana", now=2
    )


async def until(condition: object, seconds: float = PATIENCE_S) -> None:
    assert callable(condition)
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_command_comes_back_as_a_snapshot(tmp_path: Path) -> None:
    app = Listener(Feed(tmp_path / "o.db", is_read_only=False, snapshot=Snapshot()))
    async with app.run_test():
        incident = await app.feed.call(declare, "Errors")
        await until(lambda: any(incident.id in {i.id for i in m.snapshot.incidents} for m in app.heard))
        assert "incidents" in app.feed.take_topics()
        assert app.feed.take_topics() == frozenset()


async def test_another_process_is_heard_within_a_quarter_second(tmp_path: Path) -> None:
    app = Listener(Feed(tmp_path / "o.db", is_read_only=False, snapshot=Snapshot()))
    async with app.run_test():
        await app.feed.call(declare, "ours")
        with open_database(tmp_path / "o.db") as other:
            declare(other, "theirs")
        began = free_s()
        await until(lambda: bool(app.heard) and len(app.heard[-1].snapshot.incidents) == 2)
        assert free_s() - began < 0.5


async def test_errors_of_a_command_reach_the_caller(tmp_path: Path) -> None:
    app = Listener(Feed(tmp_path / "o.db", is_read_only=False, snapshot=Snapshot()))
    async with app.run_test():
        with pytest.raises(NotFoundError):
            await app.feed.call(get_incident, 99)
        assert (await app.feed.call(declare, "still works")).id == 1


async def test_states_that_did_not_change_are_the_same_objects(tmp_path: Path) -> None:
    path = tmp_path / "o.db"
    with open_database(path) as db:
        replace_probes(db, [Probe("a", ProbeKind.TCP, "x:1"), Probe("b", ProbeKind.TCP, "x:2")], [])
        both = [ProbeState("a", ProbeStatus.UP), ProbeState("b", ProbeStatus.UP)]
        record_results(db, [Result("a", 1, Verdict.UP, 1.0)], both, [], 1)
    before = read_first(path, is_read_only=False)
    feed = Feed(path, is_read_only=False, snapshot=before)
    app = Listener(feed)
    async with app.run_test():
        with open_database(path) as db:
            record_results(db, [Result("a", 2, Verdict.DOWN, 1.0)], [ProbeState("a", ProbeStatus.DOWN)], [], 2)
        await until(lambda: bool(app.heard) and app.heard[-1].snapshot.states["a"].status == ProbeStatus.DOWN)
        after = app.heard[-1].snapshot
    assert after.states["b"] is before.states["b"]
    assert after.states["a"] is not before.states["a"]


async def test_a_held_lock_is_shown_and_cleared(tmp_path: Path) -> None:
    path = tmp_path / "o.db"
    app = Listener(Feed(path, is_read_only=False, snapshot=Snapshot()))
    async with app.run_test():
        await app.feed.call(add_note, 1, "first", "ana", 1)
        with open_database(path) as other, other.write():
            with pytest.raises(Exception, match="locked"):
                await app.feed.call(add_note, 1, "second", "ana", 2)
            await until(lambda: "locked" in app.heard[-1].snapshot.saving_error)
        await app.feed.call(add_note, 1, "third", "ana", 3)
        await until(lambda: not app.heard[-1].snapshot.saving_error)


async def test_what_could_not_be_read_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = Listener(Feed(tmp_path / "o.db", is_read_only=False, snapshot=Snapshot()))
    faults = [StoreError("the disk fails once")]

    def refresh(db: Database, old: Snapshot, topics: frozenset[str]) -> Snapshot:
        if "incidents" in topics and old.probes == () and faults:
            raise faults.pop()
        return refresh_snapshot(db, old, topics)

    monkeypatch.setattr("oncall_tui.tui.feed.refresh_snapshot", refresh)
    async with app.run_test():
        await app.feed.call(declare, "Errors")
        await until(lambda: bool(app.heard) and len(app.heard[-1].snapshot.incidents) == 1)
    assert faults == []


async def test_a_file_that_cannot_be_opened_is_told_and_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "o.db"
    path.write_text("a letter to my aunt\n" * 200)
    app = Listener(Feed(path, is_read_only=False, snapshot=Snapshot()))
    async with app.run_test():
        with pytest.raises(StoreError, match="not a database"):
            await asyncio.wait_for(app.feed.call(declare, "refused"), PATIENCE_S)
        await until(lambda: bool(app.heard) and "not a database" in app.heard[-1].snapshot.saving_error)
        path.unlink()
        await until(lambda: bool(app.heard) and app.heard[-1].snapshot.saving_error == "")
        assert (await app.feed.call(declare, "taken")).id == 1


def test_a_job_that_outlives_the_app_ends_quietly(tmp_path: Path) -> None:
    begun, gate = threading.Event(), threading.Event()

    def wait(db: Database) -> None:
        begun.set()
        gate.wait(PATIENCE_S)
        declare(db, "late")

    feed = Feed(tmp_path / "o.db", is_read_only=False, snapshot=Snapshot())

    async def run() -> None:
        async with Listener(feed).run_test():
            asking = asyncio.ensure_future(feed.call(wait))
            await until(begun.is_set)
        asking.cancel()

    asyncio.run(run())
    gate.set()
    assert feed._thread is not None
    feed._thread.join(PATIENCE_S)
    with open_database(tmp_path / "o.db") as db:
        assert [incident.title for incident in list_incidents(db)] == ["late"]


async def test_a_folder_that_was_removed_is_not_made_again(tmp_path: Path) -> None:
    app = Listener(Feed(tmp_path / "gone" / "o.db", is_read_only=False, snapshot=Snapshot()))
    async with app.run_test():
        await until(lambda: bool(app.heard) and "is gone" in app.heard[-1].snapshot.saving_error)
    assert list(tmp_path.iterdir()) == []  # noqa: ASYNC240 - looks, waits for nothing
