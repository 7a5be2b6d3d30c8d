"""A real terminal for tests: a program on a pty, its screen kept by pyte, its bytes kept whole."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from types import TracebackType

import pyte
from tests.pace import Deadline

KEYS = {
    "enter": "\r",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "esc": "\x1b[27u",  # as terminals say it that tell keys apart: a lone ESC before a busy program begins a sequence
    "space": " ",
    "backspace": "\x7f",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "home": "\x1b[H",
    "end": "\x1b[F",
}
# Sequences that pyte would draw as text: keyboard protocol, mode queries, device strings.
_UNKNOWN_TO_PYTE = re.compile(
    rb"\x1b\[[<>=][0-9;]*[A-Za-z]|\x1b\[\?[0-9;]*\$p|\x1b\[\?u|\x1b[P_^][^\x1b]*\x1b\\|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"
)
_INCOMPLETE = re.compile(rb"\x1b(?:\[[0-9;<>=?$]*|[\]P_^][^\x07\x1b]*)?$")


class PtyScreen:
    """One program on a pty of its own; use it as a context, which kills what is left of it."""

    def __init__(
        self, command: Sequence[str], *, columns: int = 80, rows: int = 24, env: Mapping[str, str] | None = None
    ) -> None:
        self.screen = pyte.Screen(columns, rows)
        self.received = bytearray()
        self.status: int | None = None
        self._stream = pyte.ByteStream(self.screen)
        self._tail = b""
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **(env or {})}
        for name in ("LINES", "COLUMNS", "NO_COLOR"):
            environment.pop(name, None)
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], list(command), environment)
        self.before = termios.tcgetattr(self.fd)
        self.resize(columns, rows)

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.screen.resize(rows, columns)

    def press(self, *keys: str) -> None:
        """Presses keys one by one: a name of `KEYS`, `ctrl+x`, or text to type."""
        for key in keys:
            text = KEYS.get(key) or (chr(ord(key[5]) & 0x1F) if key.startswith("ctrl+") and len(key) == 6 else key)
            with contextlib.suppress(OSError):
                os.write(self.fd, text.encode())
            self.pump(0.15)

    def pump(self, seconds: float) -> None:
        """Reads for that long what the program sends."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            ready, _, _ = select.select([self.fd], [], [], min(left, 0.05))
            if ready:
                try:
                    chunk = os.read(self.fd, 65536)
                except OSError:
                    chunk = b""
                if not chunk:
                    self.has_ended()
                    time.sleep(0.02)
                    continue
                self._feed(chunk)
            elif self.has_ended():
                return

    def _feed(self, chunk: bytes) -> None:
        self.received += chunk
        chunk, self._tail = self._tail + chunk, b""
        if found := _INCOMPLETE.search(chunk):
            self._tail, chunk = chunk[found.start() :], chunk[: found.start()]
        self._stream.feed(_UNKNOWN_TO_PYTE.sub(b"", chunk))

    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.screen.display)

    def wait_for(self, text: str, seconds: float = 15) -> str:
        """Waits until a text is on the screen and returns the screen; fails with the screen otherwise."""
        deadline = Deadline(seconds)
        while not deadline.is_over():
            self.pump(0.05)
            if text in self.text():
                return self.text()
            if self.has_ended():
                break
        raise AssertionError(f"{text!r} did not appear (status {self.status}):\n{self.text()}")

    def wait_until_gone(self, text: str, seconds: float = 15) -> None:
        """Waits until a text has left the screen: a key before that may go to what is closing."""
        deadline = Deadline(seconds)
        while text in self.text():
            assert not deadline.is_over(), self.text()
            self.pump(0.05)

    def wait_for_end(self, seconds: float = 10) -> int:
        """Waits until the program ends and returns its exit status (negative: the signal that ended it)."""
        deadline = Deadline(seconds)
        while not deadline.is_over() and not self.has_ended():
            self.pump(0.05)
        if self.status is None:
            raise AssertionError(f"still running after {seconds} s:\n{self.text()}")
        self.pump(0.2)
        return self.status

    def has_ended(self) -> bool:
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status is not None

    def kill(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def __enter__(self) -> PtyScreen:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self.has_ended():
            self.kill(signal.SIGTERM)
            with contextlib.suppress(AssertionError):
                self.wait_for_end(3)
        if not self.has_ended():
            self.kill(signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)
