"""The last look before sending: exactly what customers will read, what changes on the page, and where it goes."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from oncall_tui.clock import now_ms
from oncall_tui.config.model import Config
from oncall_tui.domain.cadence import describe_due
from oncall_tui.domain.context import list_targets
from oncall_tui.domain.incident import Incident, Reach
from oncall_tui.domain.pagestate import PageState
from oncall_tui.tui.actions import bindings_of
from oncall_tui.tui.checks import Checked
from oncall_tui.tui.host import tell
from oncall_tui.tui.outgoing import Confirmation
from oncall_tui.tui.screens.overlay import Overlay
from oncall_tui.tui.snapshot import Snapshot
from oncall_tui.tui.text import COMPONENT_LOOK, STATUS_LOOK, Glyphs, block, clock_utc, join, line, look
from oncall_tui.tui.widgets.broadcast_words import draw_broadcasts, list_channels
from oncall_tui.tui.widgets.lines import Flow
from oncall_tui.tui.widgets.reach_mark import mark_reach
from oncall_tui.tui.widgets.review_words import (
    LABEL_WIDTH,
    draw_finding,
    draw_labelled,
    draw_loss,
    draw_rows,
    draw_verdict,
    fit_words,
    scroll_words,
)

#: What the promise, the border, at least five rows of the text, the keys and the gaps between them take.
_WORDS_AND_KEYS = 13
_FINDINGS_SHOWN = 4


class ReviewScreen(Overlay[bool]):
    """Gives back whether the update was confirmed; what blocks is named and cannot be passed.

    What `needs_second` is only asked for: somebody else sends it.
    """

    BINDINGS = bindings_of("review")

    def __init__(
        self,
        confirmation: Confirmation,
        incident: Incident,
        snapshot: Snapshot,
        config: Config,
        checked: Checked,
        *,
        needs_second: bool = False,
    ) -> None:
        super().__init__()
        self._confirmation = confirmation
        self._incident = incident
        self._snapshot = snapshot
        self._config = config
        self._checked = checked
        self._needs_second = needs_second
        self._channels = list_channels(confirmation, incident, config, snapshot, now_ms())
        self._changes = Flow(id="review-changes")

    def compose(self) -> ComposeResult:
        with Vertical(id="review-box") as box:
            box.border_title = join(mark_reach(self._incident), f"Review the update to #{self._incident.id}")
            if self._incident.conflict:
                warning = join((f"{Glyphs.show('▲')} On the page: ", "bold $state-slow"), self._incident.conflict)
                yield Static(warning, id="review-conflict", markup=False)
            with VerticalScroll(id="review-scroll", can_focus=False):
                yield Static(block(self._confirmation.body), id="review-body", markup=False)
            with VerticalScroll(id="review-facts", can_focus=False):
                yield self._changes
            verdict = draw_verdict(
                self._config.send_window_ms,
                is_sendable=self._checked.is_sendable,
                severity=self._incident.severity if self._needs_second else None,
            )
            yield Static(verdict, id="review-verdict", markup=False)

    def on_mount(self) -> None:
        self._changes.show_flow(self._draw_changes)

    def on_resize(self) -> None:
        self._fit()

    def _fit(self) -> None:
        others = [*self.query("#review-conflict"), self.query_one("#review-verdict")]
        fit_words(self, self.query_one("#review-scroll"), self.query_one("#review-facts"), *others)

    def _draw_changes(self, width: int) -> list[Content]:
        """Returns the facts; where they would leave no room for the text, the words of the channels go first."""
        self.call_after_refresh(self._fit)
        rows, checks = self._list_changes(width), self._list_checks(width)
        told = draw_broadcasts(self._channels, width)
        if len(rows) + len(told) + len(checks) > self.app.size.height - _WORDS_AND_KEYS:
            told = draw_broadcasts(self._channels, width, is_brief=True)
        if self.has_class("-tight") or not self._checked.is_sendable:
            return [*checks, *rows, *told]
        return [*rows, *told, *checks]

    def _list_changes(self, width: int) -> list[Content]:
        told, incident = self._confirmation, self._incident
        arrow = (f" {Glyphs.show('→')} ", "$muted")
        state = look(*STATUS_LOOK[told.status])
        if told.status is not incident.status:
            state = join(look(*STATUS_LOOK[incident.status]), arrow, state)
        rows = [draw_labelled("State", state), *self._list_components()]
        if not incident.listings:
            rows.append(draw_labelled("Title", line(incident.title, "bold")))
        due = told.next_update_at
        words = (
            f"{clock_utc(due, has_seconds=False)}, {describe_due(due, now_ms())}"
            if due is not None
            else "none promised"
        )
        rows.append(draw_labelled("Next update", line(words)))
        rows += [
            draw_labelled("" if number else "Goes to", target)
            for number, target in enumerate(self._list_targets(width))
        ]
        return rows

    def _list_checks(self, width: int) -> list[Content]:
        """Returns what stands, and what a person let pass with which reason."""
        rows = [row for finding in self._checked.findings[:_FINDINGS_SHOWN] for row in draw_finding(finding, width)]
        for item in self._checked.passed:
            why = f": {item.waiver.reason}" if item.waiver.reason else ""
            rows += draw_rows("Let pass", f"{item.finding.rule} by {item.waiver.by}{why}", width, "$muted")
        # One that gets nothing is told where its words would stand.
        reached = {channel.name for channel in self._channels if not channel.problem}
        losses = [item for item in self._checked.losses if item.page in reached]
        for lost in losses[:_FINDINGS_SHOWN]:
            words = f"{Glyphs.show('▲')} {lost.name}: {lost.loss.message}"
            rows += draw_rows("Check", words, width, "$state-slow")
        return rows

    def _list_components(self) -> list[Content]:
        page = {component.name: component.page_status for component in self._snapshot.components}
        rows: list[Content] = []
        for name, status in self._confirmation.components.items():
            seen = page.get(name)
            new = look(*COMPONENT_LOOK[status])
            if seen is status:
                new = join(new, ("  no change", "$muted"))
            elif seen is not None:
                new = join(look(*COMPONENT_LOOK[seen]), (f" {Glyphs.show('→')} ", "$muted"), new)
            rows.append(draw_labelled("" if rows else "Components", join((f"{name}  ", "bold"), new)))
        return rows or [draw_labelled("Components", line("none", "$muted"))]

    def _list_targets(self, width: int) -> list[Content]:
        if self._incident.reach is Reach.DRILL:
            return [join(("nowhere: this is a drill, it is kept here", "bold $state-slow"))]
        if not self._config.pages:
            return [join(("no page is configured: it stays queued, customers are NOT told", "bold $state-down"))]
        known = {page.page: page for page in self._snapshot.pages}
        configs = {config.name: config for config in self._config.pages}
        rows = []
        for target in list_targets(self._incident, self._config.page_names):
            config, state = configs[target], known.get(target) or PageState(target)
            alone = state.name or f"page {config.page_id}"
            name = alone if len(configs) == 1 else self._snapshot.name_page(target)
            where = state.public_url or config.public_url or config.api_url
            trouble = f"  {Glyphs.show('▲')} page {state.trouble} now" if state.last_error else ""
            rows.append(join((name, "bold"), (f"  {where}", "$muted"), (trouble, "$state-slow")))
            losses = [item.loss for item in self._checked.losses if item.page == target]
            rows += [row for loss in losses for row in draw_loss(loss, width - LABEL_WIDTH)]
        return rows

    def action_send(self) -> None:
        if self._checked.is_sendable:
            self.dismiss(True)
        else:
            tell(self.app, f"Not sent: {self._checked.obstacle}", "error")

    def action_back(self) -> None:
        self.dismiss(False)

    def action_page_down(self) -> None:
        self._scroll(1)

    def action_page_up(self) -> None:
        self._scroll(-1)

    def _scroll(self, pages: int) -> None:
        scroll_words(self.query_one("#review-scroll"), self.query_one("#review-facts"), pages)

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(self._confirmation.body)
        tell(self.app, "The text is on the clipboard, where the terminal allows it.")
