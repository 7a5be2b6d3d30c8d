"""What the tests of pages without room for our ids share: messages, deliveries, and the proof that one arrived."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.engine.fakes.faultwire import TOKEN
from tests.engine.publishing import NO_TLS

from oncall_tui.clock import now_ms
from oncall_tui.config.model import PageConfig, TokenSource
from oncall_tui.config.token import Secret
from oncall_tui.domain.incident import IncidentStatus
from oncall_tui.domain.outbox import Applied, find_applied, find_ours
from oncall_tui.domain.remote import RemoteIncident
from oncall_tui.domain.update import Delivery, DeliveryKind, DeliveryState
from oncall_tui.engine.pages import Message, Page

__all__ = ["NO_TLS", "TOKEN"]


async def allow() -> None:
    return


@dataclass
class Permits:
    """Counts what a call asked leave for."""

    count: int = 0

    async def __call__(self) -> None:
        self.count += 1


def make_message(**changes: object) -> Message:
    fields: dict[str, object] = {
        "uid": "incident-1",
        "op": "op-1",
        "title": "Errors",
        "status": IncidentStatus.INVESTIGATING,
        "body": "Looking.",
        "components": {},
        "component_ids": None,
        "impact_override": None,
        "notify": False,
        "sent_at": now_ms(),
        **changes,
    }
    return Message(**fields)  # type: ignore[arg-type]


def make_config(api_url: str, page_id: str, public_url: str) -> PageConfig:
    return PageConfig(
        api_url=api_url,
        page_id=page_id,
        public_url=public_url,
        token=TokenSource(env="UNUSED"),
        requests_per_minute=100_000,
        request_timeout_ms=20_000,
        quiet_period_ms=30_000,
    )


def read_token() -> Secret:
    return Secret(TOKEN)


def rotating_token(*texts: str) -> Callable[[], Secret]:
    """Returns a reader that gives one token after another, the last for ever."""
    left = list(texts)
    return lambda: Secret(left.pop(0) if len(left) > 1 else left[0])


def make_delivery(page: Page, message: Message, baseline: RemoteIncident | None = None) -> Delivery:
    """Returns the delivery behind a message in flight, with the state that customers are shown."""
    return Delivery(
        id=1,
        page="main",
        uid=message.op,
        incident_id=1,
        incident_uid=message.uid,
        remote_incident_id=baseline.remote_id if baseline is not None else None,
        kind=DeliveryKind.CREATE if baseline is None else DeliveryKind.UPDATE,
        state=DeliveryState.SENDING,
        title=message.title,
        status=page.capabilities.show_status(message.status),
        body=message.body,
        components=dict(message.components),
        impact_override=message.impact_override,
        notify=message.notify,
        created_at=message.sent_at,
        created_by="ana",
        attempts=1,
        sending_at=message.sent_at,
        baseline=tuple(update.remote_id for update in baseline.updates) if baseline is not None else (),
    )


def prove(
    page: Page, message: Message, shown: RemoteIncident, baseline: RemoteIncident | None = None
) -> Applied | None:
    """Returns the proof that a message stands on an incident of the page."""
    return find_applied(make_delivery(page, message, baseline), shown)


async def look_up(page: Page, message: Message, window_ms: int = 5_000) -> RemoteIncident | None:
    """Looks for an incident whose making was left in doubt, as the publisher does."""
    skew_ms = page.clock_skew_ms or 0
    recent = await page.list_recent(message.sent_at + min(skew_ms, 0) - 600_000, allow)
    return find_ours(make_delivery(page, message), recent, page.clock_skew_ms or 0, window_ms)


def is_inert(value: object) -> bool:
    """Tells whether nothing in a record could steer a terminal."""
    return "\x1b" not in repr(value) and "\\x1b" not in repr(value) and "\\x07" not in repr(value)
