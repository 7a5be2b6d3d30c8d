"""The past of a probe on its screen: one key away, drawn at any width, told by shape as well as by colour."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.tui.desk import make_desk, open_app, wait_for, wait_for_text

from oncall_tui.clock import now_ms
from oncall_tui.domain.duration import DAY, HOUR, MINUTE
from oncall_tui.domain.history import Span, Uptime
from oncall_tui.domain.probe import Phases, Probe, ProbeKind, Result, SpanKind, Verdict
from oncall_tui.store.database import Database, open_database
from oncall_tui.store.history import compare_yesterday, save_rollup
from oncall_tui.store.probes import record_results, replace_probes
from oncall_tui.tui.probe_story import read_story
from oncall_tui.tui.text import Glyphs
from oncall_tui.tui.widgets.probe_words import draw_failures, draw_story, draw_strip, draw_yesterday, find_mark

NOW = 20_000 * DAY + 30 * MINUTE


def fill(db: Database, name: str, now: int) -> None:
    """Writes two days of runs, one a minute, that were down for ten minutes two hours ago, and rolls them up."""
    results = []
    for at in range(now - 47 * HOUR, now, MINUTE):
        is_down = 110 * MINUTE <= now - at < 120 * MINUTE
        phases = Phases(resolve_ms=2.0, connect_ms=10.0, first_byte_ms=50.0)
        results.append(Result(name, at, Verdict.DOWN, 20.0, "HTTP 503", facts=(("status", "503"),)) if is_down else
                       Result(name, at, Verdict.UP, 62.0 if now - at < DAY else 31.0, phases=phases))  # fmt: skip
    spans = [
        Span(name, now - 60 * DAY, now - 2 * HOUR, SpanKind.UP),
        Span(name, now - 2 * HOUR, now - 110 * MINUTE, SpanKind.DOWN),
        Span(name, now - 110 * MINUTE, now, SpanKind.UP),
    ]
    record_results(db, results, [], [], now, spans)
    for hour in range(1, 48):
        save_rollup(db, name, HOUR, now - now % HOUR - hour * HOUR)


@pytest.fixture
def db(tmp_path: Path) -> Database:
    opened = open_database(tmp_path / "past.db")
    replace_probes(opened, [Probe("api", ProbeKind.TCP, "127.0.0.1:1")], [])
    fill(opened, "api", NOW)
    return opened


@pytest.mark.parametrize("is_ascii", [False, True])
@pytest.mark.parametrize("width", [20, 76, 196])
def test_the_past_fits_every_width_and_terminal(
    db: Database, width: int, is_ascii: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Glyphs, "is_ascii", is_ascii)
    story = read_story(db, "api", NOW)
    assert story is not None
    rows = draw_story(story, width)
    assert max(row.cell_length for row in rows) <= width
    text = "\n".join(row.plain for row in rows)
    assert text.isascii() == is_ascii
    if width > 20:
        assert "99.305%" in text
        assert f"{Glyphs.show('✖')}{Glyphs.show('▄')}" in text
        assert "first byte       50ms" in text
        assert "2.0 x as long" in text
        assert text.index("HTTP 503") < text.index("status  503")


def test_a_probe_without_a_past_is_drawn(db: Database) -> None:
    replace_probes(db, [Probe("new", ProbeKind.TCP, "127.0.0.1:1")], [])
    story = read_story(db, "new", NOW)
    assert story is not None
    assert "No answer in the last 24 hours." in [row.plain for row in draw_story(story, 80)]
    assert read_story(db, "api", NOW) is None


def test_the_worst_of_an_hour_is_its_sign_however_short() -> None:
    marks = [Uptime(9, 9, 1, 9, 9), Uptime(9, 1), Uptime(9, unknown_ms=9), Uptime(planned_ms=1, unknown_ms=9), Uptime()]
    assert [find_mark(each) for each in marks] == ["down", "slow", "up", "planned", "nothing"]
    assert draw_strip([(0, Uptime(1))] * 90, "days", 40).plain == f"30 days   {'▄' * 30}"


def test_what_was_seen_is_inert() -> None:
    seen = Result("api", NOW, Verdict.DOWN, 1.0, "\x1b[31mred", facts=(("body", "[bold]a\x1b]0;b\a"),))
    seen = replace(seen, evidence=(("server:", "nginx\x1b[2J"), ("body", "<p>\x1b[31mtry later</p>\nnow")))
    text = "\n".join(row.plain for row in draw_failures([seen], NOW, 100))
    assert "\x1b" not in text
    assert all(part in text for part in ("[bold]", "server:  nginx", "try later</p>", "now"))


def test_what_came_back_is_told_once_for_each_kind_of_error() -> None:
    chain = (("certificate 1 of 1", "subject CN=a\nissuer CN=b\nvalid 2026-01-01\nnames a\nsha256 00"),)
    down = Result("api", NOW, Verdict.DOWN, 1.0, "certificate expired 3 days ago", evidence=chain)
    busy = replace(down, started_at=NOW - 2, reason="HTTP 503", evidence=(("body", "later"),))
    text = "\n".join(row.plain for row in draw_failures([down, replace(down, started_at=NOW - 1), busy], NOW, 100))
    assert text.count("certificate expired") == 2
    assert text.count("certificate 1 of 1  subject CN=a") == 1
    assert text.index("sha256 00") < text.index("HTTP 503") < text.index("body  later")


def test_what_came_back_at_another_time_is_told_with_that_time() -> None:
    kept = Result("api", NOW, Verdict.DOWN, 1.0, "HTTP 503", facts=(("status", "503"),), evidence=(("body", "later"),))
    told = replace(kept, started_at=NOW + MINUTE, evidence_at=NOW)
    text = [row.plain.strip() for row in draw_failures([told, kept], NOW + MINUTE, 100)]
    assert text[2:5] == ["as at 00:30:00 UTC", "status  503", "body  later"]
    assert text[5].startswith("00:30:00 UTC  HTTP 503")
    assert len(text) == 6
    rows = [row.plain.strip() for row in draw_failures([told, kept], NOW + 3 * DAY, 100)]
    assert rows[2] == "as at 04 Oct 00:30 UTC"
    assert not any("as at" in row.plain for row in draw_failures([kept], NOW, 100))


def test_an_outage_stands_out_against_yesterday(db: Database) -> None:
    now = NOW + DAY
    down = [Result("api", now - minute * MINUTE, Verdict.DOWN, 9.0, "HTTP 503") for minute in range(30)]
    record_results(db, down, [], [], now)
    text = "\n".join(row.plain for row in draw_yesterday(*compare_yesterday(db, "api", now)))
    assert "AGAINST YESTERDAY  more failures" in text
    assert "last hour no answer, 30 of 30 failed" in text
    assert "yesterday p50 62ms, p95 62ms, 0 of 59 failed" in text
    assert draw_yesterday(*compare_yesterday(db, "api", now + 9 * DAY)) == []


async def test_one_key_shows_the_past_of_a_probe(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    fill(desk.db, "api-eu", now_ms())
    async with open_app(desk, size=(100, 30)) as (app, pilot):
        await wait_for_text(pilot, "api-eu")
        app.main.go_to_probe("api-eu")
        await pilot.press("h")
        await wait_for_text(pilot, "UPTIME")
        await wait_for_text(pilot, "LATENCY, 24 h")
        await pilot.press("pagedown")
        await wait_for_text(pilot, "AGAINST YESTERDAY")
        await pilot.press("h")
        await wait_for(pilot, lambda: app.screen is app.main)
