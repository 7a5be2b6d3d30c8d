"""What becomes of planned work when a page shows it otherwise than we hold it."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from msgspec import Struct
from msgspec.structs import replace

from oncall_tui.domain.duration import DAY, HOUR, MINUTE
from oncall_tui.domain.maintenance import Maintenance, MaintenanceStatus, Placement, PlanFields, PlanPart, write_instant
from oncall_tui.domain.remote import RemoteMaintenance

_ORDER = tuple(MaintenanceStatus)
_UNTOLD_MS = HOUR


class Merge(Struct, frozen=True):
    """What we hold from now on, a sentence on each thing taken from the page, and on each that both sides changed."""

    plan: PlanFields
    news: tuple[str, ...] = ()
    conflict: str = ""


def read_plan(work: Maintenance | RemoteMaintenance) -> PlanFields:
    """Returns the fields of a plan; a page that does not tell an end is taken at an hour."""
    ends_at = work.starts_at + _UNTOLD_MS if work.ends_at is None else work.ends_at
    ends_at = max(ends_at, work.starts_at + MINUTE)
    return PlanFields(work.title, work.status, work.starts_at, ends_at, tuple(work.components))


def tells_window(remote: RemoteMaintenance) -> bool:
    """Tells whether a page says when work is planned; where it keeps that, only while nothing has begun."""
    return not remote.keeps_window or (remote.status is MaintenanceStatus.SCHEDULED and remote.ends_at is not None)


def read_kept(remote: RemoteMaintenance, base: PlanFields, otherwise: PlanFields) -> PlanFields:
    """Returns what a page shows, and `otherwise` for what it keeps from the announcement and nobody changed there.

    What was said since stands in no field of such a page: it must neither undo what we hold nor count as news.
    """
    shown = read_plan(remote)
    if not remote.keeps_window:
        return shown
    if not tells_window(remote) or _is_same_window(shown, base):
        shown = replace(shown, starts_at=otherwise.starts_at, ends_at=otherwise.ends_at)
    if shown.title == base.title:
        shown = replace(shown, title=otherwise.title)
    return shown if _differ(shown, base) else replace(shown, components=otherwise.components)


def is_worth_following(remote: RemoteMaintenance, now: int) -> bool:
    """Tells whether planned work of a page matters here: to come, under way, or over for less than a day.

    What was planned and never begun within a day of its end was forgotten there. `now` is by the page's clock.
    """
    if remote.status.is_active:
        return True
    ended_at = read_plan(remote).ends_at
    if not remote.status.is_open:
        ended_at = remote.updates[-1].created_at if remote.updates else remote.updated_at
    return ended_at > now - DAY


def merge_plan(base: PlanFields, ours: PlanFields, shown: PlanFields, *, is_telling: bool) -> Merge:
    """Returns what we hold after a page was read; `base` is what it showed the last time.

    What the page changed is taken in. Nothing of ours is on its way there unless `is_telling`: then what we changed
    stays ours, and what both changed is a conflict. A status is no matter of words: the later one is the truth.
    """
    plan, news, conflicts = ours, list[str](), list[str]()
    if shown.title != ours.title and (not is_telling or shown.title != base.title):
        if is_telling and ours.title != base.title:
            conflicts.append(f"the page calls it {shown.title}, here it is {ours.title}")
        else:
            plan = replace(plan, title=shown.title)
            news.append(f"the title: {shown.title}")
    if not _is_same_window(shown, ours) and (not is_telling or not _is_same_window(shown, base)):
        if is_telling and not _is_same_window(ours, base):
            conflicts.append(f"the page says {tell_times(shown)}, here it is {tell_times(ours)}")
        else:
            plan = replace(plan, starts_at=shown.starts_at, ends_at=shown.ends_at)
            news.append(f"the time: {tell_times(shown)}")
    if _differ(shown, ours) and (not is_telling or _differ(shown, base)):
        if is_telling and _differ(ours, base):
            conflicts.append(f"the page says {', '.join(shown.components)}, here it is {', '.join(ours.components)}")
        else:
            plan = replace(plan, components=shown.components)
            news.append(f"the components: {', '.join(shown.components)}")
    is_later = _ORDER.index(shown.status) > _ORDER.index(ours.status)
    if shown.status is not ours.status and (
        not is_telling or (shown.status is not base.status and (is_later or ours.status is base.status))
    ):
        plan = replace(plan, status=shown.status)
        news.append(f"the status: {shown.status.replace('_', ' ')}")
    return Merge(plan, tuple(news), "; ".join(conflicts))


def tell_times(plan: PlanFields) -> str:
    """Returns a window as people read it, both ends whole."""
    return f"{write_instant(plan.starts_at)} to {write_instant(plan.ends_at)}"


def tell_plan_difference(ours: PlanFields, shown: PlanFields) -> str:
    """Returns how a page shows other than what we hold, empty when it does not, to a minute."""
    if shown.status.is_open != ours.status.is_open or shown.status.is_active != ours.status.is_active:
        return f"the page shows it as {shown.status.replace('_', ' ')}"
    if not _is_same_window(shown, ours):
        return f"the page shows it from {tell_times(shown)}"
    if shown.title != ours.title:
        return f"the page calls it {shown.title}"
    return f"the page shows it for {', '.join(shown.components)}" if _differ(shown, ours) else ""


def find_differing(ours: PlanFields, shown: PlanFields) -> frozenset[PlanPart]:
    """Returns what of a plan a page shows other than we hold it, to a minute."""
    differing = {
        PlanPart.TITLE: ours.title != shown.title,
        PlanPart.START: abs(ours.starts_at - shown.starts_at) >= MINUTE,
        PlanPart.END: abs(ours.ends_at - shown.ends_at) >= MINUTE,
        PlanPart.COMPONENTS: _differ(ours, shown),
    }
    return frozenset(part for part, is_so in differing.items() if is_so)


def list_behind(
    maintenance: Maintenance, placements: Iterable[Placement], fixed: Collection[str] = ()
) -> dict[str, frozenset[PlanPart]]:
    """Returns the pages that show a plan other than we hold it, each with what it shows so and could be told.

    While something is on its way there, that comes first. A page of `fixed` shows for ever what was announced; of what
    has begun the start is told no more.
    """
    ours, behind = read_plan(maintenance), dict[str, frozenset[PlanPart]]()
    for place in placements:
        if place.shown is None or not place.difference or place.gone_at is not None or not maintenance.status.is_open:
            continue
        parts = find_differing(ours, place.shown)
        if place.page in fixed:
            continue
        if maintenance.status.is_active:
            parts -= {PlanPart.START}
        if parts:
            behind[place.page] = parts
    return behind


def _is_same_window(one: PlanFields, other: PlanFields) -> bool:
    """Pages keep whole seconds or minutes."""
    return abs(one.starts_at - other.starts_at) < MINUTE and abs(one.ends_at - other.ends_at) < MINUTE


def _differ(one: PlanFields, other: PlanFields) -> bool:
    return bool(one.components) and bool(other.components) and set(one.components) != set(other.components)
