"""One round of publishing without an engine."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.engine.faultpage import TOKEN, FaultPage
from tests.engine.publishing import confirm, declare, make_config

from oncall_tui.clock import now_ms
from oncall_tui.config.model import Config, TokenSource
from oncall_tui.engine.publishing import publish_once
from oncall_tui.store.database import Database
from oncall_tui.store.page import read_page, spend_request
from oncall_tui.store.updates import list_updates


async def test_what_is_not_read_for_want_of_a_share_is_no_fault_of_the_page(
    path: Path, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_TOKEN", TOKEN)
    async with FaultPage() as page:
        config = replace(make_config(page, rate=60, timeout_ms=1_000), token=TokenSource(env="TEST_TOKEN"))
        for _ in range(31):
            spend_request(db, now_ms() - 40_000, limit=60, reserve=0, page=config.name)
        incident = declare(db)
        confirm(db, incident.id, "We are looking into errors.")
        assert await publish_once(path, Config(path.with_suffix(".toml"), (config,)), 10.0)
        assert read_page(db, page=config.name).last_error == ""
        assert list_updates(db, incident.id)[0].seen_at is not None
        page.is_deaf = True
        with db.write() as connection:
            connection.execute("DELETE FROM page_request")
        assert await publish_once(path, Config(path.with_suffix(".toml"), (config,)), 10.0)
        assert read_page(db, page=config.name).last_error != ""
