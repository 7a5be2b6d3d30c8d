from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.engine.publishing import confirm, declare
from tests.tui.desk import Desk, make_desk, open_app, screen_text, wait_for_text
from tests.tui.test_header import INCIDENT

from oncall_tui.domain.capability import Capabilities
from oncall_tui.domain.context import list_targets
from oncall_tui.domain.incident import ComponentStatus, IncidentStatus
from oncall_tui.store.outbox import list_deliveries
from oncall_tui.store.page import replace_pages
from oncall_tui.tui.widgets.lines import Lines

SMALL = Capabilities(adapter="Tiny Page", body_most=210)
PLAIN = Capabilities(
    adapter="Plain Page",
    shown_statuses={IncidentStatus.INVESTIGATING: IncidentStatus.IDENTIFIED},
    shown_components={
        state: ComponentStatus.OPERATIONAL for state in ComponentStatus if state is not ComponentStatus.OPERATIONAL
    },
)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = make_desk(tmp_path)
    page = desk.config.pages[0]
    pages = (replace(page, name="eu"), replace(page, name="us"))
    return Desk(desk.path, replace(desk.config, pages=pages), desk.db)


@pytest.mark.usefixtures("midday")
@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
async def test_what_a_page_would_refuse_is_told_while_typing_and_closes_enter(
    desk: Desk, size: tuple[int, int]
) -> None:
    replace_pages(desk.db, [("eu", SMALL), ("us", PLAIN)])
    async with open_app(desk, size=size) as (app, pilot):
        await pilot.press("i")
        shown = await wait_for_text(pilot, "2 warn")
        assert "▲ warn  us Plain Page has no state" in shown
        assert "block" not in shown
        await pilot.press(*"And so on.")
        await wait_for_text(pilot, "✖ block eu")
        found = app.screen.query_one("#compose-findings", Lines).lines
        assert "Tiny Page takes 210" in " ".join(" ".join(line.plain for line in found).split())
        await pilot.press("ctrl+s")
        shown = await wait_for_text(pilot, "Not sendable")
        assert "Tiny Page takes 210" in shown
        assert "Plain Page has no state investigating" in shown
        await pilot.press("enter")
        await wait_for_text(pilot, "Not sent: The text has 217")
        assert app.outgoing.waiting == ()
        await pilot.press("escape", *["backspace"] * len("And so on."))
        await wait_for_text(pilot, "2 warn")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "enter send")
        await pilot.press("enter")
        await wait_for_text(pilot, "SENDING")
    assert list_deliveries(desk.db) == []


async def test_a_page_that_holds_all_says_nothing(desk: Desk) -> None:
    replace_pages(desk.db, [("eu", Capabilities(adapter="Any")), ("us", None)])
    async with open_app(desk) as (_, pilot):
        await pilot.press("i")
        await wait_for_text(pilot, "✓ nothing blocks sending")


async def test_what_becomes_known_of_a_page_meanwhile_counts(desk: Desk) -> None:
    async with open_app(desk) as (_, pilot):
        await pilot.press("i")
        await wait_for_text(pilot, "✓ nothing blocks sending")
        replace_pages(desk.db, [("eu", replace(SMALL, updates_most=0)), ("us", None)])
        await wait_for_text(pilot, "Tiny Page takes 0 updates an incident")


def test_what_was_made_on_one_page_is_continued_there() -> None:
    listed = replace(INCIDENT, listings={"us": INCIDENT.listings["page"]})
    assert list_targets(listed, ("eu", "us")) == ["eu", "us"]
    assert list_targets(replace(listed, is_local=False), ("eu", "us")) == ["us"]
    assert list_targets(replace(listed, is_local=False, listings={}), ("eu",)) == ["eu"]


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_components_that_a_page_shows_otherwise_are_named_in_compose_and_review(
    desk: Desk, size: tuple[int, int]
) -> None:
    replace_pages(desk.db, [("eu", Capabilities(adapter="Free Page", resolves_all=True)), ("us", None)])
    hurt = dict.fromkeys(["API", "Database", "Mail and calendar", "Checkout"], ComponentStatus.MAJOR_OUTAGE)
    incident = declare(desk.db, components=hurt)
    confirm(desk.db, incident.id, "Sign-in fails.", components=hurt)
    async with open_app(desk, size=size) as (app, pilot):
        await pilot.press("p")
        await wait_for_text(pilot, "1 info")
        await pilot.press("f2", "4")
        await wait_for_text(pilot, "RESOLVED")
        assert "Free Page" not in screen_text(pilot)
        await pilot.press("f3")
        await wait_for_text(pilot, "this update")
        for _ in hurt:
            await pilot.press("right", "down")
        await pilot.press("enter")
        await wait_for_text(pilot, "Free Page sets all of a resolved")
        findings = app.screen.query_one("#compose-findings", Lines).lines
        told = " ".join(" ".join(row.plain for row in findings).split())
        assert "to operational, also API, Checkout, Database, Mail and calendar" in told
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "Review the update")
        rows = [row.strip(" │▁▂▃▄▅▆▇█") for row in screen_text(pilot).splitlines()]
        assert "to operational, also API, Checkout, Database, Mail and calendar" in " ".join(rows)
