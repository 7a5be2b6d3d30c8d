"""`oncall-tui outbox`: what waits to be published, and what a person decides about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from oncall_tui.cli.group import OrderedGroup, json_option, place_options
from oncall_tui.cli.place import Place, read_actor

if TYPE_CHECKING:
    from oncall_tui.domain.update import Delivery


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
        found = list_deliveries(db, is_open_only=not is_all)
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
@click.argument("number", metavar="ID")
@json_option
@place_options
@click.pass_obj
def retry(place: Place, number: str, is_json: bool) -> None:
    """Put a delivery that failed or waits back in the queue."""
    from oncall_tui.clock import now_ms
    from oncall_tui.store.outbox import retry_delivery

    with place.open_db() as db:
        _print(retry_delivery(db, _read_id(number), read_actor(), now_ms()), is_json)


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
