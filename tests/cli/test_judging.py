"""What the command line knows and says of words that it sends is what the compose pane knows and says."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.cli.program import CONFIG, Program
from tests.tui.asking import Engine
from tests.tui.desk import Desk, declare, make_desk

from oncall_tui.cli.judging import describe, describe_correction, judge
from oncall_tui.clock import now_ms
from oncall_tui.config.model import BroadcastConfig, PageConfig, TokenSource
from oncall_tui.domain.capability import Capabilities
from oncall_tui.domain.errors import RefusedError
from oncall_tui.domain.facts import Facts
from oncall_tui.domain.incident import ComponentStatus, IncidentStatus
from oncall_tui.domain.lint.model import Context, Level, Tuning, Words
from oncall_tui.domain.probe import ProbeStatus, Verdict
from oncall_tui.store.database import open_database
from oncall_tui.store.drafts import keep_facts, mark_literal, read_known
from oncall_tui.store.incidents import edit_incident, get_incident
from oncall_tui.store.outbox import confirm_update
from oncall_tui.store.page import replace_pages
from oncall_tui.store.probes import list_states, record_results
from oncall_tui.store.timeline import add_note
from oncall_tui.store.updates import list_updates
from oncall_tui.tui.checkable import take_checkable, take_correction
from oncall_tui.tui.checks import Checkable, check, waive_blocks
from oncall_tui.tui.drafting import house_of, open_draft
from oncall_tui.tui.snapshot import read_first
from oncall_tui.tui.writing import Writing

RED = """
[[component]]
name = "API"
[[probe]]
name = "gone"
kind = "tcp"
target = "127.0.0.1:1"
component = "API"
"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = make_desk(tmp_path)
    page = PageConfig("https://page.example/v1", "p", TokenSource(env="T"), public_url="https://page.example")
    told = BroadcastConfig("texts", "sms", TokenSource(env="T"))
    config = replace(made.config, pages=(page,), broadcasts=(told,))
    replace_pages(made.db, [("page", Capabilities("statuspage", title_most=10, body_most=400))])
    return dataclasses.replace(made, config=config)


def _fill(desk: Desk) -> int:
    """Returns an incident with an update whose promise is broken, facts, a fix, and a probe that is down."""
    number, now = declare(desk), now_ms()
    confirm_update(
        desk.db, number, uid="u1", status=IncidentStatus.INVESTIGATING, body="Requests fail.", components={},
        next_update_at=now - 60_000, notify=True, actor="ben", now=now - 1_800_000,
    )  # fmt: skip
    keep_facts(desk.db, number, Facts(impact="Sign-in fails", workaround="use the phone app"))
    add_note(desk.db, number, "fix: rolled back", "ben", now)
    mark_literal(desk.db, "[beta]", "ben", now)
    runs = ((Verdict.DOWN, 5.0), (Verdict.UP, 5.0), (Verdict.DOWN, 5.0)) * 5
    states = [replace(each, recent=runs, status=ProbeStatus.DOWN) for each in list_states(desk.db)[0]]
    record_results(desk.db, [], states, [], now)
    return number


def _show(desk: Desk, number: int, status: IncidentStatus, body: str, now: int) -> tuple[Writing, Checkable]:
    opened = open_draft(desk.db, number, "t1", "ana", now, is_wanted_new=True, house=house_of(desk.config))
    assert opened is not None
    writing = Writing(opened, house_of(desk.config))
    writing.take_status(status, "", read_first(desk.path, is_read_only=True), now)
    snapshot = read_first(desk.path, is_read_only=True)
    return writing, take_checkable(writing, body, snapshot, desk.config, ["[beta]"], now)


@pytest.mark.parametrize("status", [each for each in IncidentStatus if each is not IncidentStatus.POSTMORTEM])
def test_a_command_knows_all_that_the_pane_knows(desk: Desk, status: IncidentStatus) -> None:
    number, now = _fill(desk), now_ms()
    writing, shown = _show(desk, number, status, "", now)
    with desk.db.snapshot():
        told = describe(
            desk.db,
            desk.config,
            get_incident(desk.db, number),
            now,
            status=status,
            components=writing.components,
            promise_at=writing.due_at,
            has_promise=writing.due_at is not None,
        )
    other = [name for name in Context.__struct_fields__ if getattr(told, name) != getattr(shown.context, name)]
    assert other == []
    unknown = [name for name in Context.__struct_fields__ if getattr(told, name) is None and name != "promise_at"]
    assert unknown == ["resolved_at", "window", "full_body", "audience", "suggest", "interval_ms"]
    assert told.facts.workaround == "use the phone app"
    assert told.page_url == "https://page.example"


