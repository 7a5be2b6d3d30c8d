"""What an engine has saved, for tests to look at."""

from __future__ import annotations

from oncall_tui.domain.probe import Result
from oncall_tui.store.database import Database
from oncall_tui.store.probes import _result


def list_results(db: Database, probe: str) -> list[Result]:
    """Returns all runs of a probe, newest first."""
    return [_result(row) for row in db.rows("SELECT * FROM result WHERE probe = ? ORDER BY id DESC", probe)]
