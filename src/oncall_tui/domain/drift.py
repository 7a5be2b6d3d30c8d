"""Where status pages and the probes contradict each other: customers read one thing, we measure another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from oncall_tui.domain.duration import MINUTE, format_duration
from oncall_tui.domain.incident import Component, ComponentStatus, Incident, Reach
from oncall_tui.domain.maintenance import Maintenance, is_silencing
from oncall_tui.domain.probe import Probe, ProbeState, ProbeStatus
from oncall_tui.domain.upkeep import Upkeep, find_work, index_upkeeps
from oncall_tui.domain.verdict import status_at

WELL_FOR_MS = 5 * MINUTE
"""So long must every probe of a component have been up before the page's word of trouble counts as left behind."""
_TROUBLE = (ComponentStatus.DEGRADED_PERFORMANCE, ComponentStatus.PARTIAL_OUTAGE, ComponentStatus.MAJOR_OUTAGE)


class Drift(Struct, frozen=True):
    """One component of which pages say something else than its probes.

    `pages` are those that say `page_status` of it. `probe` is the one that has been red longest, None where all are up;
    `since_at` is since when what the probes say holds.
    """

    component: str
    page_status: ComponentStatus
    since_at: int
    probe: str | None = None
    pages: tuple[str, ...] = ()


def find_drift(
    components: Iterable[Component],
    probes: Iterable[Probe],
    states: Mapping[str, ProbeState],
    open_incidents: Iterable[Incident],
    now: int,
    maintenances: Sequence[Maintenance] = (),
    upkeeps: Sequence[Upkeep] = (),
) -> list[Drift]:
    """Returns the contradictions of each page, red probes behind a well page first, each kind the longest first.

    Planned work explains what it touches: neither its components nor its probes contradict anybody while it silences.
    Nor do probes under maintenance that customers are not told of.

    A page that says operational while a probe is down; a page that says an outage while every probe of the component
    has been up for five minutes and no open incident that stands there holds it. What is stale or unknown proves
    nothing.
    """
    probes_of: dict[str, list[Probe]] = {}
    for probe in probes:
        if probe.component is not None:
            probes_of.setdefault(probe.component, []).append(probe)
    holding: dict[str, list[Incident]] = {}
    for incident in open_incidents:
        if incident.reach is not Reach.DRILL:
            for name, status in incident.components.items():
                if status is not ComponentStatus.OPERATIONAL:
                    holding.setdefault(name, []).append(incident)
    upkept = index_upkeeps(upkeeps, now)
    worked_on = {name for each in maintenances if is_silencing(each, now) for name in each.components}
    found: list[Drift] = []
    for component in components:
        name = component.name
        if name in worked_on:
            continue
        mine = probes_of.get(name, [])
        red = [
            probe
            for probe in mine
            if _is(ProbeStatus.DOWN, probe, states, now) and find_work(maintenances, upkept, probe.name, now) is None
        ]
        well = tuple(page for page, status in component.told.items() if status is ComponentStatus.OPERATIONAL)
        if well and red:
            since_at, probe_name = min((states[probe.name].since_at, probe.name) for probe in red)
            found.append(Drift(name, ComponentStatus.OPERATIONAL, since_at, probe_name, well))
        if not mine or not all(_is(ProbeStatus.UP, probe, states, now) for probe in mine):
            continue
        since_at = max(states[probe.name].since_at for probe in mine)
        for trouble in _TROUBLE if now - since_at >= WELL_FOR_MS else ():
            left = tuple(
                page
                for page, status in component.told.items()
                if status is trouble and not any(_stands_on(page, each) for each in holding.get(name, ()))
            )
            if left:
                found.append(Drift(name, trouble, since_at, pages=left))
    return sorted(found, key=lambda drift: (drift.probe is None, drift.since_at, drift.component))


def _is(status: ProbeStatus, probe: Probe, states: Mapping[str, ProbeState], now: int) -> bool:
    state = states.get(probe.name)
    return state is not None and state.status is status and status_at(state, probe.every_ms, now) is status


def _stands_on(page: str, incident: Incident) -> bool:
    """Tells whether a page shows an incident, or is to: one that was made on a page is continued there alone."""
    return incident.is_local or not incident.listings or page in incident.listings


def describe_drift(drift: Drift, now: int, *, page_count: int = 1) -> str:
    """Returns the contradiction in whole minutes, such as `page says operational, api-eu is red for 12 min`.

    Where there are several pages, those that say it are named.
    """
    word = drift.page_status.replace("_", " ")
    lasts = _say_minutes(max(0, now - drift.since_at))
    says = "page says" if page_count < 2 else f"page {drift.pages[0]} says"
    if page_count > 1 and len(drift.pages) > 1:
        says = f"pages {', '.join(drift.pages)} say"
    if drift.probe is not None:
        return f"{says} {word}, {drift.probe} is red for {lasts}"
    return f"{says} {word}, every probe of {drift.component} is up for {lasts}"


def _say_minutes(ms: int) -> str:
    minutes = ms // MINUTE
    if minutes < 1:
        return "under a minute"
    return f"{minutes} min" if minutes < 120 else format_duration(minutes * MINUTE)
