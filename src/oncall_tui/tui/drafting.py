"""Drafts as a terminal works with them: found again, taken over from the dead, or begun from a template."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping

from msgspec import Struct, field

from oncall_tui.content import load_templates
from oncall_tui.domain.cadence import next_update_at
from oncall_tui.domain.engine import Terminal
from oncall_tui.domain.facts import Facts
from oncall_tui.domain.incident import ComponentStatus, Incident, IncidentStatus, free_components
from oncall_tui.domain.template import Moment, Template, render
from oncall_tui.domain.template_choice import choose_template
from oncall_tui.domain.template_variables import variables_of
from oncall_tui.domain.update import DeliveryState, Draft
from oncall_tui.store.database import Database
from oncall_tui.store.drafts import adopt_draft, create_draft, list_drafts, take_draft
from oncall_tui.store.incidents import get_incident
from oncall_tui.store.lease import list_terminals
from oncall_tui.store.updates import list_updates
from oncall_tui.tui.text import clock_utc


class OpenedDraft(Struct, frozen=True):
    """A draft ready to be written on. `is_first` tells that customers have heard nothing of the incident yet.

    `left_at` is when the terminal that it was taken over from wrote last, None for one of our own. `updates_before`
    counts what each page holds of the incident, or is still to get.
    """

    draft: Draft
    incident: Incident
    is_first: bool
    is_new: bool
    left_at: int | None = None
    updates_before: dict[str, int] = field(default_factory=dict)


class Words(Struct, frozen=True):
    """The text of a template for an incident, and what goes with it."""

    template: Template | None
    body: str
    next_update_at: int | None


def live_terminals(terminals: Iterable[Terminal], now: int) -> dict[str, Terminal]:
    """Returns the terminals that are still there, by id; on this host a process that is gone counts at once."""
    host = os.uname().nodename
    return {
        terminal.id: terminal
        for terminal in terminals
        if terminal.is_live(now) and not (terminal.host == host and not _is_running(terminal.pid))
    }


def find_own(
    drafts: Iterable[Draft], terminals: Iterable[Terminal], terminal_id: str, actor: str, now: int
) -> list[Draft]:
    """Returns the drafts that this terminal may go on with: its own, those handed to `actor`, those of the dead."""
    others = live_terminals(terminals, now).keys() - {terminal_id}
    return [
        draft for draft in drafts if draft.terminal_id not in others and (draft.terminal_id or draft.owner == actor)
    ]


def name_draft(draft: Draft) -> str:
    """Returns the name of a draft, or what tells one without a name from others."""
    return draft.name or f"{draft.status} {clock_utc(draft.created_at, has_seconds=False)}"


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


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
) -> OpenedDraft | None:
    """Returns this terminal's draft of an incident, one handed to it, a dead one's, or a new one from a template.

    `draft_id` asks for one draft, whoever has it, `is_wanted_new` for a new one. None when there is none and none may
    be created.

    Raises NotFoundError, RefusedError or StoreError.
    """
    incident = get_incident(db, incident_id)
    updates = list_updates(db, incident_id)
    is_first = not updates
    wanted = (proof for update in updates for proof in update.proofs if proof.state is not DeliveryState.DROPPED)
    before_on = dict(Counter(proof.page for proof in wanted))
    live = live_terminals(list_terminals(db), now)
    before = {draft.id: draft for draft in list_drafts(db, incident_id)}
    if is_wanted_new:
        draft = None
    elif draft_id is not None:
        draft = take_draft(db, draft_id, terminal_id, actor)
    else:
        draft = adopt_draft(db, incident_id, terminal_id, actor, {*live, terminal_id})
    if draft is not None:
        left = before.get(draft.id, draft)
        left_at = (
            draft.updated_at if left.terminal_id not in ("", terminal_id) and left.terminal_id not in live else None
        )
        return OpenedDraft(draft, incident, is_first, is_new=False, left_at=left_at, updates_before=before_on)
    if not may_create:
        return None
    status = incident.status if incident.status.is_open else IncidentStatus.INVESTIGATING
    words = find_words(incident, status, is_first=is_first, now=now)
    draft = create_draft(
        db,
        incident_id,
        terminal_id,
        status=status,
        body=words.body,
        components=incident.components,
        next_update_at=words.next_update_at,
        template=words.template.key if words.template else None,
        actor=actor,
        now=now,
    )
    return OpenedDraft(draft, incident, is_first, is_new=True, updates_before=before_on)


def find_words(
    incident: Incident,
    status: IncidentStatus,
    *,
    is_first: bool,
    now: int,
    due_at: int | None = None,
    effect: str | None = None,
) -> Words:
    """Returns the template's text for a status; `due_at` is a promise by hand, `effect` what customers notice."""
    if due_at is None:
        due_at = next_update_at(incident.severity, status, now)
    is_reopen = not incident.status.is_open and status.is_open
    is_same = status is incident.status
    moment = Moment.REOPEN if is_reopen else Moment.FIRST if is_first else Moment.SAME if is_same else Moment.CHANGE
    template = choose_template(load_templates(), status, moment, incident.cause)
    facts = variables_of(incident, Facts(), status=status, next_update_at=due_at, now=now, effect=effect)
    body = render(template, facts) if template else ""
    return Words(template, body, due_at if status.is_open else None)


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
