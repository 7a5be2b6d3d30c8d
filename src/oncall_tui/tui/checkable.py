"""What is known of an update for its rules, read from the incident, the probes, the pages and the last update."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from oncall_tui.config.model import Config
from oncall_tui.content import load_templates
from oncall_tui.domain.incident import Incident
from oncall_tui.domain.lint.model import Context, LastUpdate, ProbeFact
from oncall_tui.domain.probe import Verdict
from oncall_tui.domain.sanitize import clean_line
from oncall_tui.domain.template import list_variables
from oncall_tui.domain.verdict import find_red_probes
from oncall_tui.tui.checks import Channel, Checkable, Target, list_targets
from oncall_tui.tui.previews import find_url, list_rooms
from oncall_tui.tui.snapshot import Snapshot
from oncall_tui.tui.writing import Writing

#: So much of a title is checked; one that somebody wrote on a page may be of any length.
_TITLE_CHECKED = 1_000
#: Of fewer runs a share says nothing.
_RUNS_LEAST = 10


def take_checkable(
    writing: Writing, body: str, snapshot: Snapshot, config: Config, literals: Sequence[str], now: int
) -> Checkable:
    """Returns the update as it stands now, for rules that run while it is written on."""
    incident = writing.incident
    held = {state.page: state.capabilities for state in snapshot.pages}
    targets = tuple(
        Target(page, snapshot.name_page(page), held.get(page), writing.opened.updates_before.get(page, 0))
        for page in list_targets(incident, config.page_names)
    )
    return Checkable(
        incident.title[:_TITLE_CHECKED],
        body,
        writing.status,
        dict(writing.components),
        dict(incident.components),
        incident.impact_override is not None,
        targets,
        _describe(writing, snapshot, config, now),
        replace(config.tuning, literals=(*config.tuning.literals, *literals)),
        writing.waivers,
        tuple(Channel(name, room) for name, room in list_rooms(config)),
        find_url(incident, config, snapshot),
    )


def _describe(writing: Writing, snapshot: Snapshot, config: Config, now: int) -> Context:
    incident = writing.incident
    page = {component.name: component.page_status for component in snapshot.components}
    return Context(
        now=now,
        status=writing.status,
        is_first=writing.opened.is_first,
        severity=incident.severity,
        cause=incident.cause,
        components=dict(writing.components),
        page_components={name: status for name, status in page.items() if status is not None},
        probes=list_probe_facts(incident, snapshot),
        red_probes=tuple(find_red_probes(incident, snapshot.states.values())),
        last=_find_last(incident, snapshot),
        has_promise=writing.due_at is not None,
        promise_at=writing.due_at,
        declared_at=incident.declared_at,
        started_at=incident.started_at,
        resolved_at=incident.resolved_at,
        is_live=bool(config.pages),
        is_page_moved=bool(incident.conflict),
        dead_links=snapshot.dead_links,
        channel="page",
        body_limit=_find_body_limit(incident, snapshot, config),
        audience=config.audience,
        page_url=find_url(incident, config, snapshot),
        variables=frozenset(list_variables(load_templates(config.templates))),
        names=tuple({**incident.components, **writing.components}),
        facts=writing.facts,
    )


def _find_body_limit(incident: Incident, snapshot: Snapshot, config: Config) -> int | None:
    """Returns what the narrowest of the pages takes, None where none has told."""
    targets = list_targets(incident, config.page_names)
    held = [state.capabilities for state in snapshot.pages if state.page in targets]
    limits = [item.body_most for item in held if item is not None and item.body_most is not None]
    return min(limits) if limits else None


def list_probe_facts(incident: Incident, snapshot: Snapshot) -> tuple[ProbeFact, ...]:
    """Returns what the probes of an incident show now."""
    components = {probe.name: clean_line(probe.component or "", 200) or None for probe in snapshot.probes}
    found = []
    for name in incident.probes:
        state = snapshot.states.get(name)
        if state is not None:
            verdicts = [verdict for verdict, _ in state.recent]
            share = sum(verdict is Verdict.DOWN for verdict in verdicts) / max(1, len(verdicts))
            found.append(
                ProbeFact(name, state.status, components.get(name), share if len(verdicts) >= _RUNS_LEAST else None)
            )
    return tuple(found)


def _find_last(incident: Incident, snapshot: Snapshot) -> LastUpdate | None:
    update = snapshot.latest_updates.get(incident.id)
    if update is None:
        return None
    return LastUpdate(update.body, update.status, update.created_at, update.promise_at or incident.next_update_at)
