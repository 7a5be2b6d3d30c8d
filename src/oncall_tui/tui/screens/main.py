"""The screen where the work is done: panes arranged by the room there is."""

from __future__ import annotations

import asyncio
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, cast

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.geometry import Size
from textual.screen import Screen

from oncall_tui.domain.errors import OncallError
from oncall_tui.domain.incident import IncidentStatus
from oncall_tui.tui.actions import Action, bindings_of
from oncall_tui.tui.screens.layout import FIRST_OF_COLUMN, PANES, TIGHT_BELOW, choose_layout
from oncall_tui.tui.snapshot import Snapshot
from oncall_tui.tui.text import join, line
from oncall_tui.tui.widgets.board import Board
from oncall_tui.tui.widgets.footer import KeyFooter, find_urgent, is_typed_into
from oncall_tui.tui.widgets.head_words import HeadFacts
from oncall_tui.tui.widgets.pane import Pane
from oncall_tui.tui.widgets.probe_detail import ProbeDetail
from oncall_tui.tui.widgets.probes_pane import ProbesPane
from oncall_tui.tui.widgets.status_header import StatusHeader
from oncall_tui.tui.widgets.tab_line import Tab, TabLine

if TYPE_CHECKING:
    from oncall_tui.tui.app import OncallApp
    from oncall_tui.tui.widgets.compose_pane import ComposePane
    from oncall_tui.tui.widgets.send_bar import SendBar


