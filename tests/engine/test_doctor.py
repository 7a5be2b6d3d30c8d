from __future__ import annotations

import pytest
from msgspec.structs import replace
from tests.engine.fakes.kinds import INSTATUS
from tests.engine.fakes.proving import TOKEN

from oncall_tui.config.model import ComponentConfig
from oncall_tui.engine.doctor import check_network


async def test_a_name_that_several_components_have_is_not_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNUSED", TOKEN)
    async with INSTATUS.serving() as (page, _):
        edge, core = page.add_component("API", "Edge"), page.add_component("API", "Core")
        config = replace(INSTATUS.make_config(page), adapter="instatus")
        configured = [ComponentConfig("API"), ComponentConfig("Core / API"), ComponentConfig("Mail")]
        checks = await check_network([config], configured)
        shared, missing = [check for check in checks if check.what == "component"]
        assert (shared.level, shared.finding) == (
            "fail",
            "2 components of the page are named API: none of them is set",
        )
        assert f"Edge / API ({edge}), Core / API ({core})" in shared.advice
        assert missing.finding == "the page has no Mail"
        assert "Core / API, Edge / API" in missing.advice
        by_id = [ComponentConfig("API", remote_id=edge)]
        assert not [check for check in await check_network([config], by_id) if check.what == "component"]


async def test_targets_of_the_vantage_that_are_silent_are_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oncall_tui.engine.doctor.is_online", lambda: True)
    dead, refusing = "host.invalid:53", "127.0.0.1:1"
    (fine, *_) = await check_network([], [], [refusing])
    (partly, *_) = await check_network([], [], [refusing, dead])
    (blind, *_) = await check_network([], [], [dead])
    assert [each.level for each in (fine, partly, blind)] == ["ok", "warn", "warn"]
    assert "no answer from 1 of 2 targets of [vantage]: host.invalid:53" in partly.finding
    assert "told as down" in blind.advice
    assert "told as down" not in partly.advice
