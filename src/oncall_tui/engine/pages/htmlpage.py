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
_LINK = re.compile(r"\[([^\[\]]*+)\]\([^()\s]*+\)")
_WORD = re.compile(r"[^\W_]+")


def find_words(html: str, awaited: Mapping[str, str]) -> dict[str, str]:
    """Returns the bodies, by id, of those awaited whose words stand in a row in the text that a page shows.

    Words are runs of letters and digits, since a page turns line breaks, Markdown marks and quotes into its own. A body
    without any is never found: nothing would prove it.
    """
    shown = f" {_join_words(read_visible_text(html))} "
    found = {}
    for update_id, body in awaited.items():
        normal = normalise_body(body)
        words = _join_words(_LINK.sub(r"\1", normal))
        if words and f" {words} " in shown:
            found[update_id] = normal
    return found


def read_visible_text(html: str) -> str:
    """Returns the inert text between the tags of a page, in its order; what a tag or a script holds is no text."""
    return clean_block(entities.unescape(_MARKUP.sub(" ", html[:HTML_LIMIT])), HTML_LIMIT)


def _join_words(text: str) -> str:
    return " ".join(_WORD.findall(text))
