"""No order of facts makes the board show green without an answer, or keep quiet what is over."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from oncall_tui.domain.board import judge_row
from oncall_tui.domain.change import AFTERMATH_MS, Change
from oncall_tui.domain.duration import HOUR, MINUTE
from oncall_tui.domain.probe import Probe, ProbeKind, ProbeState, ProbeStatus, Result, Verdict
from oncall_tui.domain.silence import SET_BACK_MS, Silence, SilenceKind
from oncall_tui.domain.upkeep import Upkeep, index_upkeeps
from oncall_tui.domain.verdict import next_state
from oncall_tui.tui.snapshot import Snapshot

NOW = 1_800_000_000_000
PROBE = Probe("api", ProbeKind.TCP, "h:1", every_ms=30_000)

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("run"), st.sampled_from(list(Verdict))),
        st.tuples(st.just("run"), st.sampled_from((Verdict.UP, Verdict.DOWN))),
        st.tuples(st.just("clock"), st.sampled_from((1_000, 30_000, 10 * MINUTE, HOUR, -HOUR, -30_000))),
        st.tuples(st.just("snooze"), st.integers(1, 90)),
        st.tuples(st.just("ack"), st.none()),
        st.tuples(st.just("end"), st.none()),
        st.tuples(st.just("upkeep"), st.integers(1, 90)),
        st.tuples(st.just("window"), st.integers(1, 90)),
        st.tuples(st.just("take out"), st.none()),
        st.tuples(st.just("change"), st.integers(1, 90)),
    ),
    max_size=40,
)


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_no_order_of_facts_is_green_without_an_answer_or_silent_after_its_end(
    steps: list[tuple[str, Verdict | int | None]],
) -> None:
    now, state = NOW, ProbeState("api")
    snapshot = Snapshot(probes=(PROBE,))
    answers: list[int] = []
    for what, value in steps:
        length = value * MINUTE if isinstance(value, int) else 0
        match what:
            case "run":
                assert isinstance(value, Verdict)
                now += PROBE.every_ms
                state = next_state(state, Result("api", now, value, 1.0, "why"), PROBE)
                answers += [now] if value in (Verdict.UP, Verdict.DEGRADED) else []
            case "clock":
                assert isinstance(value, int)
                now += value
            case "snooze":
                made = Silence("api", SilenceKind.SNOOZE, "", "bob", now, now + length)
                snapshot = replace(snapshot, silences={"api": made})
            case "ack":
                snapshot = replace(snapshot, silences={"api": Silence("api", SilenceKind.ACK, "", "ann", now)})
            case "end":
                snapshot = replace(snapshot, silences={})
            case "upkeep" | "window":
                window = "backup" if what == "window" else None
                begun = Upkeep(
                    len(snapshot.upkeeps), frozenset({"api"}), now, now + length, "", "ann", now, window=window
                )
                snapshot = replace(snapshot, upkeeps=(*snapshot.upkeeps, begun))
            case "take out":
                out = tuple(replace(each, left={"api": now}) for each in snapshot.upkeeps)
                snapshot = replace(snapshot, upkeeps=out)
            case "change":
                told = Change(1, "deploy", None, now, now + length, "ci")
                snapshot = replace(snapshot, changes=(told,))
        row = judge_row(snapshot, PROBE, state, None, now, index_upkeeps(snapshot.upkeeps, now))
        if row.status is ProbeStatus.UP:
            assert any(abs(now - at) <= 4 * 2.5 * PROBE.every_ms + HOUR for at in answers)
            assert state.last_verdict is not Verdict.UNKNOWN
        if row.status is ProbeStatus.MAINTENANCE:
            ends = [min(each.ends_at, each.left.get("api", each.ends_at)) for each in snapshot.upkeeps]
            assert any(now < end for end in ends)
        if row.silence is not None and row.silence.until_at is not None:
            assert row.silence.made_at - SET_BACK_MS <= now < row.silence.until_at
        if row.status is ProbeStatus.EXPECTED:
            assert row.change is not None
            assert row.change.until_at is not None
            assert now < row.change.until_at + AFTERMATH_MS
    late = max([now, *(each.ends_at for each in snapshot.upkeeps)]) + 100 * HOUR
    row = judge_row(snapshot, PROBE, state, None, late, index_upkeeps(snapshot.upkeeps, late))
    assert row.status in (ProbeStatus.STALE, ProbeStatus.UNKNOWN)
    assert row.silence is None or row.silence.until_at is None
