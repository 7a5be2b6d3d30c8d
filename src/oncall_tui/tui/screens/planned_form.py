"""The form that plans work: each field is read back as it is typed, and all is on disk within a second."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import msgspec
from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from oncall_tui.config.customs import customs_of
from oncall_tui.domain.duration import MINUTE
from oncall_tui.domain.lint.model import Finding
from oncall_tui.domain.maintenance import NoticeKind
from oncall_tui.domain.planning import find_silenced
from oncall_tui.domain.sanitize import clean_block, clean_line
from oncall_tui.domain.update import TITLE_LIMIT
from oncall_tui.store.database import Database
from oncall_tui.tui.host import host_of, tell
from oncall_tui.tui.plan import Plan, Typed, check_words, make_store, read_plan, work_of_typed
from oncall_tui.tui.planning import list_told, watch_list
from oncall_tui.tui.screens.pick import PickScreen
from oncall_tui.tui.screens.planned_fields import PlanFields
from oncall_tui.tui.screens.say import Said
from oncall_tui.tui.text import Glyphs, join, line, wrap
from oncall_tui.tui.widgets.choice import Choice
from oncall_tui.tui.widgets.incident_editor import FieldLine
from oncall_tui.tui.widgets.planned_review import (
    NARROW,
    draw_first_finding,
    draw_plan_facts,
    draw_plan_words,
    point_at,
    tell_instant,
)
from oncall_tui.tui.widgets.update_text import UpdateText

_TEXTS = (
    (NoticeKind.PLAN, "announcement, sent now"),
    (NoticeKind.REMIND, "reminder"),
    (NoticeKind.START, "start"),
    (NoticeKind.FINISH, "end"),
)
_HINTS = {
    "effect": "(what customers notice meanwhile, in their words, or none)",
    "way back": "(how, and until when; only you read it)",
    "start": "(now, in 30m, tomorrow 02:00, sun 29 nov 02:00 for 2h; UTC unless a zone is named)",
    "end": "(2h, or a time such as 04:00)",
    "remind": "(1h before the start, or none)",
}


class PlanForm(PlanFields[Typed]):
    """Closes once the plan is confirmed; what was typed stays until it is stored."""

    title_of_help = "Planning work"

    def __init__(self) -> None:
        super().__init__("plan", Typed(), None)
        self._title = Input(compact=True, max_length=TITLE_LIMIT, id="plan-title")
        self._parts = FieldLine(id="plan-parts", markup=False)
        self._effect = Input(compact=True, max_length=400, placeholder=_HINTS["effect"], id="plan-effect")
        self._backout = Input(compact=True, max_length=400, placeholder=_HINTS["way back"], id="plan-backout")
        self._start = Input(compact=True, max_length=100, placeholder=_HINTS["start"], id="plan-start")
        self._end = Input(compact=True, max_length=100, placeholder=_HINTS["end"], id="plan-end")
        self._remind = Input(compact=True, max_length=40, placeholder=_HINTS["remind"], id="plan-remind")
        self._pages = FieldLine(id="plan-pages", markup=False)
        self._which = Choice[NoticeKind]("", [(kind, line(words)) for kind, words in _TEXTS], id="plan-which")
        self._text = UpdateText(id="plan-text")
        self._echoes = {name: Static(markup=False, classes="echo") for name in ("start", "end", "remind")}

    def compose_body(self) -> ComposeResult:
        rows: list[tuple[str, Widget]] = [
            ("title", self._title), ("components", self._parts), ("effect", self._effect), ("start", self._start),
            ("end", self._end), ("way back", self._backout), ("remind", self._remind), ("pages", self._pages),
            ("mail", self._notify), ("words of", self._which),
        ]  # fmt: skip
        yield from self.compose_form("Plan work", rows, echoes=self._echoes)

    # -- between the fields and what they mean

    def _fill(self) -> None:
        typed = self._typed
        self._title.value = clean_line(typed.title, TITLE_LIMIT)
        self._start.value, self._end.value, self._remind.value = typed.start, typed.end, typed.remind
        self._effect.value, self._backout.value = clean_line(typed.effect, 400), clean_line(typed.backout, 400)
        self._notify.set_value(typed.notify)
        self._put_words()
        self.draw()

    def _read_fields(self) -> None:
        before = msgspec.structs.astuple(self._typed)
        typed = self._typed
        values = (field.value for field in self._list_inputs())
        typed.title, typed.effect, typed.start, typed.end, typed.backout, typed.remind = values
        if before != msgspec.structs.astuple(typed):
            self._take_change()

    def _find_words(self) -> str:
        return self._plan().words[self._which.value]

    def _plan(self) -> Plan:
        return read_plan(self._typed, self.oncall.now(), customs_of(host_of(self).config))

    def _check(self, plan: Plan) -> list[Finding]:
        """Returns what stands against the plan, worst first; the same form is not looked at twice in a minute."""
        now, host = self.oncall.now(), host_of(self)
        if plan.starts_at is None or plan.ends_at is None:
            return []
        others = (host.snapshot.maintenances, host.snapshot.incidents)
        question = (msgspec.json.encode(self._typed), now // MINUTE, *map(id, others))
        if question != self._question:
            work = work_of_typed(self._typed, plan.starts_at, plan.ends_at, host.actor)
            title, words = self._clean(plan)
            found = check_words(title, words, work, host, now, pages=self._list_pages())
            self._findings = [finding for _, finding in found]
            self._question = question
        return self._findings

    def _look(self) -> None:
        before, plan = self._findings, self._plan()
        if not plan.problems and self._check(plan) != before:
            self._problems.show_flow(partial(self._tell_problems, plan))

    def _clean(self, plan: Plan) -> tuple[str, dict[NoticeKind, str]]:
        """Returns the title and all words as they would be sent."""
        words = {kind: clean_block(plan.words[kind]).strip() for kind in plan.kinds}
        return clean_line(self._typed.title, TITLE_LIMIT).strip(), words

    @on(FieldLine.Opened)
    def _open_picker(self, event: FieldLine.Opened) -> None:
        event.stop()
        if self._parts is self.focused:
            self._pick_components(self._typed.components, partial(self._take_names, "components"))
        else:
            host = host_of(self)
            pages, _ = list_told(host.snapshot, host.config)
            picker = PickScreen("Pages that are told", pages, self._list_pages(), "No page has planned work.")
            self.app.push_screen(picker, partial(self._take_names, "pages"))

    def _take_names(self, field: str, names: tuple[str, ...] | None) -> None:
        if names is not None:
            setattr(self._typed, field, names)
            self._take_change()

    def _list_pages(self) -> list[str]:
        host = host_of(self)
        pages, _ = list_told(host.snapshot, host.config)
        wanted = self._typed.pages
        return [page for page in pages if wanted is None or page in wanted]

    # -- drawing

    def draw(self) -> None:
        plan, typed, now = self._plan(), self._typed, self.oncall.now()
        host = host_of(self)
        names = ", ".join(host.snapshot.name_page(page) for page in self._list_pages())
        shown: dict[Static, Content] = {
            self._parts: point_at(self._parts, ", ".join(typed.components) or "none, enter picks them"),
            self._pages: point_at(self._pages, names or "none: customers are NOT told"),
        }
        is_short = self.size.width < NARROW
        for name, at in (("start", plan.starts_at), ("end", plan.ends_at), ("remind", plan.remind_at)):
            problem = plan.problems.get(name) if getattr(typed, name).strip() else ""
            wrong = join((f"{Glyphs.show('✖')} not understood", "$state-down"))
            echo = wrong if problem else tell_instant(at, now, is_short=is_short)
            shown[self._echoes[name]] = echo
        self._draw_fields(shown)
        self._problems.show_flow(partial(self._tell_problems, plan))
        self._look_soon()

    def _tell_problems(self, plan: Plan, width: int) -> Sequence[Content]:
        wrong = [words for field, words in plan.problems.items() if getattr(self._typed, field, "").strip()]
        rows = [line(row, "$state-down") for row in wrap(wrong[0], width)] if wrong else []
        if not rows:
            ready = not plan.problems
            findings = self._findings if ready else []
            words = "ctrl+s reviews it" if ready else next(iter(plan.problems.values()))
            rows = [line(words, "$state-ok" if ready else "$muted")]
            rows = [*draw_first_finding(findings, width), *rows]
        silenced = find_silenced(self._typed.components, watch_list(host_of(self).snapshot))
        quiet = ", ".join(silenced) or "no probe"
        return [join(("silences ", "$muted"), quiet, ("  while it lasts", "$muted")), *rows[:3]]

    # -- keys

    def _list_fields(self) -> list[Widget]:
        return [
            *(self._title, self._parts, self._effect, self._start, self._end, self._backout),
            *(self._remind, self._pages, self._notify, self._which, self._text),
        ]

    async def action_review(self) -> None:
        self._read_all()
        plan, typed, now = self._plan(), self._typed, self.oncall.now()
        if plan.problems:
            field, why = next(iter(plan.problems.items()))
            wrong = {"title": self._title, "start": self._start, "end": self._end, "remind": self._remind}[field]
            self.set_focus(wrong)
            tell(self.app, why, "warning")
            return
        await self._keeper.save()
        host = host_of(self)
        pages, findings = self._list_pages(), self._check(plan)
        title, words = self._clean(plan)
        _, remarks = list_told(host.snapshot, host.config)
        said = Said(
            "Review the plan",
            words[NoticeKind.PLAN],
            partial(draw_plan_words, title, plan, words),
            partial(
                draw_plan_facts, typed, plan, [host.snapshot.name_page(page) for page in pages],
                find_silenced(typed.components, watch_list(host.snapshot)), remarks, findings, now,
            ),
            findings=findings,
        )  # fmt: skip

        def make(reasons: Mapping[str, str]) -> Callable[[Database, int], str]:
            return make_store(self._keeper.name, typed, plan, words, title, pages, reasons, host)

        await self._ask(said, "plan", "plan", make)
