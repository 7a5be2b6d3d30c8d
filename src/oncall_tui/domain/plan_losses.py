"""What of a notice of planned work a page would refuse or not show: told before sending, never dropped in silence."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from oncall_tui.domain.capability import Capabilities, Loss
from oncall_tui.domain.lint.model import Finding, Level
from oncall_tui.domain.maintenance import NoticeKind
from oncall_tui.domain.pagestate import PageState

RULE = "page"
"""Stands where findings about words have the id of a rule: no team may switch it off."""


def list_notice_losses(
    page: Capabilities, kind: NoticeKind, *, title: str, body: str, components: Collection[str]
) -> list[Loss]:
    """Returns what one kind of page would lose of a notice, in the order of a person's worry."""
    losses = []
    is_titled = kind in (NoticeKind.PLAN, NoticeKind.CHANGE)
    if is_titled and page.title_most is not None and len(title) > page.title_most:
        losses.append(Loss(f"the title has {len(title)} characters, {page.adapter} takes {page.title_most}", True))
    if page.body_most is not None and len(body) > page.body_most:
        losses.append(Loss(f"the text has {len(body)} characters, {page.adapter} takes {page.body_most}", True))
    if page.needs_component and not components:
        losses.append(Loss(f"{page.adapter} takes no planned work without a component", True))
    if page.moves_silently and kind is NoticeKind.PLAN:
        losses.append(Loss(f"{page.adapter} starts and ends it by its own clock without a word: yours need an engine"))
    if page.mails_as_announced:
        losses.append(Loss(f"{page.adapter} mails of all that is said of it, or of nothing, as of its announcement"))
    if page.keeps_one_text and kind is not NoticeKind.PLAN:
        losses.append(Loss(f"{page.adapter} has one text of planned work: this is added to it, and nobody gets mail"))
    if page.keeps_window and kind in (NoticeKind.CHANGE, NoticeKind.EXTEND):
        new = "the new end" if kind is NoticeKind.EXTEND else "what changes"
        losses.append(Loss(f"{page.adapter} shows for ever what was announced: there your words alone tell {new}"))
    return losses


def find_notice_losses(
    states: Iterable[PageState],
    pages: Collection[str],
    kind: NoticeKind,
    *,
    title: str,
    body: str,
    components: Collection[str],
) -> list[Finding]:
    """Returns the same of each page that is told, by its name, as findings that go away with the words alone."""
    return [
        Finding(RULE, Level.BLOCK if loss.is_blocking else Level.WARN, f"{name}: {loss.message}.", 0, 0, is_final=True)
        for state in states
        if state.page in pages and (held := state.capabilities) is not None and held.has_maintenance
        for name in (state.name or state.page,)
        for loss in list_notice_losses(held, kind, title=title, body=body, components=components)
    ]
