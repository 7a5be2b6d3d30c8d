from __future__ import annotations

from pathlib import Path

import pytest
from tests.config.loading import faults_of

from oncall_tui.config.load import load_config
from oncall_tui.domain.duration import MINUTE
from oncall_tui.domain.windows import Window

BASE = """\
[[component]]
name = "API"
[[probe]]
name = "api"
kind = "tcp"
target = "h.example:1"
ack_clears_after = 7
"""
GOOD = """\
[[window]]
name = "backup"
probes = ["api"]
every = "sun"
at = "02:00"
for = "90m"
"""


def load(folder: Path, text: str) -> tuple[Window, ...]:
    path = folder / "oncall.toml"
    path.write_text(BASE + text)
    return load_config(path).windows


def test_a_window_is_read(tmp_path: Path) -> None:
    assert load(tmp_path, GOOD) == (Window("backup", (6,), 120, 90 * MINUTE, "UTC", ("api",)),)
    more = GOOD.replace('"sun"', '["thu", "mon", "mon"]').replace('probes = ["api"]', "all = true")
    (window,) = load(tmp_path, more + 'zone = "Europe/Berlin"\n')
    assert (window.days, window.covers_all, window.zone) == ((0, 3), True, "Europe/Berlin")
    assert load(tmp_path, GOOD.replace('"sun"', '"day"'))[0].days == tuple(range(7))
    assert load_config(tmp_path / "oncall.toml").probes[0].ack_clears_after == 7


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('"sun"', '"Sunday"', "11: window.every: holds something that is no weekday, allowed: day, one of mon, tue"),
        ('"sun"', "[]", "11: window.every: is empty, allowed: day"),
        ('"sun"', '["sun", 3]', "11: window.every: holds something that is no weekday"),
        ('"02:00"', '"24:00"', '12: window.at: is not a time of day in quotes, allowed: "00:00" to "23:59"'),
        ('"02:00"', "02:00:00", "12: window.at: is not a time of day in quotes"),
        ('"90m"', '"8d"', "13: window.for: is out of range, allowed: 1m to 7d"),
        ('for = "90m"', "", "8: window.for: is missing, allowed: a length of time, 1m to 7d"),
        ('for = "90m"', 'for_ = "90m"', "13: window.for_: unknown key (did you mean for?)"),
        ('probes = ["api"]', "", "8: window: covers nothing, allowed: with probes, components or all = true"),
        ('probes = ["api"]', "all = false", "8: window: covers nothing"),
        ('probes = ["api"]', 'probes = ["api"]\nall = true', "11: window.all: covers probes already"),
        (
            '["api"]',
            '["apo"]',
            '10: window.probes: "apo" is no probe of this file (did you mean "api"?), allowed: "api"',
        ),
        ("probes", "components", '10: window.components: "api" is no component of this file'),
        ('"90m"', '"90m"\nzone = "Mars"', "14: window.zone: is no time zone, allowed: UTC, or a zone"),
        ('"90m"', f'"90m"\n{GOOD}', '15: window.name: "backup" is already on line 9, allowed: each name once'),
        ('"backup"', '"\\u001b[31m"', "9: window.name: holds a control or invisible character"),
    ],
)
def test_each_fault_is_told_at_its_line(tmp_path: Path, old: str, new: str, fault: str) -> None:
    assert any(each.startswith(fault) for each in faults_of(tmp_path, BASE + GOOD.replace(old, new, 1)))


def test_probes_of_a_source_may_be_named(tmp_path: Path) -> None:
    source = '[[source]]\nname = "prom"\nkind = "prometheus"\nurl = "http://127.0.0.1:9090"\n'
    assert load(tmp_path, GOOD.replace('["api"]', '["blackbox shop"]') + source)[0].probes == ("blackbox shop",)
