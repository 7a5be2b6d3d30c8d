from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from oncall_tui.domain.facts import Facts
from oncall_tui.domain.incident import Cause, ComponentStatus, IncidentStatus, Severity
from oncall_tui.domain.lint.catalogue import lint
from oncall_tui.domain.lint.model import Context, Finding, Level, Window
from oncall_tui.domain.maintenance import MaintenanceStatus

_S = IncidentStatus
_MINUTE = 60_000
_NOW = int(datetime(2026, 11, 22, 14, 40, tzinfo=UTC).timestamp() * 1000)
_FIRST = Context(status=_S.INVESTIGATING, is_first=True)
_GOOD = "We are looking into failed sign-ins. About 30% of customers in Europe get an error since 14:05 UTC."


def _find(body: str, context: Context, title: str = "Sign-in") -> list[Finding]:
    return lint(title, body, context, groups=("MS",))


def _told(body: str, context: Context, title: str = "Sign-in") -> list[tuple[str, Level]]:
    return [(finding.rule, finding.level) for finding in _find(body, context, title)]


def test_a_good_first_post_lacks_nothing() -> None:
    assert _told(_GOOD, _FIRST) == []
    due = replace(_FIRST, has_promise=True, promise_at=_NOW + 25 * _MINUTE)
    assert _told(f"{_GOOD} Next update by 15:05 UTC.", due) == []


def test_a_bare_text_without_a_state_is_not_judged_by_what_it_lacks() -> None:
    assert _told("This is what we know.", Context()) == []


def test_what_is_broken_must_be_said_first_of_all() -> None:
    general = "We are currently investigating this issue."
    assert ("MS001", Level.INFO) in _told(general, Context(status=_S.INVESTIGATING), "Service disruption")
    assert ("MS001", Level.BLOCK) in _told(general, replace(_FIRST, components={}), "Service disruption")
    assert ("MS001", Level.INFO) in _told(general, _FIRST, "Service disruption")
    some = replace(_FIRST, components={"Shop": ComponentStatus.PARTIAL_OUTAGE})
    assert "MS001" not in dict(_told(general, some, "Service disruption"))
    assert "MS001" not in dict(_told(general, replace(_FIRST, components={}), "Checkout"))


@pytest.mark.parametrize(
    ("rule", "text", "facts"),
    [
        ("MS002", "We are looking into elevated 5xx for 30% of requests.", Facts(impact="pages show an error")),
        ("MS003", "We are looking into failed sign-ins.", Facts(scope="everyone in Europe")),
        ("MS003", "We are looking into failed sign-ins.", Facts(is_scope_unknown=True)),
        ("MS004", "Some customers cannot sign in.", Facts(action="returning to this morning's version")),
    ],
)
def test_a_part_that_is_missing_is_told_unless_it_is_known_apart(rule: str, text: str, facts: Facts) -> None:
    assert _told(text, _FIRST) == [(rule, Level.WARN if rule == "MS004" else Level.INFO)]
    assert _told(text, replace(_FIRST, is_first=False)) == [(rule, Level.INFO)]
    assert _told(text, Context(status=_S.INVESTIGATING)) == [(rule, Level.INFO)]
    assert _told(text, replace(_FIRST, facts=facts)) == []


def test_not_knowing_the_scope_is_a_scope() -> None:
    assert _told("Sign-ins fail. We do not know yet how many are affected, and are looking into it.", _FIRST) == []


def test_what_another_language_lacks_is_not_told() -> None:
    assert _told("ログインできない状態です。", _FIRST) == []


@pytest.mark.parametrize(
    ("words", "due_in", "is_told"),
    [
        ("Next update by 15:05 UTC.", 25, False),
        ("Next update by 15:05 UTC.", 26, False),
        ("Next update by 15:05 UTC.", 50, True),
        ("Next update by 15:05 UTC.", 10, True),
        ("Next update in 30 minutes.", 33, False),
        ("Next update in 30 minutes.", 60, True),
        ("Next update by 15:05 local time.", 50, False),
        ("Next update by 15:05 UTC. We will post again at 15:30 UTC.", 50, False),
    ],
)
def test_customers_read_the_time_that_is_counted_down(words: str, due_in: int, is_told: bool) -> None:
    open_ = replace(_FIRST, now=_NOW, has_promise=True, promise_at=_NOW + due_in * _MINUTE)
    found = [each for each in _find(f"{_GOOD} {words}", open_) if each.rule == "MS005"]
    assert [each.level for each in found] == [Level.BLOCK] * is_told
    if is_told and (fix := found[0].fix) is not None:
        text = f"{_GOOD} {words}"
        mended = f"{text[: found[0].start]}{fix.replacement}{text[found[0].end :]}"
        assert "MS005" not in dict(_told(mended, open_))


