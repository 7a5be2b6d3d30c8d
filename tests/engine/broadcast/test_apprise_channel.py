"""Broadcasts to real servers: what arrives, and what is known when nothing does."""

from __future__ import annotations

import asyncio
import html
import json
import logging
import traceback
from urllib.parse import parse_qs

import pytest

pytest.importorskip("apprise", reason="Apprise is not installed: pip install 'oncall-tui[broadcast]'")
pytest.importorskip("aiosmtpd", reason="aiosmtpd is not installed")

from tests.engine.broadcast.receivers import (
    BODY,
    LINK,
    PASSWORD,
    find_closed_port,
    make_broadcast,
    make_channel,
    receiving,
    receiving_mail,
)

from oncall_tui.config.token import Secret
from oncall_tui.domain.errors import UsageError
from oncall_tui.domain.shortform import Form, count_weight
from oncall_tui.engine.broadcast.apprise_channel import AppriseChannel
from oncall_tui.engine.pages.errors import AmbiguousError, NotAppliedError, PageError, RefusedByPageError

# Apprise loads all its services at once, and some of them modules that Python is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:")


def json_url(port: int, extra: str = "") -> str:
    return f"json://ops:{PASSWORD}@127.0.0.1:{port}/hook/{PASSWORD}{extra}"


def mail_url(port: int, password: str = PASSWORD, to: str = "team@example.com") -> str:
    return f"mailto://ops:{password}@127.0.0.1:{port}?from=ops@example.com&to={to}"


async def test_a_chat_gets_inert_markdown() -> None:
    async with receiving() as hook:
        await make_channel(json_url(hook.port)).send(make_broadcast(Form.CHAT))
    assert json.loads(hook.bodies[0])["message"] == (
        "Identified: Payments fail\n"
        "Card payments fail for \\*some\\* customers. We have found the cause.\n"
        f"Updates: {LINK}"
    )
    assert len(hook.bodies) == 1


async def test_a_chat_that_takes_html_gets_text_that_is_no_html() -> None:
    async with receiving() as hook:
        await make_channel(json_url(hook.port, "?format=html")).send(make_broadcast(Form.CHAT, body="*a* <b>c</b>"))
        await make_channel(json_url(hook.port, "?format=markdown")).send(make_broadcast(Form.CHAT, body="*a* <b>"))
    shown = html.unescape(json.loads(hook.bodies[0])["message"]).replace("\u200b", "").replace("\xa0", " ")
    assert "*a* <b>c</b>" in shown
    assert "<b>" not in json.loads(hook.bodies[0])["message"]
    assert "\\*a\\* \\<\u200bb\\>" in json.loads(hook.bodies[1])["message"]


async def test_a_social_network_gets_one_post_that_fits() -> None:
    async with receiving() as hook:
        await make_channel(f"mastodon://{PASSWORD}@127.0.0.1:{hook.port}").send(
            make_broadcast(Form.SOCIAL, body=BODY * 9)
        )
    (post,) = [json.loads(body)["status"] for body in hook.bodies]
    assert post.startswith("Identified: Payments fail. Card payments fail")
    assert post.endswith(f" …\nUpdates: {LINK}")
    assert count_weight(post) <= 280


async def test_an_sms_gateway_gets_what_fits() -> None:
    async with receiving() as hook:
        await make_channel(f"form://127.0.0.1:{hook.port}/sms").send(make_broadcast(Form.SMS, body=BODY * 9))
    text = parse_qs(hook.bodies[0].decode())["message"][0]
    assert 200 < len(text) <= 306
    assert text.endswith(f"... Updates: {LINK}")


async def test_a_mail_arrives_with_subject_and_text() -> None:
    async with receiving_mail() as mailbox:
        await make_channel(mail_url(mailbox.port)).send(make_broadcast(Form.MAIL))
    (mail,) = mailbox.mails
    assert mail["subject"] == "Payments fail (Identified)"
    assert mail["to"] == "team@example.com"
    part = mail.get_body(("plain",))
    assert part is not None
    assert "for *some* customers" in part.get_content()
    assert LINK in part.get_content()