@pytest.mark.parametrize(
    "body",
    [
        "Everything works again [beta]. Next update by 12:99.",
        "We are still investigating. http://10.1.2.3/x ",
        "All systems are operational. " * 30,
        "",
    ],
)
@pytest.mark.parametrize("status", [IncidentStatus.MONITORING, IncidentStatus.RESOLVED])
def test_a_command_says_all_that_the_pane_says(desk: Desk, status: IncidentStatus, body: str) -> None:
    number, now = _fill(desk), now_ms()
    writing, shown = _show(desk, number, status, body, now)
    verdict = check(shown)
    blocks = {each.rule for each in verdict.findings if each.level is Level.BLOCK}
    incident = get_incident(desk.db, number)
    context = shown.context
    reasons = dict.fromkeys(blocks, "because it has to be so")
    is_final = any(each.is_final for each in verdict.findings if each.level is Level.BLOCK)
    losses = [f"{each.name}: {each.loss.message}" for each in verdict.losses]

    def say(given: dict[str, str]) -> list[str]:
        said = judge(
            desk.db, desk.config, incident, body, context,
            components=writing.components, reasons=given, actor="ana", now=now,
        )  # fmt: skip
        assert {each.rule for each in said.waivers} == blocks
        return list(said.remarks)

    with desk.db.snapshot():
        if blocks:
            with pytest.raises(RefusedError) as refused:
                say({})
            assert refused.value.rule in blocks
        if is_final or any(each.loss.is_blocking for each in verdict.losses):
            with pytest.raises(RefusedError):
                say(reasons)
        else:
            warned = [f"{each.part}: {each.message} [{each.rule}]" for each in verdict.findings if each.level == "warn"]
            assert say(reasons) == warned + losses


def test_a_page_that_keeps_its_first_title_is_named_once_it_has_another(desk: Desk) -> None:
    replace_pages(desk.db, [("page", Capabilities("Fixed", can_retitle=False))])
    number, engine, kept = declare(desk), Engine(desk), "page: Fixed keeps the title that it was told first"
    engine.confirm(number, "Requests fail.")
    engine.deliver(engine.claim())
    for title, is_told in (("API: requests are failing", False), ("Sign-in fails", True)):
        incident = edit_incident(desk.db, replace(get_incident(desk.db, number), title=title), "ana", now_ms())
        _, shown = _show(desk, number, IncidentStatus.INVESTIGATING, "Some requests fail.", now_ms())
        assert (kept in [f"{each.page}: {each.loss.message}" for each in check(shown).losses]) is is_told
        with desk.db.snapshot():
            said = judge(
                desk.db, desk.config, incident, shown.body, shown.context,
                components=shown.components, reasons={}, actor="ana", now=now_ms(),
            )  # fmt: skip
        assert any("keeps the title" in each for each in said.remarks) is is_told


def test_a_correction_is_judged_alike_on_its_screen_and_by_a_command(desk: Desk) -> None:
    number = _fill(desk)
    confirm_update(
        desk.db, number, uid="u2", status=IncidentStatus.IDENTIFIED, body="A disk is full.",
        components={"API": ComponentStatus.DEGRADED_PERFORMANCE}, next_update_at=None, notify=True, actor="ben",
        now=now_ms(),
    )  # fmt: skip
    config = replace(desk.config, tuning=Tuning(words=Words(clients=("Acme",))))
    incident, updates = get_incident(desk.db, number), list_updates(desk.db, number)
    snapshot, facts = read_first(desk.path, is_read_only=True), read_known(desk.db, number).facts
    body = "Acme [beta] waits, as [name] does."
    for update in updates:
        shown = take_correction(incident, updates, update, body, snapshot, config, facts, ["[beta]"])
        with desk.db.snapshot():
            told = describe_correction(desk.db, config, incident, update)
            other = [name for name in Context.__struct_fields__ if getattr(told, name) != getattr(shown.context, name)]
            assert other == []
            assert told.facts.workaround == "use the phone app"
            blocks = [each for each in check(shown).findings if each.level is Level.BLOCK]
            assert {each.rule for each in blocks} == {"SE002", "PH001"}
            assert not any("beta" in each.message for each in check(shown).findings)
            reasons = dict.fromkeys((each.rule for each in blocks), "because it has to be so")
            said = judge(
                desk.db, config, incident, body, told,
                components={}, reasons=reasons, actor="ana", now=1, pages=(), is_told=False,
            )  # fmt: skip
        assert said.waivers == waive_blocks(shown, blocks, reasons, "ana", 1)


