"""How planned work is told: the words of each notice, and what the rules on words may know of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from oncall_tui.domain.changing import Telling, list_anew, word_change
from oncall_tui.domain.duration import DAY
from oncall_tui.domain.incident import Incident, Reach, Severity
from oncall_tui.domain.lint.model import Audience, Context, Window
from oncall_tui.domain.maintenance import (
    Maintenance,
    MaintenanceStatus,
    NoticeKind,
    PlanFields,
    PlanPart,
    WorkFacts,
    word_notice,
)
from oncall_tui.domain.sanitize import clean_line
from oncall_tui.domain.template import Moment, Template, list_variables, render
from oncall_tui.domain.template_choice import choose_template
from oncall_tui.domain.template_variables import NO_TEAM, Team, variables_of_change, variables_of_window

_MOMENTS = {
    NoticeKind.PLAN: (MaintenanceStatus.SCHEDULED, Moment.FIRST),
    NoticeKind.CHANGE: (MaintenanceStatus.SCHEDULED, Moment.CHANGE),
    NoticeKind.START: (MaintenanceStatus.IN_PROGRESS, Moment.FIRST),
    NoticeKind.EXTEND: (MaintenanceStatus.IN_PROGRESS, Moment.LONG),
    NoticeKind.FINISH: (MaintenanceStatus.COMPLETED, Moment.CHANGE),
}
#: What nobody can take back later is looked at for what else goes on then.
_LOOKS_AROUND = (NoticeKind.PLAN, NoticeKind.CHANGE, NoticeKind.START, NoticeKind.EXTEND)


class Work(Struct, frozen=True):
    """Planned work as it is to be told.

    `before` is what a change was made of, and `touched` what of it.
    """

    components: tuple[str, ...]
    starts_at: int
    ends_at: int
    facts: WorkFacts = WorkFacts()
    has_begun: bool = False
    title: str = ""
    before: PlanFields | None = None
    touched: frozenset[PlanPart] = frozenset()

    @property
    def plan(self) -> PlanFields:
        status = MaintenanceStatus.IN_PROGRESS if self.has_begun else MaintenanceStatus.SCHEDULED
        return PlanFields(self.title, status, self.starts_at, self.ends_at, self.components)


class Customs(Struct, frozen=True):
    """How a team tells of its work; `least_notice_ms` is what it wants between telling and starting, if anything."""

    templates: tuple[Template, ...] = ()
    team: Team = NO_TEAM
    least_notice_ms: int | None = None
    audience: Audience | None = None
    is_live: bool | None = None


def work_of(maintenance: Maintenance, ends_at: int | None = None) -> Work:
    """Returns what a maintenance is, with another end where one is given."""
    return Work(
        maintenance.components,
        maintenance.starts_at,
        ends_at or maintenance.ends_at,
        maintenance.facts,
        maintenance.status is not MaintenanceStatus.SCHEDULED,
        maintenance.title,
    )


def work_of_change(
    maintenance: Maintenance, plan: PlanFields, telling: Telling | None = None, facts: WorkFacts | None = None
) -> Work:
    """Returns what a maintenance becomes, with what of it has to be told where that is known."""
    return replace(
        work_of(maintenance),
        components=plan.components,
        starts_at=plan.starts_at,
        ends_at=plan.ends_at,
        title=plan.title,
        facts=maintenance.facts if facts is None else facts,
        before=None if telling is None else telling.before,
        touched=frozenset() if telling is None else telling.parts,
    )


def word_anew(
    maintenance: Maintenance, plan: PlanFields, customs: Customs, now: int, facts: WorkFacts | None = None
) -> dict[NoticeKind, str]:
    """Returns what the clock says after a change: the usual words follow the plan, those of a person stay."""
    before, after = work_of(maintenance), work_of_change(maintenance, plan, facts=facts)
    words = {}
    for kind, due_at in list_anew(maintenance, plan, now).items():
        said = maintenance.find_automatic(kind)
        if due_at is not None and said is not None:
            is_usual = said.body == word_work(kind, before, customs, said.created_at)
            words[kind] = word_work(kind, after, customs, now) if is_usual else said.body
    return words


def word_work(kind: NoticeKind, work: Work, customs: Customs, now: int) -> str:
    """Returns what a notice says while nobody wrote better words: a template that fits and has no gaps, else ours."""
    usual = word_notice(kind, work.components, work.starts_at, work.ends_at, has_begun=work.has_begun)
    if kind is NoticeKind.CHANGE and work.before is not None:
        effect = work.facts.effect
        usual = word_change(work.before, work.plan, work.touched, has_begun=work.has_begun, effect=effect)
    is_untimely = work.has_begun is (kind is NoticeKind.CHANGE) and kind in (NoticeKind.CHANGE, NoticeKind.EXTEND)
    if kind not in _MOMENTS or is_untimely:
        return usual
    template = choose_template(customs.templates, *_MOMENTS[kind])
    if template is None:
        return usual
    variables = variables_of_window(work.components, work.starts_at, work.ends_at, now, customs.team, work.facts.effect)
    if kind is NoticeKind.CHANGE and work.before is not None:
        variables |= variables_of_change(work.before, work.plan, work.touched)
    known = {name for name, value in variables.items() if value}
    return render(template, variables) if template.needed <= known else usual


def describe_work(
    kind: NoticeKind, work: Work, customs: Customs, now: int, *, overlaps: Sequence[str], names: Sequence[str]
) -> Context:
    """Returns all that is known of one notice; only an announcement has to tell everything of the window.

    A change that moves the start gives as much notice as an announcement.
    """
    is_plan = kind is NoticeKind.PLAN
    is_noticed = is_plan or (kind is NoticeKind.CHANGE and PlanPart.START in work.touched)
    window = Window(
        starts_at=work.starts_at,
        ends_at=work.ends_at,
        status=MaintenanceStatus.SCHEDULED if is_plan else None,
        effect=work.facts.effect,
        least_notice_ms=customs.least_notice_ms if is_noticed else None,
        overlaps=tuple(overlaps) if kind in _LOOKS_AROUND else None,
        has_backout=bool(work.facts.backout.strip()) if is_plan else None,
        owner=work.facts.owner if is_plan else None,
    )
    return Context(
        now=now,
        window=window,
        is_live=customs.is_live,
        audience=customs.audience,
        channel="page",
        names=tuple(names),
        variables=list_variables(customs.templates),
    )


def find_overlaps(
    work: Work,
    maintenances: Iterable[Maintenance],
    incidents: Iterable[Incident],
    now: int,
    own_id: int | None = None,
) -> list[str]:
    """Returns by name what goes on at the same time: other open work, and grave incidents if it begins within a day."""
    others = [
        f"M{each.id} {clean_line(each.title, 60)}"
        for each in maintenances
        if each.id != own_id
        and each.status.is_open
        and each.starts_at < work.ends_at
        and max(each.ends_at, now) > work.starts_at
    ]
    if work.starts_at >= now + DAY:
        return others
    return others + [
        f"#{each.id} {clean_line(each.title, 60)}"
        for each in incidents
        if each.resolved_at is None and each.severity <= Severity.SEV2 and each.reach is not Reach.DRILL
    ]
