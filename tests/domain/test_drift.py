from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from oncall_tui.domain.drift import WELL_FOR_MS, Drift, describe_drift, find_drift
from oncall_tui.domain.incident import (
    Cause,
    Component,
    ComponentStatus,
    Incident,
    IncidentStatus,
    Listing,
    Phase,
    Severity,
)
from oncall_tui.domain.maintenance import OVERRUN_GRACE_MS, Maintenance, MaintenanceStatus
from oncall_tui.domain.probe import Probe, ProbeKind, ProbeState, ProbeStatus, Verdict
from oncall_tui.domain.upkeep import Upkeep

NOW = 1_800_000_000_000
MINUTE = 60_000
_VERDICTS = {ProbeStatus.UP: Verdict.UP, ProbeStatus.SLOW: Verdict.DEGRADED, ProbeStatus.DOWN: Verdict.DOWN}


def make_probe(name: str, component: str | None = "API") -> Probe:
    return Probe(name, ProbeKind.HTTP, "https://example.com/", component, 30_000)


def make_state(name: str, status: ProbeStatus, minutes: float, *, age_ms: int = 1_000) -> ProbeState:
    verdict = _VERDICTS.get(status, Verdict.UNKNOWN)
    return ProbeState(
        name, status, NOW - round(minutes * MINUTE), 5, verdict, NOW - age_ms, recent=((verdict, 5.0),) * 5
    )


def says(status: ComponentStatus | None, name: str = "API") -> Component:
    return Component(name, {} if status is None else {"main": status})


def holding(*names: str) -> Incident:
    return Incident(
        1, "u", "t", IncidentStatus.INVESTIGATING, Phase.ACTIVE, None, Severity.SEV2, Cause.UNKNOWN, 0, 0, 1,
        components={"Other": ComponentStatus.OPERATIONAL} | dict.fromkeys(names, ComponentStatus.MAJOR_OUTAGE),
    )  # fmt: skip


def test_a_well_page_over_a_red_probe_names_the_one_that_is_red_longest() -> None:
    probes = [make_probe("api-eu"), make_probe("api-us"), make_probe("api-asia")]
    states = {
        "api-eu": make_state("api-eu", ProbeStatus.DOWN, 12.5),
        "api-us": make_state("api-us", ProbeStatus.DOWN, 3),
        "api-asia": make_state("api-asia", ProbeStatus.UP, 90),
    }
    well = says(ComponentStatus.OPERATIONAL)
    (drift,) = find_drift([well], probes, states, [], NOW)
    assert describe_drift(drift, NOW) == "page says operational, api-eu is red for 12 min"
    assert find_drift([says(ComponentStatus.MAJOR_OUTAGE)], probes, states, [], NOW) == []
    assert find_drift([says(None)], probes, states, [], NOW) == []


def test_a_page_left_in_an_outage_needs_five_green_minutes_of_every_probe_and_no_incident() -> None:
    probes = [make_probe("api-eu"), make_probe("api-us")]
    states = {name: make_state(name, ProbeStatus.UP, minutes) for name, minutes in (("api-eu", 60), ("api-us", 5))}
    released = replace(holding(), components={"API": ComponentStatus.OPERATIONAL})
    bad = says(ComponentStatus.PARTIAL_OUTAGE)
    (drift,) = find_drift([bad], probes, states, [], NOW)
    assert describe_drift(drift, NOW) == "page says partial outage, every probe of API is up for 5 min"
    assert find_drift([bad], probes, states, [], NOW - 1) == []
    assert find_drift([bad], probes, states, [holding("API")], NOW) == []
    assert find_drift([bad], probes, states, [holding("Web"), released], NOW) == [drift]
    assert find_drift([bad], [], states, [], NOW) == []
    assert find_drift([says(ComponentStatus.UNDER_MAINTENANCE)], probes, states, [], NOW) == []
    for status in (ProbeStatus.SLOW, ProbeStatus.DOWN, ProbeStatus.UNKNOWN):
        assert find_drift([bad], probes, {**states, "api-us": make_state("api-us", status, 60)}, [], NOW) == []
    stale = make_state("api-us", ProbeStatus.UP, 60, age_ms=200_000)
    assert find_drift([bad], probes, {**states, "api-us": stale}, [], NOW) == []
    assert find_drift([bad], probes, {"api-eu": states["api-eu"]}, [], NOW) == []


def test_each_page_is_compared_and_named_where_there_are_several() -> None:
    probes, states = [make_probe("api-eu")], {"api-eu": make_state("api-eu", ProbeStatus.DOWN, 12)}
    well, bad = ComponentStatus.OPERATIONAL, ComponentStatus.MAJOR_OUTAGE
    told = Component("API", {"eu": well, "us": bad, "asia": well})
    (drift,) = find_drift([told], probes, states, [], NOW)
    assert drift.pages == ("eu", "asia")
    assert describe_drift(drift, NOW, page_count=3) == "pages eu, asia say operational, api-eu is red for 12 min"
    up = {"api-eu": make_state("api-eu", ProbeStatus.UP, 12)}
    worse = Component("API", {"eu": ComponentStatus.PARTIAL_OUTAGE, "us": bad, "asia": well})
    found = find_drift([worse], probes, up, [], NOW)
    assert [describe_drift(each, NOW, page_count=3) for each in found] == [
        "page eu says partial outage, every probe of API is up for 12 min",
        "page us says major outage, every probe of API is up for 12 min",
    ]
    listing = Listing("r1", "t")
    theirs = replace(holding("API"), is_local=False, listings={"eu": listing})
    assert [each.pages for each in find_drift([worse], probes, up, [theirs], NOW)] == [("us",)]
    assert find_drift([worse], probes, up, [holding("API")], NOW) == []
    assert find_drift([worse], probes, up, [replace(holding("API"), listings={"eu": listing})], NOW) == []


