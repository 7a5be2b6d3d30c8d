from __future__ import annotations

from pathlib import Path

from tests.config.loading import faults_of, load_text

PAGE = """\
[[page]]
name = "{adapter}"
adapter = "{adapter}"
api_url = "https://api.example.com/v1"
page_id = "p1"
token = {{ env = "TOKEN" }}
"""
PROBE = """\
[[probe]]
name = "{name}"
kind = "tcp"
target = "h.example:1"
metric = "m1"
"""


def write(*adapters: str, probes: tuple[str, ...] = ("api",)) -> str:
    return "".join([*(PAGE.format(adapter=each) for each in adapters), *(PROBE.format(name=each) for each in probes)])


def test_a_metric_that_no_page_draws_is_a_fault(folder: Path) -> None:
    assert faults_of(folder, write("instatus", "cachet")) == [
        "17: probe.metric: would be drawn nowhere, allowed: beside a page whose adapter is statuspage"
    ]
    for adapters in ((), ("statuspage",), ("instatus", "statuspage")):
        assert load_text(folder, write(*adapters)).probes[0].metric == "m1"


def test_two_probes_in_one_metric_are_a_fault(folder: Path) -> None:
    assert faults_of(folder, write(probes=("api", "web"))) == [
        '10: probe.metric: "m1" is drawn by the probe of line 5 already, allowed: one probe a metric'
    ]
