from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.tui.desk import Desk, declare, make_desk, open_app, screen_text, wait_for, wait_for_text

from oncall_tui.clock import now_ms
from oncall_tui.domain.errors import ConflictError, RefusedError
from oncall_tui.domain.incident import Cause, ComponentStatus, Impact, IncidentStatus, Severity
from oncall_tui.store.drafts import list_drafts
from oncall_tui.store.incidents import edit_incident, get_incident, list_incidents
from oncall_tui.store.outbox import confirm_update, list_deliveries
from oncall_tui.store.timeline import list_entries
from oncall_tui.tui.editing import Edit, read_instant, store_edit, write_instant

_NOW = 1_795_356_300_000  # 22 Nov 2026 14:05 UTC


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return make_desk(tmp_path)


async def test_an_empty_list_says_what_to_do(desk: Desk) -> None:
    async with open_app(desk) as (_, pilot):
        await pilot.press("2")
        shown = await wait_for_text(pilot, "No incidents. All quiet.")
        assert "n one that no probe has seen" in shown


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_a_field_is_stored_when_it_is_left_and_undone_by_one_key(desk: Desk, size: tuple[int, int]) -> None:
    number = declare(desk)
    async with open_app(desk, size=size) as (_, pilot):
        await pilot.press("2")
        await wait_for_text(pilot, "told to customers")
        await pilot.press("enter", "end", *" in Europe", "tab")
        await wait_for(pilot, lambda: get_incident(desk.db, number).title == "API: requests are failing in Europe")
        await pilot.press("1", "tab", "right", "right", "tab")
        await wait_for(pilot, lambda: get_incident(desk.db, number).cause is Cause.CLIENT)
        assert get_incident(desk.db, number).severity is Severity.SEV1
        await pilot.press("escape", "u", "u")
        await wait_for(pilot, lambda: get_incident(desk.db, number).severity is Severity.SEV2)
        await pilot.press("u")
        await wait_for(pilot, lambda: get_incident(desk.db, number).title == "API: requests are failing")
    assert get_incident(desk.db, number).cause is Cause.UNKNOWN
    told = [entry.text for entry in list_entries(desk.db, number)]
    assert any("title: API: requests are failing → API: requests are failing in Europe" in text for text in told)


async def test_the_start_is_typed_in_utc_and_nonsense_leaves_the_old_one(desk: Desk) -> None:
    number = declare(desk)
    before = get_incident(desk.db, number).started_at
    async with open_app(desk) as (_, pilot):
        await pilot.press("2", "enter")
        for _ in range(6):
            await pilot.press("tab")
        await pilot.press("home", "ctrl+k", *"soon", "tab")
        await wait_for_text(pilot, "That is no time")
        assert get_incident(desk.db, number).started_at == before
        await pilot.press("shift+tab", "home", "ctrl+k", *"1 Jan 00:30", "tab")
        await wait_for(pilot, lambda: write_instant(get_incident(desk.db, number).started_at) == "1 Jan 00:30")


async def test_both_values_are_shown_when_somebody_changed_the_same_field(desk: Desk) -> None:
    number = declare(desk)
    async with open_app(desk, size=(120, 40)) as (_, pilot):
        await pilot.press("2")
        await wait_for_text(pilot, "told to customers")
        await pilot.press("enter", "end", *" mine")
        current = get_incident(desk.db, number)
        edit_incident(desk.db, replace(current, title="The title of ben"), "ben", now_ms())
        await wait_for_text(pilot, "The title of ben")
        await pilot.press("tab")
        shown = await wait_for_text(pilot, "Somebody else was faster")
        assert "title: The title of ben" in shown
        assert "title: API: requests are failing mine" in shown
        await pilot.press("ctrl+s")
        await wait_for(pilot, lambda: get_incident(desk.db, number).title == "API: requests are failing mine")


