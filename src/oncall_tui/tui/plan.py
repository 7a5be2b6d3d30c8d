"""What a person has typed to plan work, and what it means: times read back, words made, and what is still missing."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct, field

from oncall_tui.config.customs import customs_of
from oncall_tui.domain.announcing import Customs, Work, describe_work, find_overlaps, word_work
from oncall_tui.domain.errors import OncallError, RefusedError
from oncall_tui.domain.instants import read_end_words, read_instant, read_length, split_window
from oncall_tui.domain.lint.catalogue import lint
from oncall_tui.domain.lint.model import Finding, Level
from oncall_tui.domain.maintenance import NewPlan, NoticeKind, WorkFacts, require_window, write_instant
from oncall_tui.domain.plan_losses import RULE, find_notice_losses
from oncall_tui.domain.planning import find_silenced
from oncall_tui.domain.sanitize import clean_line
from oncall_tui.domain.template import FACT_LIMIT
from oncall_tui.store.database import Database
from oncall_tui.store.maintenance import plan_maintenance
from oncall_tui.store.notice_rows import Words
from oncall_tui.store.scratch import drop_scratch
from oncall_tui.tui.host import Host
from oncall_tui.tui.planning import list_known, watch_list
from oncall_tui.tui.widgets.planned_review import tell_targets

ZONE = "UTC"
AUTOMATIC = (NoticeKind.PLAN, NoticeKind.REMIND, NoticeKind.START, NoticeKind.FINISH)


class Typed(Struct):
    """The form as it stands; `bodies` are the words that somebody touched, `pages` is None while none was left out."""

    title: str = ""
    components: tuple[str, ...] = ()
    effect: str = ""
    backout: str = ""
    start: str = ""
    end: str = ""
    remind: str = ""
    notify: bool = True
    pages: tuple[str, ...] | None = None
    bodies: dict[str, str] = field(default_factory=dict)


class TypedNotice(Struct):
    """The form of one message as it stands; `body` is None while nobody touched the words."""

    end: str = ""
    notify: bool = True
    body: str | None = None


class Plan(Struct, frozen=True):
    """What the form means at one instant; times that cannot be read are None, and `problems` says why, by field."""

    starts_at: int | None
    ends_at: int | None
    remind_at: int | None
    words: Mapping[NoticeKind, str]
    problems: Mapping[str, str]

    @property
    def kinds(self) -> list[NoticeKind]:
        """The notices that the plan confirms, in the order in which customers read them."""
        return [kind for kind in AUTOMATIC if kind is not NoticeKind.REMIND or self.remind_at is not None]


def read_plan(typed: Typed, now: int, customs: Customs) -> Plan:
    """Reads a form; a window in one phrase may stand in the field of the start."""
    problems: dict[str, str] = {}
    start, inner_end = split_window(typed.start)
    end = typed.end.strip() or inner_end
    starts_at = ends_at = remind_at = None
    try:
        starts_at = read_instant(start, "start", now, zone=ZONE) if start.strip() else None
    except OncallError as error:
        problems["start"] = str(error)
    try:
        if starts_at is not None and end:
            ends_at = read_end_words(end, "end", starts_at, zone=ZONE)
            require_window(starts_at, ends_at, now)
    except OncallError as error:
        ends_at = None
        problems["end"] = str(error)
    try:
        if typed.remind.strip() and starts_at is not None:
            remind_at = _read_reminder(typed.remind, starts_at, now)
    except OncallError as error:
        problems["remind"] = str(error)
    problems |= _find_gaps(typed, start, end)
    return Plan(starts_at, ends_at, remind_at, _write_words(typed, starts_at, ends_at, now, customs), problems)


def _read_reminder(text: str, starts_at: int, now: int) -> int:
    length = " ".join(text.split()).removesuffix(" before").replace(" ", "")
    remind_at = starts_at - read_length(length, "remind")
    if remind_at <= now:
        at = write_instant(remind_at)
        raise RefusedError("reminder", f"remind: {at} lies in the past: remind later, or not at all.")
    return remind_at


def _find_gaps(typed: Typed, start: str, end: str) -> dict[str, str]:
    gaps = {}
    if not typed.title.strip():
        gaps["title"] = "title: say in a few words what is done."
    if not start.strip():
        gaps["start"] = "start: say when, such as tomorrow 02:00 for 2h."
    elif not end:
        gaps["end"] = "end: say how long, such as 2h, or until when."
    return gaps


def work_of_typed(typed: Typed, starts_at: int, ends_at: int, owner: str = "") -> Work:
    """Returns the work that a form describes."""
    effect, backout = clean_line(typed.effect, FACT_LIMIT).strip(), clean_line(typed.backout, FACT_LIMIT).strip()
    return Work(typed.components, starts_at, ends_at, WorkFacts(effect, backout, owner))


def _write_words(
    typed: Typed, starts_at: int | None, ends_at: int | None, now: int, customs: Customs
) -> dict[NoticeKind, str]:
    """Returns what each notice says: typed words, else the usual ones as soon as the window is known."""
    words = {}
    for kind in AUTOMATIC:
        usual = ""
        if starts_at is not None and ends_at is not None:
            usual = word_work(kind, work_of_typed(typed, starts_at, ends_at), customs, now)
        words[kind] = typed.bodies.get(kind, usual)
    return words


def check_words(
    title: str,
    words: Mapping[NoticeKind, str],
    work: Work,
    host: Host,
    now: int,
    own_id: int | None = None,
    *,
    pages: Sequence[str],
) -> list[tuple[NoticeKind, Finding]]:
    """Returns what stands against the words and their window, worst first; what is told of one is told once.

    With them what the `pages` that they go to would refuse or not show.
    """
    snapshot, config = host.snapshot, host.config
    customs = customs_of(config)
    overlaps = find_overlaps(work, snapshot.maintenances, snapshot.incidents, now, own_id)
    names = [*work.components, *list_known(snapshot, config)]
    found: list[tuple[NoticeKind, Finding]] = []
    for kind, body in words.items():
        context = describe_work(kind, work, customs, now, overlaps=overlaps, names=names)
        known = {(each.rule, each.message) for _, each in found if each.start == each.end or each.part == "title"}
        news = [each for each in lint(title, body, context, config.tuning) if each.level is not Level.INFO]
        news += find_notice_losses(snapshot.pages, pages, kind, title=title, body=body, components=work.components)
        found += [(kind, each) for each in news if (each.rule, each.message) not in known]
    return sorted(found, key=lambda item: (item[1].level is not Level.BLOCK, item[1].rule != RULE))


def make_store(
    name: str,
    typed: Typed,
    plan: Plan,
    bodies: dict[NoticeKind, str],
    title: str,
    pages: Sequence[str],
    reasons: Mapping[str, str],
    host: Host,
) -> Callable[[Database, int], str]:
    """Returns what puts the plan into the file, with the instants that were reviewed, and forgets the form."""
    starts_at, ends_at = plan.starts_at, plan.ends_at
    assert starts_at is not None  # a plan without problems has both
    assert ends_at is not None
    notify = typed.notify
    new = NewPlan(
        uid=uuid.uuid4().hex,
        title=title,
        starts_at=starts_at,
        ends_at=ends_at,
        components=typed.components,
        probes=tuple(find_silenced(typed.components, watch_list(host.snapshot))),
        facts=work_of_typed(typed, starts_at, ends_at, host.actor).facts,
        remind_at=plan.remind_at,
        pages=tuple(pages),
    )
    actor, terminal_id = host.actor, host.terminal_id

    def store(db: Database, now: int) -> str:
        words = {kind: Words(uuid.uuid4().hex, body, notify) for kind, body in bodies.items()}
        made = plan_maintenance(db, new, words, actor=actor, now=now, reasons=reasons)
        drop_scratch(db, name, terminal_id)
        return f"M{made.id}: {tell_targets(pages)}"

    return store
