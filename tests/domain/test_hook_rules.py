"""What hooks are told, by pure rules: what stands for certain, of itself and unexpected, once, and never less."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from oncall_tui.domain.change import Change
from oncall_tui.domain.duration import HOUR, MINUTE, SECOND
from oncall_tui.domain.hook import HookEvent, Rate, Told, name_promise, parse_rate
from oncall_tui.domain.hook_rules import (
    HOLD_INTERVALS,
    HOLD_MS,
    TOGETHER,
    Fallen,
    HookFacts,
    Picture,
    find_baseline,
    find_changes,
    group_calls,
)
from oncall_tui.domain.incident import Cause, Incident, IncidentStatus, Phase, Severity
from oncall_tui.domain.maintenance import Maintenance, MaintenanceStatus
from oncall_tui.domain.probe import Probe, ProbeKind, ProbeState, ProbeStatus, Verdict
from oncall_tui.domain.silence import Silence, SilenceKind
from oncall_tui.domain.storm import GATHER_MS, find_grace
from oncall_tui.domain.upkeep import Upkeep

NOW = 1_800_000_000_000
ALL = frozenset({"down", "up", "flapping", "slow", "promise_late"})
WEB = Probe("web", ProbeKind.TCP, "h:1", "Web", every_ms=10 * SECOND)


def probe(name: str, *above: str) -> Probe:
    return replace(WEB, name=name, depends_on=above)


def state(name: str, status: ProbeStatus, *, age_ms: int = MINUTE, **changes: object) -> ProbeState:
    verdict = {ProbeStatus.DOWN: Verdict.DOWN, ProbeStatus.SLOW: Verdict.DEGRADED}.get(status, Verdict.UP)
    made = ProbeState(
        name, status, NOW - age_ms, 5, verdict, NOW - SECOND, 1.0, recent=((verdict, 1.0),) * 6, last_reason="refused"
    )
    return replace(made, **changes)


def facts_of(probes: Sequence[Probe], *states: ProbeState, **more: object) -> HookFacts:
    return HookFacts(tuple(probes), {each.probe: each for each in states}, **more)  # type: ignore[arg-type] # by name


def find(facts: HookFacts, told: Sequence[Told] = (), on: frozenset[str] = ALL) -> dict[str, HookEvent]:
    standing = Picture(facts, NOW).list_standing()
    changes = find_changes(standing, facts, {each.subject: each for each in told}, on)
    return {each.subject: each.event for each in changes.fallen}


RED = state("web", ProbeStatus.DOWN)


def test_what_is_down_is_told_once_and_its_end_too() -> None:
    told = Told("web", HookEvent.DOWN, NOW - MINUTE)
    assert find(facts_of([WEB], RED)) == {"web": HookEvent.DOWN}
    assert find(facts_of([WEB], RED), [told]) == {}
    assert find(facts_of([WEB], state("web", ProbeStatus.UP)), [told]) == {"web": HookEvent.UP}
    assert find(facts_of([WEB], state("web", ProbeStatus.UP))) == {}


def test_other_troubles_are_told_where_they_are_wanted() -> None:
    slow, flapping = state("web", ProbeStatus.SLOW), replace(RED, flapping_at=NOW - SECOND)
    assert find(facts_of([WEB], slow)) == {"web": HookEvent.SLOW}
    assert find(facts_of([WEB], flapping)) == {"web": HookEvent.FLAPPING}
    assert find(facts_of([WEB], slow), on=frozenset({"down", "up"})) == {}
    told = Told("web", HookEvent.DOWN, NOW)
    assert find(facts_of([WEB], slow), [told], frozenset({"down", "up"})) == {}
    assert find(facts_of([WEB], state("web", ProbeStatus.UP)), [told], frozenset({"up"})) == {"web": HookEvent.UP}
    assert find(facts_of([WEB], RED), [], frozenset({"up"})) == {"web": HookEvent.DOWN}


def test_what_is_not_known_is_not_told() -> None:
    stale = replace(RED, last_result_at=NOW - MINUTE)
    blind = replace(RED, recent=((Verdict.UNKNOWN, 0.0),) * 3, last_verdict=Verdict.UNKNOWN)
    never = ProbeState("web")
    for each in (stale, blind, never):
        assert find(facts_of([WEB], each)) == {}
        assert find(facts_of([WEB], each), [Told("web", HookEvent.DOWN, NOW)]) == {}


MAINTENANCE = Maintenance(
    1, "u", "Work", MaintenanceStatus.IN_PROGRESS, NOW - HOUR, NOW + HOUR, (), ("web",), NOW - HOUR, "ann"
)
KNOWN: list[dict[str, object]] = [
    {"silences": {"web": Silence("web", SilenceKind.ACK, "", "ann", NOW)}},
    {"silences": {"web": Silence("web", SilenceKind.SNOOZE, "", "ann", NOW, NOW + MINUTE)}},
    {"changes": (Change(1, "deploy", "Web", NOW - 2 * MINUTE, NOW + MINUTE, "ci"),)},
    {"maintenances": (MAINTENANCE,)},
    {"upkeeps": (Upkeep(1, frozenset({"web"}), NOW - HOUR, NOW + HOUR, "", "ann", NOW - HOUR),)},
]


@pytest.mark.parametrize("known", KNOWN, ids=["ack", "snooze", "change", "maintenance", "upkeep"])
def test_what_is_known_is_not_told(known: dict[str, object]) -> None:
    assert find(facts_of([WEB], RED, **known)) == {}
    child = probe("child", "web")
    assert find(facts_of([WEB, child], RED, state("child", ProbeStatus.DOWN), **known)) == {}


def test_the_end_of_a_silence_tells_what_is_still_so_and_a_silence_hides_no_end() -> None:
    over = {"web": Silence("web", SilenceKind.SNOOZE, "", "ann", NOW - HOUR, NOW)}
    assert find(facts_of([WEB], RED, silences=over)) == {"web": HookEvent.DOWN}
    well, told = state("web", ProbeStatus.UP), Told("web", HookEvent.DOWN, NOW - HOUR)
    assert find(facts_of([WEB], well, **KNOWN[1]), [told]) == {"web": HookEvent.UP}
    assert find(facts_of([WEB], well, maintenances=(MAINTENANCE,)), [told]) == {}


def test_what_fell_behind_a_root_is_told_with_it() -> None:
    probes = [probe("db"), *(probe(f"api-{n}", "db") for n in range(3)), probe("page", "api-0")]
    facts = facts_of(probes, *(state(each.name, ProbeStatus.DOWN) for each in probes))
    (root,) = Picture(facts, NOW).list_standing()
    assert (root.subject, set(root.behind)) == ("db", {"api-0", "api-1", "api-2", "page"})


def settled(facts: HookFacts, name: str, noticed_at: int, behind_at: int | None = None) -> bool:
    picture = Picture(facts, NOW)
    fallen = [each for each in picture.list_standing() if each.subject == name]
    behind = {} if behind_at is None else {name: behind_at}
    return picture.list_ready(fallen, {name: noticed_at}, behind) == fallen != []


def test_a_change_has_to_stand_for_a_moment() -> None:
    facts = facts_of([WEB], RED)
    assert not settled(facts, "web", NOW - GATHER_MS + 1)
    assert settled(facts, "web", NOW - GATHER_MS)


def test_many_alike_go_with_the_first_of_them_and_few_wait_each() -> None:
    probes = [probe(f"p{n}") for n in range(TOGETHER + 1)]
    facts = facts_of(probes, *(state(each.name, ProbeStatus.DOWN) for each in probes))
    picture = Picture(facts, NOW)
    standing = picture.list_standing()
    noticed = {each.subject: NOW - SECOND for each in standing} | {"p0": NOW - GATHER_MS}
    assert picture.list_ready(standing, noticed) == standing
    assert picture.list_ready(standing[:-1], noticed) == standing[:1]


def test_a_child_waits_for_news_of_those_above_it_and_not_for_ever() -> None:
    child = state("child", ProbeStatus.DOWN, age_ms=20 * SECOND)
    probes = [probe("root"), probe("child", "root")]
    old = state("root", ProbeStatus.UP, last_result_at=NOW - 21 * SECOND, age_ms=HOUR)
    seen = state("root", ProbeStatus.UP, age_ms=HOUR)
    failing = replace(seen, last_verdict=Verdict.DOWN, streak=1)
    at = NOW - GATHER_MS
    assert not settled(facts_of(probes, child, old), "child", at)
    assert not settled(facts_of(probes, child, failing), "child", at)
    assert settled(facts_of(probes, child, seen), "child", at)
    assert settled(facts_of(probes, child, old), "child", NOW - HOLD_MS)


def test_a_child_gets_the_time_to_recover_with_what_it_was_behind() -> None:
    probes, child = [probe("root"), probe("child", "root")], state("child", ProbeStatus.DOWN, age_ms=HOUR)
    recovered = state("root", ProbeStatus.UP, age_ms=10 * SECOND)
    long_ago = state("root", ProbeStatus.UP, age_ms=5 * MINUTE)
    assert not settled(facts_of(probes, child, recovered), "child", NOW - MINUTE)
    assert settled(facts_of(probes, child, long_ago), "child", NOW - MINUTE)
    fresh = replace(child, since_at=NOW - 5 * SECOND)
    assert settled(facts_of(probes, fresh, recovered), "child", NOW - HOLD_MS)


def flap(name: str, *runs: Verdict, **changes: object) -> ProbeState:
    recent = tuple((verdict, 1.0) for verdict in runs or (Verdict.UP,) * 6)
    made = state(name, ProbeStatus.UP, flapping_at=NOW - MINUTE, streak_at=NOW - SECOND, recent=recent)
    return replace(made, **changes)


def test_what_flaps_or_falls_behind_one_that_flaps_is_told_with_it() -> None:
    probes = [*(probe(f"c{n}", "root") for n in range(3)), probe("d", "c0"), probe("root")]
    fallen = state("c2", ProbeStatus.DOWN, last_verdict=Verdict.DOWN)
    facts = facts_of(probes, *(flap(name) for name in ("c0", "c1", "d", "root")), fallen)
    (root,) = Picture(facts, NOW).list_standing()
    assert (root.subject, root.event, root.behind) == ("root", HookEvent.FLAPPING, ("c0", "c1", "c2", "d"))


def test_what_flaps_waits_for_one_above_it_that_failed_lately_and_not_for_ever() -> None:
    probes, at = [probe("root"), probe("child", "root")], NOW - MINUTE // 2
    failed = state("root", ProbeStatus.UP, age_ms=HOUR, recent=flap("", Verdict.DOWN, *(Verdict.UP,) * 3).recent)
    well = state("root", ProbeStatus.UP, age_ms=HOUR)
    assert not settled(facts_of(probes, flap("child"), failed), "child", at)
    assert settled(facts_of(probes, flap("child"), well), "child", at)
    assert settled(facts_of(probes, flap("child"), failed), "child", NOW - HOLD_INTERVALS * WEB.every_ms)


def test_what_flapped_behind_another_gets_the_time_to_end_with_it() -> None:
    probes, well = [probe("root"), probe("child", "root")], state("root", ProbeStatus.UP, age_ms=HOUR)
    facts, at = facts_of(probes, flap("child"), well), NOW - MINUTE
    assert not settled(facts, "child", at, NOW - find_grace(WEB) + 1)
    assert settled(facts, "child", at, NOW - find_grace(WEB))


def test_what_flapped_is_well_since_it_was_calm() -> None:
    told = {"web": Told("web", HookEvent.FLAPPING, NOW - HOUR)}
    facts = facts_of([WEB], state("web", ProbeStatus.UP, age_ms=2 * HOUR, streak_at=NOW - MINUTE))
    (end,) = find_changes(Picture(facts, NOW).list_standing(), facts, told, ALL).fallen
    assert (end.event, end.since_at, end.was) == (HookEvent.UP, NOW - MINUTE, told["web"])


def incident(due_at: int | None) -> Incident:
    return Incident(
        *(7, "u", "Slow", IncidentStatus.INVESTIGATING, Phase.ACTIVE, None, Severity.SEV2, Cause.UNKNOWN, NOW, NOW, 1),
        next_update_at=due_at,
        probes=("web",),
    )


def test_a_promise_that_is_late_is_told_once_for_each_that_was_made() -> None:
    late, subject = facts_of([], incidents=(incident(NOW - 1),)), name_promise(7)
    assert find(late) == {subject: HookEvent.PROMISE_LATE}
    assert find(late, [Told(subject, HookEvent.PROMISE_LATE, NOW - 1)]) == {}
    assert find(late, [Told(subject, HookEvent.PROMISE_LATE, NOW - HOUR)]) == {subject: HookEvent.PROMISE_LATE}
    assert find(facts_of([], incidents=(incident(NOW + 1),))) == {}
    assert find(late, on=frozenset({"down"})) == {}
    kept = facts_of([], incidents=(incident(NOW + 1),))
    told = {subject: Told(subject, HookEvent.PROMISE_LATE, NOW - HOUR)}
    assert find_changes([], kept, told, ALL).forgotten == (subject,)


def test_a_probe_that_is_gone_is_forgotten_and_one_that_says_nothing_is_not() -> None:
    told = {name: Told(name, HookEvent.DOWN, NOW) for name in ("web", "gone")}
    assert find_changes([], facts_of([WEB]), told, ALL).forgotten == ("gone",)


def test_what_is_red_as_a_hook_begins_is_no_news_however_old() -> None:
    stale = replace(RED, last_result_at=NOW - HOUR)
    picture = Picture(facts_of([WEB], stale), NOW)
    assert find_baseline(picture, frozenset({"down"})) == [Told("web", HookEvent.DOWN, NOW - MINUTE)]
    assert find_baseline(picture, frozenset({"slow"})) == []


def fallen(count: int, event: HookEvent = HookEvent.DOWN) -> list[Fallen]:
    return [Fallen(f"{event}-{n}", event, NOW + n) for n in range(count)]


def test_more_than_a_few_alike_are_one_call_and_the_root_leads_it() -> None:
    assert [len(call) for call in group_calls(fallen(TOGETHER))] == [1] * TOGETHER
    many = [*fallen(500), Fallen("root", HookEvent.DOWN, NOW + HOUR, behind=("a", "b"))]
    calls = group_calls([*many, *fallen(1, HookEvent.UP)])
    assert [(len(call), call[0].subject) for call in calls] == [(501, "root"), (1, "up-0")]


def test_a_rate_is_a_count_and_a_window() -> None:
    assert parse_rate("10/h") == Rate(10, HOUR)
    for text in ("0/h", "10", "10/w", "/h", "-1/h", "10/hh", "99999/h", " 1/h"):
        with pytest.raises(ValueError, match="allowed"):
            parse_rate(text)


@given(st.lists(st.sampled_from([*ProbeStatus][:3]), min_size=1, max_size=12))
def test_whatever_happens_nothing_is_told_twice_in_a_row_and_no_end_without_a_beginning(
    statuses: list[ProbeStatus],
) -> None:
    told: dict[str, Told] = {}
    events: list[HookEvent] = []
    for status in statuses:
        facts = facts_of([WEB], state("web", status))
        for each in find_changes(Picture(facts, NOW).list_standing(), facts, told, ALL).fallen:
            events.append(each.event)
            if each.event is HookEvent.UP:
                del told["web"]
            else:
                told["web"] = Told("web", each.event, each.since_at)
        wanted = {ProbeStatus.UP: None, ProbeStatus.DOWN: HookEvent.DOWN, ProbeStatus.SLOW: HookEvent.SLOW}[status]
        assert (told["web"].event if told else None) is wanted
    assert all(one is not two for one, two in pairwise(events))
    assert not events or events[0] is not HookEvent.UP
