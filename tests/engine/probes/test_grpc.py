"""The grpc probe against a real gRPC server, and against what is none."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager

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

from oncall_tui.domain.probe import Expectation, Probe, ProbeKind, Result, Verdict
from oncall_tui.domain.sanitize import is_clean
from oncall_tui.engine.probes import run_probe
from oncall_tui.engine.probes.tools import Tools

h2_config = pytest.importorskip("h2.config", reason="the grpc extra is not installed: pip install 'oncall-tui[grpc]'")


def probe_at(port: int, service: str = "", security: str = "none", timeout_ms: int = PATIENT_MS) -> Probe:
    probe = make_probe(ProbeKind.GRPC, f"localhost:{port}", timeout_ms=timeout_ms)
    return replace(probe, service=service, security=security)


def trust(authority: trustme.CA) -> Tools:
    def make_http2() -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        authority.configure_trust(context)
        context.set_alpn_protocols(["h2"])
        return context

    return replace(make_tools(authority), make_http2=make_http2)


@contextmanager
def serve_health(certificate: trustme.LeafCert | None = None, *, has_health: bool = True) -> Iterator[int]:
    """Yields the port of a real server whose services are in each state that there is."""
    grpc = pytest.importorskip("grpc", reason="grpcio is not installed: pip install --group dev")
    health = pytest.importorskip("grpc_health.v1.health", reason="grpcio-health-checking is not installed")
    words = pytest.importorskip("grpc_health.v1.health_pb2").HealthCheckResponse
    rpc = pytest.importorskip("grpc_health.v1.health_pb2_grpc")
    server = grpc.server(ThreadPoolExecutor(2))
    if has_health:
        servicer = health.HealthServicer()
        rpc.add_HealthServicer_to_server(servicer, server)
        for name, status in (("", words.SERVING), ("shop.Cart", words.NOT_SERVING), ("shop.New", words.UNKNOWN)):
            servicer.set(name, status)
    if certificate is None:
        port = server.add_insecure_port("localhost:0")
    else:
        chain = b"".join(pem.bytes() for pem in certificate.cert_chain_pems)
        credentials = grpc.ssl_server_credentials([(certificate.private_key_pem.bytes(), chain)])
        port = server.add_secure_port("localhost:0", credentials)
    server.start()
    try:
        yield int(port)
    finally:
        server.stop(None).wait(5)


async def test_each_word_of_the_health_service_is_told() -> None:
    with serve_health() as port:
        tools = make_tools()
        told = {
            service: await run_probe(probe_at(port, service), tools)
            for service in ("", "shop.Cart", "shop.New", "shop.Gone")
        }
    assert (told[""].verdict, told[""].reason) == (Verdict.UP, "")
    assert dict(told[""].facts)["health"] == "SERVING"
    assert told[""].phases.connect_ms is not None
    assert told[""].phases.first_byte_ms is not None
    assert {each.verdict for service, each in told.items() if service} == {Verdict.DOWN}
    assert told["shop.Cart"].reason == "shop.Cart says that it is NOT_SERVING"
    assert dict(told["shop.Cart"].facts)["next"].startswith("the service knows itself")
    assert told["shop.New"].reason == "shop.New does not say how it is (UNKNOWN)"
    assert told["shop.Gone"].reason == (
        "shop.Gone is not known to the server (SERVICE_UNKNOWN): correct `service` of the probe, or deploy it"
    )


async def test_a_server_without_a_health_service_is_told() -> None:
    with serve_health(has_health=False) as port:
        result = await run_probe(probe_at(port), make_tools())
    assert result.verdict is Verdict.DOWN
    assert result.reason == "the server has no health service (UNIMPLEMENTED): add grpc.health.v1 to it"


async def test_over_tls_the_certificate_is_judged_too() -> None:
    authority = trustme.CA()
    with serve_health(authority.issue_cert("localhost")) as port:
        probe = probe_at(port, security="tls")
        good = await run_probe(replace(probe, expect=Expectation(min_days_left=1)), trust(authority))
        refused = await run_probe(probe, trust(trustme.CA()))
        plain = await run_probe(probe_at(port), make_tools())
    assert (good.verdict, good.reason) == (Verdict.UP, "")
    assert good.phases.tls_ms is not None
    assert "days left" in dict(good.facts)["certificate"]
    assert refused.verdict is Verdict.DOWN
    assert "authority is not trusted here" in refused.reason
    assert [name for name, _ in refused.evidence if name.startswith("certificate")] == ["certificate 1 of 1"]
    assert plain.verdict is Verdict.DOWN


async def test_tls_without_http2_is_told() -> None:
    async def sit(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    authority = trustme.CA()
    for protocols, reason in (
        ([], "the target speaks TLS without HTTP/2 (ALPN): look at what stands before the service"),
        (["http/1.1"], "the target speaks TLS without HTTP/2 (ALPN): look at what stands before the service"),
    ):
        context = make_server_context(authority, "localhost")
        context.set_alpn_protocols(protocols)
        async with serve(sit, context) as port:
            result = await run_probe(probe_at(port, security="tls"), trust(authority))
        assert (result.verdict, result.reason) == (Verdict.DOWN, reason)


Speak = Callable[..., None]
"""Says an answer of a server: takes the server's side of a connection and the number of the stream."""


