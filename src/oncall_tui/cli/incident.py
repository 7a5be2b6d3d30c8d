"""`oncall-tui incident`: the same intentions as the screens; called is confirmed, so updates queue at once."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

import click

from oncall_tui.cli.approve import approve, ask_second_person
from oncall_tui.cli.correct import backfill, correct
from oncall_tui.cli.group import json_option, place_options
from oncall_tui.cli.note import note
from oncall_tui.cli.place import Place, read_actor
from oncall_tui.domain.errors import RefusedError, StoreError, UsageError
from oncall_tui.domain.incident import (
    ComponentStatus,
    Impact,
    Incident,
    IncidentStatus,
    Reach,
    Severity,
    free_components,
    impact_of,
)

if TYPE_CHECKING:
    from oncall_tui.domain.lint.model import Tuning
    from oncall_tui.store.database import Database

_SENT = [IncidentStatus.INVESTIGATING, IncidentStatus.IDENTIFIED, IncidentStatus.MONITORING, IncidentStatus.RESOLVED]
_IMPACTS = [Impact.NONE, Impact.MINOR, Impact.MAJOR, Impact.CRITICAL]
_F = TypeVar("_F", bound=Callable[..., object])

_message_option = click.option("--message", "-m", required=True, help="What customers read; - reads stdin.")
_component_option = click.option(
    "--component", "settings", multiple=True, metavar="NAME=STATUS", help="Set a component; may be repeated."
)


def _update_options(command: _F) -> _F:
    for option in (
        click.option("--no-notify", is_flag=True, help="Do not let the page mail its subscribers."),
        click.option("--next", "promise", metavar="30m", help="When the text promises the next update."),
        json_option,
        place_options,
    ):
        command = option(command)
    return command


@click.group()
@place_options
def incident() -> None:
    """List, show, open, update and resolve incidents."""


incident.add_command(correct)
incident.add_command(approve)
incident.add_command(backfill)
incident.add_command(note)


@incident.command("list")
@click.option("--open", "is_open_only", is_flag=True, help="Only open ones.")
@json_option
@place_options
@click.pass_obj
def list_command(place: Place, is_open_only: bool, is_json: bool) -> None:
    """List incidents, open ones first."""
    from oncall_tui.cli.output import format_table, print_json, say, shape_incident, show_time
    from oncall_tui.store.incidents import list_incidents
    from oncall_tui.store.updates import list_updates

    with place.open_db() as db, db.snapshot():
        found = list_incidents(db, is_open_only=is_open_only)
        shapes = [shape_incident(each, list_updates(db, each.id)) for each in found] if is_json else []
    if is_json:
        print_json(shapes)
    elif not found:
        say("No incidents.")
    else:
        head = ("ID", "STATUS", "IMPACT", "SEV", "BEGAN", "TITLE")
        rows = [
            (
                f"#{each.id}",
                each.status,
                each.impact,
                str(int(each.severity)),
                show_time(each.started_at) or "",
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


@incident.command("open")
@click.option("--title", "-t", required=True, help="What is wrong, in a few words.")
@_message_option
@_component_option
@click.option("--status", default="investigating", show_default=True, help=", ".join(_SENT[:3]))
@click.option("--impact", help="none, minor, major or critical [from the components].")
@click.option("--severity", type=click.IntRange(1, 4), help="How strongly we respond, 1 is worst [from the impact].")
@click.option("--drill", "is_drill", is_flag=True, help="Practise: nothing of it leaves this machine.")
@_update_options
@click.pass_obj
def open_command(
    place: Place,
    title: str,
    message: str,
    settings: tuple[str, ...],
    status: str,
    impact: str | None,
    severity: int | None,
    is_drill: bool,
    no_notify: bool,
    promise: str | None,
    is_json: bool,
) -> None:
    """Declare an incident and queue its first update."""
    from oncall_tui.cli.wording import read_title, read_tuning, read_word
    from oncall_tui.clock import now_ms
    from oncall_tui.store.incidents import declare_incident

    said = read_word(IncidentStatus, status, _SENT[:3], "status to open with")
    override = None if impact is None else read_word(Impact, impact, _IMPACTS, "impact")
    promised_ms = _read_promise(promise)
    with place.open_db() as db:
        known = list_known(db, place)
        reach = Reach.DRILL if is_drill else Reach.PUBLIC
        words = _Words(read_title(title), message, settings, known, said, tuning=read_tuning(place), reach=reach)
        felt = override or impact_of(words.components)
        now = now_ms()
        declared = declare_incident(
            db,
            uid=uuid.uuid4().hex,
            title=words.title,
            components=words.components,
            probes=(),
            severity=Severity(severity or (2 if felt in (Impact.MAJOR, Impact.CRITICAL) else 3)),
            started_at=now,
            actor=read_actor(),
            now=now,
            impact_override=override,
            reach=reach,
        )
        try:
            _confirm(db, place, declared, words, promised_ms, has_notice=not no_notify)
        except StoreError as error:
            raise StoreError(
                f"{error} Incident #{declared.id} was declared, but its update was not queued: "
                f"say it again with `oncall-tui incident update {declared.id}`."
            ) from error
        report(db, place, declared.id, words.remarks, is_json, is_queued=not is_drill)


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


@incident.command()
@click.argument("number", metavar="ID")
@click.option("--status", required=True, help=", ".join(_SENT))
@_message_option
@_component_option
@_update_options
@click.pass_obj
def update(
    place: Place,
    number: str,
    status: str,
    message: str,
    settings: tuple[str, ...],
    no_notify: bool,
    promise: str | None,
    is_json: bool,
) -> None:
    """Queue an update; an open status reopens a resolved incident."""
    from oncall_tui.cli.wording import read_word

    said = read_word(IncidentStatus, status, _SENT, "status")
    _update(place, number, said, message, settings, promise, is_json=is_json, has_notice=not no_notify)


@incident.command()
@click.argument("number", metavar="ID")
@_message_option
@click.option("--no-notify", is_flag=True, help="Do not let the page mail its subscribers.")
@json_option
@place_options
@click.pass_obj
def resolve(place: Place, number: str, message: str, no_notify: bool, is_json: bool) -> None:
    """Queue the last update; its components go back to operational, unless another open incident holds them."""
    _update(place, number, IncidentStatus.RESOLVED, message, None, None, is_json=is_json, has_notice=not no_notify)


class _Words:
    """One update as asked for, cleaned and checked. Raises RefusedError or UsageError."""

    def __init__(
        self,
        title: str,
        message: str,
        settings: Sequence[str],
        known: Sequence[str],
        status: IncidentStatus,
        components: dict[str, ComponentStatus] | None = None,
        red_probes: Sequence[str] = (),
        tuning: Tuning | None = None,
        reach: Reach = Reach.PUBLIC,
    ) -> None:
        from oncall_tui.cli.wording import check_wording, read_components, read_message
        from oncall_tui.domain.lint.model import Context

        self.title = title
        self.status = status
        self.components = read_components(settings, known) if components is None else components
        self.body = read_message(message)
        self.remarks = check_wording(
            title,
            self.body,
            known,
            red_probes,
            is_resolving=status is IncidentStatus.RESOLVED,
            tuning=tuning,
            known=Context(is_private=reach is Reach.PRIVATE, is_live=False if reach is Reach.DRILL else None),
        )


def _update(
    place: Place,
    number: str,
    status: IncidentStatus,
    message: str,
    settings: tuple[str, ...] | None,
    promise: str | None,
    *,
    is_json: bool,
    has_notice: bool,
) -> None:
    """`settings` None frees every component of the incident."""
    from oncall_tui.cli.output import warn
    from oncall_tui.cli.wording import read_tuning
    from oncall_tui.domain.verdict import find_red_probes
    from oncall_tui.store.incidents import get_incident, list_incidents
    from oncall_tui.store.probes import list_states

    promised_ms = _read_promise(promise)
    with place.open_db() as db:
        current = get_incident(db, read_id(number))
        if not current.status.is_open and not status.is_open:
            raise RefusedError(
                "already-resolved",
                f"#{current.id} is {current.status}: only an update with an open status can follow, which reopens it.",
            )
        calm = None
        if settings is None:
            calm = free_components(current.components, current.id, list_incidents(db, is_open_only=True))
        red_probes = find_red_probes(current, list_states(db)[0])
        words = _Words(
            current.title,
            message,
            settings or (),
            list_known(db, place),
            status,
            calm,
            red_probes,
            read_tuning(place),
            current.reach,
        )
        if current.conflict:
            warn(f"#{current.id}: {current.conflict}")
        _confirm(db, place, current, words, promised_ms, has_notice=has_notice)
        report(db, place, current.id, words.remarks, is_json, is_queued=current.reach is not Reach.DRILL)


def _confirm(
    db: Database, place: Place, current: Incident, words: _Words, promised_ms: int | None, *, has_notice: bool
) -> None:
    from oncall_tui.clock import now_ms
    from oncall_tui.domain.pagestate import MAIN_PAGE
    from oncall_tui.store.outbox import confirm_update

    now, config = now_ms(), place.try_config()
    if config and current.severity in config.second_person:
        ask_second_person(db, current, words.status, words.body, words.components, promised_ms)
    confirm_update(
        db,
        current.id,
        uid=uuid.uuid4().hex,
        status=words.status,
        body=words.body,
        components=words.components,
        next_update_at=None if promised_ms is None else now + promised_ms,
        notify=has_notice,
        actor=read_actor(),
        now=now,
        pages=config.page_names if config else (MAIN_PAGE,),
        broadcasts=config.broadcast_names if config else (),
    )


def report(
    db: Database, place: Place, incident_id: int, remarks: Sequence[str], is_json: bool, *, is_queued: bool = True
) -> None:
    """Prints an incident after it was changed, with what is worth a warning."""
    from oncall_tui.cli.output import warn
    from oncall_tui.store.lock import is_engine_running

    _print(db, incident_id, is_json)
    for remark in remarks:
        warn(remark)
    if is_queued and not is_engine_running(place.db_path()):
        warn("queued; no engine is running: start oncall-tui, or run `oncall-tui sync`.")


def _print(db: Database, incident_id: int, is_json: bool) -> None:
    from oncall_tui.cli.output import print_json, say, shape_incident, tell_incident
    from oncall_tui.store.incidents import get_incident
    from oncall_tui.store.updates import list_updates

    with db.snapshot():
        shown, updates = get_incident(db, incident_id), list_updates(db, incident_id)
    if is_json:
        print_json(shape_incident(shown, updates))
    else:
        say(tell_incident(shown, updates))


def list_known(db: Database, place: Place) -> list[str]:
    """Returns the names of components; a file that no engine has filled yet takes them from the config."""
    from oncall_tui.store.incidents import list_components
    from oncall_tui.store.probes import replace_probes

    known = [component.name for component in list_components(db)]
    config = place.try_config()
    if config is None:
        return known
    configured = [(component.name, component.remote_id) for component in config.components]
    if not known and configured:
        replace_probes(db, config.probes, configured, page=config.page_names[0])
    return list(dict.fromkeys((*known, *(name for name, _ in configured))))


def _read_promise(text: str | None) -> int | None:
    from oncall_tui.domain.duration import parse_duration

    if text is None:
        return None
    try:
        return parse_duration(text)
    except ValueError as error:
        raise UsageError(f"--next {error}.") from error


def read_id(text: str) -> int:
    """Returns the number that `12` or `#12` names. Raises UsageError."""
    from oncall_tui.cli.numbers import read_number

    return read_number(text, "#", "incident list")
