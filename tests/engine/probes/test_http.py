from __future__ import annotations

import asyncio
import gzip
import os
import resource
import socket
import time
import zlib

import pytest
import trustme
from msgspec.structs import replace
from tests.engine.probes.servers import (
    PATIENT_MS,
    Handler,
    make_probe,
    make_server_context,
    make_tools,
    reply,
    say,
    serve,
)
from tests.pace import free_s

from oncall_tui.domain.json_check import parse_json_check
from oncall_tui.domain.probe import Expectation, Probe, ProbeKind, Result, Verdict
from oncall_tui.domain.sanitize import is_clean
from oncall_tui.engine.probes import run_probe
from oncall_tui.engine.probes.charset import find_charset
from oncall_tui.engine.resolver import Address, Resolver

OK = Expectation(body_contains="ok")


def get(port: int, path: str = "/", expect: Expectation | None = None, *, follow: bool = False) -> Probe:
    url = f"http://127.0.0.1:{port}{path}"
    return make_probe(ProbeKind.HTTP, url, expect=expect, follow_redirects=follow)


async def ask(
    handler: Handler, expect: Expectation | None = None, *, follow: bool = False, timeout_ms: int = PATIENT_MS
) -> Result:
    async with serve(handler) as port:
        probe = replace(get(port, expect=expect, follow=follow), timeout_ms=timeout_ms)
        return await run_probe(probe, make_tools())


async def test_a_healthy_answer_is_up_with_all_its_phases() -> None:
    result = await ask(say(reply()), OK)
    assert (result.verdict, result.reason) == (Verdict.UP, "")
    phases = result.phases
    for spent in (phases.resolve_ms, phases.connect_ms, phases.first_byte_ms, phases.transfer_ms):
        assert spent is not None
        assert 0 <= spent <= result.duration_ms
    assert phases.tls_ms is None
    assert dict(result.facts)["status"] == "200 OK"
    assert dict(result.facts)["address"].startswith("127.0.0.1:")


async def test_the_request_says_who_asks_and_asks_for_plain_bytes() -> None:
    heads: list[bytes] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(reply())
        await writer.drain()

    async with serve(handler) as port:
        await run_probe(get(port, "/a b?q=ü&x=%20#part"), make_tools())
        await run_probe(make_probe(ProbeKind.HTTP, f"http://me:p%40ss@localhost:{port}"), make_tools())
    assert heads[0].startswith(b"GET /a%20b?q=%C3%BC&x=%20 HTTP/1.1\r\n")
    assert f"host: 127.0.0.1:{port}\r\n".encode() in heads[0].lower()
    assert b"accept-encoding: identity" in heads[0].lower()
    assert b"connection: close" in heads[0].lower()
    assert b"user-agent: oncall-tui/" in heads[0].lower()
    assert b"authorization: basic bwu6cebzcw==" in heads[1].lower()


HEAD = b"HTTP/1.1 200 OK\r\n"


async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    writer.transport.abort()


async def half_close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write_eof()
    await asyncio.sleep(60)