@asynccontextmanager
async def speak(answer: Speak) -> AsyncIterator[int]:
    """Yields the port of an HTTP/2 server that answers as `answer` does once it has been asked."""
    from h2.connection import H2Connection
    from h2.events import StreamEnded

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        protocol = H2Connection(h2_config.H2Configuration(client_side=False))
        protocol.initiate_connection()
        writer.write(protocol.data_to_send())
        while chunk := await reader.read(65_536):
            for event in protocol.receive_data(chunk):
                if isinstance(event, StreamEnded):
                    answer(protocol, event.stream_id)
            writer.write(protocol.data_to_send())
            await writer.drain()

    async with serve(handler) as port:
        yield port


GRPC = [(":status", "200"), ("content-type", "application/grpc")]


def answer_with(body: bytes, *trailers: tuple[str, str], head: list[tuple[str, str]] = GRPC) -> Speak:
    def answer(protocol, stream) -> None:  # type: ignore[no-untyped-def]
        protocol.send_headers(stream, head)
        protocol.send_data(stream, body, end_stream=not trailers)
        if trailers:
            protocol.send_headers(stream, trailers, end_stream=True)

    return answer


OK = ("grpc-status", "0")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (answer_with(b"\0\0\0\0\2\x08\1", OK), ""),
        (answer_with(b"\0\0\0\0\7\x12\3abc\x08\1", OK), ""),
        (answer_with(b"\0\0\0\0\2\x08\3", OK), "the server is not known to the server (SERVICE_UNKNOWN): "),
        (answer_with(b"\0\0\0\0\0", OK), "the server does not say how it is (UNKNOWN)"),
        (answer_with(b"\1\0\0\0\2\x08\1", OK), "answer holds no health status"),
        (answer_with(b"\0\0\0\0\2\x08\x63", OK), "answer holds no health status"),
        (answer_with(b"\0\0\0\0\2\x08\xff", OK), "answer holds no health status"),
        (answer_with(b"\0\xff\xff\xff\xff", OK), "answer holds no health status"),
        (answer_with(b""), "answer ended without a gRPC status"),
        (
            answer_with(b"", ("grpc-status", "14"), ("grpc-message", "no%20backend%1B[31m")),
            "gRPC status UNAVAILABLE: no backend",
        ),
        (
            answer_with(b"<h1>down</h1>", head=[(":status", "502"), ("content-type", "text/html")]),
            "HTTP 502 in place of gRPC: look at what stands before the service",
        ),
        (lambda protocol, stream: protocol.reset_stream(stream, 7), "call refused by the target: REFUSED_STREAM"),
        (
            lambda protocol, stream: protocol.close_connection(11, b"too many"),
            "connection ended by the target: ENHANCE_YOUR_CALM too many",
        ),
    ],
)  # fmt: skip
async def test_every_answer_has_words(answer: Speak, reason: str) -> None:
    async with speak(answer) as port:
        result = await run_probe(probe_at(port), make_tools())
    assert result.reason.startswith(reason)
    assert result.verdict is (Verdict.DOWN if reason else Verdict.UP)
    assert is_clean(result.reason)


async def test_what_a_proxy_said_in_place_of_grpc_is_kept() -> None:
    head = [(":status", "502"), ("content-type", "text/html"), ("server", "proxy"), ("set-cookie", "s3cret")]
    async with speak(answer_with(b"<h1>down</h1>", head=head)) as port:
        result = await run_probe(probe_at(port), make_tools())
    assert ("server:", "proxy") in result.evidence
    assert ("body", "<h1>down</h1>") in result.evidence
    assert "s3cret" not in str(result)


async def ask(handler: Handler, timeout_ms: int = PATIENT_MS) -> Result:
    async with serve(handler) as port:
        return await run_probe(probe_at(port, timeout_ms=timeout_ms), make_tools())


async def test_what_is_no_http2_is_told() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"SSH-2.0-OpenSSH_9\r\n" + b"x" * 99)
        await asyncio.sleep(60)

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(65_536)

    async def sit(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    assert (await ask(answer)).reason == "answer is not HTTP/2: is this the port of the gRPC service?"
    assert (await ask(say(reply("400 Bad Request")))).reason.startswith("answer is HTTP/1, not gRPC")
    gone = (await ask(hang_up)).reason
    assert gone.startswith(("connection closed before an answer: is this the port", "connection reset by the target"))
    assert (await ask(sit, 500)).reason == "timed out in first byte after 0.5 s"


async def test_an_answer_without_end_is_left() -> None:
    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"\0\0\0\4\0\0\0\0\0")
        while True:
            writer.write((b"\0\0\x08\6\0\0\0\0\0" + b"p" * 8) * 50)
            await writer.drain()
            await asyncio.sleep(0)

    result = await ask(flood)
    assert result.verdict is Verdict.DOWN
    assert result.reason in ("answer larger than 32 KiB", "answer in more than 500 pieces")


def test_without_the_extra_nothing_is_known_and_the_way_out_is_told() -> None:
    code = (
        "import asyncio, sys\n"
        "sys.modules['h2'] = None\n"
        "from oncall_tui.domain.probe import Probe, ProbeKind\n"
        "from oncall_tui.engine.probes import open_tools, run_probe\n"
        "async def main():\n"
        "    result = await run_probe(Probe('a', ProbeKind.GRPC, '127.0.0.1:1'), await open_tools())\n"
        "    print(result.verdict, result.reason)\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "unknown not run: HTTP/2 is missing here: pip install 'oncall-tui[grpc]'\n"
