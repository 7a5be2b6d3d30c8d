"""A step of the schema: the old file is kept beside the new one, and a step that fails changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlite_utils import Database as Tables

from oncall_tui.store import database, migrations
from oncall_tui.store.database import open_database
from oncall_tui.store.timeline import add_note, list_entries

BACKUP = f"oncall.db.schema-{database.SCHEMA_VERSION}.backup"


@pytest.fixture
def next_release(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Yields the statements of a step that the next release takes, on a file of this one."""
    with open_database(path) as db:
        add_note(db, 1, "from the old release", "ana", 1)
    statements: list[str] = []
    steps = list(migrations.migrations._migrations)

    @migrations.migrations(name="next release")
    def take(tables: Tables) -> None:
        for statement in statements:
            tables.execute(statement)

    monkeypatch.setattr(database, "SCHEMA_VERSION", database.SCHEMA_VERSION + 1)
    yield statements
    migrations.migrations._migrations[:] = steps


def test_a_newer_release_keeps_the_old_file_and_what_was_in_it(path: Path, next_release: list[str]) -> None:
    next_release.append("ALTER TABLE timeline ADD COLUMN colour TEXT")
    with open_database(path) as db:
        assert [entry.text for entry in list_entries(db, 1)] == ["from the old release"]
        assert db.row("SELECT colour FROM timeline") is not None
        assert db.rows("PRAGMA user_version")[0][0] == database.SCHEMA_VERSION
    with open_database(path.with_name(BACKUP)) as old:
        assert [entry.text for entry in list_entries(old, 1)] == ["from the old release"]


def test_a_step_that_fails_leaves_the_file_as_it_was(path: Path, next_release: list[str]) -> None:
    next_release += ["ALTER TABLE timeline ADD COLUMN colour TEXT", "ALTER TABLE nowhere ADD COLUMN colour TEXT"]
    with pytest.raises(Exception, match="nowhere"):
        open_database(path)
    next_release[:] = []
    with open_database(path) as db:
        assert [entry.text for entry in list_entries(db, 1)] == ["from the old release"]
        assert "colour" not in {row["name"] for row in db.rows("PRAGMA table_info(timeline)")}


def test_a_second_opening_finds_the_step_taken(path: Path, next_release: list[str]) -> None:
    next_release.append("ALTER TABLE timeline ADD COLUMN colour TEXT")
    opened = [open_database(path) for _ in range(4)]
    for db in opened:
        assert db.row("SELECT colour FROM timeline") is not None
        db.close()
