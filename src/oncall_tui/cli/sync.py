"""`oncall-tui sync`: publishes what is queued, through the engine that runs or by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import click

from oncall_tui.cli.group import json_option, place_options
from oncall_tui.cli.place import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from oncall_tui.cli.output import Json
    from oncall_tui.domain.maintenance import NoticeDelivery
    from oncall_tui.domain.pagestate import PageState
    from oncall_tui.domain.postmortem import Publication
    from oncall_tui.domain.update import Delivery

_LOOK_EVERY_S = 0.1


class _Left(NamedTuple):
    """What people confirmed and no page or channel has yet: on its way, or with a person."""

    deliveries: list[Delivery]
    notices: list[NoticeDelivery]
    reviews: list[Publication]
    pages: list[PageState]

    @property
    def total(self) -> int:
        return len(self.deliveries) + len(self.notices) + len(self.reviews)


@click.command()
@click.option("--wait", default="30s", show_default=True, metavar="30s", help="How long to try.")
@json_option
@place_options
@click.pass_obj
def sync(place: Place, wait: str, is_json: bool) -> int:
    """Publish what is queued; exit 0 when nothing is left, 1 when something is, naming it.

    What waits for a person is left, too: updates, broadcasts, notices of planned work and reviews.
    """
    import asyncio
    import time

    from oncall_tui.cli.output import print_json, say
    from oncall_tui.domain.duration import parse_duration
    from oncall_tui.domain.errors import UsageError
    from oncall_tui.domain.pagestate import name_page
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
        left = _look(place)
        has_page = config is None or bool(config.pages)
        if not _is_moving(left) or not has_page or time.monotonic() >= deadline:
            break
        time.sleep(_LOOK_EVERY_S)
    if is_json:
        print_json({"is_done": not left.total, "left": list(_shape(left)), "errors": _shape_errors(left)})
    elif not left.total:
        say("Everything is published.")
    else:
        why = "" if has_page else " The config has no [page] to publish to."
        say(f"{left.total} not published.{why or _tell_engine(place)}")
        for page in left.pages:
            if page.last_error:
                say(f"  {clean_line(name_page(page.page))} does not do as asked: {clean_line(page.last_error)}")
        for row in _tell(left):
            say(f"  {row}")
    return 1 if left.total else 0


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


def _look(place: Place) -> _Left:
    from oncall_tui.cli.outbox import ALL_DELIVERIES
    from oncall_tui.store.notices import list_open_notices
    from oncall_tui.store.outbox import list_deliveries
    from oncall_tui.store.page import list_pages
    from oncall_tui.store.postmortem import list_open_publications

    with place.open_db() as db, db.snapshot():
        deliveries = list_deliveries(db, limit=ALL_DELIVERIES)
        return _Left(deliveries, list_open_notices(db), list_open_publications(db), list_pages(db))


def _is_moving(left: _Left) -> bool:
    """Tells whether waiting helps: a queue whose oldest delivery failed, or is asked about, waits for a person.

    A broadcast that waits for a person since nobody was seen to get its update holds back no other.
    """
    oldest: dict[tuple[str, str, int], Delivery | NoticeDelivery] = {}
    for each in left.deliveries:
        if not (each.kind == "broadcast" and each.state == "failed" and each.is_conflict):
            oldest.setdefault(("#", each.page, each.incident_id), each)
    for notice in left.notices:
        oldest.setdefault(("M", notice.page, notice.maintenance_id), notice)
    is_any = any(each.state != "failed" and each.asked_at is None for each in oldest.values())
    return is_any or any(each.state.is_waiting for each in left.reviews)


def _shape(left: _Left) -> Iterator[dict[str, Json]]:
    from oncall_tui.cli.output import shape_delivery, show_time
    from oncall_tui.cli.planned import shape_notice_delivery

    for each in left.deliveries:
        yield {"what": _name(each), **shape_delivery(each)}
    for notice in left.notices:
        yield {"what": "notice", **shape_notice_delivery(notice)}
    for review in left.reviews:
        yield {
            "what": "review",
            "incident_id": review.incident_id,
            "page": review.page,
            "state": review.state,
            "reason": review.reason,
            "next_try_at": show_time(review.next_try_at),
        }


def _shape_errors(left: _Left) -> list[Json]:
    return [{"page": page.page, "reason": page.last_error} for page in left.pages if page.last_error]


def _tell(left: _Left) -> Iterator[str]:
    from oncall_tui.domain.sanitize import clean_line

    for each in left.deliveries:
        what, to = "delivery", ""
        if each.kind == "broadcast":
            what, to = "broadcast", f" to {clean_line(each.page)}"
        yield f"{what} {each.id} of #{each.incident_id}{to} is {each.state}" + _tell_why(each, "oncall-tui outbox")
    for notice in left.notices:
        told = f"notice {notice.id} of M{notice.maintenance_id} ({notice.kind}) is {notice.state}"
        yield told + _tell_why(notice, "oncall-tui maintenance")
    for review in left.reviews:
        why = f": {clean_line(review.reason)}" if review.reason else ""
        program = f"oncall-tui postmortem {review.incident_id}"
        advice = "" if review.state.is_waiting else f"; `{program} publish` again, or `{program} revert`"
        yield f"review of #{review.incident_id} on {clean_line(review.page)} is {review.state}{why}{advice}"


def _name(delivery: Delivery) -> str:
    return "broadcast" if delivery.kind == "broadcast" else "update"


def _tell_why(delivery: Delivery | NoticeDelivery, command: str) -> str:
    from oncall_tui.cli.output import show_time
    from oncall_tui.domain.sanitize import clean_line

    why = f": {clean_line(delivery.reason)}" if delivery.reason else ""
    again = f" (next try {show_time(delivery.next_try_at)})" if delivery.next_try_at else ""
    verbs = ["adopt", "retry", "drop"] if delivery.asked_at is not None else ["retry", "drop"]
    if delivery.asked_at is None and delivery.state != "failed":
        return why + again
    choices = [f"`{command} {verbs[0]} {delivery.id}`", *(f"`{verb} {delivery.id}`" for verb in verbs[1:])]
    return f"{why}{again}; {', '.join(choices[:-1])} or {choices[-1]}"
