"""Probes as configured, where each stands now, and the facts of every run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from oncall_tui.domain.history import Span
from oncall_tui.domain.pagestate import MAIN_PAGE
from oncall_tui.domain.probe import Probe, ProbeState, ProbeStatus, Result, SpanKind, Verdict
from oncall_tui.domain.timeline import EntryKind
from oncall_tui.store.codec import (
    decode_facts,
    decode_phases,
    decode_probe,
    decode_recent,
    decode_turns,
    encode_facts,
    encode_phases,
    encode_probe,
    encode_recent,
    encode_turns,
)
from oncall_tui.store.database import Database
from oncall_tui.store.history import add_spans, close_spans
from oncall_tui.store.results import add_evidence, add_results
from oncall_tui.store.silences import end_acknowledged
from oncall_tui.store.sqlite import sqlite3
from oncall_tui.store.timeline import tell_of_probe


class Transition(Struct, frozen=True):
    """A change of a probe's status, in a sentence for the timelines of the incidents that it belongs to."""

    probe: str
    text: str
    occurred_at: int


def replace_probes(
    db: Database, probes: Sequence[Probe], components: Sequence[tuple[str, str | None]], *, page: str = MAIN_PAGE
) -> None:
    """Makes the file hold what the config says; states of probes that are gone are dropped, their results kept.

    What a source told of stays while the source is configured.
    `components` are (name, id on `page` or None) in the order of the config.
    """
    with db.write("probes", "components") as connection:
        own, sources = {probe.name for probe in probes}, {probe.name for probe in probes if probe.intake}
        probes = (*probes, *(each for each in list_probes(db) if each.source in sources and each.name not in own))
        connection.execute("DELETE FROM probe")
        connection.executemany(
            "INSERT INTO probe(name, position, spec) VALUES (?, ?, ?)",
            [(probe.name, position, encode_probe(probe)) for position, probe in enumerate(probes)],
        )
        close_spans(connection)
        connection.execute("DELETE FROM probe_state WHERE probe NOT IN (SELECT name FROM probe)")
        connection.execute("DELETE FROM silence WHERE probe NOT IN (SELECT name FROM probe)")
        connection.execute("UPDATE component SET is_configured = 0")
        connection.executemany(
            "INSERT INTO component(name, position, is_configured) VALUES (?, ?, 1) ON CONFLICT(name) DO UPDATE "
            "SET position = excluded.position, is_configured = 1",
            [(name, position) for position, (name, _) in enumerate(components)],
        )
        connection.executemany(
            "INSERT INTO page_component(page, name, remote_id) VALUES (?, ?, ?) ON CONFLICT(page, name) DO UPDATE "
            "SET remote_id = excluded.remote_id",
            [(page, name, remote_id) for name, remote_id in components if remote_id is not None],
        )
        connection.execute(
            "DELETE FROM page_component WHERE status IS NULL AND name IN (SELECT name FROM component WHERE NOT is_configured)"
        )
        connection.execute(
            "DELETE FROM component WHERE NOT is_configured AND name NOT IN (SELECT name FROM page_component)"
        )


def list_probes(db: Database) -> list[Probe]:
    """Returns the probes in the order of the config."""
    return [decode_probe(row["spec"]) for row in db.rows("SELECT spec FROM probe ORDER BY position")]


def list_states(db: Database, after_revision: int = 0) -> tuple[list[ProbeState], int]:
    """Returns the states that changed after a revision, and the revision to ask with next time."""
    rows = db.rows("SELECT * FROM probe_state WHERE revision > ? ORDER BY revision", after_revision)
    latest = rows[-1]["revision"] if rows else after_revision
    return [_state(row) for row in rows], latest


def _state(row: sqlite3.Row) -> ProbeState:
    return ProbeState(
        probe=row["probe"],
        status=ProbeStatus(row["status"]),
        since_at=row["since_at"],
        streak=row["streak"],
        streak_at=row["streak_at"],
        flapping_at=row["flapping_at"],
        last_verdict=Verdict(row["last_verdict"]) if row["last_verdict"] else None,
        last_result_at=row["last_result_at"],
        last_duration_ms=row["last_duration_ms"],
        last_reason=row["last_reason"],
        last_reason_at=row["last_reason_at"],
        phases=decode_phases(row["phases"]),
        facts=decode_facts(row["facts"]),
        recent=decode_recent(row["recent"]),
        span=SpanKind(row["span"]) if row["span"] else None,
        span_at=row["span_at"],
        turned_at=decode_turns(row["turned_at"]),
    )


def record_results(
    db: Database,
    results: Sequence[Result],
    states: Sequence[ProbeState],
    transitions: Iterable[Transition],
    now: int,
    spans: Iterable[Span] = (),
    lasts: Iterable[Result] = (),
) -> None:
    """Stores a batch in one transaction: the facts, where each probe now stands, and transitions in the timelines.

    `spans` are those that the runs closed, in order; `lasts` failures, saved before or now, whose evidence is kept late.
    """
    topics = ["results"]
    changes = list(transitions)
    if changes:
        topics += ["timeline"]
    with db.write(*topics) as connection:
        add_results(connection, results)
        add_evidence(connection, lasts)
        row = connection.execute("SELECT counter FROM revision WHERE topic = 'results'").fetchone()
        revision = (row["counter"] if row else 0) + 1
        connection.executemany(
            "INSERT OR REPLACE INTO probe_state(probe, status, since_at, streak, streak_at, flapping_at, last_verdict, "
            "last_result_at, last_duration_ms, last_reason, last_reason_at, phases, facts, recent, span, span_at, "
            "turned_at, revision) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    state.probe,
                    state.status,
                    state.since_at,
                    state.streak,
                    state.streak_at,
                    state.flapping_at,
                    state.last_verdict,
                    state.last_result_at,
                    state.last_duration_ms,
                    state.last_reason,
                    state.last_reason_at,
                    encode_phases(state.phases),
                    encode_facts(state.facts),
                    encode_recent(state.recent),
                    state.span,
                    state.span_at,
                    encode_turns(state.turned_at),
                    revision,
                )
                for state in states
            ],
        )
        add_spans(connection, spans)
        for change in changes:
            tell_of_probe(connection, change.probe, EntryKind.PROBE, change.text, "engine", change.occurred_at, now)
        end_acknowledged(connection, states, now)
