from __future__ import annotations

from pathlib import Path

from tests.cli.program import Program
from tests.tui.desk import make_desk

from oncall_tui.domain.capability import Capabilities
from oncall_tui.domain.incident import ComponentStatus
from oncall_tui.domain.remote import RemoteComponent
from oncall_tui.store.page import apply_components, replace_pages


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
