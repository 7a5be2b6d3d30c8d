"""Figures over time in the page's file. Points are whole seconds apart; one that comes twice counts once, the last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from oncall_tui.statuspage.faults import refuse_unknown
from oncall_tui.statuspage.pagefile import make_id
from oncall_tui.statuspage.records import SHOWN_S, SLOT_S, PageMetric
from oncall_tui.statuspage.rules_extras import MetricWrite, PointWrite
from oncall_tui.statuspage.sqlite import sqlite3

PROVIDER_ID = "selfprovider"
"""The one source of figures: whoever holds the token sends them."""
_KEPT_S = 30 * 86_400


def list_metrics(db: sqlite3.Connection, limit: int = -1, offset: int = 0) -> list[PageMetric]:
    """Returns the metrics in the order in which they were made; a limit of -1 means all of them."""
    rows = db.execute(
        "SELECT m.*, (SELECT max(at_s) FROM metric_point AS p WHERE p.metric_id = m.id) AS latest_s FROM metric AS m"
        " ORDER BY seq LIMIT ? OFFSET ?",
        (limit, offset),
    ).fetchall()
    return [_build(row) for row in rows]


def get_metric(db: sqlite3.Connection, metric_id: str) -> PageMetric:
    """Returns one metric; raises RequestRefusedError (404)."""
    found = next((metric for metric in list_metrics(db) if metric.id == metric_id), None)
    if found is None:
        raise refuse_unknown("metric")
    return found


def add_metric(db: sqlite3.Connection, write: MetricWrite, now: int) -> PageMetric:
    metric_id = make_id()
    db.execute(
        "INSERT INTO metric (id, name, suffix, tooltip, decimal_places, is_shown, created_at, updated_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (metric_id, write.name, write.suffix, write.tooltip, write.decimal_places, write.is_shown, now, now),
    )
    return get_metric(db, metric_id)


def delete_metric(db: sqlite3.Connection, metric_id: str) -> PageMetric:
    """Takes a metric off the page and returns what it was; raises RequestRefusedError (404)."""
    metric = get_metric(db, metric_id)
    db.execute("DELETE FROM metric WHERE id = ?", (metric_id,))
    return metric


def add_points(db: sqlite3.Connection, points: Mapping[str, Sequence[PointWrite]], now: int) -> None:
    """Adds points by metric and forgets those older than thirty days; raises RequestRefusedError (404)."""
    for metric_id, series in points.items():
        get_metric(db, metric_id)
        db.executemany(
            "INSERT OR REPLACE INTO metric_point VALUES (?, ?, ?)",
            [(metric_id, point.at_s, point.value) for point in series],
        )
        db.execute("DELETE FROM metric_point WHERE metric_id = ? AND at_s < ?", (metric_id, now // 1000 - _KEPT_S))
        db.execute("UPDATE metric SET updated_at = max(updated_at, ?) WHERE id = ?", (now, metric_id))


def delete_points(db: sqlite3.Connection, metric_id: str) -> PageMetric:
    """Forgets every value of a metric; raises RequestRefusedError (404)."""
    get_metric(db, metric_id)
    db.execute("DELETE FROM metric_point WHERE metric_id = ?", (metric_id,))
    return get_metric(db, metric_id)


def list_slots(db: sqlite3.Connection, metric_id: str, now: int) -> list[tuple[int, float]]:
    """Returns the last day as means over five minutes: how many slots ago, and the value; the oldest first."""
    last = now // 1000 // SLOT_S
    rows = db.execute(
        "SELECT ? - at_s / ? AS ago, avg(value) AS mean FROM metric_point WHERE metric_id = ?"
        " AND at_s > ? AND at_s <= ? GROUP BY ago ORDER BY ago DESC",
        (last, SLOT_S, metric_id, now // 1000 - SHOWN_S, now // 1000),
    ).fetchall()
    return [(row["ago"], row["mean"]) for row in rows]


def _build(row: sqlite3.Row) -> PageMetric:
    return PageMetric(
        id=row["id"],
        name=row["name"],
        suffix=row["suffix"],
        tooltip=row["tooltip"],
        decimal_places=row["decimal_places"],
        is_shown=bool(row["is_shown"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        latest_at=None if row["latest_s"] is None else row["latest_s"] * 1000,
    )
