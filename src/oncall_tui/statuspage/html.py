"""A tiny builder of HTML in which text is escaped unless it was built here: markup from outside cannot get in."""

from __future__ import annotations

import re
from html import escape

from oncall_tui.domain.sanitize import BLOCK_LIMIT, LINE_LIMIT, clean_block, clean_line

_VOID = frozenset({"meta", "link", "path", "circle"})
# Joiners make emoji and several scripts readable; inside one text they can harm nobody in a browser.
_JOINERS = re.compile("([\u200c\u200d])")


class Html(str):
    """Markup made by `tag` or `join`; every other string is text."""

    __slots__ = ()


def tag(element: str, /, *children: str, **attributes: str | None) -> Html:
    """Returns an element, escaping children that are not Html; `class_` is class, other _ are -, None is left out."""
    parts = [f"<{element}"]
    for key, value in attributes.items():
        if value is not None:
            parts.append(f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"')
    parts.append(">")
    if element not in _VOID:
        parts += [join(*children), f"</{element}>"]
    return Html("".join(parts))


def join(*children: str) -> Html:
    """Returns the children one after the other, escaping what is text."""
    return Html("".join(child if isinstance(child, Html) else escape(child) for child in children))


def show_line(text: str) -> str:
    """Returns one inert line of a text from outside, still to be escaped."""
    return "".join(part if _JOINERS.match(part) else clean_line(part, LINE_LIMIT) for part in _JOINERS.split(text))


def show_block(text: str) -> str:
    """Returns an inert text from outside with its line breaks, still to be escaped."""
    return "".join(part if _JOINERS.match(part) else clean_block(part, BLOCK_LIMIT) for part in _JOINERS.split(text))
