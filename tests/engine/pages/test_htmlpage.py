from __future__ import annotations

import asyncio
import html
import ssl
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall_tui.clock import now_ms
from oncall_tui.config.token import Secret
from oncall_tui.domain.outbox import normalise_body
from oncall_tui.domain.proving import is_too_short
from oncall_tui.engine.pages.answer import ANSWER_LIMIT
from oncall_tui.engine.pages.errors import AmbiguousError, RefusedByPageError
from oncall_tui.engine.pages.exchange import PageLine
from oncall_tui.engine.pages.htmlpage import find_words, read_visible_text

_TEXT = st.text(st.characters(categories=("L", "N", "P", "S", "Z", "Cc")), max_size=60)


def has(page: str, words: str) -> bool:
    return find_words(page, {"u": words}) == {"u": normalise_body(words)}


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("<p>We are looking.</p>", "We are looking."),
        ("<p>We\n   are<br/>looking.</p>", "We are\r\nlooking."),
        ("<p>Tom &amp; Ana&#8217;s &lt;b&gt;</p>", "Tom & Ana's <b>"),
        ("<p>Took <!-- -->5<!-- --> min</p>", "Took 5 min"),
        (
            "<p><strong>Fixed</strong>: read <a href='https://x.test/a?b=\">\"'>more</a></p>",
            "**Fixed**: read [more](https://x.test)",
        ),
        ("<p>Zeile zu \u00fc\u4f60\u597d</p>", "Zeile zu \u00fc\u4f60\u597d"),
        ("<P>we said \u200b so</P>", "we said \u200b so"),
        ("<p>\u6211\u4eec\u6b63\u5728\u8c03\u67e5</p>", "\u6211\u4eec\u6b63\u5728\u8c03\u67e5"),
        ("<p><strong>Resolved</strong> - All is well. <small>13:00</small></p>", "All is well."),
        ("<div><span>Resolved</span><span>All is well</span><span>13:00</span></div>", "All is well"),
        ("<p>Since 13:00. All is well. Sorry.</p>", "All is well"),
    ],
)
def test_words_that_a_page_shows_are_found(page: str, words: str) -> None:
    assert has(f"<!DOCTYPE html><html><head></head><body>{page}</body>", words)


@pytest.mark.parametrize(
    "page",
    [
        "<script>self.push('We are looking')</script>",
        "<script>self.push('We are looking')",
        "<style>We are looking</style>",
        "<title>We are looking</title>",
        "<!-- We are looking -->",
        "<!-- We are looking",
        "<meta content='We are looking'>",
        '<p title="> We are looking">x</p>',
        "<p>We are overlooking</p>",
        "<p>We are looking2</p>",
        "<p>We are not looking</p>",
        "<p>we are looking</p>",
        "",
    ],
)
def test_words_that_no_reader_sees_are_not_found(page: str) -> None:
    assert not has(page, "We are looking")


@pytest.mark.parametrize(
    "words", ["", " \n", "...", "\U0001f642", "<>", "Resolved.", "Partial outage", "\u5df2\u89e3\u51b3"]
)
def test_a_body_with_too_few_words_proves_nothing(words: str) -> None:
    assert find_words(f"<p>... \U0001f642 <></p><p>{words}</p>", {"u": words}) == {}


@pytest.mark.parametrize(
    "page",
    [
        "<p>We have not fixed it yet: payments work again in Europe, not in the US.</p>",
        "<p>Payments work. They say payments work again.</p>",
        "<p>Soon payments work again.</p>",
        "<p>Soon <b>payments work again</b>.</p>",
        "<p>payments work again in Europe.</p>",
        "<p>payments work again.2 times</p>",
    ],
)
def test_words_within_another_sentence_are_not_found(page: str) -> None:
    assert not has(page, "payments work again.")
    assert has(f"{page}<p>payments work again.</p>", "payments work again")


@given(before=_TEXT, words=st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), min_size=1), after=_TEXT)
def test_whatever_stands_between_two_tags_is_found(before: str, words: str, after: str) -> None:
    page = f"<div>{html.escape(before)}</div><p>{html.escape(words)}</p><div>{html.escape(after)}</div>"
    found = find_words(page, {"u": words})
    assert not found or found == {"u": normalise_body(words)}
    if not is_too_short(words) and "](" not in words:
        assert found


@given(st.text(max_size=300), st.text(max_size=40))
def test_any_text_is_taken_and_made_inert(page: str, words: str) -> None:
    assert set(find_words(page, {"u": words})) <= {"u"}
    assert "\x1b" not in read_visible_text(page)


@pytest.mark.parametrize(
    "piece", ["<", "<!--", "<a ", "<a b='", "<script>", "<script ", "<![x", "</", "&#", "[a](", "[[", "<svg><title>"]
)
def test_a_hostile_page_takes_no_longer_than_its_length(piece: str) -> None:
    begin = time.process_time()
    find_words(piece * 60_000, {"u": piece * 5_000})
    assert time.process_time() - begin < 1.0


async def test_a_public_page_is_read_as_text_without_the_token() -> None:
    heads = []
    answers = [
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<p>\xc3\xbc \xff</p>\n!",
        b"HTTP/1.1 302 Found\r\nLocation: https://elsewhere.test/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (ANSWER_LIMIT + 1) + b" " * (ANSWER_LIMIT + 1),
    ]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answers[len(heads) - 1])
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    line = PageLine(
        url,
        lambda: Secret("canary-token"),
        timeout_ms=2_000,
        clock=now_ms,
        scheme="Bearer",
        tls=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
    )
    async with server:
        assert await line.read_text(url) == "<p>\u00fc \ufffd</p>\n!"
        with pytest.raises(RefusedByPageError, match="redirect"):
            await line.read_text(url)
        with pytest.raises(AmbiguousError, match="longer"):
            await line.read_text(url)
        await line.close()
    assert b"canary" not in b"".join(heads)
