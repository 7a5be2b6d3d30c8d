"""The websocket probe against real servers: wsproto's own server side, and answers written by hand."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Callable
from pathlib import Path

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
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Event, Ping, Pong, RejectConnection, Request, TextMessage

from oncall_tui.domain.probe import Credential, Expectation, HttpRequest, Probe, ProbeKind, Result, Verdict
from oncall_tui.domain.sanitize import is_clean
from oncall_tui.engine.probes import run_probe

Answer = Callable[[Event], list[Event]]


def speak(answer: Answer) -> Handler:
    """Returns a handler that says what `answer` makes of each event, and closes when it is closed."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        protocol = WSConnection(ConnectionType.SERVER)
        while chunk := await reader.read(65_536):
            protocol.receive_data(chunk)
            for event in protocol.events():
                for said in answer(event):
                    writer.write(protocol.send(said))
                await writer.drain()
                if isinstance(event, CloseConnection):
                    return

    return handler


def accept(*greeting: Event, subprotocol: str | None = None) -> Answer:
    """Accepts, greets, answers a text with the same in capitals, and a close with a close."""

    def answer(event: Event) -> list[Event]:
        match event:
            case Request():
                return [AcceptConnection(subprotocol=subprotocol), *greeting]
            case TextMessage():
                return [TextMessage(data=event.data.upper())]
            case CloseConnection():
                return [event.response()]
            case _:
                return []

    return answer


async def ask(handler: Handler, probe: Probe | None = None, path: str = "/live") -> Result:
    async with serve(handler) as port:
        probe = probe or make_probe(ProbeKind.WEBSOCKET, "")
        return await run_probe(replace(probe, target=f"ws://127.0.0.1:{port}{path}"), make_tools())


def expecting(text: str, send: str | None = None, timeout_ms: int = PATIENT_MS) -> Probe:
    probe = make_probe(ProbeKind.WEBSOCKET, "", timeout_ms=timeout_ms, expect=Expectation(contains=text))
    return replace(probe, request=HttpRequest(body=send))


async def test_a_handshake_and_a_clean_close_are_up() -> None:
    asked: list[Request] = []

    def answer(event: Event) -> list[Event]:
        if isinstance(event, Request):
            asked.append(event)
        return accept(subprotocol="prices.v1")(event)

    probe = replace(make_probe(ProbeKind.WEBSOCKET, ""), subprotocol="prices.v1")
    probe = replace(probe, request=HttpRequest(headers=(("Origin", "https://a.example"),)))
    result = await ask(speak(answer), probe, "/live?feed=1")
    assert (result.verdict, result.reason) == (Verdict.UP, "")
    facts = dict(result.facts)
    assert (facts["status"], facts["subprotocol"], facts["close"]) == ("101 Switching Protocols", "prices.v1", "1000")
    assert result.phases.connect_ms is not None
    assert result.phases.first_byte_ms is not None
    assert asked[0].target == "/live?feed=1"
    assert asked[0].subprotocols == ["prices.v1"]
    assert (b"origin", b"https://a.example") in asked[0].extra_headers


async def test_the_expected_message_may_come_after_others_and_pings() -> None:
    pongs: list[Pong] = []

    def answer(event: Event) -> list[Event]:
        if isinstance(event, Pong):
            pongs.append(event)
        return accept(TextMessage(data="welcome"), Ping(payload=b"p"))(event)

    result = await ask(speak(answer), expecting("PRICE", send="price?"))
    assert (result.verdict, result.reason) == (Verdict.UP, "")
    assert result.phases.transfer_ms is not None
    assert pongs


