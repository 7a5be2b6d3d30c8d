"""Rules over facts: what one run says, what many runs add up to, and how long that may be believed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from msgspec.structs import replace

from oncall_tui.domain.bouncing import add_turn, is_bouncing, set_back
from oncall_tui.domain.duration import format_duration
from oncall_tui.domain.incident import Incident
from oncall_tui.domain.json_check import JsonCheck, explain_value
from oncall_tui.domain.probe import Expectation, Probe, ProbeKind, ProbeState, ProbeStatus, Result, Verdict
from oncall_tui.domain.sanitize import clean_line
from oncall_tui.domain.upstream import Standing

RECENT_LIMIT = 60
SILENT_INTERVALS = 2.5
"""A probe that has said nothing for so many intervals is stale (two lost beats, and half a beat of grace)."""
BLIND_LIMIT = 3
"""So many runs in a row that say nothing are a blind spell: what was known before it counts no more."""
FRESH_RUNS = 4
"""Green needs a success among so many latest runs: one more than the failures that turn a probe red by default."""
_LATEST_RUNS = max(FRESH_RUNS, BLIND_LIMIT)
FLAP_RUNS = 21
"""So many latest runs are looked at for flapping, as Nagios does."""
STEADY_RUNS = 10
"""So many equal runs in a row end it: an outage that lasts must not hide behind the changes before it."""
_DAY_MS = 86_400_000
_WORDS_LIMIT = 180


class Observation(NamedTuple):
    """What a run saw of a target that answered; a field stays None where its kind of probe does not look.

    `status_text` is the status line as shown, inert. `is_body_cut` tells that the body was read up to the cap only.
    `expires_in_ms` is the time left on the certificate, negative when it is over. `values` are what a JSON body holds
    by path, None for no JSON. `latency_ms` is judged in place of the whole run. `wrong` is a fault that no
    expectation names, `worse` one that only degrades. `value` is the figure of a query.
    """

    status: int | None = None
    status_text: str = ""
    has_text: bool | None = None
    is_body_cut: bool = False
    expires_in_ms: int | None = None
    answers: tuple[str, ...] | None = None
    values: Mapping[str, object] | None = None
    age_ms: int | None = None
    upstream: Standing | None = None
    loss_percent: float | None = None
    latency_ms: float | None = None
    records: Mapping[str, tuple[str, ...]] | None = None
    is_authenticated: bool | None = None
    wrong: str = ""
    worse: str = ""
    value: float | None = None


def tell_seconds(ms: float) -> str:
    """Returns a latency as people say it: `850 ms`, `1 s`, `2.1 s`."""
    if ms < 1000:
        return f"{ms:.0f} ms"
    return f"{ms / 1000:.1f}".removesuffix(".0") + " s"


def tell_days(ms: int) -> str:
    """Returns a span as whole days, or hours under two days; never negative."""
    days = abs(ms) // _DAY_MS
    if days >= 2:
        return f"{days} days"
    hours = abs(ms) // 3_600_000
    return "1 hour" if hours == 1 else f"{hours} hours"


def find_red_probes(
    incident: Incident, probes: Iterable[Probe], states: Mapping[str, ProbeState], now: int
) -> list[str]:
    """Returns the probes of an incident that are not steadily up or slow: no update may pass them over.

    One that has gone silent, or that this host cannot see, is none that is up.
    """
    well = {
        probe.name
        for probe in probes
        if probe.name in states
        and status_at(states[probe.name], probe.every_ms, now) in (ProbeStatus.UP, ProbeStatus.SLOW)
    }
    return [probe for probe in incident.probes if probe not in well]


def judge(probe: Probe, seen: Observation, duration_ms: float) -> tuple[Verdict, str]:
    """Returns the verdict on an answer and the reason, empty when up: what is wrong outranks what is slow."""
    expect = probe.expect
    wrong = _find_wrong(probe, seen)
    if wrong:
        return Verdict.DOWN, wrong
    if (
        expect.min_days_left is not None
        and seen.expires_in_ms is not None
        and seen.expires_in_ms < expect.min_days_left * _DAY_MS
    ):
        left = tell_days(seen.expires_in_ms)
        return (
            Verdict.DEGRADED,
            f"{_tell_subject(probe)} expires in {left}, expected at least {expect.min_days_left} days",
        )
    if seen.worse:
        return Verdict.DEGRADED, seen.worse
    if seen.upstream is not None and seen.upstream.gravity:
        verdict = Verdict.DOWN if seen.upstream.gravity > 1 else Verdict.DEGRADED
        return verdict, clean_line(f"provider: {seen.upstream.words or 'says that something is wrong'}", _WORDS_LIMIT)
    most = expect.max_loss_percent
    if most is not None and seen.loss_percent is not None and seen.loss_percent > most:
        return Verdict.DEGRADED, f"{seen.loss_percent:.0f} % of the echoes lost, expected at most {most} %"
    worse = _find_wrong_value(expect.json_degraded, seen)
    if worse:
        return Verdict.DEGRADED, worse
    duration_ms = duration_ms if seen.latency_ms is None else seen.latency_ms
    if expect.max_latency_ms is not None and duration_ms > expect.max_latency_ms:
        slow = tell_seconds(duration_ms)
        return Verdict.DEGRADED, f"slow: {slow}, expected at most {tell_seconds(expect.max_latency_ms)}"
    return Verdict.UP, ""


def _tell_subject(probe: Probe) -> str:
    return "domain" if probe.kind is ProbeKind.DOMAIN else "certificate"


def _find_wrong(probe: Probe, seen: Observation) -> str:
    expect = probe.expect
    if seen.wrong:
        return seen.wrong
    if seen.expires_in_ms is not None and seen.expires_in_ms <= 0:
        return f"{_tell_subject(probe)} expired {tell_days(seen.expires_in_ms)} ago"
    if seen.status is not None and seen.status not in expect.status:
        if seen.status >= 400:
            return f"HTTP {seen.status_text}"
        return f"HTTP {seen.status_text}, expected {', '.join(map(str, expect.status))}"
    if seen.age_ms is not None and expect.max_age_ms is not None and seen.age_ms > expect.max_age_ms:
        most = format_duration(expect.max_age_ms)
        return f"no beat for {format_duration(seen.age_ms)}, expected one every {most}"
    if seen.has_text is False:
        where = " in its first part, the rest was not read" if seen.is_body_cut else ""
        return f"body lacks '{expect.body_contains}'{where}"
    wrong_value = _find_wrong_value(expect.json, seen)
    if wrong_value:
        return wrong_value
    if seen.answers is not None and expect.contains is not None:
        is_text = probe.record.upper() in ("TXT", "CAA")
        if not any(_answers_with(answer, expect.contains, is_text) for answer in seen.answers):
            return f"answer lacks '{expect.contains}', got {', '.join(seen.answers) or 'nothing'}"
    return _find_wrong_records(expect, seen)


def _find_wrong_records(expect: Expectation, seen: Observation) -> str:
    for kind, wanted in expect.records:
        got = (seen.records or {}).get(kind, ())
        if {_fold_answer(each, kind) for each in got} != {_fold_answer(each, kind) for each in wanted}:
            return f"{kind} is {', '.join(sorted(got)) or 'empty'}, expected {', '.join(wanted) or 'none'}"
    if expect.authenticated and seen.is_authenticated is False:
        return "answer is not authenticated by DNSSEC"
    return ""


def _fold_answer(answer: str, kind: str) -> str:
    if kind == "TXT":
        return answer.replace('" "', "").strip('"')
    return " ".join(word.rstrip(".") for word in answer.lower().replace('"', "").split())


def _find_wrong_value(checks: Sequence[JsonCheck], seen: Observation) -> str:
    if checks and seen.values is None:
        return "body is not JSON" + (" in its first part, the rest was not read" if seen.is_body_cut else "")
    for check in checks:
        if seen.values is not None and check.path not in seen.values:
            return f"body has no {check.path}"
        wrong = explain_value(check, seen.values[check.path]) if seen.values is not None else ""
        if wrong:
            return wrong
    return ""


def _answers_with(answer: str, wanted: str, is_text: bool) -> bool:
    """A part of an address is not that address: only free text is searched, other records match by whole words."""
    if is_text:
        return wanted in answer
    wanted = wanted.lower().rstrip(".")
    words = [word.rstrip(".") for word in answer.lower().split()]
    return wanted in words or wanted == " ".join(words)


def next_state(state: ProbeState, result: Result, probe: Probe) -> ProbeState:
    """Returns the state after one more run.

    A status is taken on after `failure_threshold` or `recovery_threshold` runs in a row agree, and began with the
    first of them. It flaps while its runs change too often (Nagios), or while it bounces: see `is_bouncing`. A run that
    says nothing is kept in `recent` and changes neither status nor counters. A long silence
    (an engine that was off) is kept as a blind spell.
    """
    silence = ((Verdict.UNKNOWN, 0.0),) * BLIND_LIMIT if _is_after_silence(state, result, probe) else ()
    recent = (*state.recent, *silence, (result.verdict, result.figure_ms))[-RECENT_LIMIT:]
    state = replace(
        state,
        recent=recent,
        last_verdict=result.verdict,
        last_result_at=result.started_at + round(result.duration_ms),
        last_reason=result.reason or state.last_reason,
        last_reason_at=result.started_at if result.reason else state.last_reason_at,
    )
    if result.verdict is Verdict.UNKNOWN:
        return state
    telling = _list_telling(recent, max(FLAP_RUNS, probe.failure_threshold, probe.recovery_threshold))
    goes_on = state.streak > 0 and len(telling) > 1 and telling[-2] is result.verdict
    began_at = (state.streak_at or result.started_at) if goes_on else result.started_at
    status = _confirm(state.status, telling, probe)
    streak = state.streak + 1 if goes_on else 1
    turned_at = set_back(state.turned_at, result.started_at)
    is_down = status is ProbeStatus.DOWN
    if is_down is not (state.status is ProbeStatus.DOWN):
        turned_at = add_turn(turned_at, began_at, probe.every_ms)
    is_flapping = state.flapping_at is not None
    share = find_change_share(telling)
    is_changing = share >= (probe.flap_end if is_flapping else probe.flap_start) and streak < STEADY_RUNS
    is_flapping = is_changing or (
        probe.flap_start <= 100
        and is_bouncing(turned_at, result.started_at, probe.every_ms, is_down=is_down, is_flapping=is_flapping)
    )
    return replace(
        state,
        status=status,
        flapping_at=(state.flapping_at or result.started_at) if is_flapping else None,
        turned_at=turned_at,
        since_at=state.since_at if status is state.status else began_at,
        streak=streak,
        streak_at=began_at,
        last_duration_ms=result.figure_ms,
        phases=result.phases,
        facts=result.facts,
    )


def find_change_share(telling: Sequence[Verdict]) -> float:
    """Returns how many percent of the latest runs were changes, the newest weighing half as much again as the oldest.

    Nagios Core manual, "Detection and Handling of State Flapping": 21 runs, weights 0.8 to 1.2. Runs that have not been
    made yet count as no change.
    """
    latest = telling[-FLAP_RUNS:]
    steps = FLAP_RUNS - 1
    oldest = FLAP_RUNS - len(latest)
    pairs = enumerate(pairwise(latest), start=oldest)
    return 100 * sum(0.8 + 0.4 * at / (steps - 1) for at, (before, after) in pairs if before is not after) / steps


def is_unconfirmed(state: ProbeState, probe: Probe) -> bool:
    """Tells whether the latest run was bad and the probe is not shown so yet: it is soon looked at again."""
    is_bad = state.last_verdict in (Verdict.DOWN, Verdict.DEGRADED)
    return is_bad and state.status in (ProbeStatus.UP, ProbeStatus.UNKNOWN) and state.streak < probe.failure_threshold


def find_retried(recent: Sequence[tuple[Verdict, float]], probe: Probe) -> list[bool]:
    """Returns for each run whether it passed after failures too few to be confirmed: a pass on retry."""
    retried, failures = [], 0
    for verdict, _ in recent:
        is_good = verdict in (Verdict.UP, Verdict.DEGRADED)
        retried.append(is_good and 0 < failures < probe.failure_threshold)
        failures = 0 if is_good else failures + (verdict is Verdict.DOWN)
    return retried


def _is_after_silence(state: ProbeState, result: Result, probe: Probe) -> bool:
    if state.last_result_at is None:
        return False
    return _is_silent(result.started_at - state.last_result_at, probe.every_ms)


def _is_silent(age_ms: int, every_ms: int) -> bool:
    """A latest result from the future means that the clock was set back, so that its age is not known either."""
    return age_ms > SILENT_INTERVALS * every_ms or age_ms < -every_ms


def _list_telling(recent: Sequence[tuple[Verdict, float]], most: int) -> list[Verdict]:
    """Returns the latest `most` verdicts that say something, oldest first, back to the latest blind spell."""
    telling: list[Verdict] = []
    blind = 0
    for verdict, _ in reversed(recent):
        blind = blind + 1 if verdict is Verdict.UNKNOWN else 0
        if blind == BLIND_LIMIT or len(telling) == most:
            break
        if verdict is not Verdict.UNKNOWN:
            telling.append(verdict)
    return telling[::-1]


def _was_up(recent: Sequence[tuple[Verdict, float]]) -> bool:
    """Tells whether a run was up since the latest blind spell."""
    blind = 0
    for verdict, _ in reversed(recent):
        blind = blind + 1 if verdict is Verdict.UNKNOWN else 0
        if blind == BLIND_LIMIT or verdict is Verdict.UP:
            return verdict is Verdict.UP
    return False


def _confirm(status: ProbeStatus, telling: Sequence[Verdict], probe: Probe) -> ProbeStatus:
    """Runs that are bad in different ways (down, slow, down) still add up to slow: they are no reason to stay green."""
    failures = telling[-probe.failure_threshold :]
    is_failing = len(failures) == probe.failure_threshold
    if is_failing and all(verdict is Verdict.DOWN for verdict in failures):
        return ProbeStatus.DOWN
    if status is not ProbeStatus.DOWN and is_failing and Verdict.UP not in failures:
        return ProbeStatus.SLOW
    successes = telling[-probe.recovery_threshold :]
    if status is ProbeStatus.UNKNOWN:
        return {Verdict.UP: ProbeStatus.UP, Verdict.DEGRADED: ProbeStatus.SLOW}.get(telling[-1], status)
    if status in (ProbeStatus.DOWN, ProbeStatus.SLOW) and len(successes) == probe.recovery_threshold:
        if all(verdict is Verdict.UP for verdict in successes):
            return ProbeStatus.UP
        if status is ProbeStatus.DOWN and Verdict.DOWN not in successes:
            return ProbeStatus.SLOW
    return status


def status_at(state: ProbeState, every_ms: int, now: int) -> ProbeStatus:
    """Returns what may be shown at `now`: silence is stale, and nothing is green from memory.

    Green needs a latest run that says something and a success not long before it. A target known to be down stays down
    through a missed run or two. What flaps is flapping, whatever it is at the moment: see `present_status`.
    """
    status = present_status(state, every_ms, now)
    is_told = status in (ProbeStatus.UP, ProbeStatus.SLOW, ProbeStatus.DOWN)
    return ProbeStatus.FLAPPING if is_told and state.flapping_at is not None else status


def present_status(state: ProbeState, every_ms: int, now: int) -> ProbeStatus:
    """Returns where a probe stands at `now`, a flapping one too."""
    if state.last_result_at is None:
        return ProbeStatus.UNKNOWN
    if _is_silent(now - state.last_result_at, every_ms):
        return ProbeStatus.STALE
    latest = [verdict for verdict, _ in state.recent[-_LATEST_RUNS:]]
    if state.status is ProbeStatus.DOWN:
        is_blind = latest[-BLIND_LIMIT:] == [Verdict.UNKNOWN] * BLIND_LIMIT
        return ProbeStatus.UNKNOWN if is_blind else ProbeStatus.DOWN
    is_answering = Verdict.UP in latest[-FRESH_RUNS:] or Verdict.DEGRADED in latest[-FRESH_RUNS:]
    if state.last_verdict is Verdict.UNKNOWN or not is_answering:
        return ProbeStatus.UNKNOWN
    is_up_from_memory = state.status is ProbeStatus.UP and not _was_up(state.recent)
    return ProbeStatus.SLOW if is_up_from_memory else state.status
