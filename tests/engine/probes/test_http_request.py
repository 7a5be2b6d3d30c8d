"""What an http probe sends beside the URL, and what it reads out of a JSON body."""

from __future__ import annotations

import asyncio
import re
import socket
from pathlib import Path

import pytest
import trustme
from msgspec.structs import replace
from tests.engine.probes.servers import Handler, make_probe, make_server_context, make_tools, reply, serve

from oncall_tui.domain.json_check import parse_json_check
from oncall_tui.domain.probe import Credential, Expectation, HttpRequest, Probe, ProbeKind, Result, Verdict
from oncall_tui.domain.sanitize import is_clean
from oncall_tui.engine.probes import Tools, run_probe
from oncall_tui.engine.resolver import Address, Resolver

TOKEN = "S3cretToken"


class Echo:
    """Keeps what was asked and gives prepared answers, the last one again and again."""

    def __init__(self, *answers: bytes) -> None:
        self.heard: list[bytes] = []
        self._answers = answers

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        size = re.search(rb"content-length: (\d+)", head.lower())
        head += await reader.readexactly(int(size[1])) if size else b""
        writer.write(self._answers[min(len(self.heard), len(self._answers) - 1)])
        self.heard.append(head)
        await writer.drain()


async def ask(handler: Handler, request: HttpRequest, *, tools: Tools | None = None, **more: object) -> Result:
    async with serve(handler) as port:
        return await run_probe(make(port, request, **more), tools or make_tools())


def make(port: int, request: HttpRequest, **more: object) -> Probe:
    probe = make_probe(ProbeKind.HTTP, f"http://127.0.0.1:{port}/a?key=hush")
    return replace(probe, request=request, **more)


async def test_a_backend_is_asked_by_the_name_that_a_header_gives() -> None:
    echo = Echo(reply("302 Found", b"", "Location: /next"), reply())
    request = HttpRequest(headers=(("host", "www.example.com:8443"),))
    result = await ask(echo, request, follow_redirects=True)
    assert result.verdict is Verdict.UP
    for head in echo.heard:
        assert re.findall(rb"(?im)^host: (.*)\r$", head) == [b"www.example.com:8443"]


async def test_the_name_of_the_header_is_asked_for_in_tls_and_must_be_the_certificates() -> None:
    authority = trustme.CA()
    context = make_server_context(authority, "www.example.com")
    asked: list[str] = []
    context.sni_callback = lambda _, name, __: asked.append(name)
    tools = make_tools(authority)
    async with serve(Echo(reply()), context) as port:
        probe = make_probe(ProbeKind.HTTP, f"https://127.0.0.1:{port}/")
        named = replace(probe, request=HttpRequest(headers=(("Host", "www.example.com:8443"),)))
        other = replace(probe, request=HttpRequest(headers=(("Host", "api.example.com"),)))
        results = [await run_probe(each, tools) for each in (named, other, probe)]
    assert [each.verdict for each in results] == [Verdict.UP, Verdict.DOWN, Verdict.DOWN]
    assert asked[:2] == ["www.example.com", "api.example.com"]


async def test_method_headers_and_body_are_sent() -> None:
    echo = Echo(reply())
    request = HttpRequest("POST", (("Accept", "application/json"), ("X-Y", "z")), '{"ä": 1}')
    assert (await ask(echo, request)).verdict is Verdict.UP
    head, _, body = echo.heard[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /a?key=hush HTTP/1.1\r\n")
    assert b"accept: application/json\r\n" in head.lower()
    assert b"*/*" not in head
    assert b"x-y: z" in head.lower()
    assert body.decode() == '{"ä": 1}'


async def test_the_answer_to_a_head_has_no_body() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"
    assert (await ask(Echo(head), HttpRequest("HEAD"))).verdict is Verdict.UP


@pytest.mark.parametrize(
    ("scheme", "header", "sent"),
    [
        ("bearer", "Authorization", b"authorization: Bearer S3cretToken\r\n"),
        ("plain", "X-Api-Key", b"x-api-key: S3cretToken\r\n"),
        ("basic", "Authorization", b"authorization: Basic UzNjcmV0VG9rZW4=\r\n"),
    ],
)
async def test_a_token_is_sent_and_never_told(tmp_path: Path, scheme: str, header: str, sent: bytes) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN)
    file.chmod(0o600)
    credential = Credential(file=str(file), scheme=scheme, header=header)
    said = reply(f"503 {TOKEN} UzNjcmV0VG9rZW4={'x' * 44}{TOKEN}", f'{{"said": "{"x" * 75}{TOKEN}"}}'.encode())
    echo = Echo(said)
    expect = Expectation(json=(parse_json_check("said == 'x'"),))
    result = await ask(echo, HttpRequest(auth=credential), expect=expect)
    assert sent.lower() in echo.heard[0].lower()
    assert result.reason.startswith("HTTP 503 ***")
    assert TOKEN[:4] not in repr(result)
    assert scheme != "basic" or "UzNjcmV0VG9rZW4" not in repr(result)


async def test_a_token_that_was_refused_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("old")
    file.chmod(0o600)
    echo = Echo(reply("401 Unauthorized"), reply())
    tools = make_tools()
    request = HttpRequest(auth=Credential(file=str(file)))
    async with serve(echo) as port:
        assert (await run_probe(make(port, request), tools)).reason == "HTTP 401 Unauthorized"
        file.write_text("new")
        assert (await run_probe(make(port, request), tools)).verdict is Verdict.UP
        file.write_text("newer")
        await run_probe(make(port, request), tools)
    sent = [re.findall(rb"Bearer (\w+)", head) for head in echo.heard]
    assert sent == [[b"old"], [b"new"], [b"new"]]


