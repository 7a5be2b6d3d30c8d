"""The short forms of an update: how each kind of channel counts length, and what of an update fits into it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from urllib.parse import urlsplit

from msgspec import Struct

from oncall_tui.domain.errors import RefusedError
from oncall_tui.domain.promise import find_promise, find_promised_time
from oncall_tui.domain.sanitize import clean_block, clean_line, is_clean
from oncall_tui.domain.shortform_cutting import cut_text, leave_out, leave_out_echoes
from oncall_tui.domain.update import BODY_LIMIT, TITLE_LIMIT

SUBJECT_LIMIT = 78
"""The longest line that a mail should have (RFC 5322, 2.1.1)."""
URL_WEIGHT = 23
"""What a link counts on social networks, however long it is."""

# 3GPP TS 23.038, 6.2.1 and 6.2.1.1; the escape sign itself is no text.
_GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENDED = frozenset("\f^{}\\[~]|€")
_SINGLE_SEPTETS, _JOINED_SEPTETS = 160, 153
_SINGLE_UNITS, _JOINED_UNITS = 70, 67
# One sign outside of the GSM alphabet more than halves what a message holds.
_PLAIN_SIGNS = str.maketrans(
    {"‘": "'", "’": "'", "“": '"', "”": '"', "„": '"', "–": "-", "—": "-", "•": "-", "…": "...", "\u00a0": " "}
)

# twitter-text, config v3: these weigh 1, all else 2.
_LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
_BASE = "[\u203c\u2049\u2100-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
_EMOJI_PART = f"(?:{_BASE}\ufe0f?[\U0001f3fb-\U0001f3ff]?|[\u00a9\u00ae]\ufe0f)"
_EMOJI = re.compile(
    f"[\U0001f1e6-\U0001f1ff]{{2}}|[0-9#*]\ufe0f?\u20e3"
    f"|{_EMOJI_PART}(?:\u200d{_EMOJI_PART})*(?:[\U000e0020-\U000e007e]+\U000e007f)?"
)
_URL = re.compile(
    r"(?<![A-Za-z0-9@$#_])https?://[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}(?::\d+)?"
    r"(?:[/?#](?:[!#-;=?-\[\]_a-z|~]*[/#-&*+=\-0-9@-Z_a-z|~])?)?"
)
_BARE_DOMAIN = re.compile(r"(?<![A-Za-z0-9@$#_./-])(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}(?![A-Za-z0-9@])")

_RAW_LINK = re.compile(r"(https?://[A-Za-z0-9._~:/?#!$&'()+,;=%-]+)")
_MARKUP = re.compile(r"[\\`*_\[\]~|<>]|&(?=#?[A-Za-z0-9]+;)")
_LINE_MARKUP = re.compile(r"(?m)^(\d*)([#+=.)-])")


class Form(StrEnum):
    """The kinds of channels, by how they count and what they show."""

    PAGE = "page"
    MAIL = "mail"
    CHAT = "chat"
    SOCIAL = "social"
    SMS = "sms"


_LIMITS = {Form.PAGE: BODY_LIMIT, Form.MAIL: BODY_LIMIT * 2, Form.CHAT: 2_000, Form.SOCIAL: 280, Form.SMS: 2}
_SUBJECT_LIMITS = {Form.PAGE: TITLE_LIMIT, Form.MAIL: SUBJECT_LIMIT}


class Room(Struct, frozen=True):
    """How much one channel holds.

    `limit` counts characters on pages and in mails, UTF-16 units in chats, weights on social networks, and segments for
    SMS; None is the usual one. `is_weighted` is off for networks that count every character once, as Mastodon does,
    `is_markup` for chats that show Markdown as it stands.
    """

    form: Form
    limit: int | None = None
    is_weighted: bool = True
    is_markup: bool = True

    @property
    def most(self) -> int:
        return _LIMITS[self.form] if self.limit is None else self.limit


class ShortForm(Struct, frozen=True):
    """What a channel is given: `text`, and a `subject` for those that have one.

    `title` and `message` are the parts as they were cut, before a chat's markup was made inert.
    """

    subject: str
    text: str
    title: str
    message: str


def is_gsm(text: str) -> bool:
    """Tells whether an SMS can be sent in the 7-bit alphabet of GSM 03.38."""
    return all(sign in _GSM_BASIC or sign in _GSM_EXTENDED for sign in text)


def count_septets(text: str) -> int:
    """Returns the length of a text of the GSM alphabet: signs of the extension table count twice."""
    return sum(2 if sign in _GSM_EXTENDED else 1 for sign in text)


def count_units(text: str) -> int:
    """Returns the length in UTF-16 code units: signs beyond U+FFFF count twice."""
    return sum(2 if sign > "\uffff" else 1 for sign in text)


def split_sms(text: str) -> tuple[str, ...]:
    """Returns the segments of an SMS: one of 160 septets (70 units), else of 153 (67) each.

    Neither an escaped sign nor a surrogate pair is ever split over two segments.
    """
    if is_gsm(text):
        count, single, joined = count_septets, _SINGLE_SEPTETS, _JOINED_SEPTETS
    else:
        count, single, joined = count_units, _SINGLE_UNITS, _JOINED_UNITS
    if count(text) <= single:
        return (text,) if text else ()
    segments, start, used = [], 0, 0
    for position, sign in enumerate(text):
        size = count(sign)
        if used + size > joined:
            segments.append(text[start:position])
            start, used = position, 0
        used += size
    return (*segments, text[start:])


def count_weight(text: str, *, is_weighted: bool = True) -> int:
    """Returns the length of a post: a link counts 23; Latin signs 1, others and each whole emoji 2 when weighted.

    A bare domain counts at least 23, since no list of top-level domains is at hand to tell it from a typing error.
    """
    text = unicodedata.normalize("NFC", text)
    plain, links = _URL.subn(" ", text)
    weight = links * (URL_WEIGHT - 1)
    if not is_weighted:
        return weight + len(plain)
    weight += sum(max(URL_WEIGHT - len(found), 0) for found in _BARE_DOMAIN.findall(plain))
    plain, emoji = _EMOJI.subn("", plain)
    light = sum(any(first <= ord(sign) <= last for first, last in _LIGHT) for sign in plain)
    return weight + 2 * emoji + 2 * len(plain) - light


def count_length(text: str, room: Room) -> int:
    """Returns the length of a text in what the room's limit counts."""
    match room.form:
        case Form.SMS:
            return len(split_sms(text))
        case Form.SOCIAL:
            return count_weight(text, is_weighted=room.is_weighted)
        case Form.CHAT:
            return count_units(text)
        case _:
            return len(text)


