"""Whatever a page answers is at most a doubt, told without the token, within the deadline."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
from msgspec.structs import replace
from tests.engine.fakes.kinds import INSTATUS, KINDS, Kind
from tests.engine.fakes.proving import NO_TLS, TOKEN, allow, is_inert, make_config, make_message, read_token
from tests.pace import free_s

from oncall_tui.clock import now_ms
from oncall_tui.domain.incident import ComponentStatus
from oncall_tui.engine.pages import Page
from oncall_tui.engine.pages.answer import ANSWER_LIMIT
from oncall_tui.engine.pages.budget import Budget
from oncall_tui.engine.pages.errors import AmbiguousError, PageError, RefusedByPageError
from oncall_tui.engine.reader import read_page_once
from oncall_tui.engine.store_thread import StoreThread
from oncall_tui.store.database import open_database

Reply = Callable[[asyncio.StreamWriter], object]
over_kinds = pytest.mark.parametrize("kind", KINDS, ids=str)


@asynccontextmanager
async def serving(reply: Reply) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Gives the address of a server without manners, and what it heard."""
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            heard.append(await reader.readuntil(b"\r\n\r\n"))
            result = reply(writer)
            if asyncio.iscoroutine(result):
                await result
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            return
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", heard
    finally:
        server.close()
        await asyncio.sleep(0.01)


@asynccontextmanager
async def replying(kind: Kind, reply: Reply, timeout_ms: int = 20_000) -> AsyncIterator[tuple[Page, list[bytes]]]:
    """Gives an adapter that talks to such a server, and what that heard."""
    async with serving(reply) as (origin, heard):
        config = replace(make_config(origin + kind.root, kind.page_id, origin), request_timeout_ms=timeout_ms)
        client = kind.adapter(config, read_token, now_ms, NO_TLS)
        try:
            yield client, heard
        finally:
            await client.close()


def say(body: bytes, status: str = "200 OK", **fields: str) -> Reply:
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    whole = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{head}\r\n".encode() + body
    return lambda writer: writer.write(whole)


async def drip(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.05)


async def flood(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[")
    while True:
        writer.write(b" " * 65_536)
        await writer.drain()


async def go_on(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0.01)


RUDE = {
    "gzip": say(b"\x1f\x8b\x08" + b"\0" * 100, Content_Encoding="gzip"),
    "nested": say(b"[" * 200_000),
    "nested within the stack": say(b'{"data":' * 700 + b"1" + b"}" * 700),
    "a nested error": say(b'{"message":' * 700 + b"1" + b"}" * 700, "500 Error"),
    "a long number": say(b"9" * 10_000),
    "no HTTP": lambda writer: writer.write(b"\x1b]0;x\x07 not http\r\n\r\n"),
    "half": lambda writer: writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"id": "a'),
    "two lengths": lambda writer: writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n[]"),
    "an endless head": lambda writer: writer.write(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000),
    "HTML": say(b"<html>\x1b]0;x\x07", Content_Type=f"text/html; {TOKEN}"),
    "the token": say(TOKEN.encode(), Content_Type="x" * 50 + TOKEN),
    "nothing": say(b""),
    "a wrong date": say(b"{}", Date="Fri, 31 Dec 9999 23:59:59 GMT"),
    "surrogates": say(b'{"id": "\\ud800", "data": {"id": "\\udfff"}}'),
}


def list_calls(client: Page) -> tuple[Callable[[], Awaitable[object]], ...]:
    message = make_message(components={"1": ComponentStatus.MAJOR_OUTAGE})
    return partial(client.create_incident, message), partial(client.list_components, allow)


@over_kinds
async def test_a_rude_answer_is_a_doubt(kind: Kind) -> None:
    for name, reply in RUDE.items():
        async with replying(kind, reply) as (client, heard):
            for call in list_calls(client):
                with pytest.raises(AmbiguousError) as caught:
                    await call()
                assert str(caught.value).isprintable(), name
                assert TOKEN[:12] not in str(caught.value), name
            assert len(heard) == 2, name
            assert client.clock_skew_ms is None, name


@pytest.mark.parametrize("reply", [drip, flood, go_on])
async def test_an_endless_answer_is_a_doubt_within_the_deadline(reply: Reply) -> None:
    async with replying(INSTATUS, reply, timeout_ms=900) as (client, _):
        begin = free_s()
        with pytest.raises(AmbiguousError) as caught:
            await client.create_incident(make_message())
        assert free_s() - begin < 1.5
        assert str(caught.value).isprintable()
    assert ANSWER_LIMIT <= 5_000_000


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        *((kind, "302 Found") for kind in KINDS),
        *((INSTATUS, status) for status in ("301 Moved", "303 Other", "307 Temporary", "308 Permanent")),
    ],
    ids=str,
)
async def test_a_redirect_is_not_followed(kind: Kind, status: str) -> None:
    async with serving(say(b"[]")) as (elsewhere, heard_elsewhere):
        for place in (f"{elsewhere}/{TOKEN}?key={TOKEN}", f"/{TOKEN}", "http://[::1", "//\u2100/x"):
            is_address = place.startswith((elsewhere, "/c"))
            async with replying(kind, say(b"", status, Location=place)) as (client, heard):
                for call in list_calls(client):
                    with pytest.raises(RefusedByPageError if is_address else PageError) as caught:
                        await call()
                    assert "redirect" in str(caught.value) or not is_address
                    assert TOKEN not in str(caught.value)
                    assert str(caught.value).isprintable()
                assert len(heard) == 2
        assert heard_elsewhere == []


