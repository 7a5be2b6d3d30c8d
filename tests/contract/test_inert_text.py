"""Text from outside reaches the terminal as visible signs: it steers nothing, crashes nothing and runs nothing.

The hostile text is put into the file past every check, as a file of an older version or another program might hold it.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest
from tests.tui.dashboards import make_state, open_dashboard, write_world

from oncall_tui.clock import now_ms
from oncall_tui.domain.incident import Severity
from oncall_tui.domain.maintenance import NewPlan, NoticeKind, WorkFacts
from oncall_tui.domain.probe import Probe, ProbeKind, ProbeStatus, Result, Verdict
from oncall_tui.store.database import open_database
from oncall_tui.store.incidents import declare_incident
from oncall_tui.store.maintenance import plan_maintenance
from oncall_tui.store.notice_rows import Words
from oncall_tui.store.page import note_page_failed
from oncall_tui.store.postmortem import save_postmortem
from oncall_tui.store.probes import record_results

PAYLOADS = [
    "\x1b]52;c;aGFja2Vk\x07",
    "\x1b]0;title\x1b\\",
    "\x1b]8;;http://evil.example\x1b\\link",
    "\x1b]1337;File=x\x07",
    "\x1b[2J\x1b[31mred",
    "\x1b[?1049l",
    "\x1bP+q544e\x1b\\",
    "\x1b_apc\x1b\\\x1b^pm\x1b\\\x1bXsos\x1b\\",
    "\x9b2J\x9d52;c;eA==\x9c",
    "a\x00b\x7fc\x08d\x0be\x0cf",
    "two\r\nlines\tand\x0etabs",
    "\u202eevil\u2066\u2069\u200f\ufeff",
    "tag\U000e0041\U000e0042",
    "zalgo" + "\u0301" * 200,
    "[@click=app.exit]press me[/]",
    "[@click=app.bell()]x",
    "[/nope] closes nothing",
    "[bold red]WARN[/] [dev/sda1] $state-down",
    "[link='https://evil.example']x[/link]",
    "\\[escaped] [[double]] [#zz]",
    "宽字符 wide 🧨",
    "\ud7ff\ufffe\uffff",
    "x" * 5000,
    "[" * 500,
]
#: Styles, cursor moves, modes (but not the end of the alternate screen), queries, and the shape of the mouse pointer.
_ALLOWED = re.compile(
    r"\x1b\[[0-9;:]*[mHABCDG]|\x1b\[\?(?!1049l)[0-9;]+[hl]|\x1b\[\?[0-9;]+\$p|\x1b\[[<>=?]?[0-9;]*u"
    r"|\x1b\]22;[a-z-]*\x07"
)
_UNFINISHED = re.compile(r"\x1b\[?[0-9;?]*$")


def find_foreign(received: bytes) -> list[str]:
    """Returns every control sign that is no part of what the program itself may send."""
    text = _UNFINISHED.sub("", _ALLOWED.sub("", received.decode("utf-8", "replace")))
    return [
        f"U+{ord(sign):04X} in {text[max(0, at - 20) : at + 20]!r}"
        for at, sign in enumerate(text)
        if (unicodedata.category(sign) in ("Cc", "Cf", "Co", "Cs", "Zl", "Zp") and sign not in "\r\n")
    ]


def write_hostile_world(folder: Path) -> tuple[Path, Path]:
    now = now_ms()
    probes = [
        Probe(f"{index:02}{payload}", ProbeKind.HTTP, payload, payload, 3_600_000, runbook=f"/r/{payload}.md")
        for index, payload in enumerate(PAYLOADS)
    ]
    bad = [(Verdict.DOWN, 1.0)] * 60
    states = [
        make_state(
            probe.name,
            now,
            status=ProbeStatus.DOWN,
            last_verdict=Verdict.DOWN,
            last_reason=payload,
            last_reason_at=now,
            facts=((payload, payload),),
            recent=tuple(bad),
        )
        for probe, payload in zip(probes, PAYLOADS, strict=True)
    ]
    paths = write_world(folder, probes, states)
    with open_database(paths[0]) as db:
        failures = [Result(probe.name, now, Verdict.DOWN, 1.0, probe.target) for probe in probes]
        record_results(db, failures, [], [], now)
        note_page_failed(db, "".join(PAYLOADS[:4]), now)
    return paths


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (160, 45), (200, 60)])
def test_hostile_probes_are_shown_inert(tmp_path: Path, columns: int, rows: int) -> None:
    db, config = write_hostile_world(tmp_path)
    with open_dashboard(db, config, columns=columns, rows=rows) as screen:
        screen.wait_for("DOWN")
        for _ in PAYLOADS:
            screen.press("j")
        screen.press("ctrl+p", "evil")
        screen.pump(0.5)
        screen.press("esc", "/", "click", "esc", "?", "esc")
        for row in range(5, rows - 2, 3):
            for column in (3, 12, 60):
                screen.press(f"\x1b[<0;{column};{row}M\x1b[<0;{column};{row}m")
        assert not screen.has_ended(), screen.text()
        assert "DOWN" in screen.text()
        assert find_foreign(bytes(screen.received)) == []
        assert not Path(f"{db}.crash.log").exists()


@pytest.mark.parametrize("payload", PAYLOADS[::4])
def test_hostile_incident_is_shown_inert(tmp_path: Path, payload: str) -> None:
    db, config = write_hostile_world(tmp_path)
    with open_database(db) as opened:
        declare_incident(
            opened,
            uid="one",
            title=f"title {payload}",
            components={},
            probes=(),
            severity=Severity.SEV2,
            started_at=1,
            actor=payload,
            now=now_ms(),
        )
    with open_dashboard(db, config) as screen:
        screen.wait_for("INVESTIGATING")
        screen.press("ctrl+p", "title")
        screen.pump(0.5)
        screen.press("esc")
        assert not screen.has_ended(), screen.text()
        assert find_foreign(bytes(screen.received)) == []


def test_hostile_planned_work_and_a_hostile_review_are_shown_inert(tmp_path: Path) -> None:
    db, config = write_hostile_world(tmp_path)
    text, now = "\n".join(PAYLOADS[:20]), now_ms()
    with open_database(db) as opened:
        number = declare_incident(
            opened, uid="one", title=PAYLOADS[1], components={}, probes=(), severity=Severity.SEV2, started_at=1,
            actor=PAYLOADS[2], now=now,
        ).id  # fmt: skip
        save_postmortem(opened, number, public=text, internal=text, seen_revision=None, actor=PAYLOADS[3], now=now)
        for at, payload in enumerate(PAYLOADS[:6]):
            words = {kind: Words(f"{kind} {at}", text, True) for kind in NoticeKind}
            facts = WorkFacts(payload, payload, payload)
            new = NewPlan(
                uid=f"w{at}", title=payload, starts_at=now, ends_at=now + 60_000, components=(payload,),
                probes=(payload,), facts=facts, pages=(payload,),
            )  # fmt: skip
            plan_maintenance(opened, new, words, actor=payload, now=now)
    with open_dashboard(db, config, columns=120, rows=40) as screen:
        screen.wait_for("DOWN")
        screen.press("m")
        screen.wait_for("Planned work")
        screen.press("j", "j", "j", " ", "e")
        screen.wait_for("new end")
        screen.press("esc", "esc", "P")
        screen.wait_for("PUBLIC")
        screen.press("tab", "e")
        screen.wait_for("being changed")
        assert not screen.has_ended(), screen.text()
        assert find_foreign(bytes(screen.received)) == []


def test_the_check_itself_finds_what_it_looks_for() -> None:
    for payload in PAYLOADS[:13]:
        assert find_foreign(payload.encode("utf-8", "replace"))
    assert find_foreign(b"\x1b[38;2;1;2;3mplain\x1b[0m\x1b[?25l") == []
