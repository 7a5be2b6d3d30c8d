"""Lengths and links, by what each channel takes (LN, LK).

LK003, the link that does not answer, reads what was found out elsewhere: `Context.dead_links`.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import SplitResult, parse_qsl, urlsplit

from oncall_tui.domain.incident import IncidentStatus
from oncall_tui.domain.lint.credentials import find_secrets
from oncall_tui.domain.lint.hosts import is_private_host
from oncall_tui.domain.lint.model import Context, Fix, Level, Part, Remark, Rule, Tuning
from oncall_tui.domain.lint.pattern import Pattern, any_word
from oncall_tui.domain.lint.reading import Link, Post, Reading
from oncall_tui.domain.shortform import SUBJECT_LIMIT, Form, Room, count_length, count_septets, is_gsm, split_sms
from oncall_tui.domain.update import BODY_LIMIT, TITLE_LIMIT

SUBJECT_SHORT = 50
"""What a mail's subject shows of itself in most lists."""
#: One real title in a hundred is as long as this; one in eight is long.
_VERY_LONG = 1.5
_SHORT_FORMS = (Form.SOCIAL, Form.SMS)
_STATE_FIRST = Pattern(
    r"(?P<state>Investigating|Identified|Monitoring|Resolved|Scheduled|In progress|Completed)[:\]-]? +(?=\S)"
)
_NEXT = any_word("next update|update (?:you )?(?:again )?(?:by|at|in)|hear from us|will (?:post|be back|report)")
_FIGURE = Pattern(r"(?<![\w:.,/-])(?:\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?)(?: ?%)?(?![\w:]|[.,]\d|-\d)")
_STATES = {
    IncidentStatus.RESOLVED: any_word("still (?:investigating|working|down|failing)|are investigating|ongoing"),
    IncidentStatus.INVESTIGATING: any_word("(?:is|are|been|now) (?:resolved|fixed|back to normal)|^resolved"),
    IncidentStatus.IDENTIFIED: any_word("(?:is|are|been|now) (?:resolved|fixed|back to normal)|^resolved"),
    IncidentStatus.MONITORING: any_word("^resolved|this (?:is|has been) resolved"),
}
_NO_WEB = frozenset(
    {
        "file",
        "ftp",
        "javascript",
        "data",
        "vbscript",
        "smb",
        "ssh",
        "telnet",
        "chrome",
        "slack",
        "gopher",
        "ldap",
        "about",
    }
)
#: What some readers can open, and are told to in advice.
_SOME_OPEN = frozenset({"ftp", "chrome", "slack", "about"})
#: What a browser would run, or that leads into the reader's own machine.
_RUN = Pattern(
    r"(?i:(?<![\w-])(?:javascript|vbscript):(?=\S)|(?<![\w-])data:(?:text|image|application)/[\w+.-]{2,40}[;,]"
    r"|https?://\[[0-9a-f:.]{2,45}\])",
    needs=("cript:", "CRIPT:", "data:", "DATA:", "://["),
)
_OWN_MACHINE = Pattern(r"(?<![\w.:/-])(?:localhost|127\.0\.0\.1):\d{2,5}(?!\w)", needs=("localhost:", "127.0.0.1:"))
_SHORTENERS = frozenset(
    {"bit.ly", "tinyurl.com", "t.co", "goo.gl", "ow.ly", "is.gd", "buff.ly", "rb.gy", "cutt.ly", "t.ly", "shorturl.at",
     "rebrand.ly", "tiny.cc", "lnkd.in", "s.id", "v.gd", "bl.ink"}
)  # fmt: skip
_SHORT = Pattern(
    r"(?<![\w./@-])(?:" + "|".join(sorted(_SHORTENERS)).replace(".", r"\.") + r")/\w+",
    needs=tuple(f"{host}/" for host in sorted(_SHORTENERS)),
)
_SECRET_KEYS = Pattern(
    r"(?:.*[_-])?(?:token|secret|password|passwd|pwd|api[_-]?key|apikey|access[_-]?key|sig|signature|auth|jwt"
    r"|session(?:id)?)"
)
_LINK_SIGN = Pattern(r"ht|hh|hx|tt|\]|\[(?=\s?\])")
_SPACED_LINK = Pattern(
    r"(?<!!)\[\s?\]\([^()\s]{1,500}\)|\]\((?=[^()\n]{0,200}\w[./]\w)(?!https?:)[^()\s]{1,200} [^()\"\n]{1,100}\)"
    r"|\bhttps?[;,]//|\bhttps?:\\\\|\bhxxps?://|\]\(\s?\)|\bhttps?:(?=[a-z0-9-]{2,60}\.[a-z])"
    r"|\]\((?!https?:|mailto:|tel:|www\.)[\w-]{2,60}\.(?:com|org|net|io|dev|example|de|co)\b[^()\s]{0,200}\)"
    r"|\bhttps?: ?/ /|\bhttps?:/(?!/)\w|\bhttps?//\w|\bhttp s://|\]\( *https?://[^)\s]{1,500} [^)\"]{1,200}\)"
    r"|\]\(https?://[^\s()]{1,500}(?=\s|$)|\][ \t]{1,2}\(https?://|\b(?:htps?|htpps|htttps?|hhtps?|ttps?)://"
    r"|https?://[\w.-]{1,80}\. \w+/|\bhttps?://(?=[\s)\].,]|$)"
)
_PICTURE = Pattern(r"!\[[^\[\]\n]{0,200}\]\(\Z")
_CONTACT = any_word(
    "support|help ?desk|help cent(?:er|re)|contact(?: us)?|reach (?:out|us)|write to|get in touch|e-?mail|call us"
    "|open a (?:ticket|case)|let us know|feedback"
)


