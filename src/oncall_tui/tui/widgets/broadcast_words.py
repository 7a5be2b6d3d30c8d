"""What a review says of the channels beside the page: when they are told, and what of the update fits into each."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from oncall_tui.config.model import Config
from oncall_tui.domain.facts import Facts
from oncall_tui.domain.incident import Incident
from oncall_tui.domain.preview import Preview
from oncall_tui.domain.shortform import Form
from oncall_tui.tui.outgoing import Confirmation
from oncall_tui.tui.previews import list_previews
from oncall_tui.tui.snapshot import Snapshot
from oncall_tui.tui.text import Glyphs, cut, join, line, wrap
from oncall_tui.tui.widgets.review_words import LABEL_WIDTH, draw_labelled

_ROWS_SHOWN = 2
#: Forms that hold the whole update: there the head alone is worth a row.
_WHOLE = (Form.MAIL, Form.PAGE, Form.CHAT)


def list_channels(
    told: Confirmation, incident: Incident, config: Config, snapshot: Snapshot, now: int
) -> list[Preview]:
    """Returns the short form of an update for every channel of the config, in its order."""
    names = {item.name for item in config.broadcasts}
    shown = list_previews(told, incident, Facts(), config, snapshot, now).channels if names else ()
    return [channel for channel in shown if channel.name in names]


def draw_broadcasts(channels: Sequence[Preview], width: int, *, is_brief: bool = False) -> list[Content]:
    """Returns when the channels are told, and each with its room and its words; `is_brief` leaves the words out."""
    if not channels:
        return []
    rows = [draw_labelled("Then", line("once customers can see it on the page:", "$muted"))]
    for channel in channels:
        rows += _draw_channel(channel, max(20, width - LABEL_WIDTH), is_brief=is_brief)
    return rows


def _draw_channel(channel: Preview, width: int, *, is_brief: bool) -> list[Content]:
    name = (f"{channel.name}  ", "bold")
    if channel.problem:
        told = join(name, (f"{Glyphs.show('✖')} NOT TOLD: {channel.problem}", "$state-down"))
        return [draw_labelled("", line(row, "$state-down")) for row in wrap(told.plain, width)]
    style = "$muted" if channel.is_fitting else "bold $state-down"
    room = (f"{channel.used}/{channel.limit} {channel.unit}", style)
    if is_brief:
        return [draw_labelled("", cut(join(name, room), width))]
    words = channel.subject if channel.form is Form.MAIL else channel.text
    rows = [draw_labelled("", cut(join(name, room), width))]
    shown = wrap(" ".join(words.split()), width - 2)
    most = 1 if channel.form in _WHOLE else _ROWS_SHOWN
    for at, row in enumerate(shown[:most]):
        is_cut = at == most - 1 and len(shown) > most
        rows.append(draw_labelled("", cut(line(f"  {row}{Glyphs.show('…') if is_cut else ''}"), width)))
    return rows
