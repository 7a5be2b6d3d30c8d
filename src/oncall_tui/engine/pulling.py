"""Reading the words that a page keeps prepared, once, within its rate limit."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import cast

from oncall_tui.clock import now_ms
from oncall_tui.config.model import PageConfig
from oncall_tui.domain.errors import RemoteError, UsageError
from oncall_tui.domain.remote import RemoteTemplate
from oncall_tui.engine.pages.budget import Budget
from oncall_tui.engine.pages.extras import TemplatePage
from oncall_tui.engine.publishing import open_page
from oncall_tui.engine.store_thread import StoreThread

DEADLINE_S = 60.0


async def pull_templates(db_path: Path, config: PageConfig, deadline_s: float = DEADLINE_S) -> list[RemoteTemplate]:
    """Returns the templates of a page. Reads leave half of each minute's requests to updates.

    Raises UsageError for a page that keeps none, RemoteError or StoreError.
    """
    page = open_page(config)
    store = StoreThread(db_path)
    await store.start()
    try:
        if not page.capabilities.has_templates:
            raise UsageError(f"{config.name} is a page of {config.adapter}, which keeps no templates that can be read.")
        async with asyncio.timeout(deadline_s):
            await page.make_ready()
            permit = Budget(store, config, now_ms).spend_on_reading
            return await cast("TemplatePage", page).list_templates(permit)
    except TimeoutError:
        raise RemoteError(f"{config.name} did not answer in time: look at the page, then try again.") from None
    finally:
        await page.close()
        await store.close()