@over_kinds
async def test_a_page_not_found_by_some_machine_in_between_is_not_a_missing_incident(kind: Kind) -> None:
    async with replying(kind, say(b"<h1>404</h1>", "404 Not Found", Content_Type="text/html")) as (client, _):
        with pytest.raises(RefusedByPageError, match="does not know this place"):
            await client.get_incident("77")


JUNK: tuple[object, ...] = (
    *(None, True, -1, 1.5, "", "x", "\x1b[2J", [], {}, [None], {"id": {}}, [["a"]], 10**30, "\ud800", "../../etc"),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", "0000-00-00T00:00:00Z", "9999-12-31 23:59:59"),
)


def spoil(rng: Random, value: object) -> object:
    """Returns a document with junk in one place, or with one item of a list there twice."""
    document = copy.deepcopy(value)
    places: list[tuple[Any, Any]] = []
    todo: list[Any] = [document]
    while todo:
        item = todo.pop()
        keys = list(item) if isinstance(item, dict) else list(range(len(item)))
        places += [(item, key) for key in keys]
        todo += [item[key] for key in keys if isinstance(item[key], dict | list)]
    if not places:
        return rng.choice(JUNK)
    holder, key = rng.choice(places)
    if isinstance(holder, list) and rng.random() < 0.3:
        holder.append(copy.deepcopy(holder[key]))
    else:
        holder[key] = rng.choice(JUNK)
    return document


@over_kinds
async def test_junk_anywhere_in_an_answer_is_a_doubt_at_most(kind: Kind) -> None:
    rng = Random(str(kind))
    async with kind.serving() as (page, client):
        down = {page.add_component("API", "Edge"): ComponentStatus.MAJOR_OUTAGE}
        page.add_component("API", "Core")
        baseline = await client.create_incident(make_message(components=down))
        await client.update_incident(baseline, make_message(title=None, components=down))
        page.spoil = partial(spoil, rng)
        answered = 0
        doubts: list[str] = []
        for _ in range(10):
            for ask in (
                partial(client.list_components, allow),
                partial(client.list_unresolved, allow),
                partial(client.list_recent, 0, allow),
                partial(client.get_incident, baseline.remote_id),
                partial(client.update_incident, baseline, make_message(title=None, components=down)),
                client.read_page,
            ):
                try:
                    assert is_inert(await ask())
                    answered += 1
                except AmbiguousError as error:
                    doubts.append(str(error))
        assert answered > 15
        assert "".join(doubts).isprintable()


@over_kinds
async def test_junk_does_not_get_stuck_on_its_way_into_the_file(kind: Kind, tmp_path: Path) -> None:
    rng, path = Random(f"{kind} file"), tmp_path / "oncall.db"
    with open_database(path, is_durable=False) as db:
        async with kind.serving() as (page, client):
            down = {page.add_component("API", "Edge"): ComponentStatus.MAJOR_OUTAGE}
            page.add_component("API", "Core")
            for number in range(2):
                shown = await client.create_incident(make_message(op=f"op-{number}", components=down))
                await client.update_incident(shown, make_message(title=None, components=down))
            store = StoreThread(path)
            await store.start()
            config = kind.make_config(page)
            budget = Budget(store, config, now_ms)
            page.spoil = lambda answer: spoil(rng, answer) if rng.random() < 0.4 else answer
            taken = 0
            for _ in range(12):
                with suppress(PageError):
                    await read_page_once(store, client, config.name, budget, now_ms)
                    taken += 1
            await store.close()
        assert taken > 2
        rows = [*db.rows("SELECT * FROM incident"), *db.rows("SELECT * FROM page_component")]
        assert is_inert([tuple(row) for row in rows])
