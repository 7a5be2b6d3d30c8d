from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from oncall_tui import clock
from oncall_tui.domain.duration import DAY


@pytest.fixture
def midday(monkeypatch: pytest.MonkeyPatch) -> None:
    """Moves the hour at which a test begins to noon: near midnight customers are told the date beside a time."""
    ahead_ns = (DAY // 2 - clock.now_ms() % DAY) * 1_000_000
    monkeypatch.setattr(clock, "time", SimpleNamespace(time_ns=lambda: time.time_ns() + ahead_ns))
