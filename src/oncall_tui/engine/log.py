"""The engine's log: small, beside the database, one line an event."""

from __future__ import annotations

import logging
import time
from logging.handlers import RotatingFileHandler
from pathlib import Path

from oncall_tui.domain.sanitize import clean_line
from oncall_tui.engine.spawn import log_path

_LINE_LIMIT = 8_000
_SIZE_LIMIT = 1_000_000


class _OneLine(logging.Formatter):
    """One inert line an event, in UTC, whatever a message or a traceback holds."""

    converter = staticmethod(time.gmtime)

    def format(self, record: logging.LogRecord) -> str:
        return clean_line(super().format(record), _LINE_LIMIT)


def open_log(db_path: Path) -> None:
    """Sends the log of this process to a small file beside the database: two of at most 1 MB, one line an event."""
    handler = RotatingFileHandler(log_path(db_path), maxBytes=_SIZE_LIMIT, backupCount=1, encoding="utf-8", delay=True)
    handler.setFormatter(_OneLine("%(asctime)sZ %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.raiseExceptions = False
    # They tell every request, with its address.
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
