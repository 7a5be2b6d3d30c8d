"""What the rules and the pages say about an update as it stands, and which finding a person looks at."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from oncall_tui.content import load_templates
from oncall_tui.domain.capability import Loss, list_losses
from oncall_tui.domain.incident import Incident
from oncall_tui.domain.lint.model import Context, Finding, Level, Part, is_sendable
from oncall_tui.domain.sanitize import clean_block
from oncall_tui.domain.template import list_variables
from oncall_tui.domain.verdict import find_red_probes
from oncall_tui.tui.snapshot import Snapshot
from oncall_tui.tui.writing import Writing

#: So much of a text is checked; the page takes less.
_CHECKED = 30_000


class PageLoss(Struct, frozen=True):
    """What one page cannot hold of the update; `name` is what the page is called."""

    page: str
    name: str
    loss: Loss


class Checked(Struct, frozen=True):
    """All that stands against an update: remarks about its words, and what pages would lose or refuse."""

    findings: Sequence[Finding] = ()
    losses: Sequence[PageLoss] = ()

    @property
    def is_sendable(self) -> bool:
        return is_sendable(self.findings) and not any(item.loss.is_blocking for item in self.losses)

    @property
    def obstacle(self) -> str:
        """The first reason for which it cannot be sent, empty when it can."""
        blocks = [finding.message for finding in self.findings if finding.level is Level.BLOCK]
        blocks += [f"{item.name}: {item.loss.message}." for item in self.losses if item.loss.is_blocking]
        return blocks[0] if blocks else ""


def list_targets(incident: Incident, pages: Sequence[str]) -> list[str]:
    """Returns the pages that an update of an incident goes to: one that was made on a page is continued there alone."""
    listed = [page for page in pages if page in incident.listings]
    return listed if listed and not incident.is_local else list(pages)


class Checks:
    """The findings of the last run, worst first."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.losses: list[PageLoss] = []
        self._index = -1

    @property
    def current(self) -> Finding | None:
        """The finding in the text that was jumped to last."""
        found = self._in_text()
        return found[self._index] if 0 <= self._index < len(found) else None

    def clear(self) -> None:
        """Forgets everything."""
        self.findings, self.losses, self._index = [], [], -1

    @property
    def checked(self) -> Checked:
        """All that the last run found."""
        return Checked(tuple(self.findings), tuple(self.losses))

    def run(self, writing: Writing, body: str, snapshot: Snapshot, pages: Sequence[str]) -> None:
        """Checks a text for an incident, a state and the pages of the config that it would go to."""
        from oncall_tui.domain.lint.catalogue import lint

        incident = writing.incident
        self.losses = _find_losses(writing, body, snapshot, pages)
        self._index = -1
        self.findings = lint(
            incident.title,
            clean_block(body, _CHECKED),
            Context(
                status=writing.status,
                variables=list_variables(load_templates()),
                names=(*incident.components, *writing.components),
                red_probes=tuple(find_red_probes(incident, snapshot.states.values())),
            ),
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


def _find_losses(writing: Writing, body: str, snapshot: Snapshot, pages: Sequence[str]) -> list[PageLoss]:
    """Returns what pages would refuse before what they would not show; a page of unknown kind is taken to hold all."""
    incident = writing.incident
    held = {state.page: state.capabilities for state in snapshot.pages}
    found: list[PageLoss] = []
    for page in list_targets(incident, pages):
        capabilities = held.get(page)
        if capabilities is not None:
            losses = list_losses(
                capabilities,
                title=incident.title,
                body=clean_block(body).strip(),
                status=writing.status,
                components=writing.components,
                has_impact_override=incident.impact_override is not None,
                updates_before=writing.opened.updates_before.get(page, 0),
            )
            found += [PageLoss(page, snapshot.name_page(page), loss) for loss in losses]
    return sorted(found, key=lambda item: not item.loss.is_blocking)
