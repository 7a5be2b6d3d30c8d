"""The field in which an update is typed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Offset
from textual.widgets import TextArea
from textual.widgets.text_area import EditHistory, Selection

from oncall_tui.domain.sanitize import clean_block
from oncall_tui.domain.update import BODY_LIMIT
from oncall_tui.tui.host import tell

#: More of one paste is not taken: wrapping it would stop the screen for minutes, and no page takes it.
_PASTE_LIMIT = BODY_LIMIT * 2
#: Keys that mean something else while an update is written.
_TAKEN = frozenset({"ctrl+y", "ctrl+e", "f6", "f7"})
#: So many drafts keep what can be undone in them; the one that was left longest ago loses it first.
_KEPT_HISTORIES = 20


def _list_free() -> Iterator[Binding]:
    """Yields what the field does without the keys that are taken from it."""
    for binding in TextArea.BINDINGS:
        if isinstance(binding, Binding):
            keys = [key for key in binding.key.split(",") if key not in _TAKEN]
            if keys and "super+y" not in keys:
                yield replace(binding, key=",".join(keys))


class UpdateText(TextArea, inherit_bindings=False):
    """Takes typed and pasted text; what a paste brings along that could steer a terminal is made visible."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *_list_free(),
        Binding("ctrl+shift+z,super+y", "redo", "Redo", show=False),
    ]

    def __init__(self, *, id: str) -> None:  # noqa: A002 -- as every widget
        super().__init__(id=id, soft_wrap=True, show_line_numbers=False)
        self._left: dict[int, tuple[str, EditHistory]] = {}

    def on_mount(self) -> None:
        self.cursor_blink = False

    def leave(self, draft_id: int) -> None:
        """Keeps what can be undone in the draft that is shown, for when it is shown again."""
        self._left.pop(draft_id, None)
        self._left[draft_id] = (self.text, self.history)
        while len(self._left) > _KEPT_HISTORIES:
            del self._left[next(iter(self._left))]

    def show_draft(self, draft_id: int, text: str) -> None:
        """Shows another draft with its own undo; what was written in it elsewhere meanwhile is one step of that."""
        known, history = self._left.pop(draft_id, (text, self._begin_history()))
        self.history = self._begin_history()
        self.load_text(known)
        self.history = history
        if known != text:
            self.put_text(text)

    def _begin_history(self) -> EditHistory:
        like = self.history
        return EditHistory(like.max_checkpoints, like.checkpoint_timer, like.checkpoint_max_characters)

    def on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        if not self.read_only and event.text:
            text = event.text[:_PASTE_LIMIT]
            if len(text) < len(event.text):
                tell(self.app, f"The paste was cut: the page takes {BODY_LIMIT} characters.", "warning")
            self.replace(clean_block(text, _PASTE_LIMIT), *sorted((self.selection.start, self.selection.end)))

    def scroll_cursor_visible(self, center: bool = False, animate: bool = False) -> Offset:
        """Brings the cursor into view, once it stands in the text again.

        Where an edit makes the text fit, the library asks for it while the cursor still stands in what is gone
        (textual 8.2.8, `TextArea._undo_batch`); it asks again when the cursor has moved.
        """
        row, column = self.cursor_location
        if row >= self.document.line_count or column > len(self.document.get_line(row)):
            return Offset(0, 0)
        return super().scroll_cursor_visible(center, animate)

    def focus_back(self) -> None:
        """Takes the focus back at once: the next key that was pressed is meant for the text."""
        self.screen.set_focus(self)

    @property
    def cursor_offset(self) -> int:
        """The cursor as a number of characters from the start of the text."""
        return int(self.document.get_index_from_location(self.cursor_location))  # type: ignore[attr-defined]

    def move_to_offset(self, offset: int) -> None:
        """Puts the cursor after so many characters, at the end of a shorter text."""
        self.move_cursor(self.document.get_location_from_index(min(max(offset, 0), len(self.text))))  # type: ignore[attr-defined]

    def put_text(self, text: str) -> None:
        """Replaces everything so that one undo brings it back."""
        self.history.checkpoint()
        self.replace(clean_block(text), (0, 0), self.document.end)
        self.history.checkpoint()

    def replace_span(self, start: int, end: int, words: str) -> None:
        """Puts words in the place of the characters from `start` to `end`, as one step of undo."""
        locate = self.document.get_location_from_index  # type: ignore[attr-defined]
        self.history.checkpoint()
        self.replace(clean_block(words), locate(start), locate(end))
        self.history.checkpoint()

    def select_span(self, start: int, end: int) -> None:
        """Selects the characters from `start` to `end` and brings them into view."""
        locate = self.document.get_location_from_index  # type: ignore[attr-defined]
        self.selection = Selection(locate(min(start, len(self.text))), locate(min(end, len(self.text))))
        self.scroll_cursor_visible()
