"""What each kind of page shows of components: what was said, or what a loss told of before it was sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from random import Random

import pytest
from tests.engine.fakes.kinds import BETTER_STACK, KINDS, STATUSPAGE, Kind
from tests.engine.fakes.proving import allow, make_message

from oncall_tui.domain.capability import Capabilities, Loss, Said, list_losses, show_components
from oncall_tui.domain.incident import ComponentStatus, IncidentStatus
from oncall_tui.domain.remote import RemoteIncident
from oncall_tui.engine.pages import Page
from oncall_tui.engine.pages.values import LIFECYCLE

over_kinds = pytest.mark.parametrize("kind", KINDS, ids=str)
WELL, DEGRADED = ComponentStatus.OPERATIONAL, ComponentStatus.DEGRADED_PERFORMANCE
MAJOR, PARTIAL = ComponentStatus.MAJOR_OUTAGE, ComponentStatus.PARTIAL_OUTAGE
MONITORING, RESOLVED = IncidentStatus.MONITORING, IncidentStatus.RESOLVED
HURT = Said(IncidentStatus.INVESTIGATING, {"API": MAJOR, "Web": PARTIAL})
HALF = Said(IncidentStatus.IDENTIFIED, {"API": WELL})


def find_losses(page: Capabilities, said: Sequence[Said], update: Said) -> list[Loss]:
    return list_losses(
        page,
        title="Errors",
        body="Looking.",
        status=update.status,
        components=update.components,
        has_impact_override=False,
        said=said,
    )


async def say(page: Page, ids: Mapping[str, str], said: Sequence[Said]) -> list[RemoteIncident]:
    """Says one update after another and returns the incident as it is read back after each."""
    read: list[RemoteIncident] = []
    for number, update in enumerate(said):
        named = {} if update.status.is_open else dict.fromkeys(ids, WELL)
        message = make_message(
            uid=f"incident-{ids['API']}",
            op=f"op-{ids['API']}-{number}",
            title=None if read else "Errors",
            status=update.status,
            body=f"Step {number}.",
            components={ids[name]: state for name, state in (named | dict(update.components)).items()},
            component_ids=tuple(sorted(ids.values())),
        )
        told = await (page.update_incident(read[-1], message) if read else page.create_incident(message))
        shown = await page.get_incident(told.remote_id)
        assert shown is not None
        assert _fill(ids, told) == _fill(ids, shown)
        read.append(shown)
    return read


def _fill(ids: Mapping[str, str], shown: RemoteIncident) -> dict[str, ComponentStatus]:
    """A component that an incident says nothing of is well, as far as it tells."""
    return {name: shown.components.get(name, WELL) for name in ids}


def require_told(page: Page, said: Sequence[Said], read: Sequence[RemoteIncident]) -> None:
    """Fails unless each update is shown as it was said, or a loss named the component."""
    for number, (update, shown) in enumerate(zip(said, read, strict=True)):
        losses = find_losses(page.capabilities, said[:number], update)
        predicted = show_components(page.capabilities, said[: number + 1])
        for name, state in update.components.items():
            seen = shown.components.get(name, WELL)
            is_told = any(name in loss.message for loss in losses)
            assert (seen is not state) == is_told, (update, name, seen, losses)
            assert predicted[name] is seen, (update, name)


@over_kinds
@pytest.mark.parametrize("before", [[], [HURT, HALF]], ids=["declared", "updated"])
async def test_a_state_of_a_component_is_shown_as_it_was_said_or_told_before(kind: Kind, before: list[Said]) -> None:
    async with kind.serving() as (page, client):
        for number, (status, state) in enumerate(product(LIFECYCLE, ComponentStatus)):
            ids = {name: page.add_component(f"{name} {number}") for name in ("API", "Web")}
            client.component_names = {key: name for name, key in ids.items()}
            update = Said(status, {"API": state, "Web": state})
            said = [*before, update, Said(status, {"API": state})]
            require_told(client, said, await say(client, ids, said))


@over_kinds
async def test_no_history_of_states_is_shown_otherwise_than_was_told(kind: Kind) -> None:
    chance = Random(1)
    async with kind.serving() as (page, client):
        ids = {name: page.add_component(name) for name in ("API", "Web", "Mail")}
        client.component_names = {key: name for name, key in ids.items()}
        said = [Said(IncidentStatus.INVESTIGATING, {name: chance.choice(list(ComponentStatus)) for name in ids})]
        for _ in range(24):
            named = chance.sample(list(ids), chance.randint(1, 3))
            status = chance.choice(LIFECYCLE)
            said.append(Said(status, {name: chance.choice([WELL, *ComponentStatus]) for name in named}))
        require_told(client, said, await say(client, ids, said))


async def test_only_what_was_hurt_last_stays_degraded_on_a_page_without_a_lifecycle() -> None:
    async with BETTER_STACK.serving() as (page, client):
        ids = {name: page.add_component(name) for name in ("API", "Web")}
        client.component_names = {key: name for name, key in ids.items()}
        said = [HURT, HALF, Said(MONITORING, {"API": WELL, "Web": WELL})]
        read = await say(client, ids, said)
        assert read[-1].components == {"API": WELL, "Web": DEGRADED}
        (state, loss) = find_losses(client.capabilities, said[:2], said[2])
        assert "customers read investigating" in state.message
        assert loss.message == ("betterstack needs something hurt while an incident is open: it shows Web as degraded")


async def test_a_page_that_holds_all_loses_nothing() -> None:
    async with STATUSPAGE.serving() as (page, client):
        ids = {name: page.add_component(name) for name in ("API", "Web")}
        client.component_names = {key: name for name, key in ids.items()}
        said = [HURT, Said(MONITORING, {"API": WELL, "Web": WELL}), Said(RESOLVED, {"API": DEGRADED})]
        read = await say(client, ids, said)
        assert [each.status for each in await client.list_components(allow)] == [DEGRADED, WELL]
        assert all(find_losses(client.capabilities, said[:number], said[number]) == [] for number in range(3))
        assert read[-1].components == {"API": DEGRADED, "Web": WELL}