def test_a_correction_is_judged_as_of_when_it_was_said(desk: Desk) -> None:
    number = _fill(desk)
    confirm_update(
        desk.db, number, uid="u2", status=IncidentStatus.IDENTIFIED, body="A disk is full.",
        components={"API": ComponentStatus.DEGRADED_PERFORMANCE}, next_update_at=None, notify=True, actor="ben",
        now=now_ms(),
    )  # fmt: skip
    incident, (first, last) = get_incident(desk.db, number), list_updates(desk.db, number)
    with desk.db.snapshot():
        old, new = (describe_correction(desk.db, desk.config, incident, each) for each in (first, last))
    assert (old.now, old.is_first, old.last, old.probes) == (first.created_at, True, None, None)
    assert (old.promise_at, old.has_promise) == (first.promise_at, True)
    assert (new.is_first, new.has_promise, new.red_probes) == (False, None, None)
    assert new.last is not None
    assert new.last.body == "Requests fail."
    assert new.probes


def test_what_blocks_is_told_at_once_and_passes_with_reasons_that_are_kept(program: Program) -> None:
    program.write_config(RED)
    opening = ("incident", "open", "-t", "API fails", "--component", "API=major_outage", "--probe", "gone")
    number = str(program.run(*opening, "-m", "Requests fail.", "--json").shape()["id"])
    with open_database(program.folder / "oncall.db") as db:
        states = [replace(each, status=ProbeStatus.DOWN) for each in list_states(db)[0]]
        record_results(db, [], states, [], now_ms())
    resolve = ("incident", "resolve", number, "-m", "We are still looking for errors.", "--json")
    answer = program.run(*resolve)
    assert answer.status == 3
    message = answer.shape()["error"]["message"]
    assert answer.shape()["error"]["rule"] in ("TR002", "TR003")
    assert "--reason TR002='...'" in message
    assert "--reason TR003='...'" in message
    assert program.run(*resolve, "--reason", "TR002=short", "--reason", "TR003=it is a drill of ours").status == 3
    said = (
        "--reason",
        "tr002=the probe itself is broken",
        "--reason",
        "TR003=these are the words",
        "--reason",
        "MS005=x",
    )
    assert program.run(*resolve, *said).status == 0
    rows = program.run("timeline", number, "--json").rows()
    kept = [row["text"] for row in rows if row["kind"] == "override"]
    assert kept[0] == "sent in spite of TR002: the probe itself is broken"
    assert "these are the words" in kept[1]
    assert len(kept) == 2


@pytest.mark.parametrize("reason", ["TR002", "=x", "XX999=never was such a rule"])
def test_a_reason_names_a_rule(program: Program, reason: str) -> None:
    answer = program.run("incident", "open", "-t", "T", "-m", "M", "--reason", reason)
    assert answer.status == 2
    assert "--reason" in answer.err
    assert program.run("incident", "list", "--json").rows() == []


def test_words_without_a_promise_take_the_usual_one_and_a_time_in_the_text_counts_first(program: Program) -> None:
    def promise(*more: str) -> int:
        shape = program.run("incident", "open", "-t", "API fails", "--severity", "2", "--json", *more).shape()
        assert isinstance(shape["next_update_at"], str), more
        made, due = (_read(shape[name]) for name in ("declared_at", "next_update_at"))
        return round((due - made) / 60_000)

    assert 30 <= promise("-m", "Requests fail.") <= 35
    assert promise("-m", "Requests fail. Next update in 45 minutes.") == 45
    other = ("-m", "Requests fail. Next update in 45 minutes.", "--next", "20m")
    refused = program.run("incident", "open", "-t", "API fails", *other)
    assert (refused.status, "MS005" in refused.err) == (3, True)
    assert promise(*other, "--reason", "MS005=the text is on the wall already") == 20
    none = ("-m", "Requests fail.", "--next", "none")
    assert "MS005" in program.run("incident", "open", "-t", "API fails", *none).err
    assert program.run("incident", "update", "1", "-s", "resolved", "-m", "M.", "--next", "5m").status == 2


def _read(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def test_a_config_with_faults_sends_nothing(program: Program) -> None:
    program.run("incident", "open", "-t", "API fails", "-m", "Requests fail.")
    program.write_config(CONFIG + "[updates]\nsecond_persons = [1]\n")
    for command in (
        ("open", "-t", "T"),
        ("update", "1", "-s", "identified"),
        ("resolve", "1"),
        ("correct", "1", "last"),
    ):
        answer = program.run("incident", *command, "-m", "Mail fails.", "--json")
        assert answer.status == 2, command
        assert "second_person" in str(answer.shape()["error"]["faults"])
    assert program.run("incident", "approve", "1").status == 2
    plan = ("maintenance", "plan", "-t", "Racks", "--from", "2036-01-01 10:00 UTC", "--for", "1h", "-m", "New racks.")
    assert program.run(*plan).status == 2
    assert len(program.run("outbox", "list", "--json").rows()) == 1
    assert program.run("incident", "show", "1").status == 0
