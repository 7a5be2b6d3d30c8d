"""Loading a config: what is accepted, and every fault with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.config.loading import FULL, faults_of, load_text, probe_text

from oncall_tui.config.model import ComponentConfig, Config, PageConfig, TokenSource
from oncall_tui.config.schema import FileTable
from oncall_tui.config.schema.probes import KINDS as ALL_KINDS
from oncall_tui.config.schema.probes import ProbeTable
from oncall_tui.domain.probe import Expectation, Probe, ProbeKind

KINDS = f"{', '.join(ALL_KINDS[:-1])} or {ALL_KINDS[-1]}"
COMMON = "name, kind, component, every, timeout, runbook, failure_threshold, recovery_threshold, "
COMMON += "ack_clears_after, confirm_every, flap_start, flap_end, depends_on, metric"


def test_the_whole_form_is_read(folder: Path) -> None:
    assert load_text(folder, FULL) == Config(
        path=folder / "oncall.toml",
        folder=folder,
        pages=(
            PageConfig(
                api_url="https://api.statuspage.io/v1",
                public_url="https://status.example.com",
                page_id="abc123",
                token=TokenSource(env="STATUSPAGE_TOKEN"),
            ),
        ),
        components=(ComponentConfig("API", "8kbf7d35c070"),),
        probes=(
            Probe(
                name="api-eu",
                kind=ProbeKind.HTTP,
                target="https://api.example.com/health",
                component="API",
                every_ms=10_000,
                timeout_ms=5_000,
                runbook=str(folder / "runbooks" / "site-down.md"),
                expect=Expectation(status=(200,), body_contains="ok", max_latency_ms=1_000),
            ),
            Probe(name="db", kind=ProbeKind.TCP, target="db.example.com:5432", component="API"),
            Probe(name="cert", kind=ProbeKind.TLS, target="www.example.com:443", expect=Expectation(min_days_left=14)),
            Probe(
                name="dns",
                kind=ProbeKind.DNS,
                target="www.example.com",
                resolver="9.9.9.9:53",
                expect=Expectation(contains="192.0.2.1"),
            ),
        ),
    )


def test_windows_line_ends_tabs_and_an_empty_file_are_fine(folder: Path) -> None:
    assert load_text(folder, FULL.replace("\n", "\r\n").replace(" = ", "\t=\t")) == load_text(folder, FULL)
    assert load_text(folder, b"").probes == ()


def test_optional_keys_reach_the_probe(folder: Path) -> None:
    config = load_text(
        folder,
        'theme = "light"\n'
        + probe_text(
            "http", 'url = "http://h"\nfailure_threshold = 5\nrecovery_threshold = 1\nfollow_redirects = true'
        ),
    )
    probe = config.probes[0]
    assert config.theme == "light"
    assert (probe.failure_threshold, probe.recovery_threshold, probe.follow_redirects) == (5, 1, True)


def test_a_deadline_is_never_longer_than_the_interval(folder: Path) -> None:
    assert load_text(folder, probe_text("tcp", 'target = "h:1"\nevery = "2s"')).probes[0].timeout_ms == 2_000


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("9.9.9.9", "9.9.9.9:53"),
        ("9.9.9.9:5353", "9.9.9.9:5353"),
        ("2620:fe::fe", "[2620:fe::fe]:53"),
        ("[2620:fe::fe]", "[2620:fe::fe]:53"),
        ("[2620:fe::fe]:5353", "[2620:fe::fe]:5353"),
        ("dns.example.com", "dns.example.com:53"),
    ],
)
def test_a_resolver_always_gets_a_port(folder: Path, written: str, meant: str) -> None:
    text = probe_text("dns", f'target = "h"\nresolver = "{written}"')
    assert load_text(folder, text).probes[0].resolver == meant


def test_paths_are_relative_to_the_config_and_know_the_home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder))
    page = '[page]\napi_url = "https://h"\npage_id = "p"\ntoken = { file = "%s" }\n'
    for written, meant in (("token", "token"), ("~/x/token", "x/token")):
        config = load_text(folder, page % written)
        assert config.pages[0].token.file == folder / meant


def test_every_fault_is_told_at_once_in_order(folder: Path) -> None:
    text = """\
