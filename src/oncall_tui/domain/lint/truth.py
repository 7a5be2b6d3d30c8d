"""What contradicts the incident, its probes or itself (TR)."""

from __future__ import annotations

from collections.abc import Iterator

from oncall_tui.domain.incident import IncidentStatus
from oncall_tui.domain.lint.model import Context, Level, Remark, Rule, Tuning
from oncall_tui.domain.lint.reading import Post


def _find_early_end(_post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    red = context.red_probes
    if context.status is IncidentStatus.RESOLVED and red:
        shown = ", ".join(red[:3]) + (f" and {len(red) - 3} more" if len(red) > 3 else "")
        verb = "is" if len(red) == 1 else "are"
        yield Remark(0, 0, f"This says that it is over, but {shown} {verb} not up.")


RULES = (Rule("TR002", Level.WARN, "Resolved while a probe is red or silent", _find_early_end),)
