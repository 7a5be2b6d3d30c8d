"""`oncall-tui silence`: what rings no bell, for how long, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from oncall_tui.cli.group import json_option, place_options
from oncall_tui.cli.place import Place, read_actor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from oncall_tui.cli.output import Json
    from oncall_tui.domain.maintenance import Maintenance
    from oncall_tui.domain.probe import Probe, ProbeState
    from oncall_tui.domain.silence import Silence
    from oncall_tui.domain.upkeep import Upkeep
    from oncall_tui.store.database import Database


@click.group(no_args_is_help=True)
def silence() -> None:
    """Keep probes quiet: acknowledge, snooze, or put them under maintenance. Customers are not told.

    \b
    oncall-tui silence ack website --note "ann looks at the load balancer"
    oncall-tui silence snooze website --for 30m
    oncall-tui silence maintenance --component Website --for 30m
    """


@silence.command()
@click.argument("probe")
@click.option("--note", default="", help="What is known, and who looks.")
@json_option
@place_options
@click.pass_obj
def ack(place: Place, probe: str, note: str, is_json: bool) -> None:
    """Look after a probe until it is well again."""
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
@click.argument("probes", metavar="[PROBE]...", nargs=-1)
@click.option("--component", "components", metavar="NAME", multiple=True, help="All probes of it; may be repeated.")
@click.option("--all", "is_all", is_flag=True, help="Every probe.")
@click.option("--for", "length", metavar="30m", help="So long; 30m where nothing is said.")
@click.option("--from", "start", metavar="TIME", help="From a time on, such as 22:00 UTC; now where absent.")
@click.option("--to", "until", metavar="TIME", help="Until a time.")
@click.option("--note", default="", help="Which work.")
@json_option
@place_options
@click.pass_obj
def maintenance(
    place: Place,
    probes: tuple[str, ...],
    components: tuple[str, ...],
    is_all: bool,
    length: str | None,
    start: str | None,
    until: str | None,
    note: str,
    is_json: bool,
) -> None:
    """Put probes under maintenance: they ring no bell and cost no uptime. Customers are not told.

    `oncall-tui maintenance plan` announces work to customers.
    """
    from oncall_tui.cli.output import print_json, say, show_time
    from oncall_tui.clock import now_ms
    from oncall_tui.domain.counting import count_words
    from oncall_tui.domain.instants import read_end, read_instant
    from oncall_tui.store.upkeeps import begin_upkeep

    now = now_ms()
    starts_at = now if start is None else read_instant(start, "--from", now)
    ends_at = read_end(length or ("30m" if until is None else None), until, starts_at, now)
    with place.open_db() as db:
        names = _find_probes(db, probes, components, is_all=is_all)
        made = begin_upkeep(db, names, note, starts_at, ends_at, read_actor(), now)
    if is_json:
        print_json(_shape_upkeep(made, now))
        return
    what = ", ".join(names) if len(names) < 4 else count_words(len(names), "probe")
    begin = f"from {show_time(starts_at)} " if starts_at > now else ""
    say(f"{what}: under maintenance {begin}until {show_time(ends_at)}. Customers are not told.")


@silence.command()
@click.argument("probes", metavar="[PROBE]...", nargs=-1)
@click.option("--component", "components", metavar="NAME", multiple=True, help="All probes of it; may be repeated.")
@click.option("--all", "is_all", is_flag=True, help="Every probe.")
@json_option
@place_options
@click.pass_obj
def end(place: Place, probes: tuple[str, ...], components: tuple[str, ...], is_all: bool, is_json: bool) -> None:
    """Let probes ring again: ends what was acknowledged, snoozed or put under maintenance here."""
    from oncall_tui.cli.output import print_json, say
    from oncall_tui.clock import now_ms
    from oncall_tui.domain.maintenance import find_silence
    from oncall_tui.store.maintenance import list_active
    from oncall_tui.store.silences import end_silence, list_silences
    from oncall_tui.store.upkeeps import end_upkeep

    now, actor = now_ms(), read_actor()
    with place.open_db() as db:
        names = _find_probes(db, probes, components, is_all=is_all)
        ended = set(end_upkeep(db, names, actor, now))
        silent = {each.probe for each in list_silences(db)}
        ended |= {name for name in names if name in silent and end_silence(db, name, actor, now)}
        planned = list_active(db, now)
    if is_json:
        shapes: list[Json] = [{"probe": name, "was_silent": name in ended} for name in names]
        print_json(shapes[0] if len(probes) == len(names) == 1 else shapes)
        return
    for name in names:
        work = find_silence(planned, name, now)
        if work is not None:
            say(f"{name} is in planned work M{work.id}: `oncall-tui maintenance finish M{work.id}` ends it.")
        else:
            say(f"{name} rings again." if name in ended else f"{name} was not silent.")


@silence.command(name="list")
@json_option
@place_options
@click.pass_obj
def list_(place: Place, is_json: bool) -> None:
    """List what is silent now, and for how long, with what is planned for the next two days."""
    from oncall_tui.cli.output import format_table, print_json, say
    from oncall_tui.clock import now_ms
    from oncall_tui.domain.silence import is_over
    from oncall_tui.store.maintenance import list_active
    from oncall_tui.store.probes import list_probes, list_states
    from oncall_tui.store.silences import list_silences
    from oncall_tui.store.upkeeps import list_upkeeps

    now = now_ms()
    with place.open_db() as db, db.snapshot():
        silences = [each for each in list_silences(db) if not is_over(each, now)]
        upkeeps = [each for each in list_upkeeps(db, now) if any(_holds(each, name, now) for name in each.probes)]
        planned = list_active(db, now)
        states = {state.probe: state for state in list_states(db)[0]} if silences else {}
        probes = {probe.name: probe for probe in list_probes(db)} if silences else {}
    if is_json:
        shapes = [_shape(each, now, _count(each, probes, states)) for each in silences]
        shapes += [_shape_upkeep(each, now) for each in upkeeps]
        print_json([*shapes, *(_shape_planned(each, now) for each in planned)])
        return
    rows = [_tell_silence(each, now, _count(each, probes, states)) for each in silences]
    rows += [_tell_upkeep(each, now) for each in upkeeps]
    rows += [
        (
            ", ".join(each.probes),
            "maintenance",
            _tell_left(each.ends_at, now),
            each.created_by,
            f"M{each.id} {each.title}",
        )
        for each in planned
    ]
    if rows:
        say(format_table(("PROBE", "KIND", "LEFT", "WHO", "NOTE"), rows))
    else:
        say("No probe is silent.")


def _find_probes(db: Database, probes: Sequence[str], components: Sequence[str], *, is_all: bool) -> list[str]:
    """Returns the probes that are meant, as in the config. Raises UsageError, NotFoundError or RefusedError."""
    from oncall_tui.cli.wording import find_component
    from oncall_tui.domain.errors import NotFoundError, UsageError
    from oncall_tui.domain.sanitize import clean_line
    from oncall_tui.store.maintenance import list_watched

    if bool(probes) + bool(components) + is_all == 0:
        raise UsageError("Say which: probes by name, --component NAME, or --all.")
    watched = list_watched(db)
    for name in probes:
        if name not in watched:
            raise NotFoundError(f"There is no probe {clean_line(name, 100)}: `oncall-tui status` shows them.")
    known = [component for component in dict.fromkeys(watched.values()) if component is not None]
    wanted = {find_component(name, known) for name in components}
    return [name for name, component in watched.items() if is_all or name in probes or component in wanted]


def _holds(upkeep: Upkeep, probe: str, now: int) -> bool:
    span = upkeep.find_span(probe)
    return span is not None and now < span[1]


def _count(silence: Silence, probes: Mapping[str, Probe], states: Mapping[str, ProbeState]) -> int | None:
    """Returns how many good results an acknowledgement still lasts, None where that cannot be told."""
    from oncall_tui.domain.silence import count_missing

    state = states.get(silence.probe)
    return None if state is None else count_missing(silence, state, probes[silence.probe])


def _tell_left(ends_at: int, now: int) -> str:
    from oncall_tui.cli.output import show_time
    from oncall_tui.domain.duration import format_duration

    left = f"{format_duration(ends_at - now)}, until" if now < ends_at else f"over by {format_duration(now - ends_at)},"
    return f"{left} {show_time(ends_at)}"


def _tell_silence(silence: Silence, now: int, missing: int | None) -> tuple[str, ...]:
    if silence.until_at is not None:
        left = _tell_left(silence.until_at, now)
    else:
        left = "until it is well" if missing is None else f"{missing} more good"
    return silence.probe, silence.kind, left, silence.actor, silence.note


def _tell_upkeep(upkeep: Upkeep, now: int) -> tuple[str, ...]:
    from oncall_tui.cli.output import show_time

    names = sorted(name for name in upkeep.probes if _holds(upkeep, name, now))
    what = ", ".join(names) if len(names) < 4 else f"{len(names)} probes"
    note = f"window {upkeep.window}" if upkeep.window is not None else upkeep.note
    begins = f"from {show_time(upkeep.starts_at)} to {show_time(upkeep.ends_at)}"
    left = _tell_left(upkeep.ends_at, now) if upkeep.starts_at <= now else begins
    return what, "maintenance", left, upkeep.actor, note


def _show(made: Silence, is_json: bool) -> None:
    from oncall_tui.cli.output import print_json, say, show_time

    if is_json:
        print_json(_shape(made, made.made_at))
    else:
        say(f"{made.probe} is silent until {show_time(made.until_at) or 'it is well again'}.")


def _shape(made: Silence, now: int, missing: int | None = None) -> dict[str, Json]:
    """`left_s` are seconds to the end, `more_good` the good results that an acknowledgement still lasts."""
    from oncall_tui.cli.output import show_time

    return {
        "probe": made.probe,
        "kind": made.kind,
        "note": made.note,
        "author": made.actor,
        "made_at": show_time(made.made_at),
        "until": show_time(made.until_at),
        "left_s": None if made.until_at is None else (made.until_at - now) // 1000,
        "more_good": missing,
    }


def _shape_upkeep(made: Upkeep, now: int) -> dict[str, Json]:
    """Without `window` a person made it; one that has not begun has a `from` in the future."""
    from oncall_tui.cli.output import show_time

    return {
        "probes": [name for name in sorted(made.probes) if _holds(made, name, now)],
        "kind": "maintenance",
        "note": made.note,
        "author": made.actor,
        "made_at": show_time(made.made_at),
        "from": show_time(made.starts_at),
        "until": show_time(made.ends_at),
        "left_s": (made.ends_at - now) // 1000,
        "window": made.window,
        "maintenance_id": None,
    }


def _shape_planned(work: Maintenance, now: int) -> dict[str, Json]:
    from oncall_tui.cli.output import show_time

    return {
        "probes": list(work.probes),
        "kind": "maintenance",
        "note": work.title,
        "author": work.created_by,
        "made_at": show_time(work.created_at),
        "from": show_time(work.starts_at),
        "until": show_time(work.ends_at),
        "left_s": (work.ends_at - now) // 1000,
        "window": None,
        "maintenance_id": work.id,
    }
