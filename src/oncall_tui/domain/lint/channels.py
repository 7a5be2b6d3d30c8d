"""Lengths and links, by what each channel takes (LN, LK)."""

from __future__ import annotations

from collections.abc import Iterator

from oncall_tui.domain.incident import IncidentStatus
from oncall_tui.domain.lint.model import Context, Level, Part, Remark, Rule, Tuning
from oncall_tui.domain.lint.reading import Post
from oncall_tui.domain.update import BODY_LIMIT, TITLE_LIMIT


def _find_long_body(post: Post, context: Context, tuning: Tuning) -> Iterator[Remark]:
    size, most = len(post.body.text), tuning.limits.long_body
    if size > BODY_LIMIT:
        yield Remark(BODY_LIMIT, size, f"The text has {size} characters, the page takes {BODY_LIMIT}.")
    elif size > most and context.status is not IncidentStatus.RESOLVED:
        text = f"The text has {size} characters; few people read more than {most}."
        yield Remark(most, size, text, level=Level.WARN)


def _find_long_title(post: Post, _context: Context, tuning: Tuning) -> Iterator[Remark]:
    size, most = len(post.title.text), tuning.limits.long_title
    if size > TITLE_LIMIT:
        text = f"The title has {size} characters, the page takes {TITLE_LIMIT}."
        yield Remark(TITLE_LIMIT, size, text, Part.TITLE)
    elif size > most:
        text = f"The title has {size} characters; over {most} is cut in mail and on phones."
        yield Remark(most, size, text, Part.TITLE, level=Level.WARN)


RULES = (
    Rule("LN001", Level.BLOCK, "A text longer than the page takes or people read", _find_long_body, is_final=True),
    Rule("LN003", Level.BLOCK, "A title longer than the page takes or people read", _find_long_title, is_final=True),
)
