"""What was published is put right by the command line: queued where a page can edit, said where it cannot."""

from __future__ import annotations

import pytest
from tests.cli.program import CONFIG, Program

from oncall_tui.domain.capability import Capabilities
from oncall_tui.store.database import open_database
from oncall_tui.store.deliveries import claim_delivery, settle_delivered
from oncall_tui.store.lease import take_lease
from oncall_tui.store.outbox import list_deliveries
from oncall_tui.store.page import replace_pages

NOW = 1_800_000_000_000
PAGE = '[page]\napi_url = "http://127.0.0.1:1/v1"\npage_id = "p"\ntoken = { env = "T" }\n'
PAST = ("--title", "API errors", "--message", "One in ten requests failed for 40 minutes.")
WHEN = ("--from", "2026-01-20T02:00Z", "--until", "2026-01-20T02:40Z")


def publish(program: Program, *, can_edit: bool = True) -> None:
    """Opens an incident and makes its page hold what was said."""
    program.run("incident", "open", "--title", "T", "--message", "Sign-in fials.")
    with open_database(program.folder / "oncall.db") as db:
        held = Capabilities("statuspage", can_edit_update=can_edit, has_backfill=can_edit)
        replace_pages(db, [("page", held)])
        epoch = take_lease(db, pid=1, host="h", boot_id="b", version="0", mode="stay", now=NOW)
        (delivery,) = list_deliveries(db)
        assert claim_delivery(db, delivery.id, epoch, delivery.kind, (), NOW)
        assert settle_delivered(
            db,
            delivery.id,
            epoch,
            remote_incident_id="r1",
            remote_update_id="u1",
            remote_url=None,
            page_title="T",
            page_updated_at=NOW,
            delivered_at=NOW,
            now=NOW,
        )


def test_a_correction_is_queued_and_shown(program: Program) -> None:
    publish(program)
    answer = program.run("incident", "correct", "#1", "last", "--message", "-", "--json", stdin=b"Sign-in fails.\n")
    assert answer.status == 0, answer.err
    (update,) = answer.shape()["updates"]
    assert (update["body"], update["first_body"], update["delivery"]) == ("Sign-in fails.", "Sign-in fials.", "pending")
    assert update["corrected_at"] is not None
    assert "oncall-tui sync" in answer.err
    (queued,) = program.run("outbox", "list", "--json").rows()
    assert (queued["kind"], queued["body"]) == ("edit", "Sign-in fails.")
    assert "first said: Sign-in fials." in program.run("incident", "show", "1").out
    assert program.run("incident", "correct", "1", "1", "--message", "Sign-in fails.").status == 3


def test_where_no_page_can_edit_a_new_update_is_suggested(program: Program) -> None:
    publish(program, can_edit=False)
    answer = program.run("incident", "correct", "1", "first", "--message", "Sign-in fails.", "--json")
    assert answer.status == 3
    assert "cannot-edit" in answer.out
    assert "oncall-tui incident update 1 --status investigating" in answer.out


def test_the_update_must_be_one_of_the_incident(program: Program) -> None:
    publish(program)
    answer = program.run("incident", "correct", "1", "9", "--message", "X.")
    assert answer.status == 3
    assert "its updates: 1 (investigating: Sign-in fials.)" in answer.err
    assert program.run("incident", "correct", "1", "1", "--message", "[what]").status == 3


def test_an_incident_of_the_past_is_recorded(program: Program) -> None:
    program.write_config(PAGE + CONFIG)
    early = program.run("incident", "backfill", *PAST, *WHEN)
    assert early.status == 2
    assert "oncall-tui sync" in early.err
    publish(program)
    answer = program.run("incident", "backfill", *PAST, *WHEN, "--impact", "minor", "--json")
    assert answer.status == 0, answer.err
    shape = answer.shape()
    assert (shape["status"], shape["impact"]) == ("resolved", "minor")
    assert (shape["started_at"], shape["resolved_at"]) == ("2026-01-20T02:00:00.000Z", "2026-01-20T02:40:00.000Z")
    (queued,) = program.run("outbox", "list", "--json").rows()
    assert queued["kind"] == "backfill"


def test_where_no_page_takes_the_past_it_is_kept_and_said(program: Program) -> None:
    program.write_config(PAGE + CONFIG)
    publish(program, can_edit=False)
    answer = program.run("incident", "backfill", *PAST, *WHEN)
    assert answer.status == 0
    assert "page takes no incidents of the past" in answer.err
    assert program.run("outbox", "list", "--json").rows() == []


@pytest.mark.parametrize(
    ("begin", "end"),
    [("2026-01-20T03:00Z", "2026-01-20T02:40Z"), ("2026-01-20T03:00Z", "in 2h"), ("2026-01-20 03:00", "now")],
)
def test_the_past_lies_behind_and_has_a_zone(program: Program, begin: str, end: str) -> None:
    assert program.run("incident", "backfill", *PAST, "--from", begin, "--until", end).status == 2
