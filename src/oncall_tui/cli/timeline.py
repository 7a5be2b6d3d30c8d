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
    from oncall_tui.cli.output import format_table, print_json, say, shape_entry, show_time
    from oncall_tui.store.incidents import get_incident
    from oncall_tui.store.timeline import list_entries

    with place.open_db() as db:
        entries = list_entries(db, get_incident(db, read_id(number)).id)[::-1]
    if is_json:
        print_json([shape_entry(entry) for entry in entries])
    else:
        rows = [(show_time(entry.occurred_at) or "", entry.kind, entry.actor, entry.text) for entry in entries]
        say(format_table(("WHEN", "KIND", "WHO", "WHAT"), rows))
