"""`oncall-tui incident open`, `update` and `resolve`: called is confirmed, so updates queue at once."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

import click
from msgspec import Struct

from oncall_tui.cli.group import json_option, place_options
from oncall_tui.cli.place import Place, read_actor
from oncall_tui.domain.errors import RefusedError, StoreError, UsageError
from oncall_tui.domain.incident import (
    Cause,
    ComponentStatus,
    Impact,
    Incident,
    IncidentStatus,
    Phase,
    Reach,
    Severity,
    free_components,
    impact_of,
)

if TYPE_CHECKING:
    from oncall_tui.cli.judging import Verdict
    from oncall_tui.config.model import Config
    from oncall_tui.store.database import Database

_SENT = [IncidentStatus.INVESTIGATING, IncidentStatus.IDENTIFIED, IncidentStatus.MONITORING, IncidentStatus.RESOLVED]
_IMPACTS = [Impact.NONE, Impact.MINOR, Impact.MAJOR, Impact.CRITICAL]
_F = TypeVar("_F", bound=Callable[..., object])

_component_option = click.option(
    "--component",
    "settings",
    multiple=True,
    metavar="NAME=STATUS",
    help="Set a component to operational, under_maintenance, degraded_performance, partial_outage or major_outage; "
    "may be repeated.",
)
_next_option = click.option(
    "--next",
    "promise",
    metavar="30m",
    help="When customers hear next, or none [the time that the text names, else the team's rhythm].",
)


def reason_option(command: _F) -> _F:
    """Adds `--reason`, which lets words pass in spite of a rule."""
    return click.option(
        "--reason",
        "reasons",
        multiple=True,
        metavar="RULE=WHY",
        help="Send in spite of a rule that blocks, such as MS005='...'; kept in the timeline; may be repeated.",
    )(command)


def say_options(command: _F) -> _F:
    """Adds what every command takes that sends words of an incident."""
    for option in (
        place_options,
        json_option,
        click.option("--no-notify", is_flag=True, help="Do not let the page mail its subscribers."),
        reason_option,
    ):
        command = option(command)
    return command


_message_option = click.option("--message", "-m", required=True, help="What customers read; - reads stdin.")


class _Said(Struct, frozen=True):
    """One update as it was asked for; `components` are the states that it sends."""

    status: IncidentStatus
    body: str
    components: Mapping[str, ComponentStatus]
    promise: str | None
    reasons: Mapping[str, str]
    notify: bool


@click.command(
    "open",
    epilog="""\b
Examples:
  oncall-tui incident open -t "Sign-in fails" --component API=partial_outage --probe api \\
      -m "Some sign-ins fail since 14:05 UTC. We are looking into it. Next update by 14:35 UTC."
  oncall-tui incident open -t "Sign-in fails" -m - < words.txt""",
)
@click.option("--title", "-t", required=True, help="What is wrong, in a few words.")
@_message_option
@_component_option
@click.option("--probe", "probes", multiple=True, metavar="NAME", help="A probe that shows it; may be repeated.")
@click.option("--status", "-s", default="investigating", show_default=True, help=", ".join(_SENT[:3]))
@click.option("--impact", help="none, minor, major or critical [from the components].")
@click.option("--severity", type=click.IntRange(1, 4), help="How strongly we respond, 1 is worst [from the impact].")
@click.option("--drill", "is_drill", is_flag=True, help="Practise: nothing of it leaves this machine.")
@_next_option
@say_options
@click.pass_obj
def open_command(
    place: Place,
    title: str,
    message: str,
    settings: tuple[str, ...],
    probes: tuple[str, ...],
    status: str,
    impact: str | None,
    severity: int | None,
    is_drill: bool,
    no_notify: bool,
    promise: str | None,
    reasons: tuple[str, ...],
    is_json: bool,
) -> None:
    """Declare an incident and queue its first update."""
    from oncall_tui.cli.incident import list_known, report
    from oncall_tui.cli.wording import read_components, read_message, read_reasons, read_title, read_word
    from oncall_tui.clock import now_ms
    from oncall_tui.store.incidents import declare_incident

    first = read_word(IncidentStatus, status, _SENT[:3], "status to open with")
    override = None if impact is None else read_word(Impact, impact, _IMPACTS, "impact")
    given, line, body = read_reasons(reasons), read_title(title), read_message(message)
    config, actor, now = place.sending_config(), read_actor(), now_ms()
    with place.open_db() as db:
        components = read_components(settings, list_known(db, config))
        said = _Said(first, body, components, promise, given, notify=not no_notify)
        felt = override or impact_of(components)
        planned = Incident(
            id=0,
            uid=uuid.uuid4().hex,
            title=line,
            status=IncidentStatus.INVESTIGATING,
            phase=Phase.ACTIVE,
            impact_override=override,
            severity=Severity(severity or (2 if felt in (Impact.MAJOR, Impact.CRITICAL) else 3)),
            cause=Cause.UNKNOWN,
            started_at=now,
            declared_at=now,
            revision=0,
            components=components,
            probes=_read_probes(db, config, probes),
            reach=Reach.DRILL if is_drill else Reach.PUBLIC,
        )
        promise_at, verdict = _judge(db, config, planned, said, actor, now)
        declared = declare_incident(
            db,
            uid=planned.uid,
            title=line,
            components=components,
            probes=planned.probes,
            severity=planned.severity,
            started_at=now,
            actor=actor,
            now=now,
            impact_override=override,
            reach=planned.reach,
        )
        try:
            _confirm(db, config, declared, said, promise_at, verdict, actor, now)
        except StoreError as error:
            raise StoreError(
                f"{error} Incident #{declared.id} was declared, but its update was not queued: "
                f"say it again with `oncall-tui incident update {declared.id}`."
            ) from error
        report(db, place, declared.id, verdict.remarks, is_json, is_queued=not is_drill)


@click.command(
    epilog="""\b
