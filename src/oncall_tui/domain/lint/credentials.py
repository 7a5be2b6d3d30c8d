"""What must never leave the house: credentials and the data of customers (SE)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import log2

from oncall_tui.domain.lint.model import Context, Fix, Level, Remark, Rule, Tuning
from oncall_tui.domain.lint.pattern import Folded, Pattern
from oncall_tui.domain.lint.reading import Post, Reading
from oncall_tui.domain.lint.signs import find_all, find_names, fold, holds_any
from oncall_tui.domain.lint.spoken import find_personal, find_phones, find_spoken

#: What each known form holds in any case: looking for these first takes a hundredth of the time.
_KNOWN_SIGNS = (
    *(
        "-----BEGIN",
        "AKIA",
        "ASIA",
        "ABIA",
        "ACCA",
        "eyJ",
        "ghp_",
        "gho_",
        "ghu_",
        "ghs_",
        "ghr_",
        "github_pat_",
        "glpat-",
    ),
    *(
        "gldt-",
        "glrt-",
        "glcbt-",
        "glptt-",
        "glsoat-",
        "glagent-",
        "glsa_",
        "xox",
        "xapp-",
        "hooks.slack",
        "/webhook",
        "AIza",
        "ya29.",
    ),
    *("GOCSPX-", "_live_", "_test_", "_prod_", "whsec_", "sk-", "npm_", "pypi-", "dop_v1_", "hvs.", "dckr_pat_", "shp"),
    *("SG.", "key-", "sq0", "EAAA", "lin_api_", "NRAK-", "PMAK-", "AGE-SECRET", "dapi", "AccountKey="),
)
_HIDE = Fix("take it out", "(removed)")

#: Secrets that say by their form what they are; most forms are those that scanners of repositories look for.
_KNOWN = Pattern(
    r"(?P<key>-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----(?s:.){0,8000}?(?:-----END[A-Z0-9"
    r" ]{0,50}-----|$))"
    r"|(?P<aws>(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?![A-Za-z0-9]))"
    r"|(?P<jwt>(?<![\w-])eyJ[\w-]{8,2000}\.eyJ[\w-]{8,4000}(?:\.[\w-]{0,2000})?)"
    r"|(?P<github>(?<![A-Za-z0-9_])(?:gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_[A-Za-z0-9_]{30,255}))"
    r"|(?P<gitlab>(?<![A-Za-z0-9_])gl(?:pat|dt|rt|cbt|ptt|soat|agent)-[\w-]{20,255})"
    r"|(?P<slack>(?<![A-Za-z0-9])xox[abeoprs]-(?:\d{1,2}-)?[A-Za-z0-9-]{10,255}"
    r"|(?<![A-Za-z0-9])xapp-\d-[A-Za-z0-9-]{10,255}|hooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9/_+-]{20,255})"
    r"|(?P<hook>(?:discord(?:app)?\.com|webhook\.office\.com|outlook\.office\.com)/(?:api/)?webhooks?(?:b2)?/"
    r"[\w/@%-]{20,255})"
    r"|(?P<google>(?<![\w-])AIza[\w-]{35}(?![\w-])|(?<![\w-])GOCSPX-[\w-]{28}|(?<![\w.])ya29\.[\w-]{20,2000})"
    r"|(?P<stripe>(?<![A-Za-z0-9])(?:sk|rk)_(?:live|test|prod)_[A-Za-z0-9]{10,255}"
    r"|(?<![A-Za-z0-9])whsec_[A-Za-z0-9+/=]{20,255})"
    r"|(?P<openai>(?<![A-Za-z0-9])sk-(?:proj-|ant-|svcacct-|or-)?[A-Za-z0-9_-]{32,255})"
    r"|(?P<other>(?<![A-Za-z0-9_])(?:npm_[A-Za-z0-9]{36}|pypi-[\w-]{50,255}|dop_v1_[a-f0-9]{64}|hvs\.[\w-]{20,255}"
    r"|dckr_pat_[\w-]{20,255}|shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}|SG\.[\w-]{16,32}\.[\w-]{16,64}|key-[0-9a-f]{32}"
    r"|sq0(?:atp|csp)-[\w-]{22,43}|EAAA[A-Za-z0-9_-]{60}|lin_api_[A-Za-z0-9]{32,}|NRAK-[A-Z0-9]{27}"
    r"|PMAK-[a-f0-9]{24}-[a-f0-9]{34}"
    r"|AGE-SECRET-KEY-1[0-9A-Z]{50,70}|dapi[0-9a-f]{32}|glsa_[A-Za-z0-9]{32}_[a-f0-9]{8}"
    r"|AccountKey=[A-Za-z0-9+/=]{40,100}))"
)
_KIND_WORDS = {
    "key": "a private key",
    "aws": "an AWS access key",
    "jwt": "a signed token (JWT)",
    "github": "a GitHub token",
    "gitlab": "a GitLab token",
    "slack": "a Slack token",
    "hook": "an address that lets anybody post",
    "google": "a Google key",
    "stripe": "a Stripe key",
    "openai": "an API key",
    "other": "an API key",
}
#: A value that somebody named, and the value itself.
_NAMED = Pattern(
    r"(?<![\w-])(?P<name>[A-Za-z][\w-]{1,80})[\"']?[ \t]{0,3}(?:=>|:=|="
    r"|:)[ \t]{0,3}[\"'`]?(?=(?P<value>[^\s\"'`<>&,;]{1,400}))"
)
_NAME_BEFORE = Pattern(r"(?<![\w-])[A-Za-z][\w-]{1,80}[\"']?[ \t]{0,3}\Z")
_SPOKEN = Pattern(
    r"(?i:\b(?:password|passphrase|passcode) (?:(?:was|is|has been) (?:changed|set|reset) to|is|was|to)"
    r"|(?<!\w)(?:--?)?(?:passwd"
    r"|password)(?=[ =])) ?[\"'`]?(?P<value>[^\s\"'`<>]{6,64}[^\s\"'`<>.,;:!?)])",
    needs="password|passwd|passphrase|passcode",
)
_SECRET_NAME = Pattern(
    r"(?:.*[_-]|\w{0,20})(?:password|passwd|passwort|kennwort|contraseña)|passe|session(?:[_-]?id)?"
    r"|(?:.*[_-])?(?:passphrase|pass|pwd|secret|secret[_-]?(?:access[_-]?)?key"
    r"|api[_-]?key"
    r"|access[_-]?key(?:[_-]?id)?"
    r"|(?:auth|access|refresh|bearer|session)?[_-]?token|private[_-]?key|client[_-]?secret|credentials?|key|sig"
    r"|signature)",
    re.IGNORECASE,
)
_HEADER = Pattern(
    r"(?<![A-Za-z])(?:Bearer|Basic|Token)[ \t]{1,3}(?P<value>[A-Za-z0-9._~+/-]{16,2000}={0,2})|X-(?:Api-Key"
    r"|Auth-Token)[ \t]{0,3}:"
    r"[ \t]{0,3}(?P<value2>\S{8,400})",
    re.IGNORECASE,
)
_IN_ADDRESS = Pattern(
    r"[a-z][a-z0-9+.-]{1,20}://[^\s/:@\"'<>]{0,100}:(?P<value>[^\s/@\"'<>]{3,200})@[\w\[.-]", re.IGNORECASE
)
_PLACEHOLDER = Pattern(
    r"[*•xX.…_-]{3,}|.{0,3}(?:example|redacted|removed|hidden|your|changeme|placeholder|null|none|true|false).*"
)
#: Fingerprints and public keys, which are published on purpose.
_PUBLIC_VALUES = ("sha256:", "sha1:", "md5:", "ssh-", "ecdsa-", "0x", "http", "www.")
_PICTURE_KEYS = frozenset({"key", "sig", "signature"})
_IN_PICTURE = Pattern(r"!\[[^\[\]\n]{0,200}\]\([^()\s]{1,2000}[?&]\Z")
_ONLY_SECRET = Pattern(
    r"(?:.*[_-])?(?:secret|token|api[_-]?key|access[_-]?key|secret[_-]?key|client[_-]?secret|(?:auth"
    r"|access)[_-]?token)",
    re.IGNORECASE,
)
_API_KEY = Pattern(r"(?:.*[_-])?(?:api[_-]?key|client[_-]?secret|secret[_-]?key)", re.IGNORECASE)
#: What settings and sentences say of a secret, which is none itself.
_NO_SECRET = Pattern(
    r"(?:true|false|yes|no|on|off|none|null|nil|undefined|required|optional|disabled|enabled|expired|invalid|missing"
    r"|empty|unset|set|reset\w*|changed?|changes|login|failed|fail\w*|error\w*|unauthorized|refresh\w*|rotat\w*"
    r"|revoked?"
    r"|issue\w*|auth\w*|the|an?|new|old|my|our|your\w*|some\w*|any\w*|value|string|text|here|xx+|\*+|\d+(?:px|ms|s)?"
    r"|file"
    r"|env\w*|example\w*|placeholder|redacted|removed|hidden|changeme|secret|password|token|https?:.*|\$.*)"
)
_STRONG = ("password", "passwd", "passphrase", "pwd", "passwort", "kennwort", "contraseña", "passe", "pass")

_CARD = Pattern(r"(?<![\w.+#/=-])(?:\d[ -]?){13,15}\d(?![\w/=-]|\.\d)")
_CARD_SHAPE = Pattern(r"\d{14,16}|\d{4}(?P<gap>[ -])\d{4}(?P=gap)\d{4}(?P=gap)\d{4}|3[47]\d\d[ -]\d{6}[ -]\d{5}")
_CARD_FIRST = {
    16: ("4", "51", "52", "53", "54", "55", "6011", "65", "2221", "2720"),
    15: ("34", "37"),
    14: ("36", "38"),
}
_DIGITS = Pattern(r"\d[\d -]{6,20}\d(?![\w-])")
#: With which any of these begins.
_LONG_NUMBER = Pattern(r"\d[\d -]{7}")
_ACCOUNT_BEFORE = Pattern(
    r"\b(?:account|acct|customer|client|member|policy)(?:[ _-]?(?:number|no|nr|id))?\.?(?: ?(?:is|:|#"
    r"|=))? ?#?$",
    re.IGNORECASE,
)
_NUMBERED_ACCOUNT = Folded(
    r"(?i:\b(?:account|acct|customer|client|member|policy|user)(?:[ _-]?(?:number|no|nr|id)\.?(?: ?(?:is|:|#|=))? ?#?"
    r"| ?#))"
    r"(?P<number>\d[\d -]{4,20}\d)(?![\w-])"
)
_IBAN = Pattern(r"(?<![\w-])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?(?![\w-])")
_SSN = Pattern(
    r"(?<![\w-])(?:SSN|[Ss]ocial [Ss]ecurity(?: [Nn]umber)?)\W{0,4}\d{3}-\d{2}-\d{4}(?!\d)", needs=("SSN", "ecurity")
)


def find_secrets(text: str) -> Iterator[tuple[int, int, str]]:
    """Yields what looks like a credential: start, end and in words what it is; never the credential itself."""
    if holds_any(text, _KNOWN_SIGNS):
        for match in _KNOWN.finditer(text):
            yield *match.span(), _KIND_WORDS[match.lastgroup or "other"]
    folded = fold(text)
    if holds_any(folded, ("bearer", "basic ", "token ", "x-a")):
        for match in _HEADER.finditer(text):
            group = "value" if match["value"] else "value2"
            if _is_random(match[group]):
                yield *match.span(group), "a credential of a request"
    if "://" in text and "@" in text:
        for match in _IN_ADDRESS.finditer(text):
            if not _PLACEHOLDER.fullmatch(match["value"].lower()):
                yield *match.span("value"), "a password in an address"
    yield from find_spoken(text)
    if holds_any(
        folded, ("pass", "pwd", "secret", "key", "token", "credential", "sig", "kennw", "contrase", "session")
    ):
        for match in _SPOKEN.finditer(text):
            if any(map(str.isdigit, match["value"])) and any(map(str.isalpha, match["value"])):
                yield *match.span("value"), "a password"
        read = 0
        for match in _NAMED.match_at(text, _list_named(text)):
            name = match["name"]
            # What stands within a value that was judged is judged with it.
            if match.start() < read or not _SECRET_NAME.fullmatch(name):
                continue
            # The key of a picture that is shown opens that picture.
            if name.lower() in _PICTURE_KEYS and _IN_PICTURE.search(text, max(0, match.start() - 2_300), match.start()):
                continue
            read = match.end("value")
            is_equal = "=" in text[match.end("name") : match.start("value")]
            is_alone = not text[match.end("value") :].partition("\n")[0].strip(" .\"'`)]")
            if _is_credential(name, match["value"], is_equal=is_equal) or (
                (is_equal or (is_alone and (name.isupper() or _API_KEY.fullmatch(name))))
                and _is_short(name, match["value"])
            ):
                yield *match.span("value"), "a password" if _is_strong(name) else "a key or token"


def _list_named(text: str) -> list[int]:
    """Returns where words begin behind which an equals sign or a colon stands."""
    starts = list[int]()
    for sign in find_all(text, "=:"):
        before = _NAME_BEFORE.search(text, max(0, sign - 90), sign)
        if before is not None:
            starts.append(before.start())
    return starts


def _is_strong(name: str) -> bool:
    """Tells whether a name is one of words that stand before passwords alone, as in `PGPASSWORD`."""
    return re.split(r"[_-]", name.lower())[-1].endswith(_STRONG)


def _is_credential(name: str, value: str, *, is_equal: bool) -> bool:
    value = value.rstrip(".)]}:!?")
    low = value.lower()
    if len(value) < 4 or _PLACEHOLDER.fullmatch(low) or value[:1] in "{[($%<" or low.startswith(_PUBLIC_VALUES):
        return False
    if _is_strong(name) and is_equal:
        return True
    if _is_strong(name):
        return any(sign.isdigit() for sign in value) and any(sign.isalpha() for sign in value) and "/" not in value
    # After a colon these words stand in plain sentences too.
    return _is_random(value) and (is_equal or name.lower() not in ("key", "sig", "signature"))


def _is_short(name: str, value: str) -> bool:
    """Tells whether a name that stands before secrets alone has a value, however short that is."""
    value = value.rstrip(".)]}:!?*_")
    is_secret = _is_strong(name) or _ONLY_SECRET.fullmatch(name)
    return bool(is_secret) and bool(value) and value[0].isalnum() and not _NO_SECRET.fullmatch(value.lower())


def _is_random(value: str) -> bool:
    """Tells signs that no person chose from words and names: long, of several kinds, and hardly any repeated."""
    if len(value) < 12 or value.isalpha() or value.startswith(("http", "www.")):
        return False
    kinds = any(sign.islower() for sign in value) + any(sign.isupper() for sign in value) + any(map(str.isdigit, value))
    counts = [value.count(sign) for sign in set(value)]
    entropy = -sum(count / len(value) * log2(count / len(value)) for count in counts)
    return kinds >= 2 and any(map(str.isdigit, value)) and entropy >= 3.0


def _find_secrets(post: Post, _context: Context, _tuning: Tuning) -> Iterator[Remark]:
    for part, reading in post.parts:
        taken = 0
        for start, end, words in sorted(find_secrets(reading.text)):
            if start >= taken:
                yield Remark(
                    start, end, f"This is {words}: take it out, and renew it now, as it was typed here.", part, _HIDE
                )
                taken = end


def _find_customer_data(post: Post, _context: Context, tuning: Tuning) -> Iterator[Remark]:
    clients = tuning.words.clients
    spaced = tuple(fold(name) for name in clients if " " in name.strip())
    for part, reading in post.parts:
        text = reading.text
        has_long = any(_LONG_NUMBER.match_at(text, reading.digits))
        for match in _CARD.finditer(text) if has_long else ():
            if is_card(match.group()):
                yield Remark(*match.span(), "This is the number of a payment card: take it out.", part, _HIDE)
        for start, end, words in _accounts(reading, has_long=has_long):
            yield Remark(start, end, f"This is {words} of a customer: take it out.", part)
        for start, end, words in find_personal(reading):
            yield Remark(start, end, f"This is {words}: take it out.", part, level=Level.WARN)
        for start, end in find_phones(reading):
            yield Remark(start, end, "Is this a number for customers? Leave it out if not.", part, level=Level.INFO)
        for start, end in dict.fromkeys((*find_names(text, clients), *find_names(fold(text), spaced))):
            if not reading.is_meant(start, end):
                text_shown = f"'{text[start:end]}' is a client: say what is affected, not who."
                yield Remark(start, end, text_shown, part)


def _accounts(reading: Reading, *, has_long: bool) -> Iterator[tuple[int, int, str]]:
    text = reading.text
    for match in _DIGITS.finditer(text) if has_long else ():
        if _ACCOUNT_BEFORE.search(text, max(0, match.start() - 40), match.start()):
            yield *match.span(), "an account number"
    for match in _NUMBERED_ACCOUNT.finditer(text):
        if len(match["number"]) < 8:
            yield *match.span("number"), "an account number"
    for match in _IBAN.match_at(text, reading.capitals):
        if _is_iban(match.group()):
            yield *match.span(), "a bank account"
    for match in _SSN.finditer(text) if "-" in text else ():
        yield *match.span(), "a social security number"


def is_card(text: str) -> bool:
    """Tells whether digits are a payment card's: its length, its first digits, and its check digit."""
    digits = "".join(sign for sign in text if sign.isdigit())
    if (
        not _CARD_SHAPE.fullmatch(text.strip())
        or not digits.startswith(_CARD_FIRST.get(len(digits), ()))
        or len(set(digits)) < 2
    ):
        return False
    doubled = (sum(divmod(2 * int(sign), 10)) for sign in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0


def _is_iban(text: str) -> bool:
    plain = text.replace(" ", "")
    moved = plain[4:] + plain[:4]
    return 15 <= len(plain) <= 34 and int("".join(str(int(sign, 36)) for sign in moved)) % 97 == 1


def _find_private(_post: Post, context: Context, _tuning: Tuning) -> Iterator[Remark]:
    if context.is_private:
        yield Remark(0, 0, "This incident is private: nothing of it goes to customers until it is cleared.")


RULES = (
    Rule("SE001", Level.BLOCK, "A key, token or password", _find_secrets, is_final=True),
    Rule("SE002", Level.BLOCK, "Data of a customer", _find_customer_data),
    Rule("SE003", Level.BLOCK, "A private incident in public", _find_private),
)
