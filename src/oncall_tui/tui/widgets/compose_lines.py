"""The lines around the text of an update, each as high as what it says."""

from __future__ import annotations

from collections.abc import Iterator

from textual.content import Content

from oncall_tui.clock import now_ms
from oncall_tui.domain.cadence import describe_due
from oncall_tui.tui.draft_keeper import DraftKeeper
from oncall_tui.tui.snapshot import Snapshot
from oncall_tui.tui.text import clock_utc, join, line, pack
from oncall_tui.tui.widgets.compose_findings import draw_findings
from oncall_tui.tui.widgets.compose_lint import Linting
from oncall_tui.tui.widgets.compose_words import (
    draw_body,
    draw_component_count,
    draw_components,
    draw_counts,
    draw_head,
    draw_idle,
    draw_next,
    draw_offer,
    draw_promise,
    draw_reach,
    draw_score,
    list_notices,
)
from oncall_tui.tui.widgets.lines import Lines
from oncall_tui.tui.widgets.proof_words import draw_proofs
from oncall_tui.tui.writing import Writing

_LAST_WORDS_SHOWN = 16


class ComposeLines:
    """Holds them for the pane: those of the form while something is written, `idle` while nothing is.

    `width` is the room that the pane has, in cells; where it `is_tight`, rows go to the text first,
    where it `is_large` there are some to spare.
    """

    def __init__(self) -> None:
        self.width = 80
        self.is_tight = False
        self.is_large = False
        self.head = Lines(id="compose-head")
        self.components = Lines(id="compose-components")
        self._counts = Lines(id="compose-counts")
        self._findings = Lines(id="compose-findings")
        self._notice = Lines(id="compose-notice")
        self._idle = Lines(id="compose-idle")

    @property
    def below(self) -> Iterator[Lines]:
        """Those that stand under the text, from top to bottom."""
        yield from (self._counts, self._findings, self._notice, self._idle)

    def show_form(self, is_open: bool) -> None:
        """Shows the lines of the form, or the one that stands in its place."""
        for lines in (self.head, self.components, *self.below):
            lines.display = is_open is (lines is not self._idle)

    def show_idle(self, snapshot: Snapshot, incident_id: int | None) -> None:
        """Says what a person could do, and what customers were told last."""
        incident = snapshot.incident(incident_id)
        update = snapshot.latest_updates.get(incident.id) if incident else None
        is_draft = any(draft.incident_id == incident_id for draft in snapshot.drafts)
        told = []
        if incident is not None and update is not None:
            body = draw_body(update.body, self.width, _LAST_WORDS_SHOWN)
            told = [
                *draw_proofs(update, snapshot.name_page, self.width),
                *draw_reach(update, snapshot.name_page, self.width),
                *draw_next(incident, now_ms()),
                Content(""),
                *body,
            ]
        self._idle.show_lines(draw_idle(incident, told, self.width, is_draft=is_draft))

    def show_writing(
        self, writing: Writing, snapshot: Snapshot, terminal_id: str, actor: str, *, is_sending: bool
    ) -> None:
        """Says which incident this is, what happens to the components, and what the writer should know."""
        incident = writing.incident
        self.head.show_lines([draw_head(incident, writing.opened.draft, snapshot.drafts, self.width)])
        page = {component.name: component.page_status for component in snapshot.components}
        drawn = draw_components(page, incident.components, writing.components, self.width)
        if self.is_tight and len(drawn) > 1:
            drawn = [draw_component_count(writing.components, self.width)]
        self.components.show_lines(drawn)
        own = [draft for draft in snapshot.drafts if draft.incident_id == incident.id]
        self.head.display = not self.is_tight or len(own) > 1
        self.components.refresh(layout=True)
        now = now_ms()
        notices = list_notices(writing.opened, snapshot, terminal_id, actor, is_sending=is_sending, now=now)
        update = snapshot.latest_updates.get(incident.id)
        if update is not None and (update.seen_at is None or any(proof.difference for proof in update.proofs)):
            label = line("last update  ", "$muted")
            told = draw_proofs(update, snapshot.name_page, self.width - label.cell_length)
            notices += [join(label if row is told[0] else " " * label.cell_length, row) for row in told]
        if (offered := writing.find_slower(now)) is not None:
            notices.append(draw_offer(offered, now - incident.declared_at))
        self._notice.show_lines([row for notice in notices for row in notice.wrap(self.width)])
        self._notice.display = bool(notices)

    def show_counts(self, writing: Writing, length: int, keeper: DraftKeeper, linting: Linting) -> None:
        """Says how long the text is, whether it is on disk, and what the checks found."""
        now = now_ms()
        promise = None if writing.opened.is_first else draw_promise(writing.incident, now)
        due = ""
        if writing.due_at is not None:
            due = describe_due(writing.due_at, now) if promise is None else clock_utc(writing.due_at, has_seconds=False)
        counts = draw_counts(length, writing.incident.title, keeper.saving, keeper.is_dirty, promise, due, now)
        score = writing.opened.course.score
        if score is not None and score.due:
            counts.append(draw_score(score))
        rows = pack(counts, self.width)[: 1 if self.is_tight else None]
        is_taller = len(rows) != len(self._counts.lines)
        self._counts.show_lines(rows)
        self._counts.refresh(layout=is_taller)
        found = draw_findings(
            *(linting.checked, linting.current, self.width), is_brief=self.is_tight, is_large=self.is_large
        )
        self._findings.show_lines(found)
        self._findings.refresh(layout=True)