async def test_a_token_that_is_not_there_says_nothing_about_the_target() -> None:
    result = await ask(Echo(reply()), HttpRequest(auth=Credential(env="ONCALL_TUI_NOT_SET")))
    assert result.verdict is Verdict.UNKNOWN
    assert "ONCALL_TUI_NOT_SET, which probe.auth names, is not set" in result.reason
    slow = HttpRequest(auth=Credential(command=("sleep", "1")))
    result = await ask(Echo(reply()), slow, timeout_ms=100)
    assert (result.verdict, result.reason) == (
        Verdict.UNKNOWN,
        "not run: the token was not there after 0.1 s, see auth of the probe",
    )


async def test_a_redirect_takes_neither_token_nor_headers_to_another_origin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONCALL_TUI_TEST_TOKEN", TOKEN)
    there = Echo(reply())
    request = HttpRequest(headers=(("X-Inner", "yes"),), auth=Credential(env="ONCALL_TUI_TEST_TOKEN"))
    async with serve(there) as port:
        here = Echo(
            reply("302 Found", b"", "Location: /b"), reply("302 Found", b"", f"Location: http://127.0.0.1:{port}/c?x=1")
        )
        result = await ask(here, request, follow_redirects=True)
    assert result.verdict is Verdict.UP
    assert all(TOKEN.encode() in head and b"x-inner" in head.lower() for head in here.heard)
    assert TOKEN.encode() not in there.heard[0]
    assert b"x-inner" not in there.heard[0].lower()
    hops = [text for name, text in result.facts if name.startswith("hop ")]
    assert len(hops) == 3
    assert re.fullmatch(r"302 in \d+ ms, http://127.0.0.1:\d+/a", hops[0])
    assert hops[2].endswith(f"http://127.0.0.1:{port}/c")


async def test_a_body_does_not_leave_its_origin() -> None:
    there = Echo(reply())
    async with serve(there) as port:
        here = Echo(reply("307 Temporary Redirect", b"", f"Location: http://127.0.0.1:{port}/"))
        result = await ask(here, HttpRequest("POST", body="mine"), follow_redirects=True)
    assert result.reason == "redirect that would take the body of the request to another host"
    assert not there.heard


async def test_a_post_that_was_moved_is_followed_by_a_get() -> None:
    here = Echo(reply("302 Found", b"", "Location: /b"), reply())
    assert (await ask(here, HttpRequest("POST", body="mine"), follow_redirects=True)).verdict is Verdict.UP
    assert here.heard[1].startswith(b"GET /b ")
    assert b"mine" not in here.heard[1]


async def judge(body: bytes, *checks: str, degraded: tuple[str, ...] = ()) -> Result:
    expect = Expectation(
        json=tuple(parse_json_check(check) for check in checks),
        json_degraded=tuple(parse_json_check(check) for check in degraded),
    )
    return await ask(Echo(reply(body=body)), HttpRequest(), expect=expect)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"status": "bad"}', 'status is "bad", expected == "ok"'),
        (b'{"state": "ok"}', "body has no status"),
        (b"<html>", "body is not JSON"),
        (b"", "body is not JSON"),
        (b'{"status": "ok"', "body is not JSON"),
        (b"[" * 100_000, "body is not JSON"),
        (b'{"status": "\xff"}', 'status is "\ufffd"'),
        (b"x" * 300_000, "body is not JSON in its first part, the rest was not read"),
        (b'{"status": "\\u001b[2J\\u202e"}', 'status is "'),
    ],
)
async def test_a_json_body_is_judged(body: bytes, reason: str) -> None:
    result = await judge(body, "status == 'ok'")
    assert result.verdict is Verdict.DOWN
    assert result.reason.startswith(reason)
    assert is_clean(result.reason + "".join(text for _, text in result.facts))


async def test_load_and_error_rate_are_facts_that_degrade() -> None:
    body = b'{"status": "ok", "load": {"one": 9.5}, "error_rate": 0.002}'
    degraded = ("load.one < 8", "error_rate < 0.01")
    result = await judge(body, "status == 'ok'", degraded=degraded)
    assert (result.verdict, result.reason) == (Verdict.DEGRADED, "load.one is 9.5, expected < 8")
    assert {("json status", '"ok"'), ("json load.one", "9.5"), ("json error_rate", "0.002")} <= set(result.facts)
    assert (await judge(body, degraded=("error_rate < 0.01",))).verdict is Verdict.UP


async def test_only_the_wanted_family_of_addresses_is_used() -> None:
    def look_up(host: str) -> tuple[Address, ...]:
        return Address(socket.AF_INET6, "::1"), Address(socket.AF_INET, "127.0.0.1")

    tools = make_tools(resolver=Resolver(look_up))
    async with serve(Echo(reply())) as port:
        probe = replace(make_probe(ProbeKind.HTTP, f"http://both.test:{port}/"), family="4")
        assert (await run_probe(probe, tools)).verdict is Verdict.UP
        refused = await run_probe(replace(probe, family="6"), tools)
    assert refused.reason in ("connection refused", "not run: this host has no free port or no such address family")
    only_four = make_tools(resolver=Resolver(lambda _: (Address(socket.AF_INET, "127.0.0.1"),)))
    assert (await run_probe(replace(probe, family="6"), only_four)).reason == "the name has no IPv6 address"
