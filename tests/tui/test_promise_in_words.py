"""What is counted down is the time that customers read, however it came there, and it keeps the team's rhythm."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.tui.asking import Engine
from tests.tui.desk import Desk, declare, make_desk, open_app, wait_for, wait_for_text

from oncall_tui.domain.cadence import USUAL_RHYTHM
from oncall_tui.domain.capability import Capabilities
from oncall_tui.domain.duration import HOUR, MINUTE
from oncall_tui.domain.incident import Severity
from oncall_tui.domain.pagestate import MAIN_PAGE
from oncall_tui.store.drafts import list_drafts
from oncall_tui.store.incidents import get_incident
from oncall_tui.store.page import replace_pages
from oncall_tui.store.updates import list_updates
from oncall_tui.tui.widgets.compose_pane import ComposePane
from oncall_tui.tui.widgets.update_text import UpdateText


def _say(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1000, UTC):%H:%M} UTC"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return make_desk(tmp_path, window_ms=0)


@pytest.mark.usefixtures("midday")
async def test_a_time_that_is_typed_over_the_prepared_one_is_promised(desk: Desk) -> None:
    async with open_app(desk) as (app, pilot):
        await pilot.press("i")
        await wait_for_text(pilot, "nothing blocks sending")
        writing = app.main.query_one(ComposePane).writing
        assert writing is not None
        assert writing.due_at is not None
        text, earlier = app.main.query_one(UpdateText), writing.due_at - 17 * MINUTE
        text.put_text(text.text.replace(_say(writing.due_at), _say(earlier)))
        await wait_for_text(pilot, f"next update {_say(earlier)}")
        await wait_for(pilot, lambda: list_drafts(desk.db)[0].next_update_at == earlier)
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "enter send")
        await pilot.press("enter")
        await wait_for(pilot, lambda: get_incident(desk.db, 1).next_update_at == earlier)
        (update,) = list_updates(desk.db, 1)
        assert update.promise_at == earlier


@pytest.mark.usefixtures("midday")
async def test_a_promise_that_is_chosen_goes_into_words_of_ones_own(desk: Desk) -> None:
    async with open_app(desk) as (app, pilot):
        await pilot.press("i")
        await wait_for_text(pilot, "nothing blocks sending")
        writing, text = app.main.query_one(ComposePane).writing, app.main.query_one(UpdateText)
        assert writing is not None
        assert writing.due_at is not None
        own = writing.due_at + 7 * MINUTE
        text.put_text(f"Some sign-ins fail in Europe. We are looking into it. More by {_say(own)}.")
        await wait_for(pilot, lambda: writing.due_at == own)
        await pilot.press("f4", "right")
        await wait_for(pilot, lambda: writing.due_at not in (own, None))
        assert writing.due_at is not None
        assert text.text.endswith(f"More by {_say(writing.due_at)}.")


async def test_the_first_promise_and_the_rules_keep_the_rhythm_of_the_team(desk: Desk) -> None:
    steps = {**USUAL_RHYTHM.steps, Severity.SEV2: (2 * HOUR, 2 * HOUR, 2 * HOUR)}
    config = replace(desk.config, rhythm=replace(USUAL_RHYTHM, steps=steps))
    async with open_app(dataclasses.replace(desk, config=config)) as (app, pilot):
        await pilot.press("i")
        await wait_for_text(pilot, "nothing blocks sending")
        pane = app.main.query_one(ComposePane)
        assert pane.writing is not None
        assert pane.writing.due_at is not None
        assert 2 * HOUR <= pane.writing.due_at - app.now() + MINUTE <= 2 * HOUR + 6 * MINUTE
        assert pane.linting.checked is not None
        assert "TM005" not in {finding.rule for finding in pane.linting.checked.findings}
        assert pane.writing.due_at in [at for at, _ in pane.fields.due._options]


@pytest.mark.usefixtures("midday")
async def test_a_correction_of_the_time_moves_the_countdown(desk: Desk) -> None:
    number, engine = declare(desk), Engine(desk)
    replace_pages(desk.db, [(MAIN_PAGE, Capabilities("statuspage", can_edit_update=True))])
    began = get_incident(desk.db, number).next_update_at
    assert began is not None
    engine.confirm(number, f"Sign-ins fail for 30% of you in Europe. Next update by {_say(began)}.")
    engine.deliver(engine.claim(), "u1")
    later = began + 15 * MINUTE
    async with open_app(desk) as (app, pilot):
        await pilot.press("2")
        await wait_for_text(pilot, "told to customers")
        await pilot.press("e")
        await wait_for_text(pilot, "Change the words")
        text = app.screen.query_one(UpdateText)
        text.put_text(text.text.replace(_say(began), _say(later)))
        await wait_for_text(pilot, "saved as typed")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "subscribers are not told")
        await pilot.press("enter")
        await wait_for(pilot, lambda: get_incident(desk.db, number).next_update_at == later)
