"""What each kind of probe takes from the file, and how it is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.config.loading import faults_of, load_text, probe_text

from oncall_tui.domain.probe import Credential, HttpRequest, Probe
from oncall_tui.store.codec import decode_probe, encode_probe


def load_probe(folder: Path, kind: str, rest: str) -> Probe:
    (probe,) = load_text(folder, probe_text(kind, rest)).probes
    assert decode_probe(encode_probe(probe)) == probe
    return probe


def test_a_request_reaches_the_probe(folder: Path) -> None:
    probe = load_probe(
        folder,
        "http",
        """\
url = "https://h/x"
method = "POST"
headers = { Accept = "application/json" }
body = "{}"
auth = { file = "token", scheme = "plain", header = "X-Api-Key" }
family = "6"
expect = { json = ["a.b == 1"], json_degraded = ["load < 8"] }
""",
    )
    credential = Credential(file=str(folder / "token"), scheme="plain", header="X-Api-Key")
    assert probe.request == HttpRequest("POST", (("Accept", "application/json"),), "{}", credential)
    assert probe.family == "6"
    assert [check.steps for check in (*probe.expect.json, *probe.expect.json_degraded)] == [("a", "b"), ("load",)]


def test_a_plain_request_is_as_before(folder: Path) -> None:
    probe = load_probe(folder, "http", 'url = "http://h"')
    assert probe == replace(probe, request=HttpRequest(), family="any")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('method = "get"', 'is "get" (did you mean "GET"?), allowed: GET, HEAD'),
        ("headers = { Authorization = 'S3cret' }", "names a header that carries a secret, allowed: put it in auth"),
        ("headers = { Cookie = 'S3cret' }", "names a header that carries a secret"),
        ("headers = { Connection = 'S3cret' }", "names a header that is set by the probe itself"),
        ("headers = { Host = 'S3cret/x' }", "has a Host that is none"),
        ("headers = { Host = 'S3cret:0' }", "has a Host that is none"),
        ("headers = { Host = 'S3cret', host = 'b' }", "names Host more than once"),
        ("headers = { 'X Y' = 'S3cret' }", "is not the name of a header"),
        ('headers = { X = "S3cret\\r\\nY: 1" }', "holds a value that no header has"),
        ("headers = { X = ' S3cret' }", "holds a value with a space around it"),
        ("headers = 3", "is a number, allowed: a table of texts"),
        ("auth = 'S3cret'", "a token is never written here"),
        ("auth = { env = 'A', file = 'b' }", "has 2 (env, file) of its sources"),
        ("auth = { env = 'A' }", "would be sent unencrypted, allowed: with an https url"),
        ("auth.scheme = 'digest'\nauth.env = 'A'", 'is "digest"'),
        ("family = 4", "is a number, allowed: any, 4 or 6, in quotes"),
        ("expect = { json = ['a = 1'] }", "is no comparison with a value of a JSON body, allowed: comparisons such as"),
        ("expect = { json_degraded = ['a < x'] }", "compares with something that is no number"),
    ],
)
def test_a_request_that_cannot_be_made_is_refused(folder: Path, line: str, words: str) -> None:
    faults = faults_of(folder, probe_text("http", f'url = "http://h"\n{line}'))
    assert any(words in fault for fault in faults)
    assert not any("S3cret" in fault for fault in faults)


@pytest.mark.parametrize("name", ["www.example.com", "www.example.com:8443", "[2001:db8::1]:443", "192.0.2.1"])
def test_an_http_probe_may_name_what_it_asks_for(folder: Path, name: str) -> None:
    probe = load_probe(folder, "http", f'url = "https://192.0.2.7/"\nheaders = {{ Host = "{name}" }}')
    assert probe.request.headers == (("Host", name),)
    text = probe_text("websocket", f'url = "wss://192.0.2.7/"\nheaders = {{ Host = "{name}" }}')
    assert any("names a header that is set by the probe itself" in fault for fault in faults_of(folder, text))


def test_a_token_may_go_to_this_machine_unencrypted(folder: Path) -> None:
    assert load_probe(folder, "http", 'url = "http://127.0.0.1:1/"\nauth = { env = "A" }').request.auth


def test_a_push_probe_has_a_file_or_none(folder: Path) -> None:
    probe = load_probe(folder, "push", 'file = "done"\nexpect = { max_age = "2h" }')
    assert (probe.file, probe.target, probe.expect.max_age_ms) == (str(folder / "done"), "done", 7_200_000)
    probe = load_probe(folder, "push", "")
    assert (probe.file, probe.target, probe.expect.max_age_ms) == (None, "oncall-tui beat p", 90_000_000)
    (fault,) = faults_of(folder, probe_text("push", 'expect = { max_age = "0s" }'))
    assert "probe.expect.max_age: is out of range" in fault


def test_a_provider_is_read_at_its_api_or_its_feed(folder: Path) -> None:
    probe = load_probe(folder, "upstream", 'url = "https://www.githubstatus.com/"\nwatch = ["Actions"]')
    assert (probe.target, probe.watch) == ("https://www.githubstatus.com/api/v2/summary.json", ("Actions",))
    probe = load_probe(folder, "upstream", 'url = "https://h/feed.atom"\nform = "atom"')
    assert (probe.target, probe.form) == ("https://h/feed.atom", "atom")
    (fault,) = faults_of(folder, probe_text("upstream", 'url = "https://h"\nform = "rss"'))
    assert 'is "rss"' in fault


def test_mail_and_ping_have_words_of_their_own(folder: Path) -> None:
    assert load_probe(folder, "smtp", 'target = "h:587"').security == "starttls"
    assert load_probe(folder, "imap", 'target = "h:993"\nsecurity = "tls"').security == "tls"
    probe = load_probe(folder, "icmp", 'target = "2001:db8::1"\ncount = 5\nfamily = "6"\nexpect = { max_loss = 10 }')
    assert (probe.target, probe.count, probe.family, probe.expect.max_loss_percent) == ("2001:db8::1", 5, "6", 10)
    (fault,) = faults_of(folder, probe_text("icmp", 'target = "a b"'))
    assert "has no valid host" in fault


def test_dns_expects_by_type(folder: Path) -> None:
    rest = 'target = "h"\nexpect = { records = { A = ["192.0.2.1"], CAA = [] }, authenticated = true }'
    expect = load_probe(folder, "dns", rest).expect
    assert (expect.records, expect.authenticated) == ((("A", ("192.0.2.1",)), ("CAA", ())), True)
    for wrong, words in (
        ('{ X = ["a"] }', "names a record type that is not known"),
        ('{ A = "a" }', "holds something that is no list of texts"),
        ('{ A = [""] }', "holds a text that is empty"),
        ("3", "is a number, allowed: a table such as"),
    ):
        (fault,) = faults_of(folder, probe_text("dns", f'target = "h"\nexpect = {{ records = {wrong} }}'))
        assert words in fault


def test_a_registry_is_asked_seldom(folder: Path) -> None:
    probe = load_probe(folder, "domain", 'target = "example.com"\nexpect = { min_days_left = 30 }')
    assert (probe.every_ms, probe.server, probe.expect.min_days_left) == (43_200_000, None, 30)
    (fault,) = faults_of(folder, probe_text("domain", 'target = "example.com"\nevery = "1m"'))
    assert "probe.every: is out of range, allowed: 1h to 1d" in fault


def test_a_websocket_says_and_awaits(folder: Path) -> None:
    probe = load_probe(
        folder,
        "websocket",
        """\
