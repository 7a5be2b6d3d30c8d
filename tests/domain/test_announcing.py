"""How planned work is told, and what the rules know of it."""

from __future__ import annotations

from itertools import combinations

import pytest
from msgspec.structs import replace

from oncall_tui.content import load_templates
from oncall_tui.domain.announcing import (
    Customs,
    Work,
    describe_work,
    find_overlaps,
    word_anew,
    word_work,
    work_of_change,
)
from oncall_tui.domain.changing import Telling, list_effect_words
from oncall_tui.domain.duration import DAY, HOUR, MINUTE
from oncall_tui.domain.incident import Cause, Incident, IncidentStatus, Phase, Reach, Severity
from oncall_tui.domain.lint.catalogue import lint
from oncall_tui.domain.maintenance import (
    Maintenance,
    MaintenanceStatus,
    Notice,
    NoticeKind,
    PageMessage,
    PlanFields,
    PlanPart,
    WorkFacts,
)
from oncall_tui.domain.merging import read_plan

NOW = 1_795_356_300_000  # 2026-11-22 14:05 UTC
WORK = Work(("API",), NOW + 4 * DAY, NOW + 4 * DAY + HOUR, WorkFacts("the API is read-only", "the old disks", "dana"))
CUSTOMS = Customs(load_templates(), least_notice_ms=3 * DAY, is_live=True)
OTHER = Maintenance(7, "u", "Cables", MaintenanceStatus.SCHEDULED, WORK.starts_at, WORK.ends_at, (), (), NOW, "ben")
FIRE = Incident(
    3, "u", "API fails", IncidentStatus.INVESTIGATING, Phase.ACTIVE, None, Severity.SEV2, Cause.UNKNOWN, NOW, NOW, 1
)


def _rules(kind: NoticeKind, work: Work, *, overlaps: tuple[str, ...] = (), now: int = NOW) -> set[str]:
    body = word_work(kind, work, CUSTOMS, now)
    context = describe_work(kind, work, CUSTOMS, now, overlaps=overlaps, names=("API",))
    return {each.rule for each in lint("New disks", body, context) if each.level != "info"}


@pytest.mark.parametrize("kind", NoticeKind)
def test_the_usual_words_of_complete_work_have_no_findings(kind: NoticeKind) -> None:
    has_begun = kind in (NoticeKind.EXTEND, NoticeKind.FINISH)
    assert _rules(kind, replace(WORK, has_begun=has_begun)) == set()


def test_an_announcement_tells_everything_of_its_window_and_later_words_need_not() -> None:
    bare = replace(WORK, facts=WorkFacts())
    assert _rules(NoticeKind.PLAN, bare) == {"MS010", "MW003"}
    assert _rules(NoticeKind.PLAN, WORK, now=NOW + 2 * DAY) == {"MW001"}
    assert _rules(NoticeKind.PLAN, WORK, overlaps=("M7 Cables",)) == {"MW002"}
    assert _rules(NoticeKind.REMIND, bare, overlaps=("M7 Cables",), now=NOW + 3 * DAY) == set()
    assert _rules(NoticeKind.FINISH, bare, overlaps=("#3 API fails",), now=NOW + 5 * DAY) == set()


def test_a_template_is_used_where_it_has_no_gaps() -> None:
    told = word_work(NoticeKind.PLAN, WORK, CUSTOMS, NOW)
    assert told.startswith("On 26 November from 14:05 UTC to 15:05 UTC we work on API.")
    assert "the API is read-only" in told
    assert "{" not in word_work(NoticeKind.PLAN, replace(WORK, facts=WorkFacts()), CUSTOMS, NOW)
    late = word_work(NoticeKind.EXTEND, replace(WORK, has_begun=True), CUSTOMS, NOW)
    assert "takes longer than planned and will end by 15:05 UTC" in late
    assert "should now end by" in word_work(NoticeKind.EXTEND, WORK, CUSTOMS, NOW)


def test_what_goes_on_at_the_same_time() -> None:
    assert find_overlaps(WORK, [OTHER], [], NOW) == ["M7 Cables"]
    assert find_overlaps(WORK, [OTHER], [], NOW, own_id=7) == []
    over = replace(OTHER, status=MaintenanceStatus.COMPLETED)
    before = replace(OTHER, starts_at=NOW, ends_at=WORK.starts_at)
    assert find_overlaps(WORK, [over, before], [FIRE], NOW) == []
    soon = replace(WORK, starts_at=NOW + HOUR, ends_at=NOW + 2 * HOUR)
    assert find_overlaps(soon, [], [FIRE], NOW) == ["#3 API fails"]
    calm = [replace(FIRE, severity=Severity.SEV3), replace(FIRE, reach=Reach.DRILL), replace(FIRE, resolved_at=NOW)]
    assert find_overlaps(soon, [], calm, NOW) == []
    overrun = replace(OTHER, starts_at=NOW - HOUR, ends_at=NOW - MINUTE, status=MaintenanceStatus.IN_PROGRESS)
    assert find_overlaps(replace(soon, starts_at=NOW - MINUTE), [overrun], [], NOW) == ["M7 Cables"]


