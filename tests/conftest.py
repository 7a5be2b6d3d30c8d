from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from oncall_tui.store.database import Database, open_database


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "oncall.db"


@pytest.fixture
def db(path: Path) -> Iterator[Database]:
    with open_database(path) as database:
        yield database
