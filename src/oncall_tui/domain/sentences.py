"""A draft that follows its facts: sentences of a template are put anew, and what a person wrote is never touched."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from msgspec import Struct

from oncall_tui.domain.template import VARIABLE, Sentence, Template, join_sentences, render_sentences
from oncall_tui.domain.template_variables import Variables

_OPENING = re.compile(r"[.!?…:][\"')\]”’]*\s+\Z|\n[ \t]*\Z|\A\s*\Z")
_BLANK = r"(?:[ \t]+|[ \t]*\n[ \t]*)"
_LEAST_LIKENESS = 8
_BEFORE = 100


class Switched(Struct, frozen=True):
    """A draft with the words of another template; `kept` are the pieces of a person that it still holds."""

    text: str
    kept: tuple[str, ...]


class _Span(Struct, frozen=True):
    """Where a sentence of the template stands in a draft."""

    start: int
    end: int
    sentence: int


def update_draft(template: Template, before: Variables, after: Variables, text: str) -> str:
    """Returns a draft after its variables changed.

    Each sentence that still stands as it was rendered before is put anew, taken away when it became empty, and put in
    its place when it was left out before. Everything else in `text` is a person's, and stays as it is; so does a
    sentence that a person has changed or taken away.
    """
    return follow_sentences(render_sentences(template, before), render_sentences(template, after), text)


def follow_sentences(old: Sequence[Sentence], new: Sequence[Sentence], text: str) -> str:
    """Returns what `update_draft` does, for sentences that are rendered already."""
    if [each.text for each in old] == [each.text for each in new]:
        return text
    if text == join_sentences(old):
        return join_sentences(new)
    spans = _find_spans(old, text)
    edits = [
        (span.start, span.end, new[span.sentence].text)
        for span in spans
        if new[span.sentence].text != old[span.sentence].text
    ]
    standing = {span.sentence for span in spans}
    hand = _cut_out(spans, text)
    missing = [
        index
        for index, (was, now) in enumerate(zip(old, new, strict=True))
        if index not in standing and not was.text and now.text and not _is_told(now, text, hand)
    ]
    edits += _place(missing, spans, new)
    for start, end, words in sorted(edits, reverse=True):
        text = text[:start] + words + text[end:] if words else _take_out(text, start, end)
    return text


def switch_template(old: Sequence[Sentence], new: Sequence[Sentence], text: str) -> Switched:
    """Returns a draft with other prepared words; those of a person stand before the sentence that promises an update.

    `old` is what the draft began with, empty for a draft that began without a template.
    """
    prepared = join_sentences(new)
    kept = tuple(words for words in list_handwritten(old, text) if _find(words, prepared, (), 0) is None)
    promises = [each.text for each in new if each.text and "next_update" in VARIABLE.findall(each.pattern)]
    if not kept or not promises or not prepared.endswith(promises[-1]):
        return Switched("\n\n".join(filter(None, (prepared, *kept))), kept)
    opening = prepared.removesuffix(promises[-1]).rstrip()
    return Switched("\n\n".join(filter(None, (opening, *kept, promises[-1]))), kept)


def list_handwritten(sentences: Sequence[Sentence], text: str) -> tuple[str, ...]:
    """Returns the pieces of a draft that a person wrote or changed, in their order."""
    return _cut_out(_find_spans(sentences, text), text)


def _cut_out(spans: Sequence[_Span], text: str) -> tuple[str, ...]:
    pieces, at = [], 0
    for span in sorted(spans, key=lambda span: span.start):
        pieces.append(text[at : span.start])
        at = span.end
    return tuple(words for piece in (*pieces, text[at:]) if (words := piece.strip()))


def _find_spans(sentences: Sequence[Sentence], text: str) -> list[_Span]:
    spans: list[_Span] = []
    at = 0
    for index, sentence in enumerate(sentences):
        place = _find(sentence.text, text, spans, at) if sentence.text else None
        if place is not None:
            at = place[1]
            spans.append(_Span(*place, index))
    return spans


def _find(words: str, text: str, taken: Sequence[_Span], at: int) -> tuple[int, int] | None:
    """Returns where words stand as a sentence of their own, looking from `at` on and then from the start.

    An editor may have broken its lines.
    """
    pattern = re.compile(_BLANK.join(re.escape(word) for word in words.split()))
    for first in (at, 0):
        for match in pattern.finditer(text, first):
            start, end = match.span()
            is_free = not any(span.start < end and start < span.end for span in taken)
            if (
                is_free
                and _OPENING.search(text[max(0, start - _BEFORE) : start])
                and (end == len(text) or text[end].isspace())
            ):
                return start, end
    return None


def _is_told(sentence: Sentence, text: str, hand: Sequence[str]) -> bool:
    """Tells whether a text says it already, as prepared or in a version of a person, who kept how it begins."""
    if _find(sentence.text, text, (), 0) is not None:
        return True
    head = VARIABLE.split(sentence.pattern)[0].strip()
    if len(head) < _LEAST_LIKENESS:
        return False
    version = re.compile(rf"(?:\A|[.!?:]\s+|\n\s*){re.escape(head)}", re.IGNORECASE)
    return any(version.search(piece) for piece in hand)


def _place(missing: Sequence[int], spans: Sequence[_Span], new: Sequence[Sentence]) -> list[tuple[int, int, str]]:
    """Returns an edit for each place where sentences are put in: in their paragraph, else beside the nearest.

    Nothing is put into a draft in which no sentence of the template stands any more.
    """
    anchors = [span for span in spans if new[span.sentence].text] or list(spans)
    groups: dict[tuple[int, bool], list[int]] = {}
    for index in missing:
        paragraph = new[index].paragraph
        previous = max((each for each in anchors if each.sentence < index), key=_by_sentence, default=None)
        following = min((each for each in anchors if each.sentence > index), key=_by_sentence, default=None)
        is_before = following is not None and (
            previous is None or new[following.sentence].paragraph == paragraph != new[previous.sentence].paragraph
        )
        anchor = following if is_before else previous
        if anchor is not None:
            # One that is about to go is written behind: what comes before it would be parted from it by a blank.
            is_before = is_before and bool(new[anchor.sentence].text)
            group = groups.setdefault((anchor.sentence, is_before), [])
            group.append(index)
    edits = []
    for span in anchors:
        if behind := groups.get((span.sentence, False)):
            words = "".join(_gap(new, *pair) + new[pair[1]].text for pair in pairwise((span.sentence, *behind)))
            edits.append((span.end, span.end, words))
        if before := groups.get((span.sentence, True)):
            words = "".join(new[pair[0]].text + _gap(new, *pair) for pair in pairwise((*before, span.sentence)))
            edits.append((span.start, span.start, words))
    return edits


def _by_sentence(span: _Span) -> int:
    return span.sentence


def _gap(sentences: Sequence[Sentence], first: int, second: int) -> str:
    return " " if sentences[first].paragraph == sentences[second].paragraph else "\n\n"


def _take_out(text: str, start: int, end: int) -> str:
    """Takes a sentence away with the blanks on one side of it; a break of a paragraph stays one."""
    left, right = text[:start].rstrip(), text[end:].lstrip()
    if not left or not right:
        return left + right
    gaps = text[len(left) : start], text[end : len(text) - len(right)]
    return left + max(gaps, key=lambda gap: gap.count("\n")) + right
