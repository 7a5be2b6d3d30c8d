"""What the rules get to know of an update, in the pane and on the command line."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.tui.desk import Desk, declare, make_desk, open_app, wait_for, wait_for_text

from oncall_tui.clock import now_ms
from oncall_tui.content import load_templates
from oncall_tui.domain.context import describe_update
from oncall_tui.domain.facts import Facts
from oncall_tui.domain.incident import IncidentStatus, Reach
from oncall_tui.domain.lint.model import Context
from oncall_tui.domain.probe import Verdict
from oncall_tui.domain.template import list_variables
from oncall_tui.domain.timeline import EntryKind, read_note
from oncall_tui.store.drafts import keep_facts, read_known
from oncall_tui.store.incidents import edit_incident, get_incident
from oncall_tui.store.outbox import confirm_update
from oncall_tui.store.probes import list_states, record_results
from oncall_tui.store.surroundings import read_surroundings
from oncall_tui.store.timeline import add_note, list_entries
from oncall_tui.tui.checkable import take_checkable
from oncall_tui.tui.checks import check
from oncall_tui.tui.drafting import house_of, open_draft
from oncall_tui.tui.snapshot import read_first
from oncall_tui.tui.writing import Writing


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return make_desk(tmp_path)


def _write(desk: Desk, number: int, status: IncidentStatus) -> Writing:
    opened = open_draft(desk.db, number, "t1", "ana", now_ms(), is_wanted_new=True, house=house_of(desk.config))
    assert opened is not None
    writing = Writing(opened, house_of(desk.config))
    writing.take_status(status, "", read_first(desk.path, is_read_only=True), now_ms())
    return writing


def _read_rules(desk: Desk, writing: Writing, body: str) -> list[str]:
    snapshot = read_first(desk.path, is_read_only=True)
    return [each.rule for each in check(take_checkable(writing, body, snapshot, desk.config, (), now_ms())).findings]


def _fill(desk: Desk) -> int:
    """Returns an incident with an update, facts, a fix, and a probe that fails at every third run."""
    number = declare(desk)
    confirm_update(
        desk.db, number, uid="u1", status=IncidentStatus.INVESTIGATING, body="Requests fail.", components={},
        next_update_at=now_ms() + 1_800_000, notify=True, actor="ben", now=now_ms(),
    )  # fmt: skip
    keep_facts(desk.db, number, Facts(impact="Sign-in fails", workaround="use the phone app"))
    add_note(desk.db, number, "fix: rolled back", "ben", now_ms())
    runs = ((Verdict.DOWN, 5.0), (Verdict.UP, 5.0), (Verdict.UP, 5.0)) * 5
    states = [replace(each, recent=runs) for each in list_states(desk.db)[0]]
    record_results(desk.db, [], states, [], now_ms())
    return number


def test_the_command_line_knows_what_the_pane_knows(desk: Desk) -> None:
    number = _fill(desk)
    writing = _write(desk, number, IncidentStatus.MONITORING)
    snapshot, now = read_first(desk.path, is_read_only=True), now_ms()
    shown = take_checkable(writing, "", snapshot, desk.config, (), now).context
    incident = get_incident(desk.db, number)
    variables = list_variables(load_templates())
    around = read_surroundings(desk.db, incident, desk.config.page_names, variables)
    told = describe_update(
        incident,
        around,
        now,
        status=IncidentStatus.MONITORING,
        components=incident.components,
        facts=read_known(desk.db, number).facts,
        promise_at=writing.due_at,
        has_promise=True,
    )
    other = [name for name in Context.__struct_fields__ if getattr(told, name) != getattr(shown, name)]
    assert other == ["page_url"]  # a config may tell it before the page does
    assert told.facts.workaround == "use the phone app"
    assert told.probes is not None
    assert told.probes[0].error_share == pytest.approx(1 / 3)
    assert told.last is not None
    assert told.last.promise_at is not None
    unknown = [name for name in Context.__struct_fields__ if getattr(shown, name) is None]
    assert unknown == [
        "resolved_at",
        "window",
        "full_body",
        "body_limit",
        "audience",
        "suggest",
        "interval_ms",
    ]


def test_a_fix_that_nobody_wrote_down_is_asked_for(desk: Desk) -> None:
    number = declare(desk)
    writing = _write(desk, number, IncidentStatus.MONITORING)
    body = "We have deployed a fix for the API. Next update by 14:35 UTC."
    assert "TR009" in _read_rules(desk, writing, body)
    add_note(desk.db, number, "Fix: back to the version of yesterday", "ben", now_ms())
    assert "TR009" not in _read_rules(desk, writing, body)
    (entry, *_) = list_entries(desk.db, number)
    assert (entry.kind, entry.text) == (EntryKind.FIX, "back to the version of yesterday")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("fix: rolled back", EntryKind.FIX),
        ("FIXED : x", EntryKind.FIX),
        ("mitigated: x", EntryKind.FIX),
        ("fix:", EntryKind.NOTE),
        ("prefix: x", EntryKind.NOTE),
        ("the fix: x", EntryKind.NOTE),
        ("", EntryKind.NOTE),
    ],
)
def test_a_note_says_by_its_first_word_that_it_is_a_fix(text: str, kind: EntryKind) -> None:
    assert read_note(text)[0] is kind


def test_words_of_a_private_incident_do_not_wait_for_a_page_of_later(desk: Desk) -> None:
    desk = dataclasses.replace(desk, config=replace(desk.config, pages=()))
    number = declare(desk)
    edit_incident(desk.db, replace(get_incident(desk.db, number), reach=Reach.PRIVATE), "ana", now_ms())
    writing = _write(desk, number, IncidentStatus.INVESTIGATING)
    assert "SE003" in _read_rules(desk, writing, "Sign-in fails.")


async def test_a_fix_is_noted_where_notes_are_typed(desk: Desk) -> None:
    number = declare(desk)
    async with open_app(desk, size=(80, 24)) as (app, pilot):
        await pilot.press("o")
        await wait_for_text(pilot, "fix: what repaired it")
        await pilot.press(*"fix: x", "enter")
        await wait_for_text(pilot, "FIX")
        await wait_for(pilot, lambda: number in app.snapshot.fixed)
