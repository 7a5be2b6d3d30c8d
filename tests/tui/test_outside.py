"""The person's own editor on a real terminal: what it writes comes back, whatever becomes of it."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from tests.pace import Deadline
from tests.tui.dashboards import find_children, make_probes, make_state, open_dashboard, write_world

from oncall_tui.clock import now_ms
from oncall_tui.domain.probe import ProbeStatus, Verdict
from oncall_tui.store.database import open_database
from oncall_tui.store.drafts import list_drafts
from oncall_tui.tui.outside import find_editor

#: An editor that does what stands in a file beside it.
_EDITOR = r"""#!/bin/sh
mode=$(cat "$(dirname "$0")/mode")
printf 'EDITOR RUNS %s\r\n' "$mode"
case "$mode" in
write) printf 'Two lines\nfrom outside \033]0;x\007\377 and on.\n' > "$1";;
die) printf 'Written before it died.\n' > "$1"; kill -9 $$;;
fail) exit 3;;
interrupt) trap 'printf "Interrupted here.\n" > "$1"; exit 0' INT; while :; do sleep 0.1; done;;
stop) kill -TSTP $$; printf 'Went on after a stop.\n' > "$1";;
save) printf 'Saved and still open.\n' > "$1"; sleep 60;;
esac
"""


def _write_red_world(folder: Path) -> tuple[Path, Path]:
    state = make_state("probe-000", now_ms(), status=ProbeStatus.DOWN, last_verdict=Verdict.DOWN)
    return write_world(folder, make_probes(1), [state])


@pytest.fixture
def editor(tmp_path: Path) -> Path:
    path = tmp_path / "editor"
    path.write_text(_EDITOR, encoding="utf-8")
    path.chmod(0o755)
    return path


def test_what_an_editor_wrote_comes_back_however_it_ended(tmp_path: Path, editor: Path) -> None:
    db, config = _write_red_world(tmp_path)
    mode = tmp_path / "mode"
    with open_dashboard(db, config, env={"VISUAL": f"'{editor}'", "EDITOR": "/nowhere"}) as screen:
        screen.wait_for("DOWN")
        screen.press("i")
        screen.wait_for("nothing blocks sending")
        for word, expected in (
            ("write", "from outside ␛]0;x␇"),
            ("die", "Written before it died."),
            ("stop", "Went on after a stop."),
            ("interrupt", "Interrupted here."),
        ):
            mode.write_text(word, encoding="utf-8")
            screen.press("ctrl+e")
            if word == "interrupt":
                screen.wait_for("EDITOR RUNS interrupt")
                screen.press("ctrl+c")
            screen.wait_for(expected)
            screen.wait_for("Compose")
        mode.write_text("fail", encoding="utf-8")
        screen.press("ctrl+e")
        screen.wait_for("ended with 3")
        screen.wait_for("Interrupted here.")
        screen.press("ctrl+z")
        screen.wait_for("Went on after a stop.")
        screen.press(" Typed again.")
        screen.wait_for("Typed again.")

        mode.write_text("save", encoding="utf-8")
        screen.press("ctrl+e")
        screen.wait_for("EDITOR RUNS save")
        time.sleep(1.5)
        (child,) = find_children(screen.pid)
        (running,) = find_children(child)
        os.kill(screen.pid, signal.SIGHUP)
        screen.wait_for_end()
        deadline = Deadline(5)
        while Path(f"/proc/{running}").exists() and not deadline.is_over():
            time.sleep(0.05)
        assert not Path(f"/proc/{running}").exists()
    with open_database(db) as opened:
        assert list_drafts(opened)[0].body == "Saved and still open."


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({}, "Neither VISUAL nor EDITOR is set"),
        ({"VISUAL": " ", "EDITOR": "no-such-editor --wait"}, "EDITOR: no-such-editor is not found"),
        ({"EDITOR": "vi 'half"}, "EDITOR cannot be read"),
        ({"EDITOR": "''"}, "is not found"),
    ],
)
def test_a_missing_editor_is_told(env: dict[str, str], words: str) -> None:
    told = find_editor({"PATH": os.defpath, **env})
    assert isinstance(told, str)
    assert words in told


def test_an_editor_may_have_arguments() -> None:
    assert find_editor({"PATH": os.defpath, "VISUAL": "sh -c 'a b'", "EDITOR": "cat"}) == ["sh", "-c", "a b"]
