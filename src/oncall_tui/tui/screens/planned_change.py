"""The form that changes planned work: its name, its components, its times, and what customers read of that.

Where somebody changed it on one page, the form carries that to the others: it is filled in already.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from msgspec import structs
from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from oncall_tui.config.customs import customs_of
from oncall_tui.domain.duration import MINUTE
from oncall_tui.domain.errors import OncallError
from oncall_tui.domain.lint.model import Finding
from oncall_tui.domain.maintenance import NoticeKind
from oncall_tui.domain.planning import find_probes
from oncall_tui.domain.sanitize import clean_block, clean_line
from oncall_tui.domain.template import FACT_LIMIT
from oncall_tui.domain.update import TITLE_LIMIT
from oncall_tui.store.database import Database
from oncall_tui.tui.change import Change, TypedChange, make_keeping, make_store, read_change, write_time
from oncall_tui.tui.host import host_of, tell
from oncall_tui.tui.plan import check_words
from oncall_tui.tui.planning import Work, list_fixed, watch_list
from oncall_tui.tui.screens.planned_fields import PlanFields
from oncall_tui.tui.screens.say import Said
from oncall_tui.tui.text import Glyphs, join, line, wrap
from oncall_tui.tui.widgets.choice import Choice
from oncall_tui.tui.widgets.incident_editor import FieldLine
from oncall_tui.tui.widgets.lines import Flow
from oncall_tui.tui.widgets.planned_review import (
    NARROW,
    draw_change_facts,
    draw_change_words,
    draw_first_finding,
    list_read,
    point_at,
    tell_instant,
)

_TEXTS = {
    NoticeKind.CHANGE: "the change, sent now",
    NoticeKind.REMIND: "reminder",
    NoticeKind.START: "start",
    NoticeKind.FINISH: "end",
}
_HINTS = {
    "effect": "(what customers notice meanwhile, in their words, or none)",
    "backout": "(how, and until when; only you read it)",
    "owner": "(who answers for it; only you read it)",
}


class ChangeForm(PlanFields[TypedChange]):
    """Works on the maintenance as it was when the form was opened; one that was changed meanwhile is not sent."""

    title_of_help = "Changing planned work"

    def __init__(self, work: Work) -> None:
        maintenance = work.maintenance
        super().__init__(f"change-{maintenance.id}", TypedChange(), maintenance.revision)
        self._work = work
        self._about = Flow(id="plan-about")
        self._title = Input(compact=True, max_length=TITLE_LIMIT, id="plan-title")
        self._parts = FieldLine(id="plan-parts", markup=False)
        self._effect, self._backout, self._owner = (
            Input(compact=True, max_length=FACT_LIMIT, placeholder=hint, id=f"plan-{name}")
            for name, hint in _HINTS.items()
        )
        self._start = Input(compact=True, max_length=100, id="plan-start", disabled=maintenance.status.is_active)
        self._end = Input(compact=True, max_length=100, id="plan-end")
        choices = [(True, line("customers read it in a notice")), (False, line("nobody: it is kept here"))]
        self._tells = Choice[bool]("", choices, id="plan-tells")
        kinds = [kind for kind in _TEXTS if kind is NoticeKind.CHANGE or maintenance.find_automatic(kind) is not None]
        self._which = Choice[NoticeKind]("", [(kind, line(_TEXTS[kind])) for kind in kinds], id="plan-which")
        self._echoes = {name: Static(markup=False, classes="echo") for name in ("start", "end")}

    def compose_body(self) -> ComposeResult:
        rows: list[tuple[str, Widget]] = [
            ("title", self._title), ("components", self._parts), ("effect", self._effect), ("tell", self._tells),
            ("start", self._start), ("end", self._end), ("way back", self._backout), ("owner", self._owner),
            ("mail", self._notify), ("words of", self._which),
        ]  # fmt: skip
        title = f"Change M{self._work.maintenance.id}"
        yield from self.compose_form(title, rows, about=self._about, echoes=self._echoes)

    def _choose_first(self) -> Widget:
        return self._text if self._change().telling.is_carrying else self._title

    # -- between the fields and what they mean

    def _change(self) -> Change:
        host = host_of(self)
        fixed = list_fixed(host.snapshot)
        return read_change(self._typed, self._work, fixed, self.oncall.now(), customs_of(host.config))

    def _list_usual(self) -> dict[Input, str]:
        """Returns what stands in the fields that nobody touched; the end goes along with the start."""
        maintenance, plan = self._work.maintenance, self._change().plan
        facts = zip((self._effect, self._backout, self._owner), structs.astuple(maintenance.facts), strict=True)
        return {
            self._title: clean_line(maintenance.title, TITLE_LIMIT),
            self._start: write_time(maintenance.starts_at),
            self._end: write_time(plan.ends_at),
            **{field: clean_line(words, FACT_LIMIT) for field, words in facts},
        }

    def _name_inputs(self) -> dict[str, Input]:
        return {
            "title": self._title, "effect": self._effect, "start": self._start, "end": self._end,
            "backout": self._backout, "owner": self._owner,
        }  # fmt: skip

    def _fill(self) -> None:
        usual = self._list_usual()
        for name, field in self._name_inputs().items():
            value: str | None = getattr(self._typed, name)
            field.value = usual[field] if value is None else value
        self._notify.set_value(self._typed.notify)
        self._tells.set_value(self._typed.tells)
        self._put_words()
        self.draw()

    def _read_fields(self) -> None:
        typed, usual = self._typed, self._list_usual()
        usual[self._end] = write_time(self._work.maintenance.ends_at)
        before = structs.replace(typed)
        for name, field in self._name_inputs().items():
            if name != "end" or typed.end is not None or field is self.focused:
                setattr(typed, name, _if_other(field.value, usual[field]))
        if before != typed:
            self._take_change()

    @on(Choice.Changed, "#plan-tells")
    def _follow_tells(self, event: Choice.Changed) -> None:
        event.stop()
        self._typed.tells = self._tells.value
        self._take_change()

    def _take_change(self) -> None:
        if self._typed.end is None and self._end is not self.focused:
            self._end.value = self._list_usual()[self._end]
        super()._take_change()

    def _find_words(self) -> str:
        return self._change().words.get(self._which.value, "")

    @on(FieldLine.Opened)
    def _open_picker(self, event: FieldLine.Opened) -> None:
        event.stop()
        self._pick_components(self._change().plan.components, self._take_names)

    def _take_names(self, names: tuple[str, ...] | None) -> None:
        if names is not None:
            is_same = set(names) == set(self._work.maintenance.components)
            self._typed.components = None if is_same else names
            self._take_change()

    def _check(self, change: Change) -> list[Finding]:
        """Returns what stands against all that is said, worst first; the same form is not looked at twice a minute."""
        now, host, number = self.oncall.now(), host_of(self), self._work.maintenance.id
        title, words = self._clean(change)
        question = (title, *words.items(), change.plan, now // MINUTE)
        if question != self._question:
            pages = change.telling.list_targets(self._work.told)
            found = check_words(title, words, change.work, host, now, number, pages=pages)
            self._question, self._findings = question, [finding for _, finding in found]
        return self._findings

    def _look(self) -> None:
        before, change = self._findings, self._change()
        if change.problem is None and not change.is_kept and self._check(change) != before:
            self._problems.show_flow(partial(self._tell_problems, change))

    def _clean(self, change: Change) -> tuple[str, dict[NoticeKind, str]]:
        """Returns the title and all words as they would be sent."""
        return change.plan.title, {kind: clean_block(body).strip() for kind, body in change.words.items()}

    # -- drawing

    def draw(self) -> None:
        change, now = self._change(), self.oncall.now()
        maintenance, plan, wrong = self._work.maintenance, change.plan, change.problem
        shown: dict[Static, Content] = {
            self._parts: point_at(self._parts, ", ".join(plan.components) or "none, enter picks them")
        }
        for name, at in (("start", plan.starts_at), ("end", plan.ends_at)):
            is_wrong = wrong is not None and wrong[0] == name
            echo = tell_instant(at, now, is_short=self.size.width < NARROW)
            if name == "start" and maintenance.status.is_active:
                echo = line("has begun: it stays", "$muted")
            shown[self._echoes[name]] = join((f"{Glyphs.show('✖')} see below", "$state-down")) if is_wrong else echo
        for field in (self._tells, self._notify, self._which):
            parent = field.parent
            assert isinstance(parent, Widget)
            parent.display = change.has_choice if field is self._tells else not change.is_kept
        self._text.display = not change.is_kept
        self._draw_fields(shown)
        has_conflict = any(place.conflict for place in self._work.placements)
        self._about.display = change.telling.is_carrying or has_conflict or bool(change.read)
        self._about.show_flow(partial(self._tell_about, change))
        self._problems.show_flow(partial(self._tell_problems, change))
        self._look_soon()

    def _tell_about(self, change: Change, width: int) -> list[Content]:
        """Returns what customers read of an effect that changes, and what the pages do not agree on."""
        host = host_of(self)
        read = [row for words in list_read(change) for row in wrap(f"words for customers, {words}", width)]
        rows = [
            f"{host.snapshot.name_page(place.page)} is behind: {place.difference}"
            for place in self._work.placements
            if change.telling.is_carrying and place.page in change.telling.behind
        ]
        rows += [
            f"BOTH SIDES CHANGED IT on {host.snapshot.name_page(place.page)}: {place.conflict}"
            for place in self._work.placements
            if place.conflict
        ]
        told = [row for words in rows for row in wrap(f"{Glyphs.show('▲')} {words}", width)]
        return [*(line(row, "$muted") for row in read[:4]), *(line(row, "$state-partial") for row in told[:4])]

    def _tell_problems(self, change: Change, width: int) -> Sequence[Content]:
        if change.problem is not None:
            style = "$state-down" if change.telling.touched or change.news or change.problem[0] != "title" else "$muted"
            return [line(row, style) for row in wrap(change.problem[1], width)]
        if change.is_kept:
            names = ", ".join(name for name, _, _ in change.news)
            lost = ". The words that you typed are not sent" if self._typed.bodies else ""
            told = f"ctrl+s keeps it at once, and tells no page: {names}{lost}"
            return [line(row, "$state-ok") for row in wrap(told, width)]
        behind = ", for the pages that are behind" if change.telling.is_carrying else ""
        ready = f"ctrl+s reviews it{behind}"
        return [*draw_first_finding(self._findings, width), line(ready, "$state-ok")]

    # -- keys

    def _list_fields(self) -> list[Widget]:
        fields: list[Widget] = [
            *(self._title, self._parts, self._effect, self._tells, self._start, self._end, self._backout, self._owner),
            *(self._notify, self._which, self._text),
        ]
        change = self._change()
        hidden: list[Widget] = [] if change.has_choice else [self._tells]
        hidden += [self._notify, self._which, self._text] if change.is_kept else []
        return [field for field in fields if not field.disabled and field not in hidden]

    async def action_review(self) -> None:
        self._read_all()
        change, now, host = self._change(), self.oncall.now(), host_of(self)
        if change.problem is not None:
            name, why = change.problem
            self.set_focus({"components": self._parts, **self._name_inputs()}[name])
            tell(self.app, why, "warning")
            return
        await self._keeper.save()
        if change.is_kept:
            await self._keep(change)
            return
        maintenance, (title, words) = self._work.maintenance, self._clean(change)
        probes = find_probes(
            maintenance.probes, maintenance.components, change.plan.components, watch_list(host.snapshot)
        )
        targets, findings, notify = (
            change.telling.list_targets(self._work.told),
            self._check(change),
            self._typed.notify,
        )
        pages = [host.snapshot.name_page(page) for page in targets]
        said = Said(
            f"Review: change M{maintenance.id}",
            words[NoticeKind.CHANGE],
            partial(draw_change_words, title, maintenance, change, words),
            partial(draw_change_facts, change, pages, probes, findings, now, notify=notify),
            findings=findings,
        )

        def make(reasons: Mapping[str, str]) -> Callable[[Database, int], str]:
            return make_store(self._keeper.name, change, words, maintenance, targets, reasons, host, notify=notify)

        await self._ask(said, f"M{maintenance.id}", f"M{maintenance.id} change", make)

    async def _keep(self, change: Change) -> None:
        """Keeps at once what no page is told of."""
        host, maintenance = host_of(self), self._work.maintenance
        try:
            await host.feed.call(make_keeping(self._keeper.name, change, maintenance, host), self.oncall.now())
        except OncallError as error:
            tell(self.app, str(error), "error")
            return
        names = ", ".join(name for name, _, _ in change.news)
        self.dismiss()
        tell(self.app, f"M{maintenance.id}: {names} kept here, no page is told.")


def _if_other(value: str, usual: str) -> str | None:
    return None if value.strip() == usual.strip() else value
