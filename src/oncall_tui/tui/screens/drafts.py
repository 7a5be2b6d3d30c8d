"""All drafts of this file: whose they are, what each would change, and what can be done with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from msgspec import Struct
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from oncall_tui.clock import now_ms
from oncall_tui.domain.duration import format_age
from oncall_tui.domain.update import Draft
from oncall_tui.tui.actions import actions_of, bindings_of
from oncall_tui.tui.draft_desk import DraftDesk
from oncall_tui.tui.drafting import live_terminals, name_draft
from oncall_tui.tui.host import host_of, start_work, tell
from oncall_tui.tui.screens.ask import AskScreen
from oncall_tui.tui.screens.overlay import Overlay
from oncall_tui.tui.snapshot import Snapshot
from oncall_tui.tui.text import STATUS_LOOK, Glyphs, cut, find_top, fit, join, line, look
from oncall_tui.tui.widgets.compose_diff import draw_difference
from oncall_tui.tui.widgets.footer import name_keys
from oncall_tui.tui.widgets.lines import Flow

_NAME_WIDTH = 24
_PEOPLE_SHOWN = 5
_MOST_ROWS = 11
_BOX_WIDTH = 110
_NARROW = 64


class Wish(Struct, frozen=True):
    """What to open: a draft of an incident, a new one without `draft_id`."""

    incident_id: int
    draft_id: int | None = None


class DraftsScreen(Overlay[Wish | None]):
    """Gives back what to open, None when left; renaming, handing over and deleting happen at once and can be undone."""

    scope = "drafts"
    BINDINGS = bindings_of("drafts")

    def __init__(self, desk: DraftDesk, incident_id: int | None, open_draft_id: int | None) -> None:
        super().__init__()
        self._desk = desk
        self._incident_id = incident_id
        self._open_draft_id = open_draft_id
        self._cursor = 0
        self._drafts: list[Draft] = []

    def compose(self) -> ComposeResult:
        with Vertical(id="drafts-box") as box:
            box.border_title = line("Drafts")
            yield Static(id="drafts-list", markup=False)
            with VerticalScroll(id="drafts-scroll", can_focus=False):
                yield Flow(id="drafts-change")
            yield Static(id="drafts-keys", markup=False)

    def on_mount(self) -> None:
        self.show(host_of(self).snapshot, frozenset())
        own = (at for at, draft in enumerate(self._drafts) if draft.id == self._open_draft_id)
        self._cursor = next(own, 0)
        self._draw()

    def show(self, snapshot: Snapshot, topics: frozenset[str]) -> None:
        """Follows the file: others write, hand over and delete meanwhile."""
        if topics and not topics & {"drafts", "terminal", "incidents"}:
            return
        before = self._chosen
        self._drafts = sorted(snapshot.drafts, key=lambda draft: draft.incident_id != self._incident_id)
        same = (at for at, draft in enumerate(self._drafts) if before is not None and draft.id == before.id)
        self._cursor = next(same, min(self._cursor, max(0, len(self._drafts) - 1)))
        self._draw()

    def on_resize(self) -> None:
        self._draw()

    @property
    def _chosen(self) -> Draft | None:
        return self._drafts[self._cursor] if self._cursor < len(self._drafts) else None

    def _draw(self) -> None:
        if not self.query("#drafts-list"):
            return
        width = max(20, min(_BOX_WIDTH, self.app.size.width) - self.query_one("#drafts-box").gutter.width)
        places = max(1, min(_MOST_ROWS, self.app.size.height // 4))
        top = find_top(self._cursor, len(self._drafts), places)
        shown = list(enumerate(self._drafts))[top : top + places]
        rows = [self._draw_row(draft, at, width) for at, draft in shown]
        if len(shown) < len(self._drafts):
            rows.append(line(f"  {self._cursor + 1} of {len(self._drafts)}", "$muted"))
        self.query_one("#drafts-list", Static).update(
            Content("\n").join(rows or [line("There is no draft.", "$muted")])
        )
        self.query_one("#drafts-change", Flow).show_flow(self._draw_change().wrap)
        self.query_one("#drafts-keys", Static).update(self._draw_keys())

    def _draw_row(self, draft: Draft, at: int, width: int) -> Content:
        mark = Glyphs.show("▸") if at == self._cursor else " "
        host, now = host_of(self), now_ms()
        shape, word, style = STATUS_LOOK[draft.status]
        is_narrow = width < _NARROW
        row = join(
            (f"{mark} #{draft.incident_id} ", "bold"),
            fit(
                line(name_draft(draft), "bold" if draft.id == self._open_draft_id else ""),
                _NAME_WIDTH if not is_narrow else max(8, width - 26),
            ),
            " ",
            line(Glyphs.show(shape), style) if is_narrow else fit(look(shape, word, style), 16),
            " ",
            self._draw_place(draft, host.snapshot, now),
            (f"  {format_age(now - draft.updated_at)} ago", "$muted"),
        )
        return cut(row, width)

    def _draw_place(self, draft: Draft, snapshot: Snapshot, now: int) -> Content:
        host = host_of(self)
        if draft.id == self._open_draft_id and draft.terminal_id == host.terminal_id:
            return line("open here", "$state-ok")
        if draft.confirmed_at is not None and draft.terminal_id in live_terminals(snapshot.terminals, now):
            return line(f"{draft.owner} sends it now", "$state-slow")
        if not draft.terminal_id:
            waits = "you" if draft.owner == host.actor else draft.owner
            return line(f"{draft.handed_by} {Glyphs.show('→')} {waits}, waits", "$state-slow")
        other = live_terminals(snapshot.terminals, now).get(draft.terminal_id)
        if other is not None and draft.terminal_id != host.terminal_id:
            return join((f"{Glyphs.show('✎')} {other.actor} writes", "$state-slow"))
        return line("yours" if draft.owner == host.actor else f"{draft.owner} left it", "$muted")

    def _draw_change(self) -> Content:
        draft = self._chosen
        if draft is None:
            return Content("")
        update = host_of(self).snapshot.latest_updates.get(draft.incident_id)
        return draw_difference(update.body if update else "", draft.body)

    def _draw_keys(self) -> Content:
        keys = [(name_keys(action).split("  ")[0], action.title) for action in actions_of("drafts") if action.is_shown]
        parts = [join((f"{key} ", "bold"), (word, "$muted")) for key, word in keys if word != "undo"]
        done = self._desk.undoable
        undo = [join(("u ", "bold"), (f"undo {done}", "$muted"))] if done else []
        return Content("\n").join([Content("  ").join(parts), *undo])

    def action_down(self) -> None:
        self._cursor = min(self._cursor + 1, max(0, len(self._drafts) - 1))
        self._draw()

    def action_up(self) -> None:
        self._cursor = max(0, self._cursor - 1)
        self._draw()

    def action_page_down(self) -> None:
        self.query_one("#drafts-scroll").scroll_page_down(animate=False)

    def action_page_up(self) -> None:
        self.query_one("#drafts-scroll").scroll_page_up(animate=False)

    def action_open(self) -> None:
        draft = self._chosen
        if draft is None:
            return
        host = host_of(self)
        other = live_terminals(host.snapshot.terminals, now_ms()).get(draft.terminal_id)
        if other is not None and draft.terminal_id != host.terminal_id:
            tell(self.app, f"{other.actor} is writing on it. t takes it over.", "warning")
        elif not draft.terminal_id and draft.owner != host.actor:
            tell(self.app, f"It waits for {draft.owner}. t takes it over.", "warning")
        else:
            self.dismiss(Wish(draft.incident_id, draft.id))

    def action_new(self) -> None:
        if self._incident_id is None:
            tell(self.app, "There is no incident to write of: i declares one.")
        else:
            self.dismiss(Wish(self._incident_id))

    def action_rename(self) -> None:
        draft = self._chosen
        if draft is not None:
            self._ask(
                AskScreen("Name of the draft", value=draft.name, limit=80), lambda name: self._desk.rename(draft, name)
            )

    def action_hand_over(self) -> None:
        draft = self._chosen
        if draft is None:
            return
        people = self._list_people()
        hint = (
            f"At work now: {', '.join(people)}." if people else "Nobody else is at a terminal now: it waits for them."
        )
        screen = AskScreen(f"Hand {name_draft(draft)} over to", hint, value=people[0] if people else "", limit=80)
        self._ask(screen, lambda name: self._desk.hand_over(draft, name))

    def _list_people(self) -> Sequence[str]:
        host = host_of(self)
        live = live_terminals(host.snapshot.terminals, now_ms()).values()
        names = dict.fromkeys(item.actor for item in live if item.actor != host.actor and not item.is_read_only)
        return list(names)[:_PEOPLE_SHOWN]

    def action_take_over(self) -> None:
        draft = self._chosen
        if draft is not None:
            start_work(self, partial(self._take_over, draft), "drafts")

    async def _take_over(self, draft: Draft) -> None:
        if await self._desk.take_over(draft):
            self.dismiss(Wish(draft.incident_id, draft.id))

    def action_delete(self) -> None:
        draft = self._chosen
        if draft is not None:
            start_work(self, partial(self._desk.delete, draft), "drafts")

    def action_undo(self) -> None:
        start_work(self, self._desk.undo, "drafts")

    def _ask(self, screen: AskScreen, act: Callable[[str], None]) -> None:
        def decide(text: str | None) -> None:
            if text:
                act(text)

        self.app.push_screen(screen, decide)

    def action_back(self) -> None:
        self.dismiss(None)
