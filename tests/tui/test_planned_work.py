"""Planned work silences its probes on the screen: shown as such, no alarm, and back when the window is over."""

from __future__ import annotations

from pathlib import Path

from tests.tui.desk import make_desk, open_app, screen_text, wait_for_text

from oncall_tui.clock import now_ms
from oncall_tui.domain.maintenance import NewPlan, NoticeKind
from oncall_tui.store.maintenance import plan_maintenance, say_notice
from oncall_tui.store.notice_rows import Words


async def test_a_red_probe_of_planned_work_is_no_alarm(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    red = desk.config.probes[0].name
    async with open_app(desk) as (_, pilot):
        await wait_for_text(pilot, "1 probe is down and customers have not been told")
        now = now_ms()
        kinds = (NoticeKind.PLAN, NoticeKind.START, NoticeKind.FINISH)
        new = NewPlan(
            uid="work-1",
            title="Move the database",
            starts_at=now - 1_000,
            ends_at=now + 600_000,
            components=("API",),
            probes=(red,),
            pages=("page",),
        )
        words = {kind: Words(f"op-{kind}", f"{kind}.", True) for kind in kinds}
        work = plan_maintenance(desk.db, new, words, actor="ana", now=now - 2_000)
        shown = await wait_for_text(pilot, "■ 1 MAINT")
        assert "customers have not been told" not in shown
        assert f"■ {red}" in shown
        say_notice(
            desk.db, work.id, NoticeKind.CANCEL, Words("op-cancel", "It is off.", True), actor="ana", now=now_ms()
        )
        await wait_for_text(pilot, "1 probe is down and customers have not been told")
        assert "MAINT" not in screen_text(pilot)
    desk.db.close()


async def test_the_head_tells_which_work_goes_on_and_that_it_overruns(tmp_path: Path) -> None:
    desk = make_desk(tmp_path)
    now = now_ms()
    kinds = (NoticeKind.PLAN, NoticeKind.START, NoticeKind.FINISH)
    words = {kind: Words(f"op-{kind}", f"{kind}.", True) for kind in kinds}
    new = NewPlan(
        uid="work-1", title="Move the database", starts_at=now + 600_000, ends_at=now + 3_600_000, components=(),
        probes=(),
    )  # fmt: skip
    work = plan_maintenance(desk.db, new, words, actor="ana", now=now)
    async with open_app(desk, size=(120, 40)) as (_, pilot):
        await wait_for_text(pilot, "M1 Move the database begins in 9m")
        say_notice(desk.db, work.id, NoticeKind.START, Words("s", "Now.", True), actor="ana", now=now)
        await wait_for_text(pilot, "■ M1 Move the database 59m left")
        with desk.db.write("maintenance") as connection:
            connection.execute("UPDATE maintenance SET starts_at = ?, ends_at = ?", (now - 9_000_000, now - 120_000))
        await wait_for_text(pilot, "M1 OVERRUNS by 2m")
    desk.db.close()
