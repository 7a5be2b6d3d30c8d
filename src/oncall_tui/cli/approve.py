"""`oncall-tui incident approve`: a second person sends what somebody wrote."""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NoReturn

import click
from msgspec.structs import replace

from oncall_tui.cli.group import json_option, place_options
from oncall_tui.cli.place import Place, read_actor
from oncall_tui.domain.errors import RefusedError

if TYPE_CHECKING:
    from oncall_tui.cli.judging import Verdict
    from oncall_tui.config.model import Config
    from oncall_tui.domain.incident import ComponentStatus, Incident, IncidentStatus
    from oncall_tui.domain.update import Draft, Waiver
    from oncall_tui.store.database import Database


@click.command()
@click.argument("number", metavar="ID")
@json_option
@place_options
@click.pass_obj
def approve(place: Place, number: str, is_json: bool) -> None:
    """Send what somebody else wrote and asked a second person to send; `show` tells the words.

    They are checked once more: what was right when it was written may be so no longer.
    """
    from oncall_tui.cli.incident import read_id, report
    from oncall_tui.clock import now_ms
    from oncall_tui.domain.incident import Reach
    from oncall_tui.domain.pagestate import MAIN_PAGE
    from oncall_tui.domain.update import is_asked_of
    from oncall_tui.store.drafts import list_drafts
    from oncall_tui.store.incidents import get_incident
    from oncall_tui.store.outbox import confirm_update

    actor, config, now = read_actor(), place.sending_config(), now_ms()
    with place.open_db() as db:
        current = get_incident(db, read_id(number))
        draft = next((each for each in list_drafts(db, current.id) if is_asked_of(each, actor)), None)
        if draft is None:
            raise RefusedError("nothing-asked", f"Nobody else has asked for a second person on #{current.id}.")
        verdict = _judge(db, config, current, draft, actor, now)
        confirm_update(
            db,
            current.id,
            uid=uuid.uuid4().hex,
            status=draft.status,
            body=draft.body,
            components=draft.components,
            next_update_at=draft.next_update_at,
            notify=True,
            actor=actor,
            now=now,
            seen_revision=current.revision,
            draft_id=draft.id,
            pages=config.page_names if config else (MAIN_PAGE,),
            broadcasts=config.broadcast_names if config else (),
            second_person=config.second_person if config else (),
        )
        report(db, place, current.id, verdict.remarks, is_json, is_queued=current.reach is not Reach.DRILL)


def _judge(db: Database, config: Config | None, incident: Incident, draft: Draft, actor: str, now: int) -> Verdict:
    """Returns what the rules say now of words that wait. Raises RefusedError, which says that they wait on."""
    from oncall_tui.cli.judging import describe, judge

    with db.snapshot():
        context = describe(
            db,
            config,
            incident,
            now,
            status=draft.status,
            components={**incident.components, **draft.components},
            promise_at=draft.next_update_at,
            has_promise=draft.next_update_at is not None,
        )
        context = replace(context, facts=draft.facts)
        try:
            return judge(
                db,
                config,
                incident,
                draft.body,
                context,
                components=draft.components,
                reasons={},
                actor=actor,
                now=now,
                waivers=draft.waivers,
            )
        except RefusedError as error:
            way = f"Not sent, and kept: open #{incident.id} in the dashboard to change the words, or say others."
            raise RefusedError(error.rule, f"{error}\n{way}") from error


def ask_second_person(
    db: Database,
    incident: Incident,
    status: IncidentStatus,
    body: str,
    components: Mapping[str, ComponentStatus],
    promise_at: int | None,
    waivers: Sequence[Waiver],
) -> NoReturn:
    """Keeps words for a second person. Raises RefusedError, so that nobody takes them for sent."""
    from oncall_tui.clock import now_ms
    from oncall_tui.store.drafts import ask_second, create_draft

    now, actor = now_ms(), read_actor()
    draft = create_draft(
        db,
        incident.id,
        f"command {os.getpid()}",
        status=status,
        body=body,
        components=components,
        next_update_at=promise_at,
        template=None,
        actor=actor,
        now=now,
        waivers=tuple(waivers),
    )
    ask_second(db, draft.id, actor, now)
    raise RefusedError(
        "needs-second-person",
        f"Not sent: SEV{int(incident.severity)} needs a second person. Kept for them: somebody else sends it with "
        f"`oncall-tui incident approve {incident.id}`, or from the dashboard.",
    )
