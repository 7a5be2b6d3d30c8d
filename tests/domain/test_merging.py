"""What becomes of a plan that is changed here and on a page: nothing of either side is lost in silence."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from oncall_tui.domain.duration import DAY, HOUR, MINUTE
from oncall_tui.domain.maintenance import MaintenanceStatus, PlanFields
from oncall_tui.domain.merging import is_worth_following, merge_plan, read_plan, tell_plan_difference
from oncall_tui.domain.remote import RemoteMaintenance, RemoteMaintenanceUpdate

S = MaintenanceStatus
NOW = 1_795_348_800_000
BASE = PlanFields("Disks", S.SCHEDULED, NOW, NOW + HOUR, ("API",))

PLANS = st.builds(
    lambda title, status, start, length, components: PlanFields(title, status, start, start + length, components),
    st.sampled_from(["Disks", "Old disks", "New disks"]),
    st.sampled_from(S),
    st.sampled_from([NOW, NOW + HOUR, NOW + 30_000]),
    st.sampled_from([HOUR, 2 * HOUR]),
    st.sampled_from([("API",), ("Web",), ("API", "Web"), ()]),
)


def windows(plan: PlanFields) -> tuple[int, int]:
    return plan.starts_at, plan.ends_at


@settings(max_examples=40)
@given(PLANS, PLANS)
def test_a_page_that_alone_holds_the_work_is_right(ours: PlanFields, shown: PlanFields) -> None:
    merge = merge_plan(BASE, ours, shown, is_telling=False)
    assert not merge.conflict
    assert tell_plan_difference(merge.plan, shown) == ""
    assert bool(merge.news) == (merge.plan != ours)
    assert merge_plan(BASE, merge.plan, shown, is_telling=False).news == ()


@settings(max_examples=60)
@given(PLANS, PLANS, PLANS)
def test_what_both_sides_changed_stays_ours_and_is_told(base: PlanFields, ours: PlanFields, shown: PlanFields) -> None:
    merge = merge_plan(base, ours, shown, is_telling=True)
    assert merge.plan.title in (ours.title, shown.title)
    if ours.title not in (base.title, shown.title) and shown.title != base.title:
        assert merge.plan.title == ours.title
        assert ours.title in merge.conflict
        assert shown.title in merge.conflict
    assert windows(merge.plan) in (windows(ours), windows(shown))
    if shown == base:
        assert (merge.plan, merge.news, merge.conflict) == (ours, (), "")
    if ours == base:
        assert not merge.conflict
        assert tell_plan_difference(merge.plan, shown) == ""
    # Told once: the next look finds what it has found before.
    again = merge_plan(shown, merge.plan, shown, is_telling=True)
    assert (again.news, again.conflict) == ((), "")


@settings(max_examples=60)
@given(PLANS, PLANS, PLANS)
def test_work_that_is_over_somewhere_is_not_opened_by_a_late_look(
    base: PlanFields, ours: PlanFields, shown: PlanFields
) -> None:
    merge = merge_plan(base, ours, shown, is_telling=True)
    if ours.status is S.COMPLETED and base.status is not S.COMPLETED:
        assert merge.plan.status is S.COMPLETED
    if shown.status is S.COMPLETED and base.status is not S.COMPLETED:
        assert merge.plan.status is S.COMPLETED


def test_what_the_page_shows_otherwise_is_told() -> None:
    for changes, words in (
        ({"starts_at": NOW + 59_999}, ""),
        ({"starts_at": NOW + MINUTE}, "from 12:01 UTC on 22 November 2026 to 13:00 UTC on 22 November 2026"),
        ({"title": "X"}, "the page calls it X"),
        ({"status": S.VERIFYING}, "the page shows it as verifying"),
        ({"status": S.IN_PROGRESS}, "the page shows it as in progress"),
        ({"components": ("Web",)}, "the page shows it for Web"),
        ({"components": ()}, ""),
    ):
        told = tell_plan_difference(BASE, replace(BASE, **changes))
        assert words in told
        assert bool(told) == bool(words)


def test_a_page_that_tells_no_end_is_taken_at_an_hour() -> None:
    remote = RemoteMaintenance("r", "Disks", S.SCHEDULED, NOW, None, NOW, NOW)
    assert read_plan(remote).ends_at == NOW + HOUR
    assert read_plan(replace(remote, ends_at=NOW - DAY)).ends_at == NOW + MINUTE


def test_what_matters_is_to_come_or_under_way_or_just_over() -> None:
    planned = RemoteMaintenance("r", "Disks", S.SCHEDULED, NOW, NOW + HOUR, NOW, NOW)
    active = replace(planned, status=S.VERIFYING)
    over = replace(planned, status=S.COMPLETED, updates=(RemoteMaintenanceUpdate("u", S.COMPLETED, "", NOW),))
    for work, last_at in ((planned, NOW + HOUR + DAY - 1), (active, NOW + 99 * DAY), (over, NOW + DAY - 1)):
        assert is_worth_following(work, last_at)
    assert not is_worth_following(planned, NOW + HOUR + DAY)
    assert not is_worth_following(over, NOW + DAY)
    assert not is_worth_following(replace(over, updates=()), NOW + DAY)
