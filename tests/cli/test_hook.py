from __future__ import annotations

import json

from tests.cli.program import Program

from oncall_tui.clock import now_ms
from oncall_tui.domain.hook import CallState, HookEvent
from oncall_tui.store.database import open_database
from oncall_tui.store.hooks import NewCall, claim_call, replace_hooks, save_changes, settle_call
from oncall_tui.store.lease import take_lease

CONFIG = """
[[hook]]
name = "well"
command = ["/bin/sh", "-c", "cat; printf '\\\\033[31mred'"]
[[hook]]
name = "bad"
command = ["/bin/sh", "-c", "echo no way >&2; exit 3"]
[[hook]]
name = "nobody"
url = "http://127.0.0.1:1/secret-path"
"""


def test_a_hook_is_tried_by_hand(program: Program) -> None:
    program.write_config(CONFIG)
    well = program.run("hook", "test", "well", "--json", STATUSPAGE_TOKEN="canary")
    assert well.status == 0
    said = well.shape()["said"]
    document = json.loads(said[: said.index("\u241b[31mred")])
    assert (document["event"], document["version"]) == ("test", 1)
    bad = program.run("hook", "test", "bad")
    assert (bad.status, bad.out) == (1, "Not taken: /bin/sh failed with exit code 3: no way.\n  no way\n")
    nobody = program.run("hook", "test", "nobody")
    assert nobody.status == 1
    assert "127.0.0.1 cannot be reached" in nobody.out
    assert "secret-path" not in nobody.out + nobody.err
    missing = program.run("hook", "test", "wel")
    assert missing.status == 3
    assert "well" in missing.err


def test_doctor_tells_how_hooks_stand(program: Program) -> None:
    program.write_config(CONFIG)
    with open_database(program.folder / "oncall.db") as db:
        replace_hooks(db, ["well", "bad"], now_ms())
        epoch = take_lease(db, pid=1, host="h", boot_id="b", version="0", mode="stay", now=now_ms())
        for hook, state in (("well", CallState.DONE), ("bad", CallState.FAILED)):
            new = NewCall(hook, HookEvent.UP, ("web",), "{}")
            save_changes(db, hook, epoch, told=[], over=[], calls=[new], held=0, now=now_ms())
            call = claim_call(db, hook, epoch, now_ms())
            assert call is not None
            settle_call(db, call, epoch, state, now_ms(), reason="exit code 3")
    told = program.run("doctor")
    assert told.status == 1
    assert "ok    hook well: last called 00:0" in told.out
    assert "fail  hook bad: failed 00:0" in told.out
    assert "exit code 3  → try it: oncall-tui hook test bad" in told.out
    assert "ok    hook nobody: not called yet" in told.out
