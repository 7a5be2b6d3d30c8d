"""Who is asked about a delivery that nothing proves: a person, who looks at the page itself."""

from __future__ import annotations

from tests.engine.faultpage import FaultPage

from oncall_tui.domain.update import Delivery, DeliveryState
from oncall_tui.store.database import Database
from oncall_tui.store.outbox import adopt_delivery, list_deliveries, retry_delivery


def needs_person(delivery: Delivery) -> bool:
    return delivery.state is DeliveryState.FAILED or delivery.asked_at is not None


def answer(page: FaultPage, db: Database, delivery: Delivery, now: int) -> None:
    """What stands there is adopted, what does not is sent again; reads that lag leave it for later."""
    standing = next((write.update_id for write in page.writes if write.op == delivery.uid), None)
    if standing is None or delivery.asked_at is None:
        retry_delivery(db, delivery.id, "ana", now)
        return
    found = next((item for item in delivery.evidence if item.remote_update_id == standing), None)
    assert found is not None or page.read_lag_s, f"{delivery} stands there as {standing}, and is not shown"
    if found is not None:
        adopt_delivery(db, delivery.id, found, "ana", now)


def answer_all(page: FaultPage, db: Database, now: int) -> None:
    for delivery in list_deliveries(db):
        if needs_person(delivery):
            answer(page, db, delivery, now)
