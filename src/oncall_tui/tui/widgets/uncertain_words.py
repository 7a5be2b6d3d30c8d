"""What the screen of an unsettled delivery says: pure drawing of what is known, and no more than that."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from textual.content import Content

from oncall_tui.domain.maintenance import NoticeDelivery, NoticeEvidence
from oncall_tui.domain.update import Delivery, DeliveryState, Evidence
from oncall_tui.tui.text import (
    DELIVERY_LOOK,
    STATUS_LOOK,
    Glyphs,
    clock_utc,
    cut,
    date_utc,
    join,
    line,
    look,
    pack,
    wrap,
)
from oncall_tui.tui.widgets.compose_words import draw_body

_WORDS_SHOWN = 8


#: What is on its way to a page, and what the page shows that could be it.
Unsettled = Delivery | NoticeDelivery
Shown = Evidence | NoticeEvidence
ShownT = TypeVar("ShownT", bound=Shown)


def list_evidence(evidence: Iterable[ShownT]) -> list[ShownT]:
    """Returns what the page shows that could be a delivery, newest first."""
    return sorted(evidence, key=lambda item: item.created_at, reverse=True)


def draw_tried(
    delivery: Unsettled, subject: str, kind: str, page: str, width: int, *, is_brief: bool = False
) -> list[Content]:
    """Returns what was tried, where, how often, when, and what went wrong; the last of these alone where `is_brief`."""
    state = look(*DELIVERY_LOOK[delivery.state])
    count = f"{delivery.attempts} attempt{'' if delivery.attempts == 1 else 's'}"
    tried = count if delivery.sending_at is None else f"{count}, the last at {clock_utc(delivery.sending_at)}"
    head = join(state, (f"   {kind} on ", "$muted"), (page, "bold"))
    told = join(head, (f"   {tried}", "$muted"))
    if is_brief:
        return [cut(line(subject, "bold"), width), cut(head, width), cut(line(delivery.reason, "$state-down"), width)]
    rows = [line(row, "bold") for row in wrap(subject, width)]
    rows += [told] if told.cell_length <= width else [head, line(tried, "$muted")]
    return [*rows, *(line(row, "$state-down") for row in wrap(delivery.reason, width))]


def draw_ours(delivery: Delivery, width: int) -> list[Content]:
    """Returns the update as a person confirmed it."""
    who = (f"  confirmed {date_utc(delivery.created_at)} by {delivery.created_by}", "$muted")
    rows = [join(look(*STATUS_LOOK[delivery.status]), who)]
    if delivery.title is not None:
        rows += [line(row, "bold") for row in wrap(delivery.title, width)]
    return [*rows, *(line(row) for row in wrap(delivery.body, width))]


def draw_shown(delivery: Delivery, chosen: Evidence | None, width: int) -> tuple[list[Content], int]:
    """Returns what the page shows and in which row the chosen message begins."""
    found = list_evidence(delivery.evidence)
    if not found:
        if delivery.state is DeliveryState.FAILED:
            words = "A failed update has nothing on the page that could be it."
        elif delivery.asked_at is None:
            words = "It has not been looked for yet."
        else:
            words = "Nothing that could be it."
        return [line(row, "$muted") for row in wrap(words, width)], 0
    rows: list[Content] = []
    at = 0
    for item in found:
        is_here = item is chosen or item == chosen
        if is_here:
            at = len(rows)
        mark = f"{Glyphs.show('▸')} " if is_here else "  "
        state = look(*STATUS_LOOK[item.status])
        rows.append(join((mark, "bold $line-focus"), (f"{clock_utc(item.created_at)}  ", "bold"), state))
        if delivery.title is not None and item.title != delivery.title:
            rows += [join("  ", (row, "bold")) for row in wrap(item.title, width - 2)]
        rows += [join("  ", row) for row in draw_body(item.body, width - 2, _WORDS_SHOWN)]
    return rows, at


def draw_keys(delivery: Unsettled, width: int, *, problem: str, can_adopt: bool, asked: str) -> list[Content]:
    """Returns the keys, those that are closed with the reason, and what sending again may do.

    `asked` is the question that a second press answers.
    """
    is_failed = delivery.state is DeliveryState.FAILED
    is_looked_up = is_failed or delivery.asked_at is not None
    keys = [
        _draw_key("a", "it is there", is_open=can_adopt),
        _draw_key("^s", "send again", is_open=is_looked_up),
        _draw_key("d", "drop", is_open=True),
        _draw_key("esc", "decide later", is_open=True),
    ]
    rows = pack(keys, width)
    if not is_looked_up:
        when = "" if delivery.next_try_at is None else f" at {clock_utc(delivery.next_try_at)}"
        rows += _draw_words(f"The page is read again{when}; nobody can tell before: two keys are closed.", width)
    elif not can_adopt:
        rows += _draw_words("a is closed: the page shows nothing that could be it.", width)
    if is_looked_up and not is_failed:
        who = "subscribers get it" if delivery.notify else "customers read it"
        words = f"{Glyphs.show('▲')} If it was there after all, sending again makes {who} twice."
        rows += [line(row, "$state-slow") for row in wrap(words, width)]
    rows += [line(row, "bold $state-partial") for row in wrap(asked, width)] if asked else []
    if problem:
        rows += [line(row, "$state-down") for row in wrap(f"{Glyphs.show('✖')} {problem}", width)]
    return rows


def tell_ending(ending: Unsettled, width: int, *, has_more: bool) -> list[Content]:
    """Returns how a delivery went on without this screen; there is nothing left to decide about it here."""
    at = f" {clock_utc(ending.delivered_at)}" if ending.delivered_at is not None else ""
    reason = f": {ending.reason}" if ending.reason else ""
    rows = [join("Settled meanwhile: ", look(*DELIVERY_LOOK[ending.state]), at, (reason, "$muted"))]
    rows = [line(row) for row in wrap(rows[0].plain, width)] if rows[0].cell_length > width else rows
    return [*rows, join(("esc ", "bold"), "close", *((("   n ", "bold"), "next") if has_more else ()))]


def _draw_key(key: str, words: str, *, is_open: bool) -> Content:
    return join((f"{key} ", "bold"), words) if is_open else join((f"{key} {words} (closed)", "$muted"))


def _draw_words(words: str, width: int) -> list[Content]:
    return [line(row, "$muted") for row in wrap(words, width)]
