from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace
from tests.tui.desk import Desk, declare, make_desk, open_app, screen_text, wait_for, wait_for_text

from oncall_tui.clock import now_ms
from oncall_tui.domain.incident import ComponentStatus
from oncall_tui.domain.probe import ProbeStatus, Verdict
from oncall_tui.domain.remote import RemoteComponent
from oncall_tui.store.page import apply_components, replace_pages
from oncall_tui.store.probes import list_states, record_results


async def test_a_page_and_probes_that_contradict_each_other_are_pointed_out_in_both_directions(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    apply_components(desk.db, [RemoteComponent("a", "API", ComponentStatus.OPERATIONAL)])
    async with open_app(desk) as (_, pilot):
        shown = await wait_for_text(pilot, "▲ page says operational, api-eu is red for 1 min")
        assert "1 probe is down and customers have not been told" in shown
        apply_components(desk.db, [RemoteComponent("a", "API", ComponentStatus.MAJOR_OUTAGE)])
        await wait_for(pilot, lambda: "page says" not in screen_text(pilot))
        state = next(item for item in list_states(desk.db, 0)[0] if item.probe == "api-eu")
        well = replace(
            state, status=ProbeStatus.UP, since_at=now_ms() - 720_000, last_verdict=Verdict.UP,
            recent=((Verdict.UP, 5.0),) * 5, last_result_at=now_ms(),
        )  # fmt: skip
        record_results(desk.db, [], [well], [], now_ms())
        shown = await wait_for_text(pilot, "▲ page says major outage, every probe of API is up for 12 min")
        declare(desk)
        await wait_for(pilot, lambda: "page says" not in screen_text(pilot))


async def test_a_page_that_stayed_behind_another_is_pointed_out_by_its_name(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    page = desk.config.pages[0]
    pages = (replace(page, name="eu"), replace(page, name="us"))
    desk = Desk(desk.path, replace(desk.config, pages=pages), desk.db)
    replace_pages(desk.db, [("eu", None), ("us", None)])
    for name, state in (("eu", ComponentStatus.OPERATIONAL), ("us", ComponentStatus.MAJOR_OUTAGE)):
        apply_components(desk.db, [RemoteComponent("a", "API", state)], page=name)
    async with open_app(desk) as (_, pilot):
        await wait_for_text(pilot, "▲ page eu says operational, api-eu is red for 1 min")
        apply_components(desk.db, [RemoteComponent("a", "API", ComponentStatus.OPERATIONAL)], page="us")
        await wait_for_text(pilot, "▲ pages eu, us say operational, api-eu is red for 1 min")
