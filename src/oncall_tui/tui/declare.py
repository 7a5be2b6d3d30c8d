"""Declares incidents from the screens: one key makes one, with its first words; one undo takes all of it back."""

from __future__ import annotations

import uuid
from typing import cast

from textual.app import App

from oncall_tui.clock import now_ms
from oncall_tui.content import load_templates
from oncall_tui.domain.declare import Declaration, plan_declaration
from oncall_tui.domain.errors import OncallError
from oncall_tui.store.database import Database
from oncall_tui.store.drafts import create_draft
from oncall_tui.store.incidents import declare_incident, discard_incident
from oncall_tui.tui.drafting import Course, House, Shape, fill_variables, house_of
from oncall_tui.tui.host import Host, tell


async def declare_from_probe(app: App[object], probe_name: str) -> int:
    """Declares an incident for a probe as it stands, with the draft of its first update; returns the incident's number.

    What fell behind it belongs to the same incident.

    A probe that already has an open incident leads there instead. Raises RefusedError or StoreError.
    """
    host = cast("Host", app)
    known = host.snapshot.incident_of_probe(probe_name)
    if known is not None:
        tell(app, f"{probe_name} already belongs to #{known.id}.")
        return known.id
    probe = next((probe for probe in host.snapshot.probes if probe.name == probe_name), None)
    state = host.snapshot.states.get(probe_name)
    fallen = {name for name in host.list_behind(probe_name) if host.snapshot.incident_of_probe(name) is None}
    behind = [each for each in host.snapshot.probes if each.name in fallen]
    templates, rhythm = load_templates(host.config.templates), host.config.rhythm
    return await _declare(app, plan_declaration(probe, state, templates, now_ms(), behind, rhythm))


async def declare_and_open(app: App[object], probe_name: str) -> None:
    """Declares an incident for a probe and opens its first update; a file that fails is told."""
    try:
        incident_id = await declare_from_probe(app, probe_name)
    except OncallError as error:
        tell(app, str(error), "error")
    else:
        cast("Host", app).open_compose(incident_id)


async def declare_by_hand(app: App[object]) -> int:
    """Declares an incident that no probe has seen. Raises StoreError."""
    host = cast("Host", app)
    templates, rhythm = load_templates(host.config.templates), host.config.rhythm
    return await _declare(app, plan_declaration(None, None, templates, now_ms(), rhythm=rhythm))


async def _declare(app: App[object], plan: Declaration) -> int:
    host = cast("Host", app)
    return await host.feed.call(
        store_declaration, plan, uuid.uuid4().hex, host.terminal_id, host.actor, now_ms(), house_of(host.config)
    )


def store_declaration(
    db: Database, plan: Declaration, uid: str, terminal_id: str, actor: str, now: int, house: House | None = None
) -> int:
    """Stores the incident and its first draft; a draft that could not be stored is begun again by the compose pane.

    Raises RefusedError (`probe-has-incident`) or StoreError.
    """
    incident = declare_incident(
        db,
        uid=uid,
        title=plan.title,
        components=plan.components,
        probes=plan.probes,
        severity=plan.severity,
        started_at=plan.started_at,
        actor=actor,
        now=now,
        next_update_at=plan.next_update_at,
        runbook=plan.runbook,
    )
    shape = Shape(plan.status, dict(plan.components), plan.next_update_at)
    create_draft(
        db,
        incident.id,
        terminal_id,
        status=plan.status,
        body=plan.body,
        components=plan.components,
        next_update_at=plan.next_update_at,
        template=plan.template,
        actor=actor,
        now=now,
        variables=fill_variables(incident, shape, Course(), house or House(()), now, effect=plan.effect),
    )
    return incident.id


async def undo_declaration(app: App[object], incident_id: int) -> bool:
    """Takes an incident back of which nothing was sent; says why not when that cannot be."""
    host = cast("Host", app)
    incident = host.snapshot.incident(incident_id)
    try:
        await host.feed.call(discard_incident, incident_id, host.actor, now_ms())
    except OncallError as error:
        tell(app, str(error), "warning")
        return False
    host.select_incident(None)
    tell(app, f"#{incident_id} {incident.title if incident else ''} is taken back: nothing was sent.")
    host.show_pane("probes")
    return True
