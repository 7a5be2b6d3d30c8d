from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall_tui.content import load_templates
from oncall_tui.domain.declare import Declaration, plan_declaration
from oncall_tui.domain.incident import ComponentStatus, IncidentStatus, Severity
from oncall_tui.domain.lint.catalogue import lint
from oncall_tui.domain.lint.model import Context, Level
from oncall_tui.domain.probe import Probe, ProbeKind, ProbeState, ProbeStatus, Verdict
from oncall_tui.domain.template import list_variables

_NOW = 1_795_356_300_000  # 22 Nov 2026 14:05 UTC
_MINUTE = 60_000


def _plan(probe: Probe | None, state: ProbeState | None) -> Declaration:
    return plan_declaration(probe, state, load_templates(), _NOW)


def _probe(kind: ProbeKind = ProbeKind.HTTP, component: str | None = "API") -> Probe:
    return Probe("api-eu", kind, "https://api.example.com", component, runbook="/runbooks/site-down.md")


def test_a_probe_that_is_down_fills_in_everything() -> None:
    state = ProbeState("api-eu", ProbeStatus.DOWN, since_at=_NOW - 4 * _MINUTE)
    plan = _plan(_probe(), state)
    assert plan == Declaration(
        title="API: requests are failing",
        components={"API": ComponentStatus.MAJOR_OUTAGE},
        probes=("api-eu",),
        severity=Severity.SEV2,
        started_at=_NOW - 4 * _MINUTE,
        next_update_at=_NOW + 30 * _MINUTE,
        runbook="/runbooks/site-down.md",
        status=IncidentStatus.INVESTIGATING,
        template="inv.first",
        body=plan.body,
        effect="Requests have been failing",
    )
    assert "problem with API." in plan.body
    assert "Requests have been failing since 14:01 UTC." in plan.body
    assert "again by 14:35 UTC." in plan.body


def test_what_fell_behind_a_probe_belongs_to_its_incident() -> None:
    state = ProbeState("api-eu", ProbeStatus.DOWN, since_at=_NOW - _MINUTE)
    behind = [Probe("shop", ProbeKind.TCP, "h:1", "Shop"), Probe("cron", ProbeKind.TCP, "h:2")]
    plan = plan_declaration(_probe(), state, load_templates(), _NOW, behind)
    assert plan.probes == ("api-eu", "shop", "cron")
    assert plan.components == dict.fromkeys(("API", "Shop"), ComponentStatus.MAJOR_OUTAGE)
    assert plan.title == "API: requests are failing"
    assert "problem with API and Shop." in plan.body


def test_a_slow_probe_is_milder() -> None:
    plan = _plan(_probe(), ProbeState("api-eu", ProbeStatus.SLOW, since_at=_NOW - _MINUTE))
    assert plan.components == {"API": ComponentStatus.DEGRADED_PERFORMANCE}
    assert plan.severity is Severity.SEV3
    assert plan.title == "API: slow responses"


def test_a_certificate_that_is_about_to_run_out_claims_no_failure() -> None:
    plan = _plan(_probe(ProbeKind.TLS), ProbeState("api-eu", ProbeStatus.SLOW, since_at=_NOW))
    assert plan.title == "Problem with API"
    assert "since" not in plan.body


def test_a_failure_that_is_not_confirmed_yet_counts_from_its_first_run() -> None:
    state = ProbeState(
        "api-eu", ProbeStatus.UP, since_at=1, streak=1, streak_at=_NOW - 9_000, last_verdict=Verdict.DOWN
    )
    plan = _plan(_probe(), state)
    assert plan.started_at == _NOW - 9_000
    assert plan.components == {"API": ComponentStatus.MAJOR_OUTAGE}


def test_a_healthy_probe_starts_now_and_claims_no_failure() -> None:
    plan = _plan(_probe(), ProbeState("api-eu", ProbeStatus.UP, since_at=1, last_verdict=Verdict.UP))
    assert plan.started_at == _NOW
    assert "failing" not in plan.title + plan.body


def test_without_a_component_the_probes_name_stays_private() -> None:
    plan = _plan(_probe(component=None), ProbeState("api-eu", ProbeStatus.DOWN, since_at=_NOW))
    assert plan.components == {}
    assert "api-eu" not in plan.title + plan.body
    assert plan.title == "Requests are failing"


def test_without_a_probe_there_is_still_something_to_edit() -> None:
    plan = _plan(None, None)
    assert plan.title == "Problem with our service"
    assert plan.probes == ()
    assert plan.body


def test_a_clock_that_was_set_back_puts_no_start_into_the_future() -> None:
    plan = _plan(_probe(), ProbeState("api-eu", ProbeStatus.DOWN, since_at=_NOW + 5_000))
    assert plan.started_at == _NOW


_NAMES = st.one_of(
    st.text(max_size=400),
    st.text(alphabet="[]{}<>$%_＿ TODxX:adeti\x1b\u202e", min_size=1, max_size=40),
    st.sampled_from(
        ["[date]", "{since}", "TODO", "[@click=app.quit]", "[/x]", "xx:xx", "__", "Shop [TIME]", "{{x}}", "["]
    ),
)


@settings(deadline=None)
@given(
    name=_NAMES,
    kind=st.sampled_from(ProbeKind),
    status=st.sampled_from(ProbeStatus),
    since_at=st.integers(0, _NOW * 2),
)
def test_the_first_draft_passes_whatever_the_names(
    name: str, kind: ProbeKind, status: ProbeStatus, since_at: int
) -> None:
    plan = _plan(_probe(kind, name), ProbeState("api-eu", status, since_at=since_at, last_verdict=Verdict.DOWN))
    findings = lint(
        plan.title,
        plan.body,
        Context(variables=list_variables(load_templates()), names=tuple(plan.components)),
    )
    told = [finding for finding in findings if finding.level is not Level.INFO and finding.rule != "LN003"]
    assert told == []
    assert len(plan.title) <= 255
    assert plan.started_at <= _NOW


@pytest.mark.parametrize("kind", ProbeKind)
@pytest.mark.parametrize("status", [ProbeStatus.DOWN, ProbeStatus.SLOW])
def test_the_first_draft_names_a_zone_with_every_time(kind: ProbeKind, status: ProbeStatus) -> None:
    plan = _plan(_probe(kind), ProbeState("api-eu", status, since_at=_NOW - _MINUTE))
    assert plan.body.count(":") == plan.body.count(" UTC")
