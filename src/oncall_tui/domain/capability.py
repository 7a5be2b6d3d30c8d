"""What a status page can hold, and what an update would lose there: told before sending, never dropped in silence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from oncall_tui.domain.incident import ComponentStatus, IncidentStatus

_ORDER = list(ComponentStatus)


class Capabilities(Struct, frozen=True):
    """What one kind of page can express.

    `title_most` and `body_most` are None where nothing is documented: such a page refuses what is too long in its own
    words. `shown_statuses` says as what it shows a state that it does not have; one that is absent is shown as itself,
    and `shown_components` says the same of states of components.
    `has_lookup` pages keep ids of ours beside an incident and can be asked for one by them; `repeats_create` ones take
    the same creation twice and make one incident of it. `needs_component` ones refuse an update that names none;
    `holds_components` ones show a component no better than it was declared until the incident is over;
    `resolves_all` ones put back every component when it is; `stays_degraded_while_open` ones have no open incident
    whose components are all well, and show as degraded those that were not.
    `replaces_lists` ones take with each message all that belongs to an incident, in place of what was there.
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
    shown_components: Mapping[ComponentStatus, ComponentStatus] = {}
    has_impact: bool = False
    has_lookup: bool = False
    repeats_create: bool = False
    needs_component: bool = False
    holds_components: bool = False
    resolves_all: bool = False
    stays_degraded_while_open: bool = False
    replaces_lists: bool = False
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


class Said(Struct, frozen=True):
    """What one update of an incident says of its state, and of those components that it names."""

    status: IncidentStatus
    components: Mapping[str, ComponentStatus]


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
    said: Sequence[Said] = (),
    title_before: str | None = None,
) -> list[Loss]:
    """Returns what of an update this kind of page would refuse or not show, in the order of a person's worry.

    `said` is what the incident's updates have said so far, oldest first, `title_before` what the page calls it.
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
    losses += _list_component_losses(page, said, Said(status, components))
    if has_impact_override and not page.has_impact:
        losses.append(Loss(f"{page.adapter} shows no impact of its own: the chosen one is not shown"))
    return losses


def show_components(page: Capabilities, said: Sequence[Said]) -> dict[str, ComponentStatus]:
    """Returns what customers read of the components after these updates of one incident, as far as it alone tells.

    A component that a resolving update does not name is freed with it.
    """
    set_to: dict[str, ComponentStatus] = {}
    for update in said:
        before = set_to
        told = {name: page.shown_components.get(state, state) for name, state in update.components.items()}
        set_to = {**before, **told}
        if not update.status.is_open:
            freed = dict.fromkeys(set_to, ComponentStatus.OPERATIONAL)
            set_to = freed if page.resolves_all else {**freed, **told}
        elif page.stays_degraded_while_open and not _list_hurt(set_to):
            left = _list_hurt(before) or list(set_to)
            set_to = {**set_to, **dict.fromkeys(left, ComponentStatus.DEGRADED_PERFORMANCE)}
    if not page.holds_components or not said or not said[-1].status.is_open:
        return set_to
    declared = said[0].components
    return {name: max(state, declared.get(name, state), key=_ORDER.index) for name, state in set_to.items()}


def _list_hurt(states: Mapping[str, ComponentStatus]) -> list[str]:
    return [name for name, state in states.items() if state is not ComponentStatus.OPERATIONAL]


def _list_component_losses(page: Capabilities, said: Sequence[Said], update: Said) -> list[Loss]:
    """Returns a loss for each reason why customers read another state, of what it names or changes in silence."""
    told = [*said, update]
    before, after, wanted = show_components(page, said), show_components(page, told), show_components(_ANY, told)
    losses: dict[str, list[str]] = {}
    for name, shown in sorted(after.items()):
        is_touched = name in update.components or (update.status.is_open and shown is not before.get(name))
        if is_touched and shown is not wanted[name]:
            losses.setdefault(_tell_why(page, update.status, wanted[name], shown), []).append(name)
    return [Loss(words.format(names=", ".join(names))) for words, names in losses.items()]


def _tell_why(page: Capabilities, status: IncidentStatus, wanted: ComponentStatus, shown: ComponentStatus) -> str:
    if page.resolves_all and not status.is_open:
        return f"{page.adapter} sets all of a resolved incident to operational, also {{names}}"
    if (nearest := page.shown_components.get(wanted)) is shown:
        word, instead = (state.replace("_", " ") for state in (wanted, nearest))
        return f"{page.adapter} has no component state {word}: customers read {{names}} as {instead}"
    if page.holds_components:
        return f"{page.adapter} shows no component better than declared until the incident is over: {{names}}"
    return f"{page.adapter} needs something hurt while an incident is open: it shows {{names}} as degraded"


_ANY = Capabilities(adapter="")
