"""What the rules say about an update as it stands, and which finding a person looks at."""

from __future__ import annotations

from collections.abc import Mapping

from oncall_tui.content import load_templates
from oncall_tui.domain.incident import IncidentStatus
from oncall_tui.domain.lint import Finding, Part, lint_update
from oncall_tui.domain.probe import ProbeState
from oncall_tui.domain.sanitize import clean_block
from oncall_tui.domain.template import list_variables
from oncall_tui.domain.verdict import find_red_probes
from oncall_tui.tui.writing import Writing

#: So much of a text is checked; the page takes less.
_CHECKED = 30_000


class Checks:
    """The findings of the last run, worst first."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self._index = -1

    @property
    def current(self) -> Finding | None:
        """The finding in the text that was jumped to last."""
        found = self._in_text()
        return found[self._index] if 0 <= self._index < len(found) else None

    def clear(self) -> None:
        """Forgets everything."""
        self.findings, self._index = [], -1

    def run(self, writing: Writing, body: str, states: Mapping[str, ProbeState]) -> None:
        """Checks a text for an incident and a state; `states` tell whether a resolution is true."""
        incident = writing.incident
        self._index = -1
        self.findings = lint_update(
            incident.title,
            clean_block(body, _CHECKED),
            variables=list_variables(load_templates()),
            names=[*incident.components, *writing.components],
            red_probes=find_red_probes(incident, states.values()),
            is_resolving=writing.status is IncidentStatus.RESOLVED,
        )

    def find_next(self) -> Finding | None:
        """Goes to the next finding in the text, round and round; None when there is none."""
        found = self._in_text()
        if not found:
            return None
        self._index = (self._index + 1) % len(found)
        return found[self._index]

    def _in_text(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.part is Part.BODY]