HOSTILE: dict[str, tuple[Handler, Verdict, str]] = {
    "10 MB": (say(reply(body=b"x" * 10_000_000)), Verdict.DOWN, "body lacks 'ok' in its first part"),
    "endless body": (say(HEAD + b"\r\n", b"x" * 65536, is_endless=True), Verdict.DOWN, "body lacks 'ok'"),
    "endless chunks": (
        say(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 4096, is_endless=True),
        Verdict.DOWN,
        "body lacks 'ok'",
    ),
    "dripping body": (
        say(HEAD + b"Content-Length: 99\r\n\r\n", b"x", pause_s=0.05, is_endless=True),
        Verdict.DOWN,
        "timed out in transfer after 0.5 s",
    ),
    "dripping header": (
        say(HEAD, b"a", pause_s=0.05, is_endless=True),
        Verdict.DOWN,
        "timed out in transfer after 0.5 s",
    ),
    "silence": (say(is_left_open=True), Verdict.DOWN, "timed out in first byte after 0.5 s"),
    "5 MB header": (say(HEAD + b"X: " + b"x" * 5_000_000), Verdict.DOWN, "header larger than 64 KiB"),
    "endless headers": (say(HEAD, b"X: y\r\n" * 1000, is_endless=True), Verdict.DOWN, "header larger than 64 KiB"),
    "endless 1xx": (
        say(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 99, is_endless=True),
        Verdict.DOWN,
        "interim answers (1xx) without an end",
    ),
    "bad status line": (say(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), Verdict.DOWN, "answer is not HTTP"),
    "garbage": (say(bytes(range(256)) * 8), Verdict.DOWN, "answer is not HTTP"),
    "escape in reason": (say(b"HTTP/1.1 500 \x1b]52;c;aGk=\x07\r\n\r\n"), Verdict.DOWN, "HTTP 500 ␛]52;c;aGk=␇"),
    "C1 in reason": (say(reply("503 \u009b2J\u202edown".encode().decode("latin-1"))), Verdict.DOWN, "HTTP 503 "),
    "escape in header": (say(HEAD + b"Content-Encoding: \x1b[2J\r\n\r\n"), Verdict.DOWN, "body lacks 'ok'"),
    "NUL in header": (say(HEAD + b"X: \0\r\n\r\n"), Verdict.DOWN, "answer has a header line that is not HTTP"),
    "no answer": (say(), Verdict.DOWN, "connection closed before an answer"),
    "half close": (half_close, Verdict.DOWN, "connection closed before an answer"),
    "reset": (reset, Verdict.DOWN, "connection reset by the target"),
    "half a body": (
        say(HEAD + b"Content-Length: 10\r\n\r\nhalf"),
        Verdict.DOWN,
        "connection closed in the middle of the answer",
    ),
    "gzip that is none": (
        say(reply("200 OK", b"not gzip at all", "Content-Encoding: gzip")),
        Verdict.DOWN,
        "body is not the gzip or deflate that its header says",
    ),
    "odd charset": (
        say(reply("200 OK", b"\xff\xfe\x00 k", "Content-Type: text/html; charset=rot13")),
        Verdict.DOWN,
        "body lacks 'ok'",
    ),
    "long reason": (say(reply("500 " + "x" * 60_000)), Verdict.DOWN, "HTTP 500 xxxx"),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_answer_ends_in_time_with_one_inert_reason(name: str) -> None:
    handler, verdict, words = HOSTILE[name]
    # Only what drips or is silent may end by the deadline: the rest ends by a cap, at little cost, on any machine.
    timeout_ms = 500 if words.startswith("timed out") else PATIENT_MS
    started = time.process_time()
    result = await ask(handler, OK, timeout_ms=timeout_ms)
    assert time.process_time() - started < 1.5
    assert result.verdict is verdict
    assert result.reason.startswith(words)
    assert len(result.reason) <= 200
    assert is_clean(result.reason + "".join(text for _, text in result.facts))


async def test_hostile_targets_do_not_delay_the_others() -> None:
    async with (
        serve(HOSTILE["dripping body"][0]) as slow,
        serve(HOSTILE["endless body"][0]) as endless,
        serve(say(reply())) as good,
    ):
        tools = make_tools()
        hostile = [replace(get(port, expect=OK), timeout_ms=1_000) for port in (slow, endless) * 20]
        others = [asyncio.create_task(run_probe(probe, tools)) for probe in hostile]
        await asyncio.sleep(0.1)
        began = free_s()
        result = await run_probe(get(good), tools)
        assert free_s() - began < 0.25
        await asyncio.gather(*others)
    assert result.verdict is Verdict.UP


async def test_a_gzip_bomb_stays_within_the_cap() -> None:
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(300)) + packer.flush()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = await ask(say(reply("200 OK", bomb, "Content-Encoding: gzip")), OK)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000
    assert result.reason.startswith("body lacks 'ok'")
    assert dict(result.facts)["body"] == "262144 bytes, the rest was not read"


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(b"all is ok here", mtime=0)),
        ("deflate", zlib.compress(b"all is ok here")),
        ("deflate", zlib.compress(b"all is ok here")[2:-4]),
        ("gzip", gzip.compress(b"all is o", mtime=0) + gzip.compress(b"k here", mtime=0)),
        ("gzip", gzip.compress(b"all is ok here", mtime=0) + bytes(100)),
    ],
)
async def test_a_packed_body_is_searched_unpacked(encoding: str, body: bytes) -> None:
    result = await ask(say(reply("200 OK", body, f"Content-Encoding: {encoding}")), OK)
    assert result.verdict is Verdict.UP