def _find_long_body(post: Post, context: Context, tuning: Tuning) -> Iterator[Remark]:
    size, most = len(post.body.text), tuning.limits.long_body
    if size > BODY_LIMIT:
        yield Remark(BODY_LIMIT, size, f"The text has {size} characters, the page takes {BODY_LIMIT}.")
    elif size > most and (context.status is None or context.status.is_open):
        text = f"The text has {size} characters; few people read more than {most}."
        # Without a state it may be the report that comes after the end, which is read at leisure.
        yield Remark(most, size, text, level=Level.WARN if context.status is not None else Level.INFO)


def _find_over_page(post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    size, most = len(post.body.text), context.body_limit
    if most is not None and most < size <= BODY_LIMIT:
        yield Remark(most, size, f"The text has {size} characters, this page takes {most}.")


def _find_long_title(post: Post, _context: Context, tuning: Tuning) -> Iterator[Remark]:
    size, most = len(post.title.text), tuning.limits.long_title
    if size > TITLE_LIMIT:
        text = f"The title has {size} characters, the page takes {TITLE_LIMIT}."
        yield Remark(TITLE_LIMIT, size, text, Part.TITLE)
    elif size > most:
        text = f"The title has {size} characters; over {most} is cut in mail and on phones."
        level = Level.WARN if size > most * _VERY_LONG else Level.INFO
        yield Remark(most, size, text, Part.TITLE, level=level)


def _find_long_post(post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    if context.channel != Form.SOCIAL:
        return
    room = Room(Form.SOCIAL)
    count = count_length(post.body.text, room)
    if count > room.most:
        text = f"This counts {count} of {room.most}, with 23 for each link: shorten it."
        yield Remark(0, len(post.body.text), text)


def _find_long_message(post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    text = post.body.text
    if context.channel != Form.SMS or not text:
        return
    segments = split_sms(text)
    if len(segments) < 2:
        return
    used = f"{count_septets(text)} signs" if is_gsm(text) else f"{len(text)} signs of which some are outside GSM-7"
    outside = next((at for at, sign in enumerate(text) if not is_gsm(sign)), None)
    where = (0, 0) if outside is None else (outside, outside + 1)
    hint = "" if outside is None else f" '{text[outside]}' makes each message hold 70 instead of 160."
    level = Level.INFO if len(segments) <= Room(Form.SMS).most else None
    yield Remark(*where, f"This goes out as {len(segments)} messages ({used}).{hint}", level=level)


def _find_long_subject(post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    subject = post.title.text
    if context.channel != Form.MAIL:
        return
    if len(subject) > SUBJECT_SHORT:
        text = f"The subject has {len(subject)} characters; phones show about 40."
        level = None if len(subject) > SUBJECT_LIMIT else Level.INFO
        yield Remark(SUBJECT_SHORT, len(subject), text, Part.TITLE, level=level)
    state = _STATE_FIRST.match(subject)
    if state:
        rest = subject[state.end() :]
        fix = Fix("put the state last", f"{rest} ({state['state'].lower()})")
        yield Remark(0, len(subject), "Say first what is affected, and the state last.", Part.TITLE, fix, Level.INFO)


def _find_lost_parts(post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    if context.channel not in _SHORT_FORMS or not context.full_body:
        return
    text = post.body.text
    if context.page_url and context.page_url not in text:
        yield Remark(0, 0, "The link to the page got lost when this was shortened: put it back.")
    full = Reading(context.full_body)
    promised = [
        clock
        for clock in full.clocks
        if (sentence := full.sentence_at(clock.start)) is not None and _NEXT.search(sentence.text)
    ]
    if promised and not {clock.minute for clock in promised} & {clock.minute for clock in post.body.clocks}:
        yield Remark(0, 0, "When customers hear next got lost when this was shortened: put it back.", level=Level.INFO)


def _find_differences(post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    if context.channel in (None, Form.PAGE) or not context.full_body:
        return
    whole = f"{post.title.text}\n{context.full_body}"
    full = Reading(whole)
    told = {clock.minute for clock in full.clocks}
    clocks = post.body.clocks
    for clock in clocks:
        if clock.minute not in told:
            shown = post.body.text[clock.start : clock.end]
            yield Remark(clock.start, clock.end, f"The page does not say {shown}: the same times everywhere.")
    figures = {_read_figure(match.group()) for match in _FIGURE.finditer(full.prose)}
    for match in _FIGURE.finditer(post.body.prose):
        if _read_figure(match.group()) not in figures and not any(
            clock.start <= match.start() < clock.end for clock in clocks
        ):
            yield Remark(*match.span(), f"The page does not say {match.group()}: the same numbers everywhere.")
    pattern = _STATES.get(context.status) if context.status is not None else None
    if pattern is not None:
        for match in pattern.finditer(post.body.prose):
            if not pattern.search(context.full_body):
                yield Remark(*match.span(), f"The page says {context.status}: the same state everywhere.")


def _read_figure(text: str) -> str:
    return text.replace(",", "").replace(" ", "")


def _split(link: Link) -> SplitResult | None:
    try:
        is_whole = "://" in link.url or link.url.lower().startswith(("mailto:", "tel:", "sms:"))
        parts = urlsplit(link.url if is_whole else f"https://{link.url}")
        parts.port  # noqa: B018 - raises for a port that is none
    except ValueError:
        return None
    return parts


def _find_unsafe_links(post: Post, _context: Context, tuning: Tuning) -> Iterator[Remark]:
    for part, reading in post.parts:
        known = [(link.start, link.end) for link in reading.links if "://" in link.url]
        for match in _RUN.finditer(reading.without_code):
            if not any(low <= match.start() < high for low, high in known) or "[" in match.group():
                yield Remark(*match.span(), "No page may hold such a link: take it out.", part)
        for match in _OWN_MACHINE.finditer(reading.without_code):
            text = "This leads to the reader's own machine: leave it out."
            yield Remark(*match.span(), text, part, level=Level.WARN)
        for match in _SHORT.finditer(reading.without_code):
            if not any(low <= match.start() < high for low, high in known):
                text = "Readers cannot see where this link leads: write the whole address."
                yield Remark(*match.span(), text, part, level=Level.WARN)
        for link in reading.links:
            parts = _split(link)
            start, end = link.start, link.end
            if parts is not None and parts.scheme in _NO_WEB:
                level = Level.WARN if parts.scheme in _SOME_OPEN else None
                yield Remark(start, end, "Customers cannot open this link: give one of the web.", part, level=level)
            if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
                continue
            query = [
                name
                for name, value in parse_qsl(f"{parts.query}&{parts.fragment}")
                if _is_secret_part(name.lower(), value)
            ]
            if parts.password or (parts.username and "@" in parts.netloc):
                yield Remark(start, end, "This link holds a name or password: take them out.", part)
            elif query or any(find_secrets(parts.query)):
                level = Level.WARN if _PICTURE.search(reading.text, max(0, start - 210), start) else None
                yield Remark(start, end, "This link holds a key or token: take it out.", part, level=level)
            elif "://" in link.url and is_private_host(parts.hostname, tuning.words):
                yield Remark(start, end, "Nobody outside can open this link: leave it out.", part)
            elif parts.hostname in _SHORTENERS:
                text = "Readers cannot see where this link leads: write the whole address."
                yield Remark(start, end, text, part, level=Level.WARN)
            elif parts.scheme == "http":
                fix = Fix("make it https", "https" + link.url[4:])
                yield Remark(start, end, "This link is not encrypted: use https.", part, fix, Level.WARN)


def _find_broken_links(post: Post, _context: Context, _tuning: Tuning) -> Iterator[Remark]:
    for part, reading in post.parts:
        text = reading.without_code
        signs = (
            [sign.start() for sign in _LINK_SIGN.finditer(text)]
            if "://" in text or "http" in text or "](" in text
            else []
        )
        for match in _SPACED_LINK.match_at(text, signs):
            yield Remark(*match.span(), "This link is broken by a blank or a missing sign.", part)
        for link in reading.links:
            parts = _split(link)
            if parts is None or (parts.scheme in ("http", "https") and not _is_host(parts.hostname or "")):
                yield Remark(link.start, link.end, "This link names no host: nobody can open it.", part)
            elif link.url.endswith(")") and link.url.count("(") < link.url.count(")"):
                fix = Fix("take the bracket out", link.url.rstrip(")"))
                yield Remark(link.start, link.end, "This link ends in a bracket that is none of it.", part, fix)


def _is_secret_part(name: str, value: str) -> bool:
    # Short values of the others choose a page or a way, as in `?auth=sso`.
    is_plain = "pass" in name or name in ("token", "access_token", "api_key", "apikey", "secret")
    return bool(_SECRET_KEYS.fullmatch(name)) and (len(value) >= 6 or (bool(value) and is_plain))


def _is_host(host: str) -> bool:
    return (
        bool(host)
        and not host.startswith((".", "-"))
        and ".." not in host
        and ("." in host or host == "localhost" or ":" in host)
    )


def _find_dead_links(post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    dead = frozenset(context.dead_links or ())
    for part, reading in post.parts if dead else ():
        for link in reading.links:
            if link.url in dead:
                yield Remark(link.start, link.end, "This link does not answer: check it.", part)


def _find_no_contact(post: Post, context: Context, tuning: Tuning) -> Iterator[Remark]:
    if context.channel not in (None, Form.PAGE, Form.MAIL) or not post.body.has_text:
        return
    is_wanted = context.status is IncidentStatus.RESOLVED or len(post.body.text) > tuning.limits.long_body
    if is_wanted and not post.body.links and "@" not in post.body.text and not _CONTACT.search(post.body.prose):
        yield Remark(0, 0, "Say how to reach support, for those who still see errors.")


RULES = (
    Rule("LN001", Level.BLOCK, "A text longer than the page takes or people read", _find_long_body, is_final=True),
    Rule("LN002", Level.BLOCK, "A text longer than this page takes", _find_over_page, is_final=True),
    Rule("LN003", Level.BLOCK, "A title longer than the page takes or people read", _find_long_title, is_final=True),
    Rule("LN004", Level.BLOCK, "A post longer than the network takes", _find_long_post, is_final=True),
    Rule("LN005", Level.WARN, "An SMS of several messages", _find_long_message),
    Rule("LN006", Level.WARN, "A subject that is cut, or that begins with the state", _find_long_subject),
    Rule("LN007", Level.BLOCK, "A short form that lost its link or the time of the next update", _find_lost_parts),
    Rule("LN008", Level.BLOCK, "Channels that disagree", _find_differences),
    Rule("LK001", Level.BLOCK, "A link that is not safe to publish", _find_unsafe_links),
    Rule("LK002", Level.WARN, "A link that is not whole", _find_broken_links),
    Rule("LK003", Level.WARN, "A link that does not answer", _find_dead_links),
    Rule("LK004", Level.INFO, "No way to reach support", _find_no_contact),
)
