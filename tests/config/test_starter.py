"""The starter: valid, private to nobody, and never written over anything."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

import pytest

from oncall_tui.config.load import load_config
from oncall_tui.config.starter import read_starter, write_starter
from oncall_tui.domain.errors import UsageError


def test_a_fresh_starter_is_a_valid_config(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "oncall.toml"
    before = os.umask(0o077)
    try:
        write_starter(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    config = load_config(path)
    assert config.probes
    assert config.pages == ()


def test_the_starter_with_everything_switched_on_is_valid_too(tmp_path: Path) -> None:
    (tmp_path / "runbooks").mkdir()
    (tmp_path / "runbooks" / "site-down.md").touch()
    path = tmp_path / "oncall.toml"
    path.write_text(re.sub(r"(?m)^# (?=\[|[a-z_]+ = )", "", read_starter()))
    config = load_config(path)
    assert config.pages
    assert {probe.kind for probe in config.probes} == {"http", "tcp", "tls", "dns"}


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "oncall.toml"
    path.write_text("mine")
    with pytest.raises(UsageError, match="left as it is"):
        write_starter(path)
    assert path.read_text() == "mine"
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "target")
    with pytest.raises(UsageError, match="left as it is"):
        write_starter(link)
    assert not (tmp_path / "target").exists()


@pytest.mark.parametrize("name", ["file/x/oncall.toml", "x" * 300, "a\0b", "file/\x1b[31m"])
def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError) as caught:
        write_starter(tmp_path / name)
    assert str(caught.value).isprintable()
