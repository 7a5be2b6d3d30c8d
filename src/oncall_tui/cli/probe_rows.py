"""The probes of `oncall-tui status`: judged, folded and marked as the board does it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from oncall_tui.domain.board import (
    RED,
    UNSEEN,
    Row,
    find_behind,
    find_place,
    find_since,
    index_held,
    judge_row,
    tally_rows,
)
from oncall_tui.domain.duration import MINUTE, format_duration
from oncall_tui.domain.probe import Probe, ProbeState, ProbeStatus, find_unit

if TYPE_CHECKING:
    from oncall_tui.cli.output import Json
    from oncall_tui.domain.change import Change
    from oncall_tui.domain.maintenance import Maintenance
    from oncall_tui.domain.silence import Silence
    from oncall_tui.domain.upkeep import Upkeep


class Quiet(NamedTuple):
    """What may make a red probe none that rings; silences are by probe."""

    maintenances: Sequence[Maintenance]
    silences: Mapping[str, Silence]
    changes: Sequence[Change]


class Judged(NamedTuple):
    """All probes by name in the order of the config, and behind which one each fell."""

    rows: Mapping[str, Row]
    behind: Mapping[str, str]
    now: int


def judge_probes(
    probes: Sequence[Probe],
    states: Mapping[str, ProbeState],
    incidents: Mapping[str, int],
    quiet: Quiet,
    upkeeps: Sequence[Upkeep],
    now: int,
) -> Judged:
    """Returns where each probe stands at `now`."""
    held = index_held(upkeeps, now)
    rows = {
        probe.name: judge_row(
            quiet, probe, states.get(probe.name) or ProbeState(probe.name), incidents.get(probe.name), now, held
        )
        for probe in probes
    }
    return Judged(rows, find_behind(probes, rows), now)


def shape_probes(judged: Judged) -> list[dict[str, Json]]:
    """Returns every probe for a program; none is folded away."""
    return [_shape(row, judged.behind.get(name), judged.now) for name, row in judged.rows.items()]


def _shape(row: Row, behind: str | None, now: int) -> dict[str, Json]:
    """`status` is what is shown; `measured` is what its runs say all the same.

    Work that customers do not read of has no `maintenance_id`.
    """
    from oncall_tui.cli.output import show_time
    from oncall_tui.domain.maintenance import Maintenance
    from oncall_tui.domain.upkeep import name_work
    from oncall_tui.domain.verdict import status_at

    probe, state, work = row.probe, row.state, row.work
    unit, figure_ms = find_unit(probe), state.last_duration_ms
    measured = status_at(state, probe.every_ms, now)
    return {
        "name": probe.name,
        "kind": probe.kind,
        "target": probe.target,
        "component": probe.component,
        "status": row.status,
        "measured": measured,
        "was": row.known_status if row.status in UNSEEN else None,
        "is_flapping": measured is ProbeStatus.FLAPPING,
        "behind": behind,
        "incident": row.incident_id,
        "silence": None if row.silence is None else _shape_silence(row.silence),
        "change": None if row.change is None else _shape_change(row.change),
        "maintenance_id": work.id if isinstance(work, Maintenance) else None,
        "maintenance": None if work is None else name_work(work),
        "maintenance_until": None if work is None else show_time(work.ends_at),
        "since_at": show_time(find_since(row) or None),
        "last_result_at": show_time(state.last_result_at),
        "last_duration_ms": None if figure_ms is None or unit is not None else round(figure_ms, 1),
        "value": None if figure_ms is None or unit is None else round(figure_ms / 1000, 6),
        "unit": unit,
        "reason": "" if measured is ProbeStatus.UP else state.last_reason,
    }


def _shape_silence(silence: Silence) -> dict[str, Json]:
    from oncall_tui.cli.output import show_time

    return {
        "kind": silence.kind,
        "note": silence.note,
        "author": silence.actor,
        "made_at": show_time(silence.made_at),
        "until": show_time(silence.until_at),
    }


def _shape_change(change: Change) -> dict[str, Json]:
    from oncall_tui.cli.output import show_time

    return {"id": change.id, "text": change.text, "at": show_time(change.at), "until": show_time(change.until_at)}


def tell_probes(judged: Judged) -> str:
    """Returns the probes as the board lists them, and how many stand where."""
    from oncall_tui.cli.output import format_table

    if not judged.rows:
        return "No probes: no engine ran yet."
    shown = sorted((row for name, row in judged.rows.items() if name not in judged.behind), key=find_place)
    table = format_table(
        ("STATUS", "PROBE", "KIND", "TARGET", "SINCE", "MS", "WHY"),
        [
            (
                *(row.status, row.probe.name, row.probe.kind, row.probe.target, _tell_since(row, judged.now)),
                *(_tell_figure(row), _tell_why(row, judged)),
            )
            for row in shown
        ],
    )
    return f"{table}\n{_tell_counts(judged)}"


def _tell_counts(judged: Judged) -> str:
    tally = tally_rows(judged.rows.values(), judged.behind)
    counts = [f"{count} {status}" for status, count in tally.counts.items() if count and status in RED]
    counts += [f"{tally.behind} behind them"] if tally.behind else []
    counts += [f"{tally.known} red and known"] if tally.known else []
    counts += [f"{count} {status}" for status, count in tally.counts.items() if count and status not in RED]
    if tally.was_down:
        counts.append(f"{tally.was_down} down when seen last")
    return f"Probes: {', '.join(counts)}." + (" `--json` lists those behind others, too." if tally.behind else "")


def _tell_since(row: Row, now: int) -> str:
    since_at = find_since(row)
    if row.state.last_result_at is None or not since_at:
        return ""
    return _tell_span(now - since_at)


def _tell_span(ms: int) -> str:
    return "<1m" if ms < MINUTE else format_duration(ms // MINUTE * MINUTE)


def _tell_figure(row: Row) -> str:
    figure_ms, unit = row.state.last_duration_ms, find_unit(row.probe)
    if figure_ms is None:
        return ""
    if unit is None:
        return f"{figure_ms:.1f}"
    from oncall_tui.domain.intake import tell_value

    return tell_value(round(figure_ms / 1000, 6), unit)


def _tell_why(row: Row, judged: Judged) -> str:
    from oncall_tui.cli.output import show_time

    state, told = row.state, [] if row.incident_id is None else [f"#{row.incident_id}"]
    if row.work is not None:
        from oncall_tui.domain.upkeep import name_work

        return " ".join([*told, f"until {show_time(row.work.ends_at)}: {name_work(row.work)}"])
    if row.silence is not None:
        note = f", {row.silence.note}" if row.silence.note else ""
        until = "" if row.silence.until_at is None else f" until {show_time(row.silence.until_at)}"
        told.append(f"{'acknowledged' if not until else 'snoozed'}{until} by {row.silence.actor}{note}:")
    if count := sum(root == row.probe.name for root in judged.behind.values()):
        told.append(f"+{count} behind it:")
    if row.change is not None:
        until = f", until {show_time(row.change.until_at)}" if row.status is ProbeStatus.EXPECTED else ""
        told.append(f"after {row.change.text}{until}:")
    was = f"was {row.known_status}:" if row.status in UNSEEN and row.known_status in RED else ""
    if row.status is ProbeStatus.STALE:
        told.append(f"silent {_tell_span(judged.now - (state.last_result_at or judged.now))}{was and ','}")
    told.append(was)
    if row.status is ProbeStatus.FLAPPING:
        told.append(f"now {state.status}, last fault:")
    is_told = row.status is not ProbeStatus.UP and (row.status is not ProbeStatus.STALE or row.known_status in RED)
    told.append(state.last_reason if is_told else "")
    return " ".join(filter(None, told)).rstrip(" :")
