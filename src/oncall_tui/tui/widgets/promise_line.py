"""What customers were promised, in one line: it stays in view whatever lies over the head."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.content import Content

from oncall_tui.domain.cadence import SOON_MS, Urgency, judge_due
from oncall_tui.domain.duration import format_clock
from oncall_tui.domain.incident import Incident, Reach
from oncall_tui.tui.snapshot import Snapshot
from oncall_tui.tui.text import Glyphs, clock_utc, cut, join, line
from oncall_tui.tui.widgets.board_rows import tell_span
from oncall_tui.tui.widgets.lines import Lines
from oncall_tui.tui.widgets.reach_mark import mark_reach

if TYPE_CHECKING:
    from oncall_tui.tui.app import OncallApp

_RUNNING_MS = 2 * SOON_MS


def tell_due(due_at: int, now: int, *, is_brief: bool = False) -> Content:
    """Returns a promise with what is left of it; the nearer, the louder."""
    left = due_at - now
    when = "" if is_brief else f"NEXT UPDATE DUE {clock_utc(due_at, has_seconds=False)}, "
    urgency = judge_due(due_at, now)
    if urgency is Urgency.LATE:
        return join((f"{Glyphs.show('✖')} {when}LATE {format_clock(-left)}", "$state-down bold"))
    if urgency is not Urgency.CALM:
        return join((f"{Glyphs.show('▲')} {when}DUE SOON, in {format_clock(left)}", "$state-slow bold"))
    clock = format_clock(left) if left < _RUNNING_MS else tell_span(left)
    return join((f"{Glyphs.show('▸')} {when or 'due '}in {clock}", "bold"))


def find_pressing(snapshot: Snapshot, here: int | None, now: int) -> tuple[Incident, int] | None:
    """Returns the open incident, other than the one in view, whose promise is most overdue or near, with that."""
    dues = [
        (each, each.next_update_at)
        for each in snapshot.open_incidents
        if each.id != here and each.next_update_at is not None
    ]
    near = [(each, due_at) for each, due_at in dues if due_at - now < SOON_MS]
    return min(near, key=lambda item: item[1], default=None)


def tell_pressing(snapshot: Snapshot, here: int | None, now: int) -> Content | None:
    """Returns the promise of another incident that is near or late, None while there is none."""
    found = find_pressing(snapshot, here, now)
    return None if found is None else join((f"#{found[0].id} ", "bold"), tell_due(found[1], now, is_brief=True))


def is_told(incident: Incident, snapshot: Snapshot, *, can_see: bool) -> bool:
    """Tells whether customers know of an incident; where no public address is known, the page's word has to do."""
    if incident.reach is Reach.DRILL:
        return incident.id in snapshot.latest_updates
    return incident.id in snapshot.first_seen if can_see else bool(incident.listings)


def tell_untold(incident: Incident) -> Content:
    """Says that customers know nothing of an incident, and that it is right so where it is."""
    if incident.reach is Reach.PUBLIC:
        return join((f"{Glyphs.show('✖')} customers have not been told", "$state-down bold"))
    return line(
        "nothing of it leaves this machine" if incident.reach is Reach.DRILL else "customers know nothing of it"
    )


def draw_promises(snapshot: Snapshot, here: int | None, now: int, width: int, *, can_see: bool) -> Content | None:
    """Returns one line of promises, the incident in view first; None where nothing is promised or owed."""
    incident = snapshot.incident(here)
    parts = []
    if incident is not None and incident.resolved_at is None:
        name = join((f"#{incident.id} ", "bold"), mark_reach(incident))
        if not is_told(incident, snapshot, can_see=can_see):
            parts.append(join(name, tell_untold(incident)))
        elif incident.next_update_at is not None:
            parts.append(join(name, tell_due(incident.next_update_at, now)))
    if (other := tell_pressing(snapshot, here, now)) is not None:
        parts.append(other)
    return cut(join(" ", Content("   ").join(parts)), width) if parts else None


class PromiseLine(Lines):
    """Counts down beside the clock of the terminal; it takes no row while nothing is promised."""

    DEFAULT_CSS = """
    PromiseLine { dock: top; height: 1; background: $header-ground; }
    """

    def on_mount(self) -> None:
        self.set_interval(1.0, self.redraw)
        self.redraw()

    def redraw(self) -> None:
        app = cast("OncallApp", self.app)
        can_see = any(page.public_url for page in app.config.pages)
        width = max(20, self.app.size.width)
        row = draw_promises(app.snapshot, app.selected_incident, app.now(), width, can_see=can_see)
        self.display = row is not None
        self.show_lines([row] if row is not None else [])
