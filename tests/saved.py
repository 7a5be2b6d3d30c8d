"""What an engine has saved, for tests to look at."""

from __future__ import annotations

from oncall_tui.domain.probe import Result
from oncall_tui.store.database import Database
from oncall_tui.store.results import _COLUMNS, NUMBER, _read


def list_results(db: Database, probe: str) -> list[Result]:
    """Returns all runs of a probe, newest first."""
    rows = db.rows(f"SELECT {_COLUMNS} FROM result WHERE probe = {NUMBER} ORDER BY id DESC", probe)
    return [_read(probe, row) for row in rows]
