"""What comes from outside, from a mouse or from a held key must not run, crash, send or block."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.pace import free_s
from tests.tui.desk import Desk, declare, make_desk, open_app, screen_text, wait_for, wait_for_text
from textual import events

from oncall_tui.clock import now_ms
from oncall_tui.domain.incident import ComponentStatus, IncidentStatus
from oncall_tui.store.drafts import list_drafts
from oncall_tui.store.incidents import edit_incident, get_incident, list_incidents
from oncall_tui.store.outbox import confirm_update, list_deliveries
from oncall_tui.store.timeline import add_note
from oncall_tui.tui.screens.review import ReviewScreen
from oncall_tui.tui.widgets.update_text import UpdateText

_EVIL = "[@click=app.quit]x[/] [/x] [bold] \x1b]0;pwned\x07\x1b[2J\u202e\x00 end"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return make_desk(tmp_path)


def write_evil(desk: Desk, folder: Path) -> int:
    """Puts hostile text into every field of an incident."""
    number = declare(desk)
    runbook = folder / "evil.md"
    runbook.write_bytes(f"# {_EVIL}\n\n## {_EVIL}\n\n- [ ] {_EVIL}\n  {_EVIL}\n\xff".encode("latin-1", "replace"))
    incident = replace(
        get_incident(desk.db, number), title=_EVIL, scope=_EVIL, conflict=_EVIL, runbook=str(runbook),
        components={_EVIL: ComponentStatus.MAJOR_OUTAGE},
    )  # fmt: skip
    edit_incident(desk.db, incident, _EVIL, now_ms())
    add_note(desk.db, number, _EVIL, _EVIL, now_ms())
    confirm_update(
        desk.db, number, uid="u", status=IncidentStatus.INVESTIGATING, body=_EVIL, components={},
        next_update_at=None, notify=True, actor=_EVIL, now=now_ms(),
    )  # fmt: skip
    return number


@pytest.mark.parametrize("size", [(80, 24)])
async def test_hostile_text_is_only_shown(desk: Desk, tmp_path: Path, size: tuple[int, int]) -> None:
    write_evil(desk, tmp_path)
    async with open_app(desk, size=size) as (app, pilot):
        for key in ("2", "3", "4", "5", "1"):
            await pilot.press(key)
            await pilot.pause(0.2)
            shown = screen_text(pilot)
            assert "\x1b" not in shown
            assert "\x00" not in shown
            if key != "1":
                assert "[@click=app.quit]x[/]" in shown
            for y in range(0, size[1], 5):
                for x in (3, size[0] // 2, size[0] - 4):
                    await pilot.click(offset=(x, y))
            if len(app.screen_stack) > 1:
                await pilot.press("escape")
        assert app.is_running
    async with open_app(desk, size=size, is_wall=True) as (app, pilot):
        await wait_for_text(pilot, "[@click=app.quit]x[/]")


async def test_a_title_of_any_length_is_cut(desk: Desk) -> None:
    number = declare(desk)
    with desk.db.write("incidents") as connection:
        connection.execute("UPDATE incident SET title = ? WHERE id = ?", ("wide 宽 " * 20_000, number))
    async with open_app(desk) as (_, pilot):
        began = free_s()
        for key in ("2", "3", "1", "5"):
            await pilot.press(key)
            await pilot.pause(0.1)
        assert "wide 宽" in screen_text(pilot)
        assert free_s() - began < 8


async def test_a_pasted_megabyte_is_taken_and_confirms_nothing(desk: Desk) -> None:
    declare(desk)
    async with open_app(desk) as (app, pilot):
        await pilot.press("3", "p")
        await wait_for(pilot, lambda: isinstance(app.focused, UpdateText))
        app.screen.post_message(events.Paste("y\r\n\x13 enter \x1b[13~" * 65_000))
        began = free_s()
        await wait_for(pilot, lambda: len(app.screen.query_one(UpdateText).text) > 25_000, 30)
        await wait_for_text(pilot, "The paste was cut")
        await pilot.press("z")
        await pilot.pause()
        assert free_s() - began < 20
        assert not isinstance(app.screen, ReviewScreen)
    assert list_deliveries(desk.db) == []


async def test_a_held_enter_sends_once(tmp_path: Path) -> None:
    desk = make_desk(tmp_path, window_ms=400)
    declare(desk)
    async with open_app(desk) as (_, pilot):
        await pilot.press("3", "p")
        await wait_for_text(pilot, "nothing blocks sending")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "Review the update")
        for _ in range(60):
            await pilot.press("enter")
        await wait_for(pilot, lambda: bool(list_deliveries(desk.db)))
        await pilot.pause(0.8)
    assert len(list_deliveries(desk.db)) == 1
    assert len(list_incidents(desk.db)) == 1


@pytest.mark.parametrize("opener", ["ctrl+s", "f2", "f3", "f1", "ctrl+p"])
async def test_a_terminal_of_one_cell_under_a_dialog_comes_back(desk: Desk, opener: str) -> None:
    declare(desk)
    async with open_app(desk) as (app, pilot):
        await pilot.press("3", "p")
        await wait_for_text(pilot, "nothing blocks sending")
        await pilot.press(opener)
        await wait_for(pilot, lambda: len(app.screen_stack) > 1)
        for size in ((1, 1), (3, 2), (200, 60), (80, 24)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
        await pilot.press("escape")
        await wait_for_text(pilot, "nothing blocks sending")
    assert len(list_drafts(desk.db)) == 1
