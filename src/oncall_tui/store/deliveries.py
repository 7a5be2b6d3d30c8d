"""The engine's side of the outbox: from the claim before the first byte to what customers see.

Every step is fenced by the engine's epoch: one that was overtaken while it slept changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from oncall_tui.domain.pagestate import MAIN_PAGE, name_page
from oncall_tui.domain.timeline import EntryKind
from oncall_tui.domain.update import DeliveryKind, DeliveryState, Evidence
from oncall_tui.store.codec import encode_evidence
from oncall_tui.store.database import Database
from oncall_tui.store.incidents import absorb_twin
from oncall_tui.store.lease import is_current
from oncall_tui.store.outbox import ENGINE, OPEN, QUEUED, link_update
from oncall_tui.store.sqlite import sqlite3
from oncall_tui.store.timeline import add_entry

DOUBTFUL = (DeliveryState.SENDING, DeliveryState.UNCERTAIN)
"""What a look at the page may leave in doubt: a person may have answered since it began."""
_CLOCK_TOLERANCE_MS = 5_000
_UNSENT = (DeliveryState.PENDING, DeliveryState.RETRY_WAIT)


def shorten_waits(db: Database, now: int, most_ms: int, *, page: str = MAIN_PAGE) -> None:
    """Brings waits back into reach after the clock was set back: none is longer than `most_ms`."""
    with db.write("outbox") as connection:
        connection.execute(
            f"UPDATE delivery SET next_try_at = ? WHERE {OPEN} AND page = ? AND next_try_at > ?",
            (now + most_ms, page, now + most_ms),
        )


def was_known(db: Database, uid: str, remote_update_id: str, *, page: str = MAIN_PAGE) -> bool:
    """Tells whether an update of the page stood in our file already when the update `uid` was confirmed."""
    return bool(
        db.rows(
            "SELECT 1 FROM page_update known JOIN incident_update ours ON known.update_id < ours.id "
            "WHERE ours.uid = ? AND known.page = ? AND known.remote_id = ?",
            uid,
            page,
            remote_update_id,
        )
    )


def list_unread(db: Database, uid: str, *, page: str = MAIN_PAGE) -> set[str]:
    """Returns the messages of a page that came here after the update `uid` of its incident was confirmed, and are not ours.

    One with the words of an update of ours that was sent, and of which the page has shown nothing else, may be that.
    """
    rows = db.rows(
        "SELECT known.remote_id FROM incident_update ours JOIN incident_update theirs "
        "ON theirs.incident_id = ours.incident_id AND theirs.id > ours.id AND theirs.is_local = 0 "
        "JOIN page_update known ON known.update_id = theirs.id AND known.page = ?2 WHERE ours.uid = ?1 "
        "AND NOT EXISTS (SELECT 1 FROM incident_update sent JOIN delivery ON delivery.update_id = sent.id "
        "WHERE sent.incident_id = ours.incident_id AND sent.is_local AND sent.body = theirs.body AND attempts > 0 "
        "AND delivery.page = ?2 AND NOT EXISTS (SELECT 1 FROM page_update WHERE update_id = sent.id AND page = ?2))",
        uid,
        page,
    )
    return {row["remote_id"] for row in rows}


def has_earlier_attempts(db: Database, delivery_id: int) -> bool:
    """Tells whether an earlier delivery of the same incident to the same page was sent at least once, however it ended."""
    return bool(
        db.rows(
            "SELECT 1 FROM delivery earlier JOIN delivery ours ON earlier.incident_id = ours.incident_id "
            "AND earlier.page = ours.page AND earlier.id < ours.id WHERE ours.id = ? AND earlier.attempts > 0",
            delivery_id,
        )
    )


def list_other_listings(db: Database, incident_id: int, *, page: str = MAIN_PAGE) -> set[str]:
    """Returns which incidents of a page are surely not one of ours: another of ours, or known before it was declared."""
    rows = db.rows(
        "SELECT remote_id FROM page_incident JOIN incident ON incident.id = incident_id "
        "WHERE page = ? AND incident_id != ? AND (is_local = 1 OR incident_id < ?)",
        page,
        incident_id,
        incident_id,
    )
    return {row["remote_id"] for row in rows}


def adopt_orphans(db: Database, epoch: int, retry_at: int, now: int, *, page: str = MAIN_PAGE) -> int:
    """Marks what was left half-sent as uncertain, to be reconciled at `retry_at`; returns how many.

    For a publisher that begins and has nothing in flight: an earlier engine left it, or an earlier round of this one.
    """
    with db.write("outbox", "timeline") as connection:
        rows = connection.execute(
            "SELECT id, incident_id FROM delivery WHERE state = 'sending' AND epoch <= ? AND page = ?", (epoch, page)
        ).fetchall()
        for row in rows:
            reason = "the engine ended while sending: the page may or may not have it"
            connection.execute(
                "UPDATE delivery SET state = 'uncertain', next_try_at = ?, reason = ? WHERE id = ?",
                (retry_at, reason, row["id"]),
            )
            add_entry(connection, row["incident_id"], EntryKind.UNCERTAIN, reason, ENGINE, now, now)
    return len(rows)


def claim_delivery(
    db: Database,
    delivery_id: int,
    epoch: int,
    kind: DeliveryKind,
    baseline: Sequence[str],
    now: int,
    page_at: int | None = None,
) -> bool:
    """Commits `sending` before the first byte leaves; returns False when this engine or this delivery is overtaken.

    `page_at` is `now` by the page's clock, None when that is not known.
    """
    with db.write("outbox") as connection:
        if not is_current(connection, epoch):
            return False
        # What the page shows late of our earlier updates must not pass for this one.
        known = connection.execute(
            "SELECT page_update.remote_id FROM page_update JOIN incident_update ON incident_update.id = page_update.update_id "
            "JOIN delivery ON delivery.incident_id = incident_update.incident_id AND delivery.page = page_update.page "
            "WHERE delivery.id = ?",
            (delivery_id,),
        ).fetchall()
        baseline = list(dict.fromkeys([*baseline, *(row["remote_id"] for row in known)]))
        cursor = connection.execute(
            "UPDATE delivery SET state = 'sending', epoch = ?, attempts = attempts + 1, sending_at = ?, page_at = ?, "
            "baseline = ?, kind = ?, next_try_at = NULL, reason = '' WHERE id = ? AND state IN ('pending', 'retry_wait') AND "
            f"id = (SELECT min(id) FROM delivery d WHERE d.incident_id = delivery.incident_id AND "
            f"d.page = delivery.page AND {QUEUED})",
            (epoch, now, page_at, json.dumps(list(baseline)), kind, delivery_id),
        )
        return cursor.rowcount == 1


def settle_delivered(
    db: Database,
    delivery_id: int,
    epoch: int,
    *,
    remote_incident_id: str,
    remote_update_id: str | None,
    remote_url: str | None,
    page_title: str,
    page_updated_at: int,
    delivered_at: int,
    now: int,
    posted_at: int | None = None,
) -> bool:
    """Notes that the page has it; returns False when this engine was overtaken.

    `posted_at` is when the page says that it was posted, by our clock, where that is not when it took it.
    """
    # A twin that is joined brings drafts and ticked steps along.
    with db.write("outbox", "incidents", "timeline", "drafts", "steps") as connection:
        row = find_fenced(connection, delivery_id, epoch)
        if row is None:
            return False
        connection.execute(
            "UPDATE delivery SET state = 'delivered', delivered_at = ?, reason = '', next_try_at = NULL WHERE id = ?",
            (delivered_at, delivery_id),
        )
        page, incident_id, update_id = row["page"], row["incident_id"], row["update_id"]
        absorb_twin(connection, page, remote_incident_id, incident_id, now)
        connection.execute(
            "INSERT OR REPLACE INTO page_incident(page, remote_id, incident_id, url, title, updated_at, origin, taken_at, "
            "is_behind) VALUES "
            "(?1, ?2, ?3, coalesce(?4, (SELECT url FROM page_incident WHERE page = ?1 AND incident_id = ?3)), ?5, ?6, "
            "(SELECT uid FROM origin), ?7, EXISTS(SELECT 1 FROM delivery later WHERE later.incident_id = ?3 AND "
            "later.page = ?1 AND later.id > ?8 AND later.kind != 'edit' AND later.state = 'dropped'))",
            (
                *(page, remote_incident_id, incident_id, remote_url, page_title),
                *(trust_date(connection, page, page_updated_at, now), now, delivery_id),
            ),
        )
        if remote_update_id is not None:
            link_update(connection, page, remote_update_id, update_id, delivered_at if posted_at is None else posted_at)
            if posted_at is not None:
                connection.execute(
                    "UPDATE page_update SET accepted_at = ? WHERE page = ? AND remote_id = ?",
                    (delivered_at, page, remote_update_id),
                )
        add_entry(
            connection,
            row["incident_id"],
            EntryKind.DELIVERED,
            f"{name_page(page)} accepted the update",
            ENGINE,
            delivered_at,
            now,
        )
        return True


def bound_instant(connection: sqlite3.Connection, page: str, at: int, now: int) -> int:
    """Returns an instant that a page told, no later than its clock can be."""
    row = connection.execute("SELECT clock_skew_ms FROM page WHERE page = ?", (page,)).fetchone()
    skew_ms = (row["clock_skew_ms"] or 0) if row else 0
    return min(at, now + skew_ms + _CLOCK_TOLERANCE_MS)


def trust_date(connection: sqlite3.Connection, page: str, at: int, now: int) -> int:
    """Returns when a page says that something was changed, 1 where that cannot be: what it says next must not look older."""
    return at if bound_instant(connection, page, at, now) == at else 1


def settle_retry(db: Database, delivery_id: int, epoch: int, *, next_try_at: int, reason: str, now: int) -> bool:
    """Notes that it was certainly not applied and is tried again at an instant."""
    return _settle(db, delivery_id, epoch, DeliveryState.RETRY_WAIT, next_try_at, reason, None, now)


def settle_uncertain(db: Database, delivery_id: int, epoch: int, *, next_try_at: int, reason: str, now: int) -> bool:
    """Notes that the page may or may not have it; it is reconciled at `next_try_at`."""
    return _settle(db, delivery_id, epoch, DeliveryState.UNCERTAIN, next_try_at, reason, EntryKind.UNCERTAIN, now)


def settle_failed(
    db: Database, delivery_id: int, epoch: int, *, reason: str, now: int, is_conflict: bool = False
) -> bool:
    """Notes that a person has to decide: in an `is_conflict`, whether to go over what somebody else did on the page."""
    return _settle(db, delivery_id, epoch, DeliveryState.FAILED, None, reason, EntryKind.FAILED, now, is_conflict)


def settle_absent(db: Database, delivery_id: int, epoch: int, *, now: int) -> bool:
    """Notes that the page was read after the quiet period and does not have it: it may be sent again."""
    return _settle(db, delivery_id, epoch, DeliveryState.PENDING, None, "not on the page: sending again", None, now)


def settle_broadcast(db: Database, delivery_id: int, epoch: int, *, now: int) -> bool:
    """Notes that a channel took a broadcast; returns False when this engine was overtaken."""
    with db.write("outbox", "timeline") as connection:
        row = find_fenced(connection, delivery_id, epoch)
        if row is None:
            return False
        connection.execute(
            "UPDATE delivery SET state = 'delivered', delivered_at = ?, reason = '', next_try_at = NULL WHERE id = ?",
            (now, delivery_id),
        )
        add_entry(connection, row["incident_id"], EntryKind.DELIVERED, f"{row['page']} was told", ENGINE, now, now)
        return True


def settle_asking(
    db: Database,
    delivery_id: int,
    epoch: int,
    *,
    next_try_at: int | None,
    evidence: tuple[Evidence, ...],
    now: int,
    reason: str = "not found on the page: is it there, send it again, or drop it?",
    is_conflict: bool = False,
    is_unsent: bool = False,
) -> bool:
    """Notes that the page was read and shows nothing that is surely ours: a person decides.

    It is looked up again at `next_try_at`, if ever: what the page applies late settles it without anybody. In an
    `is_conflict` the page shows what may be ours: sending it again is a yes to two of them. One that `is_unsent` was
    about to be sent.
    """
    with db.write("outbox", "timeline") as connection:
        row = find_fenced(connection, delivery_id, epoch)
        if row is None or row["state"] not in (_UNSENT if is_unsent else DOUBTFUL):
            return False
        connection.execute(
            "UPDATE delivery SET state = 'uncertain', next_try_at = ?, reason = ?, evidence = ?, is_conflict = ?, "
            "asked_at = coalesce(asked_at, ?) WHERE id = ?",
            (next_try_at, reason, encode_evidence(evidence), is_conflict, now, delivery_id),
        )
        if row["asked_at"] is None:
            add_entry(connection, row["incident_id"], EntryKind.UNCERTAIN, reason, ENGINE, now, now)
        return True


def _settle(
    db: Database,
    delivery_id: int,
    epoch: int,
    state: DeliveryState,
    next_try_at: int | None,
    reason: str,
    entry: EntryKind | None,
    now: int,
    is_conflict: bool = False,
) -> bool:
    topics = ("outbox", "timeline") if entry else ("outbox",)
    with db.write(*topics) as connection:
        row = find_fenced(connection, delivery_id, epoch)
        if row is None or (state is DeliveryState.UNCERTAIN and row["state"] not in DOUBTFUL):
            return False
        is_news = row["reason"] != reason or row["state"] != state
        connection.execute(
            "UPDATE delivery SET state = ?1, next_try_at = ?2, reason = ?3, is_conflict = ?4, "
            "asked_at = iif(?1 = 'uncertain', asked_at, NULL), evidence = iif(?1 = 'uncertain', evidence, '[]') WHERE id = ?5",
            (state, next_try_at, reason, is_conflict, delivery_id),
        )
        if entry is not None and is_news:
            add_entry(connection, row["incident_id"], entry, reason, ENGINE, now, now)
        return True


def find_fenced(connection: sqlite3.Connection, delivery_id: int, epoch: int) -> sqlite3.Row | None:
    """Returns an open delivery, None when it was settled otherwise or a later engine has taken over."""
    if not is_current(connection, epoch):
        return None
    found: sqlite3.Row | None = connection.execute(
        f"SELECT * FROM delivery WHERE id = ? AND {OPEN}", (delivery_id,)
    ).fetchone()
    return found


def mark_seen(db: Database, seen: Mapping[str, str], now: int, *, page: str = MAIN_PAGE) -> int:
    """Notes updates that the public page shows to customers, by the words that were looked for; returns how many are news.

    One that the page was given other words for since then is not seen.
    """
    with db.write("outbox", "timeline") as connection:
        count = 0
        for remote_id, body in seen.items():
            row = connection.execute(
                "SELECT id, incident_id, is_local, page_update.body IS NULL AS is_first FROM incident_update JOIN page_update ON update_id = id "
                "WHERE page = ? AND remote_id = ? AND seen_at IS NULL "
                "AND coalesce(page_update.body, incident_update.body) = ?",
                (page, remote_id, body),
            ).fetchone()
            if row is not None:
                connection.execute(
                    "UPDATE page_update SET seen_at = ? WHERE page = ? AND remote_id = ?", (now, page, remote_id)
                )
                if row["is_local"]:
                    where = "" if page == MAIN_PAGE else f" on {name_page(page)}"
                    what = "update" if row["is_first"] else "corrected update"
                    sentence = f"customers can see the {what}{where}"
                    add_entry(connection, row["incident_id"], EntryKind.SEEN, sentence, ENGINE, now, now)
                count += 1
        return count
