"""What the review of planned work says: each notice with its instant, and all that follows from a yes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from textual.content import Content
from textual.widget import Widget

from oncall_tui.domain.duration import MINUTE, format_age
from oncall_tui.domain.lint.model import Finding, Level
from oncall_tui.domain.maintenance import Maintenance, NoticeKind, PlanPart
from oncall_tui.domain.sanitize import clean_line
from oncall_tui.domain.update import BODY_LIMIT
from oncall_tui.tui.text import Glyphs, date_utc, join, line, wrap
from oncall_tui.tui.widgets.review_words import draw_finding, draw_labelled, draw_rows

if TYPE_CHECKING:
    from oncall_tui.tui.change import Change
    from oncall_tui.tui.plan import Plan, Typed

_FINDINGS_SHOWN = 3
NARROW = 72
"""Cells of a screen below which a field needs the room of what stands beside it."""
_WHEN = {NoticeKind.REMIND: "reminder", NoticeKind.START: "start", NoticeKind.FINISH: "end"}
NO_PAGE = "no page: it is kept here, customers are NOT told"


def tell_instant(at: int | None, now: int, *, is_short: bool = False) -> Content:
    """Returns an instant as it was understood, and how far away it is; nothing while it is not known."""
    if at is None:
        return Content("")
    if is_short:
        return join((f"{Glyphs.show('→')} ", "$muted"), (date_utc(at), "bold"))
    left = at - now
    away = "now" if left < MINUTE else f"in {left // MINUTE}m" if left < 60 * MINUTE else f"in {format_age(left)}"
    return join((f"{Glyphs.show('→')} ", "$muted"), (date_utc(at), "bold"), (f", {away}", "$muted"))


def point_at(field: Widget, words: str) -> Content:
    """Returns what stands in a field that is edited elsewhere, marked while it has the focus."""
    return join((f"{Glyphs.show('▸')} ", "bold $line-focus"), words) if field is field.screen.focused else line(words)


def tell_targets(pages: Sequence[str]) -> str:
    """Returns in words how many pages something was queued for."""
    if not pages:
        return "kept here, no page is told"
    return "queued for the page" if len(pages) == 1 else f"queued for {len(pages)} pages"


def draw_plan_words(title: str, plan: Plan, words: Mapping[NoticeKind, str], width: int) -> list[Content]:
    """Returns the title, and every notice with when customers read it."""
    due = {NoticeKind.REMIND: plan.remind_at, NoticeKind.START: plan.starts_at, NoticeKind.FINISH: plan.ends_at}
    rows = [line(row, "bold") for row in wrap(title, width)]
    for kind, body in words.items():
        at = due.get(kind)
        head = "now" if at is None else f"{date_utc(at)}, {_WHEN[kind]}, said by the clock"
        rows += [Content(""), line(head, "$muted"), *(line(row) for row in wrap(body, width))]
    return rows


def draw_change_words(
    title: str, maintenance: Maintenance, change: Change, words: Mapping[NoticeKind, str], width: int
) -> list[Content]:
    """Returns the title, what customers read now, and what the clock says otherwise from then on."""
    rows = [line(row, "bold") for row in wrap(title, width)]
    rows += [Content(""), line("now", "$muted"), *(line(row) for row in wrap(words[NoticeKind.CHANGE], width))]
    for kind, at in change.due.items():
        said = maintenance.find_automatic(kind)
        if at is None:
            rows += [Content(""), line(f"{_WHEN[kind]}: not said, its time has passed", "$state-slow")]
        elif said is not None and (at != said.due_at or words[kind] != said.body):
            head = f"{date_utc(at)}, {_WHEN[kind]}, said by the clock"
            rows += [Content(""), line(head, "$muted"), *(line(row) for row in wrap(words[kind], width))]
    return rows


def draw_change_facts(
    change: Change,
    pages: Sequence[str],
    silenced: Sequence[str],
    findings: Sequence[Finding],
    now: int,
    width: int,
    *,
    notify: bool,
) -> list[Content]:
    """Returns what is new beside what it was, who is told, and what stands against it."""
    plan, before, parts = change.plan, change.work.before or change.plan, change.work.touched
    rows = draw_rows("Was called", before.title, width, "$muted") if PlanPart.TITLE in parts else []
    for part, label, at, old in (
        (PlanPart.START, "Begins", plan.starts_at, before.starts_at),
        (PlanPart.END, "Ends", plan.ends_at, before.ends_at),
    ):
        was = f"was {date_utc(old)}" if part in parts else "as before"
        row = draw_labelled(label, join(tell_instant(at, now), (f"  {was}", "$muted")))
        rows += (
            [row]
            if row.cell_length <= width
            else [draw_labelled(label, tell_instant(at, now)), draw_labelled("", line(was, "$muted"))]
        )
    if PlanPart.COMPONENTS in parts:
        touched = f"{', '.join(plan.components)}, before {', '.join(before.components) or 'none'}"
        rows += [*draw_rows("Components", touched, width)]
        rows += [*draw_rows("Silences", ", ".join(silenced) or "no probe", width)]
    for name, was, news in change.news:
        known = "" if name == "effect" else ", read by no customer"
        rows += draw_rows(name.capitalize(), f"{news or 'none'}, before {was or 'none'}{known}", width)
    for told in list_read(change):
        rows += draw_rows("Said so far", told, width, "$muted")
    if change.telling.is_carrying:
        rows += [*draw_rows("Here", "it is so already; only the pages that are behind are told", width)]
    return add_findings([*rows, *draw_targets(pages, width, notify=notify)], findings, width)


def list_read(change: Change) -> list[str]:
    """Returns the words for customers of an effect that changes, said already or to be said by the clock."""
    return [f"{date_utc(at)}: {clean_line(body, BODY_LIMIT)}" for at, body in change.read]


def draw_plan_facts(
    typed: Typed,
    plan: Plan,
    pages: Sequence[str],
    silenced: Sequence[str],
    remarks: Sequence[str],
    findings: Sequence[Finding],
    now: int,
    width: int,
) -> list[Content]:
    """Returns the window, what it touches, who is told, and what stands against it."""
    start, end = tell_instant(plan.starts_at, now), tell_instant(plan.ends_at, now)
    rows = [
        draw_labelled("Begins", start),
        draw_labelled("Ends", end),
        *draw_rows("Components", ", ".join(typed.components) or "none", width),
        *(draw_rows("Way back", typed.backout.strip(), width) if typed.backout.strip() else ()),
        *draw_rows("Silences", ", ".join(silenced) or "no probe", width),
        *draw_targets(pages, width, notify=typed.notify),
        *(draw_labelled("", line(row, "$state-slow")) for each in remarks for row in wrap(each, width - 13)),
    ]
    return add_findings(rows, findings, width)


def draw_targets(pages: Sequence[str], width: int, *, notify: bool) -> list[Content]:
    """Returns where it goes, and whether subscribers get mail."""
    rows = draw_rows("Goes to", ", ".join(pages) or NO_PAGE, width, "" if pages else "bold $state-down")
    if pages:
        words = "subscribers get mail" if notify else "subscribers get no mail"
        rows.append(draw_labelled("Mail", line(words)))
    return rows


def draw_first_finding(findings: Sequence[Finding], width: int) -> list[Content]:
    """Returns the worst of what stands against words that are still being written, and how much more there is."""
    if not findings:
        return []
    shape, style = ("✖", "$state-down") if findings[0].level is Level.BLOCK else ("▲", "$state-slow")
    count = f" (1 of {len(findings)})" if len(findings) > 1 else ""
    told = f"{Glyphs.show(shape)} {findings[0].rule} {findings[0].message}{count}"
    return [line(row, style) for row in wrap(told, width)[:2]]


def add_findings(rows: Sequence[Content], findings: Sequence[Finding], width: int) -> list[Content]:
    """Returns facts with all that blocks before them, and behind them as much of the rest as there is room for."""
    blocks = [finding for finding in findings if finding.level is Level.BLOCK]
    others = [finding for finding in findings if finding.level is not Level.BLOCK]
    shown = others[: max(0, _FINDINGS_SHOWN - len(blocks))]
    before, behind = ([row for each in part for row in draw_finding(each, width)] for part in (blocks, shown))
    if len(others) > len(shown):
        count = len(others) - len(shown)
        behind.append(draw_labelled("", line(f"and {count} more {'warning' if count == 1 else 'warnings'}", "$muted")))
    return [*before, *rows, *behind]
