"""`oncall-tui timeline`: what happened in an incident, oldest first."""

from __future__ import annotations

import click

from oncall_tui.cli.group import json_option, place_options
from oncall_tui.cli.place import Place


@click.command()
@click.argument("number", metavar="ID")
@json_option
@place_options
@click.pass_obj
def timeline(place: Place, number: str, is_json: bool) -> None:
    """Show what happened in an incident, oldest first."""
    from oncall_tui.cli.incident import read_id
    from oncall_tui.cli.output import print_entries
    from oncall_tui.store.incidents import get_incident
    from oncall_tui.store.timeline import list_entries

    with place.open_db() as db:
        print_entries(list_entries(db, get_incident(db, read_id(number)).id)[::-1], is_json)
