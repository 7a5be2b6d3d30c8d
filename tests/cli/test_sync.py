"""What `sync` calls done: nothing that people confirmed is on its way, or waits for a person."""

from __future__ import annotations

from tests.cli.program import Program
from tests.store.planned import NOON, plan

from oncall_tui.clock import now_ms
from oncall_tui.domain.incident import IncidentStatus, Severity
from oncall_tui.store.database import Database, open_database
from oncall_tui.store.incidents import declare_incident
from oncall_tui.store.outbox import confirm_update
from oncall_tui.store.page import note_page_failed, replace_pages
from oncall_tui.store.postmortem import ask_publish, save_postmortem

REVIEW_ADVICE = "`oncall-tui postmortem 1 publish` again, or `oncall-tui postmortem 1 revert`"


def fail_one_of_each(db: Database) -> None:
    """Leaves an update that is delivered, and a broadcast, a notice and a review that wait for a person."""
    now = now_ms()
    incident = declare_incident(
        db, uid="i", title="T", components={}, probes=(), severity=Severity.SEV2, started_at=now, actor="ana", now=now
    )
    confirm_update(
        db, incident.id, uid="u", status=IncidentStatus.RESOLVED, body="Over.", components={}, next_update_at=None,
        notify=True, actor="ana", now=now, broadcasts=("sms",),
    )  # fmt: skip
    plan(db, now=NOON)
    save_postmortem(db, incident.id, public="P", internal="I", seen_revision=None, actor="ana", now=now)
    ask_publish(
        db, incident.id, body="P", notify=False, seen_revision=1, pages=("page",), is_forced=False, actor="ana", now=now
    )
    with db.write() as connection:
        connection.execute("UPDATE delivery SET state = 'delivered' WHERE kind != 'broadcast'")
        connection.execute("UPDATE delivery SET state = 'failed', reason = 'no such hook' WHERE kind = 'broadcast'")
        connection.execute("UPDATE notice_delivery SET state = 'failed', reason = 'no such plan'")
        connection.execute("UPDATE page_postmortem SET state = 'failed', reason = 'no such review'")


def test_what_waits_for_a_person_is_left_and_named(program: Program) -> None:
    with open_database(program.folder / "oncall.db") as db:
        fail_one_of_each(db)
    answer = program.run("sync", "--wait", "20s")
    assert answer.status == 1
    assert answer.out.splitlines() == [
        "3 not published. The config has no [page] to publish to.",
        "  broadcast 2 of #1 to sms is failed: no such hook; `oncall-tui outbox retry 2` or `drop 2`",
        "  notice 1 of M1 (plan) is failed: no such plan; `oncall-tui maintenance retry 1` or `drop 1`",
        f"  review of #1 on page is failed: no such review; {REVIEW_ADVICE}",
    ]
    shape = program.run("sync", "--json").shape()
    assert shape["is_done"] is False
    assert [(each["what"], each["state"]) for each in shape["left"]] == [
        ("broadcast", "failed"),
        ("notice", "failed"),
        ("review", "failed"),
    ]
    with open_database(program.folder / "oncall.db") as db, db.write() as connection:
        for table, state in (("delivery", "dropped"), ("notice_delivery", "dropped"), ("page_postmortem", "reverted")):
            connection.execute(f"UPDATE {table} SET state = '{state}' WHERE state = 'failed'")
    assert program.run("sync").out == "Everything is published.\n"
    assert program.run("sync", "--json").shape() == {"is_done": True, "left": [], "errors": []}


def test_a_page_that_does_not_do_as_asked_is_named(program: Program) -> None:
    with open_database(program.folder / "oncall.db") as db:
        fail_one_of_each(db)
        replace_pages(db, [("page", None)])
        note_page_failed(db, "the page refused the token: check token in config (401)", now_ms())
    told = program.run("sync").out
    assert "  the page does not do as asked: the page refused the token: check token in config (401)" in told
    (error,) = program.run("sync", "--json").shape()["errors"]
    assert error["page"] == "page"


def test_what_is_on_its_way_is_waited_for(program: Program) -> None:
    program.write_config('[page]\napi_url = "http://127.0.0.1:9"\npage_id = "p"\ntoken = { env = "NO_TOKEN" }\n')
    with open_database(program.folder / "oncall.db") as db:
        plan(db, now=NOON)
    answer = program.run("sync", "--wait", "1s")
    assert answer.status == 1
    assert "notice 1 of M1 (plan) is retry_wait: The environment variable NO_TOKEN" in answer.out
