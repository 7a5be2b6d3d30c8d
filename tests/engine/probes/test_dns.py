from __future__ import annotations

import contextlib
from collections.abc import Callable

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest
from tests.engine.probes.servers import PATIENT_MS, make_probe, make_tools, serve_names

from oncall_tui.domain.probe import Expectation, ProbeKind, Result, Verdict
from oncall_tui.domain.sanitize import is_clean
from oncall_tui.engine.probes import run_probe

Answer = Callable[[dns.message.Message], bytes | None]


def say(record: str, *texts: str) -> Answer:
    def answer(query: dns.message.Message) -> bytes:
        response = dns.message.make_response(query)
        response.answer.append(dns.rrset.from_text(query.question[0].name, 60, "IN", record, *texts))
        return response.to_wire()

    return answer


def fail(rcode: dns.rcode.Rcode) -> Answer:
    def answer(query: dns.message.Message) -> bytes:
        response = dns.message.make_response(query)
        response.set_rcode(rcode)
        return response.to_wire()

    return answer


async def ask(answer: Answer, record: str = "A", contains: str | None = None, timeout_ms: int = PATIENT_MS) -> Result:
    async with serve_names(answer) as resolver:
        expect = Expectation(contains=contains)
        probe = make_probe(
            *(ProbeKind.DNS, "www.example.com"),
            timeout_ms=timeout_ms,
            record=record,
            resolver=resolver,
            expect=expect,
        )
        return await run_probe(probe, make_tools())


@pytest.mark.parametrize(
    ("record", "answer", "contains"),
    [
        ("A", "192.0.2.1", None),
        ("a", "192.0.2.1", "192.0.2.1"),
        ("AAAA", "2001:db8::1", "2001:db8::1"),
        ("CNAME", "edge.example.net.", "edge.example.net"),
        ("MX", "10 mail.example.com.", "MAIL.example.com"),
        ("MX", "10 mail.example.com.", "10 mail.example.com."),
        ("TXT", '"v=spf1 -all"', "spf1"),
    ],
)
async def test_an_expected_answer_is_up(record: str, answer: str, contains: str | None) -> None:
    result = await ask(say(record.upper(), answer), record, contains)
    assert (result.verdict, result.reason) == (Verdict.UP, "")
    assert dict(result.facts)["answer"] == answer
    assert result.phases.first_byte_ms is not None


async def test_a_part_of_an_address_is_not_that_address() -> None:
    result = await ask(say("A", "192.0.2.10"), contains="192.0.2.1")
    assert (result.verdict, result.reason) == (Verdict.DOWN, "answer lacks '192.0.2.1', got 192.0.2.10")


@pytest.mark.parametrize(
    ("rcode", "words"),
    [
        (dns.rcode.NXDOMAIN, "DNS: no such name (NXDOMAIN)"),
        (dns.rcode.SERVFAIL, "DNS: the server failed (SERVFAIL)"),
        (dns.rcode.REFUSED, "DNS: the server refused (REFUSED)"),
    ],
)
async def test_a_refusal_is_told(rcode: dns.rcode.Rcode, words: str) -> None:
    result = await ask(fail(rcode))
    assert (result.verdict, result.reason) == (Verdict.DOWN, words)


async def test_a_name_without_such_a_record_is_down() -> None:
    assert (await ask(fail(dns.rcode.NOERROR))).reason == "DNS: no A record"


async def test_silence_ends_at_the_deadline() -> None:
    result = await ask(lambda _: None, timeout_ms=500)
    assert (result.verdict, result.reason) == (Verdict.DOWN, "timed out in DNS after 0.5 s")


async def test_a_lost_datagram_is_asked_for_again() -> None:
    heard = 0

    def answer(query: dns.message.Message) -> bytes | None:
        nonlocal heard
        heard += 1
        return say("A", "192.0.2.1")(query) if heard > 1 else None

    assert (await ask(answer, timeout_ms=2_000)).verdict is Verdict.UP
    assert heard == 2


async def test_garbage_is_told() -> None:
    result = await ask(lambda query: query.to_wire()[:2] + b"\x80\x00garbage")
    assert result.verdict is Verdict.DOWN
    assert result.reason.startswith(("DNS: ", "timed out in DNS"))


async def test_an_answer_cannot_steer_the_terminal() -> None:
    result = await ask(say("TXT", '"\\027]0;owned\\007\\226\\128\\174"'), "TXT", "nothing")
    assert result.reason.startswith("answer lacks 'nothing'")
    assert is_clean(result.reason + "".join(text for _, text in result.facts))


async def test_a_record_type_that_does_not_exist_is_not_run() -> None:
    result = await ask(lambda _: None, record="NOPE")
    assert result.verdict is Verdict.UNKNOWN


def zone(records: dict[str, tuple[str, ...]], *, is_authenticated: bool = False) -> Answer:
    """Answers by type, with nothing where a type is not there, and AD when it was asked for."""

    def answer(query: dns.message.Message) -> bytes:
        response = dns.message.make_response(query)
        question = query.question[0]
        texts = records.get(dns.rdatatype.to_text(question.rdtype), ())
        if texts:
            response.answer.append(dns.rrset.from_text(question.name, 60, "IN", question.rdtype, *texts))
        if is_authenticated and query.flags & dns.flags.AD:
            response.flags |= dns.flags.AD
        return response.to_wire()

    return answer


