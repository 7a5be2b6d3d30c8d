"""Postmortems: both documents under one revision, and what each page was asked to show of them."""

from __future__ import annotations

import json
from collections.abc import Sequence

from oncall_tui.domain.errors import ConflictError, NotFoundError, RefusedError
from oncall_tui.domain.outbox import RETRY_AFTER_MOST_MS
from oncall_tui.domain.pagestate import name_page
from oncall_tui.domain.postmortem import (
    DOCUMENT_LIMIT,
    Postmortem,
    Publication,
    PublicationState,
    fingerprint,
    list_pages_for,
)
from oncall_tui.domain.timeline import EntryKind
from oncall_tui.store.database import Database
from oncall_tui.store.incidents import read_incident
from oncall_tui.store.outbox import ENGINE, OPEN
from oncall_tui.store.sqlite import sqlite3
from oncall_tui.store.timeline import add_entry

_OURS_KEPT = 50
_PUBLICATION = (
    "SELECT page_postmortem.*, page_incident.remote_id AS remote_incident_id FROM page_postmortem LEFT JOIN page_incident "
    "ON page_incident.incident_id = page_postmortem.incident_id AND page_incident.page = page_postmortem.page "
)
_WAITING = "page_postmortem.state IN ('publishing', 'reverting')"
#: Updates go first: a page refuses the review of an incident that it holds as open.
_FREE = (
    f"(page_postmortem.state = 'reverting' OR (NOT EXISTS (SELECT 1 FROM delivery WHERE {OPEN} "
    "AND delivery.page = page_postmortem.page AND delivery.incident_id = page_postmortem.incident_id) "
    "AND EXISTS (SELECT 1 FROM incident WHERE incident.id = page_postmortem.incident_id AND resolved_at IS NOT NULL)))"
)
#: A wait that is longer than any we set was made by a clock that has been set back since.
_LONGEST_WAIT_MS = 2 * RETRY_AFTER_MOST_MS


def find_postmortem(db: Database, incident_id: int) -> Postmortem | None:
    """Returns the postmortem of an incident, None before one was begun."""
    row = db.row("SELECT * FROM postmortem WHERE incident_id = ?", incident_id)
    if row is None:
        return None
    pages = db.rows(f"{_PUBLICATION} WHERE page_postmortem.incident_id = ? ORDER BY page_postmortem.id", incident_id)
    return Postmortem(
        incident_id=incident_id,
        public=row["public"],
        internal=row["internal"],
        revision=row["revision"],
        created_at=row["created_at"],
        created_by=row["created_by"],
        updated_at=row["updated_at"],
        updated_by=row["updated_by"],
        publications=tuple(_publication(each) for each in pages),
    )


def get_postmortem(db: Database, incident_id: int) -> Postmortem:
    """Returns the postmortem of an incident. Raises NotFoundError."""
    found = find_postmortem(db, incident_id)
    if found is None:
        raise NotFoundError(
            f"#{incident_id} has no postmortem yet: begin one with `oncall-tui postmortem {incident_id} draft`."
        )
    return found


def save_postmortem(
    db: Database, incident_id: int, *, public: str, internal: str, seen_revision: int | None, actor: str, now: int
) -> Postmortem:
    """Stores both documents; `seen_revision` is None for the first draft. What is published stays as it is.

    Raises ConflictError when somebody stored others meanwhile, NotFoundError without the incident, RefusedError (`LN001`)
    for a text that is too long.
    """
    if max(len(public), len(internal)) > DOCUMENT_LIMIT:
        raise RefusedError("LN001", f"A document of a postmortem has at most {DOCUMENT_LIMIT} characters.")
    with db.write("postmortem", "timeline") as connection:
        read_incident(connection, incident_id)
        row = connection.execute("SELECT * FROM postmortem WHERE incident_id = ?", (incident_id,)).fetchone()
        if (None if row is None else row["revision"]) != seen_revision:
            who = f" ({row['updated_by']})" if row is not None else ""
            raise ConflictError(f"The postmortem of #{incident_id} was changed by somebody else{who} meanwhile.")
        if row is None:
            connection.execute(
                "INSERT INTO postmortem(incident_id, public, internal, created_at, created_by, updated_at, updated_by) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (incident_id, public, internal, now, actor, now, actor),
            )
        elif (row["public"], row["internal"]) != (public, internal):
            connection.execute(
                "UPDATE postmortem SET public = ?, internal = ?, updated_at = ?, updated_by = ?, revision = revision + 1 "
                "WHERE incident_id = ?",
                (public, internal, now, actor, incident_id),
            )
        else:
            return get_postmortem(db, incident_id)
        what = "postmortem begun" if row is None else "postmortem edited"
        add_entry(connection, incident_id, EntryKind.EDITED, what, actor, now, now)
        return get_postmortem(db, incident_id)


