"""`oncall-tui maintenance change`: other times, another title or other components, told to customers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from oncall_tui.cli.place import Place, read_actor
from oncall_tui.cli.planned import finish_saying, print_sheet, read_id
from oncall_tui.cli.planned_check import PlannedCheck, Planning, say_options
from oncall_tui.domain.errors import RefusedError, UsageError
from oncall_tui.domain.maintenance import Maintenance, NoticeKind, PlanFields
from oncall_tui.domain.sanitize import clean_line

if TYPE_CHECKING:
    from oncall_tui.domain.changing import Telling
    from oncall_tui.store.database import Database


class Changing(Planning, frozen=True, kw_only=True):
    """What is typed to change planned work; `is_told` is None where nobody said whether customers read of an effect."""

    start: str | None
    end: str | None
    is_told: bool | None


@click.command()
@click.argument("number", metavar="ID")
@click.option("--title", "-t", help="What is done, in a few words.")
@click.option("--start", metavar="TIME", help="now, or a time with a zone; without --end the length stays.")
@click.option("--end", metavar="TIME", help="A time with a zone, or how long, such as 2h.")
@click.option(
    "--tell/--no-tell", "is_told", default=None, help="Tell customers of another effect, or leave them what they read."
)
@say_options(Changing)
def change(place: Place, typed: Changing) -> None:
    """Change the title, the times or the components, and tell the pages; the reminder, start and end go with them.

    The way back and the owner are kept here, and so is an effect that no page was told of. With none of these it
    carries to the other pages what somebody changed on one of them.
    """
    from oncall_tui.cli.output import warn
    from oncall_tui.clock import now_ms
    from oncall_tui.domain.announcing import word_anew, work_of_change
    from oncall_tui.domain.changing import list_new_facts, require_change, require_facts
    from oncall_tui.store.changing import change_maintenance, keep_facts, read_telling
    from oncall_tui.store.incidents import list_components
    from oncall_tui.store.maintenance import get_maintenance
    from oncall_tui.store.notices import list_placements

    now, actor = now_ms(), read_actor()
    with place.open_db() as db:
        current = get_maintenance(db, read_id(typed.number))
        name, known = f"M{current.id}", [component.name for component in list_components(db)]
        plan = _read_plan(current, typed, _read_parts(typed.components, known, place), now)
        facts = typed.read_facts(current.facts)
        telling = read_telling(db, current, plan, facts)
        has_news = bool(list_new_facts(current, facts))
        if has_news:
            require_facts(current, facts, now)
        if _is_kept_here(db, current, typed, telling, has_news=has_news):
            keep_facts(db, current.id, facts, actor=actor, now=now, seen_revision=current.revision)
            print_sheet(db, current.id, typed.is_json)
            return
        require_change(current, plan, telling.touched, now)
        if not telling.parts:
            raise UsageError(
                f"{name} is so already, and its pages show it so: change --title, --start, --end, --component, "
                "--effect, --back-out or --owner."
            )
        for each in list_placements(db, current.id):
            if each.conflict:
                warn(f"{name}: both sides changed it: {each.conflict}")
        work = work_of_change(current, plan, telling, facts)
        check = PlannedCheck(place, db, plan.title, work, known, typed.reasons, now, own_id=current.id)
        usual = word_anew(current, plan, check.customs, now, facts)
        wanted = {
            kind: usual.get(kind) if body is None else body
            for kind, body in {NoticeKind.CHANGE: typed.message, **typed.by_clock}.items()
            if kind is NoticeKind.CHANGE or kind in usual
        }
        said = {kind: typed.make_words(body) for kind, body in check.read(wanted).items()}
        changed = change_maintenance(
            db, current.id, plan, said,
            actor=actor, now=now, facts=facts, seen_revision=current.revision, reasons=check.passed,
        )  # fmt: skip
        finish_saying(db, place, changed.id, typed.is_json)
    for remark in check.remarks:
        warn(remark)


def _is_kept_here(db: Database, current: Maintenance, typed: Changing, telling: Telling, *, has_news: bool) -> bool:
    """Tells whether a change goes to no page. Raises RefusedError where a person has to say so, UsageError."""
    from oncall_tui.domain.changing import list_effect_words
    from oncall_tui.domain.maintenance import PlanPart, write_instant
    from oncall_tui.store.page_messages import list_page_messages

    is_effect_alone = telling.touched == {PlanPart.EFFECT}
    if typed.is_told is False and not is_effect_alone:
        raise UsageError("--no-tell is for a change of the effect alone: customers are told of all else.")
    if not is_effect_alone or typed.is_told or (typed.is_told is None and typed.message is not None):
        is_kept = has_news and not telling.touched
        if is_kept and typed.message is not None:
            raise UsageError("No page is told of that: leave --message out.")
        return is_kept
    if typed.is_told is None:
        read = list_effect_words(current, list_page_messages(db, current.id))
        told = "; ".join(f"at {write_instant(at)}: {clean_line(body, 2000)}" for at, body in read)
        raise RefusedError(
            "effect-told",
            f"M{current.id}: words for customers, {told or 'none that we know of'} "
            "--tell tells them of the new effect, --no-tell keeps it here.",
        )
    return True


def _read_parts(names: tuple[str, ...], known: list[str], place: Place) -> tuple[str, ...]:
    from oncall_tui.cli.wording import read_components

    config = place.sending_config()
    configured = [each.name for each in config.components] if config else []
    listed = list(dict.fromkeys((*known, *configured)))
    return tuple(read_components([f"{name}=under_maintenance" for name in names], listed))


def _read_plan(current: Maintenance, typed: Changing, components: tuple[str, ...], now: int) -> PlanFields:
    """Returns the plan as it is to be. A start that is moved alone takes the end along."""
    from oncall_tui.cli.wording import read_title
    from oncall_tui.domain.instants import read_end_words, read_instant
    from oncall_tui.domain.merging import read_plan

    before = read_plan(current)
    starts_at = before.starts_at if typed.start is None else read_instant(typed.start, "--start", now)
    ends_at = before.ends_at + starts_at - before.starts_at
    if typed.end is not None:
        ends_at = read_end_words(typed.end, "--end", starts_at)
    return replace(
        before,
        title=before.title if typed.title is None else read_title(typed.title),
        starts_at=starts_at,
        ends_at=ends_at,
        components=components or current.components,
    )
