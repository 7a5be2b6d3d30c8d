"""What the palette finds: every action with its key, every incident, probe and theme.

The library's own highlighting reads what it is given as markup, and so does the help line of a hit: names from outside
are shown as plain content, and no help holds any.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.types import IgnoreReturnCallbackType

from oncall_tui.domain.sanitize import clean_line
from oncall_tui.tui.actions import ACTIONS, Action
from oncall_tui.tui.text import line
from oncall_tui.tui.widgets.footer import name_key

if TYPE_CHECKING:
    from oncall_tui.tui.app import OncallApp

_NAME_LIMIT = 100
Command = tuple[str, str, IgnoreReturnCallbackType]


class OncallCommands(Provider):
    """Offers what can be done now; an action of a pane brings that pane to the screen first."""

    @property
    def oncall(self) -> OncallApp:
        return cast("OncallApp", self.app)

    def _list_actions(self) -> Iterator[tuple[Action, Command]]:
        main = self.oncall.main
        for action in ACTIONS:
            if action.id != "app.command-palette" and (action.scope == "app" or action.scope in main.pane_scopes()):
                key = f"  ({name_key(action.keys.split(',')[0])})" if action.keys else ""
                yield action, (f"{action.title}{key}", action.help, partial(main.run_pane_action, action))

    def _list_places(self) -> Iterator[Command]:
        app = self.oncall
        for incident in app.snapshot.incidents:
            name = clean_line(f"#{incident.id} {incident.title}", _NAME_LIMIT)
            yield name, "Go to this incident.", partial(app.main.go_to_incident, incident.id)
        for probe in app.snapshot.probes:
            name = clean_line(probe.name, _NAME_LIMIT)
            yield name, "Go to this probe.", partial(app.main.go_to_probe, probe.name)
        for theme in app.our_themes():
            yield f"theme {theme}", "Switch the colours.", partial(setattr, app, "theme", theme)

    async def discover(self) -> Hits:
        for action, (text, help_text, run) in self._list_actions():
            if action.scope == "app":
                yield DiscoveryHit(line(text), run, text, help_text)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for text, help_text, run in (*(command for _, command in self._list_actions()), *self._list_places()):
            score = matcher.match(text)
            if score > 0:
                yield Hit(score, line(text), run, text, help_text)