url = "wss://h/live?x=1"
subprotocol = "prices.v1"
headers = { Origin = "https://h" }
auth = { env = "A" }
send = "ping"
expect = { contains = "pong", min_days_left = 14 }
""",
    )
    assert (probe.target, probe.subprotocol) == ("wss://h/live?x=1", "prices.v1")
    assert probe.request == HttpRequest(headers=(("Origin", "https://h"),), body="ping", auth=Credential(env="A"))
    assert (probe.expect.contains, probe.expect.min_days_left) == ("pong", 14)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('url = "https://h"', "does not begin with ws:// or wss://, allowed: a ws or wss URL"),
        ('url = "ws://h/#a"', "has a fragment"),
        ('url = "ws://h"\nauth = { env = "A" }', "would be sent unencrypted, allowed: with a wss url; ws for this"),
        ('url = "ws://h"\nsubprotocol = "a b"', "is not the name of a subprotocol"),
        ('url = "ws://h"\nheaders = { Sec-WebSocket-Key = "x" }', "names a header that is set by the probe itself"),
        ('url = "ws://h"\nheaders = { Cookie = "x" }', "names a header that carries a secret"),
    ],
)
def test_a_handshake_that_cannot_be_made_is_refused(folder: Path, line: str, words: str) -> None:
    assert any(words in fault for fault in faults_of(folder, probe_text("websocket", line)))


def test_a_grpc_service_is_asked_for(folder: Path) -> None:
    probe = load_probe(folder, "grpc", 'target = "h:443"\nservice = "shop.v1.Orders"\nsecurity = "none"')
    assert (probe.target, probe.service, probe.security) == ("h:443", "shop.v1.Orders", "none")
    probe = load_probe(folder, "grpc", 'target = "[2001:db8::1]:50051"\nexpect = { min_days_left = 7 }')
    assert (probe.service, probe.security, probe.expect.min_days_left) == ("", "tls", 7)
    (fault,) = faults_of(folder, probe_text("grpc", 'target = "h:443"\nsecurity = "starttls"'))
    assert 'is "starttls"' in fault