async def test_hostile_text_stays_text() -> None:
    hostile = make_broadcast(
        Form.MAIL, title="Down\r\nBcc: all@example.com\r\n\r\nevil", body="<script>\x1b[2J</script> \x00\u202e"
    )
    async with receiving_mail() as mailbox:
        await make_channel(mail_url(mailbox.port)).send(hostile)
    (mail,) = mailbox.mails
    assert mail["bcc"] is None
    assert mail["subject"] == "Down Bcc: all@example.com  evil (Identified)"
    for kind in ("plain", "html"):
        part = mail.get_body((kind,))
        assert part is not None
        text = part.get_content()
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert "<script>" not in text


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("500 Broken", AmbiguousError),
        ("503 Busy", AmbiguousError),
        ("408 Slow", AmbiguousError),
        ("", AmbiguousError),
        ("401 Who", RefusedByPageError),
        ("404 Gone", RefusedByPageError),
        ("302 Found\r\nLocation: /elsewhere", RefusedByPageError),
        ("429 Later", NotAppliedError),
    ],
)
async def test_what_a_hook_answers_is_what_is_known(answer: str, error: type[PageError]) -> None:
    async with receiving() as hook:
        hook.answers = [answer]
        with pytest.raises(error) as caught:
            await make_channel(json_url(hook.port)).send(make_broadcast(Form.CHAT))
    assert type(caught.value) is error
    assert answer[:3] in str(caught.value)
    assert len(hook.bodies) == 1


async def test_a_refused_connection_is_certainly_not_applied() -> None:
    for url in (json_url(find_closed_port()), mail_url(find_closed_port())):
        with pytest.raises(NotAppliedError, match="ops was not told"):
            await make_channel(url).send(make_broadcast(Form.CHAT))


async def test_a_name_that_does_not_resolve_is_certainly_not_applied() -> None:
    with pytest.raises(NotAppliedError):
        await make_channel("json://no-such-host.invalid/").send(make_broadcast(Form.CHAT))


async def test_no_answer_in_time_is_ambiguous() -> None:
    async with receiving() as hook:
        hook.answers = [None]
        with pytest.raises(AmbiguousError, match="may or may not"):
            await make_channel(json_url(hook.port), timeout_ms=300).send(make_broadcast(Form.CHAT))
    assert len(hook.bodies) == 1


async def test_a_broadcast_that_was_given_up_does_not_leave_later() -> None:
    is_met, may_greet, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()
    got = []

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        is_met.set()
        await may_greet.wait()
        writer.write(b"220 mail.example ESMTP\r\n")
        got.append(await reader.read())
        writer.close()
        ended.set()

    server = await asyncio.start_server(meet, "127.0.0.1", 0)
    try:
        task = asyncio.create_task(
            make_channel(mail_url(server.sockets[0].getsockname()[1])).send(make_broadcast(Form.MAIL))
        )
        await is_met.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        may_greet.set()
        await ended.wait()
    finally:
        server.close()
    assert got == [b""]


async def test_the_address_is_read_again_after_a_refusal_and_a_missing_one_is_waited_for() -> None:
    async with receiving() as hook:
        addresses = ["", json_url(hook.port), json_url(hook.port, "?new=1")]
        hook.answers = ["403 Old", "200 OK"]

        def read_url() -> Secret:
            if address := addresses.pop(0):
                return Secret(address)
            raise UsageError("The environment variable OPS_URL is not set.")

        channel = AppriseChannel("ops", read_url)
        with pytest.raises(NotAppliedError, match="OPS_URL is not set"):
            await channel.send(make_broadcast(Form.CHAT))
        with pytest.raises(RefusedByPageError):
            await channel.send(make_broadcast(Form.CHAT))
        await channel.send(make_broadcast(Form.CHAT))
        await channel.send(make_broadcast(Form.CHAT))
    assert len(hook.bodies) == 3
    assert addresses == []


