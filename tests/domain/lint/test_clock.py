from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from msgspec.structs import replace

from oncall_tui.domain.facts import Facts
from oncall_tui.domain.incident import IncidentStatus, Severity
from oncall_tui.domain.lint.catalogue import lint
from oncall_tui.domain.lint.model import Context, Finding, Level, Window
from oncall_tui.domain.lint.promises import find_lengths, has_next_time
from oncall_tui.domain.lint.reading import Reading
from oncall_tui.domain.maintenance import MaintenanceStatus

_MINUTE = 60_000
_NOW = int(datetime(2026, 11, 22, 14, 40, tzinfo=UTC).timestamp() * 1000)
_OPEN = Context(now=_NOW, status=IncidentStatus.INVESTIGATING, severity=Severity.SEV2)
_WINDOW = Window(starts_at=_NOW + 600 * _MINUTE, ends_at=_NOW + 700 * _MINUTE, status=MaintenanceStatus.SCHEDULED)


def _find(body: str, context: Context | None = None, title: str = "Mail is slow") -> list[Finding]:
    return lint(title, body, context or Context(), groups=("TM",))


def _rules(body: str, context: Context | None = None) -> list[str]:
    return [finding.rule for finding in _find(body, context)]


@pytest.mark.parametrize(
    ("text", "minute", "zone", "offset"),
    [
        ("at 14:05 UTC.", 845, "UTC", 0),
        ("at 14:05 (UTC)", 845, "UTC", 0),
        ("at 2:05 PM PST", 845, "PST", -480),
        ("at 2pm CET", 840, "CET", 60),
        ("at 12:30 am UTC", 30, "UTC", 0),
        ("at 1405 UTC", 845, "UTC", 0),
        ("at 14.05 UTC", 845, "UTC", 0),
        ("at 14:05 UTC+2", 845, "UTC+2", 120),
        ("at 14:05 +05:30", 845, "+05:30", 330),
        ("2026-11-22T14:05:30Z", 845, "Z", 0),
        ("at 2:05 PM Pacific Time", 845, "Pacific Time", None),
        ("at 14:05 Europe/Berlin", 845, "Europe/Berlin", None),
        ("UTC 14:05", 845, "UTC", 0),
        ("at 14:05 hrs UTC", 845, "UTC", 0),
        ("at 14:05", 845, "", None),
        ("14:05 - mail is slow. All times are in UTC.", 845, "UTC", 0),
        ("at 14:05 on 22 November (UTC)", 845, "UTC", 0),
    ],
)
def test_times_are_read_with_their_zones(text: str, minute: int, zone: str, offset: int | None) -> None:
    (clock,) = Reading(text).clocks
    assert (clock.minute, clock.zone, clock.offset_min) == (minute, zone, offset)


@pytest.mark.parametrize(
    "text",
    ["a 16:9 picture", "on port:443", "00:1b:44:11:3a:b7", "2001:db8::12:30", "25:70", "version 2.10",
     "it took 02:15 hours", "10.0.0.1", "`14:05`", "https://example.com/14:05", "a ratio of 10:15:20:25"],
)  # fmt: skip
def test_other_figures_are_no_times(text: str) -> None:
    assert list(Reading(text).clocks) == []


def test_a_range_shares_the_zone_of_its_end() -> None:
    clocks = Reading("From 14:05 to 14:52 UTC, and again at 15:10. At 16:00 all was well.").clocks
    assert [clock.zone for clock in clocks] == ["UTC", "UTC", "UTC", ""]


@pytest.mark.parametrize(
    ("text", "day", "weekday"),
    [
        ("Sunday 29 November 2026", date(2026, 11, 29), 6),
        ("Nov 29, 2026", date(2026, 11, 29), None),
        ("Sun, 29th of Nov", date(2026, 11, 29), 6),
        ("2026-11-29", date(2026, 11, 29), None),
        ("November 29th (Sunday)", date(2026, 11, 29), 6),
        ("3 January", date(2027, 1, 3), None),
    ],
)
def test_dates_are_read(text: str, day: date, weekday: int | None) -> None:
    (named,) = Reading(f"On {text} we start.").dates
    assert (named.on(date(2026, 11, 22)), named.weekday) == (day, weekday)


