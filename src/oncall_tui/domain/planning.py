"""What planning asks on every face of the program: which pages are told, which probes are silent, how work stands."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from oncall_tui.domain.duration import DAY
from oncall_tui.domain.maintenance import Maintenance, is_ending
from oncall_tui.domain.pagestate import PageState

SHOWN_AFTER_END_MS = DAY


def name_state(maintenance: Maintenance, now: int) -> str:
    """Returns the public status, or `cancelled`, or `overrunning` for work that is not over at its end."""
    if maintenance.cancelled_at is not None:
        return "cancelled"
    if maintenance.status.is_active and maintenance.ends_at <= now:
        return "overrunning"
    return maintenance.status.value


def find_tellable(states: Sequence[PageState], names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Returns the pages to tell, and a sentence on each that cannot be told or needs our clock."""
    if not names:
        return [], ["the config has no [page]: this is kept here, and customers are not told."]
    held = {state.page: state.capabilities for state in states}
    pages, remarks = [], []
    for name in names:
        capabilities = held.get(name)
        if capabilities is not None and not capabilities.has_maintenance:
            remarks.append(f"{name}: {capabilities.adapter} has no planned work: this page is not told.")
            continue
        pages.append(name)
        if capabilities is not None and not capabilities.has_auto_transitions:
            remarks.append(
                f"{name}: {capabilities.adapter} does not start and end work by itself: an engine must run then, "
                "such as `oncall-tui agent --stay`."
            )
    return pages, remarks


def find_silenced(components: Collection[str], watched: Mapping[str, str | None]) -> list[str]:
    """Returns the probes that planned work on components silences; `watched` tells each probe's component."""
    return [probe for probe, component in watched.items() if component in components]


def find_probes(
    probes: Sequence[str], before: Collection[str], after: Collection[str], watched: Mapping[str, str | None]
) -> tuple[str, ...]:
    """Returns the probes of work that is to touch other components: those of them, and those that a person named."""
    old, new = find_silenced(before, watched), find_silenced(after, watched)
    kept = [name for name in probes if name not in old or name in new]
    return tuple(dict.fromkeys((*kept, *(name for name in new if name not in old))))


def list_shown(maintenances: Iterable[Maintenance], now: int) -> list[Maintenance]:
    """Returns what a person has to know of, in the order given: all that is open, and what ended within a day."""
    return [each for each in maintenances if each.status.is_open or find_ended_at(each) > now - SHOWN_AFTER_END_MS]


def find_ended_at(maintenance: Maintenance) -> int:
    """Returns when work that is over ended: said by a person, taken by the clock, or as it was planned."""
    said = [notice.fired_at for notice in maintenance.notices if is_ending(notice.kind)]
    return max((at for at in said if at is not None), default=maintenance.ends_at)
