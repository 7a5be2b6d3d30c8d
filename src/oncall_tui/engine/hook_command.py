"""Runs the program of a hook: without a shell, with a deadline, and with nothing of it left behind.

Blocking, for a thread of its own: to start a program may take as long as the disk that it lies on.
"""

from __future__ import annotations

import errno
import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO

from msgspec import Struct

from oncall_tui.domain.duration import format_duration
from oncall_tui.domain.sanitize import clean_block, clean_line

PASSED_ON = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ")
OUTPUT_LIMIT = 1_000_000
TERM_GRACE_S = 1.0
_FOR_NOW = (errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM)
"""What this host has run out of, and may have again in a moment."""
_USUAL_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_KEPT = 4_000
_LOOK_EVERY_S = 0.05
_REAP_WITHIN_S = 2.0


class Outcome(Struct, frozen=True):
    """What became of a call: `words` for people, inert; `said` is the end of what came back, inert.

    One that `may_follow` may be tried again, after `wait_ms` where the receiver said so.
    """

    is_taken: bool
    words: str
    said: str = ""
    may_follow: bool = False
    wait_ms: int | None = None


def run_command(
    command: Sequence[str], document: str, timeout_ms: int, environ: Mapping[str, str], is_over: threading.Event
) -> Outcome:
    """Runs a program with a document on stdin; `is_over` ends it at once. Never raises for what the program does."""
    shown = clean_line(command[0], 100)
    try:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=pass_on(environ),
            cwd="/",
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        why = clean_line(getattr(error, "strerror", None) or "not a command", 100)
        is_for_now = isinstance(error, OSError) and error.errno in _FOR_NOW
        return Outcome(False, f"{shown} cannot be started: {why}", may_follow=is_for_now)
    began = time.monotonic()
    with _Run(process, document.encode("ascii"), began + timeout_ms / 1000, is_over) as run:
        is_late = not run.wait_for_end()
    took = format_duration((time.monotonic() - began) * 1000)
    said = clean_block(run.tail.decode("utf-8", "replace").strip(), _KEPT)
    if is_late:
        why = "the engine stops" if is_over.is_set() else f"it did not end within {format_duration(timeout_ms)}"
        return Outcome(False, f"{shown} was ended: {why}", said)
    code = process.returncode
    if code == 0:
        return Outcome(True, f"{shown} ended well after {took}", said)
    how = f"exit code {code}" if code is not None and code > 0 else f"signal {-(code or 0)}"
    last = clean_line(said.rpartition("\n")[2], 200)
    return Outcome(False, f"{shown} failed with {how}" + (f": {last}" if last else ""), said)


def pass_on(environ: Mapping[str, str]) -> dict[str, str]:
    """Returns the environment of a program: what it needs to find things, and no token of ours."""
    return {"PATH": _USUAL_PATH, **{name: environ[name] for name in PASSED_ON if name in environ}}


class _Run:
    """One process, fed and read until it ends, or is ended."""

    def __init__(
        self, process: subprocess.Popen[bytes], document: bytes, ends_at: float, is_over: threading.Event
    ) -> None:
        self.tail = b""
        self._process = process
        self._left = document
        self._ends_at = ends_at
        self._is_over = is_over
        self._read = 0
        self._selector = selectors.DefaultSelector()
        for stream, event in ((process.stdout, selectors.EVENT_READ), (process.stdin, selectors.EVENT_WRITE)):
            assert stream is not None
            os.set_blocking(stream.fileno(), False)
            self._selector.register(stream, event)

    def __enter__(self) -> _Run:
        return self

    def __exit__(self, *_: object) -> None:
        """Ends what the program left running, and takes its exit status.

        It is not waited for before, so that its id still names its own session and no other.
        """
        self._signal(signal.SIGKILL)
        for key in list(self._selector.get_map().values()):
            self._close(key.fileobj)  # type: ignore[arg-type] # the two pipes
        self._selector.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_REAP_WITHIN_S)

    def wait_for_end(self) -> bool:
        """Returns True when it ended by itself, False when it was told to."""
        while not self._has_ended():
            if self._is_over.is_set():
                return False
            if time.monotonic() >= self._ends_at:
                self._signal(signal.SIGTERM)
                self._ends_at += TERM_GRACE_S
                while not self._has_ended() and time.monotonic() < self._ends_at and not self._is_over.is_set():
                    self._exchange(_LOOK_EVERY_S)
                return False
            self._exchange(_LOOK_EVERY_S)
        # What it had written by then is in the pipe; what it left behind may go on writing for ever.
        until = time.monotonic() + _LOOK_EVERY_S
        while self._exchange(0) and time.monotonic() < until:
            pass
        return True

    def _has_ended(self) -> bool:
        return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def _exchange(self, seconds: float) -> bool:
        """Moves what can be moved; returns whether anything was."""
        if not self._selector.get_map():
            if seconds:
                time.sleep(seconds)
            return False
        ready = self._selector.select(seconds)
        for key, _ in ready:
            stream: IO[bytes] = key.fileobj  # type: ignore[assignment] # the two pipes
            try:
                is_open = self._feed(stream) if stream is self._process.stdin else self._drain(stream)
            except BlockingIOError:
                continue
            except OSError:
                is_open = False
            if not is_open:
                self._close(stream)
        return bool(ready)

    def _feed(self, stream: IO[bytes]) -> bool:
        self._left = self._left[os.write(stream.fileno(), self._left) :]
        return bool(self._left)

    def _drain(self, stream: IO[bytes]) -> bool:
        chunk = os.read(stream.fileno(), 65_536)
        self._read += len(chunk)
        self.tail = (self.tail + chunk)[-_KEPT:]
        return bool(chunk) and self._read < OUTPUT_LIMIT

    def _close(self, stream: IO[bytes]) -> None:
        self._selector.unregister(stream)
        with suppress(OSError):
            stream.close()

    def _signal(self, number: signal.Signals) -> None:
        # macOS refuses where all of it has ended already.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)
