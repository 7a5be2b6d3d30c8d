"""What is known of an incident in parts, for texts and for the rules on texts: each part may be unknown."""

from __future__ import annotations

from msgspec import Struct


class Facts(Struct, frozen=True):
    """The parts of a good update; None is what nobody has said yet, and it never shows as a hole.

    `impact` is what customers notice, in their words, `scope` whom it hits; `is_scope_unknown` says that nobody knows
    that yet, which is worth telling. `request` is what customers should do, `action` what we are doing. `eta_source`
    is who expects `eta_at`. `has_apology` is whether an apology is due.
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