async def test_an_address_cannot_ask_to_follow_redirects() -> None:
    async with receiving() as hook:
        hook.answers = ["302 Found\r\nLocation: /elsewhere", "200 OK"]
        with pytest.raises(RefusedByPageError):
            await make_channel(json_url(hook.port, "?redirect=yes")).send(make_broadcast(Form.CHAT))
    assert len(hook.bodies) == 1


async def test_an_address_cannot_ask_for_silent_retries_or_for_lies() -> None:
    async with receiving() as hook:
        hook.answers = ["500 Broken", "200 OK"]
        with pytest.raises(AmbiguousError):
            await make_channel(json_url(hook.port, "?retry=3&wait=0&optional=yes")).send(make_broadcast(Form.CHAT))
    assert len(hook.bodies) == 1


async def test_a_mail_that_is_refused_before_its_text_is_certainly_not_sent() -> None:
    async with receiving_mail() as mailbox:
        with pytest.raises(RefusedByPageError, match="535"):
            await make_channel(mail_url(mailbox.port, "wrong")).send(make_broadcast(Form.MAIL))
        mailbox.at_recipient = "550 No such user"
        with pytest.raises(RefusedByPageError, match="550"):
            await make_channel(mail_url(mailbox.port)).send(make_broadcast(Form.MAIL))
        mailbox.at_recipient = "450 Come back later"
        with pytest.raises(NotAppliedError, match="450"):
            await make_channel(mail_url(mailbox.port)).send(make_broadcast(Form.MAIL))
    assert mailbox.mails == []


@pytest.mark.parametrize(
    ("answer", "error"),
    [("554 Spam", RefusedByPageError), ("452 Full", NotAppliedError), ("", AmbiguousError)],
)
async def test_what_a_mail_server_says_of_the_text_is_what_is_known(answer: str, error: type[PageError]) -> None:
    async with receiving_mail() as mailbox:
        mailbox.at_end = answer
        with pytest.raises(error):
            await make_channel(mail_url(mailbox.port)).send(make_broadcast(Form.MAIL))
    assert len(mailbox.mails) == 1


async def test_several_readers_of_whom_some_may_have_it_are_ambiguous() -> None:
    async with receiving_mail() as mailbox:
        mailbox.at_end = "554 Spam"
        with pytest.raises(AmbiguousError):
            await make_channel(mail_url(mailbox.port, to="a@example.com,b@example.com")).send(make_broadcast(Form.MAIL))
    assert len(mailbox.mails) == 2


async def test_a_reader_after_one_who_has_it_does_not_hide_that_it_was_sent() -> None:
    async with receiving_mail() as mailbox:
        mailbox.refused = "b@example.com"
        with pytest.raises(AmbiguousError):
            await make_channel(mail_url(mailbox.port, to="a@example.com,b@example.com")).send(make_broadcast(Form.MAIL))
    assert len(mailbox.mails) == 1


async def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(RefusedByPageError, match="cannot read its address") as caught:
        await make_channel(f"nosuch://{PASSWORD}@host").send(make_broadcast(Form.CHAT))
    assert PASSWORD not in str(caught.value)


async def test_a_service_that_cannot_be_watched_is_ambiguous() -> None:
    with pytest.raises(AmbiguousError):
        await make_channel(f"irc://nick@127.0.0.1:{find_closed_port()}/ops").send(make_broadcast(Form.CHAT))


@pytest.mark.parametrize("answer", ["200 OK", "500 Broken", "404 Gone", "", None])
async def test_the_address_is_never_told(
    answer: str | None, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(1)
    channel = None
    told = ""
    async with receiving() as hook:
        hook.answers = [answer]
        channel = make_channel(json_url(hook.port), timeout_ms=500)
        try:
            await channel.send(make_broadcast(Form.CHAT))
        except PageError as error:
            told = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    logging.getLogger("urllib3.connectionpool").warning("quotes %s", PASSWORD)
    assert PASSWORD not in told
    assert PASSWORD not in caplog.text
    assert PASSWORD not in repr(channel)
    assert PASSWORD not in "".join(capfd.readouterr())
    assert hook.heads
    assert PASSWORD in hook.heads[0]
