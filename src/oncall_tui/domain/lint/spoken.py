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
    r"(?: ?[/:|] ?| (?i:pass(?:word)?|pw|pwd)[:=]? )|(?: as| using|:|=) [\"'`]?[\w.@-]{2,40}[\"'`]? (?:with"
    r"|and) )[\"'`]?(?P<value>[^\s\"'`<>/]{5,64})"
    r"|(?i:(?<![\w/.@:-])(?:admin|root|administrator|guest)) ?[:/|] ?(?P<value2>[^\s\"'`<>/:]{5,64})",
    needs=("og", "OG", "ign", "redential", "ser", "SER", "ccount", "ccess", "onnect", "dmin", "oot", "uest"),
)
_NUMBER = Pattern(
    r"(?<![\w-])(?:PIN|(?i:pin (?:code|number)|meeting pin|(?:zoom |meeting |wi-?fi )?passcode|otp"
    r"|(?:2fa|mfa|two-factor|one[- ]time|verification|login|backup|recovery|door|alarm|host) (?:code|key|pin)))"
    r"(?i: is| was|:|=| to)*[ ]?(?P<value>\d{4,8})(?![\w-]|\.\d)|(?<![\w-])pin ?[:=] ?(?P<value2>\d{4,8})(?![\w-])",
    needs=("PIN", "pin", "asscode", "OTP", "otp", "code", "CODE", "Pin"),
)
_KEY_IS = Pattern(
    r"(?i:(?<![\w-])(?:wi-?fi|wlan|api|access|secret|admin|root|vpn|ssh|license) (?:key|pass|secret|pw)"
    r" (?:is|was|:|=)) ?[\"'`]?(?P<value>[^\s\"'`<>]{6,64})",
    needs=(" is ", " was ", " :", " ="),
)
_SHELL = Pattern(r"\b(?:mysql|mysqldump|mariadb|sshpass|psql|redis-cli)\b[^\n]{0,80}? -[pa](?P<value>[^\s-]\S{3,64})")
#: People, and what tells who they are.
_PERSONAL = Pattern(
    r"(?P<dated>(?i:(?<!\w)(?:date of birth|dob|born(?: on)?|birth ?day))\W{0,4}(?=\d{1,4}[-./ ]\w|[A-Z][a-z]{2,8} \d))"
    r"|(?P<id>(?i:(?<!\w)(?:passport|patient(?: record)?|tax|national|driver['’]?s licen[cs]e|medical record|student"
    r"|licen[cs]e plate|insurance)(?: (?:number|no\.?|id))?)\W{1,3}(?=[A-Z\d]*\d)[A-Z\d][A-Z\d-]{3,20}(?![\w-]))"
    r"|(?P<title>(?<!\w)(?:Mr|Mrs|Ms|Herrn?|Frau|Señora?|Mme)\.? [A-Z][\w-]{1,30})"
    r"|(?P<customer>(?<!\w)(?:[Cc]ustomer|[Cc]lient|[Uu]ser|[Ss]ubscriber"
    r"|[Pp]atient)(?: name)?: ?[A-Z][a-z]+ [A-Z][a-z]+\b)"
    r"|(?P<user>(?i:(?<!\w)(?:user(?:name)?|login|account)) [\"'‘“`][a-z]{1,20}[._][a-z]{2,20}[\"'’”`])"
    r"|(?P<home>(?i:(?<!\w)(?:home|postal|private|street) address)\W{1,3}\d)",
    needs=(
        *(
            "irth",
            "DOB",
            "dob",
            "orn ",
            "BORN",
            "assport",
            "atient",
            "ax ",
            "AX ",
            "ational",
            "icen",
            "ecord",
            "tudent",
        ),
        *("nsurance", "Mr", "Ms", "Herr", "Frau", "Señor", "Mme", "ustomer", "lient", "ser", "ubscriber", "ogin"),
        *("ccount", "address", "ADDRESS"),
    ),
)
_WORDS = {
    "dated": "a date of birth",
    "id": "the number of a person",
    "title": "the name of a person",
    "customer": "the name of a customer",
    "user": "the login of a user",
    "home": "an address",
}
_PHONE = Folded(
    r"\b(?:(?:his|her|their|private|personal|home|mobile|cell|direct) (?:phone|number|line)|phone|mobile|cell ?phone"
    r"|tel\.?)"
    r"(?: number)?(?: is|:)? (?P<number>(?:\+\d{1,3}|\(?\d{2,4}\)?)[ -]?\d(?:[ -]?\d){5,11})(?![\w-])",
    needs=("phone", "mobile", "tel", "cell", " number", " line"),
)


def find_spoken(text: str) -> Iterator[tuple[int, int, str]]:
    """Yields the words and numbers that a text gives to log in with: start, end and in words what it is."""
    for pattern, words in (
        (_PAIR, "a password"),
        (_KEY_IS, "a key or token"),
        (_SHELL, "a password"),
    ):
        for match in pattern.finditer(text):
            group = "value" if match["value"] else "value2"
            value = match[group].rstrip(".,;:!?)]}")
            if _is_password(value):
                yield match.start(group), match.start(group) + len(value), words
    for match in _NUMBER.finditer(text):
        yield *match.span("value" if match["value"] else "value2"), "a code to log in with"


def _is_password(value: str) -> bool:
    """Tells a word that somebody made up from words, times and addresses: letters and digits, or signs in it."""
    has_letter, has_digit = any(map(str.isalpha, value)), any(map(str.isdigit, value))
    return has_letter and has_digit and "@" not in value[1:] and not holds_any(value, ("://", "**", "xx", "XX"))


def find_personal(reading: Reading) -> Iterator[tuple[int, int, str]]:
    """Yields what tells who somebody is: start, end and in words what it is."""
    for match in _PERSONAL.finditer(reading.text):
        if not reading.is_meant(*match.span()):
            yield *match.span(), _WORDS[match.lastgroup or "title"]


def find_phones(reading: Reading) -> Iterator[tuple[int, int]]:
    """Yields numbers of phones that may be those of a person."""
    for match in _PHONE.finditer(reading.prose) if _PHONE.may_match(fold(reading.prose)) else ():
        yield match.span("number")
