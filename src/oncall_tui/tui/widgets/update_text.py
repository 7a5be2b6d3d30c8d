"""The field in which an update is typed."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.widgets import TextArea
from textual.widgets.text_area import Selection

from oncall_tui.domain.sanitize import clean_block
from oncall_tui.domain.update import BODY_LIMIT
from oncall_tui.tui.host import tell

#: More of one paste is not taken: wrapping it would stop the screen for minutes, and no page takes it.
_PASTE_LIMIT = BODY_LIMIT * 2
#: Keys that mean something else while an update is written: ctrl+y copies the update.
_TAKEN = frozenset({"ctrl+y,super+y"})


class UpdateText(TextArea, inherit_bindings=False):
    """Takes typed and pasted text; what a paste brings along that could steer a terminal is made visible."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(binding for binding in TextArea.BINDINGS if isinstance(binding, Binding) and binding.key not in _TAKEN),
        Binding("ctrl+shift+z,super+y", "redo", "Redo", show=False),
    ]

    def on_mount(self) -> None:
        self.cursor_blink = False

    def on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        if not self.read_only and event.text:
            text = event.text[:_PASTE_LIMIT]
            if len(text) < len(event.text):
                tell(self.app, f"The paste was cut: the page takes {BODY_LIMIT} characters.", "warning")
            self.replace(clean_block(text, _PASTE_LIMIT), *sorted((self.selection.start, self.selection.end)))

    @property
    def cursor_offset(self) -> int:
        """The cursor as a number of characters from the start of the text."""
        return int(self.document.get_index_from_location(self.cursor_location))  # type: ignore[attr-defined]

    def move_to_offset(self, offset: int) -> None:
        """Puts the cursor after so many characters, at the end of a shorter text."""
        self.move_cursor(self.document.get_location_from_index(min(max(offset, 0), len(self.text))))  # type: ignore[attr-defined]

    def put_text(self, text: str) -> None:
        """Replaces everything so that one undo brings it back."""
        self.replace(clean_block(text), (0, 0), self.document.end)

    def select_span(self, start: int, end: int) -> None:
        """Selects the characters from `start` to `end` and brings them into view."""
        locate = self.document.get_location_from_index  # type: ignore[attr-defined]
        self.selection = Selection(locate(min(start, len(self.text))), locate(min(end, len(self.text))))
        self.scroll_cursor_visible()
