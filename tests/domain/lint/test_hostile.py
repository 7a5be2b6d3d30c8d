"""Whatever a text holds: no rule raises, every span lies in its part, and time grows with length alone."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall_tui.domain.incident import IncidentStatus
from oncall_tui.domain.lint.catalogue import lint
from oncall_tui.domain.lint.model import Context, LastUpdate, Part, Tuning, Words

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
        ("LK001", "See http://www.acme.example/x."),
    ],
)
def test_a_fix_does_away_with_what_was_found(rule: str, text: str) -> None:
    (finding,) = [each for each in lint("Title", text, groups=_GROUPS) if each.rule == rule]
    assert finding.fix is not None
    mended = text[: finding.start] + finding.fix.replacement + text[finding.end :]
    assert rule not in {each.rule for each in lint("Title", mended, groups=_GROUPS)}
    assert "  " not in mended
    assert " ." not in mended
