"""An update while it is written: what it says besides its words, and which sentences are still those of a template."""

from __future__ import annotations

from msgspec.structs import replace

from oncall_tui.domain.cadence import next_update_at
from oncall_tui.domain.duration import MINUTE
from oncall_tui.domain.facts import Facts
from oncall_tui.domain.incident import ComponentStatus, Incident, IncidentStatus
from oncall_tui.domain.lint.promises import find_own_promise
from oncall_tui.domain.lint.reading import Reading
from oncall_tui.domain.promise import offer_slower
from oncall_tui.domain.sanitize import clean_block
from oncall_tui.domain.sentences import switch_template, update_draft
from oncall_tui.domain.template import Moment, Template, render, render_sentences, say_when
from oncall_tui.domain.template_choice import choose_template
from oncall_tui.domain.update import Draft, Waiver
from oncall_tui.tui.draft_keeper import Typed
from oncall_tui.tui.drafting import (
    House,
    OpenedDraft,
    Shape,
    Words,
    fill_variables,
    find_felt,
    find_words,
    suggest_components,
)
from oncall_tui.tui.outgoing import Confirmation
from oncall_tui.tui.snapshot import Snapshot

#: The states of a rhythm, in the order of its steps.
STEPS = (IncidentStatus.INVESTIGATING, IncidentStatus.IDENTIFIED, IncidentStatus.MONITORING)
#: Prepared words that nobody touched are put anew when they are looked at again so much later.
_STALE_MS = 2 * MINUTE