async def test_what_came_instead_of_the_expected_message_is_told() -> None:
    result = await ask(speak(accept(TextMessage(data="busy, \x1b[31mtry later"))), expecting("ready", timeout_ms=500))
    assert result.verdict is Verdict.DOWN
    assert result.reason.startswith("no message held 'ready' within 0.5 s, 1 came, the latest: busy, ")
    assert result.reason.endswith("try later")
    assert is_clean(result.reason)
    assert dict(result.evidence)["body"].startswith("busy, ")
    result = await ask(speak(accept()), expecting("ready", timeout_ms=500))
    assert result.reason == "no message held 'ready' within 0.5 s, none came"


async def test_a_target_that_closes_says_why() -> None:
    told = await ask(speak(accept(CloseConnection(code=1008, reason="no seat"))), expecting("ready"))
    assert (told.verdict, told.reason) == (Verdict.DOWN, "closed by the target with 1008 no seat")
    without = await ask(speak(accept(CloseConnection(code=1011))))
    assert (without.verdict, without.reason) == (Verdict.DOWN, "closed by the target with 1011 internal error")
    polite = await ask(speak(accept(CloseConnection(code=1000))), expecting("ready"))
    assert polite.reason == "closed by the target with 1000 before the expected message"
    silent = await ask(raw(b"\x88\x00"), expecting("ready"))
    assert silent.reason == "closed by the target before the expected message"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (reply("200 OK"), "handshake refused: HTTP 200 OK"),
        (reply("404 Not Found"), "handshake refused: HTTP 404 Not Found: no WebSocket is served at this path"),
        (
            reply("403 Forbidden"),
            "handshake refused: HTTP 403 Forbidden: look at auth and the Origin header of the probe",
        ),
        (
            reply("301 Moved Permanently", b"", "Location: https://b.example/?token=s3cret"),
            "handshake refused: HTTP 301 Moved Permanently, moved to https://b.example/: correct the url of the probe",
        ),
        (b"SSH-2.0-OpenSSH_9\r\n", "connection closed in the middle of the handshake"),
        (b"SSH-2.0-OpenSSH_9\r\n\r\n", "answer is not a WebSocket handshake: Bad HTTP message"),
        (
            b"HTTP/1.1 101 OK\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: bm8=\r\n\r\n",
            "answer is not a WebSocket handshake: Bad accept token",
        ),
        (
            b"HTTP/1.1 101 OK\r\nSec-WebSocket-Protocol: \xff\r\n\r\n",
            "answer is not a WebSocket handshake: a header that is not ASCII",
        ),
    ],
)  # fmt: skip
async def test_a_refused_handshake_tells_what_to_look_at(answer: bytes, reason: str) -> None:
    result = await ask(say(answer))
    assert (result.verdict, result.reason) == (Verdict.DOWN, reason)


