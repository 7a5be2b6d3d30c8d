"""What an open draft makes of its words as time and facts move on."""

from __future__ import annotations

from pathlib import Path

from tests.tui.desk import declare, make_desk

from oncall_tui.clock import now_ms
from oncall_tui.content import load_templates
from oncall_tui.domain.duration import HOUR, MINUTE
from oncall_tui.domain.incident import Cause, Incident, IncidentStatus, Phase, Severity
from oncall_tui.domain.template import say_when
from oncall_tui.domain.update import Draft
from oncall_tui.store.outbox import confirm_update
from oncall_tui.tui.drafting import Course, House, OpenedDraft, Shape, find_words, open_draft
from oncall_tui.tui.snapshot import Snapshot
from oncall_tui.tui.writing import Writing

_BEGAN = 1_795_356_300_000  # 2026-11-22 14:05 UTC
_HOUSE = House(load_templates())
_INCIDENT = Incident(
    1, "u", "T", IncidentStatus.INVESTIGATING, Phase.ACTIVE, None, Severity.SEV2, Cause.UNKNOWN, _BEGAN, _BEGAN, 1
)


def _write(begun_at: int, course: Course, **changes: object) -> tuple[Writing, str]:
    """Returns a draft as it was begun at an instant, and its words."""
    shape = Shape(IncidentStatus.INVESTIGATING, {}, begun_at + 30 * MINUTE)
    words = find_words(_INCIDENT, shape, course, _HOUSE, begun_at)
    assert words.template is not None
    draft = Draft(
        1, 1, "t1", "ana", shape.status, words.body, begun_at, shape.next_update_at, words.template.key,
        variables={name: value for name, value in words.variables.items() if value is not None},
    )  # fmt: skip
    return Writing(OpenedDraft(draft, _INCIDENT, course, is_new=False), _HOUSE), words.body


def test_untouched_words_get_the_present_time_and_a_promise_that_can_be_kept() -> None:
    writing, body = _write(_BEGAN, Course(IncidentStatus.INVESTIGATING, 1, _BEGAN))
    assert writing.freshen(body, Snapshot(), _BEGAN + MINUTE) is None
    now = _BEGAN + HOUR
    words = writing.freshen(body, Snapshot(), now)
    assert words is not None
    assert say_when(now, now) in words
    assert writing.due_at == now + 30 * MINUTE
    assert say_when(writing.due_at, now) in words
    assert writing.freshen(f"{body} By hand.", Snapshot(), now) is None


def test_a_slower_rhythm_is_offered_after_two_hours_told_and_then_kept_to() -> None:
    course = Course(IncidentStatus.INVESTIGATING, 4, _BEGAN)
    writing, _ = _write(_BEGAN + HOUR, course)
    assert writing.find_slower(_BEGAN + 2 * HOUR - 1) is None
    now = _BEGAN + 2 * HOUR
    assert writing.find_slower(now) == HOUR
    body = writing.take_slower(HOUR, "Ours stays. ", Snapshot(), now)
    assert "From now on we write every 1 hour" in body
    assert "Ours stays." in body
    assert writing.due_at == now + HOUR
    assert writing.find_slower(now) is None

    later, words = _write(now + HOUR, Course(IncidentStatus.INVESTIGATING, 5, now, HOUR))
    assert "From now on" not in words
    assert later.take_status(IncidentStatus.IDENTIFIED, "", Snapshot(), now + HOUR) is not None
    assert later.due_at == now + 2 * HOUR
    assert later.find_slower(now + HOUR) == 2 * HOUR


def test_a_promise_by_hand_changes_one_sentence_of_words_that_were_touched() -> None:
    writing, body = _write(_BEGAN, Course())
    touched = body.replace("We are looking into", "We look into")
    words = writing.take_due(_BEGAN + HOUR, touched, Snapshot(), _BEGAN + MINUTE)
    assert words == touched.replace("14:35 UTC", "15:05 UTC")


def test_promises_are_scored_by_when_the_next_words_came(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    number = declare(desk)
    began = now_ms() - 3 * HOUR
    for at, promise in ((0, 30), (30, 60), (70, 100), (101, None)):
        confirm_update(
            desk.db, number, uid=f"u{at}", status=IncidentStatus.INVESTIGATING, body="words", components={},
            next_update_at=None if promise is None else began + promise * MINUTE, notify=True, actor="ana",
            now=began + at * MINUTE,
        )  # fmt: skip
    opened = open_draft(desk.db, number, "t1", "ana", now_ms(), is_wanted_new=True)
    assert opened is not None
    assert opened.course.score is not None
    assert str(opened.course.score) == "2 of 3 kept (1 to the minute)"


def test_words_that_a_person_chose_stay_those_words() -> None:
    writing, body = _write(_BEGAN, Course(IncidentStatus.INVESTIGATING, 1, _BEGAN))
    chosen = next(item for item in writing.list_templates() if item.key == "reopen")
    words = writing.use_template(chosen, body, Snapshot(), _BEGAN)
    assert words == writing.read_template(chosen, Snapshot(), _BEGAN)
    followed = writing.take_due(_BEGAN + HOUR, words, Snapshot(), _BEGAN)
    assert followed == writing.read_template(chosen, Snapshot(), _BEGAN) != words
    assert writing.put_template(followed, Snapshot(), _BEGAN) == body.replace("14:35", "15:05")
