"""What is for the team's eyes: tickets, chats, tools, and personal addresses (JR004, JR005)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from oncall_tui.domain.lint.hosts import is_private_host
from oncall_tui.domain.lint.model import Context, Fix, Level, Part, Remark, Rule, Tuning
from oncall_tui.domain.lint.pattern import Folded, Pattern
from oncall_tui.domain.lint.reading import Post, Reading
from oncall_tui.domain.lint.tools import find_tools

_TICKET = Pattern(r"(?<![\w/#.=-])(?P<key>[A-Z]{2,10})(?P<dash>-?)(?P<number>\d{2,10})(?![\w-]|\.\d)")
_NUMBERED = Folded(
    r"\b(?:ticket|bug|change request|problem record)(?: (?:number|no\.?|id))? ?#?\d{3,10}\b",
    needs="bug|change r|roblem r|ticket",
)
#: Keys that a ticket number follows at once, as in CHG0031337.
_JOINED_KEYS = frozenset({"INC", "CHG", "PRB", "RITM", "SCTASK", "CTASK", "PTASK", "REQ", "TASK"})
#: Keys that teams give their tickets and that stand for little else.
_TEAM_KEYS = frozenset(
    {"INC", "INCIDENT", "CHG", "CHANGE", "PRB", "TASK", "RITM", "JIRA", "OPS", "SRE", "INFRA", "DEVOPS",
     "PLATFORM", "PLAT", "ENG", "TICKET", "BUG", "PROD", "SEV", "HELP", "ITSM", "SD", "SUP", "SUPPORT", "PROJ",
     "DEV", "NETOPS", "NOC", "DBA", "SECOPS", "HOT", "PIR", "RCA", "ISSUE", "ESC", "ESCALATION", "ONCALL", "PM"}
)  # fmt: skip
#: What has a tracker's form and is none: standards, ciphers, products, diseases, months.
_NO_TRACKERS = frozenset(
    {"UTF", "SHA", "AES", "RSA", "DES", "MD", "TLS", "SSL", "ISO", "IEC", "RFC", "CVE", "COVID", "GPT", "IPV",
     "HTTP", "HTTPS", "ERROR", "ERR", "CODE", "STATUS", "USD", "EUR", "GBP", "UTC", "GMT", "PORT", "ASN", "AS",
     "NA", "EU", "US", "AP", "SA", "ME", "AF", "CA", "UK", "APAC", "EMEA", "AMER", "GHSA", "FIPS", "PCI", "SOC",
     "NIST", "IEEE", "ANSI", "USB", "DDR", "RTX", "GTX", "AMD", "ARM", "X", "Q", "FY", "CY", "JAN", "FEB",
     "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC", "JUNE", "JULY", "MS", "AZ", "SC",
     "DP", "PL", "KB", "MAC", "EC", "RDS", "VPC", "WIN", "PS", "OS", "IOS", "SDK", "API", "ORA", "AADSTS",
     "ICE", "RAL", "PO", "BOX", "ROOM", "LINE", "FLIGHT", "CRC", "PBKDF", "ED", "CURVE", "SECP", "LATIN", "CP",
     "WINDOWS", "PDF", "LTE", "GSM", "BERT", "LLAMA", "CLAUDE", "GEMINI", "OPT", "PHI", "ID", "REF", "CASE",
     "CN"}
)  # fmt: skip
_REFERENCE_BEFORE = Pattern(
    r"(?i:\b(?:reference|ref|case|your ticket|quote|quoting|support (?:ticket|request))(?: (?:number|no|id"
    r"|code))?)[.:#]{0,2}\s{0,3}$"
)
_IN_BRACKETS = Pattern(r"[ \t]?[(\[](?:[Tt]icket|[Ss]ee|[Rr]ef|[Ii]ncident|[Ii]nternal|[Tt]racking)?:?[ ]?$")
_CHANNEL = Pattern(
    r"(?<![\w&/#.(=-])#(?P<name>(?:[a-z0-9]{1,30}[-_]){0,4}(?:inc|incidents?|sev\d?|ops|sre|on-?call|war-?rooms?"
    r"|alerts?|alerting|prod|eng"
    r"|engineering|infra|internal|private|platform|devops|noc|outages?|postmortems?|response|triage|bridge"
    r"|team)(?:[-_][a-z0-9]{1,30}){0,4})(?![\w-])"
)
#: Chats that anybody may join.
_OPEN_CHAT = Folded(r"(?i:\b(?:irc|libera|freenode|oftc|matrix|element|gitter|discord|community|public)\b)")
_TEAM_TALK = Folded(
    r"(?<!\w)(?:in|join|on|see|into|via) (?:our |the |this )?(?:internal|incident) "
    r"(?:Slack |Zoom |Teams |chat |conference )?(?:channel|bridge|call|thread|war ?room)(?!\w)"
    r"|(?<!\w)(?:in|join) (?:our|the) (?:war ?room|bridge (?:call|line))(?!\w)",
    needs=" incident | interna|bridge |room",
)
#: Tools that nobody outside can log in to, by their hosts and paths.
_TOOL_LINK = Pattern(
    r"(?:[\w-]+\.)*(?:slack\.com/(?:archives|client|messages)/|pagerduty\.com/(?:incidents|alerts)/\w"
    r"|app\.opsgenie\.com/alert"
    r"|zoom\.us/(?:j|my|w)/\w|meet\.google\.com/[a-z]{3}-|teams\.(?:microsoft|live)\.com/(?:l/meetup-join|meet)/"
    r"|webex\.com/(?:meet|join)/|[\w-]+\.atlassian\.net/(?:browse|jira)/|service-?now\.com/(?:nav_to|now/"
    r"|incident\.do|problem\.do|change_request\.do|task\.do|\w+_list\.do)|app\.incident\.io/\w"
    r"|app\.rootly\.com/\w|app\.firehydrant\.(?:io|com)/\w)",
    re.IGNORECASE,
)
#: Tools that may be the product itself, or public documents.
_MAYBE_TOOL_LINK = Pattern(
    r"(?:[\w-]+\.)*(?:(?:app|us\d|eu|ap\d)\.datadoghq\.(?:com|eu)/(?:dashboard|monitors|logs|apm|notebook|incidents)"
    r"|splunkcloud\.com/\w|grafana\.net/\w|ui\.honeycomb\.io/\w|sentry\.io/organizations/|one\.newrelic\.com/\w"
    r"|docs\.google\.com/(?:document|spreadsheets|presentation)/(?:d/|u/)|app\.asana\.com/\w|linear\.app/\w"
    r"|trello\.com/c/)"
    r"|(?:grafana|kibana|prometheus|alertmanager|argocd|consul|nagios|zabbix|splunk|jaeger|thanos|gitlab(?!\.com)"
    r"|rundeck|spinnaker"
    r"|icinga"
    r"|airflow|jira|confluence|backoffice|runbooks?|oncall|phpmyadmin|pgadmin)\.(?!status\.|apache\.|atlassian\."
    r"|mongodb\."
    r"|jenkins)[\w-]+\.\w",
    re.IGNORECASE,
)
_INSIDE_HOST = Pattern(r"(?:[\w-]+\.)*(?:internal|intranet|corp|int)\.[\w.-]+", re.IGNORECASE)

_MAIL = Pattern(r"(?:(?<=mailto:)|(?<![\w.+-/:@]))[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,6}[a-zA-Z]{2,24}(?![\w@-])")
_HIDDEN_MAIL = Pattern(
    r"(?<![\w.])[\w.+-]{2,40} ?[(\[{] ?(?i:at|@) ?[)\]}] ?[\w-]{2,40} ?(?:\.|[(\[{] ?(?i:dot) ?[)\]}]) ?[a-z]{2,10}\b"
    r"|\b[\w.+-]{2,40} (?:at|AT) [\w-]{2,40} (?:dot|DOT) (?:com|io|net|org|de|co|dev)\b",
    needs=(" dot ", " DOT ", *tuple(f"{bracket}{at}" for bracket in "([{" for at in ("at", "@", " at", " @"))),
)
_ROLE_MAIL = Pattern(
    r".*(?:support|help|service|care|status|contact|info|sales|success|security|abuse|privacy|billing|account|invoice"
    r"|payment|team"
    r"|hello|feedback|no-?reply|do-?not-?reply|noc|ops|admin|postmaster|hostmaster|webmaster|press|media|partner|trust"
    r"|legal|compliance"
    r"|desk|enquir|inquir|office|customer|client|community|maintenance|notif|alert|incident|request|question|report|hr"
    r"|mail|dev|api|user|name"
    r"|example|you|email).*",
    re.IGNORECASE,
)
_EXAMPLE_MAIL = Pattern(
    r".*@(?:[\w-]+\.)*(?:example\.\w+|gserviceaccount\.com|(?:your)?-?(?:domain|company|site|org)\.\w+|test\.com)",
    re.IGNORECASE,
)
_PERSON_MAIL = Pattern(r"(?:[a-z]{1,20}\.[a-z]{2,20}(?:-[a-z]{2,20})?|[A-Z][a-z]{0,20}\.[A-Z][a-z]{1,20})\d{0,2}@.+")


def _find_inside_links(post: Post, context: Context, tuning: Tuning) -> Iterator[Remark]:
    for part, reading in post.parts:
        yield from _find_tickets(reading, part)
        yield from _find_numbers(reading, part)
        if context.channel != "social":
            yield from _find_channels(reading, part)
        for match in reading.seek(_TEAM_TALK):
            yield Remark(*match.span(), "Customers cannot come there: leave it out.", part)
        products = {name.lower() for name in (*tuning.words.products, *context.names)}
        for start, end, how_sure in find_tools(reading):
            shown = reading.text[start:end]
            if not any(name in shown.lower() for name in products):
                yield Remark(start, end, f"'{shown}' is for the team: customers cannot see it.", part, level=how_sure)
        for link in reading.links:
            level = judge_link(link.url, tuning)
            if level is not None:
                yield Remark(link.start, link.end, "Customers cannot open this link: leave it out.", part, level=level)


def judge_link(url: str, tuning: Tuning) -> Level | None:
    """Returns how certain it is that only the team can open a link: BLOCK, WARN, or None when customers can."""
    scheme, _, bare = url.partition("://") if "://" in url else ("https", "", url)
    try:
        host = (urlsplit(f"https://{bare}").hostname or "").lower()
    except ValueError:
        return None
    is_web = scheme.lower() in ("http", "https") and ("://" in url or bare.lower().startswith("www."))
    if not is_web or not host or any(fnmatchcase(host, pattern.lower()) for pattern in tuning.words.public_hosts):
        return None
    if _TOOL_LINK.match(bare) or _INSIDE_HOST.fullmatch(host) or is_private_host(host, tuning.words):
        return Level.BLOCK
    return Level.WARN if _MAYBE_TOOL_LINK.match(bare) else None


def _find_tickets(reading: Reading, part: Part) -> Iterator[Remark]:
    for match in _TICKET.match_at(reading.text, reading.capitals):
        key, number = match["key"], match["number"]
        if match["dash"]:
            is_team = key in _TEAM_KEYS
            is_ticket = is_team or (3 <= len(number) <= 6 and key not in _NO_TRACKERS)
        else:
            is_ticket = is_team = key in _JOINED_KEYS and len(number) >= (4 if key == "INC" else 5)
        if is_ticket and not _is_told(reading, match.start()):
            yield _remark_ticket(reading.text, *match.span(), part, None if is_team else Level.WARN)


def _find_numbers(reading: Reading, part: Part) -> Iterator[Remark]:
    for match in reading.seek(_NUMBERED):
        yield Remark(
            *match.span(), "Does this number tell customers anything? Leave it out if not.", part, level=Level.INFO
        )


def _remark_ticket(text: str, start: int, end: int, part: Part, level: Level | None) -> Remark:
    shown = text[start:end]
    before = _IN_BRACKETS.search(text, max(0, start - 20), start)
    fix = None
    if before and text[end : end + 1] in (")", "]"):
        start, end, fix = before.start(), end + 1, Fix("take it out", "")
    return Remark(
        start, end, f"'{shown}' is a ticket of ours, which tells customers nothing: leave it out.", part, fix, level
    )


def _is_told(reading: Reading, start: int) -> bool:
    """Tells whether an id is one that customers are meant to have: part of a link, a name, or given as a reference."""
    if any(link.start <= start < link.end for link in reading.links) or reading.is_meant(start, start + 1):
        return True
    if "](" in reading.text[start : start + 30]:
        return True
    line = reading.text.rfind("\n", 0, start) + 1
    return bool(_REFERENCE_BEFORE.search(reading.text, max(line, start - 40), start))


def _find_channels(reading: Reading, part: Part) -> Iterator[Remark]:
    for match in _CHANNEL.finditer(reading.text) if "#" in reading.text else ():
        name = match["name"]
        if ("-" in name or "_" in name) and not reading.is_meant(*match.span()):
            low, high = max(0, match.start() - 100), match.end() + 100
            level = Level.WARN if _OPEN_CHAT.search(reading.text, low, high) else None
            yield Remark(*match.span(), f"'#{name}' is a chat of ours: leave it out.", part, level=level)


def _find_mails(post: Post, _context: Context, tuning: Tuning) -> Iterator[Remark]:
    contacts = tuning.words.contacts
    for part, reading in post.parts:
        yield from _find_hidden_mails(reading, part)
        for match in _MAIL.finditer(reading.text) if "@" in reading.text else ():
            found = match.group()
            if any(fnmatchcase(found.lower(), contact.lower()) for contact in contacts) or _EXAMPLE_MAIL.fullmatch(
                found
            ):
                continue
            name = found.partition("@")[0]
            if contacts:
                yield Remark(
                    *match.span(), "This address is not one of the contacts in config: use one of those.", part
                )
            elif _ROLE_MAIL.fullmatch(name):
                yield Remark(
                    *match.span(),
                    "Is this address watched now? Contacts in config are taken as meant.",
                    part,
                    level=Level.INFO,
                )
            elif _PERSON_MAIL.fullmatch(found):
                yield Remark(*match.span(), "This is the address of a person: name one that the team reads.", part)
            else:
                yield Remark(
                    *match.span(),
                    "Is this an address for customers? Name one that the team reads.",
                    part,
                    level=Level.WARN,
                )


def _find_hidden_mails(reading: Reading, part: Part) -> Iterator[Remark]:
    for match in _HIDDEN_MAIL.finditer(reading.text):
        yield Remark(*match.span(), "This is a mail address: name one that the team reads.", part, level=Level.WARN)


RULES = (
    Rule("JR004", Level.BLOCK, "Tickets, chats and links of the team", _find_inside_links),
    Rule("JR005", Level.BLOCK, "A mail address that is no contact", _find_mails),
)