def raw(frames: bytes, pause_s: float = 60.0) -> Handler:
    """Accepts by hand and sends bytes that no library would send."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        key = head.split(b"Sec-WebSocket-Key: ")[1].split(b"\r\n")[0]
        token = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Accept: " + token + b"\r\n\r\n" + frames
        )
        await writer.drain()
        await asyncio.sleep(pause_s)

    return handler


async def test_frames_that_are_none_and_endless_ones_end() -> None:
    wrong = await ask(raw(b"\xff\x00"), expecting("x"))
    assert wrong.verdict is Verdict.DOWN
    assert wrong.reason.startswith("answer is not WebSocket: ")
    text = await ask(raw(b"\x81\x02\xff\xff"), expecting("x"))
    assert text.reason.startswith("answer is not WebSocket: ")
    large = await ask(raw(b"\x82\x7f" + (2**40).to_bytes(8) + b"x" * 300_000), expecting("y", timeout_ms=PATIENT_MS))
    assert large.reason == "more than 256 KiB without the expected message"
    many = await ask(raw(b"\x81\x00" * 2_000), expecting("y", timeout_ms=PATIENT_MS))
    assert many.reason.startswith("no message held 'y'")
    gone = await ask(raw(b"\x81\x05he", 0.0), expecting("x"))
    assert gone.reason in ("connection closed without a close frame", "connection reset by the target")


async def test_a_close_that_is_not_answered_is_no_fault_and_no_latency() -> None:
    probe = make_probe(ProbeKind.WEBSOCKET, "", timeout_ms=PATIENT_MS, expect=Expectation(max_latency_ms=240))
    result = await ask(raw(b""), probe)
    assert (result.verdict, result.reason) == (Verdict.UP, "")
    assert dict(result.facts)["close"] == "not answered"
    assert result.duration_ms > 240


async def test_a_silent_target_ends_at_the_deadline() -> None:
    async def sit(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    result = await ask(sit, make_probe(ProbeKind.WEBSOCKET, "", timeout_ms=500))
    assert (result.verdict, result.reason) == (Verdict.DOWN, "timed out in first byte after 0.5 s")


async def test_a_target_that_takes_no_subprotocol_is_down() -> None:
    result = await ask(speak(accept()), replace(make_probe(ProbeKind.WEBSOCKET, ""), subprotocol="prices.v1"))
    assert (result.verdict, result.reason) == (Verdict.DOWN, "the target did not take the subprotocol prices.v1")


async def test_a_token_goes_out_and_never_comes_back(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("s3cret\n")
    token.chmod(0o600)
    asked: list[Request] = []

    def answer(event: Event) -> list[Event]:
        if isinstance(event, Request):
            asked.append(event)
            return [AcceptConnection(), TextMessage(data="you are s3cret")]
        return []

    probe = expecting("ready", timeout_ms=500)
    result = await ask(speak(answer), replace(probe, request=HttpRequest(auth=Credential(file=str(token)))))
    assert (b"authorization", b"Bearer s3cret") in asked[0].extra_headers
    assert "you are ***" in result.reason
    assert "s3cret" not in str(result)


async def test_a_refused_token_is_read_anew(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.touch(0o600)
    tools = make_tools()

    def answer(event: Event) -> list[Event]:
        if isinstance(event, Request) and (b"authorization", b"Bearer new") in event.extra_headers:
            return [AcceptConnection()]
        return [RejectConnection(status_code=401)] if isinstance(event, Request) else accept()(event)

    async with serve(speak(answer)) as port:
        probe = make_probe(ProbeKind.WEBSOCKET, f"ws://127.0.0.1:{port}/")
        probe = replace(probe, request=HttpRequest(auth=Credential(file=str(token))))
        seen: list[tuple[Verdict, str]] = []
        for text in ("old", "new"):
            token.write_text(text)
            result = await run_probe(probe, tools)
            seen.append((result.verdict, result.reason))
    assert seen == [
        (Verdict.DOWN, "handshake refused: HTTP 401 Unauthorized: look at auth of the probe"),
        (Verdict.UP, ""),
    ]


async def test_over_tls_the_certificate_is_judged_too() -> None:
    authority = trustme.CA()

    async def shake(days: float, expect: Expectation) -> Result:
        async with serve(speak(accept()), make_server_context(authority, "localhost", days=days)) as port:
            probe = make_probe(ProbeKind.WEBSOCKET, f"wss://localhost:{port}/", expect=expect)
            return await run_probe(probe, make_tools(authority))

    good = await shake(90, Expectation(min_days_left=14))
    assert (good.verdict, dict(good.facts)["certificate"]) == (Verdict.UP, "90 days left")
    assert good.phases.tls_ms is not None
    soon = await shake(5, Expectation(min_days_left=14))
    assert soon.reason == "certificate expires in 5 days, expected at least 14 days"
    assert (await shake(-3, Expectation())).reason == "certificate expired 3 days ago"


async def test_a_target_that_is_no_such_url_is_not_run() -> None:
    for target in ("http://a.example", "ws://a.example:x", "a.example:80"):
        result = await run_probe(make_probe(ProbeKind.WEBSOCKET, target), make_tools())
        assert (result.verdict, result.reason) == (Verdict.UNKNOWN, "not run: the target is not a ws or wss URL")
