"""Planned work moves by the page's own clock."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from tests.pace import PATIENCE_S
from tests.statuspage.clockpage import HOUR, MINUTE, NOON, ClockPage, serving
from tests.statuspage.conftest import start_page
from tests.statuspage.test_public import ATOM, HOSTILE, parse

from oncall_tui.statuspage.pagefile import PageFile, prepare
from oncall_tui.statuspage.transitions import advance, keep_time

ONE = NOON + HOUR
THREE = NOON + 3 * HOUR
AUTO = {"scheduled_auto_in_progress": True, "scheduled_auto_completed": True}
MOVING = {**AUTO, "auto_transition_to_maintenance_state": True, "auto_transition_to_operational_state": True}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClockPage]:
    with serving(tmp_path_factory.mktemp("page") / "page.db") as page:
        yield page


@pytest.fixture
def clock_page(served: ClockPage) -> ClockPage:
    return served.clear()


def show(page: ClockPage, incident_id: str) -> dict[str, object]:
    shown: dict[str, object] = page.api.get(f"/incidents/{incident_id}").json()
    return shown


def list_updates(page: ClockPage, incident_id: str) -> list[tuple[str, str]]:
    updates = page.api.get(f"/incidents/{incident_id}").json()["incident_updates"]
    return [(each["status"], each["created_at"]) for each in reversed(updates)]


def read_states(page: ClockPage) -> dict[str, str]:
    return {each["name"]: each["status"] for each in page.api.get("/components").json()}


def test_it_starts_and_ends_at_its_hours_and_takes_its_components_along(clock_page: ClockPage) -> None:
    api = clock_page.find_components()["API"]
    planned = clock_page.plan(component_ids=[api], auto_transition_deliver_notifications_at_end=True, **MOVING)
    assert clock_page.go_to(ONE - 1) == 0
    assert (show(clock_page, planned)["status"], read_states(clock_page)["API"]) == ("scheduled", "operational")
    assert clock_page.go_to(ONE) == 1
    assert (show(clock_page, planned)["status"], read_states(clock_page)["API"]) == ("in_progress", "under_maintenance")
    assert clock_page.go_to(THREE) == 1
    ended = show(clock_page, planned)
    assert (ended["status"], read_states(clock_page)) == ("completed", {"API": "operational", "Web": "operational"})
    assert ended["resolved_at"] == "2026-11-22T15:00:00.000Z"
    assert list_updates(clock_page, planned) == [
        ("scheduled", "2026-11-22T12:00:00.000Z"),
        ("in_progress", "2026-11-22T13:00:00.000Z"),
        ("completed", "2026-11-22T15:00:00.000Z"),
    ]
    updates = clock_page.api.get(f"/incidents/{planned}").json()["incident_updates"]
    assert [each["deliver_notifications"] for each in updates] == [True, False, True]
    assert updates[0]["affected_components"][0]["new_status"] == "operational"
    assert clock_page.go_to(THREE + HOUR) == 0


def test_without_flags_nothing_moves_by_itself(clock_page: ClockPage) -> None:
    planned = clock_page.plan()
    half = clock_page.plan(scheduled_auto_completed=True)
    assert clock_page.go_to(THREE + HOUR) == 0
    assert show(clock_page, planned)["status"] == "scheduled"
    # Nobody began it, so it must not be told as done.
    assert show(clock_page, half)["status"] == "scheduled"


def test_what_fell_due_while_the_machine_slept_is_told_once_and_truly(clock_page: ClockPage) -> None:
    web = clock_page.find_components()["Web"]
    planned = clock_page.plan(component_ids=[web], **MOVING)
    assert clock_page.go_to(NOON + 24 * HOUR) == 1
    assert clock_page.go_to(NOON + 24 * HOUR) == 0
    assert list_updates(clock_page, planned) == [
        ("scheduled", "2026-11-22T12:00:00.000Z"),
        ("completed", "2026-11-23T12:00:00.000Z"),
    ]
    body = clock_page.api.get(f"/incidents/{planned}").json()["incident_updates"][0]["body"]
    assert body.startswith("The maintenance that was planned from 13:00 UTC on 22 November 2026 to 15:00 UTC")
    assert read_states(clock_page)["Web"] == "operational"


def test_the_end_paints_over_no_outage_and_no_other_work(clock_page: ClockPage) -> None:
    ids = clock_page.find_components()
    clock_page.plan(component_ids=list(ids.values()), **MOVING)
    clock_page.plan(component_ids=[ids["Web"]], **MOVING | {"scheduled_until": "2026-11-22T18:00:00Z"})
    clock_page.go_to(ONE)
    outage = {"name": "It broke", "components": {ids["API"]: "major_outage"}}
    clock_page.post("/incidents", incident=outage)
    clock_page.go_to(THREE)
    assert read_states(clock_page) == {"API": "major_outage", "Web": "under_maintenance"}
    clock_page.go_to(NOON + 6 * HOUR)
    assert read_states(clock_page) == {"API": "major_outage", "Web": "operational"}


def test_extending_moves_the_end_and_finishing_by_hand_is_kept(clock_page: ClockPage) -> None:
    planned = clock_page.plan(**AUTO)
    clock_page.go_to(ONE)
    late = {"scheduled_until": "2026-11-22T16:00:00Z", "body": "It takes longer."}
    assert clock_page.api.patch(f"/incidents/{planned}", json={"incident": late}).status_code == 200
    assert clock_page.go_to(THREE) == 0
    done = {"status": "completed", "body": "Done earlier."}
    clock_page.api.patch(f"/incidents/{planned}", json={"incident": done})
    assert clock_page.go_to(NOON + 5 * HOUR) == 0
    assert [status for status, _ in list_updates(clock_page, planned)][-1] == "completed"


def test_the_older_name_of_the_flag_counts(clock_page: ClockPage) -> None:
    planned = clock_page.plan(scheduled_auto_transition=True)
    assert show(clock_page, planned)["scheduled_auto_in_progress"] is True
    assert clock_page.go_to(ONE) == 1


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"scheduled_until": "2026-11-22T13:00:00Z"}, "scheduled_until must be later"),
        ({"scheduled_until": "2026-11-22T12:59:59.999Z"}, "scheduled_until must be later"),
        ({"scheduled_until": None}, "scheduled_for and scheduled_until are needed"),
        ({"scheduled_auto_in_progress": "yes"}, "scheduled_auto_in_progress must be true or false"),
        ({"scheduled_auto_transition": 1}, "scheduled_auto_transition must be true or false"),
        ({"reminder_intervals": "[5, 1]"}, "reminder_intervals must be text"),
        ({"reminder_intervals": "25"}, "reminder_intervals must be text"),
        ({"reminder_intervals": [1]}, "reminder_intervals must be text"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(clock_page: ClockPage, fields: dict[str, object], sentence: str) -> None:
    plan = {"name": "n", "scheduled_for": "2026-11-22T13:00:00Z", "scheduled_until": "2026-11-22T15:00:00Z", **fields}
    plan["status"] = "scheduled"
    answer = clock_page.api.post("/incidents", json={"incident": plan})
    assert answer.status_code == 422
    assert any(sentence in fault for fault in answer.json()["error"])
    assert clock_page.api.get("/incidents").json() == []


def test_customers_see_what_is_planned_and_what_is_under_way(clock_page: ClockPage) -> None:
    planned = clock_page.plan(name=HOSTILE, body=HOSTILE, **AUTO)
    later = clock_page.plan(name="Later", **AUTO | {"scheduled_for": "2026-11-22T14:00:00Z"})

    def ids(path: str) -> list[str]:
        answer = clock_page.public.get(f"/api/v2/scheduled-maintenances{path}.json")
        return [each["id"] for each in answer.json()["scheduled_maintenances"]]

    assert (ids(""), ids("/upcoming"), ids("/active")) == ([later, planned], [later, planned], [])
    front = clock_page.public.get("/").text
    parse(front)
    upcoming = front.partition("Planned maintenance</h2>")[2]
    assert upcoming.index("&lt;script&gt;") < upcoming.index("Later")
    assert "22 November 2026, 13:00 UTC" in upcoming
    clock_page.go_to(ONE)
    assert (ids("/upcoming"), ids("/active")) == ([later], [planned])
    front = clock_page.public.get("/").text
    parse(front)
    assert "Maintenance under way" in front
    assert front.index("Maintenance in progress</h2>") < front.index("&lt;script&gt;")
    feed = ET.fromstring(clock_page.public.get("/history.atom").content)
    said = [entry.findtext(f"{ATOM}content") or "" for entry in feed.findall(f"{ATOM}entry")]
    assert "Planned for</strong> 13:00 UTC on 22 November 2026 to 15:00 UTC on 22 November 2026" in said[1]
    assert "In progress" in said[1]
    assert "<script" not in said[1]
    clock_page.go_to(THREE)
    assert (ids("/active"), ids("/upcoming"), len(ids(""))) == ([], [], 2)


def test_customers_see_what_takes_longer_and_what_was_called_off(clock_page: ClockPage) -> None:
    slow = clock_page.plan(name="Slow", scheduled_auto_in_progress=True)
    off = clock_page.plan(name="Off")
    clock_page.api.patch(f"/incidents/{off}", json={"incident": {"status": "completed", "body": "Not needed."}})
    clock_page.go_to(THREE)
    assert "Takes longer than planned" not in clock_page.public.get("/").text
    clock_page.go_to(THREE + MINUTE)
    for path in ("/", f"/incidents/{slow}"):
        text = clock_page.public.get(path).text
        parse(text)
        assert "Takes longer than planned" in text
    assert "Cancelled" in clock_page.public.get("/").text
    feed = ET.fromstring(clock_page.public.get("/history.atom").content)
    said = {each.findtext(f"{ATOM}title"): each.findtext(f"{ATOM}content") or "" for each in feed.iter(f"{ATOM}entry")}
    assert ("Cancelled" in said["Off"], "Cancelled" in said["Slow"]) == (True, False)


def test_a_file_of_the_first_form_is_taken_along(tmp_path: Path) -> None:
    for number in range(40):
        data = tmp_path / f"page-{number}.db"
        old = sqlite3.connect(data)
        old.executescript(Path(__file__).with_name("page-v1.sql").read_text())
        old.close()
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda path: PageFile(path).close(), [data] * 4))
    assert prepare(data, None, None, None, [], NOON).token == "made-up-token"
    with serving(data) as page:
        kept, planned = reversed(page.api.get("/incidents").json())
        assert (kept["name"], kept["impact"], kept["metadata"]) == ("Kept", "major", {"m": {"k": 1}})
        assert (planned["scheduled_auto_in_progress"], planned["status"]) == (True, "scheduled")
        assert "scheduled_auto_transition" not in planned
        assert page.go_to(NOON + 24 * 20 * HOUR) == 1
        assert read_states(page) == {"API": "partial_outage", "Web": "under_maintenance"}


def test_two_who_keep_time_move_it_once(tmp_path: Path) -> None:
    with serving(tmp_path / "page.db") as page:
        page.plan(**AUTO)
        other = PageFile(tmp_path / "page.db")
        assert advance(page.file, ONE) + advance(other, ONE + MINUTE) == 1
        other.close()


def test_a_move_is_made_by_the_process_and_survives_kill_9(tmp_path: Path) -> None:
    def soon(seconds: float) -> str:
        return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()

    page = start_page(tmp_path / "page.db")
    planned = page.open_incident(scheduled_for=soon(0.1), scheduled_until=soon(2.0), **AUTO)
    deadline = time.monotonic() + 5
    while (found := page.api.get(f"/incidents/{planned['id']}").json())["status"] == "scheduled":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    page.kill()
    time.sleep(max(0.0, 2.1 - (time.monotonic() - deadline + 5)))
    page = start_page(tmp_path / "page.db")
    found = page.api.get(f"/incidents/{planned['id']}").json()
    page.stop()
    assert [each["status"] for each in found["incident_updates"]] == ["completed", "in_progress", "scheduled"]


def test_what_is_called_off_stands_where_it_was_told(clock_page: ClockPage) -> None:
    planned = clock_page.plan(
        name="Called off", scheduled_for="2026-12-22T13:00:00Z", scheduled_until="2026-12-22T15:00:00Z", **AUTO
    )
    off = {"status": "completed", "body": "We do not need it."}
    clock_page.api.patch(f"/incidents/{planned}", json={"incident": off})
    front = clock_page.public.get("/").text
    parse(front)
    assert "Planned maintenance</h2>" not in front
    listed = front.partition("22 November 2026</h3>")[2]
    assert listed.index("Called off") < listed.index("Cancelled") < listed.index("We do not need it.")
    single = clock_page.public.get(f"/incidents/{planned}").text
    assert "Cancelled" in single
    assert "Completed" not in single
    assert clock_page.go_to(NOON + 40 * 24 * HOUR) == 0


async def test_a_file_that_fails_for_a_while_is_told_once_and_then_obeyed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(tmp_path / "page.db") as page:
        planned = page.plan(**AUTO)
        with page.file.write(NOON) as db:
            db.execute("ALTER TABLE incident RENAME TO away")
        keeping = asyncio.create_task(keep_time(page.file, lambda: ONE, 0.01))
        await until(lambda: bool(caplog.records))
        await asyncio.sleep(0.1)
        assert [record.levelname for record in caplog.records] == ["WARNING"]
        with page.file.write(NOON) as db:
            db.execute("ALTER TABLE away RENAME TO incident")
        await until(lambda: show(page, planned)["status"] == "in_progress")
        keeping.cancel()
        await asyncio.wait([keeping])


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not is_so():
            await asyncio.sleep(0.02)
