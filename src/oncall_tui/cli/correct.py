"""`oncall-tui incident correct` and `backfill`: what was published and is put right, and what was never told."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import click

from oncall_tui.cli.group import json_option, place_options
from oncall_tui.cli.place import Place, read_actor
from oncall_tui.cli.saying import reason_option
from oncall_tui.domain.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from oncall_tui.config.model import Config
    from oncall_tui.domain.update import IncidentUpdate
    from oncall_tui.store.database import Database


@click.command(
    epilog="""\b
Examples:
  oncall-tui incident correct 7 last --message "Sign-in fails for 3% of customers."
  oncall-tui incident correct 7 12 --message - < better.txt""",
)
@click.argument("number", metavar="ID")
@click.argument("which", metavar="UPDATE")
@click.option("--message", "-m", required=True, help="What customers shall read instead; - reads stdin.")
@reason_option
@json_option
@place_options
@click.pass_obj
def correct(place: Place, number: str, which: str, message: str, reasons: tuple[str, ...], is_json: bool) -> None:
    """Put other words into an update that stands on a page.

    UPDATE is its number, `first` or `last`. Subscribers are not told of it; its first words stay in our record. A page
    that cannot edit keeps what it has: there an update of its own says what is right.
    """
    from oncall_tui.cli.incident import read_id, report
    from oncall_tui.cli.judging import describe_correction, judge
    from oncall_tui.cli.output import warn
    from oncall_tui.cli.wording import read_message, read_reasons
    from oncall_tui.clock import now_ms
    from oncall_tui.store.corrections import correct_update
    from oncall_tui.store.incidents import get_incident
    from oncall_tui.store.page import list_pages
    from oncall_tui.store.updates import list_updates

    body, given = read_message(message), read_reasons(reasons)
    config, actor, now = place.sending_config(), read_actor(), now_ms()
    with place.open_db() as db:
        with db.snapshot():
            incident = get_incident(db, read_id(number))
            update = _find_update(list_updates(db, incident.id), which, incident.id)
            editable = [
                state.page for state in list_pages(db) if state.capabilities and state.capabilities.can_edit_update
            ]
            verdict = judge(
                db,
                config,
                incident,
                body,
                describe_correction(db, config, incident, update),
                components={},
                reasons=given,
                actor=actor,
                now=now,
                pages=(),
                is_told=False,
                is_promise_in_words=True,
            )
        corrected = correct_update(
            *(db, update.id, body),
            editable=editable,
            actor=actor,
            now=now,
            promise_at=verdict.promise_at,
            waivers=verdict.waivers,
        )
        report(db, place, incident.id, verdict.remarks, is_json)
        for proof in corrected.proofs:
            if proof.page not in editable and proof.remote_id is not None:
                warn(
                    f"{proof.page} cannot edit: customers still read the first words there. Say what is right with "
                    f"`oncall-tui incident update {incident.id} --status {update.status} --message ...`."
                )


@click.command(
    epilog="""\b
