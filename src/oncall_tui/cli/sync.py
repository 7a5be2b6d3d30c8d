"""`oncall-tui sync`: publishes what is queued, through the engine that runs or by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from oncall_tui.cli.group import json_option, place_options
from oncall_tui.cli.place import Place

if TYPE_CHECKING:
    from oncall_tui.domain.update import Delivery

_LOOK_EVERY_S = 0.1


@click.command()
@click.option("--wait", default="30s", show_default=True, metavar="30s", help="How long to try.")
@json_option
@place_options
@click.pass_obj
def sync(place: Place, wait: str, is_json: bool) -> int:
    """Publish what is queued; exit 0 when nothing is left, 1 when something is, naming it."""
    import asyncio
    import time

    from oncall_tui.cli.output import print_json, say, shape_delivery
    from oncall_tui.domain.duration import parse_duration
    from oncall_tui.domain.errors import UsageError
    from oncall_tui.domain.sanitize import clean_line
    from oncall_tui.engine.publishing import publish_once
    from oncall_tui.store.lock import is_engine_running

    try:
        deadline = time.monotonic() + parse_duration(wait) / 1000
    except ValueError as error:
        raise UsageError(f"--wait {clean_line(wait, 40)} {error}.") from error
    config = None
    while True:
        # Looked at each time: the engine may die while it is waited for, and another look may hold its lock an instant.
        if not is_engine_running(place.db_path()):
            config = place.load_config()
            if config.pages:
                left_s = max(0.0, deadline - time.monotonic())
                asyncio.run(publish_once(place.db_path(), config, left_s))
        left, is_rest_moving = _look(place)
        has_page = config is None or bool(config.pages)
        is_moving = is_rest_moving or _is_moving(left)
        if not is_moving or not has_page or time.monotonic() >= deadline:
            break
        time.sleep(_LOOK_EVERY_S)
    if is_json:
        is_done = not left and not is_rest_moving
        print_json({"is_done": is_done, "left": [shape_delivery(each) for each in left]})
    elif not left:
        rest = "Updates are published; a notice of planned work or a review is still on its way."
        say(rest if is_rest_moving else "Everything is published.")
    else:
        why = "" if has_page else " The config has no [page] to publish to."
        say(f"{len(left)} not published.{why or _tell_engine(place)}")
        for each in left:
            say(f"  delivery {each.id} of #{each.incident_id} is {each.state}{_tell_why(each)}")
    return 1 if left or is_rest_moving else 0


def _tell_engine(place: Place) -> str:
    """Returns a sentence about an engine that runs and does nothing, empty without one."""
    from oncall_tui.clock import now_ms
    from oncall_tui.store.lease import read_lease
    from oncall_tui.store.lock import is_engine_running

    if not is_engine_running(place.db_path()):
        return ""
    with place.open_db() as db:
        lease = read_lease(db)
    is_silent = lease is not None and not lease.is_working(now_ms())
    return " The engine is silent: `oncall-tui doctor` says why." if is_silent else ""


def _look(place: Place) -> tuple[list[Delivery], bool]:
    """Returns the updates that wait, and whether anything else is on its way to a page."""
    from oncall_tui.store.maintenance import has_waiting_notice
    from oncall_tui.store.outbox import list_deliveries
    from oncall_tui.store.postmortem import has_waiting_publications

    with place.open_db() as db:
        return list_deliveries(db), has_waiting_notice(db) or has_waiting_publications(db)


def _is_moving(left: list[Delivery]) -> bool:
    """Tells whether waiting helps: a queue whose oldest delivery failed, or is asked about, waits for a person."""
    oldest: dict[tuple[str, int], Delivery] = {}
    for each in left:
        oldest.setdefault((each.page, each.incident_id), each)
    return any(each.state != "failed" and each.asked_at is None for each in oldest.values())


def _tell_why(delivery: Delivery) -> str:
    from oncall_tui.cli.output import show_time
    from oncall_tui.domain.sanitize import clean_line

    why = f": {clean_line(delivery.reason)}" if delivery.reason else ""
    again = f" (next try {show_time(delivery.next_try_at)})" if delivery.next_try_at else ""
    advice = f"; `oncall-tui outbox retry {delivery.id}` or `drop {delivery.id}`" if delivery.state == "failed" else ""
    return why + again + advice