def break_mentions(text: str) -> str:
    """Returns text in which no @everyone and no <!channel> calls anybody: an invisible sign follows @ and <."""
    return re.sub("[@<]", "\\g<0>\u200b", text)


def make_inert(text: str) -> str:
    """Returns text that a chat with Markdown shows as it stands; web addresses are left alone, so that they work."""
    lines = re.sub(r"(?m)^[ \t]+|[ \t]+$", "", text)
    parts = _RAW_LINK.split(lines)
    parts[::2] = [break_mentions(_MARKUP.sub(r"\\\g<0>", part)) for part in parts[::2]]
    return _LINE_MARKUP.sub(r"\1\\\2", "".join(parts))


def derive_short(title: str, status: str, body: str, url: str, room: Room) -> ShortForm:
    """Returns the form of an update that fits a channel: state, title, the first sentences that fit, and the link.

    The link is always whole, and so is the time of the next update where the text names one; the rest is cut at a
    sentence, else at a word, and marked with an ellipsis. Raises RefusedError when the link is no web address, or when
    link and time do not fit beside the state.
    """
    _require_link(url)
    flat = room.form in (Form.SOCIAL, Form.SMS)
    title = _tidy(clean_line(title), room.form)
    message = _tidy(clean_line(body, BODY_LIMIT) if flat else clean_block(body), room.form)
    state = clean_line(status).replace("_", " ").capitalize()
    mark = "..." if room.form is Form.SMS else "…"

    def write(title: str, message: str) -> str:
        return _write_text(state, title, message, url, room)

    def fits(title: str, message: str) -> bool:
        return count_length(write(title, message), room) <= room.most

    if not fits(title, message):
        title, message = _shorten(title, message, mark, fits, room)
    subject_most = _SUBJECT_LIMITS.get(room.form, 0)
    subject = _name_subject(title, state)
    if len(subject) > subject_most:
        cut = cut_text(title, mark, lambda cut: len(_name_subject(cut, state)) <= subject_most)
        subject = _name_subject(cut, state)[:subject_most]
    return ShortForm(subject, write(title, message), title, message)


def _name_subject(title: str, state: str) -> str:
    """The state stands last: what is broken has to show on a phone."""
    return f"{title} ({state})" if title else state


def _shorten(title: str, message: str, mark: str, fits: Callable[[str, str], bool], room: Room) -> tuple[str, str]:
    """Returns title and message as they fit: the promise stays, then the title, then as much as there is room for."""
    place = find_promise(message)
    promise, rest = ("", message) if place is None else (message[slice(*place)], leave_out(message, *place))
    brief = f"Next update {find_promised_time(promise)}." if promise else ""
    if room.form in (Form.SOCIAL, Form.SMS):
        rest = leave_out_echoes(rest, title)
    for kept in (brief,) if room.form is Form.SMS else (promise, brief):
        if fits(title, kept):
            fits_before = partial(_fits_before, fits, title, kept)
            cut = rest if fits_before(rest) else cut_text(rest, mark, fits_before)
            return title, f"{cut} {kept}".strip()
    title = cut_text(title, mark, lambda cut: fits(cut, brief))
    if not fits(title, brief):
        what = "The link and the time of the next update are" if promise else "The link is"
        raise RefusedError("short-form", f"{what} too long for a limit of {room.most} ({room.form}): raise the limit.")
    return title, brief


def _fits_before(fits: Callable[[str, str], bool], title: str, kept: str, cut: str) -> bool:
    return fits(title, f"{cut} {kept}".strip())


def _require_link(url: str) -> None:
    try:
        parts = urlsplit(url)
        is_link = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        is_link = False
    if not is_link or not is_clean(url) or any(sign.isspace() for sign in url):
        raise RefusedError("short-form", "The link of a broadcast is not a web address: check public_url in config.")


def _tidy(text: str, form: Form) -> str:
    text = unicodedata.normalize("NFC", text)
    if form is Form.SMS:
        text = text.translate(_PLAIN_SIGNS)
    return " ".join(text.split()) if form in (Form.SOCIAL, Form.SMS) else text.strip()


def _write_text(state: str, title: str, message: str, url: str, room: Room) -> str:
    head = f"{state}: {title}" if title else state
    link = f"Updates: {url}"
    if room.form is Form.CHAT:
        show = make_inert if room.is_markup else break_mentions
        return "\n".join([show(part) for part in (head, message) if part] + [link])
    if room.form in (Form.PAGE, Form.MAIL):
        return "\n\n".join(part for part in (head, message, link) if part)
    stop = "" if head.endswith((".", "!", "?", "…")) else "."
    text = f"{head}{stop} {message}".rstrip()
    return f"{text}\n{link}" if room.form is Form.SOCIAL else f"{text} {link}"
