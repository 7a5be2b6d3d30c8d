"""What an incident and its facts put into a text, and what stays out of it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from oncall_tui.content import load_templates
from oncall_tui.domain.duration import HOUR
from oncall_tui.domain.facts import NO_FACTS, Facts, complete_facts, tell_scope
from oncall_tui.domain.incident import Cause, ComponentStatus, Incident, IncidentStatus, Phase, Severity
from oncall_tui.domain.template import NO_COMPONENT
from oncall_tui.domain.template_variables import (
    ANY_SUPPLIER,
    UNKNOWN_SCOPE,
    VARIABLES,
    Team,
    variables_of,
    variables_of_window,
)

_NOW = 1_795_356_300_000  # 22 Nov 2026 14:05 UTC
_INCIDENT = Incident(
    id=1,
    uid="u",
    title="API: requests are failing",
    status=IncidentStatus.INVESTIGATING,
    phase=Phase.ACTIVE,
    impact_override=None,
    severity=Severity.SEV2,
    cause=Cause.UNKNOWN,
    started_at=_NOW - HOUR,
    declared_at=_NOW,
    revision=1,
    components={"API": ComponentStatus.MAJOR_OUTAGE},
)


def _variables(facts: Facts, incident: Incident = _INCIDENT, **more: object) -> dict[str, str | None]:
    status = more.pop("status", incident.status)
    return variables_of(incident, facts, status=status, next_update_at=_NOW + HOUR, now=_NOW, **more)  # type: ignore[arg-type]


def test_every_variable_that_is_filled_or_asked_for_is_known() -> None:
    filled = {*_variables(NO_FACTS), *variables_of_window(["API"], _NOW, _NOW + HOUR, _NOW)}
    assert filled <= VARIABLES.keys()
    assert all(template.variables <= VARIABLES.keys() for template in load_templates())
    assert set().union(*(template.variables for template in load_templates())) >= VARIABLES.keys() - {"product", "told"}
    assert all(variable.sample for variable in VARIABLES.values())


def test_an_incident_alone_fills_what_it_knows() -> None:
    found = {name: value for name, value in _variables(NO_FACTS).items() if value is not None}
    assert found == {
        "components": "API",
        "since": "13:05 UTC",
        "now": "14:05 UTC",
        "ended": "14:05 UTC",
        "duration": "1 hour",
        "next_update": "15:05 UTC",
        "unknown_scope": UNKNOWN_SCOPE,
        "action": "still looking for the cause",
        "supplier": ANY_SUPPLIER,
        "support": "our support",
    }
    assert _variables(NO_FACTS, replace(_INCIDENT, components={}))["components"] == NO_COMPONENT


def test_a_closed_incident_knows_when() -> None:
    closed = replace(
        _INCIDENT, status=IncidentStatus.RESOLVED, started_at=_NOW - 26 * HOUR, resolved_at=_NOW - 25 * HOUR
    )
    found = _variables(NO_FACTS, closed)
    assert (found["ended"], found["duration"]) == ("13:05 UTC on 21 November", "1 hour")
    again = _variables(NO_FACTS, closed, status=IncidentStatus.INVESTIGATING)
    assert (again["resolved"], again["duration"]) == ("13:05 UTC on 21 November", "1 day 2 hours")


def test_the_impact_in_users_words_takes_the_place_of_what_a_probe_shows() -> None:
    assert _variables(NO_FACTS, effect="Requests fail")["effect"] == "Requests fail"
    found = _variables(Facts(impact="pages fail"), effect="Requests fail")
    assert (found["effect"], found["impact"]) == (None, "pages fail")


def test_an_eta_is_told_with_its_source_and_while_it_lies_ahead() -> None:
    assert _variables(Facts(eta_at=_NOW + HOUR))["eta"] is None
    assert _variables(Facts(eta_at=_NOW + HOUR, eta_source="our supplier"))["eta"] == "15:05 UTC"
    past = _variables(Facts(eta_at=_NOW, eta_source="our supplier"))
    assert (past["eta"], past["eta_source"]) == (None, None)


@pytest.mark.parametrize(
    ("provider", "url", "told"),
    [
        (None, None, ANY_SUPPLIER),
        ("Example DNS", None, ANY_SUPPLIER),
        ("Example DNS", "https://status.example.net", "Example DNS"),
        ("our DNS supplier", None, "our DNS supplier"),
    ],
)
def test_a_supplier_is_named_beside_their_own_notice_alone(provider: str | None, url: str | None, told: str) -> None:
    assert _variables(Facts(provider=provider, provider_url=url))["supplier"] == told


def test_facts_may_repeat_the_words_of_the_sentence_around_them() -> None:
    facts = Facts(action="We are rolling back", request="Please retry", limits="no export")
    found = _variables(facts)
    assert (found["action"], found["request"], found["limits"]) == ("rolling back", "retry", None)


def test_what_we_do_follows_from_state_and_cause_until_somebody_says_it() -> None:
    upstream = replace(_INCIDENT, cause=Cause.UPSTREAM)
    identified = IncidentStatus.IDENTIFIED
    assert _variables(NO_FACTS, status=identified)["action"] == "working on the repair"
    assert _variables(NO_FACTS, upstream, status=identified)["action"] == "following their repair"
    assert _variables(NO_FACTS, status=IncidentStatus.MONITORING)["action"] is None


def test_an_apology_is_due_once_it_is_over_unless_the_client_did_it() -> None:
    over, client = IncidentStatus.RESOLVED, replace(_INCIDENT, cause=Cause.CLIENT)
    assert _variables(NO_FACTS)["sorry"] is None
    assert _variables(NO_FACTS, status=over)["sorry"] == "sorry"
    assert _variables(NO_FACTS, client, status=over)["sorry"] is None
    assert _variables(Facts(has_apology=False), status=over)["sorry"] is None
    assert _variables(Facts(has_apology=True))["sorry"] == "sorry"


def test_the_team_fills_its_own() -> None:
    found = _variables(NO_FACTS, team=Team(product="Acme", support="help@example.com"))
    assert (found["product"], found["support"]) == ("Acme", "help@example.com")


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (NO_FACTS, None),
        (Facts(scope=" half of you "), "half of you"),
        (Facts(scope="half of you", percent=30), "half of you"),
        (Facts(percent=30), "about 30% of requests"),
        (Facts(percent=0.4), "fewer than 1% of requests"),
        (Facts(percent=100, region="Europe"), "all requests in Europe"),
        (Facts(percent=30, region="Europe", feature="sign-in"), "about 30% of requests in Europe to sign-in"),
        (Facts(count=1), "1 customer"),
        (Facts(count=1200, region="Europe"), "1,200 customers in Europe"),
        (Facts(percent=30, count=120), "about 30% of requests (120 customers)"),
        (Facts(region="Europe"), "customers in Europe"),
        (Facts(feature="sign-in"), "customers who use sign-in"),
    ],
)
def test_a_scope_in_parts_is_put_into_words(facts: Facts, words: str | None) -> None:
    assert tell_scope(facts) == words
    completed = complete_facts(facts)
    assert (completed.scope, completed.is_scope_unknown) == (words, words is None)


def test_a_scope_that_is_not_known_hides_what_was_guessed_before() -> None:
    facts = complete_facts(Facts(scope="all of you", is_scope_unknown=True))
    assert (facts.scope, facts.is_scope_unknown) == (None, True)
    assert complete_facts(NO_FACTS, "half of you").scope == "half of you"


def test_planned_work_tells_its_window() -> None:
    found = variables_of_window(["API"], _NOW, _NOW + HOUR, _NOW)
    assert found["window"] == "22 November from 14:05 UTC to 15:05 UTC"
    late = variables_of_window(["API"], _NOW, _NOW + 11 * HOUR, _NOW)
    assert late["window"] == "22 November from 14:05 UTC to 01:05 UTC on 23 November"
