from __future__ import annotations

import asyncio
import hashlib
import socket
import ssl
from pathlib import Path

import pytest
import trustme
from tests.engine.probes.servers import make_probe, make_server_context, make_tools, reply, say, serve

from oncall_tui.domain.probe import ProbeKind, Result, Verdict
from oncall_tui.domain.sanitize import is_clean
from oncall_tui.engine.probes import run_probe
from oncall_tui.engine.probes.certificate import describe_certificate
from oncall_tui.engine.probes.evidence import BODY_LIMIT, CHAIN_LIMIT, HEADER_LIMIT, collect_evidence
from oncall_tui.engine.resolver import Address, Resolver


async def _ask(answer: bytes) -> Result:
    async with serve(say(answer)) as port:
        return await run_probe(make_probe(ProbeKind.HTTP, f"http://127.0.0.1:{port}/"), make_tools())


async def test_a_failure_keeps_what_came_back_without_secrets() -> None:
    head = (
        b"HTTP/1.1 503 Busy\r\nServer: nginx\r\nSet-Cookie: id=s3cret\r\nX-Api-Key: s3cret\r\nContent-Length: 9\r\n\r\n"
    )
    result = await _ask(head + b"try later")
    assert result.verdict is Verdict.DOWN
    assert result.evidence == (("server:", "nginx"), ("content-length:", "9"), ("body", "try later"))


async def test_a_good_answer_keeps_nothing() -> None:
    assert (await _ask(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")).evidence == ()


def test_evidence_is_bounded_inert_and_hides_what_is_secret() -> None:
    headers = [(b"x-%d" % number, b"\x1b[31m" + b"y" * 999) for number in range(99)]
    found = collect_evidence(
        [(b"location", b"https://a.example/b?code=s3cret"), *headers], b"\x1b]0;t\a hush " + b"z" * 9_999,
        lambda text: text.replace("hush", "***"),
    )  # fmt: skip
    assert len(found) == HEADER_LIMIT + 1
    assert found[0] == ("location:", "https://a.example/b?...")
    assert all(is_clean(text) for _, text in found)
    assert len(found[-1][1]) <= BODY_LIMIT
    assert "***" in found[-1][1]
    assert "hush" not in str(found)


async def _sit(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def _shake(context: ssl.SSLContext, trusted: trustme.CA) -> Result:
    async with serve(_sit, context) as port:
        return await run_probe(make_probe(ProbeKind.TLS, f"localhost:{port}"), make_tools(trusted))


def _find_chain(result: Result) -> list[tuple[str, str]]:
    return [(name, text) for name, text in result.evidence if name.startswith("certificate ")]


@pytest.mark.parametrize(
    ("names", "days", "reason", "word"),
    [
        (("localhost",), -3.0, "certificate expired 3 days ago", "names localhost"),
        (("shop.example", "b.example"), 9.0, "certificate is for shop.example and 1 more, not localhost", "b.example"),
    ],
)
async def test_a_refused_certificate_is_kept_with_all_that_it_says(
    names: tuple[str, ...], days: float, reason: str, word: str
) -> None:
    authority = trustme.CA(organization_name="Acme")
    result = await _shake(make_server_context(authority, *names, days=days), authority)
    assert (result.verdict, result.reason) == (Verdict.DOWN, reason)
    ((name, text),) = _find_chain(result)
    lines = dict(line.split(" ", 1) for line in text.splitlines())
    assert name == "certificate 1 of 1"
    assert list(lines) == ["subject", "issuer", "valid", "names", "sha256"]
    assert "O=Acme" in lines["issuer"]
    assert word in text


async def test_the_whole_chain_is_told_as_it_was_presented() -> None:
    root = trustme.CA(organization_name="Acme root")
    middle = root.create_child_ca()
    result = await _shake(make_server_context(middle, "localhost"), trustme.CA())
    assert result.verdict is Verdict.DOWN
    assert [name for name, _ in _find_chain(result)] == ["certificate 1 of 2", "certificate 2 of 2"]
    told = ssl.PEM_cert_to_DER_cert(middle.cert_pem.bytes().decode())
    assert _find_chain(result)[1][1].endswith(f"sha256 {hashlib.sha256(told).hexdigest()}")


async def test_a_self_signed_certificate_is_its_own_issuer(tmp_path: Path) -> None:
    alone = trustme.CA(organization_name="Home made")
    path = tmp_path / "alone.pem"
    path.write_bytes(alone.private_key_pem.bytes() + alone.cert_pem.bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    ((_, text),) = _find_chain(await _shake(context, trustme.CA()))
    subject, issuer, *_ = text.splitlines()
    assert subject.removeprefix("subject ") == issuer.removeprefix("issuer ")
    assert "O=Home made" in subject


async def test_an_error_over_good_tls_keeps_the_chain_beside_the_answer() -> None:
    authority = trustme.CA()
    async with serve(say(reply("503 Busy", b"later")), make_server_context(authority, "localhost")) as port:
        probe = make_probe(ProbeKind.HTTP, f"https://localhost:{port}/")
        result = await run_probe(probe, make_tools(authority))
    assert result.reason == "HTTP 503 Busy"
    assert [name for name, _ in result.evidence] == ["content-length:", "body", "certificate 1 of 1"]


async def test_a_chain_without_end_and_with_control_signs_is_bounded_and_inert(tmp_path: Path) -> None:
    authority = trustme.CA(organization_name="x\x1b]0;owned\x07")
    others = b"".join(trustme.CA(organization_name=f"{number}").cert_pem.bytes() for number in range(8))
    leaf = authority.issue_cert("localhost", *(f"name{number}.example" for number in range(40)))
    path = tmp_path / "chain.pem"
    path.write_bytes(leaf.private_key_pem.bytes() + leaf.cert_chain_pems[0].bytes() + others)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    chain = _find_chain(await _shake(context, trustme.CA()))
    assert len(chain) == CHAIN_LIMIT
    assert chain[0][0] == "certificate 1 of 9"
    assert "and 31 more" in chain[0][1]
    assert all(is_clean(text) and len(text) <= 800 for _, text in chain)


def test_damaged_certificates_are_described_all_the_same() -> None:
    der = ssl.PEM_cert_to_DER_cert(trustme.CA().cert_pem.bytes().decode())
    assert describe_certificate(der).startswith("subject O=trustme")
    for at in range(0, len(der), 3):
        for damaged in (der[:at], der[:at] + b"\xff" + der[at + 1 :]):
            assert "sha256" in describe_certificate(damaged)


async def test_all_addresses_of_a_name_are_told_when_it_fails() -> None:
    class Two(Resolver):
        async def resolve(self, host: str) -> tuple[Address, ...]:
            return tuple(Address(socket.AF_INET, ip) for ip in ("127.0.0.1", "127.0.0.2"))

    result = await run_probe(make_probe(ProbeKind.TCP, "db.example:1"), make_tools(resolver=Two()))
    assert result.reason == "connection refused"
    assert result.evidence == (("addresses", "127.0.0.1, 127.0.0.2"),)
