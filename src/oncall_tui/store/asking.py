"""The notices of planned work that wait for a person, whatever work they are of."""

from __future__ import annotations

from oncall_tui.domain.maintenance import NoticeDelivery
from oncall_tui.domain.notices import needs_person
from oncall_tui.domain.update import DeliveryState
from oncall_tui.store.database import Database
from oncall_tui.store.notices import list_notice_deliveries


def list_asking_notices(db: Database) -> list[NoticeDelivery]:
    """Returns them in the order of a person's worry: first what may have arrived, then what failed."""
    rows = db.rows("SELECT DISTINCT maintenance_id FROM notice_delivery WHERE state IN ('failed', 'uncertain')")
    found = [each for row in rows for each in list_notice_deliveries(db, row["maintenance_id"]) if needs_person(each)]
    return sorted(found, key=lambda each: (each.state is DeliveryState.FAILED, each.id))
