from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest
import trustme
from tests.engine.probes.servers import make_probe, make_server_context, make_tools, serve
from tests.pace import PATIENCE_S, free_s

from oncall_tui.domain.probe import Expectation, ProbeKind, Result, Verdict
from oncall_tui.domain.sanitize import is_clean
from oncall_tui.engine.probes import run_probe
from oncall_tui.engine.probes.certificate import read_certificate


async def sit(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def shake(context: ssl.SSLContext, authority: trustme.CA, expect: Expectation | None = None) -> Result:
    async with serve(sit, context) as port:
        probe = make_probe(ProbeKind.TLS, f"localhost:{port}", expect=expect)
        return await run_probe(probe, make_tools(authority))


async def test_a_good_certificate_is_up_with_its_facts() -> None:
    authority = trustme.CA(organization_name="Acme")
    context = make_server_context(authority, "localhost", "*.example.org", "127.0.0.1", days=90)
    result = await shake(context, authority, Expectation(min_days_left=14))
    assert (result.verdict, result.reason) == (Verdict.UP, "")
    facts = dict(result.facts)
    assert facts["certificate"] == "90 days left"
    assert facts["names"] == "localhost, *.example.org, 127.0.0.1"
    assert facts["tls"].startswith("TLSv1.")
    assert result.phases.tls_ms is not None


async def test_a_certificate_that_ends_soon_is_degraded() -> None:
    authority = trustme.CA()
    result = await shake(make_server_context(authority, "localhost", days=5), authority, Expectation(min_days_left=14))
    assert result.verdict is Verdict.DEGRADED
    assert result.reason == "certificate expires in 5 days, expected at least 14 days"


async def test_an_expired_certificate_tells_since_when() -> None:
    authority = trustme.CA()
    result = await shake(make_server_context(authority, "localhost", days=-3), authority)
    assert (result.verdict, result.reason) == (Verdict.DOWN, "certificate expired 3 days ago")
    assert dict(result.facts)["certificate"] == "expired 3 days ago"


async def test_a_certificate_for_another_name_tells_which() -> None:
    authority = trustme.CA()
    result = await shake(make_server_context(authority, "example.org"), authority)
    assert result.reason == "certificate is for example.org, not localhost"


async def test_a_self_signed_certificate_is_told(tmp_path: Path) -> None:
    alone = trustme.CA()
    path = tmp_path / "alone.pem"
    path.write_bytes(alone.private_key_pem.bytes() + alone.cert_pem.bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    assert (await shake(context, trustme.CA())).reason == "self-signed certificate"


async def test_an_unknown_authority_is_told() -> None:
    result = await shake(make_server_context(trustme.CA(), "localhost"), trustme.CA())
    assert result.verdict is Verdict.DOWN
    assert "authority" in result.reason
    assert "not trusted here" in result.reason


async def test_a_certificate_name_cannot_steer_the_terminal() -> None:
    authority = trustme.CA(organization_name="x\x1b]0;owned\x07")
    result = await shake(make_server_context(authority, "example.org"), trustme.CA())
    assert is_clean(result.reason + "".join(text for _, text in result.facts))


async def test_a_stalled_handshake_ends_at_the_deadline() -> None:
    async with serve(sit) as port:
        started = free_s()
        result = await run_probe(make_probe(ProbeKind.TLS, f"localhost:{port}", timeout_ms=500), make_tools())
        assert free_s() - started < 1.0
    assert (result.verdict, result.reason) == (Verdict.DOWN, "timed out in TLS after 0.5 s")
    assert result.phases.tls_ms is not None


async def test_a_connection_closed_in_the_handshake_is_told() -> None:
    async with serve(hang_up) as port:
        result = await run_probe(make_probe(ProbeKind.TLS, f"localhost:{port}"), make_tools())
    assert result.verdict is Verdict.DOWN
    assert result.reason in ("connection closed in TLS", "connection reset by the target")


async def test_tcp_connects_and_refuses() -> None:
    async with serve(sit) as port:
        up = await run_probe(make_probe(ProbeKind.TCP, f"127.0.0.1:{port}"), make_tools())
    down = await run_probe(make_probe(ProbeKind.TCP, f"127.0.0.1:{port}"), make_tools())
    assert up.verdict is Verdict.UP
    assert up.phases.connect_ms is not None
    assert (down.verdict, down.reason) == (Verdict.DOWN, "connection refused")


@pytest.mark.parametrize("target", ["nohost", ":5432", "host:0", "host:x", "host:70000", "::1", ""])
async def test_a_target_without_host_and_port_is_not_run(target: str) -> None:
    result = await run_probe(make_probe(ProbeKind.TCP, target), make_tools())
    assert (result.verdict, result.reason) == (Verdict.UNKNOWN, "not run: the target is not of the form host:port")


def test_damaged_certificates_are_refused_not_obeyed() -> None:
    der = ssl.PEM_cert_to_DER_cert(trustme.CA().cert_pem.bytes().decode())
    assert read_certificate(der).ends_at > 0
    for at in range(len(der)):
        for damaged in (der[:at], der[:at] + b"\xff" + der[at + 1 :]):
            try:
                read_certificate(damaged)
            except ValueError:
                continue


async def test_the_target_sees_the_handshake_to_its_end() -> None:
    finished = asyncio.Event()

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        finished.set()

    authority = trustme.CA()
    async with serve(note, make_server_context(authority, "localhost")) as port:
        await run_probe(make_probe(ProbeKind.TLS, f"localhost:{port}"), make_tools(authority))
        async with asyncio.timeout(PATIENCE_S):
            await finished.wait()
