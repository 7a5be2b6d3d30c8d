"""The silence of each probe: an acknowledgement or a snooze."""

from __future__ import annotations

from collections.abc import Iterable

from oncall_tui.domain.counting import count_words
from oncall_tui.domain.errors import NotFoundError
from oncall_tui.domain.probe import ProbeState
from oncall_tui.domain.sanitize import clean_line
from oncall_tui.domain.silence import Silence, SilenceKind, find_good_since, is_well
from oncall_tui.domain.timeline import EntryKind
from oncall_tui.store.database import Database, tell_watchers
from oncall_tui.store.results import NUMBER
from oncall_tui.store.sqlite import sqlite3
from oncall_tui.store.timeline import tell_of_probe

_NOTE_LIMIT = 200


def acknowledge(db: Database, probe: str, note: str, actor: str, now: int) -> Silence:
    """Says that somebody looks after a probe, until it has been well for a while. Raises NotFoundError or StoreError."""
    return _set(db, Silence(probe, SilenceKind.ACK, clean_line(note.strip(), _NOTE_LIMIT), actor, now))


def snooze(db: Database, probe: str, note: str, until_at: int, actor: str, now: int) -> Silence:
    """Keeps a probe quiet until an instant. Raises NotFoundError or StoreError."""
    return _set(db, Silence(probe, SilenceKind.SNOOZE, clean_line(note.strip(), _NOTE_LIMIT), actor, now, until_at))


def _set(db: Database, silence: Silence) -> Silence:
    with db.write("silences", "timeline") as connection:
        _require_probe(connection, silence.probe)
        connection.execute(
            "INSERT OR REPLACE INTO silence(probe, kind, note, actor, made_at, until_at) VALUES (?, ?, ?, ?, ?, ?)",
            (silence.probe, silence.kind, silence.note, silence.actor, silence.made_at, silence.until_at),
        )
        verb = "acknowledged" if silence.kind is SilenceKind.ACK else "snoozed"
        words = f"{silence.probe} {verb}" + (f": {silence.note}" if silence.note else "")
        tell_of_probe(
            connection, silence.probe, EntryKind.SILENCE, words, silence.actor, silence.made_at, silence.made_at
        )
    return silence


def end_silence(db: Database, probe: str, actor: str, now: int) -> bool:
    """Lets a probe ring again; returns whether it was silent. Raises NotFoundError for one that is not configured."""
    with db.write("silences", "timeline") as connection:
        _require_probe(connection, probe)
        is_ended = connection.execute("DELETE FROM silence WHERE probe = ?", (probe,)).rowcount > 0
        if is_ended:
            words = f"{probe} is no longer silenced"
            tell_of_probe(connection, probe, EntryKind.SILENCE, words, actor, now, now)
        return is_ended


def end_acknowledged(connection: sqlite3.Connection, states: Iterable[ProbeState], now: int) -> None:
    """Inside the caller's transaction: what has been well for as many results as its config asks needs nobody's care."""
    rows = connection.execute(
        "SELECT silence.*, json_extract(spec, '$.ack_clears_after') AS clears_after FROM silence JOIN probe "
        "ON name = probe WHERE kind = ?",
        (SilenceKind.ACK,),
    ).fetchall()
    held = {row["probe"]: (_silence(row), row["clears_after"]) for row in rows}
    for state in states if held else ():
        silence, wanted = held.get(state.probe, (None, 0))
        if silence is None or not is_well(state) or state.streak < wanted:
            continue
        good = connection.execute(
            f"SELECT count(*) FROM (SELECT 1 FROM result WHERE probe = {NUMBER} AND started_at >= ? AND verdict = 'up' "
            "LIMIT ?)",
            (state.probe, find_good_since(silence, state, now), wanted),
        ).fetchone()[0]
        if good >= wanted:
            connection.execute("DELETE FROM silence WHERE probe = ?", (state.probe,))
            words = f"{state.probe} was good {count_words(wanted, 'time')} in a row: no longer acknowledged"
            tell_of_probe(connection, state.probe, EntryKind.SILENCE, words, "engine", now, now)
            tell_watchers(connection, ("silences", "timeline"))


def list_silences(db: Database) -> list[Silence]:
    """Returns the silences by name of the probe; a snooze stays listed after its end."""
    return [_silence(row) for row in db.rows("SELECT * FROM silence ORDER BY probe")]


def _silence(row: sqlite3.Row) -> Silence:
    return Silence(row["probe"], SilenceKind(row["kind"]), row["note"], row["actor"], row["made_at"], row["until_at"])


def _require_probe(connection: sqlite3.Connection, probe: str) -> None:
    if connection.execute("SELECT 1 FROM probe WHERE name = ?", (probe,)).fetchone() is None:
        raise NotFoundError(f"There is no probe {clean_line(probe, 100)}: `oncall-tui status` shows them.")
