"""Words to customers: drafts, updates, and how far each has got."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct, field

from oncall_tui.domain.facts import Facts
from oncall_tui.domain.incident import ComponentStatus, IncidentStatus
from oncall_tui.domain.pagestate import MAIN_PAGE

TITLE_LIMIT = 255
BODY_LIMIT = 25_000


class DeliveryState(StrEnum):
    """How far one delivery has got.

    `sending` is committed before the first byte leaves. `uncertain` means that the page may or may not have it.
    """

    PENDING = "pending"
    SENDING = "sending"
    DELIVERED = "delivered"
    RETRY_WAIT = "retry_wait"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    DROPPED = "dropped"


class DeliveryKind(StrEnum):
    """`create` makes the incident on the page, `update` appends to it, `broadcast` tells it elsewhere.

    `edit` puts other words into an update that stands on the page, `backfill` makes an incident that is over.
    """

    CREATE = "create"
    UPDATE = "update"
    EDIT = "edit"
    BACKFILL = "backfill"
    BROADCAST = "broadcast"


class Evidence(Struct, frozen=True):
    """A message that the page shows and that might be an uncertain one of ours."""

    remote_incident_id: str
    remote_update_id: str
    title: str
    status: IncidentStatus
    body: str
    created_at: int


class Delivery(Struct, frozen=True):
    """One thing to publish on one page.

    `title` is None where the page keeps the one it has. `baseline` are the update ids that stood on the page right
    before the attempt in flight. `notify` is always sent explicitly, since the page's default is to notify. `is_forced`
    marks one that a person sends although the page moved on meanwhile: who was told of that conflict (`is_conflict`
    until then) and retried.
    `page_at` is `sending_at` by the page's clock: ours may be set meanwhile. `next_try_at` is when a waiting one is
    tried again, or an uncertain one may be reconciled. `asked_at` is since when a person is asked about an uncertain
    one that the page does not show as ours; `evidence` is what it shows instead.
    """

    id: int
    uid: str
    incident_id: int
    incident_uid: str
    remote_incident_id: str | None
    kind: DeliveryKind
    state: DeliveryState
    title: str | None
    status: IncidentStatus
    body: str
    components: dict[str, ComponentStatus]
    impact_override: str | None
    notify: bool
    created_at: int
    created_by: str
    page: str = MAIN_PAGE
    attempts: int = 0
    epoch: int | None = None
    sending_at: int | None = None
    page_at: int | None = None
    next_try_at: int | None = None
    baseline: tuple[str, ...] = ()
    reason: str = ""
    remote_update_id: str | None = None
    delivered_at: int | None = None
    seen_at: int | None = None
    is_forced: bool = False
    is_conflict: bool = False
    asked_at: int | None = None
    evidence: tuple[Evidence, ...] = ()


class Proof(Struct, frozen=True):
    """How far one update has got on one page or broadcast, each step with its instant, None while it has not happened.

    `difference` says how what the page shows is not what was sent, empty while they are the same.
    """

    page: str
    state: DeliveryState
    queued_at: int | None = None
    sent_at: int | None = None
    accepted_at: int | None = None
    seen_at: int | None = None
    delivery_id: int | None = None
    remote_id: str | None = None
    reason: str = ""
    difference: str = ""
    is_broadcast: bool = False


class Awaited(Struct, frozen=True):
    """An update that a page accepted at an instant and that customers have not been seen to get."""

    remote_id: str
    body: str
    accepted_at: int


class IncidentUpdate(Struct, frozen=True):
    """A message to customers, ours or written on the page by someone else.

    `promise_at` is when it promised the next one. One that was corrected since `corrected_at` has the words that were
    confirmed last, and its `first_body`.
    `proofs` tell of each page and broadcast. The fields about its delivery are those of the page that is furthest
    behind: what is not seen everywhere is not called seen.
    """

    id: int
    uid: str
    incident_id: int
    status: IncidentStatus
    body: str
    components: dict[str, ComponentStatus]
    created_at: int
    created_by: str
    is_local: bool
    delivery: DeliveryState
    remote_id: str | None = None
    delivered_at: int | None = None
    seen_at: int | None = None
    delivery_id: int | None = None
    reason: str = ""
    proofs: tuple[Proof, ...] = ()
    first_body: str = ""
    corrected_at: int | None = None
    promise_at: int | None = None


class Waiver(Struct, frozen=True):
    """What a person let pass in one draft: a warning, or with a `reason` a block that takes one.

    `phrase` is what the remark spoke of, empty for the whole text: other words are remarked on again.
    """

    rule: str
    phrase: str
    by: str
    at: int
    reason: str = ""


class Draft(Struct, frozen=True):
    """Unsent text. `confirmed_at` is set while its send window runs: a draft that still has it was never sent.

    `owner` is who has it, `terminal_id` where it is written on, empty while a draft that `handed_by` gave away waits
    for its new owner. `asked_by` wrote it and waits for somebody else to send it. `template` is the one that it was
    begun with, `variables` what its sentences were filled with last. `interval_ms` is a rhythm that it tells customers.
    """

    id: int
    incident_id: int
    terminal_id: str
    created_by: str
    status: IncidentStatus
    body: str
    updated_at: int
    next_update_at: int | None = None
    template: str | None = None
    cursor: int = 0
    confirmed_at: int | None = None
    components: dict[str, ComponentStatus] = field(default_factory=dict)
    name: str = ""
    owner: str = ""
    handed_by: str = ""
    created_at: int = 0
    asked_by: str = ""
    facts: Facts = Facts()
    waivers: tuple[Waiver, ...] = ()
    variables: dict[str, str] = field(default_factory=dict)
    interval_ms: int | None = None


def is_asked_of(draft: Draft, actor: str) -> bool:
    """Tells whether a draft waits for somebody else than its writer to send it, and `actor` may be that person."""
    return draft.asked_by not in ("", actor) and not draft.terminal_id
