"""Which changes a hook is told of: what stands for certain, of itself, unexpected and unsilenced, and once.

The rules compare what stands with what was told, so that neither a restart nor a lost moment tells twice or never.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType

from msgspec import Struct, field
from msgspec.structs import replace

from oncall_tui.domain.change import Change, find_expecting
from oncall_tui.domain.duration import SECOND
from oncall_tui.domain.hook import TROUBLES, HookEvent, Told, name_promise
from oncall_tui.domain.incident import Incident
from oncall_tui.domain.maintenance import Maintenance
from oncall_tui.domain.probe import Probe, ProbeState, ProbeStatus, Verdict
from oncall_tui.domain.silence import Silence, find_silence
from oncall_tui.domain.storm import GATHER_MS, find_grace, find_roots
from oncall_tui.domain.upkeep import Upkeep, find_work, index_upkeeps
from oncall_tui.domain.verdict import FRESH_RUNS, is_unconfirmed, status_at

HOLD_MS = 30 * SECOND
"""So long at most a probe waits for news of those that it depends on."""
HOLD_INTERVALS = 5
"""Or, where it flaps, for one of them to do so too: the same trouble takes some runs more or less to be flapping."""
TOGETHER = 5
"""More changes alike than this at once are one call."""
_EVENTS = {
    ProbeStatus.DOWN: HookEvent.DOWN,
    ProbeStatus.FLAPPING: HookEvent.FLAPPING,
    ProbeStatus.SLOW: HookEvent.SLOW,
    ProbeStatus.UP: HookEvent.UP,
}
_FALLEN = (ProbeStatus.DOWN, ProbeStatus.FLAPPING)


class HookFacts(Struct, frozen=True):
    """The file at one instant; `states` hold every probe that is not plainly up, and those that others depend on."""

    probes: tuple[Probe, ...] = ()
    states: Mapping[str, ProbeState] = field(default_factory=dict)
    silences: Mapping[str, Silence] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    maintenances: tuple[Maintenance, ...] = ()
    upkeeps: tuple[Upkeep, ...] = ()
    incidents: tuple[Incident, ...] = ()


class Fallen(Struct, frozen=True):
    """One subject in one call: what is so `since_at`, and what fell behind it."""

    subject: str
    event: HookEvent
    since_at: int
    was: Told | None = None
    behind: tuple[str, ...] = ()
    probe: Probe | None = None
    state: ProbeState | None = None
    incident: Incident | None = None


class Picture:
    """What stands at one instant."""

    def __init__(self, facts: HookFacts, now: int) -> None:
        self.facts = facts
        self.now = now
        self._probes = {probe.name: probe for probe in facts.probes}
        self._held = index_upkeeps(facts.upkeeps, now)
        self._statuses = {
            name: status_at(state, self._probes[name].every_ms, now)
            for name, state in facts.states.items()
            if name in self._probes
        }

    @cached_property
    def roots(self) -> dict[str, str]:
        """For each red probe behind one that has fallen the first cause, planned work and known changes included."""
        fallen = {name for name, status in self._statuses.items() if status in _FALLEN}
        red = {name for name, status in self._statuses.items() if _EVENTS.get(status) in TROUBLES}
        return find_roots(self.facts.probes, red, fallen, self.facts.states) if fallen else {}

    def find_event(self, name: str) -> HookEvent | None:
        """Returns what may be told of a probe, None where nothing may: it says nothing, or it is known."""
        probe, status = self._probes[name], self._statuses[name]
        event = _EVENTS.get(status)
        if event is None or find_work(self.facts.maintenances, self._held, name, self.now) is not None:
            return None
        if event is HookEvent.UP:
            return event
        red_at = _find_since(self.facts.states[name], event)
        is_known = (
            name in self.roots
            or find_expecting(self.facts.changes, probe.component, red_at, self.now) is not None
            or find_silence(self.facts.silences, name, self.now) is not None
        )
        return None if is_known else event

    def list_standing(self) -> list[Fallen]:
        """Returns all that may be told now, in the order of the config, late promises last."""
        standing = []
        behind: dict[str, list[str]] = {}
        for name, root in self.roots.items():
            behind.setdefault(root, []).append(name)
        linked = {name: incident for incident in reversed(self.facts.incidents) for name in incident.probes}
        for name, probe in self._probes.items():
            if name in self._statuses and (event := self.find_event(name)) is not None:
                state = self.facts.states[name]
                since_at, fell = _find_since(state, event), tuple(behind.get(name, ()))
                standing.append(Fallen(name, event, since_at, None, fell, probe, state, linked.get(name)))
        for incident in self.facts.incidents:
            due_at = incident.next_update_at
            if due_at is not None and incident.resolved_at is None and due_at < self.now:
                subject = name_promise(incident.id)
                standing.append(Fallen(subject, HookEvent.PROMISE_LATE, due_at, incident=incident))
        return standing

    def list_ready(
        self, fallen: Sequence[Fallen], noticed: Mapping[str, int], behind_at: Mapping[str, int] = MappingProxyType({})
    ) -> list[Fallen]:
        """Returns the changes that are told now, by the instants at which each was noticed.

        Each has to stand for a moment; many alike go as soon as the first of them has, all in one. `behind_at` is when
        a probe was last seen behind another: what flapped with it gets the time to end with it.
        """
        clear = [
            each
            for each in fallen
            if self._is_clear(each, noticed[each.subject]) and not self._is_let_go(each, behind_at)
        ]
        settled = [each for each in clear if self._has_stood(each, noticed[each.subject])]
        alike = Counter(each.event for each in clear)
        going = {each.event for each in settled if alike[each.event] > TOGETHER}
        chosen = {each.subject for each in settled}
        return [each for each in clear if each.subject in chosen or each.event in going]

    def _has_stood(self, fallen: Fallen, noticed_at: int) -> bool:
        return fallen.event is HookEvent.PROMISE_LATE or not 0 <= self.now - noticed_at < GATHER_MS

    def _is_let_go(self, fallen: Fallen, behind_at: Mapping[str, int]) -> bool:
        at = behind_at.get(fallen.subject)
        if at is None or fallen.event is not HookEvent.FLAPPING or fallen.probe is None:
            return False
        return 0 <= self.now - at < find_grace(fallen.probe)

    def _is_clear(self, fallen: Fallen, noticed_at: int) -> bool:
        """Tells whether a change is known to be a trouble of its own, or long enough not known to be another's.

        What depends on others waits until they have been looked at since; what was behind something that is up again
        waits until it has had the time to recover.
        """
        if fallen.event not in TROUBLES or fallen.state is None or fallen.probe is None:
            return True
        above = [self._probes[name] for name in self._list_above(fallen.probe)]
        is_fresh = 0 <= self.now - noticed_at < HOLD_MS
        if is_fresh and any(self._is_open(parent, fallen.since_at) for parent in above):
            return False
        if fallen.event is HookEvent.FLAPPING and any(self._may_flap(parent, noticed_at) for parent in above):
            return False
        grace_ms = find_grace(fallen.probe)
        return not any(self._has_just_recovered(parent, fallen.since_at, grace_ms) for parent in above)

    def _list_above(self, probe: Probe) -> list[str]:
        found: dict[str, None] = {}
        level = [name for name in probe.depends_on if name in self._probes]
        while level:
            name = level.pop()
            if name not in found:
                found[name] = None
                level += [each for each in self._probes[name].depends_on if each in self._probes]
        return list(found)

    def _is_open(self, parent: Probe, since_at: int) -> bool:
        state = self.facts.states.get(parent.name)
        if state is None or state.last_result_at is None:
            return False
        return state.last_result_at < since_at or is_unconfirmed(state, parent)

    def _may_flap(self, parent: Probe, noticed_at: int) -> bool:
        """Tells whether a parent that does not flap yet has failed among its latest runs."""
        state = self.facts.states.get(parent.name)
        is_failing = state is not None and any(verdict is Verdict.DOWN for verdict, _ in state.recent[-FRESH_RUNS:])
        return is_failing and 0 <= self.now - noticed_at < HOLD_INTERVALS * parent.every_ms

    def _has_just_recovered(self, parent: Probe, since_at: int, grace_ms: int) -> bool:
        state = self.facts.states.get(parent.name)
        is_well = state is not None and state.status in (ProbeStatus.UP, ProbeStatus.SLOW)
        return state is not None and is_well and since_at <= state.since_at <= self.now < state.since_at + grace_ms


def _find_since(state: ProbeState, event: HookEvent) -> int:
    return (state.flapping_at if event is HookEvent.FLAPPING else None) or state.since_at


class Changes(Struct, frozen=True):
    """How what stands differs from what was told: `forgotten` subjects are over without a word."""

    fallen: tuple[Fallen, ...] = ()
    forgotten: tuple[str, ...] = ()


def find_changes(standing: Sequence[Fallen], facts: HookFacts, told: Mapping[str, Told], on: frozenset[str]) -> Changes:
    """Returns what a hook that is called on some events has yet to be told, and what may be forgotten.

    The end of a trouble is news only where the trouble was told; who wants ends alone gets those of what was down.
    """
    watched = _list_watched(on)
    fallen = []
    for each in standing:
        was = told.get(each.subject)
        if each.event is HookEvent.UP:
            is_new = was is not None
        elif each.event is HookEvent.PROMISE_LATE:
            is_new = each.event in on and (was is None or was.since_at != each.since_at)
        else:
            is_new = each.event in watched and (was is None or was.event is not each.event)
        if is_new:
            fallen.append(replace(each, was=was, since_at=_find_end(each, was)))
    known = {probe.name for probe in facts.probes} | {each.subject for each in standing}
    return Changes(tuple(fallen), tuple(subject for subject in told if subject not in known))


def _find_end(fallen: Fallen, was: Told | None) -> int:
    """Returns since when it is so; what flapped may have been up all the while, and is well since it is calm."""
    if fallen.event is not HookEvent.UP or was is None or was.event is not HookEvent.FLAPPING or fallen.state is None:
        return fallen.since_at
    return max(fallen.since_at, fallen.state.streak_at)


def find_baseline(picture: Picture, on: frozenset[str]) -> list[Told]:
    """Returns what is so as a hook begins, by the latest that is known however old: to that hook it is no news."""
    watched = _list_watched(on)
    told = []
    for name, state in picture.facts.states.items():
        event = HookEvent.FLAPPING if state.flapping_at is not None else _EVENTS.get(state.status)
        if event in watched and name not in picture.roots:
            told.append(Told(name, event, _find_since(state, event)))
    late = [each for each in picture.list_standing() if each.event is HookEvent.PROMISE_LATE and each.event in on]
    return [*told, *(Told(each.subject, each.event, each.since_at) for each in late)]


def _list_watched(on: frozenset[str]) -> list[HookEvent]:
    return [event for event in TROUBLES if event in on] or [HookEvent.DOWN]


def group_calls(fallen: Iterable[Fallen], together: int = TOGETHER) -> list[tuple[Fallen, ...]]:
    """Returns what is told in one call each: of more than `together` alike the first is the one with most behind it."""
    calls: list[tuple[Fallen, ...]] = []
    for event in HookEvent:
        alike = sorted(
            (each for each in fallen if each.event is event), key=lambda each: (-len(each.behind), each.since_at)
        )
        calls += [tuple(alike)] if len(alike) > together else [(each,) for each in alike]
    return calls
