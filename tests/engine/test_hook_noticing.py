"""What hooks are to be called for, from the file as it changes: storms, rates, silences, restarts."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.hook_calls import list_calls

from oncall_tui.config.model import HookConfig
from oncall_tui.domain.duration import HOUR, MINUTE, SECOND
from oncall_tui.domain.hook import HookEvent, Rate
from oncall_tui.domain.incident import Severity
from oncall_tui.domain.probe import Probe, ProbeKind, ProbeState, ProbeStatus, Verdict
from oncall_tui.domain.storm import GATHER_MS
from oncall_tui.engine.hooks import Noticing
from oncall_tui.store.database import Database, open_database
from oncall_tui.store.hooks import (
    list_hooks,
    list_told,
    replace_hooks,
)
from oncall_tui.store.incidents import declare_incident
from oncall_tui.store.lease import take_lease
from oncall_tui.store.probes import record_results, replace_probes
from oncall_tui.store.silences import end_silence, snooze

NOW = 1_800_000_000_000
ALL = frozenset(event for event in HookEvent if event is not HookEvent.TEST)
PHONE = HookConfig("phone", url="http://127.0.0.1:1/", on=ALL)


class Board:
    """A file whose probes a test moves, and an engine's noticing on it."""

    def __init__(self, db: Database, probes: Sequence[Probe], hook: HookConfig = PHONE) -> None:
        self.db = db
        self.hook = hook
        self.now = NOW
        replace_probes(db, probes, [])
        replace_hooks(db, [hook.name], NOW)
        self.probes = probes
        self.restart()
        self.set(ProbeStatus.UP, *(probe.name for probe in probes))
        self.look()

    def restart(self) -> None:
        self.epoch = take_lease(self.db, pid=1, host="h", boot_id="b", version="0", mode="stay", now=self.now)
        self.noticing = Noticing([self.hook], self.epoch, Random(self.epoch))

    def set(self, status: ProbeStatus, *names: str) -> None:
        verdict = Verdict.DOWN if status is ProbeStatus.DOWN else Verdict.UP
        recent = ((verdict, 1.0),) * 6
        states = [
            ProbeState(name, status, self.now, 5, verdict, self.now, 1.0, "refused", recent=recent) for name in names
        ]
        record_results(self.db, [], states, [], self.now)

    def look(self) -> None:
        self.noticing.look(self.db, self.now)

    def settle(self, after_ms: int = GATHER_MS) -> None:
        """Looks now and after a change has stood long enough."""
        self.look()
        self.now += after_ms
        self.look()

    def documents(self) -> list[dict[str, object]]:
        return [json.loads(call.document) for call in list_calls(self.db, self.hook.name)]

    def told(self) -> list[tuple[object, object]]:
        return [(document["event"], document["probe"]) for document in self.documents()]


@pytest.fixture
def db(tmp_path: Path) -> Database:
    return open_database(tmp_path / "oncall.db")


def make_probes(count: int, *above: str) -> list[Probe]:
    return [
        Probe(f"p{n:03}", ProbeKind.TCP, "h:1", every_ms=HOUR, failure_threshold=1, depends_on=above)
        for n in range(count)
    ]


def test_a_change_is_one_call_whoever_looks_and_however_often(db: Database) -> None:
    with db:
        board = Board(db, make_probes(2))
        board.set(ProbeStatus.DOWN, "p000")
        board.settle()
        board.restart()
        board.settle(MINUTE)
        assert board.told() == [("down", "p000")]
        board.set(ProbeStatus.UP, "p000")
        board.settle()
        board.settle()
        assert board.told() == [("down", "p000"), ("up", "p000")]
        assert list_told(db) == {}


def test_what_was_so_before_the_hook_was_added_is_not_called(db: Database) -> None:
    with db:
        board = Board(db, make_probes(1))
        board.set(ProbeStatus.DOWN, "p000")
        replace_hooks(db, ["phone", "late"], board.now)
        board.hook = replace(PHONE, name="late")
        board.restart()
        board.settle()
        assert board.documents() == []
        board.set(ProbeStatus.UP, "p000")
        board.settle()
        assert board.told() == [("up", "p000")]


def test_a_blip_between_two_looks_is_not_called(db: Database) -> None:
    with db:
        board = Board(db, make_probes(1))
        board.set(ProbeStatus.DOWN, "p000")
        board.look()
        board.now += SECOND
        board.set(ProbeStatus.UP, "p000")
        board.settle()
        assert board.documents() == []


def test_five_hundred_that_fall_behind_one_are_one_call_there_and_one_back(db: Database) -> None:
    root = Probe("root", ProbeKind.TCP, "h:1", every_ms=HOUR)
    with db:
        probes = [root, *(replace(probe, every_ms=10 * SECOND) for probe in make_probes(499, "root"))]
        board = Board(db, probes)
        children = [probe.name for probe in probes[1:]]
        board.set(ProbeStatus.DOWN, *children)
        board.look()
        board.now += 2 * SECOND
        board.set(ProbeStatus.DOWN, "root")
        board.settle()
        (document,) = board.documents()
        assert (document["event"], document["probe"]) == ("down", "root")
        assert document["dependants"]["count"] == 499  # type: ignore[index] # a table
        board.set(ProbeStatus.UP, "root")
        board.settle()
        board.set(ProbeStatus.UP, *children)
        board.settle()
        assert board.told() == [("down", "root"), ("up", "root")]