@pytest.mark.parametrize(
    "text", ["may 5 users", "May 5% of them", "Mar 14:05", "march on 12", "Jan 2026", "12-34-5678"]
)
def test_other_words_are_no_dates(text: str) -> None:
    assert list(Reading(text).dates) == []


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("47 minutes", 47), ("2 hours 5 min", 125), ("1.5 hours", 90), ("2h 10m", 130), ("a 30-minute gap", 30),
     ("1 day and 2 hours", 1560), ("two hours", 120), ("half an hour", 30), ("an hour", 60)],
)  # fmt: skip
def test_lengths_are_read(text: str, minutes: int) -> None:
    assert [length.ms for length in find_lengths(Reading(f"It took {text}."))] == [minutes * _MINUTE]


@pytest.mark.parametrize(
    "text",
    ["Next update by 15:05 UTC.", "You will hear from us again by 15:05 UTC.", "Next update in 30 minutes.",
     "We will post another update at 3pm UTC.", "We will provide an update within the next hour, by 15:30 UTC.",
     "We will post updates every 30 minutes.", "Updates will be posted hourly, hourly updates."],
)  # fmt: skip
def test_the_next_time_is_seen(text: str) -> None:
    assert has_next_time(Reading(text))


@pytest.mark.parametrize(
    "text",
    ["We will keep you posted.", "The last update was at 14:05 UTC.", "More updates to follow as they come.",
     "It began at 14:05 UTC.", "Further updates on the fault that began at 14:05 UTC will follow."],
)  # fmt: skip
def test_no_next_time_is_not_seen(text: str) -> None:
    assert not has_next_time(Reading(text))


@pytest.mark.parametrize(
    "text",
    ["Next update by 14:35 UTC.", "We expect this to end by 14:41 UTC.", "ETA: 09:30 EST",
     "By 14:35 UTC we will be back.", "More at 14:35 UTC.", "Update due 14:35 UTC.", "You will hear more at 14:35 UTC.",
     "It will be back by 2:40 PM UTC.", "We will repair it by 14:30 UTC.",
     "Next update by 14:35 UTC on 22 November.", "Next update by 15:30 CET."],
)  # fmt: skip
def test_a_promise_that_has_passed_blocks(text: str) -> None:
    found = [finding for finding in _find(text, _OPEN) if finding.rule == "TM001"]
    assert [finding.level for finding in found] == [Level.BLOCK]
    assert "TM001" not in _rules(text)
    assert "TM001" not in _rules(text, replace(_OPEN, status=IncidentStatus.RESOLVED))


@pytest.mark.parametrize(
    "text",
    ["Next update by 15:05 UTC.", "It was expected to end, and it did at 14:05 UTC.",
     "We will post the next update tomorrow at 09:00 UTC.", "Next update on Monday at 09:00 UTC.",
     "Next update by 14:35 Pacific Time.", "Next update by 08:00 UTC on 23 November.",
     "Errors began at 14:05 UTC.", "Next update by 00:15 UTC."],
)  # fmt: skip
def test_a_promise_to_come_passes(text: str) -> None:
    assert "TM001" not in _rules(text, _OPEN)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("On 22 November at 13:10 UTC mail became slow, next update by 02:30 UTC.", (23, 2, 30)),
        ("On 22 November at 13:10 UTC mail became slow, next update by 14:35 UTC.", (22, 14, 35)),
        ("On 20 November we changed the way in, and the next update comes by 15:20 UTC.", (22, 15, 20)),
        ("The work is on 25 November: next update by 14:00 UTC.", (25, 14, 0)),
    ],
)
def test_a_promise_is_not_held_to_the_day_of_another_time(text: str, at: tuple[int, int, int]) -> None:
    *_, clock = Reading(text).clocks
    expected = int(datetime(2026, 11, *at, tzinfo=UTC).timestamp() * 1000)
    assert clock.at(_NOW) == expected
    assert ("TM001" in _rules(text, _OPEN)) is (expected < _NOW)


