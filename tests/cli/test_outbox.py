from __future__ import annotations

import re

from tests.cli.program import Program
from tests.engine.publishing import confirm, declare

from oncall_tui.clock import now_ms
from oncall_tui.domain.incident import IncidentStatus
from oncall_tui.domain.update import Evidence
from oncall_tui.store.database import open_database
from oncall_tui.store.deliveries import claim_delivery, settle_asking, settle_failed, settle_uncertain
from oncall_tui.store.lease import take_lease
from oncall_tui.store.outbox import list_deliveries, list_due
from oncall_tui.store.timeline import list_entries


def ask(program: Program, *bodies: str) -> None:
    """Leaves the first update of an incident in doubt; `bodies` are what the page shows, oldest first."""
    answer = program.run("incident", "open", "--title", "API errors", "--message", "We are looking into API errors.")
    assert answer.status == 0, answer.err
    now = now_ms()
    evidence = tuple(
        Evidence("r1", f"u{at}", "API errors", IncidentStatus.INVESTIGATING, body, now)
        for at, body in enumerate(bodies)
    )
    with open_database(program.folder / "oncall.db") as db:
        epoch = take_lease(db, pid=1, host="h", boot_id="b", version="1", mode="stay", now=now)
        due = list_due(db, now)[0]
        assert claim_delivery(db, due.id, epoch, due.kind, [], now)
        settle_uncertain(db, due.id, epoch, next_try_at=now + 60_000, reason="no answer", now=now)
        settle_asking(db, due.id, epoch, next_try_at=now + 60_000, evidence=evidence, now=now)


def test_what_may_be_there_is_listed_and_taken_by_its_id(program: Program) -> None:
    ask(program, "We are looking.", "Somebody \x1b[31melse.")
    shown = program.run("outbox", "list").out
    assert "1 may be one of these: `outbox adopt 1 --as ID`, else `retry` or `drop`" in shown
    assert re.search(r"u1  \S+Z  investigating: Somebody ␛\[31melse\.", shown)
    (waiting,) = program.run("outbox", "list", "--json").rows()
    assert [each["id"] for each in waiting["evidence"]] == ["u0", "u1"]
    assert waiting["asked_at"] is not None
    unclear = program.run("outbox", "adopt", "1")
    assert unclear.status == 2
    assert "say which with --as u0 or u1" in unclear.err
    assert program.run("outbox", "adopt", "1", "--as", "u7").status == 2
    assert program.run("outbox", "adopt", "1", "--as", "u0", "--json").shape()["state"] == "delivered"
    assert program.run("outbox", "list").out == "The outbox is empty.\n"


def test_the_only_one_needs_no_id_and_nothing_cannot_be_taken(program: Program) -> None:
    ask(program)
    refused = program.run("outbox", "adopt", "1", "--json")
    assert refused.status == 3
    assert "no-evidence" in refused.out
    assert program.run("outbox", "drop", "1").status == 0
    assert program.run("outbox", "adopt", "1").status == 3


def fail(program: Program, number: int, *, is_conflict: bool) -> None:
    with open_database(program.folder / "oncall.db") as db:
        confirm(db, declare(db, number).id, f"Looking {number}.")
        epoch = take_lease(db, pid=1, host="h", boot_id="b", version="1", mode="stay", now=now_ms())
        due = list_due(db, now_ms())[0]
        settle_failed(db, due.id, epoch, reason="the token may not", now=now_ms(), is_conflict=is_conflict)


def test_all_that_failed_is_sent_again_save_what_asks_something_of_its_own(program: Program) -> None:
    assert program.run("outbox", "retry").status == 2
    assert program.run("outbox", "retry", "1", "--all").status == 2
    for number in range(2):
        fail(program, number, is_conflict=False)
    assert program.run("outbox", "retry", "--all").out == "2 deliveries are back in the queue.\n"
    with open_database(program.folder / "oncall.db") as db:
        assert [(each.state, each.reason) for each in list_deliveries(db)] == [("pending", "")] * 2
        entry, *_ = list_entries(db, 2)
        assert (entry.text, entry.actor) == ("delivery asked for again", "tester@here")
    fail(program, 2, is_conflict=True)
    ask(program, "We are looking.")
    answer = program.run("outbox", "retry", "--all")
    assert (answer.status, answer.out.splitlines()[0]) == (1, "Nothing has failed that can be sent again as it is.")
    assert "  delivery 3 of #3 asks you: the token may not; `outbox retry` or `drop` it" in answer.out
    shape = program.run("outbox", "retry", "--all", "--json").shape()
    assert (shape["retried"], [each["id"] for each in shape["left"]]) == ([], [3, 4])
