"""What panes may ask of the app that holds them."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Literal, Protocol, cast

from textual.app import App
from textual.dom import DOMNode
from textual.message_pump import MessagePump
from textual.worker import Worker

from oncall_tui.config.model import Config
from oncall_tui.domain.incident import IncidentStatus
from oncall_tui.domain.sanitize import clean_block
from oncall_tui.tui.feed import Feed
from oncall_tui.tui.snapshot import Snapshot

if TYPE_CHECKING:
    from oncall_tui.tui.orders import Orders
    from oncall_tui.tui.outgoing import Outgoing


class Host(Protocol):
    """The app as a pane sees it: one file, one person, one terminal, one selected incident.

    `terminal_id` names this terminal in the file. `outgoing` and `orders` hold the send windows of updates and of all
    else; they outlive every pane.
    """

    feed: Feed
    config: Config
    actor: str
    terminal_id: str
    snapshot: Snapshot
    outgoing: Outgoing
    orders: Orders
    selected_incident: int | None

    def list_behind(self, probe: str) -> list[str]:
        """Returns the probes that fell behind one that is down."""

    def select_incident(self, incident_id: int | None) -> None:
        """Makes an incident the current one in every pane."""

    def open_compose(self, incident_id: int, *, status: IncidentStatus | None = None) -> None:
        """Shows the compose pane with the draft of an incident, started from a template when there is none.

        `status` is a public state that was chosen for it.
        """

    def load_styles(self, name: str) -> None:
        """Reads the styles of a screen that is made now."""

    def show_pane(self, name: str) -> None:
        """Shows a pane by the scope of its actions."""


def host_of(node: MessagePump) -> Host:
    """Returns the app of a widget or screen as its host."""
    return cast("Host", node.app)


def tell(app: App[object], text: str, severity: Literal["information", "warning", "error"] = "information") -> None:
    """Shows a passing notice; the text is data, never markup."""
    app.notify(clean_block(text, 600), severity=severity, markup=False, timeout=4)


def start_work(
    node: DOMNode, work: Callable[[], Coroutine[Any, Any, None]], group: str, *, is_exclusive: bool = False
) -> None:
    """Runs a coroutine function beside the messages of a widget; a fault of ours in it ends the app with a report."""
    _worker: Worker[None] = node.run_worker(work, group=group, exclusive=is_exclusive)
