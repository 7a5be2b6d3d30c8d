"""What an engine has saved, for tests to look at."""

from __future__ import annotations

from oncall_tui.domain.probe import Result
from oncall_tui.store.database import Database
from oncall_tui.store.results import NUMBER, RUNS, read_runs


def list_results(db: Database, probe: str) -> list[Result]:
    """Returns all runs of a probe, newest first."""
    return read_runs(probe, db.rows(f"{RUNS} WHERE result.probe = {NUMBER} ORDER BY result.id DESC", probe))
