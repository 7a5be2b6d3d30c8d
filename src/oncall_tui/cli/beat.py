"""`oncall-tui beat`: the sign of life of a job that runs by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from oncall_tui.cli.group import json_option, place_options
from oncall_tui.cli.place import Place, read_actor

if TYPE_CHECKING:
    from oncall_tui.domain.probe import Probe
    from oncall_tui.store.database import Database


@click.command()
@click.argument("name")
@click.option("--note", metavar="TEXT", default="", help="A few words beside it, such as how much was done.")
@json_option
@place_options
@click.pass_obj
def beat(place: Place, name: str, note: str, is_json: bool) -> None:
    """Give a sign of life for a push probe, at the end of a job that went well.

    \b
    backup.sh && oncall-tui beat "nightly backup"
    """
    from oncall_tui.cli.output import print_json, say, show_time
    from oncall_tui.cli.wording import suggest
    from oncall_tui.clock import now_ms
    from oncall_tui.domain.errors import NotFoundError, UsageError
    from oncall_tui.domain.probe import ProbeKind
    from oncall_tui.domain.sanitize import clean_line
    from oncall_tui.store.beats import add_beat

    with place.open_db() as db:
        known = _find_probes(place, db)
        shown = clean_line(name, 100)
        if name not in known:
            raise NotFoundError(f"There is no probe {shown}{suggest(name, known)}.")
        probe = known[name]
        if probe.kind is not ProbeKind.PUSH:
            raise UsageError(f"The probe {shown} is of kind {probe.kind}: only push probes wait for a beat.")
        if probe.file is not None:
            raise UsageError(f"The beats of {shown} touch a file: touch {clean_line(probe.file)}")
        made = add_beat(db, name, note=note, actor=read_actor(), now=now_ms())
    if is_json:
        print_json({"probe": made.probe, "at": show_time(made.at), "note": made.note, "author": made.actor})
    else:
        say(f"Beat of {shown} at {show_time(made.at)}.")


def _find_probes(place: Place, db: Database) -> dict[str, Probe]:
    """The config tells first, the file what the engine took from one: a job may run where no config is."""
    from oncall_tui.store.probes import list_probes

    config = place.try_config()
    probes = config.probes if config is not None and config.probes else list_probes(db)
    return {probe.name: probe for probe in probes}
