"""The war-room screen: read from across the room, changed by nobody."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen

from oncall_tui.clock import now_ms
from oncall_tui.domain.cadence import Urgency, judge_due
from oncall_tui.domain.duration import format_age, format_clock
from oncall_tui.domain.incident import Component, ComponentStatus, Incident, Reach
from oncall_tui.domain.update import Delivery, DeliveryState, IncidentUpdate
from oncall_tui.tui.actions import bindings_of
from oncall_tui.tui.host import host_of
from oncall_tui.tui.screens.layout import TIGHT_BELOW
from oncall_tui.tui.snapshot import Snapshot
from oncall_tui.tui.text import COMPONENT_LOOK, STATUS_LOOK, Glyphs, clock_utc, cut, fit, join, line, look, pack
from oncall_tui.tui.widgets.big_clock import draw_clock
from oncall_tui.tui.widgets.compose_words import draw_body, draw_delivery
from oncall_tui.tui.widgets.head_words import fit_pieces, list_planned
from oncall_tui.tui.widgets.incident_list import DUE_STYLE
from oncall_tui.tui.widgets.lines import Lines
from oncall_tui.tui.widgets.promise_line import tell_pressing
from oncall_tui.tui.widgets.proof_words import NamePage, draw_proofs
from oncall_tui.tui.widgets.quiet_words import draw_quiet
from oncall_tui.tui.widgets.reach_mark import mark_reach

_ORDER = list(ComponentStatus)
_CELL_WIDTH = 46
_PROSE_WIDTH = 110
_WORDS_AT_LEAST = 2
#: Width and height from which on the digits are that many times as big.
_BIG = ((180, 50, 3), (140, 40, 2))
#: Between digits and words; the rows of the head, and those that stay empty.
_CLOCK_GAP, _ROWS_BETWEEN = 4, 5
_WORDS = {
    Urgency.CALM: "to the next update",
    Urgency.SOON: "DUE SOON: the next update",
    Urgency.URGENT: "DUE NOW: the next update",
    Urgency.LATE: "LATE: customers are waiting",
}


def choose_incident(incidents: Sequence[Incident]) -> Incident | None:
    """Returns the open incident that the room should look at: a drill last, the worst one, and of those the oldest."""
    return min(incidents, key=lambda each: (each.reach is Reach.DRILL, each.severity, each.started_at), default=None)


def draw_parts(components: Sequence[Component], incidents: Sequence[Incident], width: int, rows: int) -> list[Content]:
    """Returns the state of every component, worst first, in as many columns as fit; what does not fit is counted.

    A name gets the room that the longest state leaves it.
    """
    page: dict[str, ComponentStatus | None] = {item.name: item.page_status for item in components}
    states = dict(page)
    for incident in (each for each in incidents if each.reach is not Reach.DRILL):
        for name, status in incident.components.items():
            states[name] = max(states.get(name) or status, status, key=_ORDER.index)
    if not states:
        return [line("No components yet.", "$muted")]
    columns = max(1, min(width // _CELL_WIDTH, -(-len(states) // rows)))
    cell_width = width // columns
    ordered = sorted(states.items(), key=lambda item: -_ORDER.index(item[1]) if item[1] else 0)
    room = columns * rows
    shown = ordered if len(ordered) <= room else ordered[: max(1, room - 1)]
    told = [_tell_state(status, is_told=status is page.get(name)) for name, status in shown]
    state_width = max(part.cell_length for part in told)
    name_width = min(max(cell_len(name) for name, _ in shown), max(10, cell_width - state_width - 3))
    cells = [
        fit(join(fit(line(name, "bold"), name_width), " ", part), cell_width)
        for (name, _), part in zip(shown, told, strict=True)
    ]
    if len(shown) < len(ordered):
        cells.append(line(f"and {len(ordered) - len(shown)} more", "$muted"))
    return [Content("").join(cells[at : at + columns]) for at in range(0, len(cells), columns)]


def _tell_state(status: ComponentStatus | None, *, is_told: bool) -> Content:
    """Returns a state; one that stands in an incident but not on the page says that customers do not see it."""
    if status is None:
        return line("? not known yet", "$state-unknown")
    return join(look(*COMPONENT_LOOK[status]), ("" if is_told else " (not told)", "$muted"))


def draw_trouble(deliveries: Sequence[Delivery]) -> Content | None:
    """Returns how many updates have not got to customers and need a person, None when there are none."""
    failed = sum(delivery.state in (DeliveryState.FAILED, DeliveryState.UNCERTAIN) for delivery in deliveries)
    if not failed:
        return None
    words = "1 update needs" if failed == 1 else f"{failed} updates need"
    return line(f"{Glyphs.show('✖')} {words} a person: customers may NOT have been told", "bold $state-down")


def draw_words(update: IncidentUpdate | None, name_page: NamePage, width: int, rows: int) -> list[Content]:
    """Returns the last words to customers and how far they have got."""
    if update is None:
        return [join(("Customers have not been told anything yet.", "bold $state-down"))]
    is_there = update.delivery is DeliveryState.DELIVERED or update.seen_at is not None
    label = "last words to customers" if is_there else "last words, not with all customers yet"
    when = join((f"{label}  ", "$muted"), (f"{clock_utc(update.created_at)}  ", "$muted"))
    beside = draw_proofs(update, name_page, max(1, width - when.cell_length))
    is_beside = len(update.proofs) < 2 and len(beside) == 1
    head = [join(when, *beside)] if is_beside else [when, *draw_proofs(update, name_page, width)]
    if rows < len(head) + _WORDS_AT_LEAST:  # what was said matters more than how it got to each page
        head = [cut(join(draw_delivery(update), "  ", (label, "$muted")), width)]
    return [*head, *draw_body(update.body, min(width, _PROSE_WIDTH), max(1, rows - len(head)))]


class WallScreen(Screen[None]):
    """Shows the worst open incident; nothing moves on it but the clocks."""

    BINDINGS = bindings_of("wall")
    AUTO_FOCUS = None

    def __init__(self) -> None:
        super().__init__()
        self._snapshot = Snapshot()
        self._lines = {
            name: Lines(id=f"wall-{name}") for name in ("head", "incident", "digits", "due", "facts", "parts", "words")
        }

    def compose(self) -> ComposeResult:
        yield self._lines["head"]
        yield self._lines["incident"]
        with Horizontal(id="wall-clock"):
            yield self._lines["digits"]
            with Vertical():
                yield self._lines["due"]
                yield self._lines["facts"]
        yield self._lines["parts"]
        yield self._lines["words"]

    def on_mount(self) -> None:
        self._snapshot = host_of(self).snapshot
        self.set_interval(1.0, self.draw)
        self.draw()

    def on_resize(self) -> None:
        self.call_after_refresh(self.draw)

    def show(self, snapshot: Snapshot, topics: frozenset[str]) -> None:
        self._snapshot = snapshot
        self.draw()

    def draw(self) -> None:
        """Draws everything for the present moment; what did not change is not painted again."""
        now, snapshot = now_ms(), self._snapshot
        width, height = max(20, self.size.width), self.size.height
        self.set_class(height < TIGHT_BELOW, "-tight")
        incident = choose_incident(snapshot.open_incidents)
        self._lines["head"].show_lines([self._draw_head(now, width)])
        taken = self._draw_incident(incident, now, width, is_low=height < TIGHT_BELOW)
        rows = max(1, (height - taken) // 3)
        parts = draw_parts(snapshot.components, snapshot.open_incidents, width, rows)
        self._lines["parts"].show_lines(parts)
        self._lines["parts"].styles.height = len(parts)
        update = snapshot.latest_updates.get(incident.id) if incident else None
        trouble = draw_trouble(snapshot.deliveries)
        notices = [trouble] if trouble is not None else []
        other = tell_pressing(snapshot, incident.id if incident else None, now)
        notices += [other] if other is not None else []
        notices += [cut(piece, width) for _, piece in list_planned(snapshot, now, None)]
        quiet = draw_quiet(snapshot, now)
        notices += [cut(quiet, width)] if quiet is not None else []
        room = max(2, height - taken - len(parts) - len(notices))
        words = draw_words(update, snapshot.name_page, width, room) if incident else []
        self._lines["words"].show_lines([*notices, *words])

    def _draw_head(self, now: int, width: int) -> Content:
        page = self._snapshot.page
        if self._snapshot.saving_error:
            news = (1, line(self._snapshot.saving_error, "bold $state-down"))
        elif page.last_error:
            news = (1, join((f"page {page.trouble}", "bold $state-down")))
        elif page.last_sync_at is not None:
            news = (3, join((f"page synced {format_age(now - page.last_sync_at)} ago", "$muted")))
        else:
            news = (3, join(("page not reached yet", "$muted")))
        lease = self._snapshot.lease
        is_working = lease is not None and lease.is_working(now)
        engine = join((f"{Glyphs.show('✖')} OLD: no engine works", "bold $state-down"))
        name = line(page.name or "oncall-tui", "bold $title", limit=30)
        pieces = [(4, name), (0, join((clock_utc(now), "bold"))), *([] if is_working else [(0, engine)]), news]
        return fit_pieces([*pieces, (5, line("view only", "$muted"))], width + 2)[1:]

    def _draw_incident(self, incident: Incident | None, now: int, width: int, *, is_low: bool) -> int:
        """Draws what happens and until when customers wait; returns how many rows it takes, with the head."""
        clock = self.query_one("#wall-clock")
        clock.display = incident is not None
        if incident is None:
            self._lines["incident"].show_lines([join(("No open incident.", "bold $state-ok"))])
            return _ROWS_BETWEEN
        more = len(self._snapshot.open_incidents) - 1
        head = join(
            (f"#{incident.id}  SEV{int(incident.severity)}  ", "bold"),
            look(*STATUS_LOOK[incident.status]),
            (f"  +{more} more" if more else "", "$state-slow"),
            ("  ", ""),
            mark_reach(incident),
        )
        title = line(incident.title, "bold")
        together = join(head, title)
        told = [together] if together.cell_length <= width else [head, cut(title, width)]
        self._lines["incident"].show_lines(told)
        due_at = incident.next_update_at
        lasted = format_age(now - incident.started_at)
        since = line(f"open for {lasted}, since {clock_utc(incident.started_at)}", "$muted")
        rest = len(told) + (1 if is_low else _ROWS_BETWEEN)
        if due_at is None:
            words = [line("no update is promised", "$state-slow")]
            return rest + self._show_clock("--:--", "$muted", words, since, width, is_low=is_low)
        urgency = judge_due(due_at, now)
        words = [
            join((_WORDS[urgency], DUE_STYLE[urgency])),
            line(f"at {clock_utc(due_at, has_seconds=False)}", "bold"),
        ]
        style = DUE_STYLE[urgency] or "bold"
        return rest + self._show_clock(format_clock(abs(due_at - now)), style, words, since, width, is_low=is_low)

    def _show_clock(
        self, clock: str, style: str, words: Sequence[Content], since: Content, width: int, *, is_low: bool
    ) -> int:
        """Draws the countdown as big as the room lets it be, and what it counts to; returns its rows.

        Where the words have no room beside the digits they stand below them, and on a low screen in their place.
        """
        box, digits = self.query_one("#wall-clock"), self._lines["digits"]
        digits.display = not is_low
        room = self.app.size
        scale = next((times for across, down, times in _BIG if room.width >= across and room.height >= down), 1)
        rows = [] if is_low else draw_clock(clock, scale)
        digits_width = len(rows[0]) if rows else 0
        is_stacked = is_low or digits_width + _CLOCK_GAP + max(part.cell_length for part in (*words, since)) > width
        box.set_class(is_stacked, "-stacked")
        if is_low:
            words = [join((f"{clock}  ", f"bold {style}".replace("bold bold", "bold")), *words[:1]), *words[1:]]
        told = pack(words, width) if is_stacked else list(words)
        self._lines["due"].show_lines(told)
        self._lines["due"].styles.height = len(told)
        self._lines["facts"].show_lines([cut(since, width if is_stacked else width - digits_width - _CLOCK_GAP)])
        digits.styles.width = digits_width
        digits.styles.height = len(rows)
        digits.show_lines([line(row, style) for row in rows])
        height = len(rows) + len(told) + 1 if is_stacked else max(len(rows), len(told) + 1)
        box.styles.height = height
        return height

    def action_quit(self) -> None:
        self.app.exit()
