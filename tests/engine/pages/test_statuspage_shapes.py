"""Reading planned work, reviews and templates from whatever a page answers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.pages.test_shapes import JSON

from oncall_tui.domain.incident import ComponentStatus, IncidentStatus
from oncall_tui.domain.maintenance import MaintenanceStatus
from oncall_tui.domain.sanitize import is_clean
from oncall_tui.engine.pages.statuspage_shapes import (
    read_components,
    read_incident,
    read_maintenance,
    read_postmortem,
    read_template,
)
from oncall_tui.engine.pages.values import read_objects, read_time, write_time

WORK: dict[str, Any] = {
    "id": "work00000001",
    "name": "New disks",
    "status": "in_progress",
    "impact": "maintenance",
    "created_at": "2026-11-20T03:00:00.000Z",
    "updated_at": "2026-11-22T03:00:00.000Z",
    "shortlink": "https://stspg.test/x",
    "scheduled_for": "2026-11-22T03:00:00.000Z",
    "scheduled_until": "2026-11-22T01:00:00.000-04:00",
    "scheduled_auto_in_progress": True,
    "scheduled_auto_completed": False,
    "scheduled_remind_prior": None,
    "metadata": {"oncall_tui": {"uid": "u-1", "ops": ["o-1"]}},
    "components": [{"id": "c1", "name": "API", "status": "under_maintenance"}],
    "incident_updates": [
        {"id": "u2", "status": "in_progress", "body": "Begun.", "created_at": "2026-11-22T03:00:00.000Z"},
        {"id": "u1", "status": "scheduled", "body": "Soon.\r\n", "created_at": "2026-11-20T03:00:00.000Z"},
    ],
}


def test_work_is_read_in_our_words() -> None:
    work = read_maintenance(WORK, {"c1": "Our API"})
    assert work is not None
    assert (work.title, work.status, work.uid, work.ops) == (
        "New disks",
        MaintenanceStatus.IN_PROGRESS,
        "u-1",
        ("o-1",),
    )
    assert work.ends_at is not None
    assert (work.starts_at, work.ends_at - work.starts_at) == (1_795_316_400_000, 2 * 3_600_000)
    assert (work.has_auto_start, work.has_auto_end, work.remind_prior) == (True, False, False)
    assert work.components == {"Our API": ComponentStatus.UNDER_MAINTENANCE}
    assert [(each.status, each.body) for each in work.updates] == [
        (MaintenanceStatus.SCHEDULED, "Soon."),
        (MaintenanceStatus.IN_PROGRESS, "Begun."),
    ]


@pytest.mark.parametrize("missing", ["id", "status", "created_at", "scheduled_for"])
def test_work_without_what_is_needed_is_none(missing: str) -> None:
    assert read_maintenance({**WORK, missing: None}, {}) is None


def test_an_end_that_is_not_told_is_not_made_up() -> None:
    work = read_maintenance({**WORK, "scheduled_until": None}, {})
    assert work is not None
    assert work.ends_at is None


@pytest.mark.parametrize("impact", ["maintenance", "none"])
def test_reviewed_work_stays_work(impact: str) -> None:
    reviewed = {**WORK, "status": "postmortem", "impact": impact}
    work = read_maintenance(reviewed, {})
    assert work is not None
    assert work.status is MaintenanceStatus.COMPLETED
    assert read_incident(reviewed, {}) is None


def test_a_reviewed_incident_with_odd_hours_stays_an_incident() -> None:
    update = {"id": "u1", "status": "resolved", "body": "Done.", "created_at": WORK["created_at"]}
    reviewed = {**WORK, "status": "postmortem", "impact": "minor", "incident_updates": [update]}
    assert read_maintenance(reviewed, {}) is None
    incident = read_incident(reviewed, {})
    assert incident is not None
    assert incident.status is IncidentStatus.POSTMORTEM


@pytest.mark.parametrize("status", ["investigating", "resolved", "", 7])
def test_an_incident_is_no_work(status: object) -> None:
    assert read_maintenance({**WORK, "status": status}, {}) is None


@given(JSON)
def test_no_answer_breaks_the_reading(answer: object) -> None:
    read_maintenance(answer, {})
    read_postmortem(answer)
    items = list(read_objects(answer))
    read_components(items)
    for item in items:
        read_template(item)


@given(st.dictionaries(st.sampled_from(sorted(WORK)), JSON))
def test_no_field_breaks_the_reading(fields: dict[str, object]) -> None:
    work = read_maintenance({**WORK, **fields}, {})
    if work is not None:
        texts = [work.title, work.url or "", work.remote_id, *work.components]
        assert all(is_clean(text) for text in (*texts, *(update.body for update in work.updates)))


@given(st.text())
def test_prepared_words_and_reviews_are_inert(text: str) -> None:
    template = read_template({"name": f"n{text}", "title": text, "body": text, "update_status": text})
    assert template is not None
    assert all(is_clean(each) for each in (template.name, template.title, template.body))
    review = read_postmortem({"body": text, "body_draft": text, "published_at": "2026-11-22T03:00:00Z"})
    assert review is not None
    assert is_clean(review.body)
    assert is_clean(review.draft)


def test_a_review_that_is_not_published_has_no_words_for_customers() -> None:
    review = read_postmortem({"body": "old", "body_draft": "new", "published_at": None})
    assert review is not None
    assert (review.body, review.draft) == ("", "new")
    assert read_postmortem({"message": "not found"}) is None


@given(st.integers(0, 7_258_118_399_999))
def test_times_are_read_as_they_were_written(at: int) -> None:
    assert abs((read_time(write_time(at)) or 0) - at) <= 1
