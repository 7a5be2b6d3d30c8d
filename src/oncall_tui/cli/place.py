"""Where things are and who asks: the database, the config, the actor; light enough for `--help`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from oncall_tui.domain.errors import ConfigError, UsageError
from oncall_tui.domain.sanitize import clean_line

if TYPE_CHECKING:
    from oncall_tui.config.model import Config
    from oncall_tui.store.database import Database

DB_VARIABLE = "ONCALL_TUI_DB"
ACTOR_VARIABLE = "ONCALL_TUI_ACTOR"


@dataclass(slots=True)
class Place:
    """What `--db` and `--config` say, on the group or on the command; None where they say nothing."""

    db: str | None = None
    config: str | None = None

    def db_path(self) -> Path:
        """Returns `--db`, else ONCALL_TUI_DB, else a file in the user's state folder. Raises UsageError."""
        named = self.db or os.environ.get(DB_VARIABLE)
        if named is None or named == "":
            import platformdirs

            return platformdirs.user_state_path("oncall-tui") / "oncall.db"
        if "\0" in named:
            raise UsageError("The database path holds a NUL byte: name a file with --db.")
        return Path(named).absolute()

    def open_db(self, *, is_read_only: bool = False) -> Database:
        """Opens the database. Raises StoreError."""
        from oncall_tui.store.database import open_database

        return open_database(self.db_path(), is_read_only=is_read_only)

    def has_config(self) -> bool:
        """Tells whether there is a config file at all. Raises ConfigError for one that is named and missing."""
        return self._find() is not None

    def find_config(self) -> Path:
        """Returns the config file in use. Raises ConfigError or UsageError when there is none."""
        found = self._find()
        if found is None:
            raise UsageError(
                "There is no config yet: run `oncall-tui init` to write a starter, or `oncall-tui demo` to look around."
            )
        return found

    def load_config(self) -> Config:
        """Returns the config in use. Raises ConfigError or UsageError."""
        from oncall_tui.config.load import load_config

        return load_config(self.find_config())

    def sending_config(self) -> Config | None:
        """Returns the config in use, None when there is none, for commands that send words.

        One with faults is no config to send by: its pages, its rules and its second person would be left out. Raises
        ConfigError.
        """
        return self.load_config() if self.has_config() else None

    def try_config(self) -> Config | None:
        """Returns the config in use, None when there is none or it has faults, for commands that work without."""
        try:
            return self.load_config()
        except (ConfigError, UsageError):
            return None

    def _find(self) -> Path | None:
        from oncall_tui.config.load import find_config

        return find_config(self.config, os.environ, Path.cwd())


def read_actor() -> str:
    """Returns who asks: ONCALL_TUI_ACTOR, else `user@host`; inert and at most 100 characters."""
    named = os.environ.get(ACTOR_VARIABLE, "").strip()
    if named:
        return clean_line(named, 100)
    import getpass

    try:
        user = getpass.getuser()
    except (OSError, KeyError):
        user = f"uid{os.getuid()}"
    return clean_line(f"{user}@{os.uname().nodename}", 100)
