"""Documents of a review: half written from facts, nothing internal in the public one, inert whatever facts say."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from msgspec.structs import replace
from tests.export.reviews import MINUTE, NOON, make_facts

from oncall_tui.domain.incident import IncidentStatus
from oncall_tui.domain.postmortem import Document, Postmortem
from oncall_tui.domain.sanitize import is_clean
from oncall_tui.export.html import render_html
from oncall_tui.export.markdown import make_inert, quote
from oncall_tui.export.postmortem import draft_internal, draft_public
from oncall_tui.export.review import find_host, find_objection, render

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[click](javascript:alert(1))",
    "![x](https://tracker.example/p.png)",
    "<https://evil.example>",
    "&lt;script&gt; &#60;b&#62;",
    "# Heading\n---\n* item\n1. one\n> quote\n```\ncode\n```\n    code\n| a | b |\n|---|---|",
    "[a]: javascript:alert(1)\n\n[a]",
    "\\`_*\\",
    "</title><script>",
    "x\x1b[31m\u202ey\x00\u2028z",
]
_SIGNS = st.sampled_from("<>[]()!`*_#-+=.1&;:\\~|\n\t /a\u202e")
TEXTS = st.one_of(st.sampled_from(HOSTILE), st.text(alphabet=_SIGNS, max_size=60))
#: What our own skeleton uses; text from outside adds none.
PLAIN = {"heading", "paragraph", "bullet_list", "ordered_list", "list_item", "blockquote", "strong"}


class Reader(HTMLParser):
    """Collects tags and attributes, and checks that each tag is closed in its turn."""

    VOID = frozenset({"meta", "br", "hr"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str, str]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.VOID:
            return
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read_html(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


def list_tokens(tokens: list[Token]) -> list[Token]:
    return [inner for token in tokens for inner in (token, *list_tokens(token.children or []))]


def read_kinds(text: str) -> set[str]:
    """Returns what a reader of CommonMark that lets HTML pass, and knows tables, sees besides text."""
    tokens = list_tokens(MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(text))
    return {re.sub(r"_(open|close)$", "", token.type) for token in tokens} - {
        "inline",
        "text",
        "softbreak",
        "hardbreak",
    }


@given(TEXTS)
@settings(max_examples=100, deadline=None)
@example("Second\n\nparagraph")
def test_any_text_in_the_facts_stays_text(text: str) -> None:
    facts = make_facts(text, actor=text, note=text)
    for draft in (draft_public(facts), draft_internal(facts)):
        published = make_inert(draft)
        assert make_inert(published) == published
        assert is_clean(published)
        assert "<" not in published
        assert read_kinds(published) <= PLAIN


@given(st.one_of(TEXTS, st.text(max_size=200)), st.text(max_size=40))
@settings(max_examples=100, deadline=None)
def test_any_document_becomes_a_page_without_scripts(text: str, title: str) -> None:
    page = render_html(title, text)
    reader = read_html(page)
    assert not reader.tags & {"script", "img", "iframe", "object", "embed", "form", "link", "base", "svg"}
    allowed = {("meta", "charset"), ("meta", "http-equiv"), ("meta", "content"), ("meta", "name"), ("html", "lang")}
    for tag, name, value in reader.attributes:
        if (tag, name) == ("a", "href"):
            assert not re.match(r"\s*(javascript|vbscript|data|file):", value, re.IGNORECASE)
        elif (tag, name) not in {("a", "title"), ("ol", "start"), ("code", "class")}:
            assert (tag, name) in allowed
    assert is_clean(page)


def test_the_words_of_an_update_are_told_verbatim() -> None:
    said = "We <b>look</b> at [it].\nSecond line.\n\n1. Restart_all * now & then"
    reader = read_html(render_html("T", quote(said)))
    assert [line for line in reader.text.partition("}\n\n")[2].splitlines() if line] == [
        "We <b>look</b> at [it].",
        "Second line.",
        "1. Restart_all * now & then",
    ]


def test_the_public_draft_tells_what_customers_may_know() -> None:
    draft = draft_public(make_facts("API"))
    for words in (
        "From 22 November 2026, 12:00 to 22 November 2026, 12:47, for 47 minutes, there was a problem with API.",
        "- API was not available to some",
        "- 22 November 2026, 12:02: we noticed it",
        "- 22 November 2026, 12:04: we told you: investigating",
        "- to notice it: 2 minutes\n- to tell customers: 5 minutes\n- to resolve it: 47 minutes",
        "**22 November 2026, 12:04, investigating**\n\n> API",
        "[what went wrong and why",
        "## What we do so that it does not happen again",
    ):
        assert words in draft
    for internal in ("ana", "desk7", "cable", "api-eu", "SEV2", "runbooks"):
        assert internal not in draft


def test_the_internal_draft_tells_who_and_how_far_each_update_got() -> None:
    draft = draft_internal(make_facts("API"))
    for words in (
        "- declared by: ana@desk7",
        "- first update queued: 2026-11-22 12:03:00",
        "- first update sent: 2026-11-22 12:03:00",
        "- first update accepted: 2026-11-22 12:04:00",
        "- first update seen on the page: 2026-11-22 12:05:00",
        "- to tell customers: 5m",
        "- 2026-11-22 12:10:00 note, ana@desk7: The cable was loose.",
        "5. Why? [because, with evidence]",
        "the check that proves it]",
    ):
        assert words in draft


def test_clocks_that_make_no_sense_are_said_and_not_counted() -> None:
    facts = make_facts("API", at=10**18)
    assert "an unknown time" in draft_public(facts)
    assert "not known" in draft_internal(facts)


def make_postmortem(public: str) -> Postmortem:
    return Postmortem(7, public, "inside", 1, NOON, "ana@desk7", NOON + MINUTE, "ana@desk7")


def test_a_draft_waits_for_people_and_names_nobody() -> None:
    facts = make_facts("API")
    unfinished = find_objection(facts, make_postmortem(draft_public(facts)))
    assert unfinished is not None
    assert unfinished.rule == "PH001"
    finished = re.sub(r"\[.*?\]", "A disk was full.", draft_public(facts))
    assert find_objection(facts, make_postmortem(finished)) is None
    for word in ("ana", "desk7", "DB7.internal"):
        named = find_objection(facts, make_postmortem(f"{finished}\n{word} did it"))
        assert named is not None
        assert named.rule == "internal-facts"


def test_the_host_of_a_target_is_found() -> None:
    targets = ("https://api.internal:8443/health", "db7.internal:5432", "example.com", "[::1]:80", "https://[", "")
    assert [find_host(target) for target in targets] == ["api.internal", "db7.internal", "example.com", "::1", "", ""]


def test_each_document_goes_out_in_each_form() -> None:
    held = make_postmortem("# A\n\n*b* <i>")
    incident = make_facts("API").incident
    assert render(incident, held, Document.PUBLIC, is_html=False) == "# A\n\n*b* &lt;i>\n"
    assert "<em>b</em> &lt;i&gt;" in render(incident, held, Document.PUBLIC, is_html=True)
    assert "inside" in render(incident, held, Document.INTERNAL, is_html=True)


def test_the_internal_review_scores_what_was_promised() -> None:
    facts = make_facts("You will hear from us again by 12:30 UTC.")
    first = replace(facts.updates[0], delivered_at=NOON + 4 * MINUTE)
    second = replace(first, id=2, delivered_at=NOON + 31 * MINUTE, status=IncidentStatus.RESOLVED)
    late = draft_internal(replace(facts, updates=(first, second)))
    assert "- promised updates: 1 of 1 kept (0 to the minute)" in late
    assert "- promised updates: no promise was due" in draft_internal(replace(facts, updates=(first,)))
