"""The room on the screen: the first frame stands where it stays, and nothing moves while one works."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.tui.desk import declare, make_desk, open_app, wait_for, wait_for_text

from oncall_tui.tui.screens.main import MainScreen


@pytest.mark.parametrize("size", [(120, 40), (200, 60)])
@pytest.mark.parametrize("is_open", [False, True])
async def test_the_first_frame_stands_where_it_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], is_open: bool
) -> None:
    widths: list[int] = []
    draw = MainScreen.draw_frame

    def watch(self: MainScreen) -> None:
        widths.append(self.query_one("#left").size.width)
        draw(self)

    monkeypatch.setattr(MainScreen, "draw_frame", watch)
    desk = make_desk(tmp_path)
    if is_open:
        declare(desk)
    async with open_app(desk, size=size) as (app, pilot):
        await wait_for_text(pilot, "API: requests are failing" if is_open else "No incident is chosen.")
        first = widths[0]
        assert first * 2 > size[0] if not is_open else first * 5 < size[0] * 3
        for key in ("2", "3", "5", "1", "tab"):
            await pilot.press(key)
        assert set(widths) == {first}
        if not is_open:
            declare(desk)
            await wait_for(pilot, lambda: app.selected_incident == 1)
            await wait_for(pilot, lambda: app.main.query_one("#left").size.width < first)
