"""The field in which a whole document is typed."""

from __future__ import annotations

from textual import events

from oncall_tui.domain.postmortem import DOCUMENT_LIMIT
from oncall_tui.domain.sanitize import clean_block
from oncall_tui.tui.widgets.update_text import UpdateText


class DocumentText(UpdateText):
    """Takes pastes as long as a document may be."""

    def on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        words = clean_block(event.text, DOCUMENT_LIMIT)
        self.replace(words, *sorted((self.selection.start, self.selection.end)))