async def test_members_of_gzip_come_in_any_pieces() -> None:
    packed = gzip.compress(b"all is o", mtime=0) + gzip.compress(b"k here", mtime=0)
    chunks = [b"1\r\n%b\r\n" % packed[at : at + 1] for at in range(len(packed))]
    head = HEAD + b"Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n"
    handler = say(head, *chunks, b"0\r\n\r\n", pause_s=0.001)
    assert (await ask(handler, OK)).verdict is Verdict.UP


async def test_members_without_end_and_broken_ones_are_told() -> None:
    empty = gzip.compress(b"", mtime=0)
    endless = await ask(say(reply("200 OK", empty * 1_001, "Content-Encoding: gzip")), OK)
    assert endless.reason == "body is packed in more than 1000 members"
    broken = await ask(say(reply("200 OK", empty + b"\x1fnonsense", "Content-Encoding: gzip")), OK)
    assert broken.reason == "body is not the gzip or deflate that its header says"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/html", "Zürich".encode()),
        ("text/html; charset=ISO-8859-1", "Zürich".encode("latin-1")),
        ('text/html;CHARSET="windows-1252"', "Zürich".encode("cp1252")),
        ("text/html; charset=utf-16", "Zürich".encode("utf-16")),
        ("text/html; charset=utf-16be", "Zürich".encode("utf-16-be")),
        ("text/html", "Zürich".encode("utf-16")),
        ("text/plain; charset=never-heard-of", b"\xff\xc3 Z\xc3\xbcrich"),
        ("text/plain; charset=us-ascii", "Zürich".encode()),
    ],
)
async def test_text_is_searched_in_its_own_charset(kind: str, body: bytes) -> None:
    expect = Expectation(body_contains="Zürich")
    assert (await ask(say(reply("200 OK", body, f"Content-Type: {kind}")), expect)).reason == ""


@pytest.mark.parametrize("charset", ["punycode", "unicode_escape", "zlib", "idna", "undefined"])
def test_what_is_no_charset_is_read_as_utf_8(charset: str) -> None:
    assert find_charset(f"text/plain; charset={charset}") == "utf-8"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b'\xef\xbb\xbf{"city": "Z\xc3\xbcrich"}'),
        ("application/json", '{"city": "Zürich"}'.encode("utf-16")),
        ("application/json; charset=iso-8859-1", '{"city": "Zürich"}'.encode("latin-1")),
        ("application/json", b'{"city": "Z\xc3\xbcrich", "broken": "\xff"}'),
    ],
)
async def test_json_is_read_in_its_own_charset(kind: str, body: bytes) -> None:
    expect = Expectation(json=(parse_json_check("city == 'Zürich'"),))
    assert (await ask(say(reply("200 OK", body, f"Content-Type: {kind}")), expect)).reason == ""


async def test_text_is_found_across_chunks() -> None:
    chunks = [b"1\r\no\r\n", b"1\r\nk\r\n", b"0\r\n\r\n"]
    handler = say(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *chunks, pause_s=0.01)
    assert (await ask(handler, OK)).verdict is Verdict.UP


async def test_a_status_outside_the_set_is_down_and_a_redirect_is_not_followed() -> None:
    failed = await ask(say(reply("503 Service Unavailable")))
    assert failed.reason == "HTTP 503 Service Unavailable"
    moved = await ask(say(reply("302 Found", b"", "Location: http://127.0.0.1:1/")))
    assert moved.reason == "HTTP 302 Found, expected 200"
    accepted = await ask(say(reply("302 Found", b"", "Location: /x")), Expectation(status=(301, 302)))
    assert accepted.verdict is Verdict.UP


