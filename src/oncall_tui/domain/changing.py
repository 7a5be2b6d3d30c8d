"""A change of planned work: what it speaks of, what can change no more, and what the clock says from then on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import astuple

from oncall_tui.domain.errors import RefusedError
from oncall_tui.domain.maintenance import (
    FACT_NAMES,
    Maintenance,
    NoticeDelivery,
    NoticeKind,
    PageMessage,
    Placement,
    PlanFields,
    PlanPart,
    WorkFacts,
    name_work_on,
    require_notice,
    require_window,
    write_instant,
    write_span,
)
from oncall_tui.domain.merging import list_behind, read_plan, tell_times
from oncall_tui.domain.remote import RemoteMaintenance
from oncall_tui.domain.template import join_names
from oncall_tui.domain.update import DeliveryState

_BEFORE_IT = (NoticeKind.REMIND, NoticeKind.START)


def find_touched(before: PlanFields, after: PlanFields) -> frozenset[PlanPart]:
    """Returns what a person has changed of a plan."""
    touched = {
        PlanPart.TITLE: before.title != after.title,
        PlanPart.START: before.starts_at != after.starts_at,
        PlanPart.END: before.ends_at != after.ends_at,
        PlanPart.COMPONENTS: set(before.components) != set(after.components),
    }
    return frozenset(part for part, is_so in touched.items() if is_so)


def list_told(deliveries: Iterable[NoticeDelivery], placements: Sequence[Placement]) -> list[str]:
    """Returns the pages that have the plan or will get it: those that a message about it goes to."""
    gone = {place.page for place in placements if place.gone_at is not None}
    plans = (each for each in deliveries if each.kind is NoticeKind.PLAN and each.state is not DeliveryState.DROPPED)
    pages = (*(each.page for each in plans), *(place.page for place in placements))
    return [page for page in dict.fromkeys(pages) if page not in gone]


class Telling(Struct, frozen=True):
    """What a change has to tell: `parts` of a plan that was `before` for its customers.

    `touched` is what a person changes. Where it is nothing, `behind` are the pages that do not show yet what was
    changed on another: only they are told.
    """

    touched: frozenset[PlanPart]
    parts: frozenset[PlanPart]
    before: PlanFields
    behind: Mapping[str, frozenset[PlanPart]]

    @property
    def is_carrying(self) -> bool:
        return not self.touched and bool(self.behind)

    def list_targets(self, told: Sequence[str]) -> list[str]:
        """Returns which of the pages that know of the work are told."""
        return [page for page in told if self.touched or page in self.behind]


def find_telling(
    maintenance: Maintenance,
    plan: PlanFields,
    placements: Sequence[Placement],
    deliveries: Iterable[NoticeDelivery],
    fixed: Collection[str] = (),
    facts: WorkFacts | None = None,
) -> Telling:
    """Returns what a change has to tell, with what earlier ones had to say of the same and no page has taken yet.

    Pages of `fixed` show what was announced for ever. Another effect in `facts` is told to whoever knows of the work.
    """
    before, deliveries = read_plan(maintenance), list(deliveries)
    touched = find_touched(before, plan)
    if facts is not None and facts.effect != maintenance.facts.effect and list_told(deliveries, placements):
        touched |= {PlanPart.EFFECT}
    parts = touched
    behind = list_behind(maintenance, placements, fixed)
    if not touched:
        parts = touched.union(*behind.values())
    is_behind = not touched
    for each in deliveries:
        is_open = each.state not in (DeliveryState.DELIVERED, DeliveryState.DROPPED)
        if is_open and touched and parts & each.touches and each.kind in (NoticeKind.CHANGE, NoticeKind.EXTEND):
            parts, is_behind = parts | each.touches, True
    if maintenance.status.is_active:
        parts -= {PlanPart.START}
    if is_behind:
        shown = [each.shown for each in placements if each.shown is not None and (touched or each.page in behind)]
        before = next(iter(shown), before)
    return Telling(touched, parts, before, behind)


def require_change(maintenance: Maintenance, plan: PlanFields, touched: frozenset[PlanPart], now: int) -> None:
    """Raises RefusedError when planned work cannot become this any more, or when a page could not be told."""
    require_notice(maintenance, NoticeKind.CHANGE, now)
    name = f"M{maintenance.id}"
    if PlanPart.START in touched and maintenance.status.is_active:
        raise RefusedError("already-begun", f"{name} has begun already: its start stays as it was.")
    if not plan.title.strip():
        raise RefusedError("no-title", f"{name} needs a title.")
    if PlanPart.COMPONENTS in touched and not plan.components:
        raise RefusedError("no-component", f"{name} must touch a component: pages take no work without.")
    if touched & {PlanPart.START, PlanPart.END}:
        require_window(plan.starts_at, plan.ends_at, now)


def list_new_facts(maintenance: Maintenance, facts: WorkFacts) -> list[tuple[str, str, str]]:
    """Returns what would be another way than it is: its name, what it was and what it is to be."""
    rows = zip(FACT_NAMES, astuple(maintenance.facts), astuple(facts), strict=True)
    return [(name, before, after) for name, before, after in rows if before != after]


def require_facts(maintenance: Maintenance, facts: WorkFacts, now: int) -> None:
    """Raises RefusedError for work that is over, and where customers would notice nothing that anybody could say."""
    require_notice(maintenance, NoticeKind.CHANGE, now)
    if maintenance.facts.effect and not facts.effect:
        raise RefusedError("no-effect", f"M{maintenance.id}: say what customers notice; `none` will do.")


def list_effect_words(maintenance: Maintenance, messages: Iterable[PageMessage] = ()) -> list[tuple[int, str]]:
    """Returns the words for customers that have the effect, and when: the latest said, and those of the clock.

    Where no words have it as it is, somebody may have put it otherwise: then it is the latest that told of the plan.
    """
    effect = _fold(maintenance.facts.effect)
    taken = [each for each in maintenance.notices if each.fired_at is not None]
    naming = [each for each in taken if effect and effect in _fold(each.body)]
    naming = naming or [each for each in taken if each.kind in (NoticeKind.PLAN, NoticeKind.CHANGE)]
    read = [(each.created_at, each.body) for each in naming] or [(each.posted_at, each.body) for each in messages]
    waiting = [each for each in maintenance.notices if each.is_waiting and effect and effect in _fold(each.body)]
    return [*read[-1:], *((each.due_at, each.body) for each in waiting)]


def is_same_work(one: RemoteMaintenance, other: RemoteMaintenance) -> bool:
    """Tells whether a page shows work as it did: what a write of ours would put there anew, and what it stands on."""
    return _read_whole(one) == _read_whole(other)


def _read_whole(work: RemoteMaintenance) -> tuple[object, ...]:
    updates = tuple((each.remote_id, each.body) for each in work.updates)
    fields = (work.title, work.status, work.starts_at, work.ends_at, frozenset(work.components))
    return (*fields, updates, work.ops, work.metadata)


def _fold(words: str) -> str:
    return " ".join(words.casefold().split()).rstrip(".")


def list_anew(maintenance: Maintenance, plan: PlanFields, now: int) -> dict[NoticeKind, int | None]:
    """Returns when the clock says what it has yet to say, or has to say again, once the plan is this.

    A reminder keeps its distance to the start; it is None when that has passed, and is not said then. What a person
    has withdrawn stays withdrawn.
    """
    lead_ms = plan.starts_at - maintenance.starts_at
    due: dict[NoticeKind, int | None] = {}
    for kind in (*_BEFORE_IT, NoticeKind.FINISH):
        said = maintenance.find_automatic(kind)
        if said is None or (kind in _BEFORE_IT and maintenance.status.is_active):
            continue
        due_at = {NoticeKind.START: plan.starts_at, NoticeKind.FINISH: plan.ends_at}.get(kind, said.due_at + lead_ms)
        if said.is_waiting:
            is_missed = kind is NoticeKind.REMIND and bool(lead_ms) and due_at <= now
            due[kind] = None if is_missed else due_at
        elif due_at != said.due_at and due_at > now:
            due[kind] = due_at
    return due


def word_change(
    before: PlanFields, plan: PlanFields, touched: frozenset[PlanPart], *, has_begun: bool, effect: str = ""
) -> str:
    """Returns what customers are told of a change when nobody wrote better words; instants stand whole."""
    what = f"{'' if has_begun else 'planned '}{name_work_on(plan.components)}"
    sentences = []
    if PlanPart.START in touched:
        old, new = write_span(before.starts_at, before.ends_at), write_span(plan.starts_at, plan.ends_at)
        sentences.append(f"The {what} has moved. It now runs from {new}. It was planned from {old} before.")
    elif PlanPart.END in touched:
        verb = "should now end" if has_begun else "now ends"
        old, new = write_instant(before.ends_at), write_instant(plan.ends_at)
        sentences.append(f"The {what} {verb} by {new}. It was planned until {old} before.")
    subject = "It" if sentences else f"The {'' if has_begun else 'planned '}work"
    if PlanPart.COMPONENTS in touched:
        sentences.append(f"{subject} now concerns {join_names(plan.components)}.")
        subject = "It"
    if PlanPart.TITLE in touched:
        sentences.append(f'{subject} is now called "{plan.title}".')
    if PlanPart.EFFECT in touched:
        news = "What you will notice is" if sentences else f"What you will notice of the {what} is now"
        sentences.append(f"{news}: {effect.rstrip('.')}.")
    return " ".join(sentences)


def tell_change(plan: PlanFields, touched: frozenset[PlanPart], facts: WorkFacts) -> str:
    """Returns what a change makes of a plan, for our own record."""
    told = [f"the title: {plan.title}"] if PlanPart.TITLE in touched else []
    if touched & {PlanPart.START, PlanPart.END}:
        told.append(f"the time: {tell_times(plan)}")
    if PlanPart.COMPONENTS in touched:
        told.append(f"the components: {', '.join(plan.components)}")
    if PlanPart.EFFECT in touched:
        told.append(f"the effect: {facts.effect}")
    return "; ".join(told)
