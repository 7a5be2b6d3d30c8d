"""Notices on the desktop: opted in, one for a storm, and no byte in them that steers a terminal."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.tui.dashboards import make_probes, make_state, open_dashboard, write_world
from tests.tui.test_header import CALM, FACTS, LEASE
from tests.tui.test_probes_pane import count_rings, make_red

from oncall_tui.clock import now_ms
from oncall_tui.store.database import open_database
from oncall_tui.store.probes import record_results
from oncall_tui.tui.driver import make_notice
from oncall_tui.tui.text import Glyphs
from oncall_tui.tui.widgets.status_header import draw_head


def test_each_form_is_as_its_terminal_has_it() -> None:
    assert make_notice("osc9", "DOWN: a", is_in_tmux=False) == "\x1b]9;oncall-tui: DOWN: a\a"
    assert make_notice("osc777", "DOWN: a;b", is_in_tmux=False) == "\x1b]777;notify;oncall-tui;DOWN: a,b\a"
    assert make_notice("osc9", "x", is_in_tmux=True) == "\x1bPtmux;\x1b\x1b]9;oncall-tui: x\a\x1b\\"


def test_a_terminal_without_other_signs_gets_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Glyphs, "is_ascii", True)
    assert make_notice("osc9", "Zürich", is_in_tmux=False) == "\x1b]9;oncall-tui: Z?rich\a"


@given(st.text(), st.sampled_from(["osc9", "osc777"]), st.booleans())
def test_whatever_is_told_the_sequence_ends_where_it_should(words: str, form: str, is_in_tmux: bool) -> None:
    made = make_notice(form, words, is_in_tmux=is_in_tmux)
    inner = re.fullmatch(r"\x1bPtmux;\x1b(\x1b.*)\x1b\\", made, re.DOTALL)[1] if is_in_tmux else made  # type: ignore[index]
    text = inner.removeprefix("\x1b").removesuffix("\a")
    assert text.isprintable()
    assert len(text) <= 190
    assert text.count(";") == (1 if form == "osc9" else 3)


def test_the_head_tells_what_the_engine_cannot_do_while_it_works() -> None:
    failing = replace(LEASE, started_at=LEASE.heartbeat_at - 60_000, note="hook phone failed: exit code 3")
    shown = draw_head(replace(CALM, lease=failing), FACTS, 140)[0].plain
    assert "engine on   ▲ hook phone failed   exit code 3" in shown
    assert "hook" not in draw_head(CALM, FACTS, 140)[0].plain
    fallen = replace(failing, stopped_at=LEASE.heartbeat_at, note="no space left")
    assert "engine does not start   no space left" in draw_head(replace(CALM, lease=fallen), FACTS, 140)[0].plain
    long = replace(failing, note=f"{failing.note} {'and so on ' * 20}")
    assert "▲ hook phone failed" in draw_head(replace(CALM, lease=long), FACTS, 80)[0].plain


def test_what_falls_at_once_is_one_notice_on_a_real_terminal(tmp_path: Path) -> None:
    now = now_ms()
    hostile = "evil\x1b]0;x\x07;\x9b2J"
    probes = make_probes(3)
    probes[0] = replace(probes[0], name=hostile)
    db, config = write_world(tmp_path, probes, [make_state(probe.name, now) for probe in probes])
    config.write_text(config.read_text() + '[notice]\nbell = false\ndesktop = "osc777"\n')
    with open_dashboard(db, config, columns=130, rows=45, env={"TMUX": ""}) as screen:
        screen.wait_for("probe-002")
        screen.pump(1.2)
        assert b"]777;" not in screen.received
        with open_database(db) as opened:
            record_results(opened, [], [make_red(probe.name, now_ms()) for probe in probes], [], now_ms())
        screen.wait_for("3 DOWN")
        screen.pump(0.5)
        sequence = "\x1b]777;notify;oncall-tui;DOWN: evil␛]0,x␇,<U+009B>2J and 2 others\a".encode()
        received = bytes(screen.received)
        assert received.count(b"]777;") == received.count(sequence) == 1
        assert count_rings(screen) == 0
