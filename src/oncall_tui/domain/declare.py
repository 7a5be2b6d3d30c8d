"""From a red probe to an incident with its first words, without a question asked."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from oncall_tui.domain.cadence import USUAL_RHYTHM, Rhythm, next_update_at
from oncall_tui.domain.incident import ComponentStatus, IncidentStatus, Severity
from oncall_tui.domain.probe import Probe, ProbeKind, ProbeState, ProbeStatus, Verdict
from oncall_tui.domain.sanitize import clean_line
from oncall_tui.domain.template import NO_COMPONENT, Moment, Template, join_names, render, say_when
from oncall_tui.domain.template_choice import choose_template
from oncall_tui.domain.template_variables import UNKNOWN_SCOPE
from oncall_tui.domain.update import TITLE_LIMIT

#: What customers notice, by what is probed: words for the title, and the start of a sentence that ends "since ...".
#: A certificate that is about to run out is not felt yet.
_FAILING = {
    ProbeKind.HTTP: ("requests are failing", "Requests have been failing"),
    ProbeKind.TCP: ("connections are failing", "Connections have been failing"),
    ProbeKind.TLS: ("secure connections are failing", "Secure connections have been failing"),
    ProbeKind.DNS: ("name lookups are failing", "Name lookups have been failing"),
    ProbeKind.SMTP: ("e-mail is failing", "Sending e-mail has been failing"),
    ProbeKind.IMAP: ("e-mail is failing", "Reading e-mail has been failing"),
    ProbeKind.ICMP: ("connections are failing", "Connections have been failing"),
    ProbeKind.GRPC: ("requests are failing", "Requests have been failing"),
    ProbeKind.WEBSOCKET: ("live connections are failing", "Live connections have been failing"),
    ProbeKind.DOMAIN: ("name lookups are failing", "Name lookups have been failing"),
    ProbeKind.PUSH: ("scheduled work is late", "Scheduled work has been late"),
    ProbeKind.UPSTREAM: ("a provider has an outage", "A provider that we rely on has had an outage"),
    ProbeKind.PROMETHEUS: ("requests are failing", "Requests have been failing"),
    ProbeKind.GATUS: ("requests are failing", "Requests have been failing"),
}
_SLOW = {
    ProbeKind.HTTP: ("slow responses", "Responses have been slower than usual"),
    ProbeKind.TCP: ("slow connections", "Connections have been slower than usual"),
    ProbeKind.DNS: ("slow name lookups", "Name lookups have been slower than usual"),
    ProbeKind.GRPC: ("slow responses", "Responses have been slower than usual"),
    ProbeKind.WEBSOCKET: ("slow live connections", "Live connections have been slower than usual"),
    ProbeKind.ICMP: ("slow connections", "Connections have been slower than usual"),
    ProbeKind.SMTP: ("slow e-mail", "Sending e-mail has been slower than usual"),
    ProbeKind.IMAP: ("slow e-mail", "Reading e-mail has been slower than usual"),
    ProbeKind.UPSTREAM: ("a provider has trouble", "A provider that we rely on has had trouble"),
}


class Declaration(Struct, frozen=True):
    """All that an incident begins with; `components` are suggestions that the first update would set."""

    title: str
    components: dict[str, ComponentStatus]
    probes: tuple[str, ...]
    severity: Severity
    started_at: int
    next_update_at: int | None
    runbook: str | None
    status: IncidentStatus
    template: str | None
    body: str
    effect: str | None = None


def plan_declaration(
    probe: Probe | None,
    state: ProbeState | None,
    templates: Sequence[Template],
    now: int,
    behind: Sequence[Probe] = (),
    rhythm: Rhythm = USUAL_RHYTHM,
) -> Declaration:
    """Returns what to declare for a probe as it stands, or for no probe at all (a report from a client).

    What fell `behind` it belongs to the same incident.
    """
    trouble = _trouble_of(state)
    headline, effect = _words_of(probe, trouble)
    fallen = (*((probe,) if probe else ()), *behind)
    touched = [clean_line(each.component, 200) for each in fallen if each.component and each.component.strip()]
    components = list(dict.fromkeys(touched))
    severity = Severity.SEV2 if trouble is ProbeStatus.DOWN else Severity.SEV3
    started_at = min(_started_at(state, trouble) or now, now)
    status = IncidentStatus.INVESTIGATING
    due_at = next_update_at(severity, status, now, rhythm=rhythm)
    template = choose_template(templates, status, Moment.FIRST)
    facts = {
        "components": join_names(components) or NO_COMPONENT,
        "effect": effect,
        "unknown_scope": UNKNOWN_SCOPE,
        "since": say_when(started_at, now),
        "next_update": say_when(due_at, now) if due_at is not None else None,
    }
    return Declaration(
        title=_title(components[0] if components else None, headline),
        components=dict.fromkeys(components, _suggest(trouble)),
        probes=tuple(each.name for each in fallen),
        severity=severity,
        started_at=started_at,
        next_update_at=due_at,
        runbook=probe.runbook if probe else None,
        status=status,
        template=template.key if template else None,
        body=render(template, facts) if template else "",
        effect=effect,
    )


def find_effect(probe: Probe | None, state: ProbeState | None) -> str | None:
    """Returns what customers notice of a probe's trouble, as the start of a sentence; None when that is not known."""
    return _words_of(probe, _trouble_of(state))[1]


def _trouble_of(state: ProbeState | None) -> ProbeStatus | None:
    """A run that went wrong counts before it is confirmed: a person who declares has seen it."""
    if state is None:
        return None
    if state.status in (ProbeStatus.DOWN, ProbeStatus.SLOW):
        return state.status
    return {Verdict.DOWN: ProbeStatus.DOWN, Verdict.DEGRADED: ProbeStatus.SLOW}.get(state.last_verdict or Verdict.UP)


def _started_at(state: ProbeState | None, trouble: ProbeStatus | None) -> int | None:
    if state is None or trouble is None:
        return None
    return (state.since_at if state.status is trouble else state.streak_at) or state.last_result_at


def _words_of(probe: Probe | None, trouble: ProbeStatus | None) -> tuple[str | None, str | None]:
    if probe is None or trouble is None or probe.intake is not None:
        return None, None  # that a source cannot be read is felt by nobody else
    return (_FAILING if trouble is ProbeStatus.DOWN else _SLOW).get(probe.kind, (None, None))


def _suggest(trouble: ProbeStatus | None) -> ComponentStatus:
    return ComponentStatus.MAJOR_OUTAGE if trouble is ProbeStatus.DOWN else ComponentStatus.DEGRADED_PERFORMANCE


def _title(component: str | None, headline: str | None) -> str:
    if headline is None:
        return clean_line(f"Problem with {component or NO_COMPONENT}", TITLE_LIMIT)
    return clean_line(f"{component}: {headline}" if component else headline.capitalize(), TITLE_LIMIT)
