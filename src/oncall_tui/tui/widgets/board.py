"""The board of probes: worst first, live, and painted cell by cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from textual import events
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from oncall_tui.domain.board import (
    Row,
    Tally,
    find_behind,
    find_place,
    find_since,
    index_held,
    index_incidents,
    judge_row,
    tally_rows,
)
from oncall_tui.domain.probe import ProbeState, ProbeStatus
from oncall_tui.tui.actions import bindings_of
from oncall_tui.tui.snapshot import Snapshot
from oncall_tui.tui.text import Glyphs, join
from oncall_tui.tui.widgets.board_rows import Columns, draw_row, lay_columns, tell_silence, tell_span
from oncall_tui.tui.widgets.lines import Lines, find_changed_cells

if TYPE_CHECKING:
    from oncall_tui.tui.widgets.board_names import ShortNames

#: Silence is looked for this often in all rows; between, only rows with news are judged.
_JUDGE_EVERY_MS = 900
_NO_STATE = ProbeState("")
Way = Literal["ack", "snooze", "upkeep"]
_QUIETING = ("silences", "upkeeps", "maintenances", "changes")


class Board(Lines, can_focus=True):
    """Rows of probes with a cursor that stays on its probe whatever moves around it.

    Before anybody has moved it, it stands on the worst probe.
    """

    BINDINGS = bindings_of("probes")

    class Selected(Message):
        """The cursor stands on another probe; None when there is none."""

        def __init__(self, probe: str | None) -> None:
            super().__init__()
            self.probe = probe

    class Opened(Message):
        """A person wants to go on from this probe."""

        def __init__(self, probe: str) -> None:
            super().__init__()
            self.probe = probe

    class QuietWanted(Message):
        """A person wants a probe to be quiet in one of the ways, or to ring again."""

        def __init__(self, probe: str, way: Way) -> None:
            super().__init__()
            self.probe = probe
            self.way = way

    class FilterWanted(Message):
        """A person wants to type a filter."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 -- as every widget
        super().__init__(id=id)
        self._snapshot = Snapshot()
        self._rows: dict[str, Row] = {}
        self._order: list[str] = []
        self._hidden_ok = 0
        self._now = 0
        self._judged_at = 0
        self._top = 0
        self._painted: list[tuple[Content, bool]] = []
        self._drawn: dict[str, tuple[Row, tuple[Columns, str, str, str, str], Content]] = {}
        self._behind: dict[str, str] = {}
        self._behind_at: dict[str, int] = {}
        self._short: ShortNames | None = None
        self._unfolded: set[str] = set()
        self._is_cursor_placed = False
        self.is_folded = False
        self.filter_text = ""
        self.empty_text = Content("")
        self.selected: str | None = None

    @property
    def order(self) -> tuple[str, ...]:
        """The names of the probes as shown, from top to bottom."""
        return tuple(self._order)

    def row_of(self, probe: str) -> Row | None:
        """Returns a probe as it was judged last, with all that is known of it."""
        return self._rows.get(probe)

    def tally(self) -> Tally:
        """Returns how many probes stand where, shown or not."""
        return tally_rows(self._rows.values(), self._behind)

    def show(self, snapshot: Snapshot, now: int) -> None:
        """Takes in the file's content and repaints what looks different at `now`."""
        before, self._snapshot = self._snapshot, snapshot
        self._now = now
        incidents = index_incidents(snapshot.open_incidents)
        is_due = abs(now - self._judged_at) >= _JUDGE_EVERY_MS or any(
            getattr(snapshot, name) is not getattr(before, name) for name in _QUIETING
        )
        held = index_held(snapshot.upkeeps, now)
        if is_due:
            self._judged_at = now
        rows: dict[str, Row] = {}
        is_moved = len(self._rows) != len(snapshot.probes)
        for probe in snapshot.probes:
            state = snapshot.states.get(probe.name) or _NO_STATE
            old = self._rows.get(probe.name)
            is_same = old is not None and old.state is state and old.probe is probe
            incident_id = incidents.get(probe.name)
            if old is not None and is_same and not is_due and old.incident_id == incident_id:
                rows[probe.name] = old
                continue
            row = judge_row(snapshot, probe, state, incident_id, now, held)
            rows[probe.name] = old if old is not None and is_same and old[2:] == row[2:] else row
            if rows[probe.name] is old:
                continue
            is_moved |= old is None or old.status is not row.status or old.state.since_at != state.since_at
            is_moved |= old is not None and old.silence != row.silence
        self._rows = rows
        if self._fold_storms() or is_moved:
            self._sort()
        self._repaint()

    def _fold_storms(self) -> bool:
        """Finds what fell behind something else, under work or not; returns whether that is news."""
        behind = find_behind(self._snapshot.probes, self._rows)
        is_new = behind != self._behind
        self._behind = behind
        self._behind_at |= dict.fromkeys(behind, self._now)
        return is_new

    def list_behind(self, probe: str) -> list[str]:
        """Returns the red probes that fell behind one that is down or flaps."""
        return [name for name, root in self._behind.items() if root == probe]

    @property
    def alarms(self) -> frozenset[str]:
        """The probes that are down of themselves, and that nobody has silenced."""
        return self._list_loud(ProbeStatus.DOWN)

    @property
    def flapping(self) -> frozenset[str]:
        """The probes that flap of themselves, and that nobody has silenced; those of a storm get the time to end."""
        loud = self._list_loud(ProbeStatus.FLAPPING)
        return frozenset(name for name in loud if not self._is_let_go(name)) if self._behind_at else loud

    def _is_let_go(self, name: str) -> bool:
        from oncall_tui.domain.storm import find_grace

        at = self._behind_at.get(name)
        return at is not None and 0 <= self._now - at < find_grace(self._rows[name].probe)

    def _list_loud(self, status: ProbeStatus) -> frozenset[str]:
        loud = (row for row in self._rows.values() if row.status is status and row.silence is None)
        return frozenset(row.probe.name for row in loud if row.probe.name not in self._behind)

    def tick(self, now: int) -> None:
        """Lets time pass: what has gone silent turns stale, ages grow."""
        self.show(self._snapshot, now)

    def _sort(self) -> None:
        wanted = self.filter_text.casefold()
        rows = [
            row
            for row in self._rows.values()
            if not wanted
            or wanted in row.probe.name.casefold()
            or wanted in row.probe.target.casefold()
            or wanted in (row.probe.component or "").casefold()
        ]
        shown = [row for row in rows if not (self.is_folded and row.status is ProbeStatus.UP)]
        self._hidden_ok = len(rows) - len(shown)
        if not wanted:
            hidden = {name for name, root in self._behind.items() if root not in self._unfolded}
            shown = [row for row in shown if row.probe.name not in hidden]
        shown.sort(key=find_place)
        self._order = [row.probe.name for row in shown]
        if not self._is_cursor_placed or self.selected not in self._order:
            self._select(self._order[0] if self._order else None)
        self._keep_in_view()

    def _select(self, name: str | None) -> None:
        if name != self.selected:
            self.selected = name
            self.post_message(self.Selected(name))

    def set_filter(self, text: str) -> None:
        """Shows only probes whose name, target or component contains the text."""
        self.filter_text = text
        self._sort()
        self._repaint()

    def _row_count(self) -> int:
        return max(0, self.size.height - 1)

    def _keep_in_view(self) -> None:
        height = self._row_count()
        if not height:
            return
        total = len(self._order) + (1 if self._hidden_ok else 0)
        self._top = max(0, min(self._top, total - height))
        if self.selected in self._order:
            index = self._order.index(self.selected)
            self._top = max(index - height + 1, min(self._top, index))

    def _draw(self) -> list[tuple[Content, bool]]:
        width, height = self.size
        longest = max(map(len, self._rows), default=8)
        columns = lay_columns(width, longest)
        self._cut_names(columns.name if longest > columns.name else 0)
        drawn = [(self._draw_head(columns), False)]
        if not self._order and not self._hidden_ok:
            text = join(("No probe matches the filter. esc clears it.", "$muted")) if self._rows else self.empty_text
            return [*drawn, (Content(""), False), *((part, False) for part in text.split("\n"))]
        drawn += [
            (self._recall_row(self._rows[name], columns), name == self.selected)
            for name in self._order[self._top : self._top + height - 1]
        ]
        if self._hidden_ok and len(drawn) < height:
            drawn.append((join((f"  {Glyphs.show('…')} {self._hidden_ok} more OK (z to show)", "$muted")), False))
        return drawn

    def _cut_names(self, width: int) -> None:
        """Keeps how names are cut to a width, 0 where all fit."""
        if not width:
            self._short = None
            return
        from oncall_tui.tui.widgets.board_names import ShortNames

        self._short = (self._short or ShortNames()).fit(self._snapshot.probes, width)

    def _draw_head(self, columns: Columns) -> Content:
        what = f"/{self.filter_text}"[: columns.name] if self.filter_text else "PROBE"
        head = "  " + what.ljust(columns.name + 2) + "STATE".ljust(9) + "SINCE".ljust(9)
        head += "RESP".rjust(6).ljust(columns.response) if columns.response else ""
        if columns.strip:
            head += (f"LAST {columns.strip} RUNS" if columns.strip >= 14 else f"LAST {columns.strip}").ljust(
                columns.strip + 2
            )
        return join((head + ("WHY" if columns.why else ""), "$muted"))

    def tell_behind(self, name: str) -> str:
        """Returns behind what a probe fell, or how many fell behind it."""
        root = self._behind.get(name)
        if root is not None:
            return f"behind {root}"
        count = len(self.list_behind(name))
        return f"+{count} behind it" if count else ""

    def _recall_row(self, row: Row, columns: Columns) -> Content:
        """Returns a row as drawn before where nothing that it shows has changed: most of 500 have not."""
        state = row.state
        ages = self._now - find_since(row), self._now - (state.last_result_at or self._now)
        silent = tell_silence(row, self._now)
        behind = self.tell_behind(row.probe.name) if self._behind else ""
        age = tell_span(ages[1]) if row.status is ProbeStatus.STALE else ""
        name = "" if self._short is None else self._short[row.probe.name]
        key = columns, tell_span(ages[0]), silent or age, behind, name
        known = self._drawn.get(row.probe.name)
        if known is not None and known[0] is row and known[1] == key:
            return known[2]
        content = draw_row(row, columns, self._now, behind, name)
        self._drawn[row.probe.name] = row, key, content
        return content

    def _repaint(self) -> None:
        drawn = self._draw()
        if not self._painted:
            self._painted = drawn
            self.refresh()
            return
        blank = (Content(""), False)
        for y in range(self.size.height):
            old = self._painted[y] if y < len(self._painted) else blank
            new = drawn[y] if y < len(drawn) else blank
            if old[1] != new[1]:
                self.refresh(Region(0, y, self.size.width, 1))
            elif (cells := find_changed_cells(old[0], new[0])) is not None:
                self.refresh(Region(cells[0], y, cells[1] - cells[0], 1))
        self._painted = drawn

    def render_line(self, y: int) -> Strip:
        content, is_selected = self._painted[y] if y < len(self._painted) else (Content(""), False)
        return self.paint(content, "on $cursor-row" if is_selected else "")

    def redraw(self) -> None:
        self._keep_in_view()
        self._painted = self._draw()
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        index = self._top + event.y - 1
        if event.y > 0 and index < len(self._order):
            self._move_to(index)
            if event.chain == 2:
                self.action_open()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self._move(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self._move(-3)

    def _move(self, by: int) -> None:
        if self._order:
            index = self._order.index(self.selected) if self.selected in self._order else 0
            self._move_to(index + by)

    def _move_to(self, index: int) -> None:
        if self._order:
            self._is_cursor_placed = True
            self._select(self._order[max(0, min(index, len(self._order) - 1))])
            self._keep_in_view()
            self._repaint()

    def select(self, name: str) -> None:
        """Puts the cursor on a probe, clearing whatever hides it."""
        if name in self._rows and name not in self._order:
            self._unfolded.add(self._behind.get(name, name))
            self.is_folded, self.filter_text = False, ""
            self._sort()
        if name in self._order:
            self._move_to(self._order.index(name))

    def action_cursor_down(self) -> None:
        self._move(1)

    def action_cursor_up(self) -> None:
        self._move(-1)

    def action_cursor_first(self) -> None:
        self._move_to(0)

    def action_cursor_last(self) -> None:
        self._move_to(len(self._order) - 1)

    def action_page_down(self) -> None:
        self._move(max(1, self._row_count() // 2))

    def action_page_up(self) -> None:
        self._move(-max(1, self._row_count() // 2))

    def action_open(self) -> None:
        if self.selected is not None:
            self.post_message(self.Opened(self.selected))

    def action_history(self) -> None:
        from oncall_tui.tui.screens.probe import open_probe

        if self.selected is not None:
            open_probe(self.screen, self.selected)

    def action_filter(self) -> None:
        self.post_message(self.FilterWanted())

    def action_fold(self) -> None:
        self.is_folded = not self.is_folded
        self._sort()
        self._repaint()

    def action_unfold(self) -> None:
        root = self._behind.get(self.selected or "", self.selected)
        if root is not None and root in self._behind.values():
            self._unfolded ^= {root}
            self._sort()
            self._repaint()

    def action_acknowledge(self) -> None:
        self._want_quiet("ack")

    def action_snooze(self) -> None:
        self._want_quiet("snooze")

    def action_upkeep(self) -> None:
        self._want_quiet("upkeep")

    def _want_quiet(self, way: Way) -> None:
        if self.selected is not None:
            # What is quiet moves down; the same key takes it back, so the cursor goes with it.
            self._is_cursor_placed = True
            self.post_message(self.QuietWanted(self.selected, way))
