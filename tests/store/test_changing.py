"""A change of planned work in the file: the plan, its notice, and all that the clock says, at once or not at all."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace
from tests.store.planned import END, MINUTE, NOON, PAGE, START, begin_epoch, change, plan, say
from tests.store.test_planned_page import TWO, deliver_all, show

from oncall_tui.domain.errors import ConflictError, RefusedError
from oncall_tui.domain.incident import ComponentStatus
from oncall_tui.domain.maintenance import Maintenance, NoticeKind, PlanPart, WorkFacts
from oncall_tui.domain.merging import read_plan
from oncall_tui.domain.update import DeliveryState
from oncall_tui.store.changing import change_maintenance, keep_facts, read_telling
from oncall_tui.store.database import Database
from oncall_tui.store.maintenance import get_maintenance, list_maintenance_entries
from oncall_tui.store.notice_rows import Words
from oncall_tui.store.notice_steps import claim_notice, settle_notice
from oncall_tui.store.notices import list_due_notices, list_notice_deliveries, list_placements
from oncall_tui.store.planned_clock import fire_due
from oncall_tui.store.planned_page import take_in_maintenance

K, D, P = NoticeKind, DeliveryState, PlanPart
LATER = 3 * 60 * MINUTE


def behind(db: Database) -> dict[str, set[PlanPart]]:
    work = get_maintenance(db, 1)
    return {page: set(parts) for page, parts in read_telling(db, work, read_plan(work)).behind.items()}


def waiting(work: Maintenance) -> dict[NoticeKind, int]:
    return {each.kind: each.due_at for each in work.notices if each.is_waiting}


def test_all_that_the_clock_says_moves_with_the_start(db: Database) -> None:
    epoch = begin_epoch(db)
    plan(db, remind_at=START - 30 * MINUTE)
    work = change(db, NOON + 1, starts_at=START + LATER, ends_at=END + LATER)
    assert (work.starts_at, work.ends_at, work.revision) == (START + LATER, END + LATER, 2)
    assert waiting(work) == {K.REMIND: START + LATER - 30 * MINUTE, K.START: START + LATER, K.FINISH: END + LATER}
    assert {each.body for each in work.notices if each.is_waiting} == {f"{kind} changed." for kind in waiting(work)}
    # An engine that slept says what is true now, and nothing of what was.
    assert fire_due(db, epoch, END) == 0
    assert fire_due(db, epoch, START + LATER) == 2
    assert [(each.kind, each.touches) for each in list_notice_deliveries(db, 1)] == [
        (K.PLAN, frozenset()),
        (K.CHANGE, {P.START, P.END}),
        (K.START, frozenset()),
    ]
    assert "changed the time: 16:00 UTC on 22" in " ".join(each.text for each in list_maintenance_entries(db, 1))


def test_a_reminder_whose_time_has_passed_is_not_said(db: Database) -> None:
    plan(db, remind_at=START - 30 * MINUTE)
    work = change(db, START - 29 * MINUTE, starts_at=START - 10 * MINUTE)
    assert set(waiting(work)) == {K.START, K.FINISH}
    assert list_maintenance_entries(db, 1)[-2].text == "remind is not said: its time has passed"


def test_customers_who_were_reminded_are_reminded_anew_of_another_start(db: Database) -> None:
    epoch = begin_epoch(db)
    plan(db, remind_at=START - 30 * MINUTE)
    assert fire_due(db, epoch, START - 30 * MINUTE) == 1
    work = change(db, START - 20 * MINUTE, starts_at=START + LATER, ends_at=END + LATER)
    assert waiting(work)[K.REMIND] == START + LATER - 30 * MINUTE
    assert [each.is_overtaken for each in list_due_notices(db, START, page=PAGE)] == [False]
    plan_delivery, reminder, _ = list_notice_deliveries(db, 1)
    claim_notice(db, plan_delivery.id, epoch, "x", (), NOON)
    settle_notice(db, plan_delivery.id, epoch, D.DROPPED, reason="", now=NOON)
    (due,) = list_due_notices(db, START, page=PAGE)
    assert (due.id, due.is_overtaken) == (reminder.id, True)


def test_a_start_that_was_slept_through_can_still_be_moved(db: Database) -> None:
    epoch = begin_epoch(db)
    plan(db)
    change(db, START + 5 * MINUTE, starts_at=START + LATER, ends_at=END + LATER)
    assert fire_due(db, epoch, START + 6 * MINUTE) == 0
    assert get_maintenance(db, 1).status == "scheduled"


def test_what_has_begun_keeps_its_start_and_can_change_all_else(db: Database) -> None:
    epoch = begin_epoch(db)
    plan(db)
    fire_due(db, epoch, START)
    with pytest.raises(RefusedError, match="has begun already"):
        change(db, START + 1, starts_at=START + LATER, ends_at=END + LATER)
    work = change(db, START + 2, ends_at=START + 10 * MINUTE, title="Cables")
    assert (work.title, waiting(work)) == ("Cables", {K.FINISH: START + 10 * MINUTE})
    say(db, 1, K.FINISH, START + 3)
    with pytest.raises(RefusedError, match="is over"):
        change(db, START + 4, title="Disks")


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({}, "nothing-changes"),
        ({"title": " "}, "no-title"),
        ({"components": ()}, "no-component"),
        ({"ends_at": START}, "window"),
        ({"starts_at": NOON - 2, "ends_at": NOON - 1}, "window"),
    ],
)
def test_what_no_page_could_show_is_refused_whole(db: Database, fields: dict[str, Any], rule: str) -> None:
    before = plan(db)
    with pytest.raises(RefusedError) as caught:
        change(db, NOON + 1, **fields)
    assert caught.value.rule == rule
    assert get_maintenance(db, 1) == before


def test_what_no_page_took_is_told_by_the_next_change_from_what_customers_read(db: Database) -> None:
    epoch, work = begin_epoch(db), plan(db)
    deliver_all(db, epoch, work)
    change(db, NOON + 1, title="Cables", ends_at=END + LATER)
    first = list_notice_deliveries(db, 1)[-1]
    settle_notice(db, first.id, epoch, D.FAILED, reason="refused", now=NOON + 2)
    current = get_maintenance(db, 1)
    telling = read_telling(db, current, replace(read_plan(current), ends_at=END + 2 * LATER))
    assert (telling.before.ends_at, telling.parts) == (END, frozenset({P.TITLE, P.END}))
    other = read_telling(db, current, replace(read_plan(current), components=("Web",)))
    assert (other.before, other.parts) == (read_plan(current), frozenset({P.COMPONENTS}))
    change(db, NOON + 3, ends_at=END + 2 * LATER)
    (due,) = list_due_notices(db, NOON + 4, page=PAGE)
    assert (due.id, due.is_overtaken) == (first.id, True)


def test_of_two_terminals_one_changes_it(db: Database) -> None:
    seen = plan(db)
    change(db, NOON + 1, title="Cables", seen_revision=seen.revision)
    with pytest.raises(ConflictError):
        change(db, NOON + 2, ends_at=END + MINUTE, seen_revision=seen.revision)
    assert [each.kind for each in list_notice_deliveries(db, 1)] == [K.PLAN, K.CHANGE]


def test_words_of_the_clock_that_read_the_same_stay_as_they_were_confirmed(db: Database) -> None:
    before = plan(db)
    words = {K.CHANGE: Words("c", "Called otherwise.", False), K.START: Words("s", "start 1.", False)}
    after = change_maintenance(db, 1, replace(read_plan(before), title="Cables"), words, actor="ben", now=NOON + 1)
    assert [each for each in after.notices if each.is_waiting] == [each for each in before.notices if each.is_waiting]


def test_probes_go_with_the_components(db: Database) -> None:
    plan(db)
    with db.write() as connection:
        for position, (name, component) in enumerate((("api-eu", "API"), ("web-eu", "Web"))):
            spec = f'{{"component": "{component}"}}'
            connection.execute("INSERT INTO probe(name, position, spec) VALUES (?, ?, ?)", (name, position, spec))
    assert change(db, NOON + 1, components=("Web",)).probes == ("web-eu",)


def test_a_change_made_on_one_page_is_carried_to_the_others_alone(db: Database) -> None:
    epoch, work = begin_epoch(db), plan(db, pages=(PAGE, TWO))
    deliver_all(db, epoch, work, (PAGE, TWO))
    web = show(work, f"r-{PAGE}-1", title="Cables", ends_at=END + 30 * MINUTE)
    assert take_in_maintenance(db, web, NOON + 1, page=PAGE)
    assert take_in_maintenance(db, show(work, f"r-{TWO}-1"), NOON + 2, page=TWO)
    assert behind(db) == {TWO: {P.TITLE, P.END}}
    change(db, NOON + 3)
    (carried,) = [each for each in list_notice_deliveries(db, 1) if each.kind is K.CHANGE]
    assert (carried.page, carried.touches) == (TWO, frozenset({P.TITLE, P.END}))
    assert f"carried to {TWO}: change by hand." in list_maintenance_entries(db, 1)[-1].text
    # While it is on its way there is nothing more to carry.
    take_in_maintenance(db, show(work, f"r-{TWO}-1"), NOON + 4, page=TWO)
    assert behind(db) == {}


def test_components_that_both_sides_changed_are_a_conflict_that_the_next_word_settles(db: Database) -> None:
    epoch, work = begin_epoch(db), plan(db, pages=(PAGE, TWO))
    deliver_all(db, epoch, work, (PAGE, TWO))
    change(db, NOON + 1, components=("API", "Web"))
    mail = show(work, f"r-{PAGE}-1", components={"Mail": ComponentStatus.OPERATIONAL})
    assert take_in_maintenance(db, mail, NOON + 2, page=PAGE)
    (conflict,) = [each.conflict for each in list_placements(db, 1) if each.page == PAGE]
    assert conflict == "the page says Mail, here it is API, Web"
    assert get_maintenance(db, 1).components == ("API", "Web")
    change(db, NOON + 3, components=("API", "Mail"))
    assert [each.conflict for each in list_placements(db, 1)] == ["", ""]


FACTS = WorkFacts("uploads wait", "the old disks", "dana")


def test_what_no_customer_reads_is_kept_with_who_changed_it_from_what(db: Database) -> None:
    before = plan(db, facts=FACTS)
    after = keep_facts(db, 1, replace(FACTS, backout="", owner="eve"), actor="ben", now=NOON + 1, seen_revision=1)
    assert after == replace(before, facts=WorkFacts("uploads wait", "", "eve"), revision=2)
    assert [(each.text, each.actor, each.occurred_at) for each in list_maintenance_entries(db, 1)][1:] == [
        ("changed the way back: none (it was: the old disks)", "ben", NOON + 1),
        ("changed the owner: eve (it was: dana)", "ben", NOON + 1),
    ]
    with pytest.raises(ConflictError, match="after you looked"):
        keep_facts(db, 1, FACTS, actor="cara", now=NOON + 2, seen_revision=1)
    for facts, rule in ((after.facts, "nothing-changes"), (replace(FACTS, effect=""), "no-effect")):
        with pytest.raises(RefusedError) as refused:
            keep_facts(db, 1, facts, actor="cara", now=NOON + 2)
        assert refused.value.rule == rule
    say(db, 1, K.CANCEL, NOON + 3)
    with pytest.raises(RefusedError, match="was cancelled"):
        keep_facts(db, 1, FACTS, actor="cara", now=NOON + 4)
    assert get_maintenance(db, 1).facts == after.facts


def test_another_effect_is_told_to_whoever_knows_of_the_work(db: Database) -> None:
    deliver_all(db, begin_epoch(db), plan(db, facts=FACTS), (PAGE,))
    work = change(db, NOON + 1, facts=WorkFacts("uploads fail", "", "eve"))
    assert (work.facts, work.title) == (WorkFacts("uploads fail", "", "eve"), "Disks 1")
    told = list_notice_deliveries(db, 1)[-1]
    assert (told.kind, told.touches, told.page) == (K.CHANGE, frozenset({P.EFFECT}), PAGE)
    texts = " ".join(each.text for each in list_maintenance_entries(db, 1))
    for words in ("changed the effect: uploads fail: change by hand.", "it was: uploads wait", "it was: dana"):
        assert words in texts
    # A later word on the times does not make it needless; one on the effect does.
    change(db, NOON + 2, ends_at=END + MINUTE)
    assert [each.is_overtaken for each in list_due_notices(db, NOON + 2, page=PAGE)] == [False]
    change(db, NOON + 3, facts=FACTS)
    assert [each.is_overtaken for each in list_due_notices(db, NOON + 3, page=PAGE)] == [True]


def test_an_effect_that_no_page_knows_of_goes_nowhere(db: Database) -> None:
    plan(db, facts=FACTS, pages=())
    with pytest.raises(RefusedError, match="is so already"):
        change(db, NOON + 1, facts=WorkFacts("uploads fail"))
    assert get_maintenance(db, 1).facts == FACTS
