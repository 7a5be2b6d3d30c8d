"""An update while it is written: its state, components and promise, and which words are still those of a template."""

from __future__ import annotations

from msgspec.structs import replace

from oncall_tui.domain.cadence import next_update_at
from oncall_tui.domain.declare import find_effect
from oncall_tui.domain.facts import Facts
from oncall_tui.domain.incident import ComponentStatus, Incident, IncidentStatus
from oncall_tui.domain.sanitize import clean_block
from oncall_tui.domain.template import say_when
from oncall_tui.domain.update import Draft, Waiver
from oncall_tui.tui.draft_keeper import Typed
from oncall_tui.tui.drafting import OpenedDraft, find_words, suggest_components
from oncall_tui.tui.outgoing import Confirmation
from oncall_tui.tui.snapshot import Snapshot


class Writing:
    """One open draft without its text, which the field holds.

    Each `take_` method returns the words to put into the field, None where those that were typed stay.
    """

    def __init__(self, opened: OpenedDraft) -> None:
        draft = opened.draft
        self.opened = opened
        self.status: IncidentStatus = draft.status
        self.components: dict[str, ComponentStatus] = dict(draft.components)
        self.due_at: int | None = draft.next_update_at
        self.facts: Facts = draft.facts
        self.waivers: tuple[Waiver, ...] = draft.waivers
        self._template = draft.template
        self._template_body = draft.body if draft.template else ""

    @property
    def incident(self) -> Incident:
        return self.opened.incident

    def follow_incident(self, incident: Incident) -> None:
        """Goes over to the incident as it stands now."""
        self.opened = replace(self.opened, incident=incident)

    def follow_draft(self, draft: Draft) -> None:
        """Notes how the draft is called and whose it was; its words stand in the field."""
        mine = self.opened.draft
        if (draft.name, draft.handed_by) != (mine.name, mine.handed_by):
            self.opened = replace(self.opened, draft=replace(mine, name=draft.name, handed_by=draft.handed_by))

    def follow_text(self, body: str) -> None:
        """Notes what stands in the field: words that a person touched are no longer those of the template."""
        if body != self._template_body:
            self._template = None

    def is_untouched(self, body: str) -> bool:
        """Tells whether nobody has written anything of their own yet."""
        return self._template is not None or not body.strip()

    def read_typed(self, body: str, cursor: int) -> Typed:
        """Returns everything that a draft keeps."""
        return Typed(
            self.status,
            clean_block(body),
            dict(self.components),
            self.due_at,
            self._template,
            cursor,
            self.facts,
            self.waivers,
        )

    def confirm(self, draft_id: int, body: str) -> Confirmation:
        """Returns the update as it would be sent."""
        incident = self.incident
        words = clean_block(body).strip()
        return Confirmation(
            incident.id, draft_id, self.status, words, dict(self.components), self.due_at, incident.revision
        )

    def take_status(self, status: IncidentStatus, body: str, snapshot: Snapshot, now: int) -> str | None:
        """Goes over to another public state, with the components and the promise that fit it."""
        self.status = status
        self.components = suggest_components(self.incident, self.components, status, snapshot.open_incidents)
        self.due_at = next_update_at(self.incident.severity, status, now)
        return self.put_template(snapshot, now) if self.is_untouched(body) else None

    def take_due(self, due_at: int | None, body: str, snapshot: Snapshot, now: int) -> str | None:
        """Goes over to another promise; a clock time that the text names once follows it."""
        before, self.due_at = self.due_at, due_at
        old = say_when(before, now) if before is not None else ""
        if due_at is not None and old and body.count(old) == 1:
            words = body.replace(old, say_when(due_at, now))
            self._template_body = words if self.is_untouched(body) else ""
            return words
        return self.put_template(snapshot, now) if self.is_untouched(body) else None

    def take_components(
        self, components: dict[str, ComponentStatus], body: str, snapshot: Snapshot, now: int
    ) -> str | None:
        """Goes over to other components."""
        self.components = components
        return self.put_template(snapshot, now) if self.is_untouched(body) else None

    def put_template(self, snapshot: Snapshot, now: int) -> str:
        """Returns the words of the template for the state, whatever was typed."""
        incident = self.incident
        probe = next((probe for probe in snapshot.probes if probe.name in incident.probes), None)
        effect = find_effect(probe, snapshot.states.get(probe.name)) if probe else None
        words = find_words(
            replace(incident, components=self.components or incident.components),
            self.status,
            is_first=self.opened.is_first,
            now=now,
            due_at=self.due_at,
            effect=effect,
        )
        self._template = words.template.key if words.template else None
        self._template_body = words.body
        return words.body
