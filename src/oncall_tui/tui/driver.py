"""The terminal driver: survives bytes that are no text, ends when the terminal ends, and never spins on a dead one."""

from __future__ import annotations

import codecs
import os
import select
import selectors
import signal
import time
from collections.abc import Iterable

from rich.segment import Segment
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.color import Color
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Key
from textual.filter import LineFilter

from oncall_tui.domain.sanitize import clean_line, is_clean
from oncall_tui.tui.text import Glyphs

_READ_LIMIT = 4096
_LOOK_EVERY_S = 0.1
#: No hand is so fast: what comes so soon behind other bytes was sent along with them.
_SAME_PIECE_S = 0.01
_NOTICE_LIMIT = 150
#: What the stock parser turns into signs of its own behind an `esc`.
_AFTER_ESCAPE = "0123456789-=§"
#: The signs that the drawing library makes frames, bars (U+2500 to U+259F) and cuts of, for terminals without them.
_FRAME_TWINS = {
    **dict.fromkeys(range(0x2500, 0x2580), "+"),
    **dict.fromkeys(map(ord, "─━═╌╍┄┅┈┉╴╶╸╺"), "-"),
    **dict.fromkeys(map(ord, "│┃║╎╏┆┇┊┋╵╷╹╻"), "|"),
    **dict.fromkeys(range(0x2580, 0x25A0), "|"),
    **dict.fromkeys(map(ord, "▀▁▂▃▄▅▆▇▔"), "-"),
    ord("…"): ".",
}


class KeyParser(XTermParser):
    """Reads `esc` and the key after it as two keys, however close they arrive.

    A slow link delivers both in one read; the stock parser then makes one key with alt of them, which no action has,
    or types one of the signs of a Mac's option key into what customers get.
    """

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[Key]:
        if len(sequence) == 2 and sequence[0] == "\x1b" and sequence[1] in _AFTER_ESCAPE:
            sequence, alt = sequence[1], True
        if alt:
            yield Key("escape", "\x1b")
        yield from super()._sequence_to_key_events(sequence)


class OncallDriver(LinuxDriver):
    """The stock driver with an input loop of our own: the stock one ends on invalid UTF-8 and spins at end of file."""

    def start_application_mode(self) -> None:
        """Starts drawing; a stop by job control would leave the terminal raw in the hands of the shell."""
        super().start_application_mode()  # type: ignore[no-untyped-call] # as the library has it
        for number in (signal.SIGTTOU, signal.SIGTTIN, signal.SIGTSTP):
            signal.signal(number, signal.SIG_IGN)

    def run_input_thread(self) -> None:
        """Turns bytes into events until the driver stops or the terminal is gone.

        Keys that came in one piece carry the same time: none of them was pressed after seeing what another did.
        """
        parser = KeyParser(self._debug)
        decode = codecs.getincrementaldecoder("utf-8")(errors="replace").decode
        read_at = piece_at = 0.0
        # What was pressed before the terminal was ours went through its line settings: enter became a newline.
        is_from_before = bool(select.select([self.fileno], [], [], 0)[0])
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(_LOOK_EVERY_S):
                    try:
                        raw = os.read(self.fileno, _READ_LIMIT)
                    except OSError:
                        raw = b""
                    if not raw:
                        os.kill(os.getpid(), signal.SIGHUP)
                        return
                    before, read_at = read_at, time.monotonic()
                    if read_at - before > _SAME_PIECE_S:
                        piece_at = read_at
                    text = decode(raw)
                    if is_from_before:
                        text, is_from_before = text.replace("\n", "\r"), False
                    for message in parser.feed(text):
                        message.time = piece_at
                        self.process_message(message)
                for message in parser.tick():
                    self.process_message(message)


def show_notice(app: App[object], form: str, words: str) -> None:
    """Asks the terminal to show a notice on the desktop; one that knows none of it shows nothing."""
    driver = app._driver
    if isinstance(driver, OncallDriver):
        driver.write(make_notice(form, words, is_in_tmux=bool(os.environ.get("TMUX"))))


def make_notice(form: str, words: str, *, is_in_tmux: bool) -> str:
    """Returns the bytes of a notice in the form `osc9` (iTerm2) or `osc777` (urxvt), one printable line within.

    The form ends at a bell, and its fields at a semicolon. tmux passes on what is wrapped for it, where
    `allow-passthrough` is on, every escape doubled (tmux(1)).
    """
    text = "".join(sign if sign.isprintable() else " " for sign in clean_line(words, _NOTICE_LIMIT))
    text = text.replace(";", ",")
    if Glyphs.is_ascii:
        text = text.encode("ascii", "replace").decode()
    command = f"9;oncall-tui: {text}" if form == "osc9" else f"777;notify;oncall-tui;{text}"
    sequence = f"\x1b]{command}\a"
    return "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\" if is_in_tmux else sequence


class InertFilter(LineFilter):
    """The second barrier: whatever a widget was given, no control sign of it reaches the terminal."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Returns segments whose text is inert; those that are clean already stay the same objects."""
        return [_make_inert(segment) for segment in segments]


def _make_inert(segment: Segment) -> Segment:
    text, style, control = segment
    if Glyphs.is_ascii and not control and not text.isascii():
        text = text.translate(_FRAME_TWINS)
        segment = Segment(text, style, control)
    if control or (text.isascii() and text.isprintable()) or (is_clean(text) and "\n" not in text and "\t" not in text):
        return segment
    return Segment(clean_line(text, limit=len(text) * 12 + 1), style, control)
