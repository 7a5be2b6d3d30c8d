"""What the rules on words may know of an update: one account of it for the screens and for the command line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from oncall_tui.domain.cadence import USUAL_RHYTHM, Rhythm
from oncall_tui.domain.capability import Said
from oncall_tui.domain.facts import NO_FACTS, Facts
from oncall_tui.domain.incident import Component, ComponentStatus, Incident, IncidentStatus, Reach
from oncall_tui.domain.lint.model import Audience, Context, LastUpdate, ProbeFact
from oncall_tui.domain.pagestate import PageState
from oncall_tui.domain.probe import Probe, ProbeState, Verdict
from oncall_tui.domain.sanitize import clean_line
from oncall_tui.domain.update import DeliveryState, IncidentUpdate
from oncall_tui.domain.verdict import find_red_probes

#: Of fewer runs a share says nothing.
_RUNS_LEAST = 10


class Surroundings(Struct, frozen=True):
    """What is so around an incident, as file and config have it.

    `page_names` are the pages of the config, empty when it has none; `last` is what customers were told last.
    `is_fix_noted` is whether somebody wrote down what repaired it, `url` where customers read on. `rhythm` is the
    team's, `interval_ms` the one that customers of this incident were told.
    """

    probes: tuple[Probe, ...] = ()
    states: Mapping[str, ProbeState] = field(default_factory=dict)
    components: tuple[Component, ...] = ()
    pages: tuple[PageState, ...] = ()
    page_names: tuple[str, ...] = ()
    last: IncidentUpdate | None = None
    is_fix_noted: bool | None = None
    dead_links: tuple[str, ...] = ()
    variables: frozenset[str] = frozenset()
    audience: Audience | None = None
    url: str | None = None
    rhythm: Rhythm = USUAL_RHYTHM
    interval_ms: int | None = None


def describe_update(
    incident: Incident,
    around: Surroundings,
    now: int,
    *,
    status: IncidentStatus,
    components: Mapping[str, ComponentStatus],
    facts: Facts = NO_FACTS,
    promise_at: int | None = None,
    has_promise: bool | None = None,
    channel: str | None = "page",
) -> Context:
    """Returns all that is known of an update that sets `status` and `components`.

    `has_promise` is None where only the words can tell, as in a file.
    """
    targets = list_targets(incident, around.page_names)
    page = {each.name: each.page_status for each in around.components if each.page_status is not None}
    return Context(
        now=now,
        status=status,
        is_first=around.last is None,
        severity=incident.severity,
        cause=incident.cause,
        components=dict(components),
        page_components=page,
        probes=list_probe_facts(incident, around.probes, around.states),
        red_probes=tuple(find_red_probes(incident, around.probes, around.states, now)),
        last=_read_last(incident, around.last),
        has_promise=has_promise,
        promise_at=promise_at,
        declared_at=incident.declared_at,
        started_at=incident.started_at,
        resolved_at=incident.resolved_at,
        has_mitigation=around.is_fix_noted,
        is_live=incident.reach is not Reach.DRILL,
        is_drill=incident.reach is Reach.DRILL,
        is_private=incident.reach is Reach.PRIVATE,
        is_page_moved=bool(incident.conflict),
        dead_links=around.dead_links,
        channel=channel,
        body_limit=_find_body_limit(around.pages, targets),
        audience=around.audience,
        page_url=around.url,
        variables=around.variables,
        names=tuple({**incident.components, **components}),
        facts=facts,
        rhythm=around.rhythm,
        interval_ms=around.interval_ms,
    )


def describe_correction(
    incident: Incident,
    around: Surroundings,
    updates: Sequence[IncidentUpdate],
    update: IncidentUpdate,
    facts: Facts = NO_FACTS,
) -> Context:
    """Returns what is known of other words for an update: as of when it was said, but for what customers read last.

    `updates` are all of the incident, oldest first. Of the latest one what probes show now counts too; the state stays
    as it is.
    """
    place = next((at for at, each in enumerate(updates) if each.id == update.id), 0)
    earlier = updates[place - 1] if place else None
    context = describe_update(
        incident,
        around,
        update.created_at,
        status=update.status,
        components={**incident.components, **update.components},
        facts=facts,
        promise_at=update.promise_at,
        has_promise=True if update.promise_at is not None else None,
    )
    context = replace(
        context,
        red_probes=None,
        has_mitigation=None,
        is_first=earlier is None,
        last=LastUpdate(earlier.body, earlier.status, earlier.created_at, earlier.promise_at) if earlier else None,
    )
    if update.id == updates[-1].id:
        return context
    return replace(context, probes=None, page_components=None)


def list_targets(incident: Incident, pages: Sequence[str]) -> list[str]:
    """Returns the pages that an update of an incident goes to: one that was made on a page is continued there alone.

    A drill goes nowhere.
    """
    if incident.reach is Reach.DRILL:
        return []
    listed = [page for page in pages if page in incident.listings]
    return listed if listed and not incident.is_local else list(pages)


def list_said(updates: Iterable[IncidentUpdate]) -> tuple[Said, ...]:
    """Returns what updates say of states, without those that customers never get."""
    kept = (update for update in updates if update.delivery is not DeliveryState.DROPPED)
    return tuple(Said(update.status, update.components) for update in kept)


def list_probe_facts(
    incident: Incident, probes: Iterable[Probe], states: Mapping[str, ProbeState]
) -> tuple[ProbeFact, ...]:
    """Returns what the probes of an incident show now."""
    components = {probe.name: clean_line(probe.component or "", 200) or None for probe in probes}
    found = []
    for name in incident.probes:
        state = states.get(name)
        if state is not None:
            verdicts = [verdict for verdict, _ in state.recent]
            share = sum(verdict is Verdict.DOWN for verdict in verdicts) / max(1, len(verdicts))
            found.append(
                ProbeFact(name, state.status, components.get(name), share if len(verdicts) >= _RUNS_LEAST else None)
            )
    return tuple(found)


def _find_body_limit(pages: Iterable[PageState], targets: Sequence[str]) -> int | None:
    """Returns what the narrowest of the pages takes, None where none has told."""
    held = [state.capabilities for state in pages if state.page in targets]
    return min((item.body_most for item in held if item is not None and item.body_most is not None), default=None)


def _read_last(incident: Incident, update: IncidentUpdate | None) -> LastUpdate | None:
    if update is None:
        return None
    return LastUpdate(update.body, update.status, update.created_at, update.promise_at or incident.next_update_at)