themes = "dark"
[page]
api_url = "http://example.com"
token = "S3cret"
requests_per_minute = 0
[[component]]
name = "API"
[[component]]
name = "API"
[[probe]]
name = "a"
kind = "htp"
evry = "10s"
[[probe]]
name = "a"
kind = "tcp"
url = "http://h"
component = "APi"
every = "5s"
timeout = "6s"
runbook = "no.md"
[probe.expect]
status = [200]
max_latency = 3
"""
    anything = ProbeTable.fitting({}).__struct_fields__
    assert faults_of(folder, text) == [
        (f"1: themes: unknown key (did you mean theme?), allowed: {', '.join(FileTable.__struct_fields__)}"),
        "2: page.page_id: is missing, allowed: 1 to 100 letters, digits, - and _",
        "3: page.api_url: would send the token unencrypted, allowed: https; http for this machine only",
        '4: page.token: a token is never written here; use { env = "NAME" }, { file = "PATH" } or { command = [...] }',
        "5: page.requests_per_minute: is out of range, allowed: a whole number, 1 to 60000",
        '9: component.name: "API" is already on line 7, allowed: each name once',
        '12: probe.kind: is "htp" (did you mean "http"?), allowed: ' + KINDS,
        f"13: probe.evry: unknown key (did you mean every?), allowed: {', '.join(anything)}",
        '14: probe.target: is missing, allowed: "host:port", an IPv6 address in [brackets]',
        '15: probe.name: "a" is already on line 11, allowed: each name once',
        f"17: probe.url: belongs to http, upstream and websocket probes, allowed in this one: {COMMON}, target, expect",
        '18: probe.component: "APi" is not a configured component (did you mean "API"?), allowed: "API"',
        "20: probe.timeout: is longer than the time between runs, allowed: at most the value of every",
        f'21: probe.runbook: there is no file "{folder / "no.md"}", allowed: the path of a file that exists',
        "23: probe.expect.status: belongs to http probes, allowed in this one: max_latency",
        "24: probe.expect.max_latency: is a number, not a length of time in quotes, allowed: 10ms to 5m",
    ]


def test_probes_of_a_component_depend_on_those_of_the_one_below(folder: Path) -> None:
    text = """
[[component]]
name = "Network"
[[component]]
name = "API"
depends_on = ["Network"]
[[probe]]
name = "router"
kind = "tcp"
target = "h:1"
component = "Network"
[[probe]]
name = "api"
kind = "tcp"
target = "h:2"
component = "API"
depends_on = ["disk"]
[[probe]]
name = "disk"
kind = "tcp"
target = "h:3"
"""
    probes = {probe.name: probe.depends_on for probe in load_text(folder, text).probes}
    assert probes == {"router": (), "api": ("disk", "router"), "disk": ()}


def test_a_dependency_is_known_and_is_no_circle(folder: Path) -> None:
    text = """
