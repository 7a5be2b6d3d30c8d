"""Watches what one thread really puts on the line, and cuts it off at a deadline.

Apprise answers with True or False alone, and a thread cannot be ended. The audit events of the standard library
(`http.client.send`, `smtplib.send`, `socket.connect`) are raised right before bytes leave: they tell whether a message
may have been applied, and an error raised from them keeps it from leaving late.
"""

from __future__ import annotations

import http.client
import logging
import re
import smtplib
import sys
import threading
import time
from enum import StrEnum

_WATCHED = frozenset({"http.client.send", "smtplib.send", "socket.connect", "socket.sendto"})
_REQUEST = re.compile(rb"(?!CONNECT )[A-Z]+ \S+ HTTP/1\.[01]\r\n")
# What plugins log last on an answer that they do not like, and smtplib's own words about a refusal.
_HTTP_STATUS = re.compile(r"\berror=(\d{3})\.?$")
_SMTP_CODE = re.compile(r"^Socket Exception: .*?\((\d{3}), b", re.DOTALL)
# Their logs quote addresses, with the passwords in them.
_SILENCED = ("requests", "urllib3", "requests_oauthlib", "oauthlib")


class Line(StrEnum):
    """How a message travels: only what is known can be watched."""

    HTTP = "http"
    SMTP = "smtp"
    OTHER = "other"


class Wire:
    """What became of one message. `messages` counts requests, or mails whose content was about to be handed over.

    `line` is None until sending begins. `status` is the last HTTP status or SMTP code that was complained of, None when
    there was none.
    """

    def __init__(self, timeout_s: float) -> None:
        self.line: Line | None = None
        self.messages = 0
        self.status: int | None = None
        self._ends_at = time.monotonic() + timeout_s
        self._is_closed = False
        self._lock = threading.Lock()

    def begin(self, line: Line) -> None:
        """Raises TimeoutError when the wire was closed before, or its time is over."""
        with self._lock:
            self._require_open()
            self.line = line

    def close(self) -> None:
        """Lets nothing more leave; what was counted until now is final."""
        with self._lock:
            self._is_closed = True

    def note(self, event: str, args: tuple[object, ...]) -> None:
        with self._lock:
            if not self._is_open and isinstance(args[0], http.client.HTTPConnection | smtplib.SMTP):
                # Its caller takes the error for one of the line, which would have closed it.
                args[0].close()
            self._require_open()
            content = args[1] if len(args) > 1 else b""
            if event == "http.client.send" and isinstance(content, bytes):
                self.messages += bool(_REQUEST.match(content))
            elif event == "smtplib.send":
                command = content.decode("latin-1") if isinstance(content, bytes) else str(content)
                self.messages += command.lower() == "data\r\n"

    def note_words(self, record: logging.LogRecord) -> None:
        pattern = _SMTP_CODE if self.line is Line.SMTP else _HTTP_STATUS
        if (self.line is Line.SMTP) == (record.levelno == logging.DEBUG) and (
            found := pattern.search(record.getMessage())
        ):
            self.status = int(found.group(1))

    @property
    def _is_open(self) -> bool:
        """Looks at the clock too: a process that was stopped may go on here before its loop notices the deadline."""
        return not self._is_closed and time.monotonic() < self._ends_at

    def _require_open(self) -> None:
        if not self._is_open:
            raise TimeoutError("past its deadline")


class _Here(threading.local):
    wire: Wire | None = None


_here = _Here()
_once = threading.Lock()
_is_watching = False


class _Listener(logging.Filter):
    """Takes a status out of what Apprise logs, and keeps all of it from every handler."""

    def filter(self, record: logging.LogRecord) -> bool:
        if _here.wire is not None:
            _here.wire.note_words(record)
        return False


def _hear(event: str, args: tuple[object, ...]) -> None:
    if event in _WATCHED and _here.wire is not None:
        _here.wire.note(event, args)


def start_watching() -> None:
    """Begins to listen, once a process, and cuts the logs of the libraries off from everybody else."""
    global _is_watching
    with _once:
        if not _is_watching:
            sys.addaudithook(_hear)
            for name in _SILENCED:
                logging.getLogger(name).setLevel(logging.CRITICAL + 1)
            logger = logging.getLogger("apprise")
            logger.addFilter(_Listener())
            logger.setLevel(logging.DEBUG)
            _is_watching = True


def watch(wire: Wire) -> None:
    """Ties this thread to a wire until the thread ends."""
    _here.wire = wire
