from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import trustme
from tests.engine.probes.servers import make_server_context, reply, serve
from tests.pace import PATIENCE_S

from oncall_tui.clock import now_ms
from oncall_tui.domain.duration import MINUTE
from oncall_tui.domain.incident import IncidentStatus, Severity
from oncall_tui.domain.update import Draft
from oncall_tui.engine.links import LINKS_MOST, LinkLine, list_links, run_links
from oncall_tui.engine.resolver import Address, Resolver
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.store.database import Database, open_database
from oncall_tui.store.drafts import create_draft, list_drafts
from oncall_tui.store.incidents import declare_incident
from oncall_tui.store.links import list_asked_links, list_dead_links

LOOPBACK = frozenset({"global", "loopback"})
ANSWERS = {
    "HEAD /fine": reply("200 OK", b""),
    "HEAD /login": reply("403 Forbidden", b""),
    "HEAD /gone": reply("404 Not Found", b""),
    "HEAD /broken": reply("503 Service Unavailable", b""),
    "HEAD /no-head": reply("405 Method Not Allowed", b""),
    "GET /no-head": reply("200 OK", b"x" * 100_000),
    "HEAD /moved": reply("302 Found", b"", "Location: /gone", "Set-Cookie: a=b; Path=/"),
    "HEAD /inside": reply("302 Found", b"", "Location: https://10.0.0.1/"),
    "HEAD /plain": reply("302 Found", b"", "Location: http://localhost/"),
    "HEAD /round": reply("302 Found", b"", "Location: /round"),
}


class Site:
    """A site on loopback that keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.port = 0
        self.authority = trustme.CA()
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.authority.configure_trust(self.tls)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.asked.append(request)
        line = request.split(" HTTP/")[0]
        if line == "HEAD /silent":
            await asyncio.sleep(60)
        writer.write(ANSWERS[line])
        await writer.drain()
        writer.close()

    def link(self, path: str) -> str:
        return f"https://localhost:{self.port}/{path}"


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    async with serve(site.answer, make_server_context(site.authority, "localhost")) as site.port:
        yield site


@pytest.fixture
async def line(site: Site) -> AsyncIterator[LinkLine]:
    line = LinkLine(LOOPBACK, site.tls)
    yield line
    await line.close()


@pytest.mark.parametrize(
    ("path", "fault", "requests"),
    [
        ("fine", "", 1),
        ("login", "", 1),
        ("gone", "the answer was 404", 1),
        ("broken", "the answer was 503", 1),
        ("no-head", "", 2),
        ("moved", "the answer was 404", 2),
        ("inside", "", 1),
        ("plain", "", 1),
        ("round", "", 4),
    ],
)
async def test_a_link_is_dead_when_nothing_is_there(
    site: Site, line: LinkLine, path: str, fault: str, requests: int
) -> None:
    assert await line.find_fault(site.link(path)) == fault
    assert len(site.asked) == requests


async def test_nothing_is_sent_but_what_is_asked_for_and_by_whom(site: Site, line: LinkLine) -> None:
    await line.find_fault(site.link("moved") + "#part")
    for request, path in zip(site.asked, ("moved", "gone"), strict=True):
        first, *headers = request.rstrip().split("\r\n")
        assert first == f"HEAD /{path} HTTP/1.1"
        assert {header.split(":")[0].lower() for header in headers} == {"host", "user-agent"}
        assert f"localhost:{site.port}" in request


async def test_a_link_into_a_private_network_or_with_a_password_is_never_asked(site: Site, line: LinkLine) -> None:
    public = LinkLine(tls=site.tls)
    assert await public.find_fault(site.link("gone")) == ""
    rebound = LinkLine(tls=site.tls, resolver=Resolver(lambda host: (Address(socket.AF_INET, "127.0.0.1"),)))
    assert await rebound.find_fault(f"https://public.example:{site.port}/gone") == ""
    assert await line.find_fault(f"https://ana:word@localhost:{site.port}/gone") == ""
    assert site.asked == []


async def test_who_is_not_there_has_a_fault_and_a_resolver_in_trouble_none(site: Site) -> None:
    def fail(code: int) -> Callable[[str], tuple[Address, ...]]:
        def lookup(host: str) -> tuple[Address, ...]:
            raise socket.gaierror(code, host)

        return lookup

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    refused = LinkLine(LOOPBACK, site.tls)
    assert await refused.find_fault(f"https://127.0.0.1:{port}/") == "nothing there takes a connection"
    unknown = LinkLine(resolver=Resolver(fail(socket.EAI_NONAME)))
    assert await unknown.find_fault("https://gone.example/") == "no such host"
    troubled = LinkLine(resolver=Resolver(fail(socket.EAI_AGAIN)))
    assert await troubled.find_fault("https://gone.example/") == ""
    await refused.close()
    hurried = LinkLine(LOOPBACK, site.tls, within_s=0.3)
    assert await hurried.find_fault(site.link("silent")) == "no answer within 0.3 s"
    await hurried.close()


def begin_draft(db: Database, body: str) -> Draft:
    incident = declare_incident(
        db, uid=body, title="T", components={}, probes=(), severity=Severity.SEV2, started_at=1, actor="ana", now=1
    )
    return create_draft(
        db,
        incident.id,
        "t",
        status=IncidentStatus.INVESTIGATING,
        body=body,
        components={},
        next_update_at=None,
        template=None,
        actor="ana",
        now=now_ms(),
    )


def test_the_links_of_drafts_at_rest_are_asked_and_not_too_many(tmp_path: Path) -> None:
    with open_database(tmp_path / "oncall.db") as db:
        body = (
            "See [it](https://a.example/x), https://b.example. Not `https://c.example`, http://d.example, www.e.example"
        )
        draft = begin_draft(db, body)
        drafts = list_drafts(db)
        assert list_links(drafts, draft.updated_at + 1_000) == []
        assert list_links(drafts, draft.updated_at + 5_000) == ["https://a.example/x", "https://b.example"]
        begin_draft(db, " ".join(f"https://{number}.example" for number in range(2 * LINKS_MOST)))
        assert len(list_links(list_drafts(db), now_ms() + 5_000)) == LINKS_MOST


async def test_each_link_is_asked_once_in_ten_minutes_and_none_is_blamed_while_there_is_no_way_out(
    tmp_path: Path, site: Site
) -> None:
    later_ms, is_online, stop = 10_000, False, asyncio.Event()
    store = StoreThread(tmp_path / "oncall.db")
    await store.start()
    with open_database(tmp_path / "oncall.db") as db:
        begin_draft(db, f"Read {site.link('gone')} and {site.link('fine')}.")
        task = asyncio.create_task(
            run_links(
                store,
                clock=lambda: now_ms() + later_ms,
                stop=stop,
                every_s=0.02,
                scopes=LOOPBACK,
                tls=site.tls,
                has_way_out=lambda: is_online,
            )
        )
        await asyncio.sleep(0.3)
        assert site.asked == []
        is_online = True
        async with asyncio.timeout(PATIENCE_S):
            while len(list_asked_links(db, 0)) < 2:
                await asyncio.sleep(0.02)
        await asyncio.sleep(0.2)
        assert len(site.asked) == 2
        assert list_dead_links(db) == [site.link("gone")]
        later_ms += 10 * MINUTE
        async with asyncio.timeout(PATIENCE_S):
            while len(site.asked) < 4:
                await asyncio.sleep(0.02)
        stop.set()
        await asyncio.wait_for(task, PATIENCE_S)
    await store.close()