class MainScreen(Screen[None]):
    """Arranges the panes, hands them the file's content, and draws head, tabs and keys."""

    BINDINGS = bindings_of("app")
    AUTO_FOCUS = "#board"

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__()
        self._snapshot = snapshot
        self._active = "probes"
        self._work = "compose"
        self._list = "probes"
        self._is_zoomed = False
        self._has_frame = False
        self._is_drawn = False
        self._layout_name = "small"
        self._wide_detail = ProbeDetail(id="wide-detail")
        self._panes: dict[str, Pane] = {}
        self._making: dict[str, asyncio.Task[None]] = {}

    @property
    def oncall(self) -> OncallApp:
        return cast("OncallApp", self.app)

    @property
    def probes(self) -> ProbesPane:
        return cast("ProbesPane", self._panes["probes"])

    def compose(self) -> ComposeResult:
        pane = ProbesPane(self.oncall.feed, str(self.oncall.config.path))
        self._panes["probes"] = pane
        self._put_title(pane, "probes")
        self._choose_layout(self.app.size)
        yield StatusHeader(id="head")
        yield TabLine(id="tabs")
        with Horizontal(id="body"):
            with Vertical(id="left", classes="column"):
                yield pane
            yield Vertical(id="middle", classes="column")
            with Vertical(id="right", classes="column"):
                yield self._wide_detail
        yield KeyFooter(id="keys")

    def _put_title(self, pane: Pane, name: str) -> None:
        pane.border_title = join(f"{list(PANES).index(name) + 1} {PANES[name][0]}")

    def _compositor_refresh(self) -> None:
        """Fills the widgets as soon as they know their sizes: an empty first paint would cost as much as a full one."""
        if not self._has_frame and self.is_mounted:
            self._has_frame = True
            self.draw_frame()
        super()._compositor_refresh()

    def on_mount(self) -> None:
        self._wide_detail.border_title = join("Selected probe")
        self.lay_out()
        self.call_after_refresh(self._make_panes)

    def _make_panes(self) -> None:
        """Makes the other panes once the first frame stands: that one should not wait for them."""
        self._is_drawn = True
        self.probes.begin_comparing()
        self.lay_out()

    def on_resize(self, event: events.Resize) -> None:
        self._choose_layout(event.size)
        self.lay_out()
        if self.focused is None and self._active in self._panes:
            self.call_after_refresh(self._panes[self._active].focus_content)
        self.call_after_refresh(self.draw_frame)

    async def ready_pane(self, name: str) -> Pane:
        """Returns a pane whose widgets are there; it is made when it is first wanted."""
        if name not in self._panes:
            if name not in self._making:
                self._making[name] = asyncio.create_task(self._make_pane(name))
            await self._making[name]
        return self._panes[name]

    async def _make_pane(self, name: str) -> None:
        _, column, module, class_name = PANES[name]
        pane: Pane = getattr(import_module(f"oncall_tui.tui.widgets.{module}"), class_name)()
        self.oncall.load_styles(name)
        self._put_title(pane, name)
        place = self.query_one(f"#{column}")
        is_first = name in FIRST_OF_COLUMN and len(place.children) > 0  # they are made side by side, in any order
        await place.mount(pane, before=0 if is_first else None)
        pane.display = name in self._shown()
        pane.show_incident(self.oncall.selected_incident)
        pane.show(self._snapshot, frozenset())
        self._panes[name] = pane
        if name == self._active:
            pane.focus_content()
        self.draw_frame()

    def _shown(self) -> set[str]:
        """Returns the panes that are on the screen."""
        if self._is_zoomed or self._layout_name not in ("medium", "large"):
            return {self._active}
        return set(PANES) if self._layout_name == "large" else {self._list, self._work}

    def _choose_layout(self, size: Size) -> None:
        wanted = choose_layout(size)
        self.set_class(self.oncall.selected_incident is None, "-idle")
        self.set_class(size.height < TIGHT_BELOW, "-tight")
        if wanted != self._layout_name:
            self.remove_class(f"-{self._layout_name}").add_class(f"-{wanted}")
            self._layout_name = wanted
            self.probes.use_detail(self._wide_detail if wanted == "large" else None)

    def lay_out(self) -> None:
        """Shows the panes that belong on the screen now, and makes those that are not there yet."""
        shown = self._shown()
        columns = {PANES[name][1] for name in shown}
        for name in shown - set(self._panes) if self._is_drawn else ():
            self.run_worker(self.ready_pane(name), group=f"pane {name}")
        for name, pane in self._panes.items():
            pane.display = name in shown
        for column in ("left", "middle", "right"):
            self.query_one(f"#{column}").display = column in columns

    def show(self, snapshot: Snapshot, topics: frozenset[str]) -> None:
        """Hands a new content of the file to every pane."""
        self._snapshot = snapshot
        for pane in self._panes.values():
            pane.show(snapshot, topics)
        if "outbox" in topics:  # the bar and the panes tell of the same update at the same time
            for bar in self.query("#send"):
                cast("SendBar", bar).look()
        if topics == {"results"} and not self.probes.has_moved(snapshot, self.oncall.now()):
            return
        self.draw_frame()

    def draw_frame(self) -> None:
        """Lets time pass in what shows it: head, tabs, keys and board."""
        now = self.oncall.now()
        self.probes.show_at(self._snapshot, now)
        self.query_one(StatusHeader).show_head(self._snapshot, self.list_facts(now))
        shown, badges = self._shown(), self._badges()
        self.query_one(TabLine).show_tabs(
            [Tab(name, PANES[name][0], badges.get(name, ""), name in shown, name == self._active) for name in PANES]
        )
        self._draw_keys()

    def list_facts(self, now: int) -> HeadFacts:
        """Returns what the head of this screen, and of those that lie over it, tells beside the file."""
        app = self.oncall
        return HeadFacts(
            now,
            app.session.actor,
            bool(app.config.pages),
            self._snapshot.incident(app.selected_incident),
            self.probes.board.tally(),
            "small screen" if self._layout_name in ("compact", "tiny") else "",
            app.session.is_wall,
            next((page.public_url for page in app.config.pages if page.public_url), ""),
            self.probes.drift,
            muted_until=self.probes.muted_until,
            opened_at=None if app.session.is_wall else app.started_at,
            way="esc " if is_typed_into(self.focused) else "",
        )

    def _badges(self) -> dict[str, str]:
        opened = len(self._snapshot.open_incidents)
        return {
            "incidents": f" {opened}" if opened else "",
            "compose": "*" if self._snapshot.drafts else "",
        }

    def show_pane(self, name: str) -> None:
        """Brings a pane to the screen and puts the focus into it."""
        self._bring(name)
        if name in self._panes:
            self.call_after_refresh(self._panes[name].focus_content)

    def _bring(self, name: str) -> None:
        """Makes a pane the active one: on the screen, in the tabs and in the keys."""
        self._active = name
        self._list, self._work = (name, self._work) if PANES[name][1] == "left" else (self._list, name)
        self.lay_out()
        self.draw_frame()

    def _draw_keys(self) -> None:
        """Shows the keys of the focus, or of the pane that will have it."""
        board = self.probes.board
        row = board.row_of(board.selected or "") if self.focused in (None, board) and self._active == "probes" else None
        wanted = find_urgent(self._snapshot, row)
        self.query_one(KeyFooter).show_keys(self.focused or self._panes.get(self._active), wanted)

    def on_descendant_blur(self) -> None:
        self.call_after_refresh(self._draw_keys)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        self._draw_keys()
        pane = next((node for node in event.widget.ancestors_with_self if isinstance(node, Pane)), None)
        name = next((name for name, item in self._panes.items() if item is pane), None)
        if name is not None and name != self._active:
            self._bring(name)

    def follow_incident(self, incident_id: int | None) -> None:
        """Makes every pane show one incident; while there is none, its room is the probes'."""
        self._choose_layout(self.app.size)
        for pane in self._panes.values():
            pane.show_incident(incident_id)

    def open_compose(self, *, status: IncidentStatus | None) -> None:
        """Shows the draft of the current incident, for a public state where one was chosen."""
        self.show_pane("compose")
        if (incident_id := self.oncall.selected_incident) is not None:
            self.oncall.type_ahead.expect_text()
            self.run_worker(self._open_draft(incident_id, status), group="draft", exclusive=True)

    async def _open_draft(self, incident_id: int, status: IncidentStatus | None) -> None:
        try:
            await cast("ComposePane", await self.ready_pane("compose")).open(incident_id, status=status)
        except OncallError as error:
            self.oncall.tell(line(str(error)), severity="error")

    def pane_scopes(self) -> frozenset[str]:
        """Returns the scopes whose actions a pane of this screen has."""
        return frozenset(PANES)

    async def run_pane_action(self, action: Action) -> None:
        """Runs an action of the registry where it belongs; a pane comes to the screen first."""
        if action.scope == "app":
            await self.run_action(action.method)
            return
        self.show_pane(action.scope)
        pane = await self.ready_pane(action.scope)
        await (pane.board if isinstance(pane, ProbesPane) else pane).run_action(action.method)

    def go_to_incident(self, incident_id: int) -> None:
        self.oncall.select_incident(incident_id)
        self.show_pane("incidents")

    def go_to_probe(self, probe: str) -> None:
        self.show_pane("probes")
        self.probes.board.select(probe)

    @on(TabLine.Chosen)
    def _choose_tab(self, event: TabLine.Chosen) -> None:
        self.show_pane(event.pane)

    @on(Board.Opened)
    def _open_probe(self, event: Board.Opened) -> None:
        incident = self._snapshot.incident_of_probe(event.probe)
        if incident is None:
            self.action_declare()
        else:
            self.oncall.select_incident(incident.id)
            self.show_pane("incidents")

    def action_declare(self) -> None:
        if self.probes.selected is None:  # pressed before the first frame stood
            self.probes.show_at(self._snapshot, self.oncall.now())
        self.oncall.declare(self.probes.selected)

    def action_show_probes(self) -> None:
        self.show_pane("probes")

    def action_show_incidents(self) -> None:
        self.show_pane("incidents")

    def action_show_compose(self) -> None:
        self.show_pane("compose")

    def action_post(self) -> None:
        if self.oncall.selected_incident is None:
            self.show_pane("compose")
        else:
            self.open_compose(status=None)

    def action_set_state(self) -> None:
        from oncall_tui.tui.screens.state import StateScreen

        incident = self._snapshot.incident(self.oncall.selected_incident)
        if incident is None:
            self.oncall.tell(Content("There is no incident whose state could be chosen: i declares one."))
            return
        self.oncall.load_styles("review")
        self.app.push_screen(StateScreen(incident.status), partial(self._open_for_state, incident.id))

    def _open_for_state(self, incident_id: int, status: IncidentStatus | None) -> None:
        if status is not None:
            self.oncall.open_compose(incident_id, status=status)

    async def action_note(self) -> None:
        if self.oncall.selected_incident is None:
            self.oncall.tell(Content("There is no incident to note something of: i declares one."))
            return
        self.show_pane("timeline")
        await (await self.ready_pane("timeline")).run_action("note")

    def action_decide(self) -> None:
        from oncall_tui.tui.screens.uncertain import open_decision

        open_decision(self)

    def action_show_planned(self) -> None:
        from oncall_tui.tui.screens.planned import open_planned

        open_planned(self)

    def action_show_postmortem(self) -> None:
        from oncall_tui.tui.screens.postmortem import open_postmortem

        open_postmortem(self)

    def action_show_runbook(self) -> None:
        self.show_pane("runbook")

    def action_show_timeline(self) -> None:
        self.show_pane("timeline")

    def action_next_pane(self) -> None:
        self._step_pane(1)

    def action_previous_pane(self) -> None:
        self._step_pane(-1)

    def _step_pane(self, by: int) -> None:
        names = list(PANES)
        self.show_pane(names[(names.index(self._active) + by) % len(names)])

    def action_zoom(self) -> None:
        self._is_zoomed = not self._is_zoomed
        self.lay_out()
        self.call_after_refresh(self.draw_frame)

    async def action_undo(self) -> None:
        if await self.oncall.orders.take_back():
            return
        undo = getattr(self._panes.get(self._active), "action_undo", None)
        if callable(undo):
            undo()
        else:
            self.oncall.tell(Content("There is nothing to undo here."))

    def action_toggle_demo(self) -> None:
        from oncall_tui.tui.demo_key import break_or_heal

        break_or_heal(self.oncall)

    def action_mute(self) -> None:
        self.probes.mute(self.oncall.now())
        self.draw_frame()

    def action_next_theme(self) -> None:
        self.oncall.next_theme()

    def action_show_help(self) -> None:
        from oncall_tui.tui.screens.help import HelpScreen

        pane = self._panes.get(self._active)
        self.app.push_screen(HelpScreen(pane.scope if pane else "app", PANES[self._active][0]))

    def action_command_palette(self) -> None:
        self.app.action_command_palette()

    def action_quit(self) -> None:
        self.app.exit()
