"""What check and doctor say of recurring windows."""

from __future__ import annotations

from pathlib import Path

import pytest

from oncall_tui.cli.windows import check_windows, shape_windows, tell_windows
from oncall_tui.config.load import load_config
from oncall_tui.config.model import Config
from oncall_tui.domain.duration import DAY, HOUR

#: Saturday 24 October 2026, 12:00 UTC: the next night has an hour more in Berlin.
NOW = 1_792_843_200_000
TEXT = """\
[[probe]]
name = "db"
kind = "tcp"
target = "h.example:1"
[[probe]]
name = "web"
kind = "tcp"
target = "h.example:2"
[[window]]
name = "backup"
probes = ["db"]
every = ["sat", "sun"]
at = "23:30"
for = "5h"
zone = "Europe/Berlin"
"""


def load(folder: Path, text: str) -> Config:
    path = folder / "oncall.toml"
    path.write_text(text)
    return load_config(path)


def test_the_next_times_are_told_by_the_clocks_of_the_zone(tmp_path: Path) -> None:
    config = load(tmp_path, TEXT)
    (told,) = tell_windows(config, NOW)
    assert told == (
        "Window backup (1 probe, Europe/Berlin): Sat 2026-10-24 23:30 to Sun 03:30, Sun 2026-10-25 23:30 to Mon 04:30, "
        "Sat 2026-10-31 23:30 to Sun 04:30."
    )
    (shape,) = shape_windows(config, NOW)
    assert isinstance(shape, dict)
    assert shape["probes"] == ["db"]
    assert shape["next"][0] == {"from": "2026-10-24T21:30:00.000Z", "until": "2026-10-25T02:30:00.000Z"}
    assert shape_windows(config, NOW + 17 * HOUR) != [shape]


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("", "", ""),
        ('"5h"', '"7d"', "always under maintenance, by backup: db"),
        ('probes = ["db"]\nevery = ["sat", "sun"]', 'all = true\nevery = "day"', ""),
    ],
)
def test_a_window_without_a_gap_is_a_warning(tmp_path: Path, old: str, new: str, finding: str) -> None:
    (check,) = check_windows(load(tmp_path, TEXT.replace(old, new, 1)), NOW)
    assert (check.level, check.finding if finding else "") == ("warn" if finding else "ok", finding)


def test_all_probes_always_quiet_is_told_in_a_word(tmp_path: Path) -> None:
    text = TEXT.replace('probes = ["db"]', "all = true").replace('["sat", "sun"]', '"day"').replace('"5h"', '"25h"')
    (check,) = check_windows(load(tmp_path, text), NOW + DAY)
    assert check.finding == "always under maintenance, by backup: every probe"


def test_nothing_is_said_where_there_are_no_windows(tmp_path: Path) -> None:
    config = load(tmp_path, TEXT[: TEXT.index("[[window]]")])
    assert [*tell_windows(config, NOW), *check_windows(config, NOW)] == []
