"""What did not change is not sent again, where the page knows how to say so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tests.engine.publishing import NO_TLS

from oncall_tui.clock import now_ms
from oncall_tui.config.token import Secret
from oncall_tui.engine.pages.exchange import PageLine


class TaggedPage:
    """Answers `body` under the tag `etag`, and 304 to whom has it already."""

    def __init__(self) -> None:
        self.body = b'[{"id": "a"}]'
        self.etag = '"v1"'
        self.asked: list[str] = []
        self.answered: list[int] = []
        self.url = ""

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
        self.asked.append(fields.get("if-none-match", ""))
        is_known = self.etag.lower() == fields.get("if-none-match")
        self.answered.append(304 if is_known else 200)
        status, body = ("304 Not Modified", b"") if is_known else ("200 OK", self.body)
        tag = f"ETag: {self.etag}\r\n" if self.etag else ""
        writer.write(
            f"HTTP/1.1 {status}\r\n{tag}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body
        )
        await writer.drain()
        writer.close()


@asynccontextmanager
async def talking() -> AsyncIterator[tuple[TaggedPage, PageLine]]:
    page = TaggedPage()
    server = await asyncio.start_server(page.meet, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    line = PageLine(url, lambda: Secret("t"), timeout_ms=2_000, clock=now_ms, scheme="Bearer", tls=NO_TLS)
    try:
        yield page, line
    finally:
        await line.close()
        server.close()


async def test_what_is_asked_for_again_and_did_not_change_is_not_sent() -> None:
    async with talking() as (page, line):
        answers = [await line.ask("GET", "/list", params={"page": 1}, is_repeated=True) for _ in range(3)]
        assert answers == [[{"id": "a"}]] * 3
        assert page.answered == [200, 304, 304]
        page.etag, page.body = '"v2"', b"[]"
        assert await line.ask("GET", "/list", params={"page": 1}, is_repeated=True) == []
        assert await line.ask("GET", "/list", params={"page": 2}, is_repeated=True) == []
        assert page.asked == ["", '"v1"', '"v1"', '"v1"', ""]


async def test_what_a_write_depends_on_is_always_read_whole() -> None:
    async with talking() as (page, line):
        await line.ask("GET", "/list", is_repeated=True)
        await line.ask("GET", "/list")
        assert page.answered == [200, 200]


@pytest.mark.parametrize("etag", ["", "no quotes", '"a b"', '"' + "x" * 300 + '"'])
async def test_a_tag_that_is_none_is_not_sent_back(etag: str) -> None:
    async with talking() as (page, line):
        page.etag = etag
        for _ in range(2):
            assert await line.ask("GET", "/list", is_repeated=True) == [{"id": "a"}]
        assert page.asked == ["", ""]
