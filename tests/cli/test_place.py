"""Where the program looks, and who it says that asks."""

from __future__ import annotations

from pathlib import Path

import platformdirs
import pytest

from oncall_tui.cli.place import Place, read_actor
from oncall_tui.domain.errors import ConfigError, UsageError


def test_the_database_is_the_option_then_the_variable_then_the_state_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ONCALL_TUI_DB", "variable.db")
    assert Place(db="option.db").db_path() == tmp_path / "option.db"
    assert Place().db_path() == tmp_path / "variable.db"
    monkeypatch.setenv("ONCALL_TUI_DB", "")
    assert Place().db_path() == platformdirs.user_state_path("oncall-tui") / "oncall.db"
    with pytest.raises(UsageError, match="NUL"):
        Place(db="a\0b").db_path()


def test_a_config_that_is_named_and_missing_is_no_missing_config(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ONCALL_TUI_CONFIG", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    assert not Place().has_config()
    with pytest.raises(UsageError, match="oncall-tui init"):
        Place().load_config()
    with pytest.raises(ConfigError):
        Place(config="nowhere.toml").has_config()
    (tmp_path / "oncall.toml").write_text("")
    assert Place().find_config() == tmp_path / "oncall.toml"


def test_the_actor_is_inert_and_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONCALL_TUI_ACTOR", " me\x1b[2J\n" + "x" * 500)
    assert read_actor().startswith("me␛[2J x")
    assert len(read_actor()) == 100
    monkeypatch.setenv("ONCALL_TUI_ACTOR", " ")
    monkeypatch.setenv("LOGNAME", "chris")
    assert read_actor().startswith("chris@")
