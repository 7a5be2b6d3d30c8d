"""Planned work: what comes, what goes on and what just ended, with what customers were told of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace
from textual.app import ComposeResult
from textual.containers import Container, VerticalScroll
from textual.content import Content
from textual.screen import Screen

from oncall_tui.clock import now_ms
from oncall_tui.domain.errors import OncallError
from oncall_tui.domain.maintenance import NoticeKind
from oncall_tui.tui.actions import bindings_of
from oncall_tui.tui.host import host_of, start_work, tell
from oncall_tui.tui.planning import Work, find_work, list_fixed, list_kinds, read_work
from oncall_tui.tui.screens.over import OverScreen
from oncall_tui.tui.snapshot import Snapshot
from oncall_tui.tui.text import line
from oncall_tui.tui.widgets.lines import Flow
from oncall_tui.tui.widgets.planned_words import draw_detail, draw_empty, draw_list

if TYPE_CHECKING:
    from collections.abc import Sequence

_TOPICS = frozenset({"maintenance", "page"})
_ACTIONS = {
    "remind": NoticeKind.REMIND,
    "change": NoticeKind.CHANGE,
    "start": NoticeKind.START,
    "extend": NoticeKind.EXTEND,
    "finish": NoticeKind.FINISH,
    "call_off": NoticeKind.CANCEL,
}
_WHY_NOT = {
    NoticeKind.REMIND: "It has begun already, so there is nothing to remind of.",
    NoticeKind.START: "It has begun already.",
    NoticeKind.FINISH: "It has not begun yet: s starts it, X calls it off.",
}


def open_planned(screen: Screen[None] | Screen[object], maintenance_id: int | None = None) -> None:
    """Shows planned work, one maintenance first where it is named."""
    host_of(screen).load_styles("planned")
    screen.app.push_screen(PlannedScreen(maintenance_id))


class PlannedScreen(OverScreen):
    """Keeps the cursor on one maintenance, whatever comes above it."""

    scope = "planned"
    title_of_help = "Planned work"
    BINDINGS = bindings_of("planned")

    def __init__(self, maintenance_id: int | None = None) -> None:
        super().__init__()
        self._works: list[Work] = []
        self._is_read = False
        self._here = maintenance_id
        self._problem = ""
        self._list = Flow(id="planned-list")
        self._detail = Flow(id="planned-detail")
        self._list_box = VerticalScroll(self._list, id="planned-list-box", can_focus=False)
        self.scroll_box = VerticalScroll(self._detail, id="planned-detail-box", can_focus=False)

    def compose_body(self) -> ComposeResult:
        self._list_box.border_title = line("Planned work")
        with Container(id="planned-body"):
            yield self._list_box
            yield self.scroll_box

    def on_mount(self) -> None:
        super().on_mount()
        start_work(self, self._read, "planned", is_exclusive=True)

    def show(self, snapshot: Snapshot, topics: frozenset[str]) -> None:
        if not topics or topics & _TOPICS:
            start_work(self, self._read, "planned", is_exclusive=True)
        super().show(snapshot, topics)

    async def _read(self) -> None:
        known = {work.maintenance.id for work in self._works}
        try:
            works = await host_of(self).feed.call(read_work, now_ms())
        except OncallError as error:
            self._problem = str(error)
        else:
            self._works, self._problem = works, ""
            new = [work.maintenance.id for work in works if work.maintenance.id not in known]
            if self._is_read and new:
                self._here = max(new)
            elif find_work(works, self._here) is None:
                first = next((work for work in works if work.asking), works[0] if works else None)
                self._here = first.maintenance.id if first else None
            self._is_read = True
        self.draw_all()

    @property
    def here(self) -> Work | None:
        """The chosen maintenance."""
        return find_work(self._works, self._here)

    # -- drawing

    def list_news(self, snapshot: Snapshot) -> Snapshot:
        return replace(snapshot, asking_notices=(), maintenances=())

    def draw(self) -> None:
        self.scroll_box.display = self.here is not None
        self._list.show_flow(self._draw_list)
        self._detail.show_flow(self._draw_detail)

    def _draw_list(self, width: int) -> Sequence[Content]:
        if self._problem:
            return [line(self._problem, "$state-down")]
        if not self._is_read:
            return [line("reading", "$muted")]
        if not self._works:
            return draw_empty(min(width, 100))
        return draw_list(self._works, self._here, width, self.oncall.now())

    def _draw_detail(self, width: int) -> Sequence[Content]:
        work = self.here
        if work is None:
            return []
        snapshot = host_of(self).snapshot
        return draw_detail(work, snapshot.name_page, min(width, 100), self.oncall.now(), list_fixed(snapshot))

    # -- moving

    def action_down(self) -> None:
        self._step(1)

    def action_up(self) -> None:
        self._step(-1)

    def _step(self, by: int) -> None:
        ids = [work.maintenance.id for work in self._works]
        if ids:
            at = ids.index(self._here) if self._here in ids else 0
            self._here = ids[min(max(at + by, 0), len(ids) - 1)]
            self.scroll_box.scroll_home(animate=False)
            self._list_box.scroll_to(y=max(0, ids.index(self._here) - self._list_box.size.height + 2), animate=False)
            self.draw_all()

    # -- acting

    def offers(self, action: str, parameters: tuple[object, ...]) -> bool:
        """Tells which keys to show: what makes no sense of the chosen work says why when it is pressed all the same."""
        work = self.here
        if action == "decide":
            return bool(host_of(self).snapshot.asking_notices)
        return action not in _ACTIONS or (work is not None and _ACTIONS[action] in list_kinds(work.maintenance))

    def action_plan(self) -> None:
        from oncall_tui.tui.screens.planned_form import PlanForm

        self.app.push_screen(PlanForm())

    def action_remind(self) -> None:
        self._say(NoticeKind.REMIND)

    def action_change(self) -> None:
        self._say(NoticeKind.CHANGE)

    def action_start(self) -> None:
        self._say(NoticeKind.START)

    def action_extend(self) -> None:
        self._say(NoticeKind.EXTEND)

    def action_finish(self) -> None:
        self._say(NoticeKind.FINISH)

    def action_call_off(self) -> None:
        self._say(NoticeKind.CANCEL)

    def _say(self, kind: NoticeKind) -> None:
        from oncall_tui.tui.screens.planned_say import NoticeForm

        work = self.here
        if work is None:
            tell(self.app, "Nothing is planned: n plans work.")
        elif not work.maintenance.status.is_open:
            tell(self.app, f"M{work.maintenance.id} is over: n plans new work.")
        elif kind not in list_kinds(work.maintenance):
            tell(self.app, _WHY_NOT[kind])
        elif kind is NoticeKind.CHANGE:
            from oncall_tui.tui.screens.planned_change import ChangeForm

            self.app.push_screen(ChangeForm(work))
        else:
            self.app.push_screen(NoticeForm(work, kind))

    def action_decide(self) -> None:
        from oncall_tui.tui.screens.planned_decide import open_notice
        from oncall_tui.tui.screens.uncertain import open_decision

        work = self.here
        first = work.asking[0].id if work is not None and work.asking else None
        if first is not None or host_of(self).snapshot.asking_notices:
            open_notice(self, first)
        else:
            open_decision(self)
