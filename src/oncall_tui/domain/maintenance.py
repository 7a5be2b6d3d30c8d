"""Scheduled maintenance: the words of the public page, and what is said, when, and by whom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from enum import StrEnum

from msgspec import Struct

from oncall_tui.domain.duration import MINUTE
from oncall_tui.domain.errors import RefusedError
from oncall_tui.domain.update import DeliveryState

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


class MaintenanceStatus(StrEnum):
    """What the public page says of planned work, in the order in which it goes."""

    SCHEDULED = "scheduled"
    IN_PROGRESS = "in_progress"
    VERIFYING = "verifying"
    COMPLETED = "completed"

    @property
    def is_open(self) -> bool:
        return self is not MaintenanceStatus.COMPLETED

    @property
    def is_active(self) -> bool:
        return self in (MaintenanceStatus.IN_PROGRESS, MaintenanceStatus.VERIFYING)


class NoticeKind(StrEnum):
    """What customers are told of planned work; `remind`, `change` and `extend` leave the page's status as it is."""

    PLAN = "plan"
    REMIND = "remind"
    CHANGE = "change"
    START = "start"
    EXTEND = "extend"
    FINISH = "finish"
    CANCEL = "cancel"


class PlanPart(StrEnum):
    """What of a plan a notice puts on the page with its words; all else stays as the page has it.

    The effect stands in no field of a page: its words are all of it.
    """

    TITLE = "title"
    START = "start"
    END = "end"
    COMPONENTS = "components"
    EFFECT = "effect"


class PlanFields(Struct, frozen=True):
    """What a page and we must agree on; a page that tells of no components tells nothing of them."""

    title: str
    status: MaintenanceStatus
    starts_at: int
    ends_at: int
    components: tuple[str, ...]


class WorkFacts(Struct, frozen=True):
    """What people know of planned work besides the plan; each is empty while nobody has said.

    `effect` is what customers notice, and they read it; `backout` is the way back and until when it is open, `owner`
    who answers for it: no customer reads those.
    """

    effect: str = ""
    backout: str = ""
    owner: str = ""


FACT_NAMES = ("effect", "way back", "owner")


class NewPlan(Struct, frozen=True, kw_only=True):
    """Work that a person plans; without `remind_at` nobody is reminded. It is told to `pages`, as `uid`."""

    uid: str
    title: str
    starts_at: int
    ends_at: int
    components: tuple[str, ...]
    probes: tuple[str, ...]
    facts: WorkFacts = WorkFacts()
    remind_at: int | None = None
    pages: tuple[str, ...] = ()


class Notice(Struct, frozen=True):
    """One message about planned work, confirmed by a person before it is due; its words never change.

    One that `is_automatic` was confirmed with the plan and is taken by the clock at `due_at`. `fired_at` is when it was
    taken, `withdrawn_at` when a person made it needless, both None while it waits.
    """

    uid: str
    kind: NoticeKind
    body: str
    notify: bool
    due_at: int
    is_automatic: bool
    confirmed_by: str
    created_at: int
    id: int = 0
    fired_at: int | None = None
    withdrawn_at: int | None = None

    @property
    def is_waiting(self) -> bool:
        return self.fired_at is None and self.withdrawn_at is None


class Maintenance(Struct, frozen=True):
    """Planned work as the file holds it; `starts_at` < `ends_at`, and `notices` run in the order of confirming.

    `components` are what customers read as under maintenance, `probes` those whose alarms are silenced meanwhile.
    `revision` counts changes: an edit carries the one that it saw. One that is not `is_local` was made on a page, by
    people or by another host.
    """

    id: int
    uid: str
    title: str
    status: MaintenanceStatus
    starts_at: int
    ends_at: int
    components: tuple[str, ...]
    probes: tuple[str, ...]
    created_at: int
    created_by: str
    cancelled_at: int | None = None
    revision: int = 1
    notices: tuple[Notice, ...] = ()
    is_local: bool = True
    facts: WorkFacts = WorkFacts()

    def find_automatic(self, kind: NoticeKind) -> Notice | None:
        """Returns the automatic notice of a kind that stands: taken already, or still to be taken."""
        return next((each for each in self.notices if each.kind is kind and is_standing(each)), None)


class Placement(Struct, frozen=True):
    """Planned work as one page holds it; `difference` says how that is not what we have, empty while it is.

    `conflict` tells both sides of what was changed here and there at once, until a person says which it is.
    `is_led_elsewhere` tells that another file than ours wrote on it last, `gone_at` since when it is deleted there.
    `shown` is what the page showed when it was read last.
    """

    maintenance_id: int
    page: str
    remote_id: str
    url: str | None = None
    difference: str = ""
    conflict: str = ""
    is_led_elsewhere: bool = False
    gone_at: int | None = None
    shown: PlanFields | None = None


