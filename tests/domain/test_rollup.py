from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from oncall_tui.domain.duration import DAY, HOUR, MINUTE
from oncall_tui.domain.probe import Phases, SpanKind, Verdict
from oncall_tui.domain.rollup import SERIES, Figures, Minute, Run, floor_to, list_due, roll_up

BEGAN = 100 * HOUR


def test_an_hour_tells_counts_figures_and_each_minute() -> None:
    runs = [
        Run(BEGAN + second * 1_000, Verdict.UP, float(second + 1), Phases(connect_ms=second / 10))
        for second in range(100)
    ]
    runs += [Run(BEGAN + 2 * MINUTE, Verdict.DOWN, 5_000.0, Phases(connect_ms=9_999))]
    rolled = roll_up("p", HOUR, BEGAN, runs)
    assert (rolled.up, rolled.slow, rolled.down, rolled.unknown, rolled.runs) == (100, 0, 1, 0, 101)
    told = dict(zip(SERIES, rolled.figures, strict=True))
    assert (told["whole"], told["connect"], told["tls"]) == (Figures(50.0, 95.0), Figures(4.9, 9.4), Figures())
    assert rolled.minutes[:4] == (
        *(Minute(SpanKind.UP, 30.0, 57.0), Minute(SpanKind.UP, 80.0, 98.0), Minute(SpanKind.DOWN), Minute()),
    )
    assert roll_up("p", DAY, floor_to(BEGAN, DAY), runs).minutes == ()


@given(st.lists(st.tuples(st.integers(0, HOUR - 1), st.sampled_from(Verdict), st.floats(0, 60_000)), max_size=40))
def test_every_run_is_counted_once(drawn: list[tuple[int, Verdict, float]]) -> None:
    rolled = roll_up("p", HOUR, BEGAN, [Run(BEGAN + at, verdict, ms, Phases()) for at, verdict, ms in drawn])
    assert rolled.runs == len(drawn)
    assert len(rolled.minutes) == 60
    assert sum(minute.worst is not None for minute in rolled.minutes) == len({at // MINUTE for at, _, _ in drawn})


def test_an_hour_is_due_when_it_is_over_or_cannot_be_true() -> None:
    hours = [("p", BEGAN), ("p", BEGAN + HOUR), ("p", BEGAN + 5 * HOUR)]
    assert list_due(hours, BEGAN + HOUR + 1) == [hours[2]]
    assert list_due(hours, BEGAN + HOUR + MINUTE) == [hours[0], hours[2]]
