from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.tui.desk import Desk, make_desk, open_app, wait_for, wait_for_text
from textual.widgets import Input

from oncall_tui.domain.duration import HOUR, MINUTE
from oncall_tui.domain.facts import Facts
from oncall_tui.store.drafts import list_drafts
from oncall_tui.tui.facts_form import ROWS, read_facts, write_facts
from oncall_tui.tui.widgets.update_text import UpdateText

_NOW = 1_795_356_300_000  # 2026-11-22 14:05 UTC


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return make_desk(tmp_path)


@pytest.mark.parametrize("size", [(80, 24)])
async def test_a_fact_changes_its_sentence_until_a_person_wrote_it(desk: Desk, size: tuple[int, int]) -> None:
    async with open_app(desk, size=size) as (app, pilot):
        await pilot.press("i")
        await wait_for_text(pilot, "nothing blocks sending")
        text = app.main.query_one(UpdateText)
        await pilot.press("f6")
        await wait_for(pilot, lambda: isinstance(app.focused, Input))
        await pilot.press(*"pages fail", "down", *"all of Europe")
        await wait_for(pilot, lambda: "Pages fail." in text.text and "Affected: all of Europe." in text.text)
        assert "how many of you" not in text.text
        await pilot.press("escape")
        where = text.text.index("all of Europe")
        text.replace_span(where, where + len("all"), "most")
        await pilot.press("f6")
        await wait_for(pilot, lambda: isinstance(app.focused, Input))
        await pilot.press("up", "up", "up")
        assert app.focused is not None
        app.main.query_one("#fact-impact", Input).value = "pages are slow"
        app.main.query_one("#fact-scope", Input).value = "all of you"
        await wait_for(pilot, lambda: "Pages are slow." in text.text)
        assert "Affected: most of Europe." in text.text
        await wait_for(pilot, lambda: list_drafts(desk.db)[0].facts.impact == "pages are slow")
        await pilot.press("escape", "ctrl+n")
        await wait_for_text(pilot, "draft 2/2")
        assert "Affected: all of you." in text.text
        assert app.main.query_one("#fact-impact", Input).value == "pages are slow"


def test_every_part_of_the_form_is_a_fact() -> None:
    assert {row.name for row in ROWS} < set(Facts.__struct_fields__)


@given(st.dictionaries(st.sampled_from([row.name for row in ROWS]), st.text(max_size=30)))
def test_what_is_shown_is_read_back_and_nothing_typed_breaks_it(lines: dict[str, str]) -> None:
    facts, faults = read_facts(lines, Facts(), _NOW)
    assert read_facts(write_facts(facts), facts, _NOW) == (facts, {})
    assert set(faults) <= {"percent", "count", "eta_at"}


def test_numbers_and_times_are_read_and_a_fault_keeps_the_fact() -> None:
    facts, faults = read_facts({"percent": "30 %", "count": "1,200", "eta_at": "15:30"}, Facts(), _NOW)
    assert faults == {}
    assert facts == Facts(percent=30.0, count=1200, eta_at=_NOW + HOUR + 25 * MINUTE)
    kept, faults = read_facts({"percent": "200", "count": "many", "eta_at": "soon"}, facts, _NOW)
    assert kept == facts
    assert set(faults) == {"percent", "count", "eta_at"}
