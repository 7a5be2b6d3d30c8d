"""A text that tells of a repair is held to the timeline, whoever is said to have done it and how."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from tests.domain.lint.remarks import find, level_of

from oncall_tui.content import load_templates
from oncall_tui.domain.incident import IncidentStatus
from oncall_tui.domain.lint.model import Context, Level, ProbeFact
from oncall_tui.domain.probe import ProbeStatus

UNKNOWN = Context(status=IncidentStatus.MONITORING, has_mitigation=False)
RED = replace(UNKNOWN, probes=(ProbeFact("sign-in", ProbeStatus.DOWN, "Sign-in"),))


@pytest.mark.parametrize(
    "text",
    [
        "We put a fix in place.",
        "A workaround is in place.",
        "Capacity has been added.",
        "We turned the feature off.",
        "We have put a repair in place.",
        "The repair is done.",
        "The repair for Shop is in place.",
        "As of 14:05 UTC the repair for Shop holds.",
        "The replacement of the disk is complete.",
        "Our carrier has rerouted the calls.",
        "Technicians swapped the power supply.",
        "We've raised the limit.",
        "The old version has been brought back.",
        "Fix deployed; watching it.",
        "We returned to the version of this morning.",
        "The certificate was replaced at 14:09 UTC.",
    ],
)
def test_a_repair_that_nobody_noted_is_told(text: str) -> None:
    assert level_of("TR009", text, UNKNOWN) is Level.INFO
    assert level_of("TR009", text, RED) is Level.WARN
    assert find("TR009", text, replace(RED, has_mitigation=True)) == []
    assert find("TR009", text, replace(RED, has_mitigation=None)) == []


@pytest.mark.parametrize(
    "text",
    ["We will put a fix in place by 15:00 UTC.", "A fix is being prepared.", "We have not replaced the disk yet.",
     "We are looking for the cause.", "We will tell you once a workaround is in place.",
     "We have taken reports from three customers.", "The team returned to the office."],
)  # fmt: skip
def test_what_is_not_done_yet_is_no_repair(text: str) -> None:
    assert find("TR009", text, replace(UNKNOWN, status=IncidentStatus.IDENTIFIED)) == []


def test_monitoring_while_it_is_down_wants_a_repair() -> None:
    assert level_of("TR009", "We are watching it.", RED) is Level.WARN
    assert find("TR009", "We are watching it.", UNKNOWN) == []
    assert find("TR009", "We are looking.", replace(RED, status=IncidentStatus.INVESTIGATING)) == []


def test_each_shipped_text_for_monitoring_tells_of_a_repair() -> None:
    texts = [each for each in load_templates(()) if each.states == (IncidentStatus.MONITORING,)]
    assert texts
    for each in texts:
        body = each.body.replace("{components}", "Shop").replace("{now}", "14:05 UTC")
        assert level_of("TR009", body, UNKNOWN) is Level.INFO, each.key
