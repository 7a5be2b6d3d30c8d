"""How well probes and components did: told by what was no good, since most of the time is up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from oncall_tui.domain.history import Uptime, find_window
from oncall_tui.domain.maintenance import Maintenance
from oncall_tui.domain.probe import Probe
from oncall_tui.domain.stretches import Stretches, Window, intersect, join_windows

_NO_TIME = Stretches()


class Trouble(NamedTuple):
    """Since when something is watched, None if never, and when it was not up; windows are in order and apart."""

    first_at: int | None = None
    down: Sequence[Window] = ()
    slow: Sequence[Window] = ()
    unknown: Sequence[Window] = ()


class Quiet(NamedTuple):
    """When probes were under work that customers are not told of, in whatever order.

    `together` is told once for all the probes of some work, `apart` of those that were taken out of it before its end.
    """

    together: dict[frozenset[str], list[Window]]
    apart: dict[str, list[Window]]


def gather_quiet(works: Iterable[tuple[frozenset[str], Mapping[str, int], Sequence[Window]]]) -> Quiet:
    """Returns when each probe was kept quiet.

    `works` are (probes, when some of them were taken out, windows until the end of the work for the rest).
    """
    quiet = Quiet({}, {})
    for names, left, windows in works:
        whole = names.difference(left) if left else names
        if whole:
            quiet.together.setdefault(whole, []).extend(windows)
        for name in names.intersection(left) if left else ():
            ends = [(began_at, min(ended_at, left[name])) for began_at, ended_at in windows]
            quiet.apart.setdefault(name, []).extend(each for each in ends if each[0] < each[1])
    return quiet


class Record(NamedTuple):
    """How well a probe or a component did in some periods; `first_at` is since when it is watched, None if never."""

    name: str
    is_component: bool
    first_at: int | None
    uptimes: tuple[Uptime, ...]


def _measure(windows: Iterable[Window], since: int, until: int) -> int:
    total = 0
    for began_at, ended_at in windows:
        if since <= began_at and ended_at <= until:
            total += ended_at - began_at
        elif ended_at > since and began_at < until:
            total += min(until, ended_at) - max(since, began_at)
    return total


def sum_troubles(trouble: Trouble, planned: Stretches, periods: Iterable[Window]) -> list[Uptime]:
    """Returns the time of each of some periods by what it was, as `sum_spans` does; what is no trouble was up."""
    first_at = trouble.first_at
    if first_at is None:
        return [Uptime() for _ in periods]
    down, slow, unknown = (planned.cut_from(each) for each in (trouble.down, trouble.slow, trouble.unknown))
    found = []
    for began_at, until in periods:
        since = max(began_at, first_at)
        down_ms, slow_ms = _measure(down, since, until), _measure(slow, since, until)
        unknown_ms, planned_ms = _measure(unknown, since, until), planned.measure(since, until)
        up_ms = max(0, until - since) - planned_ms - slow_ms - down_ms - unknown_ms
        found.append(Uptime(up_ms, slow_ms, down_ms, unknown_ms, planned_ms))
    return found


def _join(lists: Sequence[Sequence[Window]]) -> Sequence[Window]:
    """Returns the same as one list, each of which is in order and apart."""
    told = [each for each in lists if each]
    return told[0] if len(told) == 1 else join_windows(chain.from_iterable(told))


def merge_troubles(parts: Iterable[tuple[Trouble, Stretches]], now: int) -> Trouble:
    """Returns what a component was: the worst that any of its probes was, unknown only where none says anything.

    A probe says nothing while work on it was planned. Those that share their planned work are taken together.
    """
    alike: dict[int, tuple[Stretches, list[Trouble]]] = {}
    for trouble, planned in parts:
        if trouble.first_at is not None and trouble.first_at < now:
            alike.setdefault(id(planned), (planned, []))[1].append(trouble)
    first_at = min((each.first_at or 0 for _, held in alike.values() for each in held), default=None)
    if first_at is None:
        return Trouble()
    down: list[Window] = []
    slow: list[Window] = []
    unknown = [(first_at, now)]
    for planned, held in alike.values():
        down += planned.cut_from(_join([each.down for each in held]))
        slow += planned.cut_from(_join([each.slow for each in held]))
        silent = unknown
        for each in held:
            if not silent:
                break
            is_first = each.first_at == first_at
            mute = each.unknown if is_first else join_windows([(first_at, each.first_at or 0), *each.unknown])
            silent = intersect(silent, mute)
        unknown = join_windows([*silent, *intersect(unknown, planned.windows)]) if unknown else []
    down = join_windows(down)
    return Trouble(first_at, down, Stretches(down).cut_from(join_windows(slow)), unknown)


def tell_records(
    probes: Sequence[Probe],
    troubles: Mapping[str, Trouble],
    maintenances: Iterable[Maintenance],
    quiet: Quiet,
    lengths: Sequence[int],
    now: int,
) -> list[Record]:
    """Returns the components in the order of their first probes, then the probes, over each of `lengths` up to `now`.

    A component is down while any of its probes is, save in the work on that probe; work on all of its probes at once is
    work on the component.
    """
    planned, by_component = _index_planned(probes, maintenances, quiet)
    periods = [(now - length, now) for length in lengths]
    rests: dict[tuple[int, int], Stretches] = {}
    parts: dict[str, list[tuple[Trouble, Stretches]]] = {}
    for probe in probes:
        if probe.component is not None:
            mine, whole = planned.get(probe.name, _NO_TIME), by_component.get(probe.component, _NO_TIME)
            # Work on the whole component is left out of it anyhow: what it hides of each probe is of no matter.
            key = id(mine), id(whole)
            if key not in rests:
                rests[key] = _NO_TIME if mine is whole else Stretches(whole.cut_from(mine.windows)) if whole else mine
            parts.setdefault(probe.component, []).append((troubles.get(probe.name, Trouble()), rests[key]))

    def record(name: str, is_component: bool, trouble: Trouble, windows: Stretches) -> Record:
        return Record(name, is_component, trouble.first_at, tuple(sum_troubles(trouble, windows, periods)))

    found = [
        record(name, True, merge_troubles(each, now), by_component.get(name, _NO_TIME)) for name, each in parts.items()
    ]
    return found + [
        record(probe.name, False, troubles.get(probe.name, Trouble()), planned.get(probe.name, _NO_TIME))
        for probe in probes
    ]


def _index_planned(
    probes: Sequence[Probe], maintenances: Iterable[Maintenance], quiet: Quiet
) -> tuple[dict[str, Stretches], dict[str, Stretches]]:
    """Returns the work on each probe and on each component; those with the same work share one record of it."""
    members: dict[str, set[str]] = {}
    for probe in probes:
        if probe.component is not None:
            members.setdefault(probe.component, set()).add(probe.name)
    works: dict[frozenset[str], list[Window]] = {}
    announced: dict[frozenset[str], list[Window]] = {}
    for work in maintenances:
        if (window := find_window(work)) is not None:
            works.setdefault(frozenset(work.probes), []).append(window)
            announced.setdefault(frozenset(work.components), []).append(window)
    sets_of: dict[str, list[frozenset[str]]] = {}
    for names in quiet.together:
        for name in names:
            sets_of.setdefault(name, []).append(names)
    by_probe = {name: [windows] for name, windows in quiet.apart.items()}
    for name, sets in sets_of.items():
        by_probe.setdefault(name, []).extend(quiet.together[names] for names in sets)
    for names, windows in works.items():
        for name in names:
            by_probe.setdefault(name, []).append(windows)
    by_component = {
        component: [quiet.together[names] for names in sets_of.get(min(mine), ()) if mine <= names]
        for component, mine in members.items()
    }
    for names, windows in announced.items():
        for component in names:
            by_component.setdefault(component, []).append(windows)
    shared: dict[tuple[int, ...], Stretches] = {(): _NO_TIME}
    return _share(by_probe, shared), _share(by_component, shared)


def _share(
    held: Mapping[str, Sequence[list[Window]]], shared: dict[tuple[int, ...], Stretches]
) -> dict[str, Stretches]:
    """Returns each name's windows as one; `shared` are those made so far, by the lists that they are made of."""
    found: dict[str, Stretches] = {}
    for name, lists in held.items():
        key = tuple(id(windows) for windows in lists)
        if key not in shared:
            shared[key] = Stretches(chain.from_iterable(lists))
        found[name] = shared[key]
    return found
