"""The schema, one step a release; a step that has been released is never edited, only followed by another."""

from __future__ import annotations

from sqlite_utils import Database as Tables
from sqlite_utils import Migrations

from oncall_tui.store.sqlite import sqlite3

migrations = Migrations("oncall_tui")


def migrate(connection: sqlite3.Connection, application_id: int, version: int) -> None:
    """Brings a file to the present schema in one transaction; the caller holds the lock under which files are opened.

    The steps run inside our own BEGIN IMMEDIATE: the library's transactions are deferred, and two processes that read
    first and write then would fail.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        tables = Tables(connection, execute_plugins=False)
        migrations.apply(tables)
        connection.execute(f"PRAGMA application_id = {application_id:d}")
        connection.execute(f"PRAGMA user_version = {version:d}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@migrations()
def first_schema(tables: Tables) -> None:
    for statement in _FIRST_SCHEMA.split(";;"):
        if statement.strip():
            tables.execute(statement)


_FIRST_SCHEMA = """
CREATE TABLE revision (topic TEXT PRIMARY KEY, counter INTEGER NOT NULL) STRICT;;

CREATE TABLE origin (id INTEGER PRIMARY KEY CHECK (id = 1), uid TEXT NOT NULL) STRICT;;
INSERT INTO origin VALUES (1, lower(hex(randomblob(8))));;

CREATE TABLE lease (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    pid INTEGER NOT NULL, host TEXT NOT NULL, boot_id TEXT NOT NULL, epoch INTEGER NOT NULL, version TEXT NOT NULL,
    mode TEXT NOT NULL, started_at INTEGER NOT NULL, heartbeat_at INTEGER NOT NULL, is_online INTEGER NOT NULL DEFAULT 1,
    stopped_at INTEGER, note TEXT NOT NULL DEFAULT ''
) STRICT;;

CREATE TABLE terminal (
    id TEXT PRIMARY KEY, pid INTEGER NOT NULL, host TEXT NOT NULL, actor TEXT NOT NULL, started_at INTEGER NOT NULL,
    heartbeat_at INTEGER NOT NULL, is_read_only INTEGER NOT NULL DEFAULT 0
) STRICT;;

CREATE TABLE component (
    name TEXT PRIMARY KEY, position INTEGER NOT NULL DEFAULT 0, is_configured INTEGER NOT NULL DEFAULT 0
) STRICT;;

CREATE TABLE page_component (
    page TEXT NOT NULL, name TEXT NOT NULL, remote_id TEXT, status TEXT, position INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (page, name)
) STRICT;;

CREATE TABLE probe (name TEXT PRIMARY KEY, position INTEGER NOT NULL, spec TEXT NOT NULL) STRICT;;

CREATE TABLE probe_state (
    probe TEXT PRIMARY KEY, status TEXT NOT NULL, since_at INTEGER NOT NULL, streak INTEGER NOT NULL,
    streak_at INTEGER NOT NULL DEFAULT 0, flapping_at INTEGER, last_verdict TEXT,
    last_result_at INTEGER, last_duration_ms REAL, last_reason TEXT NOT NULL DEFAULT '', last_reason_at INTEGER,
    phases TEXT NOT NULL DEFAULT '[]', facts TEXT NOT NULL DEFAULT '[]', recent BLOB NOT NULL DEFAULT x'',
    span TEXT, span_at INTEGER NOT NULL DEFAULT 0, turned_at TEXT NOT NULL DEFAULT '[]', revision INTEGER NOT NULL
) STRICT;;
CREATE INDEX probe_state_revision ON probe_state(revision);;

