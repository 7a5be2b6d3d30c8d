"""What is known of an incident in parts, for texts and for the rules on texts: each part may be unknown."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace


class Facts(Struct, frozen=True):
    """The parts of a good update; None is what nobody has said yet, and it never shows as a hole.

    `impact` is what customers notice, in their words, `scope` whom it hits; `is_scope_unknown` says that nobody knows
    that yet, which is worth telling. `limits` is what the `workaround` cannot do, `request` what customers should do,
    `action` what we are doing. `eta_source` is who expects `eta_at`. `has_apology` is whether an apology is due.
    `percent` (of requests), `count` (of customers), `region` and `feature` make a scope that nobody has put into words.
    """

    impact: str | None = None
    scope: str | None = None
    is_scope_unknown: bool | None = None
    unaffected: str | None = None
    workaround: str | None = None
    request: str | None = None
    action: str | None = None
    cause_plain: str | None = None
    provider: str | None = None
    provider_url: str | None = None
    eta_at: int | None = None
    eta_source: str | None = None
    data_note: str | None = None
    verified: str | None = None
    has_apology: bool | None = None
    limits: str | None = None
    percent: float | None = None
    count: int | None = None
    region: str | None = None
    feature: str | None = None
    prevention: str | None = None
    review_by_at: int | None = None


NO_FACTS = Facts()


def tell_scope(facts: Facts) -> str | None:
    """Returns whom it hits in words: those that a person chose, else what the parts say; None when nothing is known."""
    if facts.scope and facts.scope.strip():
        return facts.scope.strip()
    if facts.percent is None and facts.count is None and not facts.region and not facts.feature:
        return None
    is_requests = facts.percent is not None
    sizes = [] if facts.percent is None else [_say_percent(facts.percent)]
    sizes += [] if facts.count is None else [f"{facts.count:,} customer{'' if facts.count == 1 else 's'}"]
    text = " (".join(sizes) + ")" * (len(sizes) - 1) if sizes else "customers"
    text += f" in {facts.region.strip()}" if facts.region else ""
    return text + (f" {'to' if is_requests else 'who use'} {facts.feature.strip()}" if facts.feature else "")


def _say_percent(percent: float) -> str:
    if percent >= 100:
        return "all requests"
    return f"about {percent:.0f}% of requests" if percent >= 1 else "fewer than 1% of requests"


def complete_facts(facts: Facts, incident_scope: str = "") -> Facts:
    """Returns facts whose scope is in words; what nobody has said about it is not known yet.

    `incident_scope` is what the incident said before it had facts.
    """
    scope = tell_scope(facts) or incident_scope.strip() or None
    is_unknown = facts.is_scope_unknown if facts.is_scope_unknown is not None else scope is None
    return replace(facts, scope=None if is_unknown else scope, is_scope_unknown=is_unknown)
