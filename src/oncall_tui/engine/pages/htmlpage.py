"""Looks for words in what browsers get: the proof that customers read them, where a page has no public list.

Takes hostile text. Tags are cut out by one expression whose every branch, once begun, ends at the end of the text at
the latest, so that the time is linear: the parser of the standard library takes minutes for a page of open comments,
and raises for some declarations.
"""

from __future__ import annotations

import html as entities
import re
from collections.abc import Mapping

from oncall_tui.domain.outbox import normalise_body
from oncall_tui.domain.proving import ShownText, is_too_short
from oncall_tui.domain.sanitize import clean_block

HTML_LIMIT = 1_000_000
"""The most characters of a page that are looked at."""
_UNSEEN = "script|style|template|title|noscript|iframe|textarea|svg"
_ATTRIBUTES = r"""(?:[^>"']++|"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z))*+"""
_MARKUP = re.compile(
    r"<!--.*?(?:-->|\Z)"
    rf"|<({_UNSEEN})(?=[\s/>]){_ATTRIBUTES}>?.*?(?:</\1(?=[\s/>])|\Z)"
    rf"|<[a-z/!?]{_ATTRIBUTES}>?",
    re.IGNORECASE | re.DOTALL,
)
_INLINE = re.compile(
    r"<(?:!--|/?(?:a|abbr|b|cite|code|del|em|font|i|ins|kbd|mark|q|s|samp|strong|sub|sup|tt|u|var|wbr)(?=[\s/>])"
    rf"|(?:{_UNSEEN})(?=[\s/>]))",
    re.IGNORECASE,
)
_LABEL = re.compile(r"(</(?:b|em|strong) ?>) ?[-\u2013\u2014:] ", re.IGNORECASE)


def find_words(html: str, awaited: Mapping[str, str]) -> dict[str, str]:
    """Returns the bodies, by id, of those awaited whose words the text of a page shows, as `ShownText` finds them.

    A body that is too short is never found: nothing would prove it.
    """
    shown = ShownText(read_visible_text(html))
    return {
        update_id: normalise_body(body)
        for update_id, body in awaited.items()
        if not is_too_short(body) and shown.holds(body)
    }


def read_visible_text(html: str) -> str:
    """Returns the inert text between the tags of a page, in its order; what a tag or a script holds is no text.

    Each element is a line, save those that mark words within one; so is a label in bold before a dash or a colon.
    """
    flat = _LABEL.sub(r"\1<br>", " ".join(html[:HTML_LIMIT].split()))
    marked = _MARKUP.sub(lambda found: " " if _INLINE.match(found[0]) else "\n", flat)
    lines = (" ".join(entities.unescape(line).split()) for line in marked.split("\n"))
    return clean_block("\n".join(line for line in lines if line), HTML_LIMIT)
