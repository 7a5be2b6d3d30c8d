"""Makes text from outside inert: what could steer a terminal is shown as a visible sign instead.

Works character by character and never parses sequences: a parser that skips a "sequence" also skips real text that
follows a stray introducer.
"""

from __future__ import annotations

import re

# C0 and DEL, C1, soft hyphen and other format controls, bidi controls and isolates, zero-width signs, line separators,
# surrogates, interlinear anchors, variation selectors supplement, tags, private noncharacters.
_HOSTILE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ud800-\udfff\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\U000110bd\U000110cd\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_COMBINING = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_COMBINING_RUN = re.compile(f"({_COMBINING}{{3}}){_COMBINING}+")
LINE_LIMIT = 500
BLOCK_LIMIT = 25_000


def _show(match: re.Match[str]) -> str:
    point = ord(match.group())
    if point < 0x20:
        return chr(0x2400 + point)
    if point == 0x7F:
        return "␡"
    return f"<U+{point:04X}>"


def _show_in_block(match: re.Match[str]) -> str:
    return match.group() if match.group() in "\n\t" else _show(match)


def _clip(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def clean_line(text: str, limit: int = LINE_LIMIT) -> str:
    """Returns one inert line of at most `limit` characters; line breaks and tabs become spaces."""
    if len(text) <= limit and text.isascii() and text.isprintable():
        return text
    text = text[: limit * 4].replace("\r\n", " ").replace("\n", " ").replace("\t", " ").replace("\r", " ")
    return _clip(_COMBINING_RUN.sub(r"\1", _HOSTILE.sub(_show, text)), limit)


def clean_block(text: str, limit: int = BLOCK_LIMIT) -> str:
    """Returns inert text of at most `limit` characters that keeps its line breaks and tabs."""
    text = text[: limit * 4].replace("\r\n", "\n").replace("\r", "\n")
    return _clip(_COMBINING_RUN.sub(r"\1", _HOSTILE.sub(_show_in_block, text)), limit)


def is_clean(text: str) -> bool:
    """Tells whether text holds nothing but printable signs, line breaks and tabs."""
    return all(match.group() in "\n\t" for match in _HOSTILE.finditer(text))
