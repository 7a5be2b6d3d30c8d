"""The board as rules: where a probe stands as it is shown, what falls behind what, and what comes first."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from oncall_tui.domain.probe import Probe, ProbeKind, ProbeState, ProbeStatus
from oncall_tui.domain.verdict import status_at

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Protocol

    from oncall_tui.domain.change import Change
    from oncall_tui.domain.incident import Incident
    from oncall_tui.domain.maintenance import Maintenance
    from oncall_tui.domain.silence import Silence
    from oncall_tui.domain.upkeep import Upkeep

    class Quieting(Protocol):
        """What may make a red probe none that rings; silences are by probe."""

        @property
        def maintenances(self) -> Sequence[Maintenance]: ...
        @property
        def silences(self) -> Mapping[str, Silence]: ...
        @property
        def changes(self) -> Sequence[Change]: ...


RED = (ProbeStatus.DOWN, ProbeStatus.FLAPPING, ProbeStatus.SLOW)
UNSEEN = (ProbeStatus.STALE, ProbeStatus.UNKNOWN)
_RANK = {
    ProbeStatus.DOWN: 0,
    ProbeStatus.FLAPPING: 1,
    ProbeStatus.SLOW: 2,
    ProbeStatus.STALE: 3,
    ProbeStatus.UNKNOWN: 4,
    ProbeStatus.EXPECTED: 5,
    ProbeStatus.MAINTENANCE: 6,
    ProbeStatus.UP: 7,
}


class Row(NamedTuple):
    """One probe on the board; rows that look the same are equal.

    `change` came shortly before it turned red, `work` is what puts it under maintenance.
    """

    probe: Probe
    state: ProbeState
    status: ProbeStatus
    incident_id: int | None
    change: Change | None = None
    silence: Silence | None = None
    work: Maintenance | Upkeep | None = None

    @property
    def is_down(self) -> bool:
        """Tells whether it is down, however it is shown."""
        is_shown_otherwise = self.status in (ProbeStatus.MAINTENANCE, ProbeStatus.EXPECTED)
        return self.status is ProbeStatus.DOWN or (is_shown_otherwise and self.state.status is ProbeStatus.DOWN)

    @property
    def has_fallen(self) -> bool:
        """Tells whether it is down or flaps, however it is shown: what depends on it falls behind it."""
        is_shown_otherwise = self.status in (ProbeStatus.MAINTENANCE, ProbeStatus.EXPECTED)
        is_flapping = is_shown_otherwise and self.state.flapping_at is not None
        return self.is_down or self.status is ProbeStatus.FLAPPING or is_flapping

    @property
    def known_status(self) -> ProbeStatus:
        """What it was when it was seen last: what nothing is known of now has not been mended by that."""
        if self.status not in UNSEEN:
            return self.status
        is_told = self.state.status in (ProbeStatus.UP, *RED)
        return ProbeStatus.FLAPPING if is_told and self.state.flapping_at is not None else self.state.status


class Tally(NamedTuple):
    """How many probes stand where, so that one trouble counts once.

    `counts` leaves out the `behind`, what fell behind something else, and the `known`, which are red and silenced.
    `failing` are those that are down of themselves of which customers may notice something, `known_failing` those of
    them that are silenced. `was_down` are those of which nothing is known and which were down before.
    """

    counts: Mapping[ProbeStatus, int] = MappingProxyType({})
    behind: int = 0
    known: int = 0
    failing: int = 0
    known_failing: int = 0
    was_down: int = 0


def find_since(row: Row) -> int:
    """Returns the instant since which a probe has been as it is shown."""
    is_flapping = row.status is ProbeStatus.FLAPPING
    return (row.state.flapping_at if is_flapping else None) or row.state.since_at


def find_place(row: Row) -> tuple[int, int, bool, int]:
    """Returns what rows are sorted by.

    The worst first; of those of which nothing is known what was worst; then what nobody looks after, then the newest.
    """
    is_up = row.status is ProbeStatus.UP
    return _RANK[row.status], _RANK[row.known_status], row.silence is not None, 0 if is_up else -row.state.since_at


def index_incidents(opened: Sequence[Incident]) -> dict[str, int]:
    """Returns the incident of each probe that has one."""
    return {name: incident.id for incident in reversed(opened) for name in incident.probes}


def index_held(upkeeps: Sequence[Upkeep], now: int) -> Mapping[str, Upkeep]:
    """Returns what holds each probe that is under maintenance at `now`; without any, its rules are not even loaded."""
    if not upkeeps:
        return {}
    from oncall_tui.domain.upkeep import index_upkeeps

    return index_upkeeps(upkeeps, now)


def judge_row(
    quieting: Quieting,
    probe: Probe,
    state: ProbeState,
    incident_id: int | None,
    now: int,
    held: Mapping[str, Upkeep] | None = None,
) -> Row:
    """Returns where a probe stands at `now`, and what is known about it; `held` is what `index_upkeeps` says of `now`.

    Work, and what a change was said to disturb, is no alarm: what is found then is only shown.
    """
    if quieting.maintenances or held:
        from oncall_tui.domain.upkeep import find_work

        work = find_work(quieting.maintenances, held or {}, probe.name, now)
        if work is not None:
            from oncall_tui.domain.silence import find_silence

            silence = find_silence(quieting.silences, probe.name, now)
            return Row(probe, state, ProbeStatus.MAINTENANCE, incident_id, silence=silence, work=work)
    status = status_at(state, probe.every_ms, now)
    if (status not in RED and probe.name not in quieting.silences) or not (quieting.changes or quieting.silences):
        return Row(probe, state, status, incident_id)
    from oncall_tui.domain.change import find_change, find_expecting
    from oncall_tui.domain.silence import find_silence

    silence = find_silence(quieting.silences, probe.name, now)
    if status not in RED:
        return Row(probe, state, status, incident_id, silence=silence)
    red_at = state.flapping_at or state.since_at
    change = find_expecting(quieting.changes, probe.component, red_at, now)
    if change is not None:
        return Row(probe, state, ProbeStatus.EXPECTED, incident_id, change)
    change = find_change(quieting.changes, probe.component, red_at)
    return Row(probe, state, status, incident_id, change, silence)


def find_behind(probes: Collection[Probe], rows: Mapping[str, Row]) -> dict[str, str]:
    """Returns for each probe that fell behind another, under work or not, the first cause.

    Of what nothing is known of now, what was known last counts: a storm stays one line when the engine falls silent.
    """
    fallen = {name for name, row in rows.items() if row.has_fallen}
    unseen = {name for name, row in rows.items() if row.status in UNSEEN}
    if not (fallen or unseen) or not any(probe.depends_on for probe in probes):
        return {}
    from oncall_tui.domain.storm import find_roots, find_unread

    red = {name for name, row in rows.items() if row.status in RED}
    roots = find_roots(probes, red, fallen, {name: row.state for name, row in rows.items()})
    was_red = {name for name in unseen if rows[name].known_status in RED}
    had_fallen = {name for name in was_red if rows[name].known_status is not ProbeStatus.SLOW}
    if was_red:
        roots |= find_roots(probes, was_red, fallen | had_fallen)
    return roots | find_unread(probes, unseen, fallen, roots)


def tally_rows(rows: Iterable[Row], behind: Mapping[str, str]) -> Tally:
    """Returns how many probes stand where; a source that cannot be read is trouble of those who look."""
    counts = dict.fromkeys(ProbeStatus, 0)
    fallen = known = failing = known_failing = was_down = 0
    for row in rows:
        if row.probe.name in behind:
            fallen += 1
            continue
        is_known = row.silence is not None and row.status in RED
        known += is_known
        counts[row.status] += not is_known
        if row.status is ProbeStatus.DOWN and (row.probe.intake is None or row.probe.kind is ProbeKind.QUERY):
            failing += not is_known
            known_failing += is_known
        was_down += row.status in UNSEEN and row.known_status is ProbeStatus.DOWN
    return Tally(counts, fallen, known, failing, known_failing, was_down)
