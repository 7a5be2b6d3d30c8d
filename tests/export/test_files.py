"""Files are whole or absent, and nothing that stands there is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from oncall_tui.domain.errors import RefusedError
from oncall_tui.export.files import keep_beside, write_file


def test_a_file_is_written_once_and_replaced_only_when_told(tmp_path: Path) -> None:
    path = tmp_path / "review.md"
    write_file(path, "one", is_replacing=False, mode=0o600)
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(RefusedError, match="exists already"):
        write_file(path, "two", is_replacing=False)
    assert path.read_text() == "one"
    write_file(path, "two", is_replacing=True)
    assert path.read_text() == "two"
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "review.md"
    with pytest.raises(UnicodeEncodeError):
        write_file(path, "whole \ud800", is_replacing=False)
    assert list(tmp_path.iterdir()) == []
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        write_file(path, "whole \ud800", is_replacing=True)
    assert path.read_text() == "old"
    with pytest.raises(FileNotFoundError):
        write_file(tmp_path / "none" / "review.md", "x", is_replacing=False)


def test_a_link_is_not_followed_to_a_place_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "link.md").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RefusedError):
        write_file(tmp_path / "link.md", "x", is_replacing=False)
    assert not (tmp_path / "elsewhere").exists()


def test_a_kept_text_takes_the_next_free_name(tmp_path: Path) -> None:
    db = tmp_path / "oncall.db"
    kept = [keep_beside(db, "oncall.db.postmortem-7", text) for text in ("a", "b")]
    assert [path.name for path in kept] == ["oncall.db.postmortem-7-1.md", "oncall.db.postmortem-7-2.md"]
    assert [path.read_text() for path in kept] == ["a", "b"]