async def judge(answer: Answer, expect: Expectation) -> Result:
    async with serve_names(answer) as resolver:
        probe = make_probe(ProbeKind.DNS, "www.example.com", resolver=resolver, expect=expect)
        return await run_probe(probe, make_tools())


WHOLE = {"A": ("192.0.2.1", "192.0.2.2"), "MX": ("10 mail.example.com.",), "TXT": ('"v=spf1 -all"', '"a" "b"')}


@pytest.mark.parametrize(
    ("records", "reason"),
    [
        ((("A", ("192.0.2.2", "192.0.2.1")), ("MX", ("10 MAIL.example.com",))), ""),
        ((("TXT", ("ab", "v=spf1 -all")), ("CAA", ())), ""),
        ((("A", ("192.0.2.1",)),), "A is 192.0.2.1, 192.0.2.2, expected 192.0.2.1"),
        ((("A", ("192.0.2.1", "192.0.2.2", "192.0.2.3")),), "A is 192.0.2.1, 192.0.2.2, expected 192.0.2.1, 192.0.2"),
        ((("AAAA", ("2001:db8::1",)),), "AAAA is empty, expected 2001:db8::1"),
        ((("MX", ()),), "MX is 10 mail.example.com., expected none"),
        ((("TXT", ("V=SPF1 -ALL", "ab")),), "TXT is "),
    ],
)
async def test_each_type_holds_all_that_it_must_and_no_more(
    records: tuple[tuple[str, tuple[str, ...]], ...], reason: str
) -> None:
    result = await judge(zone(WHOLE), Expectation(records=records))
    assert result.verdict is (Verdict.DOWN if reason else Verdict.UP)
    assert result.reason.startswith(reason)


async def test_types_stand_beside_what_one_answer_contains() -> None:
    expect = Expectation(contains="192.0.2.1", records=(("MX", ("10 mail.example.com",)),))
    result = await judge(zone(WHOLE), expect)
    assert result.verdict is Verdict.UP
    assert {"answer A", "answer MX"} <= dict(result.facts).keys()


async def test_an_answer_that_dnssec_does_not_prove_is_told_where_that_matters() -> None:
    expect = Expectation(authenticated=True)
    proven = await judge(zone(WHOLE, is_authenticated=True), expect)
    assert (proven.verdict, dict(proven.facts)["authenticated"]) == (Verdict.UP, "yes")
    result = await judge(zone(WHOLE), expect)
    assert (result.verdict, result.reason) == (Verdict.DOWN, "answer is not authenticated by DNSSEC")
    assert (await judge(zone(WHOLE), Expectation())).verdict is Verdict.UP


async def ask_own(monkeypatch: pytest.MonkeyPatch, *answers: Answer, timeout_ms: int = PATIENT_MS) -> Result:
    """Asks as a host whose resolv.conf names such servers."""
    async with contextlib.AsyncExitStack() as stack:
        places = [(await stack.enter_async_context(serve_names(answer))).rpartition(":") for answer in answers]
        servers = [(ip, int(port)) for ip, _, port in places]
        monkeypatch.setattr("oncall_tui.engine.probes.dns._read_own_servers", lambda: servers)
        return await run_probe(make_probe(ProbeKind.DNS, "www.example.com", timeout_ms=timeout_ms), make_tools())


@pytest.mark.parametrize("rcode", [dns.rcode.SERVFAIL, dns.rcode.REFUSED, dns.rcode.NOTIMP])
async def test_a_resolver_of_this_host_that_cannot_is_passed_over(
    rcode: dns.rcode.Rcode, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = await ask_own(monkeypatch, fail(rcode), say("A", "192.0.2.1"))
    assert (result.verdict, result.reason) == (Verdict.UP, "")
    assert dict(result.facts)["passed over"].endswith(f" {dns.rcode.to_text(rcode)}")


async def test_a_name_fails_that_every_resolver_of_this_host_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    result = await ask_own(monkeypatch, fail(dns.rcode.SERVFAIL), fail(dns.rcode.REFUSED))
    assert (result.verdict, result.reason) == (Verdict.DOWN, "DNS: the server failed (SERVFAIL)")


async def test_one_resolver_that_fails_beside_a_silent_one_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    result = await ask_own(monkeypatch, fail(dns.rcode.SERVFAIL), lambda _: None, timeout_ms=400)
    assert result.verdict is Verdict.UNKNOWN


async def test_the_word_of_the_first_resolver_on_a_name_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    result = await ask_own(monkeypatch, fail(dns.rcode.NXDOMAIN), say("A", "192.0.2.1"))
    assert result.reason == "DNS: no such name (NXDOMAIN)"


@pytest.mark.parametrize(
    ("records", "contains", "reason"),
    [
        ((("A", ()), ("AAAA", ())), None, ""),
        ((("A", ()), ("MX", ("10 mail.example.com",))), None, "DNS: no such name (NXDOMAIN)"),
        ((("AAAA", ()),), "192.0.2.1", "DNS: no such name (NXDOMAIN)"),
    ],
)
async def test_a_name_that_must_have_nothing_may_be_missing(
    records: tuple[tuple[str, tuple[str, ...]], ...], contains: str | None, reason: str
) -> None:
    async with serve_names(fail(dns.rcode.NXDOMAIN)) as resolver:
        expect = Expectation(records=records, contains=contains)
        probe = make_probe(ProbeKind.DNS, "none.example.com", record="A", resolver=resolver, expect=expect)
        assert (await run_probe(probe, make_tools())).reason == reason