@pytest.mark.parametrize(
    ("when", "day"),
    [
        ("04:30 UTC on 23 November", 23),
        ("04:30 UTC on Monday, 23 November", 23),
        ("04:30 UTC, 23 Nov", 23),
        ("04:30 (UTC) on the 23rd of November", 23),
        ("04:30 UTC (23 November)", 23),
        ("4:30 am UTC in the morning of 23 November", 23),
        ("04:30 UTC tomorrow (23 November)", 23),
        ("04:30 UTC on Monday", 23),
        ("04:30 UTC tomorrow", 23),
        ("04:30 UTC on Friday", 27),
    ],
)
def test_the_day_behind_a_time_is_its_own(when: str, day: int) -> None:
    expected = int(datetime(2026, 11, day, 4, 30, tzinfo=UTC).timestamp() * 1000)
    for told in (
        f"Since 13:10 UTC on 22 November mail has been slow, and the next update comes by {when}.",
        f"On 22 November, mail became slow: next update by {when}.",
        f"It began today at 13:10 UTC, next update by {when}.",
    ):
        *_, clock = Reading(told).clocks
        assert clock.at(_NOW) == expected, told
        assert "TM001" not in _rules(told, _OPEN)


@pytest.mark.parametrize(
    "when",
    ["on 23 November at 04:30 UTC", "on 23 November, 04:30 UTC", "on 23 Nov around 04:30 UTC", "tomorrow at 04:30 UTC",
     "tomorrow by 04:30 UTC", "tomorrow morning, by 04:30 UTC", "on Monday at 04:30 UTC", "at 2026-11-23T04:30Z"],
)  # fmt: skip
def test_the_day_before_a_time_is_its_own(when: str) -> None:
    for told in (
        f"It began at 13:10 UTC on 22 November; next update {when}.",
        f"It began on 22 November; next update {when}.",
        f"It began today; next update {when}, or earlier if it ends on 22 November.",
    ):
        clock = Reading(told).clocks[-1]
        assert clock.at(_NOW) == int(datetime(2026, 11, 23, 4, 30, tzinfo=UTC).timestamp() * 1000), told


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("On 22 November from 20:10 to 22:30 UTC.", [22, 22]),
        ("On 22 November, from 20:10 UTC until 04:30 UTC, 23 November.", [22, 23]),
        ("22 November, 20:10 UTC - 23 November, 04:30 UTC", [22, 23]),
        ("20:10 UTC, 22 Nov - 04:30 UTC, 23 Nov", [22, 23]),
        ("22 Nov 20:10 UTC, 23 Nov 04:30 UTC", [22, 23]),
        ("From 20:10 to 22:30 UTC on 22 November.", [22, 22]),
    ],
)
def test_each_time_of_a_window_has_its_day(text: str, days: list[int]) -> None:
    assert [clock.date.day if clock.date else None for clock in Reading(text).clocks] == days


def test_a_past_promise_is_mended_with_the_chosen_one() -> None:
    text = "We are on it. Next update by 14:35 UTC."
    (finding,) = _find(text, replace(_OPEN, promise_at=_NOW + 25 * _MINUTE))
    assert finding.fix is not None
    mended = text[: finding.start] + finding.fix.replacement + text[finding.end :]
    assert mended == "We are on it. Next update by 15:05 UTC."
    assert _rules(mended, _OPEN) == []


def test_the_chosen_times_are_checked_too() -> None:
    assert _rules("We are on it.", replace(_OPEN, promise_at=_NOW + _MINUTE)) == ["TM001"]
    assert _rules("We are on it.", replace(_OPEN, facts=Facts(eta_at=_NOW - _MINUTE, eta_source="the supplier"))) == [
        "TM001"
    ]


def test_a_time_without_a_zone_gets_one() -> None:
    text = "It began at 14:05 and ended at 2:30 pm."
    found = _find(text)
    assert [(finding.rule, finding.level) for finding in found] == [("TM002", Level.INFO)] * 2
    assert [finding.level for finding in _find(text, Context(now=_NOW))] == [Level.WARN] * 2
    for finding in reversed(found):
        assert finding.fix is not None
        text = text[: finding.start] + finding.fix.replacement + text[finding.end :]
    assert text == "It began at 14:05 UTC and ended at 2:30 pm UTC."
    assert _rules(text) == []


@pytest.mark.parametrize("word", ["today", "tonight", "tomorrow morning", "yesterday", "shortly", "soon", "next week"])
def test_words_that_age_are_noted(word: str) -> None:
    (finding,) = _find(f"More will follow {word}.")
    assert (finding.rule, finding.level) == ("TM003", Level.INFO)


@pytest.mark.parametrize(
    "text",
    ["As soon as we know.", "Today, 22 November, mail was slow.", "Tonight at 22:00 UTC.", "Today's version is back."],
)
def test_words_with_a_time_beside_them_pass(text: str) -> None:
    assert _rules(text) == []


