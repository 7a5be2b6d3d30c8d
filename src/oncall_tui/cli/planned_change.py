"""`oncall-tui maintenance change`: other times, another title or other components, told to customers."""

from __future__ import annotations

import uuid

import click
from msgspec.structs import replace

from oncall_tui.cli.place import Place, read_actor
from oncall_tui.cli.planned import finish_saying, read_id
from oncall_tui.cli.planned_check import PlannedCheck, say_options
from oncall_tui.domain.errors import UsageError
from oncall_tui.domain.maintenance import Maintenance, NoticeKind, PlanFields


@click.command()
@click.argument("number", metavar="ID")
@click.option("--title", "-t", help="What is done, in a few words.")
@click.option("--start", metavar="TIME", help="now, or a time with a zone; without --end the length stays.")
@click.option("--end", metavar="TIME", help="A time with a zone, or how long, such as 2h.")
@click.option("--component", "components", multiple=True, metavar="NAME", help="All that it touches; may be repeated.")
@click.option("--remind-message", help="What customers read before the start [as confirmed, or the usual words].")
@click.option("--start-message", help="What they read when it begins.")
@click.option("--finish-message", help="What they read when it ends.")
@say_options
@click.pass_obj
def change(
    place: Place,
    number: str,
    title: str | None,
    start: str | None,
    end: str | None,
    components: tuple[str, ...],
    remind_message: str | None,
    start_message: str | None,
    finish_message: str | None,
    message: str | None,
    no_notify: bool,
    reasons: tuple[str, ...],
    is_json: bool,
) -> None:
    """Change the title, the times or the components, and tell the pages; the reminder, start and end go with them.

    With none of these it carries to the other pages what somebody changed on one of them.
    """
    from oncall_tui.cli.output import warn
    from oncall_tui.clock import now_ms
    from oncall_tui.domain.announcing import word_anew, work_of_change
    from oncall_tui.domain.changing import require_change
    from oncall_tui.domain.merging import read_plan
    from oncall_tui.store.changing import change_maintenance, read_telling
    from oncall_tui.store.incidents import list_components
    from oncall_tui.store.maintenance import get_maintenance
    from oncall_tui.store.notice_rows import Words
    from oncall_tui.store.notices import list_placements

    now = now_ms()
    with place.open_db() as db:
        current = get_maintenance(db, read_id(number))
        name, known = f"M{current.id}", [component.name for component in list_components(db)]
        before = read_plan(current)
        plan = _read_plan(current, before, title, start, end, _read_parts(components, known, place), now)
        telling = read_telling(db, current, plan)
        require_change(current, plan, telling.touched, now)
        if not telling.parts:
            raise UsageError(
                f"{name} is so already, and its pages show it so: change --title, --start, --end or --component."
            )
        for each in list_placements(db, current.id):
            if each.conflict:
                warn(f"{name}: both sides changed it: {each.conflict}")
        work = work_of_change(current, plan, telling)
        check = PlannedCheck(place, db, plan.title, work, known, reasons, now, own_id=current.id)
        given = {
            NoticeKind.CHANGE: message,
            NoticeKind.REMIND: remind_message,
            NoticeKind.START: start_message,
            NoticeKind.FINISH: finish_message,
        }
        usual = word_anew(current, plan, check.customs, now)
        said = {
            kind: Words(uuid.uuid4().hex, check.read(kind, usual.get(kind) if body is None else body), not no_notify)
            for kind, body in given.items()
            if kind is NoticeKind.CHANGE or kind in usual
        }
        changed = change_maintenance(
            db,
            current.id,
            plan,
            said,
            actor=read_actor(),
            now=now,
            seen_revision=current.revision,
            reasons=check.passed,
        )
        finish_saying(db, place, changed.id, is_json)
    for remark in check.remarks:
        warn(remark)


def _read_parts(names: tuple[str, ...], known: list[str], place: Place) -> tuple[str, ...]:
    from oncall_tui.cli.wording import read_components

    config = place.sending_config()
    configured = [each.name for each in config.components] if config else []
    listed = list(dict.fromkeys((*known, *configured)))
    return tuple(read_components([f"{name}=under_maintenance" for name in names], listed))


def _read_plan(
    current: Maintenance,
    before: PlanFields,
    title: str | None,
    start: str | None,
    end: str | None,
    components: tuple[str, ...],
    now: int,
) -> PlanFields:
    """Returns the plan as it is to be. A start that is moved alone takes the end along."""
    from oncall_tui.cli.wording import read_title
    from oncall_tui.domain.instants import read_end_words, read_instant

    starts_at = before.starts_at if start is None else read_instant(start, "--start", now)
    ends_at = before.ends_at + starts_at - before.starts_at
    if end is not None:
        ends_at = read_end_words(end, "--end", starts_at)
    return replace(
        before,
        title=before.title if title is None else read_title(title),
        starts_at=starts_at,
        ends_at=ends_at,
        components=components or current.components,
    )
