from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall_tui.content import load_templates
from oncall_tui.domain.incident import Cause, ComponentStatus, Incident, IncidentStatus, Phase, Severity
from oncall_tui.domain.lint.catalogue import lint
from oncall_tui.domain.lint.model import Context, is_sendable
from oncall_tui.domain.template import (
    NO_COMPONENT,
    Moment,
    Template,
    choose_template,
    facts_of,
    join_names,
    list_variables,
    render,
    say_length,
    say_when,
)

_NOW = 1_795_356_300_000  # 22 Nov 2026 14:05 UTC
_HOUR = 3_600_000


def _template(body: str, *optional: str) -> Template:
    return Template("t", "T", (IncidentStatus.INVESTIGATING,), Moment.ANY, body, frozenset(optional))


def _incident(**changes: object) -> Incident:
    fields: dict[str, object] = {
        "id": 1,
        "uid": "u",
        "title": "API: requests are failing",
        "status": IncidentStatus.INVESTIGATING,
        "phase": Phase.ACTIVE,
        "impact_override": None,
        "severity": Severity.SEV2,
        "cause": Cause.UNKNOWN,
        "started_at": _NOW - _HOUR,
        "declared_at": _NOW,
        "revision": 1,
        "components": {"API": ComponentStatus.MAJOR_OUTAGE},
    }
    return Incident(**{**fields, **changes})  # type: ignore[arg-type]


def test_an_optional_fact_that_is_missing_takes_its_sentence_with_it() -> None:
    body = "First {a}.\nThen {b} and {a}.\n\nLast."
    assert render(_template(body, "b"), {"a": "x"}) == "First x.\n\nLast."
    assert render(_template(body, "b"), {"a": "x", "b": "y"}) == "First x. Then y and x.\n\nLast."


def test_a_required_fact_that_is_missing_stays_visible_and_blocks() -> None:
    template = _template("We know {cause}.")
    body = render(template, {"cause": None})
    assert body == "We know {cause}."
    findings = lint("Title", body, Context(variables=template.variables))
    assert [finding.rule for finding in findings] == ["PH003"]
    assert not is_sendable(findings)


def test_a_fact_is_never_read_as_a_template() -> None:
    assert render(_template("{a} {b}"), {"a": "{b}", "b": "x\x1b[31m\n"}) == "{b} x␛[31m "


@pytest.mark.parametrize(
    ("status", "is_first", "is_reopen", "key"),
    [
        (IncidentStatus.INVESTIGATING, True, False, "inv.first"),
        (IncidentStatus.INVESTIGATING, False, False, "upd.same"),
        (IncidentStatus.INVESTIGATING, False, True, "reopen"),
        (IncidentStatus.IDENTIFIED, True, False, "idn.any"),
        (IncidentStatus.IDENTIFIED, False, False, "idn.any"),
        (IncidentStatus.MONITORING, False, False, "mon.any"),
        (IncidentStatus.RESOLVED, False, False, "res.any"),
        (IncidentStatus.RESOLVED, True, False, "res.any"),
    ],
)
def test_a_shipped_template_is_chosen_by_status_and_moment(
    status: IncidentStatus, is_first: bool, is_reopen: bool, key: str
) -> None:
    chosen = choose_template(load_templates(), status, is_first=is_first, is_reopen=is_reopen)
    assert chosen is not None
    assert chosen.key == key


def test_no_template_fits_a_status_that_is_never_sent() -> None:
    assert choose_template(load_templates(), IncidentStatus.POSTMORTEM, is_first=False, is_reopen=False) is None


@pytest.mark.parametrize("template", load_templates(), ids=lambda template: template.key)
@pytest.mark.parametrize("scope", ["", "about a third of the requests from Europe"])
@pytest.mark.parametrize("due_at", [None, _NOW + _HOUR])
def test_every_shipped_template_passes_with_what_an_incident_knows(
    template: Template, scope: str, due_at: int | None
) -> None:
    body = render(template, {**facts_of(_incident(scope=scope), due_at, _NOW), "effect": None})
    findings = lint("Title", body, Context(variables=list_variables(load_templates())))
    assert findings == []
    assert "API" in body
    assert (scope in body) or not scope or template.key in ("inv.first", "mon.any")
    assert ("15:05 UTC" in body) == (due_at is not None and template.key != "res.any")


def test_every_template_has_its_own_key() -> None:
    keys = [template.key for template in load_templates()]
    assert len(set(keys)) == len(keys) == 6


def test_an_incident_without_components_is_about_our_service() -> None:
    assert facts_of(_incident(components={}), None, _NOW)["components"] == NO_COMPONENT


def test_a_closed_incident_knows_when() -> None:
    facts = facts_of(_incident(resolved_at=_NOW - 25 * _HOUR), None, _NOW)
    assert facts["resolved"] == "13:05 UTC on 21 November"
    assert facts["duration"] == "1 hour"


def test_times_name_their_day_only_when_it_is_another() -> None:
    assert say_when(_NOW, _NOW + _HOUR) == "14:05 UTC"
    assert say_when(_NOW - 24 * _HOUR, _NOW) == "14:05 UTC on 21 November"


@pytest.mark.parametrize(
    ("ms", "words"),
    [
        (0, "1 minute"),
        (47 * 60_000, "47 minutes"),
        (2 * _HOUR + 300_000, "2 hours 5 minutes"),
        (74 * _HOUR, "3 days 2 hours"),
    ],
)
def test_lengths_are_said_in_at_most_two_units(ms: int, words: str) -> None:
    assert say_length(ms) == words


@given(st.lists(st.text(min_size=1), max_size=5))
def test_names_are_listed_whole(names: list[str]) -> None:
    joined = join_names(names)
    assert all(name in joined for name in names)
    assert join_names(["a", "b", "c"]) == "a, b and c"
