"""A page that cannot be reached, or should not be trusted: nothing is lost, and the token goes nowhere else."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import trustme
from msgspec.structs import replace
from tests.engine.faultdesk import Desk, run_desk, wait_for
from tests.engine.faultpage import TOKEN, FaultPage
from tests.engine.publishing import NO_TLS

from oncall_tui.domain.update import DeliveryState
from oncall_tui.store.outbox import list_deliveries
from oncall_tui.store.page import list_pages


def make_tls(name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Returns what a server of that name offers and what a client needs to trust it."""
    authority = trustme.CA()
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.issue_cert(name).configure_cert(server)
    authority.configure_trust(client)
    return server, client


@pytest.mark.parametrize("why", ["unknown authority", "another name"])
def test_a_page_that_cannot_prove_itself_never_sees_the_token(why: str, tmp_path: Path) -> None:
    server, client = make_tls("status.example.com" if why == "another name" else "127.0.0.1")

    async def scenario(desk: Desk) -> None:
        desk.open("first")
        async with desk.engine(tls=client if why == "another name" else NO_TLS):
            await wait_for(lambda: desk.only().state is DeliveryState.RETRY_WAIT)
            assert "certificate" in desk.only().reason.lower()
        assert desk.page.requests == []
        if why == "unknown authority":
            async with desk.engine(tls=client):
                await wait_for(lambda: not list_deliveries(desk.db))
            assert desk.page.bodies() == ["first"]

    run_desk(tmp_path, FaultPage(tls=server), scenario)


@pytest.mark.parametrize("where", ["a port without TLS", "a name that is not found"])
def test_a_page_that_is_not_there_is_asked_again_later(where: str, tmp_path: Path) -> None:
    async def scenario(desk: Desk) -> None:
        desk.open("first")
        # Longer than any name can be: the resolver refuses it without asking the network.
        host = f"127.0.0.1:{desk.page.port}" if where == "a port without TLS" else ".".join(["a" * 60] * 5)
        async with desk.engine(replace(desk.config(), api_url=f"https://{host}/v1")):
            await wait_for(lambda: desk.only().state is DeliveryState.RETRY_WAIT)
            await wait_for(lambda: desk.loop.time() > 300)
            assert "cannot be reached" in desk.only().reason or "while connecting" in desk.only().reason
        assert desk.page.requests == []
        await desk.drain()
        assert desk.page.bodies() == ["first"]

    run_desk(tmp_path, FaultPage(), scenario)


@pytest.mark.parametrize("preamble", ["", "x" * 150, "x" * 165])
def test_a_page_that_echoes_the_token_does_not_make_us_tell_it(preamble: str, tmp_path: Path) -> None:
    async def scenario(desk: Desk) -> None:
        desk.page.token = "rotated"
        for _ in range(4):
            desk.open("first")
        async with desk.engine():
            await wait_for(lambda: any("refused the token" in page.last_error for page in list_pages(desk.db)))
            await wait_for(lambda: len(desk.page.requests) > 4)
        waiting = list_deliveries(desk.db)
        assert DeliveryState.FAILED not in {item.state for item in waiting}
        told = [item.reason for item in waiting] + [page.last_error for page in list_pages(desk.db)]
        assert not [reason for reason in told if TOKEN[:6] in reason]

    run_desk(tmp_path, FaultPage(preamble=preamble, think_s=0.2), scenario)