class PageMessage(Struct, frozen=True):
    """What others wrote on a page about planned work, or the page itself; `body` as customers read it now."""

    page: str
    remote_id: str
    status: MaintenanceStatus
    body: str
    posted_at: int


class NoticeEvidence(Struct, frozen=True):
    """What a page shows that might be a notice in doubt; without `remote_update_id` it is the work as a whole."""

    remote_id: str
    remote_update_id: str | None
    title: str
    status: MaintenanceStatus
    body: str
    created_at: int


class NoticeDelivery(Struct, frozen=True):
    """One notice on its way to one page; the fields that it shares with `Delivery` mean the same.

    `body` is what customers read, once they do: a late one adds when it was due, and a page that moves by itself has
    words of its own; `confirmed_body` is what a person confirmed. `touches` is what of the plan it puts on the page.
    One that `is_overtaken` was made untrue or needless by a later one to the same page. `evidence` is what the page
    shows of one that a person is asked about.
    """

    id: int
    uid: str
    kind: NoticeKind
    is_automatic: bool
    maintenance_id: int
    page: str
    state: DeliveryState
    body: str
    notify: bool
    due_at: int
    created_at: int
    created_by: str
    attempts: int = 0
    sending_at: int | None = None
    next_try_at: int | None = None
    baseline: tuple[str, ...] = ()
    reason: str = ""
    delivered_at: int | None = None
    seen_at: int | None = None
    is_forced: bool = False
    asked_at: int | None = None
    remote_id: str | None = None
    touches: frozenset[PlanPart] = frozenset()
    is_overtaken: bool = False
    confirmed_body: str = ""
    evidence: tuple[NoticeEvidence, ...] = ()


STATUS_AFTER = {
    NoticeKind.PLAN: MaintenanceStatus.SCHEDULED,
    NoticeKind.START: MaintenanceStatus.IN_PROGRESS,
    NoticeKind.FINISH: MaintenanceStatus.COMPLETED,
    NoticeKind.CANCEL: MaintenanceStatus.COMPLETED,
}
LATE_AFTER_MS = 5 * MINUTE
OVERRUN_GRACE_MS = 10 * MINUTE
_ENDING = (NoticeKind.FINISH, NoticeKind.CANCEL)
_OVERTAKEN_BY = {
    NoticeKind.REMIND: (NoticeKind.START, *_ENDING),
    NoticeKind.CHANGE: _ENDING,
    NoticeKind.START: _ENDING,
    NoticeKind.EXTEND: _ENDING,
}
_OF_THE_PLAN = (NoticeKind.CHANGE, NoticeKind.EXTEND)


def is_standing(notice: Notice) -> bool:
    return notice.is_automatic and notice.withdrawn_at is None


def is_ending(kind: NoticeKind) -> bool:
    return kind in _ENDING


def find_due(maintenance: Maintenance, now: int) -> list[tuple[Notice, bool]]:
    """Returns the automatic notices that the clock takes now, in order, each with whether customers are told of it.

    None is taken before it is due, nor an end before the start. What a sleep made untrue is taken without words: a
    reminder of what has begun, a start of what is over.
    """
    if not maintenance.status.is_open:
        return []
    waiting = {notice.kind: notice for notice in maintenance.notices if notice.is_automatic and notice.is_waiting}
    due = {kind: notice for kind, notice in waiting.items() if notice.due_at <= now}
    start, finish = due.get(NoticeKind.START), due.get(NoticeKind.FINISH)
    if start is None and NoticeKind.START in waiting:
        finish = None
    has_begun = maintenance.status.is_active or start is not None
    notices: list[tuple[Notice, bool]] = []
    if remind := due.get(NoticeKind.REMIND):
        notices.append((remind, not has_begun))
    if start:
        notices.append((start, finish is None))
    if finish:
        notices.append((finish, True))
    return notices


def is_overtaken(
    kind: NoticeKind, touches: frozenset[PlanPart], later: Iterable[tuple[NoticeKind, frozenset[PlanPart]]]
) -> bool:
    """Tells whether what was confirmed later makes the words of a notice untrue or needless.

    A word on the plan is, when a later one speaks of all that it speaks of; a reminder is, when the start has moved.
    """
    for other, others in later:
        if other in _OVERTAKEN_BY.get(kind, ()):
            return True
        if kind in _OF_THE_PLAN and other in _OF_THE_PLAN and touches <= others:
            return True
        if kind is NoticeKind.REMIND and other is NoticeKind.CHANGE and PlanPart.START in others:
            return True
    return False


