"""What happened, newest first, and a way to write down what no machine saw."""

from __future__ import annotations

from functools import partial

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content

from oncall_tui.clock import now_ms
from oncall_tui.domain.errors import OncallError
from oncall_tui.domain.sanitize import clean_block
from oncall_tui.domain.timeline import EntryKind, TimelineEntry
from oncall_tui.store.timeline import add_note, list_entries
from oncall_tui.tui.actions import bindings_of
from oncall_tui.tui.host import host_of, start_work, tell
from oncall_tui.tui.snapshot import Snapshot
from oncall_tui.tui.text import clock_utc, cut, date_utc, join, line, wrap
from oncall_tui.tui.widgets.line_input import LineInput
from oncall_tui.tui.widgets.lines import Flow
from oncall_tui.tui.widgets.pane import Pane

_SHOWN = 200
_HEAD_WIDTH = 22
_STYLE = {
    EntryKind.FAILED: "$state-down",
    EntryKind.UNCERTAIN: "$state-partial",
    EntryKind.SEEN: "$state-ok",
    EntryKind.DELIVERED: "$state-ok",
    EntryKind.NOTE: "bold",
    EntryKind.FIX: "bold $state-ok",
    EntryKind.OVERRIDE: "$state-slow",
}


def draw_entry(entry: TimelineEntry, width: int) -> list[Content]:
    """Returns one entry in as many lines as it needs; a fact that was written down later says so.

    The author stands behind the last words where that fits, else on a line of its own: names are not cut.
    """
    kind = entry.kind.upper()
    room = max(12, width - _HEAD_WIDTH)
    late = f" (noted {clock_utc(entry.recorded_at)})" if entry.recorded_at - entry.occurred_at > 60_000 else ""
    rows = wrap(clean_block(entry.text, 4_000) + late, room) or [""]
    author = cut(line(entry.actor, "$muted"), room)
    is_behind = cell_len(rows[-1]) + 2 + author.cell_length <= room
    if not is_behind:
        rows.append("")
    clock = clock_utc(entry.occurred_at).removesuffix(" UTC")
    head = join((f"{clock}  ", "$muted"), (f"{kind:<{_HEAD_WIDTH - 10}}", _STYLE.get(entry.kind, "$muted")))
    lines = [join(head, rows[0]), *(join(" " * _HEAD_WIDTH, row) for row in rows[1:])]
    lines[-1] = join(lines[-1], "  " if rows[-1] else "", author)
    return lines


class TimelinePane(Pane):
    """Reads the entries of the selected incident again whenever one was added."""

    scope = "timeline"
    title = "Timeline"
    BINDINGS = bindings_of("timeline")
    can_focus = True

    def __init__(self) -> None:
        super().__init__(id="timeline")
        self._incident_id: int | None = None
        self._entries: list[TimelineEntry] = []
        self._body = Flow(id="timeline-entries")
        self._scroll = VerticalScroll(self._body, id="timeline-scroll", can_focus=False)

    def compose(self) -> ComposeResult:
        yield self._scroll

    def on_mount(self) -> None:
        self._draw()
        self._want_entries()

    def show(self, snapshot: Snapshot, topics: frozenset[str]) -> None:
        if not topics or "timeline" in topics:
            self._want_entries()

    def show_incident(self, incident_id: int | None) -> None:
        if incident_id != self._incident_id:
            self._incident_id = incident_id
            self._entries = []
            self._draw()
            self._want_entries()

    def _want_entries(self) -> None:
        if self.is_mounted and self._incident_id is not None:
            start_work(self, partial(self._read, self._incident_id), "timeline", is_exclusive=True)

    async def _read(self, incident_id: int) -> None:
        try:
            entries = await host_of(self).feed.call(list_entries, incident_id, limit=_SHOWN)
        except OncallError as error:
            self._body.show_lines([line(str(error), "$state-down")])
            return
        if incident_id == self._incident_id and entries != self._entries:
            self._entries = entries
            self._draw()

    def _draw(self) -> None:
        self._body.show_flow(self._tell)

    def _tell(self, width: int) -> list[Content]:
        """Returns what happened, newest first, a day after the other."""
        lines: list[Content] = []
        day = ""
        for entry in self._entries:
            today = date_utc(entry.occurred_at)[:6]
            if today != day:
                day = today
                lines.append(line(f"{today}, times in UTC", "$muted"))
            lines += draw_entry(entry, width - 1)
        if self._incident_id is None:
            lines = [line("No incident is chosen."), line("What happens in one is written down here.", "$muted")]
        elif not lines:
            lines = [line("Nothing has happened yet.", "$muted")]
        return lines

    def action_note(self) -> None:
        if self._incident_id is not None and not self.query(LineInput):
            self.mount(LineInput("note (fix: what repaired it)"))

    @on(LineInput.Entered)
    def _take_note(self, event: LineInput.Entered) -> None:
        event.stop()
        self.focus()
        if self._incident_id is not None:
            start_work(self, partial(self._store, self._incident_id, event.text), "note")

    @on(LineInput.GivenUp)
    def _leave_note(self, event: LineInput.GivenUp) -> None:
        event.stop()
        self.focus()

    async def _store(self, incident_id: int, text: str) -> None:
        host = host_of(self)
        try:
            await host.feed.call(add_note, incident_id, text, host.actor, now_ms())
        except OncallError as error:
            tell(self.app, f"The note was not saved: {error}", "error")

    def action_correct(self) -> None:
        from oncall_tui.tui.screens.correct import open_correction

        open_correction(self.screen, self._incident_id)

    def action_scroll_down(self) -> None:
        self._scroll.scroll_relative(y=3, animate=False)

    def action_scroll_up(self) -> None:
        self._scroll.scroll_relative(y=-3, animate=False)
