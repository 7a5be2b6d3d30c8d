"""What the screen of a review says: how far it has got, and its text as customers will see it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from textual.content import Content

from oncall_tui.domain.incident import Incident
from oncall_tui.domain.postmortem import Document, Postmortem, Publication, PublicationState, tell_publication
from oncall_tui.tui.reviewing import Review
from oncall_tui.tui.text import STATUS_LOOK, Glyphs, cut, date_utc, join, line, look, wrap
from oncall_tui.tui.widgets.proof_words import NamePage
from oncall_tui.tui.widgets.review_words import draw_labelled, draw_rows

_LOOKS = {
    PublicationState.PUBLISHING: ("◌", "QUEUED", "$state-slow"),
    PublicationState.PUBLISHED: ("✓", "PUBLISHED", "$state-ok"),
    PublicationState.REVERTING: ("◌", "TAKING BACK", "$state-slow"),
    PublicationState.REVERTED: ("×", "TAKEN BACK", "$muted"),
    PublicationState.FAILED: ("✖", "FAILED", "$state-down"),
    PublicationState.SKIPPED: ("×", "NO PLACE", "$muted"),
}
_BOLD = re.compile(r"\*\*([^*\n]{1,500})\*\*")
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+\-.!~|>&])")
_HEADING = re.compile(r"(#{1,6}) +(.*)")
_ITEM = re.compile(r"(\s*)(?:[-*+]|(\d{1,3})[.)]) +(.*)")


def draw_head(review: Review, name_page: NamePage, width: int) -> list[Content]:
    """Returns which review this is, and how far it has got on each page."""
    incident, found = review.incident, review.postmortem
    rows = [_draw_title(incident, width)]
    if found is None:
        return rows
    who = f"revision {found.revision}, {date_utc(found.updated_at)} by {found.updated_by}"
    rows.append(cut(line(who, "$muted"), width))
    for each in found.publications:
        rows += _draw_publication(each, found, name_page, width)
    if not found.publications:
        rows.append(join(("a draft: no page has it", "$muted")))
    return rows


def _draw_title(incident: Incident, width: int) -> Content:
    state = look(*STATUS_LOOK[incident.status])
    return cut(join((f"#{incident.id} ", "bold"), state, "  ", (incident.title, "bold")), width)


def _draw_publication(each: Publication, found: Postmortem, name_page: NamePage, width: int) -> list[Content]:
    since = date_utc(each.published_at) if each.published_at is not None else ""
    lead = join((f"{name_page(each.page)}  ", "bold"), look(*_LOOKS[each.state]), "  ")
    words = tell_publication(each, found.revision, since)
    first, *more = wrap(words, max(12, width - lead.cell_length)) or [""]
    return [join(lead, (first, "$muted")), *(join("  ", (row, "$muted")) for row in more[:2])]


def draw_tabs(document: Document, *, is_editing: bool, width: int) -> Content:
    """Returns both documents, the shown one marked, and whether it is being changed; who reads them gives way first."""
    told = _draw_tabs(document, is_editing=is_editing, has_readers=True)
    return told if told.cell_length <= width else _draw_tabs(document, is_editing=is_editing, has_readers=False)


def _draw_tabs(document: Document, *, is_editing: bool, has_readers: bool) -> Content:
    parts = []
    for each, words in ((Document.PUBLIC, "what customers read"), (Document.INTERNAL, "the team's own")):
        is_here = each is document
        mark = f"{Glyphs.show('▸')} " if is_here else "  "
        parts.append(join((mark, "bold $line-focus"), (each.upper(), "bold $title" if is_here else "$muted")))
        if is_here:
            readers = f", {words}" if has_readers else ""
            parts[-1] = join(parts[-1], (f"{readers}{', being changed' if is_editing else ''}", "$muted"))
    return Content("   ").join(parts)


def draw_check(review: Review, document: Document, *, is_as_is: bool, width: int) -> list[Content]:
    """Returns what stands against publishing."""
    if review.postmortem is None:
        return []
    if document is Document.INTERNAL:
        return [line("Stays here: this document is never published.", "$muted")]
    against = review.objection
    if against is None:
        open_words = "  The incident is open: resolve it before you publish." if review.incident.status.is_open else ""
        return [join((f"{Glyphs.show('✓')} nothing blocks it", "$state-ok"), (open_words, "$state-slow"))]
    is_passed = is_as_is and against.rule == "internal-facts"
    shape, style = ("▲", "$state-slow") if is_passed else ("✖", "$state-down")
    words = f"{Glyphs.show(shape)} {against.rule}  {against}".replace("with `edit`, or publish it with --as-is", "")
    if against.rule == "internal-facts":
        names = str(against).partition(":")[0]
        how = "it goes out as it is: A takes that back." if is_passed else "take it out, or A lets it pass as it is."
        words = f"{Glyphs.show(shape)} {names}: {how}"
    return [line(row, style) for row in wrap(words, width)][:3]


def draw_empty(incident: Incident, width: int) -> list[Content]:
    """Returns what stands there before a review was begun."""
    words = (
        "It begins from what was recorded: how long it lasted, what customers were told and when, the timeline. "
        "One document is for customers, the other stays with the team."
    )
    rows = [line("There is no review of this incident yet.", "bold"), Content("")]
    rows += [line(row, "$muted") for row in wrap(words, min(width, 100))]
    if incident.status.is_open:
        rows.append(line("The incident is still open: the review can be published once it is resolved.", "$state-slow"))
    return [*rows, Content(""), join(("enter ", "bold $title"), "begins it")]


def draw_document(text: str, width: int) -> list[Content]:
    """Returns a document of Markdown as its readers will see it, as far as a terminal can show that."""
    rows: list[Content] = []
    for part in text.splitlines():
        rows += _draw_line(part, max(20, width))
    return rows or [line("There is no text yet.", "$muted")]


def _draw_line(part: str, width: int) -> list[Content]:
    if match := _HEADING.fullmatch(part):
        is_top = len(match[1]) == 1
        return [line(_clear(row), "bold $title" if is_top else "bold underline") for row in wrap(match[2], width)]
    if part.startswith(">"):
        return _hang(part.removeprefix(">").removeprefix(" "), f"{Glyphs.show('│')} ", "$muted", width)
    if match := _ITEM.fullmatch(part):
        sign = f"{match[2]}. " if match[2] else f"{Glyphs.show('·')} "
        return _hang(match[3], f"{match[1]}{sign}", "", width, is_item=True)
    return [_draw_inline(row) for row in wrap(part, width)] or [Content("")]


def _hang(text: str, lead: str, style: str, width: int, *, is_item: bool = False) -> list[Content]:
    rows = wrap(text, max(12, width - len(lead))) or [""]
    rest = " " * len(lead) if is_item else lead
    return [join((lead if at == 0 else rest, style or "bold"), _draw_inline(row, style)) for at, row in enumerate(rows)]


def _draw_inline(text: str, style: str = "") -> Content:
    parts: list[tuple[str, str]] = []
    for at, words in enumerate(_BOLD.split(text)):
        parts.append((_clear(words), "bold" if at % 2 else style))
    return join(*parts)


def _clear(words: str) -> str:
    return _ESCAPED.sub(r"\1", words).replace("&lt;", "<").replace("&amp;", "&")


def draw_publishing(
    review: Review,
    pages: Sequence[str],
    without: Sequence[str],
    obstacle: str,
    *,
    notify: bool,
    is_forced: bool,
    width: int,
) -> list[Content]:
    """Returns where the review goes, and what follows from a yes."""
    rows = draw_rows("Goes to", ", ".join(pages) or "no page has a place for it", width)
    if without:
        rows += draw_rows("Not to", f"{', '.join(without)}: no place for a review there", width, "$state-slow")
    mail = "subscribers get a notice" if notify else "subscribers get no notice"
    rows.append(draw_labelled("Mail", line(mail)))
    if is_forced:
        rows += draw_rows("Over", "what somebody else wrote there is replaced", width, "$state-slow")
    if obstacle:
        rows += draw_rows("Check", f"{Glyphs.show('✖')} {obstacle}", width, "$state-down")
    elif review.objection is not None:
        words = f"{Glyphs.show('▲')} {str(review.objection).partition(':')[0]}: it goes out as it is."
        rows += draw_rows("Check", words, width, "$state-slow")
    return rows
