from __future__ import annotations

import importlib
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.tui.desk import Desk, declare, make_desk, open_app, screen_text, wait_for, wait_for_text
from tests.tui.test_header import CALM, FACTS, INCIDENT, NOW, UPDATE
from textual.screen import ModalScreen

from oncall_tui.clock import now_ms
from oncall_tui.tui.screens.overlay import Overlay
from oncall_tui.tui.widgets.promise_line import draw_promises
from oncall_tui.tui.widgets.small_head import draw_small_head
from oncall_tui.tui.widgets.status_header import draw_head

MINUTE = 60_000


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return make_desk(tmp_path)


def _read(left_ms: int, width: int = 120, **others: int) -> str:
    incidents = [replace(INCIDENT, next_update_at=NOW + left_ms)]
    incidents += [replace(INCIDENT, id=int(name[1:]), next_update_at=NOW + left) for name, left in others.items()]
    snapshot = replace(CALM, incidents=tuple(incidents))
    row = draw_promises(snapshot, 42, NOW, width, can_see=False)
    return "" if row is None else row.plain.rstrip()


def test_the_nearer_a_promise_the_louder() -> None:
    assert _read(13 * MINUTE) == " #42 ▸ NEXT UPDATE DUE 08:13 UTC, in 13m"
    assert _read(4 * MINUTE) == " #42 ▲ NEXT UPDATE DUE 08:04 UTC, DUE SOON, in 04:00"
    assert _read(-MINUTE) == " #42 ✖ NEXT UPDATE DUE 07:59 UTC, LATE 01:00"


def test_another_incident_that_is_nearly_due_is_told_beside_it() -> None:
    assert _read(13 * MINUTE, i43=-2 * MINUTE, i44=MINUTE).endswith("in 13m   #43 ✖ LATE 02:00")
    assert _read(13 * MINUTE, i43=20 * MINUTE).endswith("in 13m")


def test_the_head_tells_it_too_on_a_small_screen_as_well() -> None:
    here = replace(INCIDENT, next_update_at=NOW + 13 * MINUTE)
    other = replace(INCIDENT, id=43, next_update_at=NOW - MINUTE)
    snapshot, facts = replace(CALM, incidents=(here, other), latest_updates={42: UPDATE}), FACTS._replace(incident=here)
    assert "#43 ✖ LATE 01:00" in draw_head(snapshot, facts, 120)[2].plain
    (small,) = draw_small_head(snapshot, facts, 80)
    assert "due in 13m" in small.plain
    assert "#43 ✖ LATE 01:00" in small.plain


def test_nothing_is_promised_and_nothing_takes_a_row() -> None:
    assert draw_promises(CALM, None, NOW, 80, can_see=True) is None
    assert draw_promises(replace(CALM, incidents=(INCIDENT,)), 42, NOW, 80, can_see=False) is None


def test_whoever_has_not_been_told_is_promised_nothing() -> None:
    snapshot = replace(CALM, incidents=(replace(INCIDENT, next_update_at=NOW + MINUTE),))
    row = draw_promises(snapshot, 42, NOW, 80, can_see=True)
    assert row is not None
    assert row.plain.strip() == "#42 ✖ customers have not been told"


def test_every_screen_that_lies_over_another_shows_it() -> None:
    folder = Path(str(importlib.import_module("oncall_tui.tui.screens.overlay").__file__)).parent
    for path in folder.glob("*.py"):
        importlib.import_module(f"oncall_tui.tui.screens.{path.stem}")
    ours: list[type] = []
    seen: list[type] = [ModalScreen]
    while seen:
        kind = seen.pop()
        seen += kind.__subclasses__()
        ours += [kind] if kind.__module__.startswith("oncall_tui.") else []
    assert len(ours) > 12
    assert [kind.__name__ for kind in ours if not issubclass(kind, Overlay)] == []


@pytest.mark.parametrize(("keys", "text"), [(("s",), "State, then"), (("question_mark",), "EVERYWHERE")])
async def test_a_question_does_not_hide_the_countdown(desk: Desk, keys: tuple[str, ...], text: str) -> None:
    number = declare(desk)
    with desk.db.write("incidents") as connection:
        due_at = now_ms() + 3 * MINUTE
        connection.execute("UPDATE incident SET next_update_at = ? WHERE id = ?", (due_at, number))
        values = ("main", "r1", number, "API fails", 1)
        connection.execute(
            "INSERT INTO page_incident(page, remote_id, incident_id, title, updated_at) VALUES (?, ?, ?, ?, ?)", values
        )
    desk = Desk(desk.path, replace(desk.config, pages=(replace(desk.config.pages[0], public_url=None),)), desk.db)
    async with open_app(desk) as (_, pilot):
        await wait_for_text(pilot, "DUE SOON")
        await pilot.press(*keys)
        shown = await wait_for_text(pilot, text)
        assert shown.startswith(f" #{number} ▲ NEXT UPDATE DUE")
        await wait_for(pilot, lambda: screen_text(pilot).splitlines()[0] != shown.splitlines()[0])
