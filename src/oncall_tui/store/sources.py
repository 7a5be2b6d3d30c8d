"""Probes that come and go while an engine runs: the targets that a source tells of."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from oncall_tui.domain.probe import Probe
from oncall_tui.domain.silence import Silence
from oncall_tui.store.codec import encode_probe
from oncall_tui.store.database import Database
from oncall_tui.store.history import close_spans
from oncall_tui.store.probes import list_probes
from oncall_tui.store.silences import acknowledge, end_silence, list_silences, snooze


def list_sourced(db: Database) -> list[Probe]:
    """Returns the probes that sources told of."""
    return [probe for probe in list_probes(db) if probe.source]


def change_probes(db: Database, changed: Sequence[Probe], gone: Iterable[str]) -> None:
    """Adds probes or changes them, and drops those that are gone; what they were stays in the history."""
    with db.write("probes", "silences") as connection:
        (last,) = connection.execute("SELECT coalesce(max(position), 0) FROM probe").fetchone()
        connection.executemany(
            "INSERT INTO probe(name, position, spec) VALUES (?, ?, ?) "
            "ON CONFLICT(name) DO UPDATE SET spec = excluded.spec",
            [(probe.name, last + order, encode_probe(probe)) for order, probe in enumerate(changed, 1)],
        )
        connection.executemany("DELETE FROM probe WHERE name = ?", [(name,) for name in gone])
        close_spans(connection)
        connection.execute("DELETE FROM probe_state WHERE probe NOT IN (SELECT name FROM probe)")
        connection.execute("DELETE FROM silence WHERE probe NOT IN (SELECT name FROM probe)")


def list_unsettled(db: Database, names: Collection[str], now: int) -> tuple[set[str], set[str]]:
    """Returns which probes hooks were told to be in trouble and not yet to be well, and which are silenced at `now`."""
    told = {row["subject"] for row in db.rows("SELECT DISTINCT subject FROM hook_told")}
    return told & set(names), set(list_silences_of(db, names, now))


def list_silences_of(db: Database, names: Collection[str], now: int) -> dict[str, Silence]:
    """Returns by probe what keeps some probes quiet at `now`."""
    held = (each for each in list_silences(db) if each.until_at is None or now < each.until_at)
    return {each.probe: each for each in held if each.probe in names}


def mirror_silence(db: Database, probe: str, by: str, note: str, until_at: int | None, now: int) -> None:
    """Shows a silence that was made at the source; `by` tells that it is one. Raises NotFoundError or StoreError."""
    if until_at is None:
        acknowledge(db, probe, note, by, now)
    else:
        snooze(db, probe, note, until_at, by, now)


def end_mirrored(db: Database, probe: str, by: str, now: int) -> None:
    """Shows that a silence made at the source is over. Raises NotFoundError or StoreError."""
    end_silence(db, probe, by, now)
