"""Words of the team are noted, with plain ones where there are; who the readers are changes how loudly."""

from __future__ import annotations

from tests.domain.lint.remarks import find, level_of, words_of

from oncall_tui.domain.lint.model import Audience, Context, Fix, Level, Tuning, Words


def test_jargon_is_noted_once_with_a_plain_word() -> None:
    text = "A 5xx spike after the failover: 5xx again."
    first, second = find("JR007", text)
    assert (text[first.start : first.end], first.fix) == ("5xx", Fix("say 'server errors'", "server errors"))
    assert text[second.start : second.end] == "failover"
    assert first.level is Level.INFO


def test_readers_decide_how_loudly() -> None:
    assert level_of("JR007", "The pod ran OOM.", Context(audience=Audience.GENERAL)) is Level.WARN
    assert level_of("JR007", "The pod ran OOM.", Context(audience=Audience.TECHNICAL)) is None
    assert words_of("JR007", "Podcasts, poddable and noded devices work.") == []


def test_a_team_adds_its_own_words_and_takes_its_products_out() -> None:
    tuning = Tuning(words=Words(jargon=("cutover", "blue green"), products=("Redis",)))
    assert words_of("JR007", "Redis after the Cutover, blue green.", tuning=tuning) == ["Cutover", "blue green"]
    assert words_of("JR007", "Exports of Redis", Context(names=("Exports of Redis",))) == []


def test_acronyms_want_to_be_written_out_once() -> None:
    assert words_of("JR008", "The ADFS login fails. ADFS is slow.") == ["ADFS"]
    assert words_of("JR008", "Active Directory Federation Services (ADFS) fail; ADFS is slow.") == []
    assert words_of("JR008", "The API, SSO and DNS in the EU fail at 14:05 UTC.") == []
    assert words_of("JR008", "PIM fails.", tuning=Tuning(words=Words(acronyms=("PIM",)))) == []
    assert words_of("JR008", "WE ARE WORKING ON THIS", Context()) == []
    assert level_of("JR008", "The ADFS login fails.") is Level.INFO
