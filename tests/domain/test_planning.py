"""What planning asks on every face: which pages are told, which probes are silent, how long ended work is shown."""

from __future__ import annotations

from msgspec.structs import replace

from oncall_tui.domain.capability import Capabilities
from oncall_tui.domain.duration import DAY, HOUR
from oncall_tui.domain.maintenance import Maintenance, MaintenanceStatus, Notice, NoticeKind
from oncall_tui.domain.pagestate import PageState
from oncall_tui.domain.planning import find_ended_at, find_silenced, find_tellable, list_shown, name_state

NOW = 1_795_348_800_000
WORK = Maintenance(
    1, "w", "Disks", MaintenanceStatus.IN_PROGRESS, NOW - HOUR, NOW + HOUR, ("API",), (), NOW - DAY, "ana"
)


def test_work_that_is_not_over_at_its_end_overruns() -> None:
    assert name_state(WORK, NOW) == "in_progress"
    assert name_state(WORK, WORK.ends_at) == "overrunning"
    assert name_state(replace(WORK, cancelled_at=NOW), NOW) == "cancelled"


def test_what_ended_is_shown_for_a_day_from_when_it_was_said() -> None:
    said = Notice("n", NoticeKind.FINISH, "Done.", False, NOW, False, "ana", NOW, fired_at=NOW)
    over = replace(WORK, status=MaintenanceStatus.COMPLETED, ends_at=NOW - 9 * DAY, notices=(said,))
    assert find_ended_at(over) == NOW
    assert list_shown([WORK, over], NOW + DAY - 1) == [WORK, over]
    assert list_shown([WORK, over], NOW + DAY) == [WORK]


def test_pages_without_planned_work_are_left_out_and_told_of() -> None:
    states = [
        PageState("a", capabilities=Capabilities("statuspage", has_maintenance=True, has_auto_transitions=True)),
        PageState("b", capabilities=Capabilities("plain")),
        PageState("c", capabilities=Capabilities("hand", has_maintenance=True)),
    ]
    pages, remarks = find_tellable(states, ("a", "b", "c", "new"))
    assert pages == ["a", "c", "new"]
    assert [remark.partition(":")[0] for remark in remarks] == ["b", "c"]
    assert find_tellable(states, ())[0] == []


def test_the_probes_of_touched_components_are_silent() -> None:
    assert find_silenced(("API",), {"api": "API", "db": "Database", "dns": None}) == ["api"]
