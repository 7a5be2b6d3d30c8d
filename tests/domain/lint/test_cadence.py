"""Late, alike, stretched and short-noticed updates, drills, and planned work without a way back."""

from __future__ import annotations

import pytest
from tests.domain.lint.remarks import find, level_of, words_of

from oncall_tui.domain.duration import DAY, HOUR, MINUTE
from oncall_tui.domain.incident import IncidentStatus, Severity
from oncall_tui.domain.lint.cadence import measure_likeness
from oncall_tui.domain.lint.model import Context, LastUpdate, Level, Window
from oncall_tui.domain.maintenance import MaintenanceStatus

NOW = 1_790_000_000_000
INVESTIGATING = IncidentStatus.INVESTIGATING
SAME = "No change since our last update: sign-in still fails for customers in Europe. Next update by 14:35 UTC."


def _after(body: str = SAME, *, ago: int = 30 * MINUTE, promised: int | None = None, **more: object) -> Context:
    last = LastUpdate(body, INVESTIGATING, NOW - ago, None if promised is None else NOW + promised)
    return Context(now=NOW, status=INVESTIGATING, last=last, **more)  # type: ignore[arg-type]


def test_a_late_update_says_by_how_much() -> None:
    (finding,) = find("CD001", "Text.", _after(promised=-(4 * MINUTE + 10_000)))
    assert (finding.level, "04:10" in finding.message) == (Level.INFO, True)
    assert find("CD001", "Text.", _after(promised=1)) == []
    assert find("CD001", "Text.", Context(now=NOW)) == []


def test_the_same_words_are_told_and_a_fresh_time_makes_them_a_note() -> None:
    assert level_of("CD002", SAME, _after()) is Level.WARN
    assert level_of("CD002", SAME.upper(), _after()) is Level.WARN
    assert level_of("CD002", SAME.replace("14:35", "15:05"), _after()) is Level.INFO
    assert level_of("CD002", SAME.replace("Europe", "all of Europe"), _after()) is Level.WARN
    assert level_of("CD002", "We have found the cause: one wrong value in a file.", _after()) is None
    assert level_of("CD002", SAME) is None


def test_likeness_runs_from_nought_to_one() -> None:
    assert measure_likeness("a b c", "A, b - c!") == 1.0
    assert measure_likeness("a b c", "d e f") == 0.0
    assert measure_likeness("a b c d e", "a b c d f") == 0.8


def test_an_update_right_after_another_is_noted() -> None:
    assert level_of("CD003", "Text.", _after(ago=2 * MINUTE)) is Level.INFO
    assert level_of("CD003", "Text.", _after(ago=3 * MINUTE)) is None


def test_a_page_that_moved_blocks() -> None:
    assert level_of("CD004", "Text.", Context(is_page_moved=True)) is Level.BLOCK
    assert level_of("CD004", "Text.", Context(is_page_moved=False)) is None


def test_after_two_hours_without_news_a_slower_rhythm_is_offered() -> None:
    assert level_of("CD005", SAME, _after(declared_at=NOW - 2 * HOUR)) is Level.INFO
    assert level_of("CD005", SAME, _after(declared_at=NOW - HOUR)) is None
    assert level_of("CD005", SAME + " From now on we post every hour.", _after(declared_at=NOW - 3 * HOUR)) is None


def test_a_slower_rhythm_is_told_to_customers() -> None:
    stretched = _after(promised=0, promise_at=NOW + 2 * HOUR)
    assert level_of("CD006", "Sign-in still fails.", stretched) is Level.WARN
    assert level_of("CD006", "Sign-in still fails. From now on we post every 2 hours.", stretched) is None
    assert level_of("CD006", "Sign-in still fails.", _after(promised=0, promise_at=NOW + 30 * MINUTE)) is None


@pytest.mark.parametrize(
    ("severity", "hours", "level"),
    [
        (Severity.SEV1, 1.1, Level.INFO),
        (Severity.SEV1, 0.9, None),
        (Severity.SEV2, 2.1, Level.INFO),
        (Severity.SEV3, 9, None),
    ],
)
def test_investigating_for_long_wants_what_was_ruled_out(severity: Severity, hours: float, level: Level | None) -> None:
    context = Context(now=NOW, status=INVESTIGATING, severity=severity, declared_at=NOW - int(hours * HOUR))
    assert level_of("CD007", "We are looking for the cause.", context) is level
    assert level_of("CD007", "We have ruled out the last release.", context) is None


def test_a_drill_reaches_nobody() -> None:
    (finding,) = find("DR001", "Text.", Context(is_drill=True, is_live=True))
    assert (finding.level, finding.is_final) == (Level.BLOCK, True)
    assert level_of("DR001", "Text.", Context(is_drill=True, is_live=False)) is None
    assert words_of("DR001", "DRILL: sign-in fails. This is a drill.") == ["DRILL", "This is a drill"]
    assert words_of("DR001", "DRILL", Context(is_live=False)) == []
    assert words_of("DR001", "Apache Drill and drill-downs fail. This is not a drill.") == []


def _window(**known: object) -> Context:
    return Context(now=NOW, window=Window(**known))  # type: ignore[arg-type]


def test_notice_of_planned_work_is_long_enough() -> None:
    assert level_of("MW001", "Text.", _window(starts_at=NOW + DAY, least_notice_ms=3 * DAY)) is Level.BLOCK
    assert level_of("MW001", "Text.", _window(starts_at=NOW + 3 * DAY, least_notice_ms=3 * DAY)) is None
    begun = _window(starts_at=NOW - HOUR, least_notice_ms=3 * DAY, status=MaintenanceStatus.IN_PROGRESS)
    assert level_of("MW001", "Text.", begun) is None
    assert level_of("MW001", "Text.", _window(starts_at=NOW + DAY)) is None


def test_planned_work_is_alone_has_a_way_back_and_an_owner() -> None:
    assert [each.level for each in find("MW002", "Text.", _window(overlaps=("Replica work", "#42")))] == [
        Level.BLOCK
    ] * 2
    assert find("MW002", "Text.", _window(overlaps=())) == []
    assert len(find("MW003", "Text.", _window(has_backout=False, owner=" "))) == 2
    assert find("MW003", "Text.", _window(has_backout=True, owner="dana")) == []
    assert find("MW003", "Text.", _window()) == []
