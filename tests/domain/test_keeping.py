"""Which failures keep what came back: what tells the story, and never more than an allowance."""

from __future__ import annotations

import random
import uuid
from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from oncall_tui.domain.duration import DAY, HOUR
from oncall_tui.domain.keeping import ALLOWANCE, REFER_MS, REGAIN_MS, SAMPLE_MS, Ledger, find_likeness
from oncall_tui.domain.probe import Result, Verdict

NOW = 1_790_000_000_000
PACE = 10_000
UP = "up"


def fail(
    at: int, body: str = "try later", reason: str = "HTTP 503 Service Unavailable", address: str = "192.0.2.1"
) -> Result:
    evidence = (("Date:", str(at)), ("Server:", "nginx"), ("body", body))
    return Result("api", at, Verdict.DOWN, 5.0, reason, facts=(("address", address),), evidence=evidence)


def run(ledger: Ledger, results: Sequence[Result]) -> tuple[list[int], list[Result]]:
    """Returns when those began that are kept, those of the ends included, and all as they are to be saved."""
    kept, saved = [], []
    for result in results:
        each, last = ledger.take(result)
        saved.append(each)
        kept += [each.started_at] if each.evidence else []
        kept += [last.started_at] if last else []
    return kept, saved


def make_good(at: int) -> Result:
    return Result("api", at, Verdict.UP, 5.0)


def test_of_an_outage_the_beginning_samples_and_the_end_are_kept() -> None:
    outage = [fail(NOW + number * PACE) for number in range(360)]
    kept, saved = run(Ledger(), [*outage, make_good(NOW + HOUR)])
    assert kept[:3] == [NOW, NOW + PACE, NOW + 2 * PACE]
    assert kept[-1] == outage[-1].started_at
    pauses = [late - early for early, late in pairwise(kept[2:])]
    assert all(SAMPLE_MS - PACE < pause <= SAMPLE_MS for pause in pauses[:-1])
    assert len(kept) == 3 + 11 + 1
    assert [each.reason for each in saved[:-1]] == [each.reason for each in outage]
    assert saved[-1] == make_good(NOW + HOUR)


def test_each_change_of_the_cause_and_of_the_answer_is_kept() -> None:
    steady = [fail(NOW + number * PACE) for number in range(30)]
    at = NOW + 30 * PACE
    changed = [
        fail(at, reason="HTTP 502 Bad Gateway"),
        fail(at + PACE, body="the disk is full"),
        fail(at + 2 * PACE, address="192.0.2.2"),
        fail(at + 3 * PACE, reason="connection refused"),
    ]
    kept, _ = run(Ledger(), [*steady, *changed, fail(at + 4 * PACE)])
    assert kept[-4:] == [each.started_at for each in changed]


def test_what_differs_in_each_answer_is_no_news() -> None:
    rng = random.Random(1)

    def answer(at: int) -> Result:
        request = uuid.UUID(int=rng.getrandbits(128), version=4)
        return fail(
            at, f'{{"error": "down", "request_id": "{request}", "at": "2026-11-22T14:02:{at % 60:02}Z", "n": {at}}}'
        )

    assert len({find_likeness(answer(NOW + number)) for number in range(200)}) == 1
    assert find_likeness(fail(NOW, "database is down")) != find_likeness(fail(NOW, "cache is down"))
    assert find_likeness(fail(NOW, "база")) != find_likeness(fail(NOW, "диск"))
    slow = [find_likeness(fail(NOW, reason=f"slow: {part}.5 s, expected at most 1 s")) for part in range(9)]
    assert len(set(slow)) == 1


def test_causes_that_take_turns_are_each_told_by_their_own() -> None:
    reasons = ("connection refused", "HTTP 503 Service Unavailable", "timed out in connect after 5.0 s")
    results = [
        fail(NOW + number * PACE, reason=reasons[number % 3], body=reasons[number % 3]) for number in range(2_000)
    ]
    kept, saved = run(Ledger(), results)
    by_start = {each.started_at: each for each in results}
    told = [(each, by_start[each.evidence_at]) for each in saved if each.evidence_at is not None]
    assert len(told) + len(kept) == 2_000
    assert all(each.reason == by.reason for each, by in told)
    assert len(kept) <= ALLOWANCE + 2_000 * PACE / REGAIN_MS


def test_a_flood_of_other_answers_leaves_room_for_another_cause_and_for_the_end() -> None:
    rng = random.Random(1)
    flood = [fail(NOW + number * PACE, "".join(rng.choices("abcdefghij ", k=400))) for number in range(100)]
    other = fail(NOW + 100 * PACE, reason="connection refused")
    rest = [fail(NOW + number * PACE, "".join(rng.choices("abcdefghij ", k=400))) for number in range(101, 105)]
    kept, _ = run(Ledger(), [*flood, other, *rest, make_good(NOW + 105 * PACE)])
    assert other.started_at in kept
    assert kept[-1] == rest[-1].started_at


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from((UP, "a", "b", "HTTP 500", "HTTP 502", "x y", "x z")),
            st.text("abcdefgh ", max_size=8),
            st.sampled_from((10, 5_000, 10_000, 60_000, 2 * HOUR)),
        ),
        max_size=150,
    )
)
def test_no_failures_spend_more_than_the_allowance(runs: list[tuple[str, str, int]]) -> None:
    at, results = NOW, []
    for reason, body, pause in runs:
        at += pause
        results.append(make_good(at) if reason is UP else fail(at, body, reason))
    kept, saved = run(Ledger(), results)
    assert len(kept) == len(set(kept)) <= ALLOWANCE + (at - NOW) / REGAIN_MS
    reasons = {each.started_at: each.reason for each in results}
    for each in saved:
        if each.evidence_at is not None:
            assert each.evidence_at in kept
            assert 0 <= each.started_at - each.evidence_at <= REFER_MS
            assert not each.evidence
            assert (
                find_likeness(fail(NOW, reason=each.reason))[0]
                == find_likeness(fail(NOW, reason=reasons[each.evidence_at]))[0]
            )


def test_a_clock_that_is_set_lets_nothing_be_told_by_what_came_later_or_long_before() -> None:
    ledger = Ledger()
    run(ledger, [fail(NOW + number * PACE) for number in range(40)])
    back, _ = ledger.take(fail(NOW - DAY))
    assert back.evidence
    ahead, _ = ledger.take(fail(NOW + DAY))
    assert ahead.evidence
    after, _ = ledger.take(fail(NOW + DAY + 30 * PACE))
    assert after.evidence_at is None or after.evidence_at >= NOW + DAY


def test_a_new_engine_goes_on_with_what_is_kept() -> None:
    outage = [fail(NOW + number * PACE) for number in range(200)]
    kept, _ = run(Ledger(), outage[:60])
    in_file = [each for each in outage if each.started_at in kept]
    for number in range(60, 200):
        # A new engine each time: as in a loop of crashes.
        ledger = Ledger()
        ledger.restore(
            [each for each in in_file if each.started_at >= outage[number].started_at - HOUR], is_failing=True
        )
        saved, _ = ledger.take(outage[number])
        in_file += [saved] if saved.evidence else []
        assert saved.evidence or saved.evidence_at == in_file[-1].started_at
    assert [each.started_at for each in in_file] == run(Ledger(), outage)[0]