def test_an_open_incident_promises_the_next_words() -> None:
    open_ = replace(_FIRST, now=_NOW)
    assert _told(_GOOD, replace(open_, has_promise=False)) == [("MS005", Level.BLOCK)]
    assert _told(f"{_GOOD} Next update in 30 minutes.", replace(open_, has_promise=False)) == [("MS005", Level.WARN)]
    assert _told(_GOOD, open_) == []
    assert _told(_GOOD, replace(open_, has_promise=False, status=_S.MONITORING)) == [("MS005", Level.BLOCK)]


def test_a_promise_that_is_not_in_the_text_is_added() -> None:
    promised = replace(_FIRST, now=_NOW, has_promise=True, promise_at=_NOW + 25 * _MINUTE)
    (finding,) = _find(_GOOD, promised)
    assert (finding.rule, finding.level) == ("MS005", Level.WARN)
    assert finding.fix is not None
    mended = _GOOD[: finding.start] + finding.fix.replacement
    assert mended == f"{_GOOD} Next update by 15:05 UTC."
    assert _told(mended, promised) == []


def test_a_resolution_tells_its_window() -> None:
    text = "This incident has been resolved."
    over = Context(status=_S.RESOLVED, now=_NOW, started_at=_NOW - 47 * _MINUTE)
    assert _told(text, Context(status=_S.RESOLVED)) == [("MS006", Level.INFO)]
    (finding,) = _find(text, over)
    assert (finding.rule, finding.level) == ("MS006", Level.WARN)
    assert finding.fix is not None
    mended = text[: finding.start] + finding.fix.replacement
    assert mended == f"{text} It lasted from 13:53 UTC to 14:40 UTC, 47 minutes in all."
    assert _told(mended, over) == []


def test_a_grave_end_of_our_own_tells_cause_and_data() -> None:
    over = Context(status=_S.RESOLVED, cause=Cause.OURS, severity=Severity.SEV1)
    text = "From 14:05 to 14:52 UTC sign-ins failed. They work again."
    assert _told(text, over) == [("MS007", Level.INFO), ("MS008", Level.INFO)]
    assert _told(f"{text} The cause was a full disk. No data was lost.", over) == []
    assert _told(text, replace(over, cause=Cause.UPSTREAM, severity=Severity.SEV3)) == []
    assert _told(text, replace(over, severity=Severity.SEV3, facts=Facts(cause_plain="a full disk"))) == []


def test_a_way_round_that_is_known_is_told() -> None:
    known = replace(_FIRST, facts=Facts(workaround="Use the mobile app instead."))
    assert _told(_GOOD, known) == [("MS009", Level.INFO)]
    assert _told(f"{_GOOD} Please use the mobile app instead.", known) == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Tonight we work on mail.", 2),
        ("On Sun 29 Nov, 02:00-04:00 UTC, mail is read-only for up to 20 min.", 0),
        ("On Sun 29 Nov at 02:00 UTC, for 2 hours, mail may be slow.", 0),
        ("On Sun 29 Nov at 02:00 UTC mail may be slow.", 1),
        ("On Sun 29 Nov, 02:00-04:00, mail may be slow.", 2),
    ],
)
def test_planned_work_names_its_window_zone_and_effect(text: str, count: int) -> None:
    planned = Context(window=Window(status=MaintenanceStatus.SCHEDULED))
    assert _told(text, planned) == [("MS010", Level.BLOCK)] * count
    assert _told(text, Context()) == []
    assert _told(text, replace(planned, window=Window(status=MaintenanceStatus.COMPLETED))) == []


def test_what_the_window_knows_needs_no_words() -> None:
    window = Window(_NOW, _NOW + 60 * _MINUTE, MaintenanceStatus.SCHEDULED, effect="mail is read-only")
    assert _told("We work on the mail servers.", Context(window=window)) == []
    assert _told("We work on the mail servers.", Context(window=replace(window, effect=None))) == [
        ("MS010", Level.BLOCK)
    ]
