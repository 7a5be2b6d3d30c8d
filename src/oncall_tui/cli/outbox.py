"""`oncall-tui outbox`: what waits to be published, and what a person decides about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from oncall_tui.cli.group import OrderedGroup, json_option, place_options
from oncall_tui.cli.place import Place, read_actor

if TYPE_CHECKING:
    from oncall_tui.domain.update import Delivery

ALL_DELIVERIES = 100_000
"""More than a queue holds: what is said of all must not be said of some."""


@click.group(cls=OrderedGroup)
@place_options
def outbox() -> None:
    """List what waits to be published, and decide about what failed or is in doubt."""


@outbox.command("list")
@click.option("--all", "is_all", is_flag=True, help="Also what was delivered or dropped.")
@json_option
@place_options
@click.pass_obj
def list_command(place: Place, is_all: bool, is_json: bool) -> None:
    """List deliveries, oldest first."""
    from oncall_tui.cli.output import format_table, print_json, say, shape_delivery
    from oncall_tui.cli.planned import tell_notice_counts
    from oncall_tui.store.notices import count_notices
    from oncall_tui.store.outbox import list_deliveries

    with place.open_db() as db, db.snapshot():
        found = list_deliveries(db, is_open_only=False) if is_all else list_deliveries(db, limit=ALL_DELIVERIES)
        notices = tell_notice_counts(*count_notices(db))
    if is_json:
        print_json([shape_delivery(each) for each in found])
        return
    rows = [(str(each.id), f"#{each.incident_id}", each.state, each.status, each.reason, each.body) for each in found]
    if found:
        say(format_table(("ID", "INCIDENT", "STATE", "STATUS", "WHY", "TEXT"), rows))
        for row in (row for each in found for row in _tell_evidence(each)):
            say(row)
    elif not notices:
        say("The outbox is empty.")
    if notices:
        say(notices)


@outbox.command()
@click.argument("number", metavar="ID")
@click.option("--as", "remote_id", metavar="ID", help="Which of those that the page shows; `list` tells the ids.")
@json_option
@place_options
@click.pass_obj
def adopt(place: Place, number: str, remote_id: str | None, is_json: bool) -> None:
    """Take what the page shows for a delivery that is in doubt: it is there, and is not sent again."""
    from oncall_tui.cli.shown import choose_shown
    from oncall_tui.clock import now_ms
    from oncall_tui.store.outbox import adopt_delivery, get_delivery

    with place.open_db() as db:
        delivery = get_delivery(db, _read_id(number))
        evidence = choose_shown({each.remote_update_id: each for each in delivery.evidence}, remote_id)
        _print(adopt_delivery(db, delivery.id, evidence, read_actor(), now_ms()), is_json)


@outbox.command()
@click.argument("number", metavar="ID", required=False)
@click.option(
    "--all", "is_all", is_flag=True, help="All that failed or waits, save what asks you something of its own."
)
@json_option
@place_options
@click.pass_obj
def retry(place: Place, number: str | None, is_all: bool, is_json: bool) -> int:
    """Put a delivery that failed or waits back in the queue, or --all of them.

    With --all, exit 1 when something is left that asks you something of its own, naming it: what others did on the
    page, or what may have arrived already.
    """
    from oncall_tui.clock import now_ms
    from oncall_tui.domain.errors import UsageError
    from oncall_tui.store.outbox import retry_delivery

    if (number is None) is not is_all:
        raise UsageError("Name one delivery, or say --all: `oncall-tui outbox list` has the numbers.")
    if number is None:
        return _retry_all(place, is_json)
    with place.open_db() as db:
        _print(retry_delivery(db, _read_id(number), read_actor(), now_ms()), is_json)
    return 0


def _retry_all(place: Place, is_json: bool) -> int:
    from oncall_tui.cli.output import print_json, say, shape_delivery
    from oncall_tui.clock import now_ms
    from oncall_tui.domain.sanitize import clean_line
    from oncall_tui.store.outbox import list_deliveries
    from oncall_tui.store.retrying import retry_all

    with place.open_db() as db:
        retried = retry_all(db, read_actor(), now_ms())
        left = [each for each in list_deliveries(db, limit=ALL_DELIVERIES) if is_asking(each)]
    if is_json:
        print_json({"retried": list(retried), "left": [shape_delivery(each) for each in left]})
        return 1 if left else 0
    count = "1 delivery is" if len(retried) == 1 else f"{len(retried)} deliveries are"
    say(f"{count} back in the queue." if retried else "Nothing has failed that can be sent again as it is.")
    for each in left:
        verbs = "`outbox adopt`, `retry` or `drop` it" if each.asked_at is not None else "`outbox retry` or `drop` it"
        say(f"  delivery {each.id} of #{each.incident_id} asks you: {clean_line(each.reason)}; {verbs}")
    return 1 if left else 0


@outbox.command()
@click.argument("number", metavar="ID")
@json_option
@place_options
@click.pass_obj
def drop(place: Place, number: str, is_json: bool) -> None:
    """Give a delivery up; its text stays in our record."""
    from oncall_tui.clock import now_ms
    from oncall_tui.store.outbox import drop_delivery

    with place.open_db() as db:
        _print(drop_delivery(db, _read_id(number), read_actor(), now_ms()), is_json)


def is_asking(delivery: Delivery) -> bool:
    """Tells whether a delivery asks a person something that no yes to others answers."""
    return delivery.asked_at is not None or (delivery.state == "failed" and delivery.is_conflict)


def _read_id(text: str) -> int:
    from oncall_tui.cli.numbers import read_number

    return read_number(text, "#", "outbox list")


def _tell_evidence(delivery: Delivery) -> list[str]:
    from oncall_tui.cli.output import show_time
    from oncall_tui.domain.sanitize import clean_line

    if delivery.asked_at is None or not delivery.evidence:
        return []
    return [f"{delivery.id} may be one of these: `outbox adopt {delivery.id} --as ID`, else `retry` or `drop`"] + [
        f"  {each.remote_update_id}  {show_time(each.created_at)}  {each.status}: {clean_line(each.body, 200)}"
        for each in delivery.evidence
    ]


def _print(delivery: Delivery, is_json: bool) -> None:
    from oncall_tui.cli.output import print_json, say, shape_delivery

    if is_json:
        print_json(shape_delivery(delivery))
    else:
        say(f"Delivery {delivery.id} of #{delivery.incident_id} is {delivery.state}.")
