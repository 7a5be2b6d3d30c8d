"""`oncall-tui uptime` and `oncall-tui history`: how much of the time all was well, and how fast."""

from __future__ import annotations

import csv
import math
import sys
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

import click

from oncall_tui.cli.group import json_option, place_options
from oncall_tui.cli.place import Place
from oncall_tui.domain.errors import UsageError

if TYPE_CHECKING:
    from oncall_tui.cli.output import Json
    from oncall_tui.domain.history import Uptime
    from oncall_tui.domain.probe import Result
    from oncall_tui.domain.rollup import Rollup
    from oncall_tui.domain.uptime import Record

_PARTS = ("uptime", "up_ms", "slow_ms", "down_ms", "unknown_ms", "planned_ms")
_SHOWN = ("probe", "at", "uptime", "runs", "runs_slow", "runs_down", "runs_unknown", "p50_ms", "p95_ms")
_PHASES = ("resolve_ms", "connect_ms", "tls_ms", "first_byte_ms", "transfer_ms")
_EVIDENCE = ("evidence_at", "facts", "headers", "body", "addresses", "certificates")
_ERRORS_TOLD = 50
_CELL_LIMIT = 5_000
_csv_option = click.option("--csv", "is_csv", is_flag=True, help="Print CSV.")


@click.command()
@_csv_option
@json_option
@place_options
@click.pass_obj
def uptime(place: Place, is_csv: bool, is_json: bool) -> None:
    """Show how much of the time each component and probe was up, over 24 hours, 7, 30 and 90 days.

    Planned maintenance and time of which nothing is known are left out of the base, and shown.
    """
    from oncall_tui.cli.output import format_table, print_json, say, show_time
    from oncall_tui.clock import now_ms
    from oncall_tui.domain.duration import format_duration
    from oncall_tui.domain.history import PERIODS
    from oncall_tui.store.history import read_records

    _require_one_form(is_csv, is_json)
    with place.open_db() as db:
        records = read_records(db, tuple(PERIODS.values()), now_ms())
    if is_json:
        print_json([_shape_record(record) for record in records])
    elif is_csv:
        _print_csv(
            ("name", "kind", "watched_since", "last", *_PARTS),
            (
                [record.name, _kind_of(record), show_time(record.first_at), last, *_list_parts(each)]
                for record in records
                for last, each in zip(PERIODS, record.uptimes, strict=True)
            ),
        )
    elif records:
        head = ("WHAT", "KIND", *(last.upper() for last in PERIODS), "DOWN 90D", "SLOW", "UNKNOWN", "PLANNED")
        rows = []
        for record in records:
            longest = record.uptimes[-1]
            parts = (longest.down_ms, longest.slow_ms, longest.unknown_ms, longest.planned_ms)
            shares = [show_share(each.share) for each in record.uptimes]
            rows.append((record.name, _kind_of(record), *shares, *(format_duration(ms) if ms else "-" for ms in parts)))
        say(format_table(head, rows))
    else:
        say("No probe is configured.")


@click.command()
@click.argument("probe", required=False)
@click.option("--last", type=click.Choice(["24h", "7d", "30d", "90d"]), default="24h", help="So far back [24h].")
@click.option("--errors", "is_errors", is_flag=True, help="Show the runs that were not up, with their evidence.")
@_csv_option
@json_option
@place_options
@click.pass_obj
def history(place: Place, probe: str | None, last: str, is_errors: bool, is_csv: bool, is_json: bool) -> None:
    """Show each probe, or one, by hour (24h and 7d) or by day (30d and 90d, UTC), beside the day before.

    Results themselves, and with them errors, are kept for 48 hours.
    """
    from oncall_tui.cli.output import format_table, print_json, say
    from oncall_tui.clock import now_ms
    from oncall_tui.domain.duration import DAY, HOUR
    from oncall_tui.domain.history import PERIODS
    from oncall_tui.domain.rollup import floor_to
    from oncall_tui.store.history import read_past
    from oncall_tui.store.probes import list_probes
    from oncall_tui.store.results import list_failures

    _require_one_form(is_csv, is_json)
    length_ms, now = HOUR if PERIODS[last] <= PERIODS["7d"] else DAY, now_ms()
    since = now - PERIODS[last]
    shapes: list[dict[str, Json]] = []
    with place.open_db() as db, db.snapshot():
        names = [each.name for each in list_probes(db)] if probe is None else [probe]
        for name in names:
            past = read_past(db, name, length_ms, since - DAY, now)
            rollups = {each.began_at: each for each in past.rollups}
            parts = dict(past.parts)
            shapes += [
                _shape_part(name, at, each, rollups.get(at))
                | _shape_day_before(parts.get(at - DAY), rollups.get(at - DAY))
                for at, each in past.parts
                if at >= floor_to(since, length_ms)
            ]
        if is_errors:
            errors = [each for name in names for each in list_failures(db, name, limit=None, since=since)]
    if is_errors:
        _print_errors(errors, is_csv, is_json)
        return
    if is_json:
        print_json(shapes)
    elif is_csv:
        _print_csv(tuple(shapes[0]) if shapes else ("probe",), (list(shape.values()) for shape in shapes))
    else:
        told = [shape for shape in shapes if shape["runs"] or shape["uptime"] is not None]
        rows = [[_show_cell(name, shape[name]) for name in _SHOWN] for shape in told]
        say(
            format_table([name.removesuffix("_ms").upper() for name in _SHOWN], rows)
            if rows
            else "Nothing is recorded."
        )


