"""What is known of an update for its rules, read from the incident, the probes, the pages and the last update."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from oncall_tui.config.model import Config
from oncall_tui.content import load_templates
from oncall_tui.domain import context
from oncall_tui.domain.context import Surroundings, describe_update, list_targets
from oncall_tui.domain.facts import Facts
from oncall_tui.domain.incident import Incident
from oncall_tui.domain.lint.model import Context, ProbeFact, Tuning
from oncall_tui.domain.template import list_variables
from oncall_tui.domain.update import IncidentUpdate
from oncall_tui.tui.checks import Channel, Checkable, Target
from oncall_tui.tui.previews import find_url, list_rooms
from oncall_tui.tui.snapshot import Snapshot
from oncall_tui.tui.writing import Writing

#: So much of a title is checked; one that somebody wrote on a page may be of any length.
_TITLE_CHECKED = 1_000


def take_checkable(
    writing: Writing, body: str, snapshot: Snapshot, config: Config, literals: Sequence[str], now: int
) -> Checkable:
    """Returns the update as it stands now, for rules that run while it is written on."""
    incident = writing.incident
    held = {state.page: state.capabilities for state in snapshot.pages}
    targets = tuple(
        Target(
            page,
            snapshot.name_page(page),
            held.get(page),
            writing.opened.updates_before.get(page, 0),
            incident.listings[page].title if page in incident.listings else None,
        )
        for page in list_targets(incident, config.page_names)
    )
    return Checkable(
        incident.title[:_TITLE_CHECKED],
        body,
        writing.status,
        dict(writing.components),
        writing.opened.said,
        incident.impact_override is not None,
        targets,
        _describe(writing, snapshot, config, now),
        _tune(config, literals),
        writing.waivers,
        tuple(Channel(name, room) for name, room in list_rooms(config)),
        find_url(incident, config, snapshot),
        is_promise_in_words=True,
    )


def take_correction(
    incident: Incident,
    updates: Sequence[IncidentUpdate],
    update: IncidentUpdate,
    body: str,
    snapshot: Snapshot,
    config: Config,
    facts: Facts,
    literals: Sequence[str],
) -> Checkable:
    """Returns other words for one of the updates: no page loses anything by them, and no channel hears them."""
    around = _look_around(incident, snapshot, config)
    return Checkable(
        incident.title[:_TITLE_CHECKED],
        body,
        update.status,
        {},
        (),
        incident.impact_override is not None,
        (),
        context.describe_correction(incident, around, updates, update, facts),
        _tune(config, literals),
        is_promise_in_words=True,
    )


def _tune(config: Config, literals: Sequence[str]) -> Tuning:
    """Returns the rules as the team has them, with the brackets that somebody marked as meant."""
    return replace(config.tuning, literals=(*config.tuning.literals, *literals))


def _describe(writing: Writing, snapshot: Snapshot, config: Config, now: int) -> Context:
    incident = writing.incident
    around = _look_around(incident, snapshot, config)
    return replace(
        describe_update(
            incident,
            replace(around, interval_ms=writing.interval_ms or writing.opened.course.interval_ms),
            now,
            status=writing.status,
            components=writing.components,
            facts=writing.facts,
            promise_at=writing.due_at,
            has_promise=writing.due_at is not None,
        ),
        is_first=writing.opened.is_first,
    )


def _look_around(incident: Incident, snapshot: Snapshot, config: Config) -> Surroundings:
    return Surroundings(
        probes=snapshot.probes,
        states=snapshot.states,
        components=snapshot.components,
        pages=snapshot.pages,
        page_names=config.page_names if config.pages else (),
        last=snapshot.latest_updates.get(incident.id),
        is_fix_noted=incident.id in snapshot.fixed,
        dead_links=snapshot.dead_links,
        variables=frozenset(list_variables(load_templates(config.templates))),
        audience=config.audience,
        rhythm=config.rhythm,
        url=find_url(incident, config, snapshot),
    )


def list_probe_facts(incident: Incident, snapshot: Snapshot) -> tuple[ProbeFact, ...]:
    """Returns what the probes of an incident show now."""
    return context.list_probe_facts(incident, snapshot.probes, snapshot.states)
