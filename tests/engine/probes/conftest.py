from __future__ import annotations

import pytest

from oncall_tui.engine import probes


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that is too busy to look at a deadline in time has not slept; who sleeps in a test does it for long."""
    monkeypatch.setattr(probes, "PAUSE_S", 60.0)
