"""Storms: when what much depends on falls, what falls behind it is one trouble, not many."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from oncall_tui.domain.probe import Probe


def find_roots(probes: Iterable[Probe], red: Collection[str], down: Collection[str]) -> dict[str, str]:
    """Returns for each red probe behind one that is down the first cause: the one that depends on nothing that is down.

    `red` are the probes that are not well, `down` those of them that are down for certain. A circle has no first cause,
    and hides nothing.
    """
    above = {probe.name: probe.depends_on for probe in probes if probe.depends_on}
    found = {name: _find_root(name, above, down) for name in red if name in above}
    return {name: root for name, root in found.items() if root is not None and root != name}


def find_unread(
    probes: Iterable[Probe], unseen: Collection[str], down: Collection[str], roots: Mapping[str, str]
) -> dict[str, str]:
    """Returns for each target that nothing is known of the source that tells of nothing either, or what is above it.

    `unseen` are the probes that are stale or unknown; `roots` is what `find_roots` says.
    """
    return {
        probe.name: roots.get(probe.source, probe.source)
        for probe in probes
        if probe.source and probe.name in unseen and (probe.source in unseen or probe.source in down)
    }


def _find_root(name: str, above: Mapping[str, Iterable[str]], down: Collection[str]) -> str | None:
    seen = {name}
    level = [name]
    root = None
    while level:
        fallen = [parent for child in level for parent in above.get(child, ()) if parent in down and parent not in seen]
        seen.update(fallen)
        root = fallen[0] if fallen else root
        level = fallen
    if root is None or any(parent in down for parent in above.get(root, ())):
        return None
    return root