def require_notice(maintenance: Maintenance, kind: NoticeKind, now: int, ends_at: int | None = None) -> None:
    """Raises RefusedError when a notice is out of place: over is over, and what has begun does not begin again."""
    name = f"M{maintenance.id}"
    if maintenance.cancelled_at is not None:
        raise RefusedError("cancelled", f"{name} was cancelled: plan a new maintenance.")
    if not maintenance.status.is_open:
        raise RefusedError("already-over", f"{name} is over: plan a new maintenance.")
    if kind in (NoticeKind.START, NoticeKind.REMIND) and maintenance.status.is_active:
        raise RefusedError("already-begun", f"{name} has begun already: extend, finish or cancel it.")
    if kind is NoticeKind.FINISH and not maintenance.status.is_active:
        raise RefusedError("not-begun", f"{name} has not begun: start it, or cancel it.")
    if kind is NoticeKind.START and maintenance.ends_at <= now:
        raise RefusedError("past-end", f"The time of {name} has passed: extend it first, or cancel it.")
    if ends_at is not None and ends_at <= max(now, maintenance.ends_at):
        at = write_instant(max(now, maintenance.ends_at))
        raise RefusedError("past-end", f"The new end of {name} must be later than {at}.")


def require_window(starts_at: int, ends_at: int, now: int) -> None:
    """Raises RefusedError for a window that nobody can announce any more, or that has no length."""
    if ends_at <= starts_at:
        raise RefusedError("window", "The end must be later than the start.")
    if ends_at <= now:
        raise RefusedError("window", "The whole time lies in the past: announce work before it ends.")


def is_silencing(maintenance: Maintenance, now: int) -> bool:
    """Tells whether alarms are expected: in the window and for ten minutes after it, while nobody has called it over.

    What is being put back needs a moment; work that overruns for longer without a word rings again. Work that was
    called over rings at once, since customers read that all is well.
    """
    return maintenance.status.is_open and maintenance.starts_at <= now < maintenance.ends_at + OVERRUN_GRACE_MS


def find_silence(maintenances: Iterable[Maintenance], probe: str, now: int) -> Maintenance | None:
    """Returns the maintenance that silences a probe at `now`, the one that ends last; None when its alarms count."""
    silencing = [each for each in maintenances if probe in each.probes and is_silencing(each, now)]
    return max(silencing, key=lambda each: each.ends_at, default=None)


def word_notice(kind: NoticeKind, components: Sequence[str], starts_at: int, ends_at: int, *, has_begun: bool) -> str:
    """Returns what a notice says when nobody wrote better words; instants stand whole, so that they stay true."""
    what = name_work_on(components)
    start, end = write_instant(starts_at), write_instant(ends_at)
    window = f"From {write_span(starts_at, ends_at)}"
    if kind is NoticeKind.CANCEL:
        return f"The planned {what} was stopped." if has_begun else f"The planned {what} will not take place."
    return {
        NoticeKind.PLAN: f"{window} we plan {what}. We will post here when it begins and when it ends.",
        NoticeKind.CHANGE: f"The planned {what} has changed: it now runs from {write_span(starts_at, ends_at)}.",
        NoticeKind.REMIND: f"A reminder: the planned {what} begins at {start}.",
        NoticeKind.START: f"The planned {what} has begun.",
        NoticeKind.EXTEND: f"The {what} takes longer than planned and should now end by {end}.",
        NoticeKind.FINISH: f"The planned {what} is complete.",
    }[kind]


def name_work_on(components: Sequence[str]) -> str:
    return f"work on {_join(components)}" if components else "work"


def write_span(starts_at: int, ends_at: int) -> str:
    """Returns a window as customers read it, such as `02:00 to 04:00 UTC on 29 November 2026`."""
    start, end = write_instant(starts_at), write_instant(ends_at)
    is_one_day = start.partition(" on ")[2] == end.partition(" on ")[2]
    return f"{start.partition(' ')[0] if is_one_day else start} to {end}"


def word_late(body: str, due_at: int, now: int, window: tuple[int, int] | None = None) -> str:
    """Returns the words as they are true at `now`: a message that was held up says when it was due.

    An end of which customers were never told the start tells the `window` of both.
    """
    late = "" if now - due_at < LATE_AFTER_MS else f"This message was due at {write_instant(due_at)}."
    planned = f"Planned from {write_instant(window[0])} to {write_instant(window[1])}." if window else ""
    return f"{body}\n\n({' '.join(filter(None, (planned, late)))})" if planned or late else body


def write_instant(at: int) -> str:
    """Returns an instant as customers read it, such as `02:00 UTC on 29 November 2026`."""
    moment = datetime.fromtimestamp(at // 1000, UTC)
    return f"{moment:%H:%M} UTC on {moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def _join(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
