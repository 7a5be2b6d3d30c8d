from __future__ import annotations

from pathlib import Path

from tests.tui.dashboards import make_probes, make_state, open_dashboard, write_world

from oncall_tui.clock import now_ms
from oncall_tui.domain.probe import ProbeStatus, Verdict


def test_no_sign_beyond_ascii_is_drawn_where_the_locale_has_none(tmp_path: Path) -> None:
    now = now_ms()
    state = make_state("probe-000", now, status=ProbeStatus.DOWN, last_verdict=Verdict.DOWN, last_reason="refused")
    db, config = write_world(tmp_path, make_probes(3), [state])
    shown = {}
    with open_dashboard(db, config, columns=120, rows=40, env={"LC_ALL": "C", "LANG": "C"}) as screen:
        shown["board"] = screen.wait_for("X probe-000")
        screen.press("i")
        shown["compose"] = screen.wait_for("nothing blocks sending")
        screen.press("ctrl+s")
        shown["review"] = screen.wait_for("Review the update")
        screen.press("esc")
        screen.wait_until_gone("Review the update")
        screen.press("\x1bOR")
        shown["components"] = screen.wait_for("Components: what customers see")
        screen.press("esc")
        screen.wait_until_gone("Components: what customers see")
        screen.press("esc")
        screen.pump(0.5)
        screen.press("2")
        shown["incidents"] = screen.wait_for("told to customers")
        screen.press("s")
        shown["state"] = screen.wait_for("State, then")
        screen.press("esc")
        screen.wait_until_gone("State, then")
        screen.press("5", "o")
        shown["timeline"] = screen.wait_for("enter store")
        screen.press("esc")
        screen.wait_until_gone("enter store")
        screen.press("4")
        shown["runbook"] = screen.wait_for("This incident has no runbook")
        screen.press("?")
        shown["help"] = screen.wait_for("EVERYWHERE")
        screen.press("esc")
        screen.wait_until_gone("EVERYWHERE")
        screen.press("ctrl+p")
        shown["palette"] = screen.wait_for("Declare an incident")
    found = {name: "".join(sign for sign in text if not sign.isascii()) for name, text in shown.items()}
    assert found == dict.fromkeys(shown, "")
