"""Every shipped template passes the rules on words: with all facts, with any of them missing, on every channel."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from oncall_tui.content import load_templates
from oncall_tui.domain.lint.model import Level, Tuning
from oncall_tui.domain.shortform import Form, Room, count_length
from oncall_tui.domain.template import Template
from oncall_tui.domain.template_trial import SAMPLE_LINK, Trial, find_faults, list_optional, try_template

_CLOCK = re.compile(r"\b\d{1,2}:\d{2}\b(?! UTC\b)")
_HOLE = re.compile(r"[{}\[\]]|  |\s[,.;:]|[,.:;]{2}|\bby\.|\(\)|\bNone\b")
_templates = st.sampled_from(load_templates())


@pytest.mark.parametrize("template", load_templates(), ids=lambda template: template.key)
def test_a_shipped_template_passes_with_all_facts_and_with_none(template: Template) -> None:
    faults = find_faults(template, missing=[frozenset(), frozenset(list_optional(template))])
    assert [(fault.finding.rule, fault.finding.message, fault.trial.text) for fault in faults] == []


@settings(max_examples=20, deadline=None)
@given(_templates, st.data())
def test_a_shipped_template_passes_whatever_is_missing(template: Template, data: st.DataObject) -> None:
    missing = frozenset(data.draw(st.sets(st.sampled_from(list_optional(template) or ("",)))))
    faults = find_faults(template, missing=[missing])
    assert [(fault.finding.rule, fault.finding.message, fault.trial.text) for fault in faults] == []


def _check_form(trial: Trial, template: Template) -> None:
    assert trial.form is not None
    room = Room(trial.form)
    assert count_length(trial.text, room) <= room.most
    assert trial.text.endswith(SAMPLE_LINK)
    state = template.states[0].value.replace("_", " ").capitalize()
    assert trial.text.startswith(state) or trial.context.status is not template.states[0]
    promise = re.search(r"hear from us again by (\d\d:\d\d UTC)", trial.context.full_body or "")
    if promise:
        assert promise[1] in trial.text


@settings(max_examples=60, deadline=None)
@given(_templates, st.data())
def test_no_form_of_a_template_has_a_hole_and_each_time_has_its_zone(template: Template, data: st.DataObject) -> None:
    missing = frozenset(data.draw(st.sets(st.sampled_from(list_optional(template) or ("",)))))
    for trial in try_template(template, missing):
        words = trial.text.replace(SAMPLE_LINK, "").replace(" ...", "").replace("https://", "")
        if trial.form is None:
            assert words.strip() == words
            assert re.search(r"[.!?]$", words)
        assert not _CLOCK.search(words), words
        assert not _HOLE.search(words.replace(" …", "").replace("\n", "|")), words
        if trial.form is not None:
            _check_form(trial, template)


def test_every_channel_is_tried_for_what_everybody_reads() -> None:
    first, client = load_templates()[0], next(each for each in load_templates() if each.key == "out.client")
    assert [trial.form for trial in try_template(first)] == [None, Form.MAIL, Form.CHAT, Form.SOCIAL, Form.SMS]
    assert {trial.form for trial in try_template(client)} == {None}


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ("We look into {components}. Back by <time>.", "PH002"),
        ("[X] fails. You will hear from us again by {next_update}.", "PH001"),
        ("{contact}.", "MS000"),
        ("We look into {components} since 14:05. You will hear from us again by {next_update}.", "TM002"),
    ],
)
def test_a_bad_template_is_found_out(body: str, rule: str) -> None:
    template = replace(load_templates()[0], body=body)
    assert rule in {fault.finding.rule for fault in find_faults(template)}


def test_a_variable_that_must_be_filled_is_no_fault_while_it_is() -> None:
    needy = replace(load_templates()[0], body="We look into {components}, {contact}.", needed=frozenset({"contact"}))
    assert "contact" not in list_optional(needy)
    assert "PH003" not in {fault.finding.rule for fault in find_faults(needy)}


def test_a_team_tunes_what_is_a_fault() -> None:
    template = replace(load_templates()[0], body="[X] fails.\nYou will hear from us again by {next_update}.")
    off: dict[str, Level | None] = {"PH001": None, "MS001": None}
    assert "PH001" not in {fault.finding.rule for fault in find_faults(template, Tuning(levels=off))}
