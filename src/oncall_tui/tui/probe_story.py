"""All that the file tells of one probe's past, read in one go for its screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from oncall_tui.domain.duration import DAY, HOUR
from oncall_tui.domain.history import PERIODS, Uptime, find_planned, sum_spans
from oncall_tui.domain.probe import find_unit
from oncall_tui.store.codec import decode_probe
from oncall_tui.store.history import Past, compare_yesterday, list_spans, read_past
from oncall_tui.store.maintenance import list_between
from oncall_tui.store.results import list_failures
from oncall_tui.store.upkeeps import list_upkeeps

if TYPE_CHECKING:
    from oncall_tui.domain.probe import Result
    from oncall_tui.domain.rollup import Rollup
    from oncall_tui.store.database import Database

_FAILURES_SHOWN = 8


class Story(Struct, frozen=True):
    """`uptimes` run along PERIODS, `hours` reach two days back and `days` ninety, `failures` are newest first.

    `latest` is the last hour, `yesterday` the same one of the day before. `unit` is that of a value that stands where
    others have their latency, None for a latency.
    """

    probe: str
    read_at: int
    uptimes: tuple[Uptime, ...]
    hours: Past
    days: Past
    failures: tuple[Result, ...]
    latest: Rollup
    yesterday: Rollup
    unit: str | None = None


def read_story(db: Database, name: str, now: int) -> Story | None:
    """Returns the past of a probe, None when it is configured no more."""
    longest = max(PERIODS.values())
    with db.snapshot():
        probes = [decode_probe(row["spec"]) for row in db.rows("SELECT spec FROM probe WHERE name = ?", name)]
        if not probes:
            return None
        spans = list_spans(db, probes, now - longest, now, name)[name]
        since = now - longest
        planned = find_planned(list_between(db, since, now), list_upkeeps(db, since, now, name), name)
        return Story(
            name,
            now,
            tuple(sum_spans(spans, planned, now - length, now) for length in PERIODS.values()),
            read_past(db, name, HOUR, now - 47 * HOUR, now),
            read_past(db, name, DAY, now - 89 * DAY, now),
            tuple(list_failures(db, name, _FAILURES_SHOWN)),
            *compare_yesterday(db, name, now),
            unit=find_unit(probes[0]),
        )