def ask_publish(
    db: Database,
    incident_id: int,
    *,
    body: str,
    notify: bool,
    seen_revision: int,
    pages: Sequence[str],
    is_forced: bool,
    actor: str,
    now: int,
) -> Postmortem:
    """Asks pages to show `body`, which was made from the public document of `seen_revision`; the engine does it.

    `is_forced` replaces what somebody else wrote on the page. Raises RefusedError (`not-resolved`) while the incident is
    open, ConflictError, NotFoundError.
    """
    with db.write("postmortem", "timeline") as connection:
        incident = read_incident(connection, incident_id)
        if incident.status.is_open:
            raise RefusedError("not-resolved", f"#{incident_id} is {incident.status}: resolve it before you publish.")
        postmortem = get_postmortem(db, incident_id)
        if postmortem.revision != seen_revision:
            raise ConflictError(
                f"The postmortem of #{incident_id} was changed by {postmortem.updated_by} after you read it: "
                "look at it with `preview`, then publish again."
            )
        for page in list_pages_for(incident, pages):
            connection.execute(
                "INSERT INTO page_postmortem(incident_id, page, state, body, revision, notify, is_forced, asked_at, asked_by) "
                "VALUES (?, ?, 'publishing', ?, ?, ?, ?, ?, ?) ON CONFLICT(incident_id, page) DO UPDATE SET "
                "state = 'publishing', body = excluded.body, revision = excluded.revision, notify = excluded.notify, "
                "is_forced = excluded.is_forced, asked_at = excluded.asked_at, asked_by = excluded.asked_by, "
                "wish = wish + 1, attempts = 0, next_try_at = NULL, noticed_at = NULL, reason = ''",
                (incident_id, page, body, seen_revision, notify, is_forced, now, actor),
            )
        how = "with a notice to subscribers" if notify else "without a notice"
        sentence = f"postmortem to be published, {how} (revision {seen_revision})"
        add_entry(connection, incident_id, EntryKind.QUEUED, sentence, actor, now, now)
        return get_postmortem(db, incident_id)


def ask_revert(db: Database, incident_id: int, *, actor: str, now: int) -> Postmortem:
    """Asks pages to take the published text back. Raises RefusedError (`not-published`) when none was asked to show it."""
    with db.write("postmortem", "timeline") as connection:
        get_postmortem(db, incident_id)
        changed = connection.execute(
            "UPDATE page_postmortem SET state = 'reverting', asked_at = ?, asked_by = ?, wish = wish + 1, attempts = 0, "
            "next_try_at = NULL, noticed_at = NULL, reason = '' WHERE incident_id = ? AND state IN ('publishing', 'published', 'failed')",
            (now, actor, incident_id),
        ).rowcount
        if not changed:
            raise RefusedError("not-published", f"The postmortem of #{incident_id} is not published anywhere.")
        add_entry(connection, incident_id, EntryKind.QUEUED, "postmortem to be taken back", actor, now, now)
        return get_postmortem(db, incident_id)


def list_due_publications(db: Database, now: int, *, page: str) -> list[Publication]:
    """Returns what may act now on a page, oldest wish first; one whose updates are still on their way waits for them."""
    rows = db.rows(
        f"{_PUBLICATION} WHERE {_WAITING} AND page_postmortem.page = ? AND {_FREE} "
        "AND coalesce(next_try_at, 0) NOT BETWEEN ? AND ? AND coalesce(quiet_until, 0) NOT BETWEEN ? AND ? "
        "ORDER BY asked_at, page_postmortem.id",
        page,
        *((now + 1, now + _LONGEST_WAIT_MS) * 2),
    )
    return [_publication(row) for row in rows]


def next_publication_at(db: Database, now: int, *, page: str) -> int | None:
    """Returns when the next one that waits for a time may act, None when none does."""
    row = db.row(
        "SELECT min(max(coalesce(next_try_at, 0), coalesce(quiet_until, 0))) AS at FROM page_postmortem "
        f"WHERE {_WAITING} AND page = ? AND max(coalesce(next_try_at, 0), coalesce(quiet_until, 0)) BETWEEN ? AND ?",
        page,
        now + 1,
        now + _LONGEST_WAIT_MS,
    )
    return row["at"] if row else None


def list_open_publications(db: Database) -> list[Publication]:
    """Returns what was asked for and is not done: on its way, or with a person."""
    rows = db.rows(f"{_PUBLICATION} WHERE {_WAITING} OR page_postmortem.state = 'failed' ORDER BY page_postmortem.id")
    return [_publication(row) for row in rows]


def has_waiting_publications(db: Database) -> bool:
    """Tells whether something asked for is still on its way."""
    return db.row(f"SELECT 1 FROM page_postmortem WHERE {_WAITING} LIMIT 1") is not None


def adopt_publications(db: Database, epoch: int, quiet_until: int, *, page: str) -> int:
    """Lets what was left half-sent rest until the page can no longer apply it late; returns how many."""
    with db.write("postmortem") as connection:
        return connection.execute(
            "UPDATE page_postmortem SET sending_at = NULL, quiet_until = ? "
            "WHERE sending_at IS NOT NULL AND epoch <= ? AND page = ?",
            (quiet_until, epoch, page),
        ).rowcount


