"""What the screen of planned work says: pure drawing of what is known."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from msgspec.structs import astuple
from textual.content import Content

from oncall_tui.domain.duration import MINUTE, format_age
from oncall_tui.domain.maintenance import (
    FACT_NAMES,
    Maintenance,
    MaintenanceStatus,
    Notice,
    NoticeDelivery,
    NoticeEvidence,
    NoticeKind,
)
from oncall_tui.domain.merging import list_behind
from oncall_tui.domain.notices import needs_person
from oncall_tui.domain.planning import find_ended_at, name_state
from oncall_tui.domain.update import DeliveryState
from oncall_tui.tui.planning import Work
from oncall_tui.tui.text import DELIVERY_LOOK, Glyphs, clock_utc, cut, date_utc, fit, join, line, look, wrap
from oncall_tui.tui.widgets.proof_words import NamePage, add_fitting
from oncall_tui.tui.widgets.uncertain_words import list_evidence

_STATE_WIDTH, _TIME_WIDTH, _TOLD_WIDTH = 13, 15, 12
_WIDE = 110
_WORDS_SHOWN = 4
_NAME_MOST = 24
_LATE_AFTER_MS = 5 * MINUTE
_STATES = {
    "scheduled": ("○", "UPCOMING", "$title"),
    "in_progress": ("■", "IN PROGRESS", "$state-maintenance"),
    "verifying": ("■", "VERIFYING", "$state-maintenance"),
    "overrunning": ("▲", "OVERRUNNING", "$state-slow"),
    "completed": ("●", "DONE", "$state-ok"),
    "cancelled": ("×", "CALLED OFF", "$muted"),
}
KIND_WORDS = {
    NoticeKind.PLAN: "announced",
    NoticeKind.REMIND: "reminder",
    NoticeKind.CHANGE: "changed",
    NoticeKind.START: "start",
    NoticeKind.EXTEND: "extended",
    NoticeKind.FINISH: "end",
    NoticeKind.CANCEL: "called off",
}


def draw_state(maintenance: Maintenance, now: int) -> Content:
    """Returns where the work stands, as shape and word."""
    state = name_state(maintenance, now)
    is_late = state == "scheduled" and maintenance.starts_at < now - _LATE_AFTER_MS
    shape, word, style = ("▲", "NOT BEGUN", "$state-slow") if is_late else _STATES[state]
    return look(shape, word, f"{style} bold")


def draw_time(maintenance: Maintenance, now: int) -> Content:
    """Returns how long it still is, or how long ago it was."""
    if maintenance.status is MaintenanceStatus.SCHEDULED:
        left = maintenance.starts_at - now
        if left < -_LATE_AFTER_MS:
            return join((f"{_span(-left)} late", "bold $state-slow"))
        return join(f"in {_span(left)}" if left > 0 else "now")
    if maintenance.status.is_active:
        left = maintenance.ends_at - now
        if left <= 0:
            return join((f"{_span(-left)} over", "bold $state-slow"))
        return join((f"{_span(left)} left", "bold"))
    return join((f"{_span(now - find_ended_at(maintenance))} ago", "$muted"))


def _span(ms: int) -> str:
    """Returns a length without seconds: nobody counts those of planned work."""
    if ms < MINUTE:
        return "under 1m"
    return f"{ms // MINUTE}m" if ms < 60 * MINUTE else format_age(ms)


def draw_told(work: Work) -> Content:
    """Returns what customers have of it, the worst of its pages."""
    if work.asking:
        return look("?", "NEEDS YOU", "bold $state-partial")
    if any(place.conflict for place in work.placements):
        return look("?", "CONFLICT", "bold $state-partial")
    if any(place.difference for place in work.placements):
        return look("▲", "DIFFERS", "bold $state-partial")
    if not work.deliveries:
        return look("✓", "seen", "$state-ok") if not work.maintenance.is_local else join(("not told", "$muted"))
    if work.waiting:
        return look("◌", "waiting", "$state-slow")
    if all(each.state is DeliveryState.DROPPED for each in work.deliveries):
        return join(("not told", "$muted"))
    last = [each for each in work.deliveries if each.state is DeliveryState.DELIVERED]
    is_seen = all(any(each.seen_at for each in last if each.page == page) for page in {each.page for each in last})
    return look("✓", "seen" if is_seen else "told", "$state-ok")


def draw_row(work: Work, is_here: bool, width: int, now: int) -> Content:
    """Returns one line of the list: number, state, time, what customers have, title and components."""
    maintenance = work.maintenance
    lead = join(
        (f"{Glyphs.show('▸')} " if is_here else "  ", "bold $line-focus"),
        fit(line(f"M{maintenance.id}", "bold"), 4),
        " ",
        fit(draw_state(maintenance, now), _STATE_WIDTH + 2),
        fit(draw_time(maintenance, now), _TIME_WIDTH - 1),
        " ",
        fit(draw_told(work), _TOLD_WIDTH),
        " ",
    )
    made = "" if maintenance.is_local else "from the page "
    title = join((made, "$muted"), (maintenance.title, "bold" if is_here else ""))
    parts = ", ".join(maintenance.components)
    if parts and width >= _WIDE:
        title = join(fit(title, (width - lead.cell_length) // 2), "  ", (parts, "$muted"))
    return cut(join(lead, title), width)


def draw_empty(width: int) -> list[Content]:
    """Returns what stands there while nothing is planned: what the screen is for, and the key that begins."""
    words = (
        "A plan is announced on the status page, silences its probes while it lasts, and starts and ends by the clock, "
        "with words that you confirm now."
    )
    return [
        line("Nothing is planned, and nothing ended within a day.", "bold"),
        Content(""),
        *(line(row, "$muted") for row in wrap(words, width)),
        Content(""),
        join(("n ", "bold $title"), "plans work"),
    ]


def draw_detail(work: Work, name_page: NamePage, width: int, now: int, fixed: Collection[str] = ()) -> list[Content]:
    """Returns one maintenance whole: its window, its pages, and each notice with its proof."""
    maintenance = work.maintenance
    rows = [
        *(line(row, "bold") for row in wrap(f"M{maintenance.id}  {maintenance.title}", width)),
        join(draw_state(maintenance, now), "  ", draw_time(maintenance, now)),
        *_label("when", f"{date_utc(maintenance.starts_at)} to {date_utc(maintenance.ends_at)}", width),
        *_label("components", ", ".join(maintenance.components) or "none", width),
        *_label("silences", ", ".join(maintenance.probes) or "no probe", width),
        *_label("planned by", _tell_maker(maintenance), width),
    ]
    for name, words in zip(FACT_NAMES, astuple(maintenance.facts), strict=True):
        rows += _label(name, words, width) if words else []
    if not work.pages:
        rows += _label("pages", "no page is told of it", width)
    places = {place.page: place for place in work.placements}
    behind = list_behind(maintenance, work.placements, fixed)
    for page in dict.fromkeys((*work.pages, *places)):
        place = places.get(page)
        rows += _label("page", " ".join((name_page(page), place.url or "" if place else "")), width)
        if place is not None and place.difference:
            rows += _warn(f"NOT AS PLANNED on {name_page(page)}: {place.difference}", width)
            if page in behind:
                rows.append(join(" " * 12, ("E ", "bold $title"), ("tells it what was changed", "$muted")))
        if place is not None and place.conflict:
            rows += _warn(f"BOTH SIDES CHANGED IT on {name_page(page)}: {place.conflict}", width)
        if place is not None and place.is_led_elsewhere:
            rows.append(line("            another host wrote there last", "$muted"))
    for notice in maintenance.notices:
        if notice.withdrawn_at is None:
            rows += [Content(""), *_draw_notice(work, notice, name_page, width)]
    for message in work.messages:
        who = (f"  on {name_page(message.page)}, by others", "$muted")
        rows += [Content(""), cut(join(fit(line("OTHERS", "bold"), 12), date_utc(message.posted_at), who), width)]
        rows += [join("  ", line(row)) for row in _shorten(message.body, width - 2)]
    return rows


def _tell_maker(maintenance: Maintenance) -> str:
    if maintenance.is_local:
        return f"{maintenance.created_by}, {date_utc(maintenance.created_at)}"
    return f"others, on the page; known here since {date_utc(maintenance.created_at)}"


def _warn(words: str, width: int) -> list[Content]:
    return [line(row, "bold $state-partial") for row in wrap(f"{Glyphs.show('▲')} {words}", width)]


def _label(name: str, words: str, width: int) -> list[Content]:
    first, *rest = wrap(words, max(8, width - 12)) or [""]
    return [join((f"{name:<12}", "$muted"), first), *(join(" " * 12, row) for row in rest)]


def _draw_notice(work: Work, notice: Notice, name_page: NamePage, width: int) -> list[Content]:
    kind = fit(line(KIND_WORDS[notice.kind].upper(), "bold"), 12)
    said = [each for each in work.deliveries if each.uid == notice.uid]
    by = f"by the clock, {notice.confirmed_by} confirmed" if notice.is_automatic else f"by {notice.confirmed_by}"
    if notice.fired_at is None:
        by = f"waits for the clock, {notice.confirmed_by} confirmed"
    elif not said:
        by = "not told to customers"
    at = notice.due_at if notice.fired_at is None else notice.fired_at
    head = join(kind, date_utc(at), (f"  {by}", "$muted"))
    rows = [cut(head, width)]
    room = max((len(name_page(each.page)) for each in said), default=0)
    for each in said:
        rows += draw_notice_proof(each, fit(line(name_page(each.page), "bold"), min(room, _NAME_MOST)), width)
    told = next((each.body for each in said if each.state is DeliveryState.DELIVERED), notice.body)
    rows += [join("  ", line(row)) for row in _shorten(told, width - 2)]
    return rows


def _shorten(body: str, width: int) -> list[str]:
    rows = wrap(body, max(8, width))
    return (
        rows
        if len(rows) <= _WORDS_SHOWN
        else [*rows[: _WORDS_SHOWN - 1], f"and {len(rows) - _WORDS_SHOWN + 1} more lines"]
    )


def draw_notice_proof(delivery: NoticeDelivery, page: Content, width: int) -> list[Content]:
    """Returns how far a notice has got on one page, each step with its time, and why it goes no further."""
    if delivery.seen_at is not None:
        state = join((f"{Glyphs.show('✓')} SEEN", "$state-ok"))
    else:
        state = look(*DELIVERY_LOOK[delivery.state])
    sent = "sent" if delivery.delivered_at is not None else "tried"
    steps = [
        join((f"{name} ", "$muted"), clock_utc(at).removesuffix(" UTC"))
        for name, at in ((sent, delivery.sending_at), ("accepted", delivery.delivered_at), ("seen", delivery.seen_at))
        if at is not None
    ]
    rows = [cut(add_fitting(join("  ", page, "  ", state), steps, width), width)]
    if delivery.reason:
        style = "$state-down" if needs_person(delivery) else "$muted"
        rows += [join("  ", (words, style)) for words in wrap(delivery.reason, max(8, width - 2))]
    if needs_person(delivery):
        rows.append(join("  ", ("c ", "bold $title"), ("decides", "bold")))
    return rows


def draw_evidence(delivery: NoticeDelivery, chosen: NoticeEvidence | None, width: int) -> list[Content]:
    """Returns what the page shows, the chosen message marked."""
    found = list_evidence(delivery.evidence)
    if not found:
        is_failed = delivery.state is DeliveryState.FAILED
        words = "It failed: nothing on the page can be it." if is_failed else "The page shows nothing that could be it."
        return [line(row, "$muted") for row in wrap(words, width)]
    rows = [line("The page now, newest first: what could be it", "$muted")]
    for item in found:
        mark = f"{Glyphs.show('▸')} " if item == chosen else "  "
        state = f"  {item.status.replace('_', ' ')}"
        rows.append(join((mark, "bold $line-focus"), (date_utc(item.created_at), "bold"), (state, "$muted")))
        if delivery.kind is NoticeKind.PLAN and item.body:
            rows.append(cut(join("  ", (item.title, "bold")), width))
        rows += [join("  ", line(row)) for row in _shorten(item.body or item.title, width - 2)]
    return rows


def draw_list(works: Sequence[Work], here: int | None, width: int, now: int) -> list[Content]:
    """Returns the head of the list and a line for each."""
    words = (
        "",
        fit(line("STATE"), _STATE_WIDTH + 2),
        fit(line("TIME"), _TIME_WIDTH),
        fit(line("CUSTOMERS"), _TOLD_WIDTH + 1),
    )
    head = join("  ", fit(line("ID"), 5), *words[1:], "TITLE").stylize("$muted")
    return [head, *(draw_row(work, work.maintenance.id == here, width, now) for work in works)]