def test_planned_work_explains_what_it_touches() -> None:
    probes, states = [make_probe("api-eu", "API")], {"api-eu": make_state("api-eu", ProbeStatus.DOWN, 12)}
    well, bad = says(ComponentStatus.OPERATIONAL), says(ComponentStatus.MAJOR_OUTAGE)
    work = Maintenance(
        *(1, "m", "Disks", MaintenanceStatus.IN_PROGRESS, NOW - MINUTE, NOW + MINUTE, ("API",), (), NOW, "ana")
    )
    over = replace(work, status=MaintenanceStatus.COMPLETED)
    overrunning = replace(work, ends_at=NOW - OVERRUN_GRACE_MS)
    of_others = replace(work, components=("Web",), probes=("api-eu",))
    for maintenances, count in (([], 1), ([work], 0), ([over], 1), ([overrunning], 1), ([of_others], 0)):
        assert len(find_drift([well], probes, states, [], NOW, maintenances)) == count
    up = {"api-eu": make_state("api-eu", ProbeStatus.UP, 12)}
    assert len(find_drift([bad], probes, up, [], NOW)) == 1
    assert find_drift([bad], probes, up, [], NOW, [work]) == []


def test_a_probe_under_maintenance_contradicts_nobody() -> None:
    well = says(ComponentStatus.OPERATIONAL)
    probes, states = [make_probe("api")], {"api": make_state("api", ProbeStatus.DOWN, 12)}
    work = Upkeep(1, frozenset({"api"}), NOW - MINUTE, NOW + MINUTE, "", "ann", NOW - MINUTE)
    assert len(find_drift([well], probes, states, [], NOW)) == 1
    assert find_drift([well], probes, states, [], NOW, upkeeps=[work]) == []
    assert len(find_drift([well], probes, states, [], NOW, upkeeps=[replace(work, left={"api": NOW})])) == 1


def test_long_drifts_are_told_in_hours() -> None:
    drift = Drift("API", ComponentStatus.OPERATIONAL, NOW, "api-eu")
    assert describe_drift(drift, NOW + 59_999).endswith("under a minute")
    assert describe_drift(drift, NOW + 119 * MINUTE).endswith("for 119 min")
    assert describe_drift(drift, NOW + 130 * MINUTE).endswith("for 2h10m")
    assert describe_drift(drift, NOW - MINUTE).endswith("under a minute")


_STATES = st.builds(
    make_state,
    st.just(""),
    st.sampled_from(ProbeStatus),
    st.floats(0, 60),
    age_ms=st.sampled_from([1_000, 200_000]),
)


@given(
    st.lists(st.tuples(st.sampled_from(["API", "Web", None]), _STATES), max_size=5),
    st.dictionaries(st.sampled_from(["API", "Web"]), st.none() | st.sampled_from(ComponentStatus)),
    st.sets(st.sampled_from(["API", "Web"])),
)
def test_every_contradiction_is_one_and_none_is_left_out(
    runs: list[tuple[str | None, ProbeState]], page: dict[str, ComponentStatus | None], held: set[str]
) -> None:
    probes = [make_probe(f"p{at}", component) for at, (component, _) in enumerate(runs)]
    states = {f"p{at}": replace(state, probe=f"p{at}") for at, (_, state) in enumerate(runs)}
    components = [says(status, name) for name, status in page.items()]
    found = find_drift(components, probes, states, [holding(*held)], NOW)
    fresh = {name: state for name, state in states.items() if NOW - (state.last_result_at or 0) < 75_000}
    for name, status in page.items():
        mine = [probe.name for probe in probes if probe.component == name]
        red = [p for p in mine if p in fresh and fresh[p].status is ProbeStatus.DOWN]
        well = [p for p in mine if p in fresh and fresh[p].status is ProbeStatus.UP]
        calm_at = NOW - WELL_FOR_MS
        is_left_behind = bool(mine) and well == mine and all(fresh[p].since_at <= calm_at for p in mine)
        is_bad = status not in (None, ComponentStatus.OPERATIONAL, ComponentStatus.UNDER_MAINTENANCE)
        drifts = [drift for drift in found if drift.component == name]
        is_wanted = (bool(red) and status is ComponentStatus.OPERATIONAL) or (
            is_bad and is_left_behind and name not in held
        )
        assert len(drifts) == is_wanted
        assert all(drift.probe in red if red else drift.probe is None for drift in drifts)
    order = [(drift.probe is None, drift.since_at) for drift in found]
    assert order == sorted(order)
