"""The past of probes in the file: spans of what they were."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from oncall_tui.domain.history import NEVER, Record, Span, close_span, cut_out, tell_records
from oncall_tui.domain.probe import Probe, ProbeState, ProbeStatus, SpanKind
from oncall_tui.store.codec import decode_probe
from oncall_tui.store.database import Database
from oncall_tui.store.maintenance import list_between
from oncall_tui.store.sqlite import sqlite3

_KINDS = {str(kind): kind for kind in SpanKind}


def add_spans(connection: sqlite3.Connection, spans: Iterable[Span]) -> None:
    """Adds spans inside a transaction; what the file told of their time or of later is replaced by them."""
    for span in spans:
        connection.execute(
            "DELETE FROM span WHERE probe = ? AND began_at >= ? AND ended_at > ?",
            (span.probe, span.began_at, span.began_at),
        )
        connection.execute(
            "UPDATE span SET ended_at = ? WHERE probe = ? AND ended_at > ?", (span.began_at, span.probe, span.began_at)
        )
        connection.execute(
            "INSERT INTO span(probe, began_at, ended_at, kind) VALUES (?, ?, ?, ?)",
            (span.probe, span.began_at, span.ended_at, span.kind),
        )


def close_spans(connection: sqlite3.Connection) -> None:
    """Closes the open spans of probes that are configured no more, with their latest results."""
    rows = connection.execute(
        "SELECT probe, span_at, last_result_at, span FROM probe_state WHERE probe NOT IN (SELECT name FROM probe) "
        "AND span IS NOT NULL AND last_result_at > span_at"
    ).fetchall()
    spans = [Span(row["probe"], row["span_at"], row["last_result_at"], SpanKind(row["span"])) for row in rows]
    add_spans(connection, spans)


def list_spans(
    db: Database, probes: Sequence[Probe], since: int, until: int, probe: str | None = None
) -> dict[str, list[Span]]:
    """Returns by probe what `probes`, or one of them, were in [since, until), oldest first.

    A span that began before `since` is whole, so that its beginning can be told.
    """
    states = db.rows("SELECT probe, status, span, span_at, last_result_at FROM probe_state WHERE span IS NOT NULL")
    only = () if probe is None else (probe,)
    rows = db.rows(
        "SELECT span.probe, began_at, ended_at, kind FROM probe CROSS JOIN span "
        "WHERE span.probe = name AND ended_at > ? AND began_at < ?" + (" AND name = ?" if only else ""),
        since,
        until,
        *only,
    )
    found: dict[str, list[Span]] = {each.name: [] for each in probes if probe in (None, each.name)}
    for name, began_at, ended_at, kind in rows:
        found[name].append(Span(name, began_at, ended_at, _KINDS[kind]))
    intervals = {each.name: each.every_ms for each in probes}
    for name, status, span, span_at, last_result_at in states:
        if name in found:
            state = ProbeState(
                name, ProbeStatus(status), last_result_at=last_result_at, span=SpanKind(span), span_at=span_at
            )
            if found[name] and found[name][-1].ended_at > span_at:
                found[name] = cut_out(found[name], [(span_at, NEVER)])
            found[name] += [each for each in close_span(state, intervals[name], until) if each.ended_at > since]
    return found


def read_records(db: Database, lengths: Sequence[int], now: int) -> list[Record]:
    """Returns how well each component and each probe of the config did over `lengths` of milliseconds up to `now`."""
    since = now - max(lengths)
    with db.snapshot():
        probes = [decode_probe(row["spec"]) for row in db.rows("SELECT spec FROM probe ORDER BY position")]
        spans = list_spans(db, probes, since, now)
        maintenances = list_between(db, since, now)
    return tell_records(probes, spans, maintenances, lengths, now)
