"""The flows of an incident by the presses that they take; each begins where the one before ended."""

from __future__ import annotations

from pathlib import Path

from tests.tui.desk import Desk, make_desk, open_app, wait_for, wait_for_text
from textual.pilot import Pilot

from oncall_tui.clock import now_ms
from oncall_tui.domain.duration import MINUTE
from oncall_tui.domain.incident import IncidentStatus
from oncall_tui.domain.template import say_when
from oncall_tui.store.incidents import list_incidents
from oncall_tui.store.updates import list_updates


class _Fingers:
    """Presses keys one by one, each once the one before has shown its effect, and counts them."""

    def __init__(self, pilot: Pilot[object]) -> None:
        self._pilot = pilot
        self.count = 0

    async def press(self, key: str, shown: str) -> None:
        await self._pilot.press(key)
        self.count += 1
        await wait_for_text(self._pilot, shown)


async def _await_update(desk: Desk, pilot: Pilot[object], count: int) -> None:
    await wait_for(pilot, lambda: bool(list_incidents(desk.db)) and len(list_updates(desk.db, 1)) == count)


async def test_first_words_unchanged_words_and_the_next_state(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, window_ms=0)
    async with open_app(desk) as (_, pilot):
        fingers = _Fingers(pilot)
        await fingers.press("i", "nothing blocks sending")
        await fingers.press("ctrl+s", "Review the update")
        await fingers.press("enter", "Last words to customers")
        assert fingers.count == 3
        await _await_update(desk, pilot, 1)

        fingers = _Fingers(pilot)
        await fingers.press("p", "As of")
        await fingers.press("ctrl+s", "Review the update")
        await fingers.press("enter", "Last words to customers")
        assert fingers.count == 3
        await _await_update(desk, pilot, 2)

        fingers = _Fingers(pilot)
        await fingers.press("s", "State, then the update")
        await fingers.press("3", "is in place")
        await fingers.press("ctrl+s", "Review the update")
        await fingers.press("enter", "Last words to customers")
        assert fingers.count == 4
        await _await_update(desk, pilot, 3)
    first, same, fixed = list_updates(desk.db, 1)
    assert same.status is first.status is IncidentStatus.INVESTIGATING
    assert fixed.status is IncidentStatus.MONITORING
    (incident,) = list_incidents(desk.db)
    assert incident.next_update_at is not None
    assert 55 * MINUTE < incident.next_update_at - now_ms() < 65 * MINUTE
    assert say_when(incident.next_update_at, now_ms()) in fixed.body
