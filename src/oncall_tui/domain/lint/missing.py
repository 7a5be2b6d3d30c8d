"""What a good update has and this one lacks (MS)."""

from __future__ import annotations

from collections.abc import Iterator

from oncall_tui.domain.lint.model import Context, Level, Part, Remark, Rule, Tuning
from oncall_tui.domain.lint.reading import Post


def _find_empty(post: Post, _context: Context, _tuning: Tuning) -> Iterator[Remark]:
    if not post.title.has_text:
        yield Remark(0, 0, "The title is empty: say in a few words what is wrong.", Part.TITLE)
    if not post.body.has_text:
        yield Remark(0, 0, "There is no text yet.")


RULES = (Rule("MS000", Level.BLOCK, "No title or no text", _find_empty, is_final=True),)
