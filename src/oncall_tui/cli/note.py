"""`oncall-tui incident note`: what no machine saw, written down from a script or a shell."""

from __future__ import annotations

import click

from oncall_tui.cli.group import json_option, place_options
from oncall_tui.cli.place import Place, read_actor
from oncall_tui.domain.errors import UsageError

_NOTE_LIMIT = 2_000


@click.command()
@click.argument("number", metavar="ID")
@click.argument("text")
@json_option
@place_options
@click.pass_obj
def note(place: Place, number: str, text: str, is_json: bool) -> None:
    """Add a note to the timeline; one that begins with `fix:` tells what repaired it. Customers do not read it."""
    from oncall_tui.cli.incident import read_id
    from oncall_tui.cli.output import print_entries
    from oncall_tui.cli.wording import read_title
    from oncall_tui.clock import now_ms
    from oncall_tui.store.incidents import get_incident
    from oncall_tui.store.timeline import add_note, list_entries

    words = read_title(text)
    if not words or len(words) > _NOTE_LIMIT:
        raise UsageError(f"A note has 1 to {_NOTE_LIMIT} characters.")
    with place.open_db() as db:
        incident = get_incident(db, read_id(number))
        add_note(db, incident.id, words, read_actor(), now_ms())
        print_entries(list_entries(db, incident.id, limit=1), is_json)
