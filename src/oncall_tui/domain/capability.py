"""What a status page can hold, and what an update would lose there: told before sending, never dropped in silence."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from oncall_tui.domain.incident import ComponentStatus, IncidentStatus

_ORDER = list(ComponentStatus)


class Capabilities(Struct, frozen=True):
    """What one kind of page can express.

    `title_most` and `body_most` are None where nothing is documented: such a page refuses what is too long in its own
    words. `shown_statuses` says as what it shows a state that it does not have; one that is absent is shown as itself.
    `has_lookup` pages keep ids of ours beside an incident and can be asked for one by them; `repeats_create` ones take
    the same creation twice and make one incident of it. `needs_component` ones refuse an update that names none;
    `holds_components` ones show a component no better than it was declared until the incident is over.
    `has_public_list` ones tell programs what customers read; of others words are looked for in what browsers get.
    `keeps_window` ones show for ever what planned work was announced with; `moves_silently` ones start and end it by
    their own clock without a word; `mails_as_announced` ones mail of all that is said of it, or of nothing, as of its
    announcement; `keeps_one_text` ones have one text of it, to which all that is said later is added, without mail.
    """

    adapter: str
    title_most: int | None = None
    body_most: int | None = None
    updates_most: int | None = None
    shown_statuses: Mapping[IncidentStatus, IncidentStatus] = {}
    component_statuses: frozenset[ComponentStatus] = frozenset(ComponentStatus)
    has_impact: bool = False
    has_lookup: bool = False
    repeats_create: bool = False
    needs_component: bool = False
    holds_components: bool = False
    can_retitle: bool = True
    can_edit_update: bool = False
    has_maintenance: bool = False
    has_auto_transitions: bool = False
    keeps_window: bool = False
    moves_silently: bool = False
    mails_as_announced: bool = False
    keeps_one_text: bool = False
    has_postmortem: bool = False
    has_templates: bool = False
    has_backfill: bool = False
    has_metrics: bool = False
    has_public_list: bool = False

    def show_status(self, status: IncidentStatus) -> IncidentStatus:
        """Returns what customers read for a state of ours."""
        return self.shown_statuses.get(status, status)


class Loss(Struct, frozen=True):
    """What a page cannot hold of an update; one that `is_blocking` would be refused by the page as a whole."""

    message: str
    is_blocking: bool = False


def list_losses(
    page: Capabilities,
    *,
    title: str,
    body: str,
    status: IncidentStatus,
    components: Mapping[str, ComponentStatus],
    has_impact_override: bool,
    updates_before: int = 0,
    components_before: Mapping[str, ComponentStatus] | None = None,
    title_before: str | None = None,
) -> list[Loss]:
    """Returns what of an update this kind of page would refuse or not show, in the order of a person's worry.

    `components_before` is what the incident has said of its components so far, `title_before` what the page calls it.
    """
    losses = []
    if page.title_most is not None and len(title) > page.title_most:
        losses.append(Loss(f"the title has {len(title)} characters, {page.adapter} takes {page.title_most}", True))
    if page.body_most is not None and len(body) > page.body_most:
        losses.append(Loss(f"the text has {len(body)} characters, {page.adapter} takes {page.body_most}", True))
    if page.updates_most is not None and updates_before >= page.updates_most:
        losses.append(Loss(f"{page.adapter} takes {page.updates_most} updates an incident", True))
    if page.needs_component and not components:
        losses.append(Loss(f"{page.adapter} takes no update without a component", True))
    if not page.can_retitle and title_before is not None and title_before != title:
        losses.append(Loss(f"{page.adapter} keeps the title that it was told first"))
    if (shown := page.show_status(status)) is not status:
        losses.append(Loss(f"{page.adapter} has no state {status}: customers read {shown}"))
    missing = {state for state in components.values() if state not in page.component_statuses}
    losses += [
        Loss(f"{page.adapter} has no component state {state}: the nearest is shown") for state in sorted(missing)
    ]
    if page.holds_components and status.is_open:
        before = components_before or {}
        losses += [
            Loss(f"{page.adapter} shows {name} no better than it was declared until the incident is over")
            for name, state in sorted(components.items())
            if _ORDER.index(state) < _ORDER.index(before.get(name, state))
        ]
    if has_impact_override and not page.has_impact:
        losses.append(Loss(f"{page.adapter} shows no impact of its own: the chosen one is not shown"))
    return losses
