"""The probes: the board, a filter, and the selected probe in detail."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual import on
from textual.app import ComposeResult
from textual.worker import Worker, WorkerState

from oncall_tui.domain.board import Row
from oncall_tui.domain.probe import ProbeState, ProbeStatus, Result, Verdict
from oncall_tui.tui.driver import show_notice
from oncall_tui.tui.feed import Feed
from oncall_tui.tui.snapshot import Snapshot
from oncall_tui.tui.text import block, join, line
from oncall_tui.tui.widgets.board import Board
from oncall_tui.tui.widgets.board_rows import tell_silence
from oncall_tui.tui.widgets.pane import Pane
from oncall_tui.tui.widgets.probe_detail import Details, ProbeDetail

if TYPE_CHECKING:
    from textual.widgets import Input

    from oncall_tui.domain.alarm import Alarm
    from oncall_tui.tui.app import OncallApp
    from oncall_tui.tui.widgets.filter_line import FilterLine

_FAILURES_SHOWN = 6
_PATH_LIMIT = 50


class ProbesPane(Pane):
    """Holds the cursor's probe and reads its errors when they change."""

    scope = "probes"
    title = "Probes"

    def __init__(self, feed: Feed, config_path: str) -> None:
        super().__init__(id="probes")
        self._feed = feed
        self._config_path = config_path
        self._snapshot = Snapshot()
        self._now = 0
        self._seen: tuple[object, ...] | None = None
        self._is_comparing = False
        self._drifts: list[tuple[str, str]] = []
        self._seen_words = "", ""
        self._failures: tuple[Result, ...] = ()
        self._failures_of: tuple[str, int | None, bool] | None = None
        self.alarm: Alarm | None = None
        self.board = Board(id="board")
        self._own_detail = ProbeDetail(id="probe-detail")
        self._detail = self._own_detail

    def compose(self) -> ComposeResult:
        yield self.board
        yield self._own_detail

    @property
    def selected(self) -> str | None:
        return self.board.selected

    def show_at(self, snapshot: Snapshot, now: int) -> None:
        """Draws the file's content as it looks at `now`."""
        self._snapshot, self._now = snapshot, now
        if not snapshot.probes:
            path = self._config_path
            short = path if len(path) <= _PATH_LIMIT else f"...{path[3 - _PATH_LIMIT :]}"
            self.board.empty_text = join(
                block("  No probes yet.\n", "bold"), ("  Add a [[probe]] to ", "$muted"), line(short)
            )
        self.board.show(snapshot, now)
        if self._is_comparing:
            self._compare()
            self._listen()
        if self._is_detail_old():
            self._show_detail()

    def has_moved(self, snapshot: Snapshot, now: int) -> bool:
        """Draws new content, and tells whether it is told of in the head, too."""
        before = self.board.tally()
        self.show_at(snapshot, now)
        return self.board.tally() != before

    def begin_comparing(self) -> None:
        """Begins to compare the probes with the page; before the first frame that would only delay it."""
        self._is_comparing = True

    def _compare(self) -> None:
        from oncall_tui.domain.drift import describe_drift, find_drift

        snapshot, now = self._snapshot, self._now
        found = find_drift(
            *(snapshot.components, snapshot.probes, snapshot.states, snapshot.open_incidents, now),
            snapshot.maintenances,
            snapshot.upkeeps,
        )
        page_count = len(snapshot.pages)
        self._drifts = [(each.component, describe_drift(each, now, page_count=page_count)) for each in found]

    def _listen(self) -> None:
        """Rings at what is new on the screen; the first frame is no news, and does not pay for the rules."""
        from oncall_tui.domain.alarm import Alarm, tell_rung

        if self.alarm is None:
            self.alarm = Alarm()
        opened = self._snapshot.open_incidents
        dues = [(item.id, item.next_update_at) for item in opened if item.next_update_at is not None]
        if self.alarm.hear(self.board.alarms, dues, self._now, self.board.flapping):
            notice = cast("OncallApp", self.app).config.notice
            if notice.bell:
                self.app.bell()
            if notice.desktop != "none":
                show_notice(self.app, notice.desktop, tell_rung(self.alarm.rung))

    @property
    def muted_until(self) -> int | None:
        """Until when no bell rings."""
        return self.alarm.muted_until if self.alarm is not None else None

    def mute(self, now: int) -> None:
        """Mutes the bell for a quarter of an hour, or lets it ring again."""
        if self.alarm is not None:
            self.alarm.mute(now)

    @property
    def drift(self) -> str:
        """Where page and probes contradict each other worst, and in how many more places; empty when nowhere."""
        worst = self._drifts[0][1] if self._drifts else ""
        return worst + (f", and {len(self._drifts) - 1} more" if len(self._drifts) > 1 else "")

    def _drift_of(self, name: str) -> str:
        probe = next((probe for probe in self._snapshot.probes if probe.name == name), None)
        return "; ".join(words for component, words in self._drifts if probe and component == probe.component)

    def _is_detail_old(self) -> bool:
        """Tells whether the selected probe looks different from when it was drawn."""
        name = self.board.selected or ""
        snapshot = self._snapshot
        row = self.board.row_of(name)
        seen = name, row, snapshot.states.get(name), snapshot.components, snapshot.incidents
        is_old = self._seen is None or any(now is not then for now, then in zip(seen, self._seen, strict=True))
        words = self._drift_of(name), "" if row is None else tell_silence(row, self._now)
        is_old = is_old or words != self._seen_words
        self._seen, self._seen_words = seen, words
        return is_old

    def use_detail(self, elsewhere: ProbeDetail | None) -> None:
        """Draws the selected probe into another widget where there is room beside the board."""
        self._own_detail.set_class(elsewhere is not None, "-elsewhere")
        self._detail = elsewhere or self._own_detail
        self._seen = None

    def focus_content(self) -> None:
        self.board.focus()

    def _show_detail(self) -> None:
        if not self._detail.size:
            self._seen = None
            return
        name = self.board.selected
        probe = next((probe for probe in self._snapshot.probes if probe.name == name), None)
        if probe is None:
            self._detail.show_details(None, self._now)
            return
        state = self._snapshot.states.get(probe.name) or ProbeState(probe.name)
        self._want_failures(state)
        component = next((item for item in self._snapshot.components if item.name == probe.component), None)
        incident = self._snapshot.incident_of_probe(probe.name)
        failures = self._failures if self._failures_of and self._failures_of[0] == probe.name else ()
        drift = self._drift_of(probe.name)
        row = self.board.row_of(probe.name) or Row(probe, state, ProbeStatus.UNKNOWN, None)
        details = Details(row, component, incident, failures, drift, self.board.tell_behind(name or ""))
        self._detail.show_details(details, self._now)

    def _want_failures(self, state: ProbeState) -> None:
        """Reads the errors again when the probe is another one, or when it had a new one."""
        is_bad = state.last_verdict not in (Verdict.UP, None)
        wanted = (state.probe, state.last_result_at if is_bad else state.since_at, is_bad)
        if wanted != self._failures_of:
            if self._failures_of is None or self._failures_of[0] != state.probe:
                self._failures = ()
            self._failures_of = wanted
            self.run_worker(self._read_failures(state.probe), group="failures", exclusive=True, exit_on_error=False)

    async def _read_failures(self, probe: str) -> None:
        from oncall_tui.store.results import list_failures

        self._failures = tuple(await self._feed.call(list_failures, probe, limit=_FAILURES_SHOWN))
        self._show_detail()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A file that cannot be read now is asked again with the next result."""
        if event.state is WorkerState.ERROR:
            self._failures_of = None

    @on(Board.Selected)
    def _follow_cursor(self) -> None:
        self._show_detail()

    @on(Board.QuietWanted)
    def _keep_quiet(self, event: Board.QuietWanted) -> None:
        from oncall_tui.tui.silencing import ask_silence, ask_upkeep

        row = self.board.row_of(event.probe)
        if row is not None and event.way == "upkeep":
            ask_upkeep(self, event.probe, row.work)
        elif row is not None:
            ask_silence(self, event.probe, row.silence, is_snooze=event.way == "snooze")

    @on(Board.FilterWanted)
    def _open_filter(self) -> None:
        from oncall_tui.tui.widgets.filter_line import FilterLine

        found = self.query(FilterLine)
        if found:
            found.first().focus()
            return
        self.mount(FilterLine(id="filter"), before=self._own_detail)
        self.query_one(FilterLine).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.board.set_filter(event.value)
        self._show_detail()

    def on_filter_line_closed(self, event: FilterLine.Closed) -> None:
        """Goes back to the board; an empty filter leaves the screen."""
        self.board.set_filter(event.text)
        if not event.text:
            self.query("#filter").remove()
        self.board.focus()
