"""`oncall-tui status`: the whole picture in one screen of text or one JSON object."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from oncall_tui.cli.group import json_option, place_options
from oncall_tui.cli.place import Place

if TYPE_CHECKING:
    from oncall_tui.cli.output import Json
    from oncall_tui.domain.drift import Drift
    from oncall_tui.domain.engine import Lease
    from oncall_tui.domain.maintenance import Maintenance
    from oncall_tui.domain.pagestate import PageState


@click.command()
@json_option
@place_options
@click.pass_obj
def status(place: Place, is_json: bool) -> None:
    """Show probes, open incidents, the queue and the engine."""
    from oncall_tui.cli.output import print_json, shape_delivery, shape_incident, show_time, tell_told
    from oncall_tui.cli.planned import tell_notice_counts
    from oncall_tui.cli.probe_rows import Quiet, judge_probes, shape_probes, tell_probes
    from oncall_tui.clock import now_ms
    from oncall_tui.domain.board import index_incidents
    from oncall_tui.domain.drift import find_drift
    from oncall_tui.store.changes import list_changes
    from oncall_tui.store.drafts import list_drafts
    from oncall_tui.store.incidents import list_components, list_incidents
    from oncall_tui.store.lease import read_lease
    from oncall_tui.store.lock import is_engine_running
    from oncall_tui.store.maintenance import list_active
    from oncall_tui.store.notices import count_notices
    from oncall_tui.store.outbox import list_deliveries
    from oncall_tui.store.page import list_pages
    from oncall_tui.store.probes import list_probes, list_states
    from oncall_tui.store.silences import list_silences
    from oncall_tui.store.updates import list_updates
    from oncall_tui.store.upkeeps import list_upkeeps

    now = now_ms()
    with place.open_db() as db, db.snapshot():
        states = {state.probe: state for state in list_states(db)[0]}
        planned, upkeeps, watched = list_active(db, now), list_upkeeps(db, now), list_probes(db)
        quiet = Quiet(planned, {each.probe: each for each in list_silences(db)}, list_changes(db))
        found = [(each, list_updates(db, each.id)) for each in list_incidents(db, is_open_only=True)]
        incidents = [shape_incident(each, updates, list_drafts(db, each.id)) for each, updates in found]
        told = [tell_told(each, updates) for each, updates in found]
        waiting = list_deliveries(db)
        moving, asked = count_notices(db)
        pages = list_pages(db)
        engine = _shape_engine(read_lease(db), is_engine_running(place.db_path()), now)
        components = list_components(db)
    judged = judge_probes(watched, states, index_incidents([each for each, _ in found]), quiet, upkeeps, now)
    drifts = find_drift(components, watched, states, [each for each, _ in found], now, planned, upkeeps)
    shape: dict[str, Json] = {
        "at": show_time(now),
        "engine": engine,
        "pages": [
            {
                "page": page.page,
                "name": page.name,
                "public_url": page.public_url,
                "last_sync_at": show_time(page.last_sync_at),
                "last_error": page.last_error,
                "blocked_until": show_time(page.blocked_until),
            }
            for page in pages
        ],
        "components": [
            {"name": each.name, "status": each.page_status, "pages": dict(each.told)} for each in components
        ],
        "drifts": [_shape_drift(each, now, len(pages)) for each in drifts],
        "probes": shape_probes(judged),
        "maintenances": [
            {"id": each.id, "title": each.title, "ends_at": show_time(each.ends_at), "probes": list(each.probes)}
            for each in planned
        ],
        "incidents": incidents,
        "outbox": [shape_delivery(each) for each in waiting],
        "notices": {"on_the_way": moving, "waiting_for_a_person": asked},
    }
    if is_json:
        print_json(shape)
    else:
        _tell(shape, tell_probes(judged), incidents, told, engine, pages, planned, tell_notice_counts(moving, asked))


def _shape_drift(drift: Drift, now: int, page_count: int) -> dict[str, Json]:
    from oncall_tui.cli.output import show_time
    from oncall_tui.domain.drift import describe_drift

    return {
        "component": drift.component,
        "pages": list(drift.pages),
        "page_status": drift.page_status,
        "probe": drift.probe,
        "since_at": show_time(drift.since_at),
        "message": describe_drift(drift, now, page_count=page_count),
    }


def _shape_engine(lease: Lease | None, is_running: bool, now: int) -> dict[str, Json]:
    from oncall_tui.cli.output import show_time

    if lease is not None and lease.start_fault:
        return {"is_running": is_running, "state": "failed", "note": lease.start_fault}
    if not is_running or lease is None:
        return {"is_running": is_running, "state": "starting" if is_running else "off"}
    return {
        "is_running": True,
        "state": "working" if lease.is_working(now) else "stalled",
        "pid": lease.pid,
        "host": lease.host,
        "mode": lease.mode,
        "version": lease.version,
        "epoch": lease.epoch,
        "is_online": lease.is_online,
        "started_at": show_time(lease.started_at),
        "heartbeat_at": show_time(lease.heartbeat_at),
        "note": lease.note,
    }


def _tell(
    shape: dict[str, Json],
    probes: str,
    incidents: list[dict[str, Json]],
    told: Sequence[str],
    engine: dict[str, Json],
    pages: Sequence[PageState],
    planned: Sequence[Maintenance],
    notices: str,
) -> None:
    from oncall_tui.cli.output import format_table, say, show_time
    from oncall_tui.domain.sanitize import clean_line

    def word(value: Json) -> str:
        return "" if value is None else str(value)

    say(probes)
    say()
    rows = [
        (f"#{each['id']}", *(word(each[key]) for key in ("status", "impact", "started_at")), seen, word(each["title"]))
        for each, seen in zip(incidents, told, strict=True)
    ]
    head = ("ID", "STATUS", "IMPACT", "BEGAN", "CUSTOMERS", "TITLE")
    say(format_table(head, rows) if rows else "No open incidents.")
    drifts = shape["drifts"]
    assert isinstance(drifts, list)
    for told_wrong in drifts:
        assert isinstance(told_wrong, dict)
        say(clean_line(f"{told_wrong['component']}: {told_wrong['message']}."))
    for each in planned:
        say(f"Planned work M{each.id} until {show_time(each.ends_at)}: {clean_line(each.title)}.")
    say()
    queue = shape["outbox"]
    assert isinstance(queue, list)
    look = " (`oncall-tui outbox list`)" if queue else ""
    say(f"Outbox: {len(queue)} waiting{look}." if queue else "Outbox: empty.")
    if notices:
        say(notices)
    note = f" ({engine['note']})" if engine.get("note") else ""
    if engine["state"] == "failed":
        note = f" to start ({engine['note']})"
    if engine["state"] == "stalled":
        note = " (nothing leaves: `oncall-tui doctor` says why)"
    say(
        f"Engine: {engine['state']}{note}"
        + (f", process {engine['pid']}, {engine['mode']}." if "pid" in engine else ".")
    )
    for page in pages:
        trouble = f", last error: {page.last_error}" if page.last_error else ""
        where = page.public_url or page.name or page.page
        say(f"Page: {clean_line(where)}, read {show_time(page.last_sync_at) or 'never'}{clean_line(trouble)}.")
