"""An update on every channel as its readers will see it, with the room that it takes there."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from oncall_tui.domain.pagetext import Line, Style
from oncall_tui.domain.preview import Preview
from oncall_tui.domain.shortform import Form
from oncall_tui.tui.actions import bindings_of
from oncall_tui.tui.previews import Previews
from oncall_tui.tui.screens.overlay import Overlay
from oncall_tui.tui.text import Glyphs, block, join, line
from oncall_tui.tui.widgets.lines import Flow
from oncall_tui.tui.widgets.promise_line import PromiseLine

_LOOK = {
    Style.PLAIN: "",
    Style.STRONG: "bold",
    Style.EMPHASIS: "italic",
    Style.CODE: "reverse",
    Style.LINK: "underline",
}
_BRIEF = "support"


class PreviewScreen(Overlay[None]):
    """Shows one channel at a time; nothing is sent from here."""

    scope = "preview"
    BINDINGS = bindings_of("preview")

    def __init__(self, previews: Previews) -> None:
        super().__init__()
        self._previews = previews
        self._at = 0

    def compose(self) -> ComposeResult:
        with Vertical(id="preview-box") as box:
            box.border_title = line("As customers will see it")
            yield Static(id="preview-tabs", markup=False)
            with VerticalScroll(id="preview-scroll", can_focus=False):
                yield Flow(id="preview-text")
            yield Static(id="preview-facts", markup=False)

    def on_mount(self) -> None:
        self._draw()

    def on_resize(self) -> None:
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        """Leaves the text the room that channels, facts and keys do not need."""
        box, scroll = self.query_one("#preview-box"), self.query_one("#preview-scroll")
        others = [self.query_one("#preview-tabs"), self.query_one("#preview-facts")]
        taken = sum(widget.outer_size.height for widget in others) + scroll.styles.margin.height + box.gutter.height
        taken += sum(promise.display for promise in self.query(PromiseLine))
        scroll.styles.max_height = max(2, self.size.height - taken)

    @property
    def _count(self) -> int:
        return len(self._previews.channels) + 1

    def _draw(self) -> None:
        names = [*(self._mark(channel) for channel in self._previews.channels), line(_BRIEF)]
        tabs = [
            join(("[", "bold"), name.stylize("bold"), ("]", "bold")) if at == self._at else join(" ", name, " ")
            for at, name in enumerate(names)
        ]
        self.query_one("#preview-tabs", Static).update(Content(" ").join(tabs))
        is_brief = self._at == self._count - 1
        channel = None if is_brief else self._previews.channels[self._at]
        text = block(self._previews.brief) if channel is None else draw_channel(channel)
        self.query_one("#preview-text", Flow).show_flow(text.wrap)
        facts = [] if channel is None else draw_room(channel, is_configured=channel.name in self._previews.configured)
        self.query_one("#preview-facts", Static).update(
            Content("\n").join([*facts, *self._draw_times(), self._draw_keys()])
        )
        self.query_one("#preview-scroll").scroll_home(animate=False)
        self.call_after_refresh(self._fit)

    def _mark(self, channel: Preview) -> Content:
        sign = "" if channel.is_fitting else f"{Glyphs.show('✖')} "
        return join((sign, "$state-down"), channel.name)

    def _draw_times(self) -> Sequence[Content]:
        times = [item for item in self._previews.times if item.here != item.on_page]
        return [join(("times  ", "$muted"), item.on_page, (f"  here {item.here}", "$muted")) for item in times[:3]]

    def _draw_keys(self) -> Content:
        return join(("tab ", "bold"), ("next channel   ", "$muted"), ("esc ", "bold"), ("back to the text", "$muted"))

    def action_next(self) -> None:
        self._at = (self._at + 1) % self._count
        self._draw()

    def action_previous(self) -> None:
        self._at = (self._at - 1) % self._count
        self._draw()

    def action_page_down(self) -> None:
        self.query_one("#preview-scroll").scroll_page_down(animate=False)

    def action_page_up(self) -> None:
        self.query_one("#preview-scroll").scroll_page_up(animate=False)

    def action_back(self) -> None:
        self.dismiss(None)


def draw_channel(channel: Preview) -> Content:
    """Returns what readers of a channel see; a mail shows its subject and what a phone shows of it first."""
    if channel.problem:
        return join((f"{Glyphs.show('✖')} {channel.problem}", "$state-down"))
    rows: list[Content] = []
    if channel.subject:
        rows += [join(("Subject  ", "$muted"), (channel.subject, "bold"))]
    if channel.glance:
        rows += [join(("On a phone  ", "$muted"), channel.glance), Content("")]
    if channel.segments:
        for number, segment in enumerate(channel.segments, 1):
            rows += [join((f"{number}/{len(channel.segments)}  ", "$muted")), block(segment)]
        return Content("\n").join(rows)
    return Content("\n").join([*rows, *(_draw_line(item) for item in channel.lines)])


def _draw_line(runs: Line) -> Content:
    return Content("").join(
        part for run in runs for part in (block(run.text, _LOOK[run.style]), *_draw_url(run.text, run.url))
    )


def _draw_url(text: str, url: str) -> Sequence[Content]:
    return [line(f" ({url})", "$muted")] if url and url != text else []


def draw_room(channel: Preview, *, is_configured: bool) -> list[Content]:
    """Returns how much of its room a text takes, and how the channel counts."""
    rows = []
    if not channel.problem:
        style = "$muted" if channel.is_fitting else "bold $state-down"
        size = f"{channel.used} of {channel.limit} {channel.unit}"
        if channel.form is Form.SMS:
            size = f"{len(channel.segments)} SMS of at most {channel.limit}"
        rows.append(join((size, style), (f"   {channel.note}" if channel.note else "", "$muted")))
    if not is_configured:
        who = (
            "the page sends it to its subscribers"
            if channel.form in (Form.MAIL, Form.SMS)
            else "no channel is configured"
        )
        rows.append(line(f"An example: {who}.", "$muted"))
    return rows