def _shape_part(probe: str, at: int, each: Uptime, rollup: Rollup | None) -> dict[str, Json]:
    from oncall_tui.cli.output import show_time
    from oncall_tui.domain.rollup import SERIES

    shape: dict[str, Json] = {"probe": probe, "at": show_time(at), "uptime": each.share, **each._asdict()}
    counts = (rollup.runs, rollup.up, rollup.slow, rollup.down, rollup.unknown) if rollup else (0,) * 5
    shape |= dict(zip(("runs", "runs_up", "runs_slow", "runs_down", "runs_unknown"), counts, strict=True))
    for number, series in enumerate(SERIES):
        name = "" if series == "whole" else f"{series.replace(' ', '_')}_"
        figures = rollup.figures[number] if rollup else None
        shape |= {f"{name}p50_ms": figures and figures.p50_ms, f"{name}p95_ms": figures and figures.p95_ms}
    return shape


def _shape_day_before(each: Uptime | None, rollup: Rollup | None) -> dict[str, Json]:
    figures = rollup.figures[0] if rollup else None
    return {
        "day_before_uptime": each and each.share,
        "day_before_runs": rollup.runs if rollup else 0,
        "day_before_runs_down": rollup.down if rollup else 0,
        "day_before_p50_ms": figures and figures.p50_ms,
        "day_before_p95_ms": figures and figures.p95_ms,
    }


def _print_errors(errors: Sequence[Result], is_csv: bool, is_json: bool) -> None:
    from oncall_tui.cli.output import print_json, say

    shapes = [_shape_error(each) for each in errors]
    if is_json:
        print_json(shapes)
    elif is_csv:
        head = ("probe", "at", "verdict", "duration_ms", "reason", *_PHASES, *_EVIDENCE)
        _print_csv(head, ([_flatten(shape[name]) for name in head] for shape in shapes))
    else:
        latest, more = errors[:_ERRORS_TOLD], len(errors) - _ERRORS_TOLD
        shown = {(each.probe, each.started_at) for each in latest if each.evidence_at is None}
        told: list[str] = []
        for each in latest:
            told.append(_tell_error(each, shown))
            shown.add((each.probe, each.evidence_at or each.started_at))
        told += [f"And {more} more: --json has all."] if more > 0 else []
        say("\n".join(told) or "Nothing went wrong, as far as results are kept.")


def _shape_error(result: Result) -> dict[str, Json]:
    from oncall_tui.cli.output import show_time

    phases = {name: getattr(result.phases, name) for name in _PHASES}
    kept = dict(result.evidence)
    seen_at = result.started_at if result.evidence_at is None else result.evidence_at
    return {
        "probe": result.probe,
        "at": show_time(result.started_at),
        "verdict": result.verdict,
        "duration_ms": round(result.duration_ms, 2),
        "reason": result.reason,
        **{name: None if value is None else round(value, 2) for name, value in phases.items()},
        "evidence_at": show_time(seen_at) if result.facts or result.evidence else None,
        "facts": [f"{name}: {text}" for name, text in result.facts],
        "headers": [f"{name} {text}" for name, text in result.evidence if name.endswith(":")],
        "body": kept.get("body"),
        "addresses": kept["addresses"].split(", ") if "addresses" in kept else [],
        "certificates": [text for name, text in result.evidence if name.startswith("certificate ")],
    }


def _flatten(value: Json) -> object:
    return "; ".join(map(str, value)) if isinstance(value, list) else value


def _tell_error(result: Result, shown: Collection[tuple[str, int]]) -> str:
    """Returns a run with what came back, or with the one of `shown` that tells it."""
    from oncall_tui.cli.output import show_time
    from oncall_tui.domain.sanitize import clean_block, clean_line

    lines = [f"{show_time(result.started_at)}  {clean_line(result.probe)}  {clean_line(result.reason)}"]
    if result.evidence_at is not None:
        lines.append(f"    as at {show_time(result.evidence_at)}")
        if (result.probe, result.evidence_at) in shown:
            return "\n".join(lines)
    for name, text in (*result.facts, *result.evidence):
        first, *more = clean_block(text).splitlines() or [""]
        lines += [f"    {clean_line(name)}  {first}", *(f"      {line}" for line in more)]
    return "\n".join(lines)


def _show_cell(name: str, value: Json) -> str:
    if name == "uptime":
        return show_share(value if isinstance(value, float) else None)
    if name in ("p50_ms", "p95_ms"):
        return "-" if value is None else f"{value:.1f} ms"
    return str(value)


def show_share(share: float | None) -> str:
    """Returns a share in percent, cut off and never rounded up; `-` when nothing is known."""
    if share is None:
        return "-"
    return "100%" if share == 1 else f"{math.floor(share * 100_000) / 1000:.3f}%"


def _require_one_form(is_csv: bool, is_json: bool) -> None:
    if is_csv and is_json:
        raise UsageError("Ask for --csv or for --json, not for both.")


def _kind_of(record: Record) -> str:
    return "component" if record.is_component else "probe"


def _list_parts(uptime: Uptime) -> tuple[object, ...]:
    share = None if uptime.share is None else round(uptime.share, 6)
    return (share, *uptime)


def _shape_record(record: Record) -> dict[str, Json]:
    from oncall_tui.cli.output import show_time
    from oncall_tui.domain.history import PERIODS

    return {
        "name": record.name,
        "kind": _kind_of(record),
        "watched_since": show_time(record.first_at),
        "periods": [
            {"last": last, "uptime": each.share, **each._asdict()}
            for last, each in zip(PERIODS, record.uptimes, strict=True)
        ],
    }


def _print_csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Prints a table for spreadsheets: every text is one inert line, and none begins a formula."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([_clean_cell(cell) for cell in row] for row in rows)
    sys.stdout.flush()


def _clean_cell(cell: object) -> object:
    from oncall_tui.domain.sanitize import clean_line

    if not isinstance(cell, str):
        return "" if cell is None else cell
    text = clean_line(cell, _CELL_LIMIT)
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text
