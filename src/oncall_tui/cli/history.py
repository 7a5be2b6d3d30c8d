"""`oncall-tui uptime`: how much of the time all was well."""

from __future__ import annotations

import csv
import math
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import click

from oncall_tui.cli.group import json_option, place_options
from oncall_tui.cli.place import Place
from oncall_tui.domain.errors import UsageError

if TYPE_CHECKING:
    from oncall_tui.cli.output import Json
    from oncall_tui.domain.history import Record, Uptime

_PARTS = ("uptime", "up_ms", "slow_ms", "down_ms", "unknown_ms", "planned_ms")
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
    text = clean_line(cell, 1000)
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text
