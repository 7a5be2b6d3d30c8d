"""What a person has typed to plan work, and what it means: times read back, words made, and what is still missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct, field

from oncall_tui.domain.errors import OncallError, RefusedError
from oncall_tui.domain.instants import read_end_words, read_instant, read_length, split_window
from oncall_tui.domain.lint.catalogue import lint
from oncall_tui.domain.lint.model import Context, Finding, Level
from oncall_tui.domain.maintenance import NoticeKind, require_window, word_notice, write_instant

ZONE = "UTC"
AUTOMATIC = (NoticeKind.PLAN, NoticeKind.REMIND, NoticeKind.START, NoticeKind.FINISH)


class Typed(Struct):
    """The form as it stands; `bodies` are the words that somebody touched, `pages` is None while none was left out."""

    title: str = ""
    components: tuple[str, ...] = ()
    start: str = ""
    end: str = ""
    remind: str = ""
    notify: bool = True
    pages: tuple[str, ...] | None = None
    bodies: dict[str, str] = field(default_factory=dict)


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


def read_plan(typed: Typed, now: int) -> Plan:
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
    return Plan(starts_at, ends_at, remind_at, _write_words(typed, starts_at, ends_at, now), problems)


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


def _write_words(typed: Typed, starts_at: int | None, ends_at: int | None, now: int) -> dict[NoticeKind, str]:
    """Returns what each notice says: typed words, else the usual ones as soon as the window is known."""
    words = {}
    for kind in AUTOMATIC:
        usual = ""
        if starts_at is not None and ends_at is not None:
            usual = word_notice(kind, typed.components, starts_at, ends_at, has_begun=False)
        words[kind] = typed.bodies.get(kind, usual)
    return words


def check_words(title: str, words: Mapping[NoticeKind, str], names: Sequence[str]) -> list[tuple[NoticeKind, Finding]]:
    """Returns what stands against the words, worst first; the title is told of once."""
    context = Context(names=tuple(names))
    found: list[tuple[NoticeKind, Finding]] = []
    for kind, body in words.items():
        known = {(each.part, each.rule) for _, each in found if each.part == "title"}
        news = [each for each in lint(title, body, context) if each.level is not Level.INFO]
        found += [(kind, each) for each in news if (each.part, each.rule) not in known]
    return sorted(found, key=lambda item: item[1].level is not Level.BLOCK)
