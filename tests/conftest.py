from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from oncall_tui.store.database import Database, open_database


@pytest.fixture(autouse=True, scope="session")
def _ctrl_c() -> None:
    """A run in the background of a script ignores ctrl+c, and what tests start would inherit that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "oncall.db"


@pytest.fixture
def db(path: Path) -> Iterator[Database]:
    with open_database(path) as database:
        yield database