async def test_a_slow_answer_is_degraded() -> None:
    result = await ask(say(HEAD, b"Content-Length: 0\r\n\r\n", pause_s=0.1), Expectation(max_latency_ms=50))
    assert result.verdict is Verdict.DEGRADED
    assert result.reason.startswith("slow: ")
    assert result.reason.endswith(", expected at most 50 ms")


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("/", "redirect loop"),
        ("/{n}", "more than 5 redirects"),
        ("file:///etc/passwd", "redirect to something that is not an http or https URL"),
        ("gopher://127.0.0.1/", "redirect to something that is not an http or https URL"),
        ("http://[::1", "redirect to something that is not an http or https URL"),
        ("http://169.254.169.254/latest/meta-data/", "redirect to a private address refused"),
        ("http://[::ffff:169.254.169.254]/", "redirect to a private address refused"),
        ("http://10.0.0.1/", "redirect to a private address refused"),
    ],
)
async def test_a_followed_redirect_has_bounds(location: str, words: str) -> None:
    count = 0

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        count += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(reply("302 Found", b"", f"Location: {location.format(n=count)}"))
        await writer.drain()

    result = await ask(handler, follow=True)
    assert (result.verdict, result.reason) == (Verdict.DOWN, words)
    assert count <= 6


async def test_a_redirect_to_a_name_is_judged_by_the_address_it_has() -> None:
    """A public host must not lead to loopback through a name, nor through another spelling of the address."""

    def lookup(host: str) -> tuple[Address, ...]:
        return (Address(socket.AF_INET, "169.254.169.254"),)

    result_of: list[str] = []
    for target in ("http://innocent.example/", "http://2852039166/"):
        async with serve(say(reply("302 Found", b"", f"Location: {target}"))) as port:
            result = await run_probe(get(port, follow=True), make_tools(resolver=Resolver(lookup)))
            result_of.append(result.reason)
    assert result_of == ["redirect to a private address refused"] * 2


async def test_a_redirect_on_the_same_host_is_followed() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        writer.write(reply() if b"/new" in head else reply("301 Moved", b"", "Location: /new"))
        await writer.drain()

    result = await ask(handler, OK, follow=True)
    assert result.verdict is Verdict.UP
    assert dict(result.facts)["redirects"] == "1"


async def test_https_checks_the_certificate_and_tells_its_days() -> None:
    authority = trustme.CA()
    tools = make_tools(authority)
    expect = Expectation(min_days_left=14)
    async with serve(say(reply()), make_server_context(authority, "localhost", days=30)) as port:
        good = await run_probe(make_probe(ProbeKind.HTTP, f"https://localhost:{port}/", expect=expect), tools)
        wrong = await run_probe(make_probe(ProbeKind.HTTP, f"https://127.0.0.1:{port}/"), tools)
    assert good.verdict is Verdict.UP
    assert good.phases.tls_ms is not None
    assert dict(good.facts)["certificate"] == "30 days left"
    assert wrong.verdict is Verdict.DOWN
    assert wrong.reason == "certificate is for localhost, not 127.0.0.1"


async def test_a_plain_answer_to_tls_is_told() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()

    async with serve(plain) as port:
        result = await run_probe(make_probe(ProbeKind.HTTP, f"https://localhost:{port}/"), make_tools())
    assert result.reason == "TLS: the answer is not TLS"


async def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert (await ask(say(reply()))).verdict is Verdict.UP


@pytest.mark.parametrize(
    "target", ["http://", "ftp://x/", "http://x:99999/", "http://[::1/", "nonsense", "http://a b/"]
)
async def test_a_target_that_cannot_be_asked_for_is_not_run(target: str) -> None:
    result = await run_probe(make_probe(ProbeKind.HTTP, target), make_tools())
    assert result.verdict is Verdict.UNKNOWN
    assert result.reason.startswith("not run: the target is not")


async def test_nothing_stays_open_after_a_run() -> None:
    if not os.path.isdir("/proc/self/fd"):  # noqa: ASYNC240, PTH112 - counts descriptors, waits for nothing
        pytest.skip("no /proc here")
    tools = make_tools()
    async with serve(HOSTILE["dripping body"][0]) as port:
        before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
        task = asyncio.create_task(run_probe(get(port), tools))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(0.15)
        assert len(os.listdir("/proc/self/fd")) <= before  # noqa: PTH208
