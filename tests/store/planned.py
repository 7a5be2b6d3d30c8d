"""What the tests of planned work share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from oncall_tui.domain.maintenance import Maintenance, NewPlan, NoticeKind, WorkFacts
from oncall_tui.domain.merging import read_plan
from oncall_tui.store.changing import change_maintenance
from oncall_tui.store.database import Database
from oncall_tui.store.lease import take_lease
from oncall_tui.store.maintenance import get_maintenance, plan_maintenance, say_notice
from oncall_tui.store.notice_rows import Words

NOON = 1_795_348_800_000
MINUTE = 60_000
START, END = NOON + 60 * MINUTE, NOON + 120 * MINUTE
PAGE = "page"


def begin_epoch(db: Database, now: int = NOON) -> int:
    return take_lease(db, pid=1, host="h", boot_id="b", version="0", mode="stay", now=now)


def plan(
    db: Database,
    number: int = 1,
    *,
    now: int = NOON,
    starts_at: int = START,
    ends_at: int = END,
    remind_at: int | None = None,
    pages: Sequence[str] = (PAGE,),
    notify: bool = False,
    components: Sequence[str] = ("API",),
    facts: WorkFacts | None = None,
) -> Maintenance:
    words = {kind: Words(f"{kind}-{number}", f"{kind} {number}.", notify) for kind in NoticeKind}
    new = NewPlan(
        uid=f"maintenance-{number}",
        title=f"Disks {number}",
        starts_at=starts_at,
        ends_at=ends_at,
        components=tuple(components),
        probes=("api-eu",),
        facts=facts or WorkFacts(),
        remind_at=remind_at,
        pages=tuple(pages),
    )
    return plan_maintenance(db, new, words, actor="ana", now=now)


def say(
    db: Database,
    maintenance_id: int,
    kind: NoticeKind,
    now: int,
    *,
    ends_at: int | None = None,
    notify: bool = False,
    seen_revision: int | None = None,
) -> Maintenance:
    return say_notice(
        db,
        maintenance_id,
        kind,
        Words(f"said-{kind}-{maintenance_id}-{now}", f"{kind} by hand.", notify),
        actor="ben",
        now=now,
        ends_at=ends_at,
        finish_uid=f"finish-again-{maintenance_id}-{now}",
        seen_revision=seen_revision,
    )


def change(
    db: Database,
    now: int,
    *,
    number: int = 1,
    seen_revision: int | None = None,
    facts: WorkFacts | None = None,
    **fields: Any,
) -> Maintenance:
    """Changes planned work as `ana` does, with words of its own for whatever the clock says later."""
    said = {kind: Words(f"{kind} of {number} at {now}", f"{kind} changed.", False) for kind in NoticeKind}
    said[NoticeKind.CHANGE] = Words(f"change of {number} at {now}", "change by hand.", False)
    after = replace(read_plan(get_maintenance(db, number)), **fields)
    return change_maintenance(db, number, after, said, actor="ana", now=now, facts=facts, seen_revision=seen_revision)
