"""The app: wires screens, feed, themes and the way it ends; what is shown lives in screens and widgets."""

from __future__ import annotations

import asyncio
import gc
import os
import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace
from rich.text import Text
from textual.app import App
from textual.content import Content
from textual.dom import DOMNode
from textual.driver import Driver
from textual.events import Event
from textual.filter import ANSIToTruecolor, LineFilter
from textual.screen import ModalScreen, Screen

from oncall_tui.clock import now_ms
from oncall_tui.config.model import Config
from oncall_tui.domain.engine import ENGINE_SILENT_AFTER_MS, Terminal
from oncall_tui.domain.incident import IncidentStatus
from oncall_tui.domain.sanitize import clean_line
from oncall_tui.tui.actions import name_action
from oncall_tui.tui.driver import InertFilter, OncallDriver
from oncall_tui.tui.feed import Changed, Feed
from oncall_tui.tui.launch import Session, note_crash
from oncall_tui.tui.screens.main import MainScreen
from oncall_tui.tui.snapshot import Snapshot
from oncall_tui.tui.text import Glyphs, is_utf8_locale, line
from oncall_tui.tui.theme_choice import ThemeChoice
from oncall_tui.tui.themes import LIBRARY_DEFAULTS, VARIABLE_DEFAULTS
from oncall_tui.tui.type_ahead import TypeAhead

if TYPE_CHECKING:
    from rich.console import RenderableType
    from textual.actions import ActionParseResult
    from textual.command import Provider

    from oncall_tui.tui.orders import Orders
    from oncall_tui.tui.outgoing import Outgoing

_BEAT_EVERY_S = 5.0
_STOP_TIMEOUT_S = 0.5
_STYLES = Path(__file__).parent / "styles"


def _load_palette() -> type[Provider]:
    from oncall_tui.tui.palette import OncallCommands

    return OncallCommands


