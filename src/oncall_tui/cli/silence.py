"""`oncall-tui silence`: say of a red probe that it is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from oncall_tui.cli.group import json_option, place_options
from oncall_tui.cli.place import Place, read_actor

if TYPE_CHECKING:
    from oncall_tui.cli.output import Json
    from oncall_tui.domain.silence import Silence


@click.group(no_args_is_help=True)
def silence() -> None:
    """Say of a red probe that it is known: it stays on the board, and rings no bell.

    \b
    oncall-tui silence ack website --note "ann looks at the load balancer"
    oncall-tui silence snooze website --for 30m
    """


@silence.command()
@click.argument("probe")
@click.option("--note", default="", help="What is known, and who looks.")
@json_option
@place_options
@click.pass_obj
def ack(place: Place, probe: str, note: str, is_json: bool) -> None:
    """Look after a probe until it is up again."""
    from oncall_tui.clock import now_ms
    from oncall_tui.store.silences import acknowledge

    with place.open_db() as db:
        _show(acknowledge(db, probe, note, read_actor(), now_ms()), is_json)


@silence.command()
@click.argument("probe")
@click.option("--for", "length", metavar="30m", help="So long.")
@click.option("--until", metavar="TIME", help="Until a time, such as 15:30 UTC.")
@click.option("--note", default="", help="Why.")
@json_option
@place_options
@click.pass_obj
def snooze(place: Place, probe: str, length: str | None, until: str | None, note: str, is_json: bool) -> None:
    """Keep a probe quiet for some time."""
    from oncall_tui.clock import now_ms
    from oncall_tui.domain.instants import read_end
    from oncall_tui.store.silences import snooze as store_snooze

    now = now_ms()
    until_at = read_end(length, until, now, now)
    with place.open_db() as db:
        _show(store_snooze(db, probe, note, until_at, read_actor(), now), is_json)


@silence.command()
@click.argument("probe")
@json_option
@place_options
@click.pass_obj
def end(place: Place, probe: str, is_json: bool) -> None:
    """Let a probe ring again."""
    from oncall_tui.cli.output import print_json, say
    from oncall_tui.clock import now_ms
    from oncall_tui.store.silences import end_silence

    with place.open_db() as db:
        is_ended = end_silence(db, probe, read_actor(), now_ms())
    if is_json:
        print_json({"probe": probe, "was_silent": is_ended})
    else:
        say(f"{probe} rings again." if is_ended else f"{probe} was not silent.")


@silence.command(name="list")
@json_option
@place_options
@click.pass_obj
def list_(place: Place, is_json: bool) -> None:
    """List what is silent now."""
    from oncall_tui.cli.output import format_table, print_json, say, show_time
    from oncall_tui.clock import now_ms
    from oncall_tui.domain.silence import is_over
    from oncall_tui.store.silences import list_silences

    now = now_ms()
    with place.open_db() as db:
        silences = [each for each in list_silences(db) if not is_over(each, now)]
    if is_json:
        print_json([_shape(each) for each in silences])
    elif silences:
        rows = [
            (each.probe, each.kind, show_time(each.until_at) or "it is up", each.actor, each.note) for each in silences
        ]
        say(format_table(("PROBE", "KIND", "UNTIL", "WHO", "NOTE"), rows))
    else:
        say("No probe is silent.")


def _show(made: Silence, is_json: bool) -> None:
    from oncall_tui.cli.output import print_json, say, show_time

    if is_json:
        print_json(_shape(made))
    else:
        say(f"{made.probe} is silent until {show_time(made.until_at) or 'it is up again'}.")


def _shape(made: Silence) -> dict[str, Json]:
    from oncall_tui.cli.output import show_time

    return {
        "probe": made.probe,
        "kind": made.kind,
        "note": made.note,
        "author": made.actor,
        "made_at": show_time(made.made_at),
        "until": show_time(made.until_at),
    }
