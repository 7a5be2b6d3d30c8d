"""The tools and papers of a team that customers cannot see, named in a sentence (JR004)."""

from __future__ import annotations

from collections.abc import Iterator

from oncall_tui.domain.lint.model import Level
from oncall_tui.domain.lint.pattern import Folded, Pattern
from oncall_tui.domain.lint.reading import Reading

_TOOLS = (
    "jira|servicenow|confluence|pagerduty|opsgenie|victorops|grafana|kibana|splunk|datadog|new relic|sentry|nagios"
    "|zabbix"
    "|prometheus|icinga|zendesk|freshservice|rootly|firehydrant|slack|ms teams|microsoft teams|notion|asana|trello"
)
_NAMES = tuple(_TOOLS.split("|"))
_OURS = Folded(
    rf"\b(?:our|internal) (?:internal )?(?:{_TOOLS})(?: (?:dashboards?|board|page|ticket|alert|channel|thread|space"
    r"|workspace|instance))\b(?! (?:integration|app|connector|customers|users|plugin|add-on))"
    rf"|\b(?:incident|ticket|issue|case|alert|problem) #?\d{{3,10}} (?:in|on) (?:{_TOOLS})\b"
    rf"|\b(?:{_TOOLS}) (?:incident|ticket|issue|alert|case|ops|inc) #?[a-z]{{0,3}}\d{{3,10}}\b",
    needs=_NAMES,
)
_SEEN_IN = Folded(
    rf"\b(?:according to|as per) (?:{_TOOLS})\b|\b(?:in|on) (?:servicenow|pagerduty|opsgenie|victorops|grafana|kibana"
    r"|splunk|nagios|zabbix|prometheus)\b|\bin (?:jira|datadog|confluence) we (?:see|saw|track)\b|\bconfluence page\b"
    r"|^slack thread|\b(?:our|the|see) slack thread\b|\b(?:on|in) slack in #|\bms teams channel\b"
    r"|\bon the bridge(?= call|[.,]|$)",
    needs=(*_NAMES, "teams channel", "on the bridge"),
)
_PAPERS = Folded(
    r"\b(?:our|internal|the internal|see the) (?:internal )?(?:runbook|playbook|wiki|intranet"
    r"|knowledge base for engineers)s?\b"
    r"|\b(?:see|in|via|with) pr #?\d{2,6}\b|#(?:on-?call|ops|sre|incidents?|war-?room|alerts?|devops|engineering"
    r"|infra) channel\b|\b(?:pull request|merge request"
    r"|changeset) #?\d{2,6}\b(?! ?%)|\b(?:github|gitlab) (?:issue|pr) #?\d{1,6}\b"
    r"|\bcommit (?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,40}\b",
    needs=(
        *(
            "runbook",
            "playbook",
            "wiki",
            "intranet",
            "knowledge base for",
            "pull request",
            "merge request",
            "changeset",
        ),
        *("hub ", "lab ", "commit ", " pr ", "see pr", "in pr", " channel"),
    ),
)


_SMALL_TICKET = Pattern(
    r"(?<![\w/#-])(?:[Ii]nc|[Cc]hg|[Pp]rb)[- ]\d{3,10}(?![\w-])", needs=("nc-", "nc ", "hg-", "hg ", "rb-", "rb ")
)


def find_tools(reading: Reading) -> Iterator[tuple[int, int, Level]]:
    """Yields where a text sends readers to what only the team can open; a page may be that of such a tool itself."""
    taken = list[tuple[int, int]]()
    for match in _SMALL_TICKET.finditer(reading.prose):
        taken.append(match.span())
        yield *match.span(), Level.WARN
    for pattern, level in ((_OURS, Level.WARN), (_PAPERS, Level.WARN), (_SEEN_IN, Level.INFO)):
        for match in reading.seek(pattern):
            start, end = match.span()
            if not any(low < end and start < high for low, high in taken) and not reading.is_meant(start, end):
                taken.append((start, end))
                yield start, end, level