CREATE TABLE probe_number (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;;
CREATE TABLE result (
    id INTEGER PRIMARY KEY, probe INTEGER NOT NULL, started_at INTEGER NOT NULL, verdict TEXT NOT NULL,
    duration_ms REAL NOT NULL, resolve_us INTEGER, connect_us INTEGER, tls_us INTEGER, first_byte_us INTEGER,
    transfer_us INTEGER, reason TEXT, evidence INTEGER
) STRICT;;
CREATE INDEX result_probe ON result(probe, started_at);;
CREATE INDEX result_failure ON result(probe, started_at) WHERE verdict != 'up';;
CREATE TABLE evidence (
    id INTEGER PRIMARY KEY, probe INTEGER NOT NULL, seen_at INTEGER NOT NULL, reason TEXT NOT NULL, facts TEXT NOT NULL,
    answer TEXT NOT NULL
) STRICT;;
CREATE INDEX evidence_seen ON evidence(probe, seen_at);;

CREATE TABLE span (
    probe TEXT NOT NULL, ended_at INTEGER NOT NULL, began_at INTEGER NOT NULL, kind TEXT NOT NULL,
    PRIMARY KEY (probe, ended_at), CHECK (began_at < ended_at)
) STRICT, WITHOUT ROWID;;

CREATE TABLE rollup (
    probe TEXT NOT NULL, length_ms INTEGER NOT NULL, began_at INTEGER NOT NULL, up INTEGER NOT NULL, slow INTEGER NOT NULL,
    down INTEGER NOT NULL, unknown INTEGER NOT NULL, figures BLOB NOT NULL, minutes BLOB NOT NULL,
    PRIMARY KEY (probe, length_ms, began_at)
) STRICT, WITHOUT ROWID;;
CREATE TABLE rolled (id INTEGER PRIMARY KEY CHECK (id = 1), result_id INTEGER NOT NULL) STRICT;;
INSERT INTO rolled VALUES (1, 0);;

CREATE TABLE incident (
    id INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL UNIQUE, title TEXT NOT NULL, status TEXT NOT NULL,
    phase TEXT NOT NULL, impact_override TEXT, severity INTEGER NOT NULL, cause TEXT NOT NULL, scope TEXT NOT NULL DEFAULT '',
    started_at INTEGER NOT NULL, declared_at INTEGER NOT NULL, resolved_at INTEGER, next_update_at INTEGER, runbook TEXT,
    conflict TEXT NOT NULL DEFAULT '', is_local INTEGER NOT NULL, created_by TEXT NOT NULL, revision INTEGER NOT NULL DEFAULT 1, discarded_at INTEGER,
    reach TEXT NOT NULL DEFAULT 'public'
) STRICT;;

CREATE TABLE page_incident (
    page TEXT NOT NULL, remote_id TEXT NOT NULL, incident_id INTEGER NOT NULL REFERENCES incident(id), url TEXT,
    title TEXT NOT NULL, updated_at INTEGER NOT NULL, origin TEXT NOT NULL DEFAULT '',
    shown_status TEXT NOT NULL DEFAULT '', taken_at INTEGER NOT NULL DEFAULT 0, is_behind INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (page, remote_id), UNIQUE (incident_id, page)
) STRICT;;

CREATE TABLE incident_component (
    incident_id INTEGER NOT NULL REFERENCES incident(id), component TEXT NOT NULL, status TEXT NOT NULL,
    PRIMARY KEY (incident_id, component)
) STRICT;;

CREATE TABLE incident_probe (
    incident_id INTEGER NOT NULL REFERENCES incident(id), probe TEXT NOT NULL, PRIMARY KEY (incident_id, probe)
) STRICT;;

CREATE TABLE incident_update (
    id INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL UNIQUE, incident_id INTEGER NOT NULL REFERENCES incident(id),
    status TEXT NOT NULL, body TEXT NOT NULL, components TEXT NOT NULL, created_at INTEGER NOT NULL, created_by TEXT NOT NULL,
    is_local INTEGER NOT NULL, promise_at INTEGER
) STRICT;;
CREATE INDEX incident_update_incident ON incident_update(incident_id, created_at);;

CREATE TABLE page_update (
    page TEXT NOT NULL, remote_id TEXT NOT NULL, update_id INTEGER NOT NULL REFERENCES incident_update(id),
    posted_at INTEGER NOT NULL, seen_at INTEGER, difference TEXT NOT NULL DEFAULT '', body TEXT, accepted_at INTEGER,
    first_seen_at INTEGER, unprovable TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (page, remote_id), UNIQUE (update_id, page)
) STRICT;;
CREATE INDEX page_update_unseen ON page_update(page) WHERE seen_at IS NULL;;

CREATE TABLE correction (
    id INTEGER PRIMARY KEY AUTOINCREMENT, update_id INTEGER NOT NULL REFERENCES incident_update(id), body TEXT NOT NULL,
    before TEXT NOT NULL, created_at INTEGER NOT NULL, created_by TEXT NOT NULL
) STRICT;;
CREATE INDEX correction_update ON correction(update_id);;
CREATE TRIGGER correction_keeps_words BEFORE UPDATE ON correction
BEGIN SELECT RAISE(ABORT, 'what was confirmed keeps its words'); END;;
CREATE TRIGGER correction_keeps_rows BEFORE DELETE ON correction
BEGIN SELECT RAISE(ABORT, 'what was confirmed is kept'); END;;

CREATE TABLE delivery (
    id INTEGER PRIMARY KEY AUTOINCREMENT, update_id INTEGER NOT NULL REFERENCES incident_update(id),
    correction_id INTEGER REFERENCES correction(id),
    incident_id INTEGER NOT NULL REFERENCES incident(id), page TEXT NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL,
    title TEXT, impact_override TEXT, notify INTEGER NOT NULL, created_at INTEGER NOT NULL, created_by TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, epoch INTEGER, sending_at INTEGER, page_at INTEGER, next_try_at INTEGER,
    baseline TEXT NOT NULL DEFAULT '[]', reason TEXT NOT NULL DEFAULT '', delivered_at INTEGER,
    is_forced INTEGER NOT NULL DEFAULT 0, is_conflict INTEGER NOT NULL DEFAULT 0, asked_at INTEGER,
    evidence TEXT NOT NULL DEFAULT '[]'
) STRICT;;
CREATE UNIQUE INDEX delivery_once ON delivery(update_id, page, coalesce(correction_id, 0));;
CREATE INDEX delivery_open ON delivery(page, incident_id, id) WHERE state NOT IN ('delivered', 'dropped');;

CREATE TABLE maintenance (
    id INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL UNIQUE, title TEXT NOT NULL, status TEXT NOT NULL,
    starts_at INTEGER NOT NULL, ends_at INTEGER NOT NULL, components TEXT NOT NULL, probes TEXT NOT NULL,
    created_at INTEGER NOT NULL, created_by TEXT NOT NULL, cancelled_at INTEGER, revision INTEGER NOT NULL DEFAULT 1,
    is_local INTEGER NOT NULL DEFAULT 1, effect TEXT NOT NULL DEFAULT '', backout TEXT NOT NULL DEFAULT '',
    owner TEXT NOT NULL DEFAULT '', CHECK (starts_at < ends_at)
) STRICT;;
CREATE INDEX maintenance_open ON maintenance(starts_at) WHERE status != 'completed';;

CREATE TABLE page_maintenance (
    page TEXT NOT NULL, remote_id TEXT NOT NULL, maintenance_id INTEGER NOT NULL REFERENCES maintenance(id), url TEXT,
    title TEXT NOT NULL, status TEXT NOT NULL, starts_at INTEGER NOT NULL, ends_at INTEGER NOT NULL,
    components TEXT NOT NULL, updated_at INTEGER NOT NULL DEFAULT 0, origin TEXT NOT NULL DEFAULT '',
    difference TEXT NOT NULL DEFAULT '', conflict TEXT NOT NULL DEFAULT '', gone_at INTEGER,
    taken_at INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (page, remote_id), UNIQUE (maintenance_id, page)
) STRICT;;

CREATE TABLE page_notice (
    page TEXT NOT NULL, remote_id TEXT NOT NULL, maintenance_id INTEGER NOT NULL REFERENCES maintenance(id),
    status TEXT NOT NULL, body TEXT NOT NULL, posted_at INTEGER NOT NULL, PRIMARY KEY (page, remote_id)
) STRICT;;
CREATE INDEX page_notice_maintenance ON page_notice(maintenance_id);;

CREATE TABLE maintenance_notice (
    id INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL UNIQUE, maintenance_id INTEGER NOT NULL REFERENCES maintenance(id),
    kind TEXT NOT NULL, body TEXT NOT NULL, notify INTEGER NOT NULL, due_at INTEGER NOT NULL, is_automatic INTEGER NOT NULL,
    confirmed_by TEXT NOT NULL, created_at INTEGER NOT NULL, fired_at INTEGER, withdrawn_at INTEGER,
    touches TEXT NOT NULL DEFAULT '[]', CHECK (fired_at IS NULL OR withdrawn_at IS NULL)
) STRICT;;
CREATE INDEX maintenance_notice_maintenance ON maintenance_notice(maintenance_id);;
CREATE TRIGGER maintenance_notice_keeps_words
BEFORE UPDATE OF uid, maintenance_id, kind, body, notify, due_at, confirmed_by, created_at, touches ON maintenance_notice
BEGIN SELECT RAISE(ABORT, 'what was confirmed keeps its words'); END;;
CREATE TRIGGER maintenance_notice_fires_once BEFORE UPDATE OF fired_at, withdrawn_at ON maintenance_notice
WHEN OLD.fired_at IS NOT NULL OR OLD.withdrawn_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a notice is taken or withdrawn once'); END;;
CREATE TRIGGER maintenance_notice_keeps_rows BEFORE DELETE ON maintenance_notice
BEGIN SELECT RAISE(ABORT, 'what was confirmed is kept'); END;;

CREATE TABLE notice_delivery (
    id INTEGER PRIMARY KEY AUTOINCREMENT, notice_id INTEGER NOT NULL REFERENCES maintenance_notice(id),
    maintenance_id INTEGER NOT NULL REFERENCES maintenance(id), page TEXT NOT NULL, state TEXT NOT NULL, body TEXT,
    created_at INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, epoch INTEGER, sending_at INTEGER, next_try_at INTEGER,
    baseline TEXT NOT NULL DEFAULT '[]', reason TEXT NOT NULL DEFAULT '', delivered_at INTEGER, seen_at INTEGER, remote_id TEXT,
    is_forced INTEGER NOT NULL DEFAULT 0, is_conflict INTEGER NOT NULL DEFAULT 0, asked_at INTEGER,
    evidence TEXT NOT NULL DEFAULT '[]', UNIQUE (notice_id, page)
) STRICT;;
CREATE INDEX notice_delivery_open ON notice_delivery(page, maintenance_id, id) WHERE state NOT IN ('delivered', 'dropped');;

CREATE TABLE draft (
    id INTEGER PRIMARY KEY AUTOINCREMENT, incident_id INTEGER NOT NULL REFERENCES incident(id), terminal_id TEXT NOT NULL,
    created_by TEXT NOT NULL, owner TEXT NOT NULL, name TEXT NOT NULL DEFAULT '', status TEXT NOT NULL, body TEXT NOT NULL,
    components TEXT NOT NULL, next_update_at INTEGER, interval_ms INTEGER, template TEXT,
    variables TEXT NOT NULL DEFAULT '{}', facts TEXT NOT NULL DEFAULT '{}',
    waivers TEXT NOT NULL DEFAULT '[]', cursor INTEGER NOT NULL DEFAULT 0, created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL, confirmed_at INTEGER, handed_by TEXT NOT NULL DEFAULT '', asked_by TEXT NOT NULL DEFAULT '', deleted_at INTEGER
) STRICT;;
CREATE INDEX draft_incident ON draft(incident_id);;

CREATE TABLE incident_facts (
    incident_id INTEGER PRIMARY KEY REFERENCES incident(id), facts TEXT NOT NULL DEFAULT '{}', interval_ms INTEGER
) STRICT;;

CREATE TABLE literal_phrase (phrase TEXT PRIMARY KEY, marked_by TEXT NOT NULL, marked_at INTEGER NOT NULL) STRICT;;

CREATE TABLE link (url TEXT PRIMARY KEY, checked_at INTEGER NOT NULL, fault TEXT NOT NULL) STRICT, WITHOUT ROWID;;

CREATE TABLE scratch (
    name TEXT NOT NULL, terminal_id TEXT NOT NULL, text TEXT NOT NULL, seen_revision INTEGER, updated_at INTEGER NOT NULL,
    PRIMARY KEY (name, terminal_id)
) STRICT, WITHOUT ROWID;;

CREATE TABLE timeline (
    id INTEGER PRIMARY KEY AUTOINCREMENT, incident_id INTEGER, kind TEXT NOT NULL, text TEXT NOT NULL, actor TEXT NOT NULL,
    occurred_at INTEGER NOT NULL, recorded_at INTEGER NOT NULL, maintenance_id INTEGER
) STRICT;;
CREATE INDEX timeline_incident ON timeline(incident_id, occurred_at);;
CREATE INDEX timeline_maintenance ON timeline(maintenance_id, id) WHERE maintenance_id IS NOT NULL;;
CREATE TRIGGER timeline_keeps_words BEFORE UPDATE ON timeline BEGIN SELECT RAISE(ABORT, 'the timeline is append-only'); END;;
CREATE TRIGGER timeline_keeps_rows BEFORE DELETE ON timeline BEGIN SELECT RAISE(ABORT, 'the timeline is append-only'); END;;

CREATE TABLE silence (
    probe TEXT PRIMARY KEY, kind TEXT NOT NULL, note TEXT NOT NULL, actor TEXT NOT NULL, made_at INTEGER NOT NULL,
    until_at INTEGER
) STRICT;;

CREATE TABLE upkeep (
    id INTEGER PRIMARY KEY AUTOINCREMENT, window TEXT, probes TEXT NOT NULL, starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL, note TEXT NOT NULL, actor TEXT NOT NULL, made_at INTEGER NOT NULL, ended_at INTEGER,
    left TEXT NOT NULL DEFAULT '{}', UNIQUE (window, starts_at)
) STRICT;;
CREATE INDEX upkeep_ends ON upkeep(ends_at);;

CREATE TABLE change (
    id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL, component TEXT, changed_at INTEGER NOT NULL, until_at INTEGER,
    actor TEXT NOT NULL, recorded_at INTEGER NOT NULL
) STRICT;;
CREATE INDEX change_changed ON change(changed_at);;

CREATE TABLE hook (
    name TEXT PRIMARY KEY, position INTEGER NOT NULL, begun_at INTEGER, held INTEGER NOT NULL DEFAULT 0, ok_at INTEGER,
    fault TEXT NOT NULL DEFAULT '', fault_at INTEGER
) STRICT;;

CREATE TABLE hook_told (
    hook TEXT NOT NULL, subject TEXT NOT NULL, event TEXT NOT NULL, since_at INTEGER NOT NULL, PRIMARY KEY (hook, subject)
) STRICT, WITHOUT ROWID;;

CREATE TABLE hook_call (
    id INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL UNIQUE, hook TEXT NOT NULL, event TEXT NOT NULL,
    subjects TEXT NOT NULL, document TEXT NOT NULL, state TEXT NOT NULL, created_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, epoch INTEGER, next_try_at INTEGER, ended_at INTEGER, reason TEXT NOT NULL DEFAULT ''
) STRICT;;
CREATE INDEX hook_call_made ON hook_call(hook, created_at);;
CREATE INDEX hook_call_open ON hook_call(hook, id) WHERE state IN ('waiting', 'calling');;

CREATE TABLE beat (
    probe TEXT PRIMARY KEY, beat_at INTEGER NOT NULL, note TEXT NOT NULL, actor TEXT NOT NULL
) STRICT, WITHOUT ROWID;;

CREATE TABLE step_tick (
    incident_id INTEGER NOT NULL REFERENCES incident(id), runbook TEXT NOT NULL, anchor TEXT NOT NULL, state TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '', actor TEXT NOT NULL, ticked_at INTEGER NOT NULL,
    PRIMARY KEY (incident_id, runbook, anchor)
) STRICT;;

CREATE TABLE postmortem (
    incident_id INTEGER PRIMARY KEY REFERENCES incident(id), public TEXT NOT NULL, internal TEXT NOT NULL,
    created_at INTEGER NOT NULL, created_by TEXT NOT NULL, updated_at INTEGER NOT NULL, updated_by TEXT NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1
) STRICT;;

CREATE TABLE page_postmortem (
    id INTEGER PRIMARY KEY AUTOINCREMENT, incident_id INTEGER NOT NULL REFERENCES incident(id), page TEXT NOT NULL,
    state TEXT NOT NULL, body TEXT NOT NULL, revision INTEGER NOT NULL, notify INTEGER NOT NULL,
    is_forced INTEGER NOT NULL DEFAULT 0, wish INTEGER NOT NULL DEFAULT 1, asked_at INTEGER NOT NULL, asked_by TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, epoch INTEGER, sending_at INTEGER, next_try_at INTEGER, quiet_until INTEGER,
    noticed_at INTEGER, ours TEXT NOT NULL DEFAULT '[]', reason TEXT NOT NULL DEFAULT '', published_at INTEGER, UNIQUE (incident_id, page)
) STRICT;;
CREATE INDEX page_postmortem_waiting ON page_postmortem(page) WHERE state IN ('publishing', 'reverting');;

CREATE TABLE page (
    page TEXT PRIMARY KEY, position INTEGER NOT NULL DEFAULT 0, name TEXT NOT NULL DEFAULT '',
    public_url TEXT NOT NULL DEFAULT '', capabilities TEXT, last_sync_at INTEGER, last_error TEXT NOT NULL DEFAULT '',
    last_error_at INTEGER, clock_skew_ms INTEGER, blocked_until INTEGER
) STRICT;;

CREATE TABLE page_request (id INTEGER PRIMARY KEY, page TEXT NOT NULL, requested_at INTEGER NOT NULL) STRICT;;
CREATE INDEX page_request_page ON page_request(page, requested_at)
"""
