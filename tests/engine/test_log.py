"""The engine's log: one inert line an event, of bounded size, without other people's chatter."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from oncall_tui.engine.log import open_log
from oncall_tui.engine.spawn import log_path


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers = []
    open_log(tmp_path / "oncall.db")
    yield log_path(tmp_path / "oncall.db")
    for handler in root.handlers:
        handler.close()
    root.handlers, root.level = handlers, level
    logging.raiseExceptions = True


def test_an_event_is_one_inert_line(log: Path) -> None:
    logging.getLogger("oncall_tui.x").warning("first\nsecond \x1b[2J%s", "\u202e")
    try:
        int("deep")
    except ValueError:
        logging.getLogger("oncall_tui.x").exception("failed")
    logging.getLogger("httpx").info("GET https://page.example/secret")
    first, second = log.read_text().splitlines()
    assert "Z WARNING oncall_tui.x: first second ␛[2J<U+202E>" in first
    assert "ValueError: invalid literal" in second


def test_it_does_not_grow_for_ever(log: Path) -> None:
    for _ in range(400):
        logging.getLogger("oncall_tui.x").warning("%s", "x" * 7_000)
    sizes = [path.stat().st_size for path in log.parent.iterdir()]
    assert len(sizes) == 2
    assert max(sizes) <= 1_000_000
