"""The form that changes planned work: its name, its components, its times, and what customers read of that.

Where somebody changed it on one page, the form carries that to the others: it is filled in already.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import msgspec
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input, Static

from oncall_tui.config.customs import customs_of
from oncall_tui.domain.duration import MINUTE
from oncall_tui.domain.errors import OncallError
from oncall_tui.domain.lint.model import Finding
from oncall_tui.domain.maintenance import NoticeKind
from oncall_tui.domain.planning import find_probes
from oncall_tui.domain.sanitize import clean_block, clean_line
from oncall_tui.domain.update import TITLE_LIMIT
from oncall_tui.tui.actions import bindings_of
from oncall_tui.tui.change import Change, TypedChange, make_store, read_change, write_time
from oncall_tui.tui.host import host_of, start_work, tell
from oncall_tui.tui.orders import Order
from oncall_tui.tui.plan import check_words
from oncall_tui.tui.planning import Work, list_fixed, list_known, watch_list
from oncall_tui.tui.scratch_keeper import ScratchKeeper
from oncall_tui.tui.screens.pick import PickScreen
from oncall_tui.tui.screens.planned_fields import PlanFields
from oncall_tui.tui.screens.say import Said, SayScreen, begin_order
from oncall_tui.tui.text import Glyphs, join, line, wrap
from oncall_tui.tui.widgets.choice import Choice
from oncall_tui.tui.widgets.incident_editor import FieldLine
from oncall_tui.tui.widgets.lines import Flow
from oncall_tui.tui.widgets.planned_review import (
    NARROW,
    draw_change_facts,
    draw_change_words,
    draw_first_finding,
    point_at,
    tell_instant,
)
from oncall_tui.tui.widgets.update_text import UpdateText

_LOOK_AFTER_S = 0.2
_TEXTS = {
    NoticeKind.CHANGE: "the change, sent now",
    NoticeKind.REMIND: "reminder",
    NoticeKind.START: "start",
    NoticeKind.FINISH: "end",
}


class ChangeForm(PlanFields[TypedChange]):
    """Works on the maintenance as it was when the form was opened; one that was changed meanwhile is not sent."""

    scope = "plan"
    title_of_help = "Changing planned work"
    BINDINGS = bindings_of("plan", first=("next_field", "previous_field"))
    AUTO_FOCUS = ""

    def __init__(self, work: Work) -> None:
        super().__init__()
        self._work = work
        maintenance = work.maintenance
        self._typed = TypedChange()
        self._keeper = ScratchKeeper(self, f"change-{maintenance.id}", self._write, self.draw)
        self._about = Flow(id="plan-about")
        self._title = Input(compact=True, max_length=TITLE_LIMIT, id="plan-title")
        self._parts = FieldLine(id="plan-parts", markup=False)
        self._start = Input(compact=True, max_length=100, id="plan-start", disabled=maintenance.status.is_active)
        self._end = Input(compact=True, max_length=100, id="plan-end")
        notices = [(True, line("tell subscribers")), (False, line("do not tell subscribers"))]
        self._notify = Choice[bool]("", notices, id="plan-notify")
        kinds = [kind for kind in _TEXTS if kind is NoticeKind.CHANGE or maintenance.find_automatic(kind) is not None]
        self._which = Choice[NoticeKind]("", [(kind, line(_TEXTS[kind])) for kind in kinds], id="plan-which")
        self._text = UpdateText(id="plan-text")
        self._echoes = {name: Static(markup=False, classes="echo") for name in ("start", "end")}
        self._problems = Flow(id="plan-problems")
        self._question: tuple[object, ...] = ()
        self._findings: list[Finding] = []
        self._timer: Timer | None = None
        self._drawn: dict[Static, Content] = {}

    def compose_body(self) -> ComposeResult:
        rows: list[tuple[str, Widget]] = [
            ("title", self._title), ("components", self._parts), ("start", self._start), ("end", self._end),
            ("mail", self._notify), ("words of", self._which),
        ]  # fmt: skip
        with Vertical(id="plan-box") as box:
            box.border_title = line(f"Change M{self._work.maintenance.id}")
            yield self._about
            for label, field in rows:
                with Horizontal(classes="field"):
                    yield Static(line(label, "$muted"), classes="field-label", markup=False)
                    yield field
                    if label in self._echoes:
                        yield self._echoes[label]
            yield self._text
            yield self._problems

    def on_mount(self) -> None:
        for field in (self._title, self._start, self._end):
            field.cursor_blink = False
        super().on_mount()
        self._fill()
        self.set_focus(self._text if self._change().telling.is_carrying else self._title)
        start_work(self, self._find, "find")

    async def _find(self) -> None:
        try:
            found = await self._keeper.find()
        except OncallError as error:
            tell(self.app, str(error), "error")
            return
        if found is not None and not self._keeper.is_dirty:
            self._typed = msgspec.json.decode(found.text, type=TypedChange)
            self._fill()
            tell(self.app, "Going on with what was typed here before. f6 starts over.")

    async def on_unmount(self) -> None:
        await self._keeper.save()

    # -- between the fields and what they mean

    def _write(self) -> tuple[str, int]:
        return msgspec.json.encode(self._typed).decode(), self._work.maintenance.revision

    def _change(self) -> Change:
        host = host_of(self)
        fixed = list_fixed(host.snapshot)
        return read_change(self._typed, self._work, fixed, self.oncall.now(), customs_of(host.config))

    def _list_usual(self) -> dict[Input, str]:
        """Returns what stands in the fields that nobody touched; the end goes along with the start."""
        maintenance, plan = self._work.maintenance, self._change().plan
        return {
            self._title: clean_line(maintenance.title, TITLE_LIMIT),
            self._start: write_time(maintenance.starts_at),
            self._end: write_time(plan.ends_at),
        }

    def _fill(self) -> None:
        typed, usual = self._typed, self._list_usual()
        for field, value in ((self._title, typed.title), (self._start, typed.start), (self._end, typed.end)):
            field.value = usual[field] if value is None else value
        self._notify.set_value(typed.notify)
        self._put_words()
        self.draw()

    def _read_fields(self) -> None:
        typed, usual = self._typed, self._list_usual()
        before = (typed.title, typed.start, typed.end)
        typed.title = _if_other(self._title.value, usual[self._title])
        typed.start = _if_other(self._start.value, usual[self._start])
        if typed.end is not None or self._end is self.focused:
            typed.end = _if_other(self._end.value, write_time(self._work.maintenance.ends_at))
        if before != (typed.title, typed.start, typed.end):
            self._take_change()

    def _take_change(self) -> None:
        self._keeper.touch()
        if self._typed.end is None and self._end is not self.focused:
            self._end.value = self._list_usual()[self._end]
        if self._text is not self.focused:
            self._put_words()
        self.draw()

    def _find_words(self) -> str:
        return self._change().words.get(self._which.value, "")

    @on(FieldLine.Opened)
    def _open_picker(self, event: FieldLine.Opened) -> None:
        event.stop()
        host = host_of(self)
        known = list_known(host.snapshot, host.config)
        empty = "No components yet: add [[component]] to the config, or sync with the page."
        picker = PickScreen("Components that the work touches", known, self._change().plan.components, empty)
        self.app.push_screen(picker, self._take_names)

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
        """Runs the rules a moment after the typing that asked for it."""
        self._timer = None
        before, change = self._findings, self._change()
        if change.problem is None and self._check(change) != before:
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
        for field, words in shown.items():
            if self._drawn.get(field) != words:  # each update lays the whole form out anew
                field.update(words)
        self._drawn = shown
        self._about.display = change.telling.is_carrying or any(place.conflict for place in self._work.placements)
        self._about.show_flow(partial(self._tell_about, change))
        self._problems.show_flow(partial(self._tell_problems, change))
        if self._timer is None:
            self._timer = self.set_timer(_LOOK_AFTER_S, self._look)
        self.query_one("#plan-box").border_subtitle = self._tell_saved()

    def _tell_about(self, change: Change, width: int) -> list[Content]:
        """Returns what somebody changed on a page and the others do not show yet, where that is so."""
        host = host_of(self)
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
        return [line(row, "$state-partial") for row in told[:4]]

    def _tell_problems(self, change: Change, width: int) -> Sequence[Content]:
        if change.problem is not None:
            style = "$state-down" if change.telling.touched or self._typed.start or self._typed.end else "$muted"
            return [line(row, style) for row in wrap(change.problem[1], width)]
        behind = ", for the pages that are behind" if change.telling.is_carrying else ""
        ready = f"ctrl+s reviews it{behind}"
        return [*draw_first_finding(self._findings, width), line(ready, "$state-ok")]

    def _tell_saved(self) -> Content:
        if self._keeper.problem:
            return line(f"NOT SAVED: {self._keeper.problem}", "bold $state-down")
        if self._keeper.is_dirty:
            return line("saving")
        return line("saved as typed" if self._keeper.saved_at else "")

    # -- keys

    def _list_fields(self) -> list[Widget]:
        fields = [self._title, self._parts, self._start, self._end, self._notify, self._which, self._text]
        return [field for field in fields if not field.disabled]

    def action_use_words(self) -> None:
        self._typed.bodies.pop(self._which.value, None)
        self._put_words()
        self._take_change()

    def action_start_over(self) -> None:
        self._typed = TypedChange()
        start_work(self, self._keeper.forget, "scratch")
        self._fill()
        self.set_focus(self._title)

    def action_back(self) -> None:
        self.dismiss()

    async def action_review(self) -> None:
        self._read_fields()  # what was typed last may not have been told yet
        if self._text is self.focused:
            self._read_text()
        change, now, host = self._change(), self.oncall.now(), host_of(self)
        if change.problem is not None:
            name, why = change.problem
            fields = {"title": self._title, "components": self._parts, "start": self._start, "end": self._end}
            self.set_focus(fields[name])
            tell(self.app, why, "warning")
            return
        await self._keeper.save()
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
        host.load_styles("review")
        screen = SayScreen(said)

        async def decide(is_confirmed: bool | None) -> None:
            if is_confirmed:
                name = f"M{maintenance.id}"
                store = make_store(
                    self._keeper.name, change, words, maintenance, targets, screen.reasons, host, notify=notify
                )
                self.dismiss()
                await begin_order(self.app, Order(name, f"{name} change", store))

        self.app.push_screen(screen, decide)


def _if_other(value: str, usual: str) -> str | None:
    return None if value.strip() == usual.strip() else value