Examples:
  oncall-tui incident backfill --title "API errors" --from "2026-11-20 02:00 UTC" --until "2026-11-20 02:40 UTC" \\
      --impact minor --message "For 40 minutes one in ten requests failed."
  oncall-tui incident backfill -t "API errors" --from 2026-11-20T02:00Z --until 2026-11-20T02:40Z -m - < told.txt""",
)
@click.option("--title", "-t", required=True, help="What was wrong, in a few words.")
@click.option("--message", "-m", required=True, help="What customers read, all of it in one text; - reads stdin.")
@click.option("--from", "begin", required=True, metavar="WHEN", help="When it began, with its zone.")
@click.option("--until", "end", required=True, metavar="WHEN", help="When it was over, with its zone.")
@click.option("--impact", help="none, minor, major or critical [none].")
@click.option("--severity", type=click.IntRange(1, 4), default=3, show_default=True, help="1 is worst.")
@click.option("--notify", is_flag=True, help="Let the page tell its subscribers.")
@reason_option
@json_option
@place_options
@click.pass_obj
def backfill(
    place: Place,
    title: str,
    message: str,
    begin: str,
    end: str,
    impact: str | None,
    severity: int,
    notify: bool,
    reasons: tuple[str, ...],
    is_json: bool,
) -> None:
    """Record an incident that is over, on every page that takes incidents of the past."""
    from oncall_tui.cli.incident import report
    from oncall_tui.cli.judging import describe, judge
    from oncall_tui.cli.output import warn
    from oncall_tui.cli.wording import read_message, read_reasons, read_title, read_word
    from oncall_tui.clock import now_ms
    from oncall_tui.domain.incident import Cause, Impact, Incident, IncidentStatus, Phase, Severity
    from oncall_tui.domain.instants import read_instant
    from oncall_tui.store.corrections import backfill_incident

    now = now_ms()
    started_at = read_instant(begin, "--from", now, may_be_past=True)
    resolved_at = read_instant(end, "--until", now, may_be_past=True)
    if not started_at < resolved_at <= now:
        raise UsageError("--from must come before --until, and both before now: what goes on is declared with `open`.")
    impacts = [Impact.NONE, Impact.MINOR, Impact.MAJOR, Impact.CRITICAL]
    override = None if impact is None else read_word(Impact, impact, impacts, "impact")
    line, body, given = read_title(title), read_message(message), read_reasons(reasons)
    config, actor = place.sending_config(), read_actor()
    past = Incident(
        id=0,
        uid=uuid.uuid4().hex,
        title=line,
        status=IncidentStatus.RESOLVED,
        phase=Phase.RESOLVED,
        impact_override=override,
        severity=Severity(severity),
        cause=Cause.UNKNOWN,
        started_at=started_at,
        declared_at=now,
        revision=0,
        resolved_at=resolved_at,
    )
    with place.open_db() as db:
        taking, others = _split_pages(db, config)
        with db.snapshot():
            context = describe(db, config, past, now, status=past.status, components={})
            verdict = judge(
                db,
                config,
                past,
                body,
                context,
                components={},
                reasons=given,
                actor=actor,
                now=now,
                pages=taking,
                is_told=False,
            )
        made = backfill_incident(
            db,
            uid=past.uid,
            update_uid=uuid.uuid4().hex,
            title=line,
            body=body,
            started_at=started_at,
            resolved_at=resolved_at,
            severity=Severity(severity),
            impact_override=override,
            notify=notify,
            pages=taking,
            actor=actor,
            now=now,
            waivers=verdict.waivers,
        )
        report(db, place, made.id, verdict.remarks, is_json, is_queued=bool(taking))
        for name in others:
            warn(f"{name} takes no incidents of the past: there it is not told.")
        if not (taking or others):
            warn("no page is configured: it is kept here alone.")


def _split_pages(db: Database, config: Config | None) -> tuple[list[str], list[str]]:
    """Returns the pages that take incidents of the past, and those that do not. Raises UsageError."""
    from oncall_tui.store.page import list_pages

    states = {state.page: state for state in list_pages(db)}
    names = list(config.page_names) if config is not None and config.pages else list(states)
    unknown = [name for name in names if name not in states or states[name].capabilities is None]
    if unknown:
        raise UsageError(
            f"What {', '.join(unknown)} can hold is not known yet: run `oncall-tui sync` once, then try again."
        )
    taking = [name for name in names if (held := states[name].capabilities) and held.has_backfill]
    return taking, [name for name in names if name not in taking]


def _find_update(updates: list[IncidentUpdate], which: str, incident_id: int) -> IncidentUpdate:
    from oncall_tui.domain.sanitize import clean_line

    word = which.strip().lower()
    if updates and word in ("first", "last"):
        return updates[0 if word == "first" else -1]
    found = next((update for update in updates if word.removeprefix("#") == str(update.id)), None)
    if found is None:
        known = "; ".join(f"{update.id} ({update.status}: {clean_line(update.body, 40)})" for update in updates)
        raise NotFoundError(f"#{incident_id} has no update {clean_line(which, 40)}; its updates: {known or 'none'}.")
    return found
