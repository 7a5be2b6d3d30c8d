from __future__ import annotations

from tests.engine.probes.servers import make_probe, make_tools, say, serve

from oncall_tui.domain.probe import ProbeKind, Result, Verdict
from oncall_tui.domain.sanitize import is_clean
from oncall_tui.engine.probes import run_probe
from oncall_tui.engine.probes.evidence import BODY_LIMIT, HEADER_LIMIT, collect_evidence


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
