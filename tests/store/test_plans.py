"""What a screen asks often, and what an engine asks for each delivery, must not walk through tables that only grow."""

from __future__ import annotations

import re

from tests.store.test_outbox import NOW, claim, confirm, declare, deliver, take

from oncall_tui.store.database import Database
from oncall_tui.store.deliveries import mark_seen, settle_retry
from oncall_tui.store.outbox import list_due
from oncall_tui.store.probes import list_states
from oncall_tui.store.results import list_failures, prune_results
from oncall_tui.store.timeline import list_entries
from oncall_tui.store.updates import list_latest_updates, list_updates

GROWING = ("result", "delivery", "incident_update", "timeline")


def test_no_table_that_grows_is_walked_through(db: Database) -> None:
    epoch, incident = take(db), declare(db)
    confirm(db, incident)
    asked: list[str] = []
    db._connection.set_trace_callback(asked.append)
    list_failures(db, "api")
    list_states(db)
    list_updates(db, incident.id)
    list_latest_updates(db)
    list_entries(db, incident.id)
    list_due(db, NOW)
    claim(db, epoch)
    settle_retry(db, 1, epoch, next_try_at=NOW, reason="busy", now=NOW)
    claim(db, epoch)
    deliver(db, epoch)
    mark_seen(db, {"u1": "body of op-1"}, NOW)
    prune_results(db, NOW)
    db._connection.set_trace_callback(None)
    plans = {
        sql: [row["detail"] for row in db.rows(f"EXPLAIN QUERY PLAN {sql}")]
        for sql in asked
        if re.match(r"SELECT|UPDATE|DELETE", sql)
    }
    assert len(plans) > 10
    walked = re.compile(rf"SCAN (?:{'|'.join(GROWING)}|u)\b(?! USING (?:COVERING )?INDEX delivery_open)")
    assert {sql: plan for sql, plan in plans.items() if any(walked.match(step) for step in plan)} == {}
    failures = next(plan for sql, plan in plans.items() if "verdict != 'up'" in sql)
    assert "USING INDEX result_failure" in failures[0]
