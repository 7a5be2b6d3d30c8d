"""What is told to one client or a supplier: prepared words, filled with all that the file knows of an incident."""

from __future__ import annotations

from oncall_tui.domain.cadence import USUAL_RHYTHM, Rhythm, next_update_at
from oncall_tui.domain.declare import find_effect
from oncall_tui.domain.incident import IncidentStatus
from oncall_tui.domain.template import Template, render, say_when
from oncall_tui.domain.template_variables import NO_TEAM, Team, variables_of
from oncall_tui.store.database import Database
from oncall_tui.store.drafts import read_known
from oncall_tui.store.incidents import get_incident
from oncall_tui.store.probes import list_probes, list_states
from oncall_tui.store.updates import list_updates


def fill_letter(
    db: Database,
    incident_id: int,
    template: Template,
    actor: str,
    now: int,
    *,
    team: Team = NO_TEAM,
    rhythm: Rhythm = USUAL_RHYTHM,
) -> str:
    """Returns how a template reads for an incident; what only a person knows stays visible as `{name}`.

    A template for other states than the present one is filled as in the first of its own. Raises NotFoundError.
    """
    incident = get_incident(db, incident_id)
    updates, known = list_updates(db, incident_id), read_known(db, incident_id)
    states = [state for state in template.states if isinstance(state, IncidentStatus)]
    status = incident.status if incident.status in states or not states else states[0]
    probe = next((probe for probe in list_probes(db) if probe.name in incident.probes), None)
    state = next((state for state in list_states(db)[0] if probe is not None and state.probe == probe.name), None)
    effect = find_effect(probe, state)
    since = say_when(incident.started_at, now)
    variables = variables_of(
        incident,
        known.facts,
        status=status,
        next_update_at=next_update_at(incident.severity, status, now, rhythm=rhythm, interval_ms=known.interval_ms),
        now=now,
        effect=effect,
        told_at=updates[-1].created_at if updates else None,
        interval_ms=known.interval_ms,
        team=team,
    )
    seen = known.facts.impact or effect
    variables["observed"] = None if seen is None else f"{seen[:1].lower()}{seen[1:].rstrip('.')} since {since}"
    variables["owner"] = None if "@" in actor else actor  # an account of a machine is nobody's name
    return render(template, variables)