class Writing:
    """One open draft without its text, which the field holds.

    Each `take_` method returns the words to put into the field, None where those that stand there stay.
    """

    def __init__(self, opened: OpenedDraft, house: House) -> None:
        draft = opened.draft
        self.opened = opened
        self.waivers: tuple[Waiver, ...] = draft.waivers
        self._shape = Shape(draft.status, dict(draft.components), draft.next_update_at, draft.facts, draft.interval_ms)
        self._house = house
        self._template = next((item for item in house.templates if item.key == draft.template), None)
        self._variables: dict[str, str | None] = dict(draft.variables)
        self.kept: tuple[str, ...] = ()
        """The pieces of a person that the last change of template kept."""

    @property
    def incident(self) -> Incident:
        return self.opened.incident

    @property
    def status(self) -> IncidentStatus:
        return self._shape.status

    @property
    def components(self) -> dict[str, ComponentStatus]:
        return self._shape.components

    @property
    def due_at(self) -> int | None:
        return self._shape.next_update_at

    @property
    def facts(self) -> Facts:
        return self._shape.facts

    @property
    def interval_ms(self) -> int | None:
        """The rhythm that this update tells customers, None while it keeps the one they know."""
        return self._shape.interval_ms

    @property
    def template(self) -> Template | None:
        """The template that the draft was begun with."""
        return self._template

    def follow_incident(self, incident: Incident) -> None:
        """Goes over to the incident as it stands now."""
        self.opened = replace(self.opened, incident=incident)

    def follow_draft(self, draft: Draft) -> None:
        """Notes how the draft is called and whose it was; its words stand in the field."""
        mine = self.opened.draft
        if (draft.name, draft.handed_by) != (mine.name, mine.handed_by):
            self.opened = replace(self.opened, draft=replace(mine, name=draft.name, handed_by=draft.handed_by))

    def is_untouched(self, body: str) -> bool:
        """Tells whether nobody has written anything of their own yet."""
        return not body.strip() or (
            self._template is not None and body.strip() == render(self._template, self._variables)
        )

    def read_typed(self, body: str, cursor: int) -> Typed:
        """Returns everything that a draft keeps."""
        shape = self._shape
        return Typed(
            status=shape.status,
            body=clean_block(body),
            components=dict(shape.components),
            next_update_at=shape.next_update_at,
            template=self._template.key if self._template else None,
            cursor=cursor,
            facts=shape.facts,
            waivers=self.waivers,
            variables=self._variables,
            interval_ms=shape.interval_ms,
        )

    def confirm(self, draft_id: int, body: str) -> Confirmation:
        """Returns the update as it would be sent."""
        incident = self.incident
        words = clean_block(body).strip()
        return Confirmation(
            incident.id, draft_id, self.status, words, dict(self.components), self.due_at, incident.revision
        )

    def freshen(self, body: str, snapshot: Snapshot, now: int) -> str | None:
        """Brings prepared words that were left untouched to the present: their times, and a promise that has passed."""
        if now - self.opened.draft.updated_at < _STALE_MS or not self.is_untouched(body):
            return None
        if self.due_at is not None and self.due_at - now < _STALE_MS:
            self._shape = replace(self._shape, next_update_at=self.next_due(now))
        return self._put_anew(snapshot, now)

    def take_status(self, status: IncidentStatus, body: str, snapshot: Snapshot, now: int) -> str | None:
        """Goes over to another public state, with the components and the promise that fit it."""
        is_untouched = self.is_untouched(body)
        components = suggest_components(self.incident, self.components, status, snapshot.open_incidents)
        self._shape = replace(self._shape, status=status, components=components)
        self._shape = replace(self._shape, next_update_at=self.next_due(now))
        return self._put_anew(snapshot, now) if is_untouched else None

    def next_due(self, now: int) -> int | None:
        """Returns the promise that the rhythm asks for."""
        interval_ms = self.interval_ms or self.opened.course.interval_ms
        return next_update_at(
            self.incident.severity, self.status, now, rhythm=self._house.rhythm, interval_ms=interval_ms
        )

    def take_due(self, due_at: int | None, body: str, snapshot: Snapshot, now: int) -> str | None:
        """Goes over to another promise; a clock time that a person wrote once follows it, too."""
        before = self.due_at
        words = self._follow(replace(self._shape, next_update_at=due_at), body, snapshot, now)
        if words is not None or due_at is None:
            return words
        old = say_when(before, now) if before is not None else ""
        if old and body.count(old) == 1:
            return body.replace(old, say_when(due_at, now))
        told = find_own_promise(Reading(body), now)
        if told is not None and not told.is_kept_by(due_at):
            return f"{body[: told.start]}{say_when(due_at, now)}{body[told.end :]}"
        return None

    def follow_words(self, promise_at: int) -> bool:
        """Takes the time that the words tell customers for the promise; False where it was that already."""
        if promise_at == self.due_at:
            return False
        self._shape = replace(self._shape, next_update_at=promise_at)
        return True

    def take_components(
        self, components: dict[str, ComponentStatus], body: str, snapshot: Snapshot, now: int
    ) -> str | None:
        """Goes over to other components."""
        return self._follow(replace(self._shape, components=components), body, snapshot, now)

    def take_facts(self, facts: Facts, body: str, snapshot: Snapshot, now: int) -> str | None:
        """Goes over to other facts; each sentence that nobody has touched follows."""
        return self._follow(replace(self._shape, facts=facts), body, snapshot, now)

    def find_slower(self, now: int) -> int | None:
        """Returns a slower rhythm to offer, in milliseconds; None where none fits or no template could announce it."""
        if self.interval_ms is not None or self.status not in STEPS:
            return None
        severity, cause = self.incident.severity, self.incident.cause
        present_ms = self.opened.course.interval_ms or self._house.rhythm.steps[severity][STEPS.index(self.status)]
        offered = offer_slower(severity, self.status, now - self.incident.declared_at, present_ms, self._house.rhythm)
        template = choose_template(self._house.templates, self.status, Moment.LONG, cause)
        return offered if template is not None and "interval" in template.variables else None

    def take_slower(self, interval_ms: int, body: str, snapshot: Snapshot, now: int) -> str:
        """Goes over to a slower rhythm and the words that announce it, around what a person wrote."""
        self._shape = replace(self._shape, interval_ms=interval_ms)
        self._shape = replace(self._shape, next_update_at=self.next_due(now))
        return self.put_template(body, snapshot, now)

    def _follow(self, shape: Shape, body: str, snapshot: Snapshot, now: int) -> str | None:
        """Takes what changed into the sentences that stand as they were prepared."""
        is_usual = self.is_untouched(body) and self._find_usual(snapshot, now).template is self._template
        self._shape = shape
        if is_usual:
            return self._put_anew(snapshot, now)
        if self._template is None:
            return None
        variables = self._fill(snapshot, now)
        words = update_draft(self._template, self._variables, variables, body)
        self._variables = variables
        return words if words != body else None

    def _fill(self, snapshot: Snapshot, now: int) -> dict[str, str | None]:
        felt = find_felt(self.incident, snapshot)
        return fill_variables(self.incident, self._shape, self.opened.course, self._house, now, effect=felt)

    def _find_usual(self, snapshot: Snapshot, now: int) -> Words:
        """Returns the words that the state, the cause and the moment choose."""
        felt = find_felt(self.incident, snapshot)
        return find_words(self.incident, self._shape, self.opened.course, self._house, now, effect=felt)

    def _put_anew(self, snapshot: Snapshot, now: int) -> str:
        """Returns the usual words, in the place of all that stands there."""
        words = self._find_usual(snapshot, now)
        self._template, self._variables = words.template, words.variables
        return words.body

    def put_template(self, body: str, snapshot: Snapshot, now: int) -> str:
        """Returns the words of the template that fits, around what a person wrote; asked again, those words alone."""
        old = render_sentences(self._template, self._variables) if self._template is not None else ()
        prepared = self._put_anew(snapshot, now)
        self.kept = ()
        if self._template is None or not body.strip():
            return prepared
        switched = switch_template(old, render_sentences(self._template, self._variables), body)
        if switched.text == body:
            return prepared
        self.kept = switched.kept
        return switched.text

    def list_templates(self) -> list[Template]:
        """Returns the words about an incident, those for one client or a supplier too, which no page gets."""
        return [template for template in self._house.templates if set(template.states) & set(IncidentStatus)]

    def read_template(self, template: Template, snapshot: Snapshot, now: int) -> str:
        """Returns what a template reads like for this update."""
        return render(template, self._fill(snapshot, now))

    def use_template(self, template: Template, body: str, snapshot: Snapshot, now: int) -> str:
        """Returns the words of a template that a person chose, around what they wrote."""
        old = render_sentences(self._template, self._variables) if self._template is not None else ()
        self._template = template
        self._variables = self._fill(snapshot, now)
        switched = switch_template(old, render_sentences(template, self._variables), body)
        self.kept = switched.kept
        return switched.text
