"""Cutting a text so that what a reader sees as one sign stays whole, and leaving out what says nothing new."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import partial

_SENTENCE_END = re.compile(r"[.!?][\"')\]”’]*(?=\s)|[。！？]|(?=\n)")
_WORD_END = re.compile(r"\S(?=\s)")
_WORD = re.compile(r"\w{2,}")
#: Words of sentences that tell no more than that there is trouble.
_STOCK = frozenset(
    re.findall(
        r"\w+",
        "we our us is are am be been have has had the an and or of to in on with into for by at as it this that there "
        "looking look investigating investigate currently now aware problem problems issue issues trouble incident "
        "affecting about found find what wrong cause working repairing repair some",
    )
)


def is_cut_safe(text: str, position: int) -> bool:
    """Tells whether a cut before `position` leaves whole what a reader sees as one sign (most of UAX 29)."""
    if not 0 < position < len(text):
        return True
    before, after = text[position - 1], text[position]
    if before == "\u200d" or after in "\u200c\u200d" or "\U0001f3fb" <= after <= "\U0001f3ff":
        return False
    if unicodedata.category(after) in ("Mn", "Me", "Mc") or "\U000e0020" <= after <= "\U000e007f":
        return False
    if "\u1160" <= after <= "\u11ff" or (before == "\r" and after == "\n"):
        return False
    if "\U0001f1e6" <= after <= "\U0001f1ff":
        flags = re.search("[\U0001f1e6-\U0001f1ff]*$", text[:position])
        return flags is None or len(flags.group()) % 2 == 0
    return True


def leave_out(text: str, start: int, end: int) -> str:
    return f"{text[:start].rstrip()} {text[end:].lstrip()}".strip()


def leave_out_echoes(text: str, title: str) -> str:
    """Leaves out sentences that say no more than title and state do: what is short has no room for them."""
    known = set(_WORD.findall(title.lower()))
    kept, at = [], 0
    for end in [match.end() for match in _SENTENCE_END.finditer(text)] + [len(text)]:
        sentence = text[at:end]
        words = _WORD.findall(sentence.lower())
        if not words or any(word not in known and word not in _STOCK for word in words):
            kept.append(sentence)
        at = end
    return "".join(kept).strip() or text


def cut_text(text: str, mark: str, fits: Callable[[str], bool]) -> str:
    """Returns the most of a text that fits with its mark: whole sentences, else words, else signs, else the mark alone.

    Empty when not even the mark fits.
    """
    sentences = [match.end() for match in _SENTENCE_END.finditer(text) if is_cut_safe(text, match.end())]
    words = [match.end() for match in _WORD_END.finditer(text)]
    signs = [position for position in range(1, min(len(text), 1_000)) if is_cut_safe(text, position)]
    for ends, gap in ((sentences, " "), (words, ""), (signs, "")):
        found = _find_longest(ends, partial(_end_at, text, gap + mark), fits)
        if found:
            return found
    return mark if fits(mark) else ""


def _end_at(text: str, mark: str, end: int) -> str:
    kept = text[:end].rstrip()
    return kept + mark if kept else ""


def _find_longest(ends: Sequence[int], cut: Callable[[int], str], fits: Callable[[str], bool]) -> str:
    """Returns a cut that was seen to fit: the longest, unless a link that counts less when it is whole hides it."""
    found = bisect_left(ends, True, key=lambda end: not fits(cut(end)))
    return cut(ends[found - 1]) if found else ""
