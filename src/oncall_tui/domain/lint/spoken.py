"""Credentials and personal data as people say them in a sentence: no form of their own gives these away (SE)."""

from __future__ import annotations

from collections.abc import Iterator

from oncall_tui.domain.lint.pattern import Folded, Pattern
from oncall_tui.domain.lint.reading import Reading
from oncall_tui.domain.lint.signs import fold, holds_any

_LOGIN = r"(?:log(?:ging)?[ -]?in|login|sign(?:ing)? in|credentials?(?: are)?|user ?(?:name)?|account|access|connect)"
#: A name to log in with, then the word that goes with it.
_PAIR = Pattern(
    rf"(?i:(?<![\w-]){_LOGIN})(?:(?: as| with| is| using|:|=)* [\"'`]?[\w.@-]{{2,40}}[\"'`]?"
    r"(?: ?[/:|] ?|,? (?:and )?(?i:pass(?:word|phrase|code)?|pw|pwd)[:=]? )|(?: as| using|:"
    r"|=) [\"'`]?[\w.@-]{2,40}[\"'`]? (?:with|and) )"
    r"[\"'`]?(?P<value>[^\s\"'`<>/]{5,64})"
    r"|(?i:(?<![\w/.@:-])(?:admin|root|administrator|guest)) ?[:/|] ?(?P<value2>[^\s\"'`<>/:]{5,64})"
)
_PAIR_SIGNS = (
    *(
        "login",
        "log in",
        "log-in",
        "logging",
        "sign in",
        "sign-in",
        "signing",
        "credential",
        "user",
        "account",
        "access",
    ),
    *("connect", "admin", "root", "guest"),
)
_NUMBER = Pattern(
    r"(?<![\w-])(?:PIN|(?i:pin (?:code|number)|meeting pin|(?:zoom |meeting |wi-?fi )?passcode|otp"
    r"|(?:2fa|mfa|two-factor|one[- ]time|verification|login|backup|recovery|door|alarm|host) (?:code|key|pin)))"
    r"(?i: is| was|:|=| to)*[ ]?(?P<value>\d{4,8})(?![\w-]|\.\d)|(?<![\w-])pin ?[:=] ?(?P<value2>\d{4,8})(?![\w-])",
    needs=" key| pin|PIN|code|otp|pin |pin:|pin=",
)
_OF_OURS = (
    r"(?:wi-?fi|wlan|api|access|secret|admin|root|vpn|ssh|licen[cs]e|signing|master|private|shared|service|database|db"
    r"|temporary|new|old|current)"
)
_CALLED = (
    rf"(?:(?:{_OF_OURS} )*(?:pw|pwd|passw(?:or)?d|pass ?phrase|passcode)"
    rf"|(?:(?:{_OF_OURS} )*(?!new|old|current)(?:{_OF_OURS} ))(?:key|pass|secret|token|login code))"
)
#: What somebody calls a secret, and what it is.
_KEY_IS = Pattern(
    rf"(?i:(?<![\w-]){_CALLED}(?: (?:for|to|of)(?: [\w-]+){{1,4}}?)?(?: ?[:=] ?"
    r"| (?:is|was|now is|will be|stays) (?:now )?| (?:was|has been|is) (?:set|changed|reset) to ))"
    r"[\"'`“‘]?(?P<value>[^\s\"'`<>”’]{6,120})",
    needs="key|pass|secret|pw|token|code",
)
_BARE_KEY = Pattern(
    r"(?i:(?:^|[.;,:] |\b(?:the|an?|our|this|with|using|api|access|secret) )(?:key|token|secret)) [\"'`]?"
    r"(?P<value>(?:[0-9a-f]{32,128}|[0-9A-F]{32,128}))(?![\w-])",
    needs="key |token |secret ",
)
_PHRASE = Pattern(
    r"(?!.*(?<![A-Za-z])(?:to|of|in|the|for|up|well|not|be|on|out|by|at|as|and|or)(?![A-Za-z]))"
    r"[A-Za-z]{2,12}(?:[-_.][A-Za-z]{2,12}){2,7}"
)
#: Names of things have the same form as phrases that people make up: such a word tells of one.
_PHRASE_BEFORE = Folded(r"(?:pass ?phrase|password|pass|pw|pwd) (?:is|was|=|:) ?[\"'`“‘]?\Z")
_SHELL = Pattern(
    r"\b(?:mysql|mysqldump|mariadb|sshpass|psql|redis-cli)\b[^\n]{0,80}? -[pa](?P<value>[^\s-]\S{3,64})",
    needs=("mysql", "mariadb", "sshpass", "psql", "redis-cli"),
)
#: What tells who somebody is: in words what it is, signs one of which it has in small letters, and the pattern.
_PERSONAL = (
    (
        "a date of birth",
        ("birth", "dob", "born"),
        Pattern(
            r"(?i:(?<!\w)(?:date of birth|dob|born(?: on)?|birth ?day))\W{0,4}(?=\d{1,4}[-./ ]\w|[A-Z][a-z]{2,8} \d)"
        ),
    ),
    (
        "the number of a person",
        ("passport", "patient", "tax ", "national ", "licen", "medical record", "student", "insurance"),
        Pattern(
            r"(?i:(?<!\w)(?:passport|patient(?: record)?|tax|national|driver['’]?s licen[cs]e|medical record|student"
            r"|licen[cs]e plate|insurance)(?: (?:number|no\.?|id))?)\W{1,3}(?=[A-Z\d]*\d)[A-Z\d][A-Z\d-]{3,20}(?![\w-])"
        ),
    ),
    (
        "the name of a person",
        ("mr", "ms ", "ms.", "herr", "frau", "señor", "mme"),
        # Who is greeted reads a letter of their own.
        Pattern(
            r"(?<!\w)(?<!Hello )(?<!Hi )(?<!Dear )(?<!geehrte )(?<!geehrter )"
            r"(?:Mr|Mrs|Ms|Herrn?|Frau|Señora?|Mme)\.? [A-Z][\w-]{1,30}"
        ),
    ),
    (
        "the name of a customer",
        ("customer:", "client:", "user:", "subscriber:", "patient:", "name:"),
        Pattern(
            r"(?<!\w)(?:[Cc]ustomer|[Cc]lient|[Uu]ser|[Ss]ubscriber|[Pp]atient)(?: name)?: ?[A-Z][a-z]+ [A-Z][a-z]+\b"
        ),
    ),
    (
        "the login of a user",
        tuple(f"{word} {sign}" for word in ("user", "username", "login", "account") for sign in "\"'‘“`"),
        Pattern(r"(?i:(?<!\w)(?:user(?:name)?|login|account) [\"'‘“`][a-z]{1,20}[._][a-z]{2,20}[\"'’”`])"),
    ),
    (
        "an address",
        ("home address", "postal address", "private address", "street address"),
        Pattern(r"(?i:(?<!\w)(?:home|postal|private|street) address)\W{1,3}\d"),
    ),
)
_PHONE = Folded(
    r"\b(?:(?:his|her|their|private|personal|home|mobile|cell|direct) (?:phone|number|line)|phone|mobile|cell ?phone"
    r"|tel\.?)"
    r"(?: number)?(?: is|:)? (?P<number>(?:\+\d{1,3}|\(?\d{2,4}\)?)[ -]?\d(?:[ -]?\d){5,11})(?![\w-])",
    needs=" line| number|mobile|phone|tel",
)


