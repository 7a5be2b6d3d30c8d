"""Whatever a text holds: no rule raises, every span lies in its part, and time grows with length alone."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall_tui.domain.incident import Cause, ComponentStatus, IncidentStatus, Severity
from oncall_tui.domain.lint.catalogue import lint
from oncall_tui.domain.lint.model import Context, LastUpdate, Part, ProbeFact, Tuning, Words
from oncall_tui.domain.lint.plain import Plain
from oncall_tui.domain.probe import ProbeStatus

_GROUPS = ("SC", "BL", "JR", "SE", "TN", "LN", "LK", "CD", "DR", "MW")
_PIECES = st.sampled_from(
    ["db-prod-03", "10.0.0.1", "fd00::1", "INC-4821", "#inc-42", "https://", "http://a.b/", "[x](", ")", "`",
     "password=", "4111 1111 ", "eyJ", "AKIA", "-----BEGIN ", "due to ", "AWS", "we ", "apologize", "sorry. ",
     "!", "\N{PARTY POPPER}", "WE ARE ", "SELECT ", " FROM ", "\n", "\tat a.b(C.java:1)", "a@b.", "::",
     "some users ", "\u0130", "\ud800", "\x00", "\u2060", "not happen again", "100% ", "14:05 UTC "]
)  # fmt: skip
_TEXTS = st.lists(_PIECES | st.text(max_size=8), max_size=60).map("".join)
_CONTEXTS = st.builds(
    Context,
    now=st.just(1_790_000_000_000),
    status=st.sampled_from(list(IncidentStatus)) | st.none(),
    channel=st.sampled_from(["page", "social", "sms", "mail", "chat"]) | st.none(),
    full_body=_TEXTS | st.none(),
    last=st.builds(LastUpdate, _TEXTS, st.sampled_from(list(IncidentStatus)), st.just(1_789_999_000_000)) | st.none(),
)
_TUNING = Tuning(
    words=Words(people=("we", " "), clients=("\u0130",), private_hosts=("*a*",), contacts=("*@*",), jargon=("x",))
)


@settings(max_examples=60, deadline=None)
@given(_TEXTS, _TEXTS, _CONTEXTS)
def test_every_span_lies_in_its_part(title: str, body: str, context: Context) -> None:
    for tuning in (Tuning(), _TUNING):
        for finding in lint(title, body, context, tuning, groups=_GROUPS):
            text = title if finding.part is Part.TITLE else body
            assert 0 <= finding.start <= finding.end <= len(text)
            assert finding.message.endswith((".", "?"))


@pytest.mark.parametrize(
    "piece",
    ["a-", "a.", "1.", "1 ", "A", "A1 ", "a@", "(", "[a](", "https://a", "eyJa.", "a=b ", "key=", "some ", "due to ",
     "SELECT ", "/var/", "::", "a:", "db-", "I AM ",
     "x\n", "\tat ", "-----BEGIN ", "#a-", "will not ", "we believe ", "\u0130"],
)  # fmt: skip
def test_the_time_grows_with_the_length_alone(piece: str) -> None:
    def measure(size: int) -> float:
        text = (piece * (size // len(piece) + 1))[:size]
        best = 1e9
        for _ in range(2):
            began = time.process_time()
            lint("Title", text, groups=_GROUPS)
            best = min(best, time.process_time() - began)
        return best

    measure(100)
    assert measure(6_000) < 12 * measure(1_500) + 0.02


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("SE001", "It is password=hunter22 here."),
        ("SE002", "The card 4111 1111 1111 1111 failed."),
        ("JR004", "Sign-in fails (INC-4821) in Europe."),
        ("JR007", "A 5xx spike."),
        ("SC005", "We will fix it as soon as possible."),
        ("TN001", "We are sorry. It works. We apologize."),
        ("TN005", "Now: WE ARE WORKING ON IT"),
        ("TN006", "It works!"),
        ("TN006", "It works.!"),
        ("SC005", "We will write to them, as quickly as possible, and mend it."),
        ("LK001", "See http://www.acme.example/x."),
    ],
)
def test_a_fix_does_away_with_what_was_found(rule: str, text: str) -> None:
    (finding,) = [each for each in lint("Title", text, groups=_GROUPS) if each.rule == rule]
    assert finding.fix is not None
    mended = text[: finding.start] + finding.fix.replacement + text[finding.end :]
    assert rule not in {each.rule for each in lint("Title", mended, groups=_GROUPS)}
    assert "  " not in mended
    assert ",," not in mended
    assert ".." not in mended
    assert " ." not in mended


_HIDING = ["\u200b", "\u200d", "\u00ad", "\u2060", "\u202e", "\u200e", "\x00", "\ufeff", "\ufe0f", "\u034f"]
_FAULTS = {
    "SE001": "password=hunter22",
    "PH001": "[duration]",
    "JR002": "10.0.0.5",
    "JR001": "db-prod-03",
    "JR004": "INC-4821",
    "SC004": "never happen again",
    "BL002": "human error",
    "SE002": "4111 1111 1111 1111",
}


@pytest.mark.parametrize("hidden", _HIDING, ids=[f"U+{ord(each):04X}" for each in _HIDING])
def test_signs_that_show_nothing_hide_no_fault(hidden: str) -> None:
    for rule, fault in _FAULTS.items():
        middle = len(fault) // 2
        text = f"We saw {fault[:middle]}{hidden}{fault[middle:]} there."
        found = [each for each in lint("Title", text) if each.rule == rule]
        assert found, (rule, text)
        assert hidden in text[found[0].start : found[0].end] or rule in ("SC004", "SE001", "BL002")


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("PH002", "Back by T\u041eDO."),
        ("PH001", "It lasted \uff3bdate\uff3d in all."),
        ("PH002", "Back by \uff34\uff2f\uff24\uff2f."),
        ("BL002", "It was human\u00a0error."),
        ("SC004", "It will never\u202fhappen\u00a0again."),
        ("JR004", "See INC\u20114821 for more."),
        ("SE001", "p\u0430ssword=hunter22"),
        ("PH001", "We see\r\n[date]\r\nthere."),
    ],
)
def test_letters_and_blanks_that_look_alike_hide_no_fault(rule: str, text: str) -> None:
    assert rule in {each.rule for each in lint("Title", text)}


@pytest.mark.parametrize(
    "text",
    [
        "Сервис работает.",
        "Η υπηρεσία είναι διαθέσιμη.",
        "Wait.\u00a0 It works.",
        "\U0001f468\u200d\U0001f469",
        "サービスは復旧しました。",
    ],
)
def test_other_scripts_and_marks_are_read_as_they_are(text: str) -> None:
    assert Plain(text).text == text


@settings(deadline=None)
@given(st.text(alphabet=["a", " ", "-", "\u200b", "\u00a0", "\u0430", "\uff21", "\n", "\u2011"], max_size=30))
def test_every_place_of_the_plain_text_is_one_of_the_written(text: str) -> None:
    plain = Plain(text)
    for start in range(len(plain.text) + 1):
        for end in range(start, len(plain.text) + 1):
            low, high = plain.place(start, end)
            assert 0 <= low <= high <= len(text)
            assert (high > low) == (end > start)


@pytest.mark.parametrize("piece", ["1 in ", "5% fail ", "a\u200b", "\u0430a", "down all users due to a ", "again "])
def test_the_time_grows_with_the_length_alone_where_all_is_known(piece: str) -> None:
    context = Context(
        now=1_790_000_000_000,
        status=IncidentStatus.IDENTIFIED,
        severity=Severity.SEV1,
        cause=Cause.UNKNOWN,
        components={"API": ComponentStatus.DEGRADED_PERFORMANCE},
        probes=(ProbeFact("api", ProbeStatus.DOWN, "API", 0.31),),
    )

    def measure(size: int) -> float:
        text = (piece * (size // len(piece) + 1))[:size]
        best = 1e9
        for _ in range(2):
            began = time.process_time()
            lint("Title", text, context)
            best = min(best, time.process_time() - began)
        return best

    measure(100)
    assert measure(8_000) < 10 * measure(2_000) + 0.02
