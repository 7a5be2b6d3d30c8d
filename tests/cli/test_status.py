from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace
from tests.cli.program import Program
from tests.tui.desk import make_desk

from oncall_tui.clock import now_ms
from oncall_tui.domain.capability import Capabilities
from oncall_tui.domain.duration import HOUR, MINUTE
from oncall_tui.domain.incident import ComponentStatus
from oncall_tui.domain.probe import Probe, ProbeKind, ProbeState, ProbeStatus, Verdict
from oncall_tui.domain.remote import RemoteComponent
from oncall_tui.store.changes import add_change
from oncall_tui.store.database import open_database
from oncall_tui.store.page import apply_components, replace_pages
from oncall_tui.store.probes import record_results, replace_probes
from oncall_tui.store.silences import acknowledge, snooze

PAGE = (Path(__file__).parents[2] / "docs" / "command-line.md").read_text(encoding="utf-8")


def test_the_page_that_contradicts_a_probe_is_named_among_others(program: Program, tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    replace_pages(desk.db, [(name, Capabilities(adapter="statuspage")) for name in ("eu", "us")])
    for page, state in (("eu", ComponentStatus.OPERATIONAL), ("us", ComponentStatus.MAJOR_OUTAGE)):
        apply_components(desk.db, [RemoteComponent("a", "API", state)], page=page)
    shape = program.run("status", "--json").shape()
    assert shape["components"][0] == {
        "name": "API",
        "status": "major_outage",
        "pages": {"eu": "operational", "us": "major_outage"},
    }
    (drift,) = shape["drifts"]
    assert (drift["component"], drift["pages"], drift["page_status"]) == ("API", ["eu"], "operational")
    assert drift["probe"] == "api-eu"
    assert drift["message"].startswith("page eu says operational, api-eu is red for 1 min")
    assert "API: page eu says operational, api-eu is red for 1 min." in program.run("status").out
    replace_pages(desk.db, [("us", None)])
    assert program.run("status", "--json").shape()["drifts"] == []
    desk.db.close()


def test_what_is_red_is_folded_and_marked_as_on_the_board(program: Program, tmp_path: Path) -> None:
    now = now_ms()
    probes = [
        Probe("fine", ProbeKind.TCP, "h:1", every_ms=HOUR),
        Probe("new", ProbeKind.TCP, "h:1", "API", every_ms=HOUR),
        Probe("router", ProbeKind.TCP, "h:1", every_ms=HOUR),
        *(Probe(f"behind-{at}", ProbeKind.TCP, "h:1", every_ms=HOUR, depends_on=("router",)) for at in range(3)),
        Probe("acked", ProbeKind.TCP, "h:1", every_ms=HOUR),
        Probe("snoozed", ProbeKind.TCP, "h:1", every_ms=HOUR),
        Probe("flappy", ProbeKind.TCP, "h:1", every_ms=HOUR),
        Probe("gone", ProbeKind.TCP, "h:1", every_ms=MINUTE),
    ]
    down = ProbeState(
        "", ProbeStatus.DOWN, now - 5 * MINUTE - 1, 4, Verdict.DOWN, now, last_reason="connection refused",
        recent=((Verdict.DOWN, 3.0),) * 4,
    )  # fmt: skip
    states = {probe.name: replace(down, probe=probe.name) for probe in probes}
    well = {"status": ProbeStatus.UP, "last_verdict": Verdict.UP, "recent": ((Verdict.UP, 3.0),) * 4}
    states["fine"] = replace(states["fine"], **well)
    states["flappy"] = replace(states["flappy"], **well, flapping_at=now - 2 * MINUTE - 1)
    states["gone"] = replace(states["gone"], last_result_at=now - 10 * MINUTE - 1)
    with open_database(tmp_path / "oncall.db") as db:
        replace_probes(db, probes, [("API", None)])
        record_results(db, [], list(states.values()), [], now)
        acknowledge(db, "acked", "lost disk", "ann", now)
        snooze(db, "snoozed", "", now + HOUR, "bob", now)
        add_change(db, "deploy 2.14", component="API", at=now - 6 * MINUTE, until_at=None, actor="ci", now=now)
    told = program.run("status").out
    rows = {line.split()[1]: line for line in told.splitlines() if line.startswith(("down", "flapping", "stale", "up"))}
    assert list(rows) == ["new", "router", "acked", "snoozed", "flappy", "gone", "fine"], "worst first, folded"
    assert rows["new"].endswith("after deploy 2.14: connection refused")
    assert rows["router"].endswith("+3 behind it: connection refused")
    assert rows["acked"].endswith("acknowledged by ann, lost disk: connection refused")
    assert "snoozed until 20" in rows["snoozed"]
    assert rows["snoozed"].endswith(" by bob: connection refused")
    assert rows["flappy"].endswith("now up, last fault: connection refused")
    assert rows["gone"].endswith("silent 10m, was down: connection refused")
    assert [rows[name].split()[4] for name in ("new", "flappy")] == ["5m", "2m"]
    assert "Probes: 2 down, 1 flapping, 3 behind them, 2 red and known, 1 up, 1 stale, 1 down when seen last." in told

    shape = {each["name"]: each for each in program.run("status", "--json").shape()["probes"]}
    assert list(shape) == [probe.name for probe in probes], "programs get all of them"
    assert [name for name, each in shape.items() if each["behind"] == "router"] == [f"behind-{at}" for at in range(3)]
    assert (shape["acked"]["silence"]["kind"], shape["acked"]["silence"]["until"]) == ("ack", None)
    assert shape["snoozed"]["silence"]["until"] > shape["snoozed"]["silence"]["made_at"]
    assert shape["new"]["change"]["text"] == "deploy 2.14"
    assert (shape["flappy"]["status"], shape["flappy"]["is_flapping"]) == ("flapping", True)
    assert shape["flappy"]["since_at"] > shape["new"]["since_at"]
    assert (shape["gone"]["status"], shape["gone"]["was"]) == ("stale", "down")
    assert {each["incident"] for each in shape.values()} == {None}
    assert all(
        f"`{key}`" in PAGE for key in ("was", "since_at", "is_flapping", "behind", "silence", "change", "incident")
    )