@pytest.mark.parametrize("customs", [CUSTOMS, Customs(is_live=True)], ids=["template", "plain"])
@pytest.mark.parametrize("has_begun", [False, True])
@pytest.mark.parametrize("old_ms", [-3 * HOUR, 40 * HOUR])
def test_the_usual_words_of_any_change_tell_it_and_have_no_findings(
    customs: Customs, has_begun: bool, old_ms: int
) -> None:
    before = PlanFields("Disks", MaintenanceStatus.SCHEDULED, NOW + old_ms, NOW + old_ms + MINUTE, ("Web",))
    plan = PlanFields("Cables", MaintenanceStatus.SCHEDULED, WORK.starts_at, WORK.ends_at, ("API",))
    works = Maintenance(1, "u", "Disks", plan.status, before.starts_at, before.ends_at, ("Web",), (), NOW, "ana")
    for touched in (each for n in range(1, 6) for each in combinations(PlanPart, n)):
        if has_begun and PlanPart.START in touched:
            continue
        telling = Telling(frozenset(touched), frozenset(touched), before, {})
        facts = WorkFacts("uploads wait.") if PlanPart.EFFECT in touched else WorkFacts()
        work = replace(work_of_change(works, plan, telling, facts), has_begun=has_begun)
        body = word_work(NoticeKind.CHANGE, work, customs, NOW)
        context = describe_work(NoticeKind.CHANGE, work, customs, NOW, overlaps=(), names=("API",))
        assert [each.message for each in lint("Cables", body, context) if each.level != "info"] == [], body
        assert ("Cables" in body) == (PlanPart.TITLE in touched)
        assert ("concerns API" in body) == (PlanPart.COMPONENTS in touched)
        assert ("uploads wait." in body) == (PlanPart.EFFECT in touched)
        assert ".." not in body
        assert ("15:05 UTC" in body) == bool({PlanPart.START, PlanPart.END} & set(touched))


def test_a_start_that_moves_gives_as_much_notice_as_an_announcement() -> None:
    before = PlanFields("", WORK.plan.status, 0, 1, ())
    near = replace(WORK, starts_at=NOW + DAY, ends_at=NOW + DAY + HOUR, before=before)
    for touched, rules in ((PlanPart.START, {"MW001"}), (PlanPart.END, set[str]())):
        assert _rules(NoticeKind.CHANGE, replace(near, touched=frozenset({touched}))) == rules


def test_words_of_a_person_stay_and_the_usual_ones_follow_the_plan() -> None:
    usual = word_work(NoticeKind.REMIND, WORK, CUSTOMS, NOW)
    notices = [
        Notice(f"n{kind}", kind, body, True, due_at, True, "ana", NOW)
        for kind, body, due_at in (
            (NoticeKind.REMIND, usual, WORK.starts_at - HOUR),
            (NoticeKind.START, "We begin.", WORK.starts_at),
        )
    ]
    works = replace(OTHER, components=("API",), facts=WORK.facts, notices=tuple(notices))
    moved = replace(read_plan(works), starts_at=WORK.starts_at + DAY, ends_at=WORK.ends_at + DAY)
    plan = replace(moved, components=("API", "Web"))
    anew = word_anew(works, plan, CUSTOMS, NOW)
    assert anew == {
        NoticeKind.REMIND: "A reminder: the planned work on API and Web begins at 14:05 UTC on 27 November 2026.",
        NoticeKind.START: "We begin.",
    }


def test_what_customers_read_of_an_effect_is_found_where_it_stands() -> None:
    def say(kind: NoticeKind, body: str, at: int, *, fired_at: int | None) -> Notice:
        return Notice(f"n{at}", kind, body, True, at, fired_at is None, "ana", at, fired_at=fired_at)

    first = say(NoticeKind.PLAN, "Work.\nYou notice: the API  is\nRead-only!", NOW, fired_at=NOW)
    moved = say(NoticeKind.CHANGE, "It has moved.", NOW + 1, fired_at=NOW + 1)
    start = say(NoticeKind.START, "We begin: The API is read-only.", WORK.starts_at, fired_at=None)
    works = replace(OTHER, facts=WORK.facts, notices=(first, moved, start))
    assert list_effect_words(works) == [(NOW, first.body), (WORK.starts_at, start.body)]
    # Somebody may have put it in words of their own: then the latest that told of the plan.
    assert list_effect_words(replace(works, facts=WorkFacts("uploads wait"))) == [(NOW + 1, moved.body)]
    theirs = PageMessage("page", "u1", MaintenanceStatus.SCHEDULED, "Made on the page.", NOW)
    assert list_effect_words(replace(works, facts=WorkFacts(), notices=()), [theirs]) == [(NOW, theirs.body)]
