"""`oncall-tui maintenance`: planned work, from its announcement to its end; called is confirmed."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

import click
from msgspec.structs import replace

from oncall_tui.cli.group import json_option, place_options
from oncall_tui.cli.notices import adopt, drop, retry
from oncall_tui.cli.place import Place, read_actor
from oncall_tui.cli.planned import finish_saying, print_sheet, read_id
from oncall_tui.cli.planned_change import change
from oncall_tui.cli.planned_check import PlannedCheck, Planning, Saying, say_options
from oncall_tui.domain.announcing import Work, work_of
from oncall_tui.domain.errors import UsageError
from oncall_tui.domain.maintenance import NewPlan, NoticeKind, WorkFacts

_F = TypeVar("_F", bound=Callable[..., object])


def _end_options(command: _F) -> _F:
    for option in (
        click.option("--for", "length", metavar="30m", help="How long."),
        click.option("--until", metavar="TIME", help="Until when, with a zone."),
    ):
        command = option(command)
    return command


@click.group()
@place_options
def maintenance() -> None:
    """Plan, announce, change, remind, start, extend, finish and cancel planned work."""


class NewWork(Planning, frozen=True, kw_only=True):
    """What is typed of work that is new."""

    title: str
    start: str
    length: str | None
    until: str | None
    probes: tuple[str, ...]
    remind: str | None


class Extension(Saying, frozen=True, kw_only=True):
    """What is typed to say that work takes longer."""

    length: str | None
    until: str | None


@maintenance.command()
@click.option("--title", "-t", required=True, help="What is done, in a few words.")
@click.option("--from", "start", required=True, metavar="TIME", help="now, or a time with a zone.")
@_end_options
@click.option(
    "--probe", "probes", multiple=True, metavar="NAME", help="Silence it meanwhile [those of the components]."
)
@click.option("--remind", metavar="1h", help="Remind customers so long before the start.")
@say_options(NewWork)
def plan(place: Place, typed: NewWork) -> None:
    """Announce work, and confirm now what the clock says later: the reminder, the start and the end."""
    from oncall_tui.cli.output import warn
    from oncall_tui.cli.wording import read_components, read_title
    from oncall_tui.clock import now_ms
    from oncall_tui.domain.instants import read_end, read_instant, read_length
    from oncall_tui.domain.maintenance import write_instant
    from oncall_tui.domain.planning import find_silenced, find_tellable
    from oncall_tui.store.incidents import list_components
    from oncall_tui.store.maintenance import plan_maintenance
    from oncall_tui.store.page import list_pages
    from oncall_tui.store.probes import list_probes

    now = now_ms()
    starts_at = read_instant(typed.start, "--from", now)
    ends_at = read_end(typed.length, typed.until, starts_at, now)
    remind_at = None if typed.remind is None else starts_at - read_length(typed.remind, "--remind")
    if remind_at is not None and remind_at <= now:
        raise UsageError(f"--remind {typed.remind} before {write_instant(starts_at)} lies in the past.")
    if typed.remind_message is not None and typed.remind is None:
        raise UsageError("--remind-message needs --remind, such as --remind 1h.")
    config = place.sending_config()
    with place.open_db() as db:
        configured = [each.name for each in config.components] if config else []
        known = list(dict.fromkeys((*(each.name for each in list_components(db)), *configured)))
        touched = list(read_components([f"{name}=under_maintenance" for name in typed.components], known))
        watched = {each.name: each.component for each in ((config.probes if config else ()) or list_probes(db))}
        silenced = _find_probes(typed.probes, watched) or find_silenced(touched, watched)
        facts = typed.read_facts(WorkFacts())
        work = Work(tuple(touched), starts_at, ends_at, replace(facts, owner=facts.owner or read_actor()))
        title = read_title(typed.title)
        check = PlannedCheck(place, db, title, work, known, typed.reasons, now)
        wanted = {NoticeKind.PLAN: typed.message, **typed.by_clock}
        if remind_at is None:
            del wanted[NoticeKind.REMIND]
        words = {kind: typed.make_words(body) for kind, body in check.read(wanted).items()}
        pages, remarks = find_tellable(list_pages(db), config.page_names if config and config.pages else ())
        new = NewPlan(
            uid=uuid.uuid4().hex,
            title=title,
            starts_at=starts_at,
            ends_at=ends_at,
            components=work.components,
            probes=tuple(silenced),
            facts=work.facts,
            remind_at=remind_at,
            pages=tuple(pages),
        )
        made = plan_maintenance(db, new, words, actor=read_actor(), now=now, reasons=check.passed)
        finish_saying(db, place, made.id, typed.is_json)
    for remark in (*remarks, *check.remarks):
        warn(remark)


@maintenance.command("list")
@click.option("--open", "is_open_only", is_flag=True, help="Only what is not over.")
@json_option
@place_options
@click.pass_obj
def list_command(place: Place, is_open_only: bool, is_json: bool) -> None:
    """List planned work, what comes next first."""
    from oncall_tui.cli.output import format_table, print_json, say, show_time
    from oncall_tui.cli.planned import read_sheet, shape_maintenance, tell_marks
    from oncall_tui.clock import now_ms
    from oncall_tui.domain.planning import name_state
    from oncall_tui.store.maintenance import list_maintenances

    now = now_ms()
    with place.open_db() as db, db.snapshot():
        found = list_maintenances(db, is_open_only=is_open_only)
        sheets = [read_sheet(db, each) for each in found]
    if is_json:
        print_json([shape_maintenance(each, now) for each in sheets])
    elif not found:
        say("No planned work.")
    else:
        rows = [
            (
                *(f"M{each.id}", name_state(each, now), show_time(each.starts_at) or "", show_time(each.ends_at) or ""),
                *(tell_marks(sheet), ", ".join(each.components), each.title),
            )
            for sheet in sheets
            for each in (sheet.maintenance,)
        ]
        say(format_table(("ID", "STATE", "FROM", "UNTIL", "NOTE", "COMPONENTS", "TITLE"), rows))


@maintenance.command()
@click.argument("number", metavar="ID")
@json_option
@place_options
@click.pass_obj
def show(place: Place, number: str, is_json: bool) -> None:
    """Show one maintenance, its notices, and how far each has got."""
    with place.open_db() as db:
        print_sheet(db, read_id(number), is_json)


@maintenance.command()
@click.argument("number", metavar="ID")
@_end_options
@say_options(Extension)
def extend(place: Place, typed: Extension) -> None:
    """Say that the work takes longer; --for counts from the end as planned, or from now when that has passed."""
    _say(place, NoticeKind.EXTEND, typed, (typed.length, typed.until))


def _add_command(kind: NoticeKind, about: str) -> None:
    @maintenance.command(kind.value, help=about)
    @click.argument("number", metavar="ID")
    @say_options(Saying)
    def say_it(place: Place, typed: Saying) -> None:
        _say(place, kind, typed)


_add_command(NoticeKind.START, "Say that the work has begun, before its time or when the clock did not.")
_add_command(NoticeKind.FINISH, "Say that the work is complete; its components go back to operational.")
_add_command(
    NoticeKind.CANCEL, "Say that the work will not take place, or has been stopped; what was never announced is not."
)
_add_command(NoticeKind.REMIND, "Remind customers now.")
for each in (change, adopt, retry, drop):
    maintenance.add_command(each)


@maintenance.command()
@click.argument("number", metavar="ID")
@json_option
@place_options
@click.pass_obj
def timeline(place: Place, number: str, is_json: bool) -> None:
    """Show what happened with planned work, here and on its pages, oldest first."""
    from oncall_tui.cli.output import print_entries
    from oncall_tui.store.maintenance import get_maintenance, list_maintenance_entries

    with place.open_db() as db:
        print_entries(list_maintenance_entries(db, get_maintenance(db, read_id(number)).id), is_json)


def _say(place: Place, kind: NoticeKind, typed: Saying, end: tuple[str | None, str | None] | None = None) -> None:
    from oncall_tui.cli.output import warn
    from oncall_tui.clock import now_ms
    from oncall_tui.domain.instants import read_end
    from oncall_tui.store.incidents import list_components
    from oncall_tui.store.maintenance import get_maintenance, say_notice
    from oncall_tui.store.notices import list_placements

    now = now_ms()
    with place.open_db() as db:
        current = get_maintenance(db, read_id(typed.number))
        for placement in list_placements(db, current.id):
            if placement.conflict:
                warn(f"M{current.id}: both sides changed it: {placement.conflict}")
        ends_at = None if end is None else read_end(*end, max(current.ends_at, now), now)
        known = [component.name for component in list_components(db)]
        check = PlannedCheck(
            place, db, current.title, work_of(current, ends_at), known, typed.reasons, now, own_id=current.id
        )
        said = say_notice(
            db,
            current.id,
            kind,
            typed.make_words(check.read({kind: typed.message})[kind]),
            actor=read_actor(),
            now=now,
            ends_at=ends_at,
            finish_uid=uuid.uuid4().hex,
            seen_revision=current.revision,
            reasons=check.passed,
        )
        finish_saying(db, place, said.id, typed.is_json)
    for remark in check.remarks:
        warn(remark)


def _find_probes(names: Sequence[str], known: Collection[str]) -> list[str]:
    """Returns the probes that were named, each once. Raises RefusedError (`unknown-probe`)."""
    from oncall_tui.cli.wording import suggest
    from oncall_tui.domain.errors import RefusedError
    from oncall_tui.domain.sanitize import clean_line

    for name in names:
        if name not in known:
            others = f"; known: {', '.join(map(clean_line, known))}" if known else ""
            raise RefusedError(
                "unknown-probe", f"There is no probe {clean_line(name, 60)}{suggest(name, known)}{others}."
            )
    return list(dict.fromkeys(names))
