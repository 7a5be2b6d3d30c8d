"""The runbook beside the incident: read from its file, ticked in ours."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.content import Content

from oncall_tui.clock import now_ms
from oncall_tui.domain.errors import OncallError
from oncall_tui.domain.runbook import Step
from oncall_tui.store.steps import StepTick, list_ticks, set_tick
from oncall_tui.tui.actions import bindings_of
from oncall_tui.tui.host import host_of, start_work, tell
from oncall_tui.tui.runbook_file import RunbookFile, read_runbook
from oncall_tui.tui.snapshot import Snapshot
from oncall_tui.tui.text import cut, join, line
from oncall_tui.tui.widgets.line_input import LineInput
from oncall_tui.tui.widgets.lines import Lines
from oncall_tui.tui.widgets.pane import Pane
from oncall_tui.tui.widgets.runbook_view import RunbookView, draw_runbook


class RunbookPane(Pane):
    """Keeps the cursor on a step; the file is read again when the pane is gone to."""

    scope = "runbook"
    title = "Runbook"
    BINDINGS = bindings_of("runbook")

    def __init__(self) -> None:
        super().__init__(id="runbook")
        self._snapshot = Snapshot()
        self._incident_id: int | None = None
        self._path: str | None = None
        self._file: RunbookFile | None = None
        self._ticks: dict[str, StepTick] = {}
        self._undos: list[tuple[int, str, Step, StepTick | None]] = []
        self._cursor = 0
        self._is_unfolded = False
        self._head = Lines(id="runbook-head")
        self._view = RunbookView()

    def compose(self) -> ComposeResult:
        yield self._head
        yield self._view

    def on_mount(self) -> None:
        self._follow_path()

    @on(RunbookView.Resized)
    def _wrap_anew(self, event: RunbookView.Resized) -> None:
        event.stop()
        self._draw()

    def show(self, snapshot: Snapshot, topics: frozenset[str]) -> None:
        self._snapshot = snapshot
        if not topics or "incidents" in topics:
            self._follow_path()
        if "steps" in topics:
            self._want_ticks()

    def show_incident(self, incident_id: int | None) -> None:
        if incident_id != self._incident_id:
            self._incident_id = incident_id
            self._file = None
            self._path = None
            self._ticks = {}
            self._cursor = 0
            self._follow_path()

    def focus_content(self) -> None:
        self._view.focus()
        self._want_file()

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)

    def offers(self, action: str, parameters: tuple[object, ...]) -> bool:
        """Without steps there is nothing to tick."""
        return bool(self._steps)

    # -- reading

    def _follow_path(self) -> None:
        if not self.is_mounted:
            return
        incident = self._snapshot.incident(self._incident_id)
        path = incident.runbook if incident else None
        if path != self._path:
            self._path = path
            self._file = None
            self._want_file()
        self._draw()

    def _want_file(self) -> None:
        if self.is_mounted and self._path is not None:
            start_work(self, partial(self._read, self._path), "runbook", is_exclusive=True)
        self._want_ticks()

    async def _read(self, path: str) -> None:
        file = await asyncio.to_thread(read_runbook, path)
        if path == self._path:
            self._file = file
            steps = file.runbook.steps if file.runbook else ()
            self._cursor = min(self._cursor, max(0, len(steps) - 1))
            self._draw()

    def _want_ticks(self) -> None:
        if self.is_mounted and self._incident_id is not None and self._path is not None:
            start_work(self, partial(self._read_ticks, self._incident_id, self._path), "ticks", is_exclusive=True)

    async def _read_ticks(self, incident_id: int, path: str) -> None:
        try:
            ticks = await host_of(self).feed.call(list_ticks, incident_id, path)
        except OncallError as error:
            tell(self.app, str(error), "error")
            return
        if incident_id == self._incident_id and path == self._path:
            self._ticks = ticks
            self._draw()

    # -- drawing

    @property
    def _steps(self) -> tuple[Step, ...]:
        return self._file.runbook.steps if self._file and self._file.runbook else ()

    def _draw(self, *, is_from_top: bool = False) -> None:
        if not self.is_mounted:
            return
        if self._file is None or self._file.runbook is None:
            width = self._head.size.width or self.size.width or 80
            self._head.show_lines([row for words in self._draw_absence() for row in words.wrap(width)])
            self._view.display = False
            self._head.refresh(layout=True)
            return
        runbook, name = self._file.runbook, Path(self._file.path).name
        done = sum(step.anchor in self._ticks for step in runbook.steps)
        count = join((f"   {done} of {len(runbook.steps)} done", "$muted"))
        head = join((runbook.title or name, "bold"), (f"   {name}", "$muted"))
        room = (self._head.size.width or self.size.width or 80) - count.cell_length
        self._head.show_lines([join(cut(head, room), count)])
        self._head.refresh(layout=True)
        self._view.display = True
        if not self._view.size.width:
            return  # It is drawn as soon as it has room.
        drawn = draw_runbook(
            runbook, self._ticks, self._cursor, is_unfolded=self._is_unfolded, width=self._view.size.width
        )
        self._view.show_drawn(drawn, self._cursor, is_from_top=is_from_top)

    def _draw_absence(self) -> list[Content]:
        if self._file is not None:
            return [line(self._file.problem, "$state-slow", limit=2_000)]
        if self._incident_id is None:
            return [line("No incident is chosen.")]
        if self._path is None:
            return [
                line("This incident has no runbook."),
                line('Give its probe one in the config: runbook = "runbooks/site-down.md"', "$muted"),
            ]
        return [line("reading the runbook", "$muted")]

    # -- ticking

    def action_cursor_down(self) -> None:
        self._go(self._cursor + 1)

    def action_cursor_up(self) -> None:
        self._go(self._cursor - 1)

    @on(RunbookView.Chosen)
    def _choose(self, event: RunbookView.Chosen) -> None:
        event.stop()
        self._go(event.number)

    def _go(self, number: int) -> None:
        if self._steps:
            self._cursor = min(max(number, 0), len(self._steps) - 1)
            self._draw()

    def action_fold(self) -> None:
        self._is_unfolded = not self._is_unfolded
        self._draw(is_from_top=self._is_unfolded)

    def action_tick(self) -> None:
        if self._steps:
            step = self._steps[self._cursor]
            self._tick(step, "todo" if step.anchor in self._ticks else "done")

    def action_skip(self) -> None:
        if self._steps and not self.query(LineInput):
            self.mount(LineInput("skip, because", limit=200))

    @on(LineInput.Entered)
    def _take_reason(self, event: LineInput.Entered) -> None:
        event.stop()
        self._view.focus()
        if self._steps:
            self._tick(self._steps[self._cursor], "skipped", event.text)

    @on(LineInput.GivenUp)
    def _leave_reason(self, event: LineInput.GivenUp) -> None:
        event.stop()
        self._view.focus()

    def _tick(self, step: Step, state: str, reason: str = "") -> None:
        if self._incident_id is not None and self._path is not None:
            self._undos.append((self._incident_id, self._path, step, self._ticks.get(step.anchor)))
            start_work(self, partial(self._store, self._incident_id, self._path, step, state, reason), "tick")

    async def _store(self, incident_id: int, path: str, step: Step, state: str, reason: str) -> None:
        host = host_of(self)
        try:
            await host.feed.call(
                set_tick, incident_id, path, step.anchor, step.title, state, host.actor, now_ms(), reason=reason
            )
        except OncallError as error:
            tell(self.app, f"The tick was not saved: {error}", "error")
            return
        await self._read_ticks(incident_id, path)
        is_at_step = bool(self._steps) and self._steps[self._cursor].anchor == step.anchor
        if state != "todo" and is_at_step:
            self._go(self._cursor + 1)

    def action_undo(self) -> None:
        here = next((undo for undo in reversed(self._undos) if undo[0] == self._incident_id), None)
        if here is None:
            tell(self.app, "No tick of yours is there to take back.")
            return
        self._undos.remove(here)
        incident_id, path, step, before = here
        state, reason = (before.state, before.reason) if before else ("todo", "")
        start_work(self, partial(self._store, incident_id, path, step, state, reason), "tick")