def test_five_hundred_that_fall_for_themselves_are_one_call(db: Database) -> None:
    with db:
        board = Board(db, make_probes(500))
        board.set(ProbeStatus.DOWN, *(probe.name for probe in board.probes))
        began = time.process_time()
        board.settle()
        assert time.process_time() - began < 1
        (document,) = board.documents()
        assert document["others"]["count"] == 499  # type: ignore[index] # a table
        assert str(document["text"]).startswith("DOWN: p000 and 499 others")


def test_a_rate_holds_calls_back_and_drops_no_trouble(db: Database) -> None:
    with db:
        board = Board(db, make_probes(6), replace(PHONE, at_most=Rate(1, HOUR)))
        board.set(ProbeStatus.DOWN, "p000")
        board.settle()
        for name in ("p001", "p002"):
            board.set(ProbeStatus.DOWN, name)
            board.settle()
        board.set(ProbeStatus.UP, "p002", "p000")
        board.settle()
        assert board.told() == [("down", "p000")]
        assert list_hooks(db)[0].held == 3
        board.now = NOW + HOUR - MINUTE
        board.set(ProbeStatus.DOWN, "p001")
        board.now = NOW + HOUR + MINUTE
        board.settle()
        # One call is left: the trouble that lasts goes before the end of another.
        assert board.told()[1:] == [("down", "p001")]
        assert board.documents()[1]["held_back"] == 2
        board.now += HOUR + MINUTE
        board.set(ProbeStatus.UP, "p000")
        board.settle()
        assert board.told()[2:] == [("up", "p000")]


def test_a_snoozed_probe_is_called_when_the_silence_ends(db: Database) -> None:
    with db:
        board = Board(db, make_probes(1))
        snooze(db, "p000", "", board.now + HOUR, "ann", board.now)
        board.set(ProbeStatus.DOWN, "p000")
        board.settle()
        assert board.documents() == []
        end_silence(db, "p000", "ann", board.now)
        board.settle()
        assert board.told() == [("down", "p000")]


def test_a_promise_is_called_once_when_it_is_late_and_so_is_the_next_one(db: Database) -> None:
    with db:
        board = Board(db, make_probes(1))
        declared = declare_incident(
            db,
            uid="u",
            title="Slow",
            components={},
            probes=["p000"],
            severity=Severity.SEV2,
            started_at=NOW,
            actor="ann",
            now=NOW,
        )

        def promise(due_at: int) -> None:
            with db.write("incidents") as connection:
                connection.execute("UPDATE incident SET next_update_at = ?", (due_at,))

        promise(NOW + MINUTE)
        board.settle()
        assert board.documents() == []
        for _ in range(2):
            board.settle(MINUTE)
            board.settle(MINUTE)
            promise(board.now + MINUTE)
            board.look()
        told = [(document["event"], document["incident"], document["probe"]) for document in board.documents()]
        assert told == [("promise_late", declared.id, None)] * 2
        assert list_told(db) == {}


def test_names_with_escape_sequences_reach_nobody_raw(db: Database) -> None:
    with db:
        hostile = "a\x1b]0;x\x07\x9b2J"
        board = Board(db, [replace(make_probes(1)[0], name=hostile)])
        board.set(ProbeStatus.DOWN, hostile)
        board.settle()
        call, *_ = list_calls(db, "phone")
        assert call.document.isprintable()
        assert "\x1b" not in str(board.documents()[0]["text"])


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["down", "up", "wait", "restart", "hour"]),
        st.lists(st.integers(0, 7), min_size=1, max_size=8, unique=True),
    ),
    max_size=25,
)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, at_most=st.integers(1, 4))
def test_whatever_happens_ends_follow_troubles_and_the_last_word_is_true(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, list[int]]], at_most: int
) -> None:
    names = [f"p{n:03}" for n in range(8)]
    down: set[str] = set()
    with open_database(tmp_path_factory.mktemp("history") / "oncall.db") as db:
        board = Board(db, make_probes(8), replace(PHONE, at_most=Rate(at_most, HOUR)))
        for step, chosen in steps:
            moved = {names[n] for n in chosen}
            if step == "down":
                down |= moved
            elif step == "up":
                down -= moved
            elif step == "restart":
                board.restart()
            board.now += HOUR if step == "hour" else SECOND
            board.set(ProbeStatus.DOWN, *down)
            board.set(ProbeStatus.UP, *(set(names) - down))
            board.settle(GATHER_MS if step == "wait" else SECOND)
        for _ in range(20):
            board.now += HOUR
            board.set(ProbeStatus.DOWN, *down)
            board.set(ProbeStatus.UP, *(set(names) - down))
            board.settle()
        events: dict[str, list[object]] = {name: [] for name in names}
        for document in board.documents():
            others = document["others"]
            assert isinstance(others, dict)
            for name in (document["probe"], *others["names"]):
                events[str(name)].append(document["event"])
        made = [call.created_at for call in list_calls(db, "phone")]
    for name, told in events.items():
        assert told == ["down", "up"] * (len(told) // 2) + ["down"] * (name in down)
    assert all(sum(at - HOUR < each <= at for each in made) <= at_most for at in made)
