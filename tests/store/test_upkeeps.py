from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType

import pytest
from msgspec.structs import replace

from oncall_tui.domain.duration import DAY, HOUR, MINUTE
from oncall_tui.domain.errors import NotFoundError, RefusedError
from oncall_tui.domain.history import KEEP_MS, Span
from oncall_tui.domain.probe import Probe, ProbeKind, SpanKind
from oncall_tui.domain.upkeep import index_upkeeps
from oncall_tui.domain.windows import Window
from oncall_tui.store.database import Database
from oncall_tui.store.history import add_spans, read_records
from oncall_tui.store.lease import take_lease
from oncall_tui.store.probes import replace_probes
from oncall_tui.store.upkeeps import begin_upkeep, end_upkeep, list_upkeeps, read_quiet
from oncall_tui.store.watcher import Watcher
from oncall_tui.store.windows import take_windows

#: A Sunday, 12:00 UTC.
NOW = 1_800_187_200_000 - 1_800_187_200_000 % DAY + 12 * HOUR
PROBES = [Probe(name, ProbeKind.TCP, "h:1", component="API") for name in ("api", "web")]
DAILY = Window("backup", tuple(range(7)), 11 * 60, 2 * HOUR, probes=("api",))


@pytest.fixture(autouse=True)
def _probes(db: Database) -> None:
    replace_probes(db, PROBES, [])


@pytest.fixture
def epoch(db: Database) -> int:
    return take_lease(db, pid=1, host="h", boot_id="b", version="1", mode="stay", now=NOW)


def held(db: Database, now: int) -> set[str]:
    return set(index_upkeeps(list_upkeeps(db, now - DAY), now))


def test_many_probes_are_quiet_in_one_go_and_ring_at_the_end(db: Database) -> None:
    watcher = Watcher(db.path)
    watcher.changed_topics()
    made = begin_upkeep(db, ["api", "web"], " new \x1b[31mdisks ", NOW, NOW + HOUR, "ann", NOW)
    assert watcher.changed_topics() == {"upkeep", "timeline"}
    watcher.close()
    assert list_upkeeps(db, NOW) == [made]
    assert "\x1b" not in made.note
    assert (held(db, NOW), held(db, NOW + HOUR)) == ({"api", "web"}, set())


def test_what_is_taken_back_rings_and_its_past_is_kept(db: Database) -> None:
    begin_upkeep(db, ["api", "web"], "", NOW, NOW + HOUR, "ann", NOW)
    begin_upkeep(db, ["api"], "", NOW, NOW + 2 * HOUR, "bob", NOW)
    assert end_upkeep(db, ["api", "gone"], "ann", NOW + MINUTE) == ["api"]
    assert held(db, NOW + MINUTE) == {"web"}
    assert end_upkeep(db, ["api"], "ann", NOW + MINUTE) == []
    assert end_upkeep(db, ["web"], "ann", NOW + 2 * MINUTE) == ["web"]
    assert [each.ended_at for each in list_upkeeps(db, NOW)] == [NOW + 2 * MINUTE, NOW + MINUTE]
    with db.write() as connection:
        add_spans(connection, [Span("api", NOW - HOUR, NOW + HOUR, SpanKind.DOWN)])
    uptime = next(each for each in read_records(db, [DAY], NOW + HOUR) if each.name == "api").uptimes[0]
    assert (uptime.planned_ms, uptime.down_ms) == (MINUTE, 2 * HOUR - MINUTE)


def test_what_is_planned_for_later_can_be_taken_back(db: Database) -> None:
    begin_upkeep(db, ["api"], "", NOW + HOUR, NOW + 2 * HOUR, "ann", NOW)
    assert held(db, NOW) == set()
    assert held(db, NOW + HOUR) == {"api"}
    assert end_upkeep(db, ["api"], "ann", NOW) == ["api"]
    assert held(db, NOW + HOUR) == set()


def test_what_makes_no_sense_is_refused_and_nothing_is_kept(db: Database) -> None:
    with pytest.raises(NotFoundError, match="no probe gone"):
        begin_upkeep(db, ["api", "gone"], "", NOW, NOW + HOUR, "ann", NOW)
    with pytest.raises(RefusedError, match="no probe to put"):
        begin_upkeep(db, [], "", NOW, NOW + HOUR, "ann", NOW)
    with pytest.raises(RefusedError):
        begin_upkeep(db, ["api"], "", NOW, NOW, "ann", NOW)
    assert list_upkeeps(db, 0) == []


def test_windows_go_on_without_an_engine_and_a_new_one_changes_nothing(db: Database, epoch: int) -> None:
    take_windows(db, [DAILY], epoch, NOW)
    first = list_upkeeps(db, 0)
    assert [(each.window, each.starts_at - NOW) for each in first] == [
        ("backup", -HOUR), ("backup", DAY - HOUR), ("backup", 2 * DAY - HOUR),
    ]  # fmt: skip
    assert (held(db, NOW), held(db, NOW + HOUR), held(db, NOW + DAY)) == ({"api"}, set(), {"api"})
    watcher = Watcher(db.path)
    watcher.changed_topics()
    take_windows(db, [DAILY], epoch, NOW + MINUTE)
    assert watcher.changed_topics() == set()
    watcher.close()
    assert list_upkeeps(db, 0) == first


def test_who_took_a_probe_out_of_a_window_is_not_overruled(db: Database, epoch: int) -> None:
    take_windows(db, [DAILY], epoch, NOW)
    assert end_upkeep(db, ["api"], "ann", NOW) == ["api"]
    take_windows(db, [replace(DAILY, probes=(), components=("API",))], epoch, NOW + 1)
    assert held(db, NOW + 1) == set()
    assert held(db, NOW + DAY) == {"api", "web"}


