"""Storms: when what much depends on falls, what falls behind it is one trouble, not many."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType

from oncall_tui.domain.duration import SECOND
from oncall_tui.domain.probe import Probe, ProbeState, ProbeStatus, Verdict

GATHER_MS = 3 * SECOND
"""A change has to stand so long before it is told: what falls with it is told with it."""


def find_grace(probe: Probe) -> int:
    """Returns how many milliseconds a probe gets to recover after what it fell behind."""
    return probe.failure_threshold * probe.every_ms + GATHER_MS


def find_roots(
    probes: Iterable[Probe],
    red: Collection[str],
    fallen: Collection[str],
    states: Mapping[str, ProbeState] = MappingProxyType({}),
) -> dict[str, str]:
    """Returns for each red probe behind one that has fallen the first cause: the one that depends on nothing fallen.

    `red` are the probes that are not well, `fallen` those of them that are down for certain or flap. A circle has no
    first cause and hides nothing, and one that flaps hides nothing that stayed bad while it was well.
    """
    above = {probe.name: _list_above(probe, states) for probe in probes if probe.depends_on}
    found = {name: _find_root(name, above, fallen) for name in above if name in red}
    return {name: root for name, root in found.items() if root is not None and root != name}


def _list_above(probe: Probe, states: Mapping[str, ProbeState]) -> tuple[str, ...]:
    state = states.get(probe.name)
    if state is None or state.flapping_at is not None or state.status not in (ProbeStatus.DOWN, ProbeStatus.SLOW):
        return probe.depends_on
    return tuple(name for name in probe.depends_on if not _is_well_without(states.get(name), state, find_grace(probe)))


def _is_well_without(parent: ProbeState | None, child: ProbeState, grace_ms: int) -> bool:
    """Tells whether a parent that flaps was well for so long up to the latest run of a child that is not."""
    if parent is None or parent.flapping_at is None or not parent.streak_at or child.last_result_at is None:
        return False
    is_well = parent.last_verdict is Verdict.UP and parent.status is not ProbeStatus.DOWN
    return is_well and child.last_result_at - parent.streak_at >= grace_ms


def find_unread(
    probes: Iterable[Probe], unseen: Collection[str], fallen: Collection[str], roots: Mapping[str, str]
) -> dict[str, str]:
    """Returns for each target that nothing is known of the source that tells of nothing either, or what is above it.

    `unseen` are the probes that are stale or unknown; `roots` is what `find_roots` says.
    """
    return {
        probe.name: roots.get(probe.source, probe.source)
        for probe in probes
        if probe.source and probe.name in unseen and (probe.source in unseen or probe.source in fallen)
    }


def _find_root(name: str, above: Mapping[str, Iterable[str]], fallen: Collection[str]) -> str | None:
    seen = {name}
    level = [name]
    root = None
    while level:
        parents = [each for child in level for each in above.get(child, ()) if each in fallen and each not in seen]
        seen.update(parents)
        root = parents[0] if parents else root
        level = parents
    if root is None or any(parent in fallen for parent in above.get(root, ())):
        return None
    return root
