from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from oncall_tui.domain.incident import (
    Cause,
    ComponentStatus,
    Impact,
    Incident,
    IncidentStatus,
    Phase,
    Severity,
    free_components,
    impact_of,
)

INCIDENT = Incident(
    id=1,
    uid="u",
    title="t",
    status=IncidentStatus.INVESTIGATING,
    phase=Phase.ACTIVE,
    impact_override=None,
    severity=Severity.SEV2,
    cause=Cause.UNKNOWN,
    started_at=1,
    declared_at=1,
    revision=1,
)
NAMES = st.sampled_from(["API", "Web", "Mail"])
COMPONENTS = st.dictionaries(NAMES, st.sampled_from(ComponentStatus))


@pytest.mark.parametrize(
    ("statuses", "impact"),
    [
        ([], Impact.NONE),
        (["operational", "under_maintenance"], Impact.NONE),
        (["degraded_performance", "operational"], Impact.MINOR),
        (["degraded_performance", "partial_outage"], Impact.MAJOR),
        (["major_outage", "partial_outage"], Impact.CRITICAL),
    ],
)
def test_impact_is_the_worst_of_the_components(statuses: list[str], impact: Impact) -> None:
    components = {str(number): ComponentStatus(status) for number, status in enumerate(statuses)}
    assert impact_of(components) is impact
    assert replace(INCIDENT, components=components).impact is impact
    assert replace(INCIDENT, components=components, impact_override=Impact.MINOR).impact is Impact.MINOR


@given(COMPONENTS, st.lists(COMPONENTS, max_size=3))
def test_what_an_incident_frees_is_what_the_others_hold(
    own: dict[str, ComponentStatus], held: list[dict[str, ComponentStatus]]
) -> None:
    others = [replace(INCIDENT, id=number, components=components) for number, components in enumerate(held, 2)]
    free = free_components(own, 1, [replace(INCIDENT, components=own), *others])
    assert free.keys() == own.keys()
    order = list(ComponentStatus)
    for name, status in free.items():
        states = [components[name] for components in held if name in components]
        assert status == max(states, key=order.index, default=ComponentStatus.OPERATIONAL)
