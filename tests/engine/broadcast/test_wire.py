"""A wire tells what left, and lets nothing leave once it is closed."""

from __future__ import annotations

import asyncio
import http.client
import smtplib
import subprocess
import sys
from contextlib import suppress

import pytest
from tests.pace import PATIENCE_S

from oncall_tui.engine.broadcast.wire import Wire, start_watching, watch


def ask(port: int, wire: Wire, *, closes: bool) -> None:
    watch(wire)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    connection.connect()
    if closes:
        wire.close()
    try:
        connection.request("POST", "/", body=b"hello")
        connection.getresponse().read()
    finally:
        connection.close()
        watch(Wire(5))


class Listener:
    """Takes one connection at a time, answers its first bytes, and keeps what came."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.got = b""
        self.ended = asyncio.Event()

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.got = await reader.read(1_000)
        with suppress(ConnectionError):
            writer.write(self.answer)
            await writer.drain()
        writer.close()
        self.ended.set()


@pytest.mark.parametrize("closes", [False, True])
async def test_a_closed_wire_lets_no_request_leave(closes: bool) -> None:
    start_watching()
    listener = Listener(b"HTTP/1.0 200 OK\r\n\r\n")
    server = await asyncio.start_server(listener.meet, "127.0.0.1", 0)
    wire = Wire(5)
    try:
        call = asyncio.to_thread(ask, server.sockets[0].getsockname()[1], wire, closes=closes)
        if closes:
            with pytest.raises(TimeoutError):
                await call
        else:
            await call
        await listener.ended.wait()
    finally:
        server.close()
    assert wire.messages == (not closes)
    assert listener.got.startswith(b"" if closes else b"POST / HTTP/1.1\r\n")
    assert bool(listener.got) is not closes


async def test_a_closed_wire_lets_no_mail_leave() -> None:
    start_watching()
    listener = Listener(b"")
    server = await asyncio.start_server(listener.meet, "127.0.0.1", 0)
    wire = Wire(5)

    def send() -> None:
        watch(wire)
        wire.close()
        try:
            smtplib.SMTP("127.0.0.1", server.sockets[0].getsockname()[1], timeout=PATIENCE_S)
        finally:
            watch(Wire(5))

    try:
        with pytest.raises(TimeoutError):
            await asyncio.to_thread(send)
    finally:
        server.close()
    assert listener.got == b""


async def test_a_wire_closes_by_itself_in_time() -> None:
    start_watching()
    listener = Listener(b"")
    server = await asyncio.start_server(listener.meet, "127.0.0.1", 0)
    try:
        with pytest.raises(TimeoutError):
            await asyncio.to_thread(ask, server.sockets[0].getsockname()[1], Wire(0), closes=False)
    finally:
        server.close()
    assert listener.got == b""


def test_without_apprise_the_way_to_get_it_is_told() -> None:
    program = """
import asyncio, sys
sys.modules["apprise"] = None
from oncall_tui.config.token import Secret
from oncall_tui.domain.errors import UsageError
from oncall_tui.engine.broadcast.apprise_channel import AppriseChannel
try:
    asyncio.run(AppriseChannel("ops", lambda: Secret("json://x")).make_ready())
except UsageError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=PATIENCE_S, check=True
    )
    assert "pip install 'oncall-tui[broadcast]'" in done.stdout