[[probe]]
name = "a"
kind = "tcp"
target = "h:1"
depends_on = ["b", "cc"]
[[probe]]
name = "b"
kind = "tcp"
target = "h:2"
depends_on = ["a"]
"""
    assert faults_of(folder, text) == [
        '6: probe.depends_on: "a" depends on itself, allowed: no circle',
        '6: probe.depends_on: "cc" is no probe of this file, allowed: "a", "b"',
        '11: probe.depends_on: "b" depends on itself, allowed: no circle',
    ]


def test_flapping_begins_above_where_it_ends(folder: Path) -> None:
    text = probe_text("http", 'url = "http://h"\nflap_start = 10')
    assert faults_of(folder, text) == [
        "5: probe.flap_start: flapping would end before it began, allowed: a flap_end below flap_start"
    ]


def test_the_same_fault_on_one_line_is_told_once(folder: Path) -> None:
    text = probe_text("http", 'url = "http://h"\nexpect = { status = [1, 2, 3] }')
    assert faults_of(folder, text) == [
        "5: probe.expect.status: is out of range, allowed: a list of whole numbers, 100 to 599"
    ]


def test_every_element_of_a_list_is_told_at_its_own_line(folder: Path) -> None:
    text = probe_text("http", 'url = "http://h"\n[probe.expect]\nstatus = [\n  200,\n  99,\n  "S3cret",\n]')
    assert faults_of(folder, text) == [
        "8: probe.expect.status: is out of range, allowed: a list of whole numbers, 100 to 599",
        "9: probe.expect.status: is text, allowed: a list of whole numbers, 100 to 599",
    ]


@pytest.mark.parametrize(
    ("expect", "words"),
    [
        ("status = []", "is empty"),
        (f"status = [{', '.join(['200'] * 101)}]", "is too long"),
        ("status = 200", "is a number"),
        ("status = [true]", "is true or false"),
        ("status = [200.0]", "is a number with a point"),
        ("status = [1979-05-27]", "is a date or time"),
        ("status = [99999999999999999999]", "is out of range"),
        ('body_contains = ""', "is empty"),
        (f'body_contains = "{"x" * 1001}"', "is too long"),
        ("body_contains = {}", "is a table"),
    ],
)
def test_a_value_outside_of_its_bounds_is_told_in_words(folder: Path, expect: str, words: str) -> None:
    (fault,) = faults_of(folder, probe_text("http", f'url = "http://h"\n[probe.expect]\n{expect}'))
    assert fault.startswith(f"6: probe.expect.{expect.split()[0]}: {words}, allowed: ")


@pytest.mark.parametrize(
    ("kind", "line", "words"),
    [
        ("http", 'url = "ftp://h/"', "does not begin with http"),
        ("http", 'url = "https:///x"', "has no valid host"),
        ("http", 'url = "https://u:S3cret@h/"', "holds a user or password"),
        ("http", 'url = "https://h:99999/"', "is not a URL"),
        ("http", 'url = "https://h:0/"', "no usable port"),
        ("http", 'url = "https://[::1/"', "is not a URL"),
        ("http", 'url = "https://h/a b"', "a character that no URL has"),
        ("http", 'url = "https://h/\\u001b[31m"', "a character that no URL has"),
        ("http", 'url = "https://bücher.example/"', "a character that no URL has"),
        ("tcp", 'target = "h"', "has no usable port"),
        ("tcp", 'target = "h:0"', "has no usable port"),
        ("tcp", 'target = "h:65536"', "has no usable port"),
        ("tcp", 'target = "h:٣"', "has no usable port"),
        ("tcp", 'target = ":80"', "is not a host and a port"),
        ("tcp", 'target = "a b:80"', "is not a host and a port"),
        ("tcp", 'target = "::1:80"', "is not a host and a port"),
        ("tcp", 'target = "[::1]"', "is not a host and a port"),
        ("tcp", 'target = "[zz]:80"', "is not a host and a port"),
        ("dns", 'target = "a..b"', "has no valid host"),
        ("dns", 'target = "bücher.example"', "xn--"),
        ("dns", 'target = "h"\nrecord = "AAA"', '"AAAA"'),
        ("dns", 'target = "h"\nresolver = "h:x"', "has no usable port"),
    ],
)
def test_an_address_of_the_wrong_form_is_refused(folder: Path, kind: str, line: str, words: str) -> None:
    (fault,) = faults_of(folder, probe_text(kind, line))
    assert fault.startswith(f"{4 + line.count(chr(10))}: probe.{line.splitlines()[-1].split(' ')[0]}: ")
    assert words in fault
    assert "S3cret" not in fault


@pytest.mark.parametrize(
    "target", ["h:1", "db.example.com.:5432", "_x._tcp.example.com:65535", "192.0.2.1:80", "[::1]:80"]
)
def test_a_target_of_the_right_form_is_kept(folder: Path, target: str) -> None:
    assert load_text(folder, probe_text("tcp", f'target = "{target}"')).probes[0].target == target


@pytest.mark.parametrize("host", ["localhost", "page.localhost", "127.0.0.1:8080", "127.3.2.1", "[::1]:80"])
def test_http_is_enough_for_an_api_on_this_machine(folder: Path, host: str) -> None:
    config = load_text(folder, f'[page]\napi_url = "http://{host}/v1/"\npage_id = "p"\ntoken = {{ env = "T" }}\n')
    assert config.pages[0].api_url == f"http://{host}/v1"


def test_a_request_always_has_some_time_before_the_quiet_period_ends(folder: Path) -> None:
    (fault,) = faults_of(folder, FULL.replace('quiet_period = "30s"', 'quiet_period = "0s"'))
    assert fault.endswith("page.quiet_period: is out of range, allowed: 100ms to 1h")
