"""Drafts as a terminal works with them: found again, taken over from the dead, or begun from a template."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from oncall_tui.config.model import Config
from oncall_tui.content import load_templates
from oncall_tui.domain.cadence import USUAL_RHYTHM, Rhythm, next_update_at
from oncall_tui.domain.capability import Said
from oncall_tui.domain.context import list_said
from oncall_tui.domain.declare import find_effect
from oncall_tui.domain.engine import Terminal
from oncall_tui.domain.facts import Facts, tell_scope
from oncall_tui.domain.incident import ComponentStatus, Incident, IncidentStatus, free_components
from oncall_tui.domain.promise import Score, Told, list_promises, score_promises
from oncall_tui.domain.template import Template, render
from oncall_tui.domain.template_choice import choose_template, find_moment
from oncall_tui.domain.template_variables import NO_TEAM, Team, variables_of
from oncall_tui.domain.update import DeliveryState, Draft
from oncall_tui.store.database import Database
from oncall_tui.store.drafts import adopt_draft, create_draft, list_drafts, read_known, take_draft
from oncall_tui.store.incidents import get_incident
from oncall_tui.store.lease import is_running, list_terminals
from oncall_tui.store.updates import list_updates
from oncall_tui.tui.text import clock_utc

if TYPE_CHECKING:
    from oncall_tui.tui.snapshot import Snapshot


class Course(Struct, frozen=True):
    """What customers have heard of an incident: the state of the last update, how many, when, in which rhythm.

    `score` is how the promises were kept so far.
    """

    told: IncidentStatus | None = None
    count: int = 0
    told_at: int | None = None
    interval_ms: int | None = None
    score: Score | None = None


class OpenedDraft(Struct, frozen=True):
    """A draft ready to be written on.

    `left_at` is when the terminal that it was taken over from wrote last, None for one of our own. `updates_before`
    counts what each page holds of the incident, or is still to get; `said` is what its updates say of states.
    """

    draft: Draft
    incident: Incident
    course: Course
    is_new: bool
    left_at: int | None = None
    updates_before: dict[str, int] = field(default_factory=dict)
    said: tuple[Said, ...] = ()

    @property
    def is_first(self) -> bool:
        """Tells whether customers have heard nothing of the incident yet."""
        return self.course.told is None


class Words(Struct, frozen=True):
    """The text of a template for an incident, and what its sentences were filled with."""

    template: Template | None
    variables: dict[str, str | None]
    body: str


class House(Struct, frozen=True):
    """How a team writes: its templates among ours, what it is called, and how often customers hear from it."""

    templates: tuple[Template, ...]
    team: Team = NO_TEAM
    rhythm: Rhythm = USUAL_RHYTHM


def house_of(config: Config) -> House:
    """Returns how the team of a config writes."""
    return House(load_templates(config.templates), config.team, config.rhythm)


class Shape(Struct, frozen=True):
    """What an update says besides its words."""

    status: IncidentStatus
    components: dict[str, ComponentStatus]
    next_update_at: int | None
    facts: Facts = Facts()
    interval_ms: int | None = None


def live_terminals(terminals: Iterable[Terminal], now: int) -> dict[str, Terminal]:
    """Returns the terminals that are still there, by id; on this host a process that is gone counts at once."""
    host = os.uname().nodename
    return {
        terminal.id: terminal
        for terminal in terminals
        if terminal.is_live(now) and not (terminal.host == host and not is_running(terminal.pid))
    }


def find_own(
    drafts: Iterable[Draft], terminals: Iterable[Terminal], terminal_id: str, actor: str, now: int
) -> list[Draft]:
    """Returns the drafts that this terminal may go on with: its own, those handed to `actor`, those of the dead."""
    others = live_terminals(terminals, now).keys() - {terminal_id}
    return [
        draft
        for draft in drafts
        if draft.terminal_id not in others and (draft.terminal_id or draft.owner == actor or draft.asked_by)
    ]


def find_handed(before: Iterable[Draft], after: Iterable[Draft], actor: str) -> list[Draft]:
    """Returns the drafts that were handed over to a person since."""
    known = {draft.id for draft in before if not draft.terminal_id and draft.owner == actor}
    return [
        draft
        for draft in after
        if not draft.terminal_id and draft.owner == actor != draft.handed_by and draft.id not in known
    ]


def name_draft(draft: Draft) -> str:
    """Returns the name of a draft, or what tells one without a name from others."""
    return draft.name or f"{draft.status} {clock_utc(draft.created_at, has_seconds=False)}"


def open_draft(
    db: Database,
    incident_id: int,
    terminal_id: str,
    actor: str,
    now: int,
    *,
    may_create: bool = True,
    draft_id: int | None = None,
    is_wanted_new: bool = False,
    effect: str | None = None,
    house: House | None = None,
) -> OpenedDraft | None:
    """Returns this terminal's draft of an incident, one handed to it, a dead one's, or a new one from a template.

    `draft_id` asks for one draft, whoever has it, `is_wanted_new` for a new one. None when there is none and none may
    be created. `effect` is what a probe shows; without a `house` the usual words are taken.

    Raises NotFoundError, RefusedError or StoreError.
    """
    incident = get_incident(db, incident_id)
    updates = list_updates(db, incident_id)
    known = read_known(db, incident_id)
    last = updates[-1] if updates else None
    told = [Told(update.delivered_at or update.created_at, update.promise_at) for update in updates]
    course = Course(
        last.status if last else None,
        len(updates),
        told[-1].at if told else None,
        known.interval_ms,
        score_promises(list_promises(told, now)),
    )
    wanted = (proof for update in updates for proof in update.proofs if proof.state is not DeliveryState.DROPPED)
    before_on, said = dict(Counter(proof.page for proof in wanted)), list_said(updates)
    live = live_terminals(list_terminals(db), now)
    before = {draft.id: draft for draft in list_drafts(db, incident_id)}
    if is_wanted_new:
        draft = None
    elif draft_id is not None:
        draft = take_draft(db, draft_id, terminal_id, actor)
    else:
        draft = adopt_draft(db, incident_id, terminal_id, actor, {*live, terminal_id})
    house = house or House(load_templates())
    if draft is not None:
        left = before.get(draft.id, draft)
        is_orphan = left.terminal_id not in ("", terminal_id) and left.terminal_id not in live
        left_at = draft.updated_at if is_orphan else None
        return OpenedDraft(draft, incident, course, is_new=False, left_at=left_at, updates_before=before_on, said=said)
    if not may_create:
        return None
    status = incident.status if incident.status.is_open else IncidentStatus.INVESTIGATING
    due_at = next_update_at(incident.severity, status, now, rhythm=house.rhythm, interval_ms=known.interval_ms)
    shape = Shape(status, dict(incident.components), due_at, known.facts)
    words = find_words(incident, shape, course, house, now, effect=effect)
    draft = create_draft(
        db,
        incident_id,
        terminal_id,
        status=status,
        body=words.body,
        components=incident.components,
        next_update_at=due_at,
        template=words.template.key if words.template else None,
        actor=actor,
        now=now,
        variables=words.variables,
    )
    return OpenedDraft(draft, incident, course, is_new=True, updates_before=before_on, said=said)


def find_words(
    incident: Incident,
    shape: Shape,
    course: Course,
    house: House,
    now: int,
    *,
    effect: str | None = None,
) -> Words:
    """Returns the words of the template that fits an update; `effect` is what customers notice by a probe."""
    has_scope = bool(shape.facts.scope or tell_scope(shape.facts))
    moment = find_moment(
        shape.status,
        course.told,
        told_count=course.count,
        has_scope=has_scope,
        open_ms=now - incident.declared_at,
        is_slow_told=course.interval_ms is not None and shape.interval_ms is None,
    )
    template = choose_template(house.templates, shape.status, moment, incident.cause)
    variables = fill_variables(incident, shape, course, house, now, effect=effect)
    return Words(template, variables, render(template, variables) if template else "")


def fill_variables(
    incident: Incident, shape: Shape, course: Course, house: House, now: int, *, effect: str | None = None
) -> dict[str, str | None]:
    """Returns what the sentences of any template are filled with for an update."""
    return variables_of(
        replace(incident, components=shape.components or incident.components),
        shape.facts,
        status=shape.status,
        next_update_at=shape.next_update_at,
        now=now,
        effect=effect,
        told_at=course.told_at,
        interval_ms=shape.interval_ms,
        team=house.team,
    )


def find_felt(incident: Incident | None, snapshot: Snapshot) -> str | None:
    """Returns what customers notice of an incident by its first probe, None when that shows nothing."""
    probe = next((probe for probe in snapshot.probes if incident and probe.name in incident.probes), None)
    return find_effect(probe, snapshot.states.get(probe.name)) if probe else None


def suggest_components(
    incident: Incident,
    chosen: Mapping[str, ComponentStatus],
    status: IncidentStatus,
    open_incidents: Iterable[Incident],
) -> dict[str, ComponentStatus]:
    """Returns the states that fit a status: freed when it is over, and back again when that is taken back."""
    names = {**incident.components, **chosen}
    if status is IncidentStatus.RESOLVED:
        return free_components(names, incident.id, open_incidents)
    if chosen and chosen == free_components(chosen, incident.id, open_incidents):
        return dict(incident.components)
    return dict(chosen)
