"""`oncall-tui maintenance adopt`, `retry` and `drop`: what a person decides about a notice that waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from oncall_tui.cli.group import json_option, place_options
from oncall_tui.cli.place import Place, read_actor

if TYPE_CHECKING:
    from oncall_tui.domain.maintenance import NoticeDelivery


@click.command()
@click.argument("number", metavar="DELIVERY")
@click.option("--as", "remote_id", metavar="ID", help="Which of those that the page shows; `show` tells the ids.")
@json_option
@place_options
@click.pass_obj
def adopt(place: Place, number: str, remote_id: str | None, is_json: bool) -> None:
    """Take what the page shows for a notice that is in doubt: it is there, and is not sent again."""
    from oncall_tui.cli.planned import name_evidence
    from oncall_tui.cli.shown import choose_shown
    from oncall_tui.clock import now_ms
    from oncall_tui.store.notice_decisions import adopt_notice
    from oncall_tui.store.notices import get_notice_delivery

    with place.open_db() as db:
        delivery = get_notice_delivery(db, _read_id(number))
        evidence = choose_shown({name_evidence(each): each for each in delivery.evidence}, remote_id)
        _print(adopt_notice(db, delivery.id, evidence, read_actor(), now_ms()), is_json)


@click.command()
@click.argument("number", metavar="DELIVERY")
@json_option
@place_options
@click.pass_obj
def retry(place: Place, number: str, is_json: bool) -> None:
    """Put a notice that failed or waits back in the queue; `show` tells the numbers."""
    from oncall_tui.clock import now_ms
    from oncall_tui.store.notice_decisions import retry_notice

    with place.open_db() as db:
        _print(retry_notice(db, _read_id(number), read_actor(), now_ms()), is_json)


@click.command()
@click.argument("number", metavar="DELIVERY")
@json_option
@place_options
@click.pass_obj
def drop(place: Place, number: str, is_json: bool) -> None:
    """Give the notice to one page up; its words stay in our record."""
    from oncall_tui.clock import now_ms
    from oncall_tui.store.notice_decisions import drop_notice

    with place.open_db() as db:
        _print(drop_notice(db, _read_id(number), read_actor(), now_ms()), is_json)


def _print(delivery: NoticeDelivery, is_json: bool) -> None:
    from oncall_tui.cli.output import print_json, say
    from oncall_tui.cli.planned import shape_notice_delivery

    if is_json:
        print_json(shape_notice_delivery(delivery))
    else:
        say(f"Delivery {delivery.id} of M{delivery.maintenance_id} ({delivery.kind}) is {delivery.state}.")


def _read_id(text: str) -> int:
    from oncall_tui.cli.numbers import read_number

    return read_number(text, "#", "maintenance show M3")
