"""One message about planned work: that it begins, takes longer, is complete, is called off, or a reminder."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from oncall_tui.config.customs import customs_of
from oncall_tui.domain.announcing import word_work, work_of
from oncall_tui.domain.duration import MINUTE
from oncall_tui.domain.errors import OncallError
from oncall_tui.domain.instants import read_end_words
from oncall_tui.domain.lint.model import Finding
from oncall_tui.domain.maintenance import NoticeKind, require_notice, write_instant
from oncall_tui.domain.sanitize import clean_block
from oncall_tui.store.database import Database
from oncall_tui.store.maintenance import say_notice
from oncall_tui.store.notice_rows import Words
from oncall_tui.store.scratch import drop_scratch
from oncall_tui.tui.host import host_of, tell
from oncall_tui.tui.plan import ZONE, TypedNotice, check_words
from oncall_tui.tui.planning import Work
from oncall_tui.tui.screens.planned_fields import TypedForm
from oncall_tui.tui.screens.say import Said
from oncall_tui.tui.text import Glyphs, date_utc, join, line, wrap
from oncall_tui.tui.widgets.lines import Flow
from oncall_tui.tui.widgets.planned_review import (
    NARROW,
    add_findings,
    draw_first_finding,
    draw_targets,
    tell_instant,
    tell_targets,
)
from oncall_tui.tui.widgets.planned_words import draw_state, draw_time
from oncall_tui.tui.widgets.review_words import draw_labelled

_TITLES = {
    NoticeKind.REMIND: "Remind customers of M{}",
    NoticeKind.START: "Start M{} now",
    NoticeKind.EXTEND: "Extend M{}",
    NoticeKind.FINISH: "Finish M{}",
    NoticeKind.CANCEL: "Call M{} off",
}
_EFFECTS = {
    NoticeKind.REMIND: "customers are reminded; the planned reminder is not sent again",
    NoticeKind.START: "the page shows it in progress, its components under maintenance",
    NoticeKind.EXTEND: "the page shows the new end, and the end is said then, by the clock",
    NoticeKind.FINISH: "the page shows it as completed, its components operational again",
    NoticeKind.CANCEL: "the page shows it as completed: it has no word for called off, so your words say it",
}


class NoticeForm(TypedForm[TypedNotice]):
    """Works on the maintenance as it was when the form was opened; one that was changed meanwhile is not sent."""

    title_of_help = "A message about planned work"

    def __init__(self, work: Work, kind: NoticeKind) -> None:
        super().__init__(f"notice-{work.maintenance.id}-{kind}", TypedNotice(), work.maintenance.revision)
        self._work = work
        self._kind = kind
        self._about = Flow(id="plan-about")
        hint = "(30m more, or a time such as 04:00; UTC unless a zone is named)"
        self._end = Input(compact=True, max_length=100, placeholder=hint, id="notice-end")
        self._echo = Static(markup=False, classes="echo")

    @property
    def _has_end(self) -> bool:
        return self._kind is NoticeKind.EXTEND

    def compose_body(self) -> ComposeResult:
        rows: list[tuple[str, Widget]] = [("new end", self._end)] if self._has_end else []
        title = _TITLES[self._kind].format(self._work.maintenance.id)
        rows.append(("mail", self._notify))
        yield from self.compose_form(title, rows, about=self._about, echoes={"new end": self._echo})

    def _choose_first(self) -> Widget:
        return self._end if self._has_end else self._text

    # -- between the fields and what they mean

    def _fill(self) -> None:
        self._end.value = self._typed.end
        self._notify.set_value(self._typed.notify)
        self._put_words()
        self.draw()

    def _read_end(self) -> tuple[int | None, str]:
        """Returns the new end, and what is wrong with it."""
        now, maintenance = self.oncall.now(), self._work.maintenance
        if not self._has_end:
            return None, ""
        if not self._typed.end.strip():
            return None, "new end: say how much longer, such as 30m, or until when."
        try:
            text = self._typed.end.strip().removesuffix("more").removeprefix("+")
            ends_at = read_end_words(text, "new end", max(maintenance.ends_at, now), zone=ZONE)
            require_notice(maintenance, self._kind, now, ends_at)
        except OncallError as error:
            return None, str(error)
        return ends_at, ""

    def _word(self, ends_at: int | None) -> str:
        maintenance = self._work.maintenance
        if self._typed.body is not None:
            return self._typed.body
        customs = customs_of(host_of(self).config)
        return word_work(self._kind, work_of(maintenance, ends_at), customs, self.oncall.now())

    def _find_words(self) -> str:
        return self._word(self._read_end()[0])

    def _put_words(self) -> None:
        before = self._text.text
        super()._put_words()
        if self._text.text != before:
            self._text.move_to_offset(len(self._text.text))

    def _keep_words(self, body: str | None) -> None:
        self._typed.body = body

    def _read_fields(self) -> None:
        if self._end.value != self._typed.end:
            self._typed.end = self._end.value
            self._put_words()
            self._take_change()

    def _list_pages(self) -> list[str]:
        return self._work.told

    # -- drawing

    def draw(self) -> None:
        now = self.oncall.now()
        ends_at, problem = self._read_end()
        is_wrong = bool(problem and self._typed.end.strip())
        wrong = join((f"{Glyphs.show('✖')} not understood", "$state-down"))
        self._draw_fields(
            {self._echo: wrong if is_wrong else tell_instant(ends_at, now, is_short=self.size.width < NARROW)}
        )
        self._about.show_flow(self._tell_about)
        self._problems.show_flow(partial(self._tell_problem, problem, is_wrong))

    def _tell_about(self, width: int) -> list[Content]:
        maintenance, now = self._work.maintenance, self.oncall.now()
        window = f"{date_utc(maintenance.starts_at)} to {date_utc(maintenance.ends_at)}"
        state = join(draw_state(maintenance, now), "  ", draw_time(maintenance, now))
        whole = join(state, (f"   {window}", "$muted"))
        return [
            *(line(row, "bold") for row in wrap(maintenance.title, width)[:2]),
            *([whole] if whole.cell_length <= width else [state, line(window, "$muted")]),
        ]

    def _tell_problem(self, problem: str, is_wrong: bool, width: int) -> list[Content]:
        words = problem or "ctrl+s reviews it"
        style = "$state-down" if is_wrong else "$muted" if problem else "$state-ok"
        rows = [line(row, style) for row in wrap(words, width)]
        findings = [] if problem else self._check(self._read_end()[0])
        return [*draw_first_finding(findings, width), *rows]

    # -- keys

    def _list_fields(self) -> list[Widget]:
        return [*([self._end] if self._has_end else []), self._notify, self._text]

    async def action_review(self) -> None:
        self._read_all()
        ends_at, problem = self._read_end()
        if problem:
            self.set_focus(self._end)
            tell(self.app, problem, "warning")
            return
        maintenance, host = self._work.maintenance, host_of(self)
        try:
            require_notice(maintenance, self._kind, self.oncall.now(), ends_at)
        except OncallError as error:
            tell(self.app, str(error), "error")
            return
        await self._keeper.save()
        body = clean_block(self._word(ends_at)).strip()
        findings = self._check(ends_at)
        pages = [host.snapshot.name_page(page) for page in self._list_pages()]
        notify = self._typed.notify
        effect = "none in public: no page has been told of it yet" if not pages else _EFFECTS[self._kind]

        def draw_facts(width: int) -> Sequence[Content]:
            end = [draw_labelled("New end", line(write_instant(ends_at), "bold"))] if ends_at else []
            rows = wrap(effect, max(12, width - 13))
            effects = [draw_labelled("" if at else "Then", line(row)) for at, row in enumerate(rows)]
            return add_findings([*end, *effects, *draw_targets(pages, width, notify=notify)], findings, width)

        title = f"Review: {_TITLES[self._kind].format(maintenance.id)}"

        def draw_words(width: int) -> Sequence[Content]:
            head = [line(row, "bold") for row in wrap(maintenance.title, width)]
            return [*head, *(line(row) for row in wrap(body, width))]

        said = Said(title, body, draw_words, draw_facts, findings=findings)
        name = f"M{maintenance.id}"
        await self._ask(said, name, f"{name} {_NAMES[self._kind]}", partial(self._make_store, body, ends_at))

    def _check(self, ends_at: int | None) -> list[Finding]:
        """Returns what stands against the words as they are, worst first."""
        maintenance, now = self._work.maintenance, self.oncall.now()
        body = clean_block(self._word(ends_at)).strip()
        if (body, ends_at, now // MINUTE) != self._question:
            work = work_of(maintenance, ends_at)
            found = check_words(
                maintenance.title,
                {self._kind: body},
                work,
                host_of(self),
                now,
                maintenance.id,
                pages=self._list_pages(),
            )
            self._question, self._findings = (body, ends_at, now // MINUTE), [finding for _, finding in found]
        return self._findings

    def _make_store(self, body: str, ends_at: int | None, reasons: Mapping[str, str]) -> Callable[[Database, int], str]:
        kind, maintenance, host = self._kind, self._work.maintenance, host_of(self)
        notify, actor, terminal_id, name = self._typed.notify, host.actor, host.terminal_id, self._keeper.name
        pages = self._list_pages()

        def store(db: Database, now: int) -> str:
            say_notice(
                db, maintenance.id, kind, Words(uuid.uuid4().hex, body, notify), actor=actor, now=now,
                ends_at=ends_at, finish_uid=uuid.uuid4().hex, seen_revision=maintenance.revision, reasons=reasons,
            )  # fmt: skip
            drop_scratch(db, name, terminal_id)
            return tell_targets(pages)

        return store


_NAMES = {
    NoticeKind.REMIND: "reminder",
    NoticeKind.START: "start",
    NoticeKind.EXTEND: "extension",
    NoticeKind.FINISH: "end",
    NoticeKind.CANCEL: "called off",
}
