"""What a person has typed to change planned work, and what it means: the plan as it is to be, and all that is said."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from msgspec import Struct, field
from msgspec.structs import replace

from oncall_tui.domain import announcing
from oncall_tui.domain.announcing import Customs, word_anew, word_work, work_of_change
from oncall_tui.domain.changing import (
    Telling,
    find_telling,
    list_anew,
    list_effect_words,
    list_new_facts,
    require_change,
    require_facts,
)
from oncall_tui.domain.errors import OncallError
from oncall_tui.domain.instants import read_end_words, read_instant
from oncall_tui.domain.maintenance import Maintenance, NoticeKind, PlanFields, PlanPart, WorkFacts
from oncall_tui.domain.merging import read_plan
from oncall_tui.domain.sanitize import clean_line
from oncall_tui.domain.template import FACT_LIMIT
from oncall_tui.domain.update import TITLE_LIMIT
from oncall_tui.store.changing import change_maintenance, keep_facts
from oncall_tui.store.database import Database
from oncall_tui.store.notice_rows import Words
from oncall_tui.store.scratch import drop_scratch
from oncall_tui.tui.host import Host
from oncall_tui.tui.plan import ZONE
from oncall_tui.tui.planning import Work
from oncall_tui.tui.widgets.planned_review import tell_targets


class TypedChange(Struct):
    """The form as it stands; what nobody touched is None, and stays as it is. `bodies` are the words that were.

    `tells` is whether customers are told of another effect, where that alone would be told.
    """

    title: str | None = None
    components: tuple[str, ...] | None = None
    start: str | None = None
    end: str | None = None
    effect: str | None = None
    backout: str | None = None
    owner: str | None = None
    tells: bool = True
    notify: bool = True
    bodies: dict[str, str] = field(default_factory=dict)


class Change(Struct, frozen=True):
    """What the form means at one instant.

    `due` is when the clock says what it has to say from then on, None for what it says no more. `problem` is a field
    and what is wrong with it. `news` is what is another way of what people know: name, as it was, as it is to be. One
    that `is_kept` goes to no page; one that `has_choice` could. `read` are the words for customers of an effect that
    changes, and when.
    """

    work: announcing.Work
    telling: Telling
    words: Mapping[NoticeKind, str]
    due: Mapping[NoticeKind, int | None]
    problem: tuple[str, str] | None = None
    news: Sequence[tuple[str, str, str]] = ()
    is_kept: bool = False
    has_choice: bool = False
    read: Sequence[tuple[int, str]] = ()

    @property
    def plan(self) -> PlanFields:
        return self.work.plan


def write_time(at: int) -> str:
    """Returns an instant as it stands in a field, in UTC."""
    return f"{datetime.fromtimestamp(at // 1000, UTC):%Y-%m-%d %H:%M}"


def read_change(typed: TypedChange, work: Work, fixed: list[str], now: int, customs: Customs) -> Change:
    """Reads a form; a start that is moved alone takes the end along. `fixed` are pages that show what was announced."""
    maintenance = work.maintenance
    plan, problem = _read_plan(typed, read_plan(maintenance), now)
    named = {name: getattr(typed, name) for name in WorkFacts.__struct_fields__}
    facts = replace(maintenance.facts, **{name: _clean(said) for name, said in named.items() if said is not None})
    telling = find_telling(maintenance, plan, work.placements, work.deliveries, fixed, facts)
    news, has_choice = list_new_facts(maintenance, facts), telling.touched == {PlanPart.EFFECT}
    is_effect = PlanPart.EFFECT in telling.touched
    is_kept = bool(news) and (not telling.touched or (has_choice and not typed.tells))
    if is_kept:
        telling = replace(telling, touched=frozenset(), parts=frozenset())
    told = work_of_change(maintenance, plan, telling, facts)
    words = {} if not telling.parts else {NoticeKind.CHANGE: word_work(NoticeKind.CHANGE, told, customs, now)}
    words |= word_anew(maintenance, plan, customs, now, None if is_kept else facts)
    words |= {kind: typed.bodies[kind] for kind in (*words, NoticeKind.CHANGE) if kind in typed.bodies}
    if problem is None:
        problem = _find_problem(maintenance, told, telling, now, is_kept=is_kept)
    read = list_effect_words(maintenance, work.messages) if is_effect else ()
    due = list_anew(maintenance, plan, now)
    return Change(told, telling, words, due, problem, news, is_kept, has_choice, read)


def _clean(said: str) -> str:
    return clean_line(said, FACT_LIMIT).strip()


def _read_plan(typed: TypedChange, before: PlanFields, now: int) -> tuple[PlanFields, tuple[str, str] | None]:
    plan, problem = before, None
    if typed.title is not None:
        plan = replace(plan, title=clean_line(typed.title, TITLE_LIMIT).strip())
    if typed.components is not None:
        plan = replace(plan, components=typed.components)
    if typed.start is not None:
        try:
            starts_at = read_instant(typed.start, "start", now, zone=ZONE)
            plan = replace(plan, starts_at=starts_at, ends_at=before.ends_at + starts_at - before.starts_at)
        except OncallError as error:
            problem = ("start", str(error))
    if typed.end is not None:
        try:
            plan = replace(plan, ends_at=read_end_words(typed.end, "end", plan.starts_at, zone=ZONE))
        except OncallError as error:
            problem = problem or ("end", str(error))
    return plan, problem


def _find_problem(
    maintenance: Maintenance, work: announcing.Work, telling: Telling, now: int, *, is_kept: bool
) -> tuple[str, str] | None:
    try:
        require_facts(maintenance, work.facts, now)
        if telling.touched:
            require_change(maintenance, work.plan, telling.touched, now)
        elif not is_kept and not telling.is_carrying:
            return "title", "Nothing is changed yet. The way back and the owner are read by no customer."
    except OncallError as error:
        wrong = {"no-title": "title", "no-component": "components", "no-effect": "effect"}
        return wrong.get(getattr(error, "rule", ""), "end"), str(error)
    return None


def make_store(
    name: str,
    change: Change,
    bodies: Mapping[NoticeKind, str],
    maintenance: Maintenance,
    pages: Sequence[str],
    reasons: Mapping[str, str],
    host: Host,
    *,
    notify: bool,
) -> Callable[[Database, int], str]:
    """Returns what puts the change into the file, with the instants that were reviewed, and forgets the form."""
    actor, terminal_id = host.actor, host.terminal_id

    def store(db: Database, now: int) -> str:
        words = {kind: Words(uuid.uuid4().hex, body, notify) for kind, body in bodies.items()}
        change_maintenance(
            db, maintenance.id, change.plan, words,
            actor=actor, now=now, facts=change.work.facts, seen_revision=maintenance.revision, reasons=reasons,
        )  # fmt: skip
        drop_scratch(db, name, terminal_id)
        return tell_targets(pages)

    return store


def make_keeping(name: str, change: Change, maintenance: Maintenance, host: Host) -> Callable[[Database, int], None]:
    """Returns what keeps in the file what no page is told of, and forgets the form."""
    actor, terminal_id = host.actor, host.terminal_id

    def keep(db: Database, now: int) -> None:
        keep_facts(db, maintenance.id, change.work.facts, actor=actor, now=now, seen_revision=maintenance.revision)
        drop_scratch(db, name, terminal_id)

    return keep
