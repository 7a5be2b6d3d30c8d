from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme
from msgspec.structs import replace
from tests.engine.fakes.proving import allow, make_message
from tests.engine.faultkinds import Fault
from tests.engine.faultpage import TOKEN, FaultPage
from tests.engine.publishing import NO_TLS, make_config
from tests.pace import free_s

from oncall_tui.clock import now_ms
from oncall_tui.config.model import PageConfig
from oncall_tui.config.token import Secret
from oncall_tui.domain.errors import UsageError
from oncall_tui.domain.incident import ComponentStatus
from oncall_tui.engine.pages.adapter import find_deadline_ms
from oncall_tui.engine.pages.errors import AmbiguousError, NotAppliedError, PageError, TokenRefusedError
from oncall_tui.engine.pages.statuspage import Statuspage


@asynccontextmanager
async def connected(
    page: FaultPage, config: PageConfig | None = None, tls: ssl.SSLContext = NO_TLS
) -> AsyncIterator[Statuspage]:
    config = config or make_config(page, timeout_ms=1_000, quiet_ms=1_200)
    client = Statuspage(config, lambda: Secret(TOKEN), now_ms, tls)
    try:
        yield client
    finally:
        await client.close()


@asynccontextmanager
async def answering(
    answer: Callable[[asyncio.StreamReader, asyncio.StreamWriter], object], tls: ssl.SSLContext | None = None
) -> AsyncIterator[str]:
    """Serves connections by hand; gives the address of an API there."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            result = answer(reader, writer)
            if asyncio.iscoroutine(result):
                await result
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            return
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{port}/v1"
    finally:
        server.close()
        await asyncio.sleep(0.01)


async def test_what_is_written_is_what_was_said() -> None:
    async with FaultPage() as page, connected(page) as client:
        api = page.add_component("API")
        message = make_message(
            components={api: ComponentStatus.MAJOR_OUTAGE},
            component_ids=(api,),
            impact_override="critical",
            notify=True,
            body="Zeile 1\nüäö 🙂 </b>",
        )
        created = await client.create_incident(message)
        (write,) = page.writes
        assert write.fields == {
            "name": "Errors",
            "status": "investigating",
            "body": "Zeile 1\nüäö 🙂 </b>",
            "deliver_notifications": True,
            "component_ids": [api],
            "components": {api: "major_outage"},
            "impact_override": "critical",
            "metadata": {"oncall_tui": {"uid": "incident-1", "ops": ["op-1"]}},
        }
        assert created.updates[0].body == "Zeile 1\nüäö 🙂 </b>"
        assert client.clock_skew_ms is not None
        assert abs(client.clock_skew_ms) < 1_500


async def test_an_update_keeps_what_others_stamped_and_twenty_operations() -> None:
    async with FaultPage() as page, connected(page) as client:
        baseline = await client.create_incident(make_message())
        page.incidents[baseline.remote_id]["metadata"]["jira"] = {"issue": "X-1"}
        for number in range(2, 26):
            read = await client.get_incident(baseline.remote_id)
            assert read is not None
            await client.update_incident(read, make_message(op=f"op-{number}", title=None))
        assert "name" not in page.writes[-1].fields
        metadata = page.incidents[baseline.remote_id]["metadata"]
        assert metadata["jira"] == {"issue": "X-1"}
        assert metadata["oncall_tui"]["ops"] == [f"op-{number}" for number in range(6, 26)]


async def test_lists_are_read_page_by_page() -> None:
    asked = []

    async def count() -> None:
        asked.append(1)

    async with FaultPage() as page, connected(page, make_config(page, timeout_ms=5_000, quiet_ms=9_000)) as client:
        for number in range(230):
            page.open(f"Errors {number}", "resolved" if number % 2 else "investigating", "x")
        page.add_component("API")
        page.add_component("Group", group=True)
        assert len(await client.list_recent(0, count)) == 230
        assert len(asked) == 3
        assert len(await client.list_unresolved(count)) == 115
        assert [component.name for component in await client.list_components(count)] == ["API"]
        assert await client.list_recent(now_ms() + 60_000, count) == []
        assert len(asked) == 3 + 2 + 1 + 1


async def test_a_missing_incident_is_none() -> None:
    async with FaultPage() as page, connected(page) as client:
        assert await client.get_incident("nothere") is None


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("http://status.example.com/v1", "https://"),
        ("http://10.0.0.1/v1", "https://"),
        ("ftp://127.0.0.1/v1", "web address"),
        ("https://user:pw@example.com/v1", "token"),
        ("nonsense", "web address"),
        ("http://[::1", "web address"),
    ],
)
def test_an_address_that_would_show_the_token_is_refused(url: str, word: str) -> None:
    config = replace(make_config(FaultPage()), api_url=url)
    with pytest.raises(UsageError, match=word):
        Statuspage(config, lambda: Secret(TOKEN), now_ms)


@pytest.mark.parametrize(
    "url", ["http://localhost:1/v1", "http://127.0.0.1:1/v1", "http://[::1]:1/v1", "https://x.test"]
)
def test_https_and_loopback_are_fine(url: str) -> None:
    Statuspage(replace(make_config(FaultPage()), api_url=url), lambda: Secret(TOKEN), now_ms)


@pytest.mark.parametrize("kind", ["unknown", "expired", "name"])
async def test_a_certificate_that_does_not_hold_gets_no_byte(kind: str) -> None:
    authority, stranger = trustme.CA(), trustme.CA()
    server_tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    issuer = stranger if kind == "unknown" else authority
    name = "elsewhere.test" if kind == "name" else "127.0.0.1"
    until_at = datetime(2020, 1, 1, tzinfo=UTC) if kind == "expired" else None
    issuer.issue_cert(name, not_after=until_at).configure_cert(server_tls)
    client_tls = ssl.create_default_context()
    authority.configure_trust(client_tls)
    heard = []
    async with answering(lambda *_: heard.append(1), server_tls) as url, FaultPage() as page:
        config = replace(make_config(page, timeout_ms=2_000, quiet_ms=4_000), api_url=url)
        async with connected(page, config, client_tls) as client:
            with pytest.raises(NotAppliedError, match="cannot be reached"):
                await client.create_incident(make_message())
    assert heard == []


async def test_a_good_certificate_is_taken() -> None:
    authority = trustme.CA()
    server_tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(server_tls)
    client_tls = ssl.create_default_context()
    authority.configure_trust(client_tls)

    def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]")

    async with answering(answer, server_tls) as url, FaultPage() as page:
        config = replace(make_config(page, timeout_ms=2_000, quiet_ms=4_000), api_url=url)
        async with connected(page, config, client_tls) as client:
            assert await client.list_unresolved(allow) == []


async def test_nobody_there_is_certain() -> None:
    async with FaultPage() as page:
        config = make_config(page)
    async with connected(page, config) as client:
        with pytest.raises(NotAppliedError, match=r"127\.0\.0\.1 cannot be reached"):
            await client.create_incident(make_message())


async def test_the_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    async with FaultPage() as page, connected(page) as client:
        await client.create_incident(make_message())


async def test_the_token_is_shown_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    told = []
    async with FaultPage() as page:
        for fault in Fault:
            if fault in (Fault.NONE, Fault.CLOSE_LATER):
                continue
            page.faults.append(fault)
            async with connected(page) as client:
                with pytest.raises(PageError) as caught:
                    await client.create_incident(make_message())
                told.append(f"{caught.value!r} {caught.value} {vars(client)!r}")
        client = Statuspage(make_config(page), lambda: Secret(TOKEN + "x"), now_ms, NO_TLS)
        with pytest.raises(TokenRefusedError) as refused:
            await client.create_incident(make_message())
        assert "unknown token OAuth ***" in str(refused.value)
        await client.close()
        told.append(str(refused.value))
    assert not any(TOKEN in text for text in told)
    assert not any(TOKEN in record.getMessage() for record in caplog.records)


async def test_a_request_ends_before_the_quiet_period(tmp_path: Path) -> None:
    async with FaultPage(slow_s=2.0) as page:
        config = make_config(page, timeout_ms=60_000, quiet_ms=500)
        assert find_deadline_ms(config) < 500
        page.faults.append(Fault.SLOW_AFTER)
        async with connected(page, config) as client:
            begin = free_s()
            with pytest.raises(AmbiguousError, match="timed out before it answered"):
                await client.create_incident(make_message())
            assert free_s() - begin < 0.7


async def test_what_customers_read_is_read_without_the_token() -> None:
    heads = []

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        body = b'{"incidents": [{"incident_updates": [{"id": "u1", "body": "a\\r\\nb "}, {"id": "u2", "body": null}]}]}'
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        await answer(reader, writer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    async with server, FaultPage() as page:
        config = replace(make_config(page), public_url=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
        async with connected(page, config) as client:
            assert await client.read_public({}) == {"u1": "a\nb"}
    assert heads[0].startswith(b"GET /api/v2/incidents.json ")
    assert TOKEN.encode() not in heads[0]