_ROOT_PAIR = Pattern(
    r"(?i:\b(?:log(?:ging)?[ -]?in|login|sign(?:ing)? in|credentials?(?: are)?|access|user)\b[^.!?\n]{0,20}[ \"'`:])"
    r"(?:root|admin|administrator|guest)[:/](?P<value>\w{3,64})(?![\w/.])",
    needs="root:|admin:|administrator:|guest:|root/|admin/|administrator/|guest/",
)


def find_spoken(text: str) -> Iterator[tuple[int, int, str]]:
    """Yields the words and numbers that a text gives to log in with: start, end and in words what it is."""
    folded = fold(text)
    places = {at for sign in _PAIR_SIGNS if sign in folded for at in _places(folded, sign)}
    for matches, words in (
        (_PAIR.match_at(text, sorted(places)), "a password"),
        (_KEY_IS.finditer(text), "a key or token"),
        (_ROOT_PAIR.finditer(text), "a password"),
        (_SHELL.finditer(text), "a password"),
        (_BARE_KEY.finditer(text), "a key or token"),
    ):
        for match in matches:
            group = "value" if match["value"] else "value2"
            value = match[group].rstrip(".,;:!?)]}")
            is_phrase = _PHRASE.fullmatch(value) and _PHRASE_BEFORE.search(text, 0, match.start(group))
            if match.re is _ROOT_PAIR.compiled or is_phrase or _is_password(value):
                yield match.start(group), match.start(group) + len(value), words
    for match in _NUMBER.finditer(text):
        yield *match.span("value" if match["value"] else "value2"), "a code to log in with"


def _places(text: str, sign: str) -> Iterator[int]:
    at = text.find(sign)
    while at >= 0:
        yield at
        at = text.find(sign, at + 1)


def _is_password(value: str) -> bool:
    """Tells a word that somebody made up from words, times and addresses: letters and digits, or signs in it."""
    has_letter, has_digit = any(map(str.isalpha, value)), any(map(str.isdigit, value))
    return has_letter and has_digit and "@" not in value[1:] and not holds_any(value, ("://", "**", "xx", "XX"))


def find_personal(reading: Reading) -> Iterator[tuple[int, int, str]]:
    """Yields what tells who somebody is: start, end and in words what it is."""
    folded = fold(reading.text)
    for words, signs, pattern in _PERSONAL:
        for match in pattern.finditer(reading.text) if holds_any(folded, signs) else ():
            if not reading.is_meant(*match.span()):
                yield *match.span(), words


def find_phones(reading: Reading) -> Iterator[tuple[int, int]]:
    """Yields numbers of phones that may be those of a person."""
    for match in reading.seek(_PHONE):
        yield match.span("number")