class OncallApp(App[object]):
    """One terminal on one file."""

    TITLE = "oncall-tui"
    CSS_PATH = [_STYLES / "base.tcss", _STYLES / "probes.tcss"]  # noqa: RUF012 -- as the base class has it
    COMMANDS = {_load_palette}  # noqa: RUF012 -- as the base class has it
    AUTO_FOCUS = None

    def __init__(self, session: Session, config: Config, snapshot: Snapshot, now: Callable[[], int] = now_ms) -> None:
        if os.environ.get("NO_COLOR") == "":
            del os.environ["NO_COLOR"]  # no-color.org: only a value that is not empty counts
        super().__init__(driver_class=OncallDriver)
        self.animation_level = "none"
        self.session = session
        self.config = config
        self.now = now
        self.actor = session.actor
        self.terminal_id = uuid.uuid4().hex
        self.selected_incident: int | None = None
        self.feed = Feed(session.db_path, is_read_only=session.is_wall, snapshot=snapshot)
        self.snapshot = Snapshot()
        self._event_loop: asyncio.AbstractEventLoop | None = None
        self.started_at = now()
        self._loaded_styles = {"probes"}
        self._themes = ThemeChoice(self)
        self.type_ahead = TypeAhead(self)
        Glyphs.is_ascii = not is_utf8_locale()
        self._themes.set_first(session.theme)
        self._take(snapshot)

    @cached_property
    def outgoing(self) -> Outgoing:
        """Holds the send windows, which outlive every pane."""
        from oncall_tui.tui.outgoing import Outgoing

        return Outgoing(self, self.feed, self.actor, self.config)

    @cached_property
    def orders(self) -> Orders:
        """Holds the send windows of all that is no update."""
        from oncall_tui.tui.orders import Orders

        return Orders(self, self.feed, self.config.send_window_ms)

    @property
    def main(self) -> MainScreen:
        return next(screen for screen in self.screen_stack if isinstance(screen, MainScreen))

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return LIBRARY_DEFAULTS | VARIABLE_DEFAULTS

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Returns what every painted line goes through; nothing of ours is drawn in colours to be translated."""
        wanted = [item for item in super().get_line_filters() if not isinstance(item, ANSIToTruecolor)]
        return [*wanted, InertFilter()]

    def get_driver_class(self) -> type[Driver]:
        return OncallDriver

    def get_default_screen(self) -> Screen[None]:
        """Returns the one screen of this terminal; with another one first, all would be drawn twice."""
        if self.session.is_wall:
            from oncall_tui.tui.screens.wall import WallScreen

            self.load_styles("wall")
            return WallScreen()
        return MainScreen(self.snapshot)

    def refresh_css(self, animate: bool = True) -> None:
        """Follows the theme; the first one comes before there is a screen, whose styles then are read once."""
        if self.screen_stack:
            super().refresh_css(animate)
        else:
            self.stylesheet.set_variables(self.get_css_variables())

    async def on_event(self, event: Event) -> None:
        if not self.type_ahead.takes(event):
            await super().on_event(event)

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Runs an action unless nobody can have seen what it says yes to, and notes what it is to open."""
        known = name_action(default_namespace, action)
        if self.type_ahead.refuses(known, has_window=self.config.send_window_ms > 0):
            return True
        front = self.type_ahead.look()
        is_done = await super().run_action(action, default_namespace, namespaces)
        if is_done:
            self.type_ahead.expect(known, front)
        return is_done

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        self.type_ahead.note_shown(screen)
        super()._display(screen, renderable)

    def on_mount(self) -> None:
        self._event_loop = asyncio.get_running_loop()
        self.call_after_refresh(self._start)

    def _start(self) -> None:
        """Begins what may wait until the first frame is on the screen."""
        self.type_ahead.open()
        gc.freeze()
        gc.enable()
        self.feed.start(self)
        self._tell_unsent()
        if self.config.template_faults and not self.session.is_wall:
            first, *others = self.config.template_faults
            more = f" (and {len(others)} more: `oncall-tui check`)" if others else ""
            self.tell(line(f"A template of yours is not used: {first}{more}"), severity="error")
        self.set_timer(1.0 - self.now() % 1000 / 1000, self._start_clock)
        if not self.session.is_wall:
            self.set_interval(_BEAT_EVERY_S, self._beat)
            self._beat()

    def _tell_unsent(self) -> None:
        """Says at the start that a terminal ended before its send window did."""
        from oncall_tui.tui.drafting import find_own

        own = find_own(self.snapshot.drafts, self.snapshot.terminals, self.terminal_id, self.actor, self.now())
        count = sum(draft.confirmed_at is not None for draft in own)
        if count and not self.session.is_wall:
            words = "1 update was" if count == 1 else f"{count} updates were"
            self.tell(line(f"{words} not sent: 3 shows it."), severity="error")
        if not self.session.is_wall:
            self._tell_handed(Snapshot())

    def _tell_handed(self, before: Snapshot) -> None:
        """Says that somebody handed a draft over to the person at this terminal."""
        from oncall_tui.domain.update import is_asked_of
        from oncall_tui.tui.drafting import find_handed, name_draft

        known = {draft.id for draft in before.drafts if is_asked_of(draft, self.actor)}
        for draft in self.snapshot.drafts:
            if is_asked_of(draft, self.actor) and draft.id not in known:
                self.tell(line(f"{draft.asked_by} asks you to send an update of #{draft.incident_id}: p shows it."))

        for draft in find_handed(before.drafts, self.snapshot.drafts, self.actor):
            self.tell(line(f"{draft.handed_by} hands you “{name_draft(draft)}” of #{draft.incident_id}: p goes on."))

    def _start_clock(self) -> None:
        self.set_interval(1.0, self._tick)
        self._tick()

    def _tick(self) -> None:
        if not self.is_running:
            return
        below = next(screen for screen in reversed(self.screen_stack) if not isinstance(screen, ModalScreen))
        if isinstance(below, MainScreen):
            below.draw_frame()

    def on_changed(self, message: Changed) -> None:
        """Hands new content of the file to the screens."""
        if not self.is_running:
            return  # the screens are being taken down
        topics, before = self.feed.take_topics(), self.snapshot
        self._take(message.snapshot)
        if "drafts" in topics and not self.session.is_wall:
            self._tell_handed(before)
        for screen in self.screen_stack:
            show = getattr(screen, "show", None)
            if callable(show):
                show(self.snapshot, topics)

    def _take(self, snapshot: Snapshot) -> None:
        """Before an engine has written the probes of a new file, the config's are shown."""
        known = {incident.id for incident in self.snapshot.open_incidents}
        self.snapshot = snapshot if snapshot.probes else replace(snapshot, probes=self.config.probes)
        current, opened = self.snapshot.incident(self.selected_incident), self.snapshot.open_incidents
        if current is None:
            self.select_incident(opened[0].id if opened else None)
        elif current.resolved_at is not None:
            # One that is over stays in view, to be read or opened again, until there is a new one to look at.
            new = next((incident.id for incident in opened if incident.id not in known), None)
            self.select_incident(new or current.id)

    def select_incident(self, incident_id: int | None) -> None:
        """Makes all panes follow one incident."""
        if incident_id != self.selected_incident:
            self.selected_incident = incident_id
            for screen in (screen for screen in self.screen_stack if isinstance(screen, MainScreen)):
                screen.follow_incident(incident_id)

    def open_compose(self, incident_id: int, *, status: IncidentStatus | None = None) -> None:
        """Opens the next update of an incident, for a public state where one was chosen."""
        self.select_incident(incident_id)
        self.main.open_compose(status=status)

    def show_pane(self, name: str) -> None:
        """Shows a pane by the scope of its actions."""
        self.main.show_pane(name)

    def list_behind(self, probe: str) -> list[str]:
        """Returns the probes that fell behind one that is down."""
        return self.main.probes.board.list_behind(probe)

    def declare(self, probe: str | None) -> None:
        """Declares an incident from a probe and opens its first update."""
        self.type_ahead.expect_text()
        if probe is None:
            self.tell(Content("There is no probe to declare an incident from."))
        elif self.session.is_wall:
            self.tell(Content("This terminal only reads."))
        else:
            self.run_worker(self._declare(probe), group="declare", exit_on_error=True)

    async def _declare(self, probe: str) -> None:
        from oncall_tui.tui.declare import declare_and_open

        await declare_and_open(self, probe)

    def tell(self, message: Content, *, severity: str = "information") -> None:
        """Shows a short message that needs no answer."""
        self.notify(message.plain, severity="error" if severity == "error" else "information", markup=False, timeout=6)

    def load_styles(self, name: str) -> None:
        """Reads the styles of a pane or screen that is made now, not before."""
        path = _STYLES / f"{name}.tcss"
        if name not in self._loaded_styles and path.is_file():
            self._loaded_styles.add(name)
            self.stylesheet.read(path)

    def our_themes(self) -> list[str]:
        """Returns the names of our themes, and names the files that cannot be used."""
        names = self._themes.names()
        if faults := self._themes.take_faults():
            self.tell(line(faults), severity="error")
        return names

    def next_theme(self) -> None:
        """Puts the next theme on."""
        self.our_themes()
        if (name := self._themes.next_name()) is not None:
            self.theme = name
            self.tell(line(f"Theme: {name}"))

    def _beat(self) -> None:
        self.run_worker(self._keep_alive(), group="beat", exclusive=True, exit_on_error=False)

    async def _keep_alive(self) -> None:
        """Tells the engine that somebody looks, and starts one when none has spoken for five seconds."""
        from oncall_tui.engine.spawn import spawn_engine
        from oncall_tui.store.lease import beat_terminal

        now = self.now()
        host = os.uname().nodename
        terminal = Terminal(self.terminal_id, os.getpid(), host, self.actor, self.started_at, now, is_read_only=False)
        await self.feed.call(beat_terminal, terminal)
        lease = self.snapshot.lease
        if now - self.started_at > ENGINE_SILENT_AFTER_MS and (lease is None or not lease.is_working(now)):
            await asyncio.to_thread(spawn_engine, self.session.db_path, self.config.path)

    def end(self, status: int) -> None:
        """Ends the app from a signal or another thread."""
        if self._event_loop is not None:
            self._event_loop.call_soon_threadsafe(lambda: self.exit(return_code=status))

    def on_unmount(self) -> None:
        from oncall_tui.store.lease import end_terminal

        now = self.now()
        last = None if self.session.is_wall else (lambda db: end_terminal(db, self.terminal_id, now))
        self.feed.stop(last, _STOP_TIMEOUT_S)

    def _fatal_error(self) -> None:
        """Writes the crash to a file beside the database; the stock report would print local variables."""
        self.panic(Text(clean_line(note_crash(self.session.db_path))))
