"""Which config is used: what is named comes first, and is never passed over in silence."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from oncall_tui.config.load import find_config
from oncall_tui.domain.errors import ConfigError


def test_the_first_config_that_is_named_or_found_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    cwd = tmp_path / "here"
    cwd.mkdir()
    assert find_config(None, {}, cwd) is None
    if sys.platform == "linux":
        user = tmp_path / "config" / "oncall-tui" / "oncall.toml"
        user.parent.mkdir(parents=True)
        user.touch()
        assert find_config(None, {}, cwd) == user
    (cwd / "oncall.toml").touch()
    assert find_config(None, {}, cwd) == cwd / "oncall.toml"
    (cwd / "named.toml").touch()
    assert find_config(None, {"ONCALL_TUI_CONFIG": "named.toml"}, cwd) == cwd / "named.toml"
    assert find_config(None, {"ONCALL_TUI_CONFIG": ""}, cwd) == cwd / "oncall.toml"
    (cwd / "given.toml").touch()
    assert find_config("given.toml", {"ONCALL_TUI_CONFIG": "named.toml"}, cwd) == cwd / "given.toml"


@pytest.mark.parametrize("name", ["gone.toml", "a\0b", "x" * 5_000, "\x1b[31m"])
def test_a_named_config_that_is_not_there_stops_the_search(tmp_path: Path, name: str) -> None:
    (tmp_path / "oncall.toml").touch()
    with pytest.raises(ConfigError, match="--config names it") as caught:
        find_config(name, {}, tmp_path)
    assert str(caught.value).isprintable()
    with pytest.raises(ConfigError, match="ONCALL_TUI_CONFIG names it"):
        find_config(None, {"ONCALL_TUI_CONFIG": name}, tmp_path)
