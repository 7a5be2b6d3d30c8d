"""Places are no time zones, and each hour of the day is one that may be promised, past, or too far off."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.domain.lint.remarks import find, words_of

from oncall_tui.domain.duration import DAY, HOUR, MINUTE
from oncall_tui.domain.incident import IncidentStatus, Severity
from oncall_tui.domain.lint.model import Context, Level

NOW = int(datetime(2026, 11, 22, 14, 20, tzinfo=UTC).timestamp() * 1000)
OPEN = Context(now=NOW, status=IncidentStatus.INVESTIGATING, severity=Severity.SEV2, is_first=True)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Sign-in fails in Europe since 14:05.", "14:05"),
        ("Sign-in fails in Europe since 2pm.", "2pm"),
        ("Orders from Asia fail since 13:40, those from Australia since 13:55 too.", "13:40"),
        ("Our servers in London restarted at 09:12.", "09:12"),
        ("Calls to Tokyo and Singapore fail since 8:30 am.", "8:30 am"),
        ("The UK site is slow since 14:05 and the India site is not.", "14:05"),
        ("Pages load slowly since 14:05 local time.", "14:05"),
        ("Mail from Central Europe is late since 14:05.", "14:05"),
        ("Mail is late since 14.05 o'clock.", "14.05"),
        ("Mail is late since 1405h.", "1405"),
        ("Mail is late since 2:05p.", "2:05p"),
    ],
)
def test_a_place_is_no_zone(text: str, shown: str) -> None:
    assert shown in words_of("TM002", text, OPEN)
    assert find("TM002", text, OPEN)[0].level is Level.WARN


@pytest.mark.parametrize(
    "text",
    ["Mail is late since 14:05 Europe/Berlin.", "Mail is late since 14:05 London time.",
     "Mail is late since 6:05 US/Pacific.", "Mail is late since 6:05 am Pacific.", "Mail is late since 6:05a pacific.",
     "Mail is late since 9:05 Eastern Standard Time.", "Mail is late since 15:05 Central European Time.",
     "Mail is late since 14:05 UK time.", "From 6:05 to 6:20 US/Pacific mail was late."],
)  # fmt: skip
def test_a_zone_by_the_name_of_a_place_is_one(text: str) -> None:
    assert find("TM002", text, OPEN) == []


@pytest.mark.parametrize("begin", [0, 5, 9, 14, 20, 23])
@pytest.mark.parametrize("words", ["Next update by {}.", "We will post again at {}."])
def test_each_hour_of_the_day_is_right_or_past_or_too_far(begin: int, words: str) -> None:
    now = NOW - 14 * HOUR + begin * HOUR
    for hour in range(24):
        at = now - now % DAY + hour * HOUR
        text = words.format(f"{hour:02d}:00 UTC")
        told = {rule for rule in ("TM001", "TM005") if find(rule, text, Context(
            now=now, status=IncidentStatus.INVESTIGATING, severity=Severity.SEV2, is_first=True))}  # fmt: skip
        is_right = 2 * MINUTE < (at - now) % DAY < 33 * MINUTE
        assert len(told) == (0 if is_right else 1), (text, told)


def test_an_hour_of_today_is_not_taken_for_one_of_tomorrow() -> None:
    assert find("TM001", "Next update by 04:00 UTC today.", OPEN)
    assert not find("TM001", "Next update by 04:00 UTC.", OPEN)
    assert words_of("TM005", "Next update by 04:00 UTC.", OPEN) == ["04:00 UTC"]
