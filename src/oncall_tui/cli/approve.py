"""`oncall-tui incident approve`: a second person sends what somebody wrote."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, NoReturn

import click

from oncall_tui.cli.group import json_option, place_options
from oncall_tui.cli.place import Place, read_actor
from oncall_tui.domain.errors import RefusedError

if TYPE_CHECKING:
    from oncall_tui.domain.incident import ComponentStatus, Incident, IncidentStatus
    from oncall_tui.store.database import Database


@click.command()
@click.argument("number", metavar="ID")
@json_option
@place_options
@click.pass_obj
def approve(place: Place, number: str, is_json: bool) -> None:
    """Send what somebody else wrote and asked a second person to send."""
    from oncall_tui.cli.incident import read_id, report
    from oncall_tui.clock import now_ms
    from oncall_tui.domain.pagestate import MAIN_PAGE
    from oncall_tui.domain.update import is_asked_of
    from oncall_tui.store.drafts import list_drafts
    from oncall_tui.store.incidents import get_incident
    from oncall_tui.store.outbox import confirm_update

    actor, config = read_actor(), place.try_config()
    with place.open_db() as db:
        current = get_incident(db, read_id(number))
        draft = next((each for each in list_drafts(db, current.id) if is_asked_of(each, actor)), None)
        if draft is None:
            raise RefusedError("nothing-asked", f"Nobody else has asked for a second person on #{current.id}.")
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
            now=now_ms(),
            draft_id=draft.id,
            pages=config.page_names if config else (MAIN_PAGE,),
            broadcasts=config.broadcast_names if config else (),
            second_person=config.second_person if config else (),
        )
        report(db, place, current.id, (), is_json)


def ask_second_person(
    db: Database,
    incident: Incident,
    status: IncidentStatus,
    body: str,
    components: Mapping[str, ComponentStatus],
    promised_ms: int | None,
) -> NoReturn:
    """Keeps words for a second person. Raises RefusedError, so that nobody takes them for sent."""
    from oncall_tui.clock import now_ms
    from oncall_tui.store.drafts import ask_second, create_draft

    now, actor = now_ms(), read_actor()
    draft = create_draft(
        db,
        incident.id,
        "",
        status=status,
        body=body,
        components=components,
        next_update_at=None if promised_ms is None else now + promised_ms,
        template=None,
        actor=actor,
        now=now,
    )
    ask_second(db, draft.id, actor, now)
    raise RefusedError(
        "needs-second-person",
        f"Not sent: SEV{int(incident.severity)} needs a second person. Kept for them: somebody else sends it with "
        f"`oncall-tui incident approve {incident.id}`, or from the dashboard.",
    )