Example:
  oncall-tui incident update 7 -s identified --component API=partial_outage --next 30m \\
      -m "A disk is full. We are replacing it. Next update by 15:05 UTC." """,
)
@click.argument("number", metavar="ID")
@click.option("--status", "-s", required=True, help=", ".join(_SENT))
@_message_option
@_component_option
@_next_option
@say_options
@click.pass_obj
def update(
    place: Place,
    number: str,
    status: str,
    message: str,
    settings: tuple[str, ...],
    no_notify: bool,
    promise: str | None,
    reasons: tuple[str, ...],
    is_json: bool,
) -> None:
    """Queue an update; an open status reopens a resolved incident."""
    from oncall_tui.cli.wording import read_word

    said = read_word(IncidentStatus, status, _SENT, "status")
    if promise not in (None, "none") and not said.is_open:
        raise UsageError("--next promises another update, and a resolved incident has none: leave it out.")
    _update(place, number, said, message, settings, promise, reasons, is_json=is_json, notify=not no_notify)


@click.command(
    epilog="""\b
Example:
  oncall-tui incident resolve 7 -m "Sign-in works again since 15:20 UTC. It failed for 75 minutes." """,
)
@click.argument("number", metavar="ID")
@_message_option
@say_options
@click.pass_obj
def resolve(place: Place, number: str, message: str, no_notify: bool, reasons: tuple[str, ...], is_json: bool) -> None:
    """Queue the last update; its components go back to operational, unless another open incident holds them."""
    said = IncidentStatus.RESOLVED
    _update(place, number, said, message, None, None, reasons, is_json=is_json, notify=not no_notify)


def _update(
    place: Place,
    number: str,
    status: IncidentStatus,
    message: str,
    settings: tuple[str, ...] | None,
    promise: str | None,
    reasons: Sequence[str],
    *,
    is_json: bool,
    notify: bool,
) -> None:
    """`settings` None frees every component of the incident."""
    from oncall_tui.cli.incident import list_known, read_id, report
    from oncall_tui.cli.output import warn
    from oncall_tui.cli.wording import read_components, read_message, read_reasons
    from oncall_tui.clock import now_ms
    from oncall_tui.store.incidents import get_incident, list_incidents

    given, body = read_reasons(reasons), read_message(message)
    config, actor, now = place.sending_config(), read_actor(), now_ms()
    with place.open_db() as db:
        current = get_incident(db, read_id(number))
        if not current.status.is_open and not status.is_open:
            raise RefusedError(
                "already-resolved",
                f"#{current.id} is {current.status}: only an update with an open status can follow, which reopens it.",
            )
        if settings is None:
            components = free_components(current.components, current.id, list_incidents(db, is_open_only=True))
        else:
            components = read_components(settings, list_known(db, config))
        if current.conflict:
            warn(f"#{current.id}: {current.conflict}")
        said = _Said(status, body, components, promise, given, notify=notify)
        promise_at, verdict = _judge(db, config, current, said, actor, now)
        _confirm(db, config, current, said, promise_at, verdict, actor, now)
        report(db, place, current.id, verdict.remarks, is_json, is_queued=current.reach is not Reach.DRILL)


def _judge(
    db: Database, config: Config | None, incident: Incident, said: _Said, actor: str, now: int
) -> tuple[int | None, Verdict]:
    """Returns when customers hear next, and what the rules say. Raises RefusedError or UsageError."""
    from oncall_tui.cli.judging import describe, judge

    if config and incident.severity in config.second_person and not said.notify:
        raise RefusedError(
            "needs-second-person",
            f"Not sent: SEV{int(incident.severity)} needs a second person, who lets the page notify: "
            "leave --no-notify out.",
        )
    with db.snapshot():
        promise_at = _find_promise(db, config, incident, said, now)
        context = describe(
            db,
            config,
            incident,
            now,
            status=said.status,
            components={**incident.components, **said.components},
            promise_at=promise_at,
            has_promise=promise_at is not None,
        )
        return promise_at, judge(
            db,
            config,
            incident,
            said.body,
            context,
            components=said.components,
            reasons=said.reasons,
            actor=actor,
            now=now,
            is_told=said.notify,
        )


def _find_promise(db: Database, config: Config | None, incident: Incident, said: _Said, now: int) -> int | None:
    """Returns when customers hear next: as asked for, else as the text says, else as usual. Raises UsageError."""
    from oncall_tui.domain.cadence import USUAL_RHYTHM, next_update_at
    from oncall_tui.domain.duration import parse_duration
    from oncall_tui.domain.lint.promises import find_told
    from oncall_tui.domain.lint.reading import Reading
    from oncall_tui.domain.sanitize import clean_line
    from oncall_tui.store.drafts import read_known

    if not said.status.is_open or said.promise == "none":
        return None
    if said.promise is not None:
        try:
            return now + parse_duration(said.promise)
        except ValueError as error:
            raise UsageError(f"--next {clean_line(said.promise, 40)} {error}, or none.") from error
    named = next((each.at for each in find_told(Reading(said.body), now)), None)
    rhythm = USUAL_RHYTHM if config is None else config.rhythm
    interval_ms = read_known(db, incident.id).interval_ms
    usual = next_update_at(incident.severity, said.status, now, rhythm=rhythm, interval_ms=interval_ms)
    return usual if named is None else named


def _confirm(
    db: Database,
    config: Config | None,
    current: Incident,
    said: _Said,
    promise_at: int | None,
    verdict: Verdict,
    actor: str,
    now: int,
) -> None:
    from oncall_tui.cli.approve import ask_second_person
    from oncall_tui.domain.pagestate import MAIN_PAGE
    from oncall_tui.store.outbox import confirm_update

    if config and current.severity in config.second_person:
        ask_second_person(db, current, said.status, said.body, said.components, promise_at, verdict.waivers)
    confirm_update(
        db,
        current.id,
        uid=uuid.uuid4().hex,
        status=said.status,
        body=said.body,
        components=said.components,
        next_update_at=promise_at,
        notify=said.notify,
        actor=actor,
        now=now,
        seen_revision=current.revision,
        pages=config.page_names if config else (MAIN_PAGE,),
        broadcasts=config.broadcast_names if config else (),
        waivers=verdict.waivers,
    )


def _read_probes(db: Database, config: Config | None, names: Sequence[str]) -> tuple[str, ...]:
    """Returns the probes that were named, each once. Raises RefusedError (`unknown-probe`)."""
    from oncall_tui.cli.wording import suggest
    from oncall_tui.domain.sanitize import clean_line
    from oncall_tui.store.probes import list_probes

    watched = (config.probes if config is not None else ()) or list_probes(db)
    known = [probe.name for probe in watched]
    for name in names:
        if name not in known:
            others = f"; known: {', '.join(map(clean_line, known))}" if known else ": there are none yet"
            raise RefusedError(
                "unknown-probe", f"There is no probe {clean_line(name, 60)}{suggest(name, known)}{others}."
            )
    return tuple(dict.fromkeys(names))
