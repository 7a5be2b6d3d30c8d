"""`oncall-tui change`: what was done when, told by people and pipelines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from oncall_tui.cli.group import json_option, place_options
from oncall_tui.cli.place import Place, read_actor

if TYPE_CHECKING:
    from oncall_tui.cli.output import Json
    from oncall_tui.domain.change import Change
    from oncall_tui.store.database import Database


@click.group(no_args_is_help=True)
def change() -> None:
    """Tell what changes, such as a deployment: what turns red is then shown beside it.

    \b
    oncall-tui change add "deploy web 2.14" --component Website
    oncall-tui change add "restart the database" --component Database --for 5m
    """


@change.command()
@click.argument("text")
@click.option("--component", metavar="NAME", help="What it touches; everything where absent.")
@click.option("--at", metavar="TIME", default="now", show_default=True, help="When, such as 14:03 UTC.")
@click.option("--for", "length", metavar="5m", help="So long it is said to disturb: red is expected, and no alarm.")
@json_option
@place_options
@click.pass_obj
def add(place: Place, text: str, component: str | None, at: str, length: str | None, is_json: bool) -> None:
    """Tell of a change. Fit for a pipeline: it needs the database alone."""
    from oncall_tui.cli.output import print_json, say
    from oncall_tui.cli.wording import find_component
    from oncall_tui.clock import now_ms
    from oncall_tui.domain.errors import UsageError
    from oncall_tui.domain.instants import read_instant, read_length
    from oncall_tui.store.changes import add_change

    if not text.strip():
        raise UsageError("Say in a few words what changes.")
    now = now_ms()
    began_at = read_instant(at, "--at", now, may_be_past=True)
    until_at = None if length is None else began_at + read_length(length, "--for")
    with place.open_db() as db:
        name = None if component is None else find_component(component, _list_names(place, db))
        made = add_change(db, text, component=name, at=began_at, until_at=until_at, actor=read_actor(), now=now)
    if is_json:
        print_json(_shape(made))
    else:
        say(_tell(made))


@change.command(name="list")
@json_option
@place_options
@click.pass_obj
def list_(place: Place, is_json: bool) -> None:
    """List the latest changes, newest first."""
    from oncall_tui.cli.output import format_table, print_json, say, show_time
    from oncall_tui.store.changes import list_changes

    with place.open_db() as db:
        changes = list_changes(db)
    if is_json:
        print_json([_shape(each) for each in changes])
    elif changes:
        rows = [
            (str(each.id), show_time(each.at) or "", each.component or "everything", each.actor, each.text)
            for each in changes
        ]
        say(format_table(("ID", "WHEN", "TOUCHES", "WHO", "WHAT"), rows))
    else:
        say('No change has been told yet. A pipeline tells one with: oncall-tui change add "deploy web 2.14"')


@change.command()
@click.argument("number", metavar="ID", type=int)
@json_option
@place_options
@click.pass_obj
def end(place: Place, number: int, is_json: bool) -> None:
    """End what a change was said to disturb: what is red from now on is an alarm."""
    from oncall_tui.cli.output import print_json, say
    from oncall_tui.clock import now_ms
    from oncall_tui.store.changes import end_change

    with place.open_db() as db:
        ended = end_change(db, number, now_ms())
    if is_json:
        print_json(_shape(ended))
    else:
        say(_tell(ended))


def _list_names(place: Place, db: Database) -> list[str]:
    """The file knows the components of the config only once an engine has run."""
    from oncall_tui.store.incidents import list_components

    config = place.try_config()
    configured = () if config is None else config.components
    names = [each.name for each in list_components(db)] + [each.name for each in configured]
    return list(dict.fromkeys(names))


def _shape(told: Change) -> dict[str, Json]:
    from oncall_tui.cli.output import show_time

    return {
        "id": told.id,
        "text": told.text,
        "component": told.component,
        "at": show_time(told.at),
        "until": show_time(told.until_at),
        "author": told.actor,
    }


def _tell(told: Change) -> str:
    from oncall_tui.cli.output import show_time

    until = f", expected to disturb until {show_time(told.until_at)}" if told.until_at is not None else ""
    return f"Change {told.id}: {told.text} ({told.component or 'everything'}), {show_time(told.at)}{until}"
