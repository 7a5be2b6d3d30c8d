"""What a template may ask for: every variable with its meaning and a sample, and how an incident fills them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from oncall_tui.domain.facts import Facts, complete_facts
from oncall_tui.domain.incident import Cause, Incident, IncidentStatus
from oncall_tui.domain.maintenance import PlanFields, PlanPart
from oncall_tui.domain.template import NO_COMPONENT, join_names, say_day, say_length, say_when

UNKNOWN_SCOPE = "how many of you are affected"
ANY_SUPPLIER = "a supplier of ours"
ANY_SUPPORT = "our support"

Variables = Mapping[str, str | None]


class Variable(Struct, frozen=True):
    """One name that a template may use; `sample` is what it reads like, for trying templates out."""

    meaning: str
    sample: str


#: Every variable there is. A template that asks for another one is refused.
VARIABLES: Final[Mapping[str, Variable]] = {
    # The incident.
    "components": Variable("what it is about: its components, else `our service`", "Dashboard and API"),
    "since": Variable("when it began", "14:05 UTC"),
    "now": Variable("the time of writing", "14:21 UTC"),
    "ended": Variable("when it was over; the time of writing until that is known", "14:52 UTC"),
    "duration": Variable("how long it has lasted, or lasted", "47 minutes"),
    "resolved": Variable("when it was called solved before, for one that came back", "13:10 UTC"),
    "told": Variable("when customers were told last", "14:09 UTC"),
    "next_update": Variable("when customers hear again", "14:35 UTC"),
    "interval": Variable("the rhythm of updates from now on", "60 minutes"),
    # The facts.
    "effect": Variable("what the probe shows, while nobody has said the impact", "Requests have been failing"),
    "impact": Variable("what customers notice, in their words", "pages fail to load with an error"),
    "scope": Variable("whom it hits", "about 30% of requests from Europe"),
    "unknown_scope": Variable(f"`{UNKNOWN_SCOPE}`, while that is so", UNKNOWN_SCOPE),
    "unaffected": Variable("what still works", "the mobile app and all other regions"),
    "workaround": Variable("a way round", "the mobile app shows the same figures"),
    "limits": Variable("what the way round cannot do", "reports cannot be exported there"),
    "request": Variable(
        "what customers should do", "keep payments that failed, and send them again once we have written here"
    ),
    "action": Variable(
        "what we are doing, after `We are`; what the state implies while nobody has said it",
        "putting the version of 20 November back in place",
    ),
    "cause": Variable("the cause in plain words", "a setting that we changed at 14:03 UTC"),
    "supplier": Variable("whose fault it is; a name only beside their own notice", "our DNS supplier"),
    "supplier_notice": Variable("where the supplier tells of it", "https://status.example.net/incidents/42"),
    "eta": Variable("when a repair is expected, together with its source", "15:30 UTC"),
    "eta_source": Variable("who expects it", "our DNS supplier"),
    "verified": Variable("how we know that it works", "all three regions answer as they did before"),
    "data_note": Variable("what became of data", "no customer data was lost"),
    "sorry": Variable("`sorry`, where an apology is due", "sorry"),
    "review_by": Variable("until when a review is published", "27 November"),
    "prevention": Variable("what we change", "every change of that setting is now tried on one server first"),
    # The team.
    "support": Variable(
        "how customers reach support; `our support` where the config does not tell", "help@example.com"
    ),
    "product": Variable("the name of the product", "Acme"),
    # One client, or a supplier.
    "contact": Variable("who is written to", "Ms Okafor"),
    "observed": Variable("what our checks show", "your shop has answered with an error since 14:05 UTC"),
    "checked": Variable("what we have looked at already", "we found no change and no planned work on our side"),
    "owner": Variable("who helps on our side", "Jonas of our support"),
    "reference": Variable("our reference", "DESK-4711"),
    "credit": Variable("what is credited", "10% of the fee of November"),
    "credit_when": Variable("when the credit shows", "on the bill of December"),
    # Planned work.
    "window": Variable("when planned work runs", "29 November from 02:00 UTC to 04:00 UTC"),
    "work_effect": Variable("what planned work does to customers", "the dashboard can be read but not changed"),
    "new_window": Variable("when it runs from now on, if that changed", "30 November from 02:00 UTC to 04:00 UTC"),
    "old_window": Variable("when it was to run before that", "29 November from 02:00 UTC to 04:00 UTC"),
    "new_components": Variable("what it concerns from now on, if that changed", "Dashboard and API"),
    "new_title": Variable("what it is called from now on, if that changed", "New disks for the database"),
    "new_end": Variable("when overrunning work will end", "05:30 UTC"),
    # A review.
    "detected": Variable("when we noticed", "14:07 UTC"),
    "first_told": Variable("when customers were told first", "14:09 UTC"),
}

_ACTIONS = {
    IncidentStatus.INVESTIGATING: "still looking for the cause",
    IncidentStatus.IDENTIFIED: "working on the repair",
}
_OWN_WORD = re.compile(r"(?:our|a|an|one of our)\s", re.IGNORECASE)


class Team(Struct, frozen=True):
    """What a config says about the team, for texts."""

    product: str | None = None
    support: str | None = None


NO_TEAM = Team()


def variables_of(
    incident: Incident,
    facts: Facts,
    *,
    status: IncidentStatus,
    next_update_at: int | None,
    now: int,
    effect: str | None = None,
    told_at: int | None = None,
    interval_ms: int | None = None,
    team: Team = NO_TEAM,
) -> dict[str, str | None]:
    """Returns what an incident, its facts and the team know, as the variables of the templates.

    `effect` is what a probe shows, `told_at` when customers were told last, `interval_ms` a rhythm to announce.
    """
    ended_at = incident.resolved_at if incident.resolved_at is not None and not status.is_open else now
    return {
        "components": join_names(list(incident.components)) or NO_COMPONENT,
        "since": say_when(incident.started_at, now),
        "now": say_when(now, now),
        "ended": say_when(ended_at, now),
        "duration": say_length(ended_at - incident.started_at),
        "resolved": None if incident.resolved_at is None else say_when(incident.resolved_at, now),
        "told": None if told_at is None else say_when(told_at, now),
        "next_update": None if next_update_at is None else say_when(next_update_at, now),
        "interval": None if interval_ms is None else say_length(interval_ms),
        "effect": None if facts.impact else effect,
        "support": team.support or ANY_SUPPORT,
        "product": team.product,
        **_of_facts(complete_facts(facts, incident.scope), incident.cause, status, now),
    }


def _of_facts(facts: Facts, cause: Cause, status: IncidentStatus, now: int) -> dict[str, str | None]:
    has_eta = facts.eta_at is not None and facts.eta_at > now and bool(facts.eta_source)
    is_sorry = facts.has_apology if facts.has_apology is not None else not status.is_open and cause is not Cause.CLIENT
    action = _ACTIONS.get(status)
    if cause is Cause.UPSTREAM and status is IncidentStatus.IDENTIFIED:
        action = "following their repair"
    return {
        "impact": facts.impact,
        "scope": facts.scope,
        "unknown_scope": UNKNOWN_SCOPE if facts.is_scope_unknown else None,
        "unaffected": facts.unaffected,
        "workaround": facts.workaround,
        "limits": facts.limits if facts.workaround else None,
        "request": _strip(facts.request, "please"),
        "action": _strip(facts.action, "we are", "we're") or action,
        "cause": facts.cause_plain,
        "supplier": _name_supplier(facts),
        "supplier_notice": facts.provider_url,
        "eta": say_when(facts.eta_at, now) if has_eta and facts.eta_at is not None else None,
        "eta_source": facts.eta_source if has_eta else None,
        "verified": facts.verified,
        "data_note": facts.data_note,
        "sorry": "sorry" if is_sorry else None,
        "prevention": facts.prevention,
        "review_by": None if facts.review_by_at is None else say_day(facts.review_by_at),
    }


def variables_of_window(
    components: Sequence[str], start: int, end: int, now: int, team: Team = NO_TEAM, effect: str = ""
) -> dict[str, str | None]:
    """Returns what planned work knows; `effect` is what a person has said that it does to customers."""
    return {
        "components": join_names(components) or NO_COMPONENT,
        "work_effect": effect or None,
        "since": say_when(start, now),
        "now": say_when(now, now),
        "window": _say_window(start, end),
        "new_end": say_when(end, now),
        "support": team.support or ANY_SUPPORT,
        "product": team.product,
    }


def variables_of_change(before: PlanFields, after: PlanFields, touched: frozenset[PlanPart]) -> dict[str, str | None]:
    """Returns what is new of planned work, nothing of what stays as it was."""
    is_moved = not touched.isdisjoint({PlanPart.START, PlanPart.END})
    return {
        "new_window": _say_window(after.starts_at, after.ends_at) if is_moved else None,
        "old_window": _say_window(before.starts_at, before.ends_at) if is_moved else None,
        "new_components": join_names(after.components) if PlanPart.COMPONENTS in touched else None,
        "new_title": after.title if PlanPart.TITLE in touched else None,
    }


def _say_window(start: int, end: int) -> str:
    return f"{say_day(start)} from {say_when(start, start)} to {say_when(end, start)}"


def _name_supplier(facts: Facts) -> str:
    """A supplier is named beside their own notice alone; such words as `our DNS supplier` name nobody."""
    provider = (facts.provider or "").strip()
    return provider if provider and (facts.provider_url or _OWN_WORD.match(provider)) else ANY_SUPPLIER


def _strip(text: str | None, *openings: str) -> str | None:
    """Takes away the words that the sentence around brings itself."""
    if text is None:
        return None
    for opening in openings:
        if text.lower().startswith(f"{opening} "):
            return text[len(opening) :].strip()
    return text
