"""The board's rules hold whatever stands on it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from oncall_tui.domain.board import RED, UNSEEN, Row, find_behind, find_place, tally_rows
from oncall_tui.domain.probe import Probe, ProbeKind, ProbeState, ProbeStatus
from oncall_tui.domain.silence import Silence, SilenceKind

_NAMES = [f"p{at}" for at in range(6)]
_SEEN = (ProbeStatus.UP, ProbeStatus.SLOW, ProbeStatus.DOWN)


@st.composite
def boards(draw: st.DrawFn) -> dict[str, Row]:
    rows = {}
    for name in _NAMES:
        shown = draw(st.sampled_from(list(ProbeStatus)))
        known = shown if shown in _SEEN else draw(st.sampled_from([*_SEEN, ProbeStatus.UNKNOWN]))
        above = draw(st.lists(st.sampled_from(_NAMES), max_size=2))
        state = ProbeState(name, known, since_at=draw(st.integers(0, 99)), flapping_at=draw(st.none() | st.just(5)))
        silence = draw(st.none() | st.just(Silence(name, SilenceKind.ACK, "", "ann", 1)))
        rows[name] = Row(
            Probe(name, ProbeKind.TCP, "h:1", depends_on=tuple(above)), state, shown, None, silence=silence
        )
    return rows


@given(boards())
def test_each_probe_is_counted_once(rows: dict[str, Row]) -> None:
    behind = find_behind([row.probe for row in rows.values()], rows)
    tally = tally_rows(rows.values(), behind)
    assert sum(tally.counts.values()) + tally.behind + tally.known == len(rows)
    assert tally.failing <= tally.counts[ProbeStatus.DOWN]
    assert tally.known_failing <= tally.known


@given(boards())
def test_nothing_hides_behind_what_is_hidden_or_well(rows: dict[str, Row]) -> None:
    behind = find_behind([row.probe for row in rows.values()], rows)
    for name, root in behind.items():
        assert root not in behind
        assert rows[root].known_status not in (ProbeStatus.UP, ProbeStatus.SLOW)
        assert rows[name].status in (*RED, *UNSEEN)
        # What is red now is not hidden by what was down before anybody lost sight of it.
        assert rows[name].status in UNSEEN or rows[root].status not in UNSEEN


@given(boards())
def test_what_was_worse_when_it_was_seen_last_comes_first(rows: dict[str, Row]) -> None:
    for status in UNSEEN:
        order = [row.known_status for row in sorted(rows.values(), key=find_place) if row.status is status]
        worst = [ProbeStatus.DOWN, ProbeStatus.FLAPPING, ProbeStatus.SLOW, ProbeStatus.UNKNOWN, ProbeStatus.UP]
        assert order == sorted(order, key=worst.index)
