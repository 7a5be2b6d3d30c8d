"""The text that each channel gets is checked like the page's own, and never closes the way to the page."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.tui.desk import Desk, make_desk, open_app, wait_for, wait_for_text

from oncall_tui.config.model import BroadcastConfig, TokenSource
from oncall_tui.domain.incident import IncidentStatus
from oncall_tui.domain.lint.model import Context, Tuning
from oncall_tui.domain.shortform import Form, Room
from oncall_tui.tui.checks import Channel, Checkable, check
from oncall_tui.tui.widgets.compose_pane import ComposePane

URL = "https://status.example.com"
#: Made when the test runs, so that no scanner of repositories takes it for a leak.
LEAKING_URL = f"{URL}/?token=gh" + "p_aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5"
LONG = "Since 10:05 UTC one in five requests fails for customers who use the European region. " * 5
CHANNELS = (
    Channel("mail", Room(Form.MAIL)),
    Channel("chat", Room(Form.CHAT)),
    Channel("post", Room(Form.SOCIAL, 500)),
    Channel("texts", Room(Form.SMS, 3)),
)


def describe(body: str, url: str = URL) -> Checkable:
    status = IncidentStatus.IDENTIFIED
    context = Context(status=status, channel="page", page_url=url)
    return Checkable(
        "API: errors", body, status, {}, (), False, (), context, Tuning(), channels=CHANNELS, url=url
    )  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        "Sign-in fails since 10:05 UTC. Next update by 12:00 UTC.",
        f"{LONG}Next update by 12:00 UTC.",
        "10.5% of calls fail.\n- Mail *waits* [for now].\n14:05 UTC: it began; see <https://docs.example.com/a_b>.",
    ],
)
def test_what_fits_into_the_room_of_its_channel_says_nothing(body: str) -> None:
    assert check(describe(body)).losses == ()


def test_what_only_the_channels_would_show_is_told_with_their_names_and_blocks_nothing() -> None:
    checked = check(describe("Sign-in fails.", LEAKING_URL))
    assert [item.name for item in checked.losses] == ["mail", "chat", "post", "texts"]
    assert all(item.loss.message.startswith("SE001 This is a GitHub token") for item in checked.losses)
    assert checked.is_sendable


def test_what_the_page_is_told_of_is_not_said_again_for_each_channel() -> None:
    checked = check(describe("Sign-in fails until [date]."))
    assert [finding.rule for finding in checked.findings if finding.level == "block"] == ["PH001"]
    assert checked.losses == ()


async def test_the_review_names_the_channel_and_sends_all_the_same(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    page = replace(desk.config.pages[0], public_url=LEAKING_URL)
    channels = (BroadcastConfig("mail", "mail", TokenSource()), BroadcastConfig("tiny", "sms", TokenSource(), 1))
    told = Desk(desk.path, replace(desk.config, pages=(page,), broadcasts=channels), desk.db)
    async with open_app(told, size=(120, 40)) as (app, pilot):
        await pilot.press("i")
        await wait_for_text(pilot, "nothing blocks sending")
        linting = app.main.query_one(ComposePane).linting
        assert linting.checked is not None
        assert linting.checked.losses == ()
        await pilot.press("ctrl+s")
        shown = await wait_for_text(pilot, "Check        ▲ mail: SE001 This is a GitHub token")
        assert "enter send" in shown
        await pilot.press("enter")
        await wait_for(pilot, lambda: app.outgoing.waiting != ())