def test_a_window_that_is_configured_no_more_ends_and_its_past_stays(db: Database, epoch: int) -> None:
    take_windows(db, [DAILY], epoch, NOW)
    take_windows(db, [], epoch, NOW + MINUTE)
    assert [(each.starts_at - NOW, each.ends_at - NOW) for each in list_upkeeps(db, 0)] == [(-HOUR, MINUTE)]
    take_windows(db, [DAILY], epoch, NOW + 2 * MINUTE)
    assert held(db, NOW + 2 * MINUTE) == {"api"}


def test_a_window_covers_what_is_named_and_what_stands_for_its_components(db: Database, epoch: int) -> None:
    for window, covered in (
        (DAILY, {"api"}),
        (replace(DAILY, probes=("web", "gone")), {"web"}),
        (replace(DAILY, probes=(), components=("API",)), {"api", "web"}),
        (replace(DAILY, probes=(), covers_all=True), {"api", "web"}),
    ):
        take_windows(db, [window], epoch, NOW)
        assert held(db, NOW) == covered


def test_an_engine_that_was_overtaken_plans_nothing(db: Database, epoch: int) -> None:
    take_windows(db, [DAILY], epoch + 1, NOW)
    assert list_upkeeps(db, 0) == []


def test_a_clock_that_is_set_back_shows_the_window_again_and_no_longer(db: Database, epoch: int) -> None:
    take_windows(db, [DAILY], epoch, NOW + HOUR)
    take_windows(db, [DAILY], epoch, NOW)
    assert (held(db, NOW), held(db, NOW + HOUR)) == ({"api"}, set())
    assert len({each.starts_at for each in list_upkeeps(db, 0)}) == len(list_upkeeps(db, 0))


def count_calls(run: Callable[[], object]) -> int:
    """Returns how often functions of Python are entered."""
    entered = 0

    def note(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal entered
        entered += event == "call"

    sys.setprofile(note)
    try:
        run()
    finally:
        sys.setprofile(None)
    return entered


def test_uptime_costs_by_probes_and_not_by_windows(db: Database) -> None:
    """A window of its own for each probe makes a row a day and probe: what they say is put together by the file."""
    count = 40
    replace_probes(db, [Probe(f"p{number}", ProbeKind.TCP, "h:1", component="API") for number in range(count)], [])

    def add(days: range) -> None:
        rows = [
            (f"w{number}", f'["p{number}"]', starts_at + number * MINUTE, starts_at + number * MINUTE + HOUR)
            for starts_at in range(NOW - days.stop * DAY, NOW - days.start * DAY, DAY)
            for number in range(count)
        ]
        with db.write() as connection:
            connection.executemany(
                "INSERT INTO upkeep(window, probes, starts_at, ends_at, note, actor, made_at) "
                "VALUES (?, ?, ?, ?, '', '', 0)",
                rows,
            )
            add_spans(connection, [Span(f"p{number}", NOW - 90 * DAY, NOW, SpanKind.DOWN) for number in range(count)])

    add(range(2, 12))
    of_few = count_calls(lambda: read_records(db, [90 * DAY], NOW))
    add(range(12, 90))
    of_many = count_calls(lambda: read_records(db, [90 * DAY], NOW))
    assert of_many < 1.1 * of_few
    assert of_many < 60 * count
    record = read_records(db, [90 * DAY], NOW)[-1]
    assert (record.uptimes[0].planned_ms, record.uptimes[0].down_ms) == (88 * HOUR, 90 * DAY - 88 * HOUR)


def test_work_is_read_of_one_probe_alone(db: Database) -> None:
    replace_probes(db, [*PROBES, Probe('a"pi', ProbeKind.TCP, "h:1")], [])
    for names in (["api"], ["web", 'a"pi'], ["api", "web"]):
        begin_upkeep(db, names, "", NOW, NOW + HOUR, "me", NOW)
    assert [sorted(each.probes) for each in list_upkeeps(db, 0, probe="api")] == [["api"], ["api", "web"]]
    assert [sorted(each.probes) for each in list_upkeeps(db, 0, probe='a"pi')] == [['a"pi', "web"]]
    assert list_upkeeps(db, 0, probe="pi") == []


def test_quiet_times_are_told_as_the_work_itself_tells_them(db: Database) -> None:
    begin_upkeep(db, ["api", "web"], "", NOW, NOW + HOUR, "me", NOW)
    begin_upkeep(db, ["api"], "", NOW + DAY, NOW + DAY + HOUR, "me", NOW)
    end_upkeep(db, ["web"], "me", NOW + MINUTE)
    begin_upkeep(db, ["web"], "", NOW, NOW + HOUR, "me", NOW)
    end_upkeep(db, ["web"], "me", NOW + 2 * MINUTE)
    quiet, works = read_quiet(db, 0, NOW + 2 * DAY), list_upkeeps(db, 0)
    for name in ("api", "web"):
        told = [each for names, windows in quiet.together.items() if name in names for each in windows]
        told += quiet.apart.get(name, [])
        assert sorted(told) == sorted(span for each in works if (span := each.find_span(name)) is not None)


def test_what_nobody_asks_for_any_more_goes(db: Database, epoch: int) -> None:
    take_windows(db, [DAILY], epoch, NOW)
    take_windows(db, [], epoch, NOW + KEEP_MS + 4 * DAY)
    assert list_upkeeps(db, 0) == []