def test_a_change_of_another_field_is_no_conflict(desk: Desk) -> None:
    seen = get_incident(desk.db, declare(desk))
    edit_incident(desk.db, replace(seen, severity=Severity.SEV1), "ben", now_ms())
    stored = store_edit(desk.db, Edit(seen, "scope", "a third of all requests"), "ana", now_ms())
    assert (stored.scope, stored.severity) == ("a third of all requests", Severity.SEV1)
    with pytest.raises(ConflictError):
        store_edit(desk.db, Edit(seen, "severity", Severity.SEV4), "ana", now_ms())


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("title", " ", "empty-title"),
        ("title", "x" * 256, "title-length"),
        ("started_at", 9_999_999_999_999, "future-start"),
    ],
)
def test_values_that_an_incident_cannot_have_are_refused(desk: Desk, field: str, value: object, rule: str) -> None:
    seen = get_incident(desk.db, declare(desk))
    with pytest.raises(RefusedError) as refused:
        store_edit(desk.db, Edit(seen, field, value), "ana", now_ms())
    assert refused.value.rule == rule
    assert get_incident(desk.db, seen.id) == seen


def test_components_and_impact_are_stored_too(desk: Desk) -> None:
    seen = get_incident(desk.db, declare(desk))
    parts = {"Database": ComponentStatus.PARTIAL_OUTAGE}
    store_edit(desk.db, Edit(seen, "components", parts), "ana", now_ms())
    stored = store_edit(desk.db, Edit(seen, "impact_override", Impact.MINOR), "ana", now_ms())
    assert (stored.components, stored.impact) == (parts, Impact.MINOR)


async def test_a_state_is_chosen_by_number_and_the_words_follow(desk: Desk) -> None:
    declare(desk)
    async with open_app(desk) as (_, pilot):
        await pilot.press("2")
        await wait_for_text(pilot, "told to customers")
        await pilot.press("s", "3")
        await wait_for_text(pilot, "The repair for API is in place.")
    assert list_deliveries(desk.db) == []


async def test_an_incident_can_be_declared_without_a_probe(desk: Desk) -> None:
    async with open_app(desk) as (_, pilot):
        await pilot.press("2")
        await wait_for_text(pilot, "All quiet")
        await pilot.press("n")
        await wait_for_text(pilot, "We are looking into a problem with our service.")
    (incident,) = list_incidents(desk.db)
    assert incident.probes == ()
    assert len(list_drafts(desk.db, incident.id)) == 1


async def test_messages_stand_with_how_far_they_got_and_one_that_waits_is_dropped_on_a_second_press(desk: Desk) -> None:
    number = declare(desk)
    confirm_update(
        desk.db, number, uid="u", status=IncidentStatus.INVESTIGATING, body="It fails [/x].", components={},
        next_update_at=None, notify=True, actor="ben", now=now_ms(),
    )  # fmt: skip
    async with open_app(desk) as (_, pilot):
        await pilot.press("2")
        await wait_for_text(pilot, "It fails [/x].")
        assert "◌ QUEUED" in screen_text(pilot)
        await pilot.press("x")
        await wait_for_text(pilot, "x again gives this update up")
        assert len(list_deliveries(desk.db)) == 1
        await pilot.press("x")
        await wait_for_text(pilot, "DROPPED")
    assert list_deliveries(desk.db) == []


async def test_what_was_published_cannot_be_undone_as_a_declaration(desk: Desk) -> None:
    number = declare(desk)
    confirm_update(
        desk.db, number, uid="u", status=IncidentStatus.INVESTIGATING, body="It fails.", components={},
        next_update_at=None, notify=True, actor="ben", now=now_ms(),
    )  # fmt: skip
    async with open_app(desk) as (_, pilot):
        await pilot.press("2")
        await wait_for_text(pilot, "It fails.")
        await pilot.press("u")
        await wait_for_text(pilot, "has been published")
    assert len(list_incidents(desk.db)) == 1


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("14:05", _NOW),
        ("14:06", _NOW + 60_000 - 86_400_000),
        ("22 nov 13:05", _NOW - 3_600_000),
        ("23 Nov 14:05", _NOW - 364 * 86_400_000),
        ("2026-11-21 14:05 UTC", _NOW - 86_400_000),
    ],
)
def test_a_time_means_the_latest_that_has_passed(text: str, at: int) -> None:
    assert read_instant(text, _NOW) == at


@pytest.mark.parametrize("text", ["", "now", "25:00", "14:60", "31 Feb 10:00", "22 Xyz 10:00", "2026-13-01 10:00"])
def test_other_words_are_no_time(text: str) -> None:
    with pytest.raises(RefusedError):
        read_instant(text, _NOW)


@given(st.text(max_size=30))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    try:
        at = read_instant(text, _NOW)
    except RefusedError:
        return
    assert read_instant(write_instant(at), max(at, _NOW)) // 60_000 <= max(at, _NOW) // 60_000