def claim_publication(
    db: Database, publication_id: int, epoch: int, *, wish: int, now: int, has_notice: bool = False
) -> bool:
    """Commits that a write is about to leave; returns False when the engine or the wish is overtaken.

    `has_notice` marks the write with which the page tells its subscribers: without proof it is not repeated.
    """
    with db.write("postmortem") as connection:
        row = _fenced(connection, publication_id, epoch)
        if row is None or row["wish"] != wish:
            return False
        ours = json.loads(row["ours"])
        if row["state"] == PublicationState.PUBLISHING:
            ours = [*(each for each in ours if each != fingerprint(row["body"])), fingerprint(row["body"])]
        return (
            connection.execute(
                "UPDATE page_postmortem SET sending_at = ?, epoch = ?, attempts = attempts + (sending_at IS NULL), ours = ?, "
                f"noticed_at = iif(?, ?, noticed_at) WHERE id = ? AND {_WAITING}",
                (now, epoch, json.dumps(ours[-_OURS_KEPT:]), has_notice, now, publication_id),
            ).rowcount
            == 1
        )


def settle_done(
    db: Database, publication_id: int, epoch: int, *, wish: int, published_at: int | None, now: int
) -> bool:
    """Notes that the page shows the text since `published_at`, or (None) that it no longer does."""
    state = PublicationState.REVERTED if published_at is None else PublicationState.PUBLISHED
    with db.write("postmortem", "timeline") as connection:
        row = _fenced(connection, publication_id, epoch)
        if row is None:
            return False
        connection.execute(
            "UPDATE page_postmortem SET sending_at = NULL, quiet_until = NULL, published_at = ? WHERE id = ?",
            (published_at, publication_id),
        )
        if row["wish"] == wish:
            connection.execute(
                "UPDATE page_postmortem SET state = ?, next_try_at = NULL, noticed_at = NULL, reason = '' WHERE id = ?",
                (state, publication_id),
            )
        what = "shows the postmortem" if published_at is not None else "no longer shows the postmortem"
        sentence = f"{name_page(row['page'])} {what}"
        add_entry(connection, row["incident_id"], EntryKind.DELIVERED, sentence, ENGINE, now, now)
        return True


def settle_later(
    db: Database,
    publication_id: int,
    epoch: int,
    *,
    wish: int,
    next_try_at: int,
    quiet_until: int | None,
    reason: str,
) -> bool:
    """Notes why it is tried again later; until `quiet_until` the page may still apply what it did not answer.

    Without it nothing of the attempt was applied, and no notice went out with it.
    """
    with db.write("postmortem") as connection:
        row = _fenced(connection, publication_id, epoch)
        if row is None:
            return False
        connection.execute(
            "UPDATE page_postmortem SET sending_at = NULL, quiet_until = coalesce(?, quiet_until), "
            "noticed_at = iif(? AND noticed_at >= sending_at, NULL, noticed_at) WHERE id = ?",
            (quiet_until, quiet_until is None, publication_id),
        )
        if row["wish"] == wish:
            connection.execute(
                "UPDATE page_postmortem SET next_try_at = ?, reason = ? WHERE id = ?",
                (next_try_at, reason, publication_id),
            )
        return True


def settle_given_up(
    db: Database, publication_id: int, epoch: int, *, wish: int, state: PublicationState, reason: str, now: int
) -> bool:
    """Notes that a person has to decide (`failed`), or that the page has no place for it (`skipped`)."""
    with db.write("postmortem", "timeline") as connection:
        row = _fenced(connection, publication_id, epoch)
        if row is None:
            return False
        connection.execute("UPDATE page_postmortem SET sending_at = NULL WHERE id = ?", (publication_id,))
        if row["wish"] == wish:
            connection.execute(
                "UPDATE page_postmortem SET state = ?, next_try_at = NULL, reason = ? WHERE id = ?",
                (state, reason, publication_id),
            )
            kind = EntryKind.FAILED if state is PublicationState.FAILED else EntryKind.REMOTE
            sentence = f"postmortem on {name_page(row['page'])}: {reason}"
            add_entry(connection, row["incident_id"], kind, sentence, ENGINE, now, now)
        return True


def _fenced(connection: sqlite3.Connection, publication_id: int, epoch: int) -> sqlite3.Row | None:
    found: sqlite3.Row | None = connection.execute(
        "SELECT page_postmortem.* FROM page_postmortem JOIN lease ON lease.epoch = ? WHERE page_postmortem.id = ?",
        (epoch, publication_id),
    ).fetchone()
    return found


def _publication(row: sqlite3.Row) -> Publication:
    return Publication(
        id=row["id"],
        incident_id=row["incident_id"],
        page=row["page"],
        state=PublicationState(row["state"]),
        body=row["body"],
        revision=row["revision"],
        notify=bool(row["notify"]),
        wish=row["wish"],
        asked_at=row["asked_at"],
        asked_by=row["asked_by"],
        is_forced=bool(row["is_forced"]),
        attempts=row["attempts"],
        next_try_at=row["next_try_at"],
        reason=row["reason"],
        published_at=row["published_at"],
        remote_incident_id=row["remote_incident_id"],
        noticed_at=row["noticed_at"],
        ours=tuple(json.loads(row["ours"])),
    )
