"""What a channel counts, and what of an update fits: always the state, always the whole link."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from oncall_tui.domain.errors import RefusedError
from oncall_tui.domain.shortform import (
    Form,
    Room,
    break_mentions,
    count_length,
    count_septets,
    count_units,
    count_weight,
    derive_short,
    is_gsm,
    make_inert,
    split_sms,
)
from oncall_tui.domain.shortform_cutting import is_cut_safe

LINK = "https://status.example.com/incidents/q1w2_e3r4_t5"
BODY = "Card payments fail for some customers. We have found the cause and roll back. Next update at 14:45 UTC."

rooms = st.sampled_from(
    [
        *(Room(form) for form in Form),
        Room(Form.CHAT, 300),
        Room(Form.CHAT, 300, is_markup=False),
        Room(Form.SOCIAL, 500, is_weighted=False),
        Room(Form.SMS, 1),
        Room(Form.SMS, 5),
        Room(Form.MAIL, 200),
        Room(Form.PAGE, 200),
    ]
)
prose = st.text(st.sampled_from("abcdé .,!?\n—“”€[]*_~|<>@\\`#-👍🏽日本語́ 9")) | st.text()
links = st.from_regex(r"https://[a-z]{3,12}\.example\.com/[a-z0-9_~*/-]{0,18}", fullmatch=True)


@pytest.mark.parametrize(
    ("text", "septets"),
    [
        ("", 0),
        ("hello", 5),
        ("€", 2),
        ("^{}\\[~]|", 16),
        ("@£$¥èéùìòÇØøÅå", 14),
        ("ΔΦΓΛΩΠΨΣΘΞ", 10),
        ("ÆæßÉ¤¡ÄÖÑÜ§¿äöñüà", 17),
        ("1\n2\r3", 5),
        ("\f", 2),
    ],
)
def test_the_gsm_alphabet_is_counted_in_septets(text: str, septets: int) -> None:
    assert is_gsm(text)
    assert count_septets(text) == septets


def test_the_gsm_alphabet_has_127_signs_and_9_in_its_extension() -> None:
    signs = [chr(point) for point in range(0x11000) if is_gsm(chr(point))]
    assert [count_septets(sign) for sign in signs].count(1) == 127
    assert sorted(sign for sign in signs if count_septets(sign) == 2) == sorted("\f^{}\\[~]|€")


@pytest.mark.parametrize("text", ["ç", "“", "’", "–", "…", "`", "\t", "á", "А", "日", "👍", "\x1b", "\u00a0"])
def test_other_signs_are_not_gsm(text: str) -> None:
    assert not is_gsm(text)


@pytest.mark.parametrize(
    ("text", "lengths"),
    [
        ("", []),
        ("a" * 160, [160]),
        ("a" * 161, [153, 8]),
        ("a" * 306, [153, 153]),
        ("a" * 307, [153, 153, 1]),
        ("€" * 80, [80]),
        ("a" + "€" * 80, [77, 4]),
        ("日" * 70, [70]),
        ("日" * 71, [67, 4]),
        ("👍" * 35, [35]),
        ("👍" * 36, [33, 3]),
        ("a" * 69 + "👍", [67, 3]),
        ("a" * 66 + "👍" * 3, [66, 3]),
    ],
)
def test_an_sms_is_split_where_phones_split_it(text: str, lengths: list[int]) -> None:
    assert [len(segment) for segment in split_sms(text)] == lengths


@given(st.text(max_size=700) | st.text("ab€[", max_size=700) | st.text("ab👍", max_size=700))
def test_segments_are_the_whole_text_and_each_fits(text: str) -> None:
    segments = split_sms(text)
    assert "".join(segments) == text
    if len(segments) > 1:
        count, most = (count_septets, 153) if is_gsm(text) else (count_units, 67)
        assert all(0 < count(segment) <= most for segment in segments)


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("hello", 5),
        ("日本", 4),
        ("👍", 2),
        ("👍🏽", 2),
        ("👨\u200d👩\u200d👧", 2),
        ("🇩🇪", 2),
        ("1\ufe0f\u20e3", 2),
        ("©", 1),
        ("©\ufe0f", 2),
        ("“x”", 3),
        ("…", 2),
        ("—", 1),
        ("e\u0301", 1),
        (LINK, 23),
        (f"at {LINK}.", 27),
        ("https://t.co", 23),
        ("http://localhost:8080/incidents", 31),
        ("see example.com", 27),
        ("a@example.com", 13),
        (f"日{LINK}日", 27),
    ],
)
def test_a_post_is_weighed_as_the_network_weighs_it(text: str, weight: int) -> None:
    assert count_weight(text) == weight


def test_a_plain_network_counts_each_sign_once_and_links_as_23() -> None:
    assert count_weight(f"日本 {LINK}", is_weighted=False) == 26


@settings(max_examples=150, deadline=None)
@given(prose, st.sampled_from(["investigating", "resolved"]), prose, links, rooms)
@example("x" * 300, "identified", "y" * 3_000, LINK, Room(Form.SMS, 1))
@example("日" * 300, "identified", "日本。" * 900, LINK, Room(Form.SOCIAL))
@example("Title", "identified", "see https://a.example.com/" + "x" * 400 + " now", LINK, Room(Form.SOCIAL))
@example("", "identified", "", LINK, Room(Form.MAIL))
def test_a_short_form_fits_holds_the_link_whole_and_is_stable(
    title: str, status: str, body: str, link: str, room: Room
) -> None:
    short = derive_short(title, status, body, link, room)
    assert count_length(short.text, room) <= room.most
    assert short.text.endswith(f"Updates: {link}")
    assert short.text.startswith(status.capitalize())
    assert len(short.subject) <= {Form.PAGE: 255, Form.MAIL: 78}.get(room.form, 0)
    assert "\n" not in short.subject
    assert derive_short(short.title, status, short.message, link, room) == short


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(["👨‍👩‍👧", "👍🏽", "é́", "🇩🇪", "한", "नि", "日"]), min_size=1, max_size=9), rooms)
@example(["日！\ufe00"], Room(Form.SOCIAL))
def test_a_cut_keeps_signs_whole(signs: list[str], room: Room) -> None:
    text = unicodedata.normalize("NFC", "".join(signs * 300)).replace("\u200d", "")
    short = derive_short("T", "identified", text, LINK, room)
    kept = short.message.rstrip(".…")
    assert text.startswith(kept)
    assert is_cut_safe(text, len(kept))


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("ab", [1]),
        ("e\u0301x", [2]),
        ("👍🏽x", [2]),
        ("👨\u200d👩x", [3]),
        ("🇩🇪🇫🇷", [2]),
        ("\u1112\u1161\u11abx", [3]),
        ("\r\nx", [2]),
        ("❤\ufe0fx", [2]),
    ],
)
def test_the_places_where_a_text_may_be_cut(text: str, safe: list[int]) -> None:
    assert [position for position in range(1, len(text)) if is_cut_safe(text, position)] == safe


def test_what_does_not_fit_is_dropped_by_whole_sentences_but_for_the_promise() -> None:
    short = derive_short("Payments fail", "identified", BODY, LINK, Room(Form.SOCIAL, 135))
    promise = "Next update at 14:45 UTC."
    assert (
        short.text == f"Identified: Payments fail. Card payments fail for some customers. … {promise}\nUpdates: {LINK}"
    )
    short = derive_short("Payments fail", "identified", BODY, LINK, Room(Form.SOCIAL, 120))
    assert short.text == f"Identified: Payments fail. Card payments fail for some… {promise}\nUpdates: {LINK}"


def test_what_the_title_says_already_makes_room_for_what_it_does_not() -> None:
    body = (
        "We are looking into a problem with API. Requests have been failing since 14:05 UTC. We do not know yet how "
        "many of you are affected and will say so as soon as we do. You will hear from us again by 14:35 UTC."
    )
    sms = derive_short(
        "API: requests are failing", "investigating", body, "https://status.example.com", Room(Form.SMS, 1)
    )
    assert sms.text == (
        "Investigating: API: requests are failing. Requests have been failing since 14:05 UTC. ... "
        "Next update 14:35 UTC. Updates: https://status.example.com"
    )
    post = derive_short("API: requests are failing", "investigating", body, LINK, Room(Form.SOCIAL, 250))
    assert post.message == body.removeprefix("We are looking into a problem with API. ")
    whole = derive_short("API: requests are failing", "investigating", body, LINK, Room(Form.SMS, 3))
    assert "We are looking into a problem with API." in whole.text


def test_a_promise_keeps_its_time_when_nothing_else_fits() -> None:
    wordy = "We look. You will hear from us again, as soon as we know more, and in any case by 14:35 UTC. We look on."
    short = derive_short("Payments and logins fail in Europe", "identified", wordy, LINK, Room(Form.SOCIAL, 92))
    assert short.text == f"Identified: Payments and logins… Next update 14:35 UTC.\nUpdates: {LINK}"
    with pytest.raises(RefusedError, match="link and the time of the next update are too long for a limit of 50"):
        derive_short("Payments fail", "identified", wordy, LINK, Room(Form.SOCIAL, 50))


@settings(max_examples=50, deadline=None)
@given(prose, prose, prose, links, rooms)
def test_the_time_of_the_next_update_is_never_lost(title: str, before: str, after: str, link: str, room: Room) -> None:
    body = f"{before}.\nYou will hear from us again by 14:35 UTC.\n{after}"
    assert "14:35 UTC" in derive_short(title, "identified", body, link, room).text


def test_the_state_stands_last_in_a_subject_and_is_never_cut() -> None:
    short = derive_short("Sign-in " * 20, "identified", BODY, LINK, Room(Form.MAIL))
    assert short.subject.startswith("Sign-in Sign-in")
    assert short.subject.endswith("… (Identified)")
    assert len(short.subject) <= 78


def test_a_sentence_that_does_not_fit_is_cut_at_a_word() -> None:
    short = derive_short("Payments fail", "identified", BODY, LINK, Room(Form.SMS, 1))
    assert short.text == (
        f"Identified: Payments fail. Card payments fail for some customers. ... Next update 14:45 UTC. Updates: {LINK}"
    )
    short = derive_short("Payments fail", "identified", BODY.replace(" Next", " Soon"), LINK, Room(Form.SOCIAL, 75))
    assert short.text == f"Identified: Payments fail. Card payments…\nUpdates: {LINK}"


def test_typographic_signs_do_not_cost_an_sms_half_its_room() -> None:
    short = derive_short("Payments – “cards” fail…", "identified", "It’s us.", LINK, Room(Form.SMS, 1))
    assert short.text == f'Identified: Payments - "cards" fail... It\'s us. Updates: {LINK}'


def test_a_subject_is_one_inert_line() -> None:
    short = derive_short("Down\r\nBcc: all@example.com\x1b[2J", "identified", BODY, LINK, Room(Form.MAIL))
    assert short.subject == "Down Bcc: all@example.com␛[2J (Identified)"
    assert "\x1b" not in short.text


@pytest.mark.parametrize(
    "link",
    [
        "",
        "status.example.com",
        "javascript:x",
        "https://",
        "https://a b.example",
        "http://[",
        "https://a.example/\n",
        "https://a.example/\u202e",
    ],
)
def test_what_is_no_link_is_refused(link: str) -> None:
    with pytest.raises(RefusedError, match="not a web address"):
        derive_short("Down", "identified", BODY, link, Room(Form.CHAT))


def test_a_link_that_leaves_no_room_is_refused() -> None:
    with pytest.raises(RefusedError, match="too long for a limit of 1"):
        derive_short("Down", "identified", BODY, LINK + "x" * 200, Room(Form.SMS, 1))


def _read_markdown(source: str) -> str:
    """Returns the text of Markdown that holds nothing but paragraphs of plain text."""
    shown = []
    for block in MarkdownIt("commonmark").enable(["strikethrough", "table"]).parse(source):
        assert block.type in ("paragraph_open", "inline", "paragraph_close")
        for part in block.children or []:
            assert part.type in ("text", "softbreak", "text_special")
            shown.append("\n" if part.type == "softbreak" else part.content)
    return "".join(shown)


@settings(max_examples=300)
@given(st.text(st.sampled_from("ab1 \n*_`~[]()<>#+-=.!|\\&;:@\t"), max_size=40))
@example("1. one\n- two\n# three\n> four\n---\n===\n    five\n```\nsix")
@example("<b>&lt;</b> [x](https://x.example) ![y](z) \\*no\\* ~~gone~~ __b__")
def test_markup_is_shown_not_obeyed(text: str) -> None:
    shown = _read_markdown(make_inert(text)).replace("\u200b", "")
    assert "".join(shown.split()) == "".join(text.split())


@pytest.mark.parametrize("show", [make_inert, break_mentions])
@pytest.mark.parametrize("text", ["@everyone", "hi @here", "<!channel>", "<@123>", "https://x/@everyone"])
def test_nobody_is_called(show: type[str], text: str) -> None:
    shown = show(text)
    assert "@e" not in shown
    assert "@h" not in shown
    assert "<!" not in shown
    assert "<@" not in shown


def test_a_link_in_a_chat_still_works() -> None:
    assert make_inert(f"see {LINK} *now*") == f"see {LINK} \\*now\\*"