@pytest.mark.parametrize(
    "text",
    ["On Sunday 30 Nov 2026 we start.", "On 31 November 2026 we start.", "2026-02-30",
     "On Sunday (30 Nov 2026) we start.", "On Sunday 30.11.2026 we start."],
)  # fmt: skip
def test_a_date_that_cannot_be_blocks(text: str) -> None:
    assert [(finding.rule, finding.level) for finding in _find(text)] == [("TM004", Level.BLOCK)]


def test_a_date_without_a_year_is_judged_by_the_clock() -> None:
    assert _rules("On Sunday 30 November we start.") == []
    assert _rules("On Sunday 30 November we start.", _OPEN) == ["TM004"]
    assert _rules("On Sunday 29 November we start.", _OPEN) == []


def test_planned_work_in_the_past_blocks() -> None:
    planned = Context(now=_NOW, window=_WINDOW)
    assert _rules("On Saturday 21 November 2026 we work on mail.", planned) == ["TM004"]
    assert _rules("On Sunday 29 November 2026 we work on mail.", planned) == []
    over = replace(planned, window=replace(_WINDOW, starts_at=_NOW - 2 * _MINUTE, ends_at=_NOW - _MINUTE))
    assert _rules("We work on mail.", over) == ["TM004"]
    backwards = replace(planned, window=replace(_WINDOW, ends_at=_WINDOW.starts_at))
    assert _rules("We work on mail.", backwards) == ["TM004"]
    begun = replace(planned, window=replace(_WINDOW, status=MaintenanceStatus.IN_PROGRESS))
    assert _rules("On Saturday 21 November 2026 we began.", begun) == []


def test_a_promise_beyond_the_rhythm_is_told() -> None:
    grave = replace(_OPEN, severity=Severity.SEV1)
    assert _rules("Next update in 4 hours.", grave) == ["TM005"]
    assert _rules("Next update by 18:00 UTC.", grave) == ["TM005"]
    assert _rules("Next update in two hours.", grave) == ["TM005"]
    assert _rules("Next update in 2-3 hours.", grave) == ["TM005"]
    assert "TM005" in _rules("We will post the next update tomorrow at 09:00 UTC.", grave)
    assert _rules("Next update in fifteen minutes.", grave) == []
    assert _rules("Next update in 15 minutes.", grave) == []
    assert _rules("We are on it.", replace(grave, promise_at=_NOW + 240 * _MINUTE)) == ["TM005"]
    assert _rules("We are on it.", replace(grave, promise_at=_NOW + 15 * _MINUTE)) == []
    assert _rules("Next update in 30 minutes.", grave) == ["TM005"]
    assert _rules("Next update in 30 minutes.", replace(grave, declared_at=_NOW - 121 * _MINUTE)) == []
    assert _rules("Next update in 4 hours.") == []


@pytest.mark.parametrize(
    "text",
    ["Mail will be restored in 10 minutes.", "Fixed in 10 minutes.", "This will be resolved by 15:30 UTC.",
     "The ETA is 2 hours."],
)  # fmt: skip
def test_an_end_without_a_source_is_told(text: str) -> None:
    assert _rules(text) == ["TM006"]
    assert _rules(text, Context(facts=Facts(eta_source="the supplier"))) == []


@pytest.mark.parametrize(
    "text",
    ["Our supplier expects 15:30 UTC; we will confirm by then.", "Mail may be back by 15:30 UTC.",
     "It was fixed in 10 minutes.", "The next update will be posted in 10 minutes."],
)  # fmt: skip
def test_an_end_with_a_source_passes(text: str) -> None:
    assert _rules(text) == []


def test_a_length_that_the_timeline_contradicts_is_mended() -> None:
    over = Context(now=_NOW, status=IncidentStatus.RESOLVED, started_at=_NOW - 47 * _MINUTE, resolved_at=_NOW)
    text = "Mail was slow for 20 minutes."
    (finding,) = _find(text, over)
    assert finding.rule == "TM007"
    assert finding.fix is not None
    mended = text[: finding.start] + finding.fix.replacement + text[finding.end :]
    assert mended == "Mail was slow for 47 minutes."
    assert _rules(mended, over) == []
    assert _rules("The outage lasted about 45 min.", over) == []
    assert _rules("Mails arrived 20 minutes late.", over) == []
    assert _rules("Mail was slow for 20 minutes.") == []
