"""`oncall-tui incident`: the same intentions as the screens; called is confirmed, so updates queue at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from oncall_tui.cli.approve import approve
from oncall_tui.cli.correct import backfill, correct
from oncall_tui.cli.group import OrderedGroup, json_option, place_options
from oncall_tui.cli.note import note
from oncall_tui.cli.place import Place, read_actor
from oncall_tui.cli.saying import open_command, resolve, update
from oncall_tui.domain.incident import Reach

if TYPE_CHECKING:
    from oncall_tui.config.model import Config
    from oncall_tui.store.database import Database


@click.group(
    cls=OrderedGroup,
    epilog="""\b
From the first red probe to the end:
  oncall-tui status                          what is wrong, and what customers know
  oncall-tui incident open -t ... -m ...     declare it, and tell customers
  oncall-tui incident show 7                 have they seen it?
  oncall-tui incident update 7 -s identified -m ...
  oncall-tui incident resolve 7 -m ...""",
)
@place_options
def incident() -> None:
    """List, show, open, update and resolve incidents."""


for each in (open_command, update, resolve):
    incident.add_command(each)


@incident.command("list")
@click.option("--open", "is_open_only", is_flag=True, help="Only open ones.")
@json_option
@place_options
@click.pass_obj
def list_command(place: Place, is_open_only: bool, is_json: bool) -> None:
    """List incidents, open ones first."""
    from oncall_tui.cli.output import format_table, print_json, say, shape_incident, show_time, tell_told
    from oncall_tui.store.drafts import list_drafts
    from oncall_tui.store.incidents import list_incidents
    from oncall_tui.store.updates import list_updates

    with place.open_db() as db, db.snapshot():
        found = list_incidents(db, is_open_only=is_open_only)
        updates = {each.id: list_updates(db, each.id) for each in found}
        drafts = {each.id: list_drafts(db, each.id) for each in found} if is_json else {}
    if is_json:
        print_json([shape_incident(each, updates[each.id], drafts[each.id]) for each in found])
    elif not found:
        say("No incidents.")
    else:
        head = ("ID", "STATUS", "IMPACT", "SEV", "BEGAN", "CUSTOMERS", "TITLE")
        rows = [
            (
                f"#{each.id}",
                each.status,
                each.impact,
                str(int(each.severity)),
                show_time(each.started_at) or "",
                tell_told(each, updates[each.id]),
                each.title,
            )
            for each in found
        ]
        say(format_table(head, rows))


@incident.command()
@click.argument("number", metavar="ID")
@json_option
@place_options
@click.pass_obj
def show(place: Place, number: str, is_json: bool) -> None:
    """Show one incident and its updates."""
    with place.open_db() as db:
        _print(db, read_id(number), is_json)


@incident.command()
@click.argument("number", metavar="ID")
@click.argument("reach", metavar="public|private|drill")
@json_option
@place_options
@click.pass_obj
def mark(place: Place, number: str, reach: str, is_json: bool) -> None:
    """Say whom an incident is for: customers, us alone, or nobody at all, as a drill."""
    from msgspec.structs import replace

    from oncall_tui.cli.wording import read_word
    from oncall_tui.clock import now_ms
    from oncall_tui.store.incidents import edit_incident, get_incident

    wanted = read_word(Reach, reach, list(Reach), "mark")
    with place.open_db() as db:
        current = get_incident(db, read_id(number))
        edit_incident(db, replace(current, reach=wanted), read_actor(), now_ms())
        _print(db, current.id, is_json)


def report(
    db: Database, place: Place, incident_id: int, remarks: Sequence[str], is_json: bool, *, is_queued: bool = True
) -> None:
    """Prints an incident after it was changed, with what is worth a warning."""
    from oncall_tui.cli.output import warn
    from oncall_tui.clock import now_ms
    from oncall_tui.store.lease import read_lease
    from oncall_tui.store.lock import is_engine_running

    _print(db, incident_id, is_json)
    for remark in remarks:
        warn(remark)
    if is_queued and not is_engine_running(place.db_path()):
        warn("queued; no engine is running: start oncall-tui, or run `oncall-tui sync`.")
    elif is_queued and (lease := read_lease(db)) is not None and not lease.is_working(now_ms()):
        warn("queued; the engine is silent, so that nothing leaves: `oncall-tui doctor` says why.")


def _print(db: Database, incident_id: int, is_json: bool) -> None:
    from oncall_tui.cli.output import print_json, say, shape_incident, tell_incident
    from oncall_tui.store.drafts import list_drafts
    from oncall_tui.store.incidents import get_incident
    from oncall_tui.store.updates import list_updates

    with db.snapshot():
        shown, updates = get_incident(db, incident_id), list_updates(db, incident_id)
        drafts = list_drafts(db, incident_id)
    if is_json:
        print_json(shape_incident(shown, updates, drafts))
    else:
        say(tell_incident(shown, updates, drafts))


def list_known(db: Database, config: Config | None) -> list[str]:
    """Returns the names of components; a file that no engine has filled yet takes them from the config."""
    from oncall_tui.store.incidents import list_components
    from oncall_tui.store.probes import replace_probes

    known = [component.name for component in list_components(db)]
    if config is None:
        return known
    configured = [(component.name, component.remote_id) for component in config.components]
    if not known and configured:
        replace_probes(db, config.probes, configured, page=config.page_names[0])
    return list(dict.fromkeys((*known, *(name for name, _ in configured))))


for each in (approve, correct, backfill, note):
    incident.add_command(each)


def read_id(text: str) -> int:
    """Returns the number that `12` or `#12` names. Raises UsageError."""
    from oncall_tui.cli.numbers import read_number

    return read_number(text, "#", "incident list")
