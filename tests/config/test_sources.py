"""What a source takes from the file, and how it is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.config.loading import faults_of, load_text

from oncall_tui.domain.intake import Intake, Threshold, tell_value
from oncall_tui.domain.probe import Credential, Probe, ProbeKind
from oncall_tui.domain.source_names import list_places, name_targets, parse_threshold
from oncall_tui.store.codec import decode_probe, encode_probe

ROOT = Path(__file__).parents[2]


def source_text(kind: str, rest: str = "", url: str = "http://127.0.0.1:9090") -> str:
    return f'[[source]]\nname = "s"\nkind = "{kind}"\nurl = "{url}"\n{rest}\n'


def load_source(folder: Path, kind: str, rest: str = "") -> Probe:
    (probe,) = load_text(folder, source_text(kind, rest)).probes
    assert decode_probe(encode_probe(probe)) == probe
    return probe


def test_a_source_of_targets_is_a_probe_that_reads_it(folder: Path) -> None:
    probe = load_source(folder, "prometheus", 'match = \'job="blackbox"\'\nkeep = "2h"\nevery = "15s"')
    assert (probe.kind, probe.target, probe.every_ms, probe.timeout_ms) == (
        ProbeKind.PROMETHEUS,
        "http://127.0.0.1:9090",
        15_000,
        10_000,
    )
    assert probe.intake == Intake(match='job="blackbox"', naming="{source} {instance}", keep_ms=7_200_000)
    assert probe.recovery_threshold == 1


def test_a_query_is_one_probe_with_thresholds(folder: Path) -> None:
    rest = 'query = "node_load1"\ndegraded = ">= 4"\ndown = "> 8.5"\nunit = "%"\nfailure_threshold = 2'
    probe = load_source(folder, "prometheus", rest)
    assert (probe.kind, probe.failure_threshold, probe.recovery_threshold) == (ProbeKind.QUERY, 2, 2)
    assert probe.intake is not None
    assert (probe.intake.degraded, probe.intake.down) == (Threshold(">=", 4), Threshold(">", 8.5))
    assert probe.confirm_every_ms == probe.every_ms


def test_alerts_count_at_once_since_they_have_waited_already(folder: Path) -> None:
    probe = load_source(folder, "alertmanager", "token = { file = 'token', scheme = 'basic' }")
    assert probe.intake is not None
    assert (probe.intake.failure_threshold, probe.intake.recovery_threshold) == (1, 1)
    assert probe.request.auth == Credential(file=str(folder / "token"), scheme="basic")


def test_a_label_can_name_the_component(folder: Path) -> None:
    text = '[[component]]\nname = "Web"\n' + source_text("gatus", 'component = "Web"\ncomponent_label = "group"')
    (probe,) = load_text(folder, text).probes
    assert probe.intake is not None
    assert (probe.component, probe.intake.component_label, probe.intake.components) == ("Web", "group", ("Web",))


@pytest.mark.parametrize(
    ("kind", "line", "words"),
    [
        ("prometheus", 'query = "up"', "source.query: would never be red, allowed: with degraded or down"),
        ("prometheus", 'degraded = "> 1"', "is about the value of a query"),
        ("prometheus", 'query = "up"\ndown = "< 1"\nnaming = "{a}"', "is about the targets of a source"),
        ("gatus", 'query = "up"', "belongs to kind prometheus"),
        ("gatus", "match = 'a=\"b\"'", "allowed for gatus: no match"),
        ("prometheus", 'query = "up"\ndown = "0.5"', "is no comparison with a number, allowed: such as > 0.05"),
        ("prometheus", 'naming = "x"', "is no name with places for labels"),
        ("prometheus", 'naming = "{a} {b"', "is no name with places for labels"),
        ("nagios", "", 'is "nagios", allowed: prometheus, alertmanager or gatus'),
        ("prometheus", "token = 'S3cret'", "a token is never written here"),
        ("prometheus", "token = {}", "has none of its sources"),
        ("prometheus", 'component = "X"', "is not a configured component"),
        ("prometheus", 'runbook = "gone.md"', "there is no file"),
        ("prometheus", 'every = "5s"\ntimeout = "6s"', "is longer than the time between runs"),
        ("prometheus", 'depends_on = ["gone"]', "is no probe of this file"),
        ("prometheus", 'depends_on = ["s"]', "depends on itself"),
        ("prometheus", 'quary = "up"', "unknown key (did you mean query?)"),
    ],
)
def test_what_a_source_cannot_be_is_refused(folder: Path, kind: str, line: str, words: str) -> None:
    faults = faults_of(folder, source_text(kind, line))
    assert any(words in fault for fault in faults), faults
    assert not any("S3cret" in fault for fault in faults)


def test_a_token_goes_over_no_network_in_the_clear(folder: Path) -> None:
    text = source_text("prometheus", "token = { env = 'A' }", url="http://prom.example.com:9090")
    assert any("would be sent unencrypted" in fault for fault in faults_of(folder, text))
    faults = faults_of(folder, source_text("prometheus", url="http://h/?a=1"))
    assert any("has a query or fragment" in fault for fault in faults)


def test_names_are_used_once(folder: Path) -> None:
    both = source_text("prometheus") + '[[probe]]\nname = "s"\nkind = "tcp"\ntarget = "h:1"\n'
    assert any('"s" is already the name' in fault for fault in faults_of(folder, both))
    assert any('"s" is already the name' in fault for fault in faults_of(folder, source_text("gatus") * 2))


def test_a_probe_can_depend_on_a_source_and_a_source_on_a_probe(folder: Path) -> None:
    text = source_text("prometheus") + '[[probe]]\nname = "p"\nkind = "tcp"\ntarget = "h:1"\ndepends_on = ["s"]\n'
    assert load_text(folder, text).probes[0].depends_on == ("s",)


def test_targets_are_called_by_their_labels_and_no_two_alike() -> None:
    a = (("instance", "h"), ("job", "a"))
    b = (("instance", "h"), ("job", "b"))
    c = (("instance", "i\x1b[31m"), ("job", "b"))
    names = name_targets("{source} {instance} {none}", "s", [a, b, c])
    assert names == {a: "s h job=a", b: "s h job=b", c: "s i␛[31m"}
    assert name_targets("{source} {instance} {none}", "s", [c, b, a]) == names
    assert name_targets("{instance}", "s", [a], taken=["h"]) == {a: "h instance=h job=a"}
    assert name_targets("{none}", "s", [a]) == {a: "s"}
    one, other = (("instance", "https://h/"),), (("instance", "http://h"),)
    assert name_targets("{instance}", "s", [one]) == {one: "h"}
    assert name_targets("{instance}", "s", [one, other]) == {one: "h instance=https://h/", other: "h instance=http://h"}
    assert list_places("{a} at {b}") == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "value", "is_passed"),
    [("> 0.5", 0.6, True), ("> 0.5", 0.5, False), (">= 0.5", 0.5, True), ("<3", 2, True), ("== -1e3", -1000, True)],
)
def test_a_threshold_is_a_comparison(text: str, value: float, is_passed: bool) -> None:
    assert parse_threshold(text).is_passed(value) is is_passed


def test_a_value_is_told_in_few_signs() -> None:
    told = [tell_value(value, "%") for value in (0.0, 0.4242, 31.26, 12_345, 4.2e9, -2)]
    assert told == ["0%", "0.424%", "31.3%", "12.3k%", "4.2G%", "-2%"]


SNIPPETS = re.findall(r"```toml\n(.*?)```", (ROOT / "docs" / "prometheus.md").read_text(), re.DOTALL)


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_every_snippet_of_the_documentation_loads(folder: Path, snippet: str) -> None:
    probes = load_text(folder, snippet).probes
    assert len(probes) == snippet.count("[[source]]") > 0


def test_the_snippets_were_found() -> None:
    assert len(SNIPPETS) == 5
