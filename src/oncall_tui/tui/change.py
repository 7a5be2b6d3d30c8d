"""What a person has typed to change planned work, and what it means: the plan as it is to be, and all that is said."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from msgspec import Struct, field
from msgspec.structs import replace

from oncall_tui.domain import announcing
from oncall_tui.domain.announcing import Customs, word_anew, word_work, work_of_change
from oncall_tui.domain.changing import Telling, find_telling, list_anew, require_change
from oncall_tui.domain.errors import OncallError
from oncall_tui.domain.instants import read_end_words, read_instant
from oncall_tui.domain.maintenance import Maintenance, NoticeKind, PlanFields
from oncall_tui.domain.merging import read_plan
from oncall_tui.domain.sanitize import clean_line
from oncall_tui.domain.update import TITLE_LIMIT
from oncall_tui.store.changing import change_maintenance
from oncall_tui.store.database import Database
from oncall_tui.store.notice_rows import Words
from oncall_tui.store.scratch import drop_scratch
from oncall_tui.tui.host import Host
from oncall_tui.tui.plan import ZONE
from oncall_tui.tui.planning import Work
from oncall_tui.tui.widgets.planned_review import tell_targets


class TypedChange(Struct):
    """The form as it stands; what nobody touched is None, and stays as it is. `bodies` are the words that were."""

    title: str | None = None
    components: tuple[str, ...] | None = None
    start: str | None = None
    end: str | None = None
    notify: bool = True
    bodies: dict[str, str] = field(default_factory=dict)


class Change(Struct, frozen=True):
    """What the form means at one instant.

    `due` is when the clock says what it has to say from then on, None for what it says no more. `problem` is a field
    and what is wrong with it.
    """

    work: announcing.Work
    telling: Telling
    words: Mapping[NoticeKind, str]
    due: Mapping[NoticeKind, int | None]
    problem: tuple[str, str] | None = None

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
    telling = find_telling(maintenance, plan, work.placements, work.deliveries, fixed)
    told = work_of_change(maintenance, plan, telling)
    words = {} if not telling.parts else {NoticeKind.CHANGE: word_work(NoticeKind.CHANGE, told, customs, now)}
    words |= word_anew(maintenance, plan, customs, now)
    words |= {kind: typed.bodies[kind] for kind in (*words, NoticeKind.CHANGE) if kind in typed.bodies}
    if problem is None:
        problem = _find_problem(maintenance, plan, telling, now)
    return Change(told, telling, words, list_anew(maintenance, plan, now), problem)


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


def _find_problem(maintenance: Maintenance, plan: PlanFields, telling: Telling, now: int) -> tuple[str, str] | None:
    if not telling.touched:
        return None if telling.is_carrying else ("title", "Change the title, the components or the times.")
    try:
        require_change(maintenance, plan, telling.touched, now)
    except OncallError as error:
        wrong = {"no-title": "title", "no-component": "components"}
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
            actor=actor, now=now, seen_revision=maintenance.revision, reasons=reasons,
        )  # fmt: skip
        drop_scratch(db, name, terminal_id)
        return tell_targets(pages)

    return store
