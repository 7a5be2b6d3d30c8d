"""Deliveries in the states in which a person is asked, made the way the engine makes them."""

from __future__ import annotations

from tests.tui.desk import Desk

from oncall_tui.clock import now_ms
from oncall_tui.domain.incident import IncidentStatus
from oncall_tui.domain.pagestate import MAIN_PAGE
from oncall_tui.domain.update import Delivery, Evidence
from oncall_tui.store.deliveries import claim_delivery, settle_asking, settle_delivered, settle_failed, settle_uncertain
from oncall_tui.store.lease import take_lease
from oncall_tui.store.outbox import confirm_update, get_delivery, list_due


class Engine:
    """Holds the lease of a desk's file and moves deliveries by hand."""

    def __init__(self, desk: Desk) -> None:
        self._db = desk.db
        self.epoch = take_lease(desk.db, pid=1, host="h", boot_id="b", version="1", mode="stay", now=now_ms())

    def confirm(self, incident_id: int, body: str, *, pages: tuple[str, ...] = (MAIN_PAGE,)) -> None:
        confirm_update(
            self._db, incident_id, uid=f"uid {body}", status=IncidentStatus.INVESTIGATING, body=body, components={},
            next_update_at=None, notify=True, actor="ana", now=now_ms(), pages=pages,
        )  # fmt: skip

    def claim(self, page: str = MAIN_PAGE) -> Delivery:
        """Sends the next delivery of a page, as far as the file knows."""
        due = list_due(self._db, now_ms(), page=page)[0]
        assert claim_delivery(self._db, due.id, self.epoch, due.kind, [], now_ms())
        return get_delivery(self._db, due.id)

    def doubt(self, delivery: Delivery) -> None:
        settle_uncertain(
            self._db,
            delivery.id,
            self.epoch,
            next_try_at=now_ms() + 30_000,
            reason="no answer within 10 s",
            now=now_ms(),
        )

    def ask(self, delivery: Delivery, *bodies: str) -> None:
        """Doubts the delivery and asks about it; `bodies` are what the page shows, oldest first."""
        self.doubt(delivery)
        now = now_ms()
        evidence = tuple(
            Evidence("r1", f"u{at}", "API: requests are failing", IncidentStatus.INVESTIGATING, body, now + at * 1000)
            for at, body in enumerate(bodies)
        )
        settle_asking(self._db, delivery.id, self.epoch, next_try_at=now + 60_000, evidence=evidence, now=now)

    def fail(self, delivery: Delivery, reason: str = "the page refused the token: check token in config (401)") -> None:
        settle_failed(self._db, delivery.id, self.epoch, reason=reason, now=now_ms())

    def deliver(self, delivery: Delivery, remote_update_id: str = "u9") -> None:
        now = now_ms()
        settle_delivered(
            self._db, delivery.id, self.epoch, remote_incident_id="r1", remote_update_id=remote_update_id,
            remote_url=None, page_title=delivery.title or "API: requests are failing", page_updated_at=now,
            delivered_at=now, now=now,
        )  # fmt: skip
