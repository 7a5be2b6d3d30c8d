"""Planned work by the command line: zones asked for, words given, and the queue told of."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from msgspec.structs import replace
from tests.cli.program import CONFIG, Answer, Program

from oncall_tui.cli.group import run_command
from oncall_tui.domain.errors import OncallError
from oncall_tui.domain.maintenance import MaintenanceStatus, NoticeEvidence
from oncall_tui.domain.remote import RemoteMaintenance, RemoteMaintenanceUpdate
from oncall_tui.domain.update import DeliveryState
from oncall_tui.store.database import Database, open_database
from oncall_tui.store.lease import take_lease
from oncall_tui.store.maintenance import get_maintenance
from oncall_tui.store.notice_steps import claim_notice, settle_notice, settle_notice_delivered
from oncall_tui.store.notices import list_notice_deliveries
from oncall_tui.store.planned_page import take_in_maintenance

NOW = 1_795_348_800_000  # 2026-11-22T12:00:00Z
HOUR = 3_600_000
PAGE = """
[page]
api_url = "http://127.0.0.1:9/v1"
page_id = "p"
token = { env = "NONE" }
"""


class Shell:
    """The command line in this process: starting one for each word takes longer than all that is tested."""

    def __init__(self, program: Program, capsys: pytest.CaptureFixture[str]) -> None:
        self.program = program
        self._capsys = capsys

    def run(self, *arguments: str) -> Answer:
        try:
            status, why = run_command(arguments), ""
        except OncallError as error:
            status, why = error.exit_code, str(error)
        told = self._capsys.readouterr()
        return Answer(status, told.out, told.err + why)


@pytest.fixture
def shell(program: Program, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    monkeypatch.chdir(program.folder)
    monkeypatch.setenv("ONCALL_TUI_DB", str(program.folder / "oncall.db"))
    return Shell(program, capsys)


def plan(shell: Shell, *more: str) -> dict[str, Any]:
    window = ("--from", "now", "--for", "30m", "--effect", "Uploads wait.")
    answer = shell.run("maintenance", "plan", "--title", "New disks", *window, "--json", *more)
    assert answer.status == 0, answer.out + answer.err
    return answer.shape()


def test_planned_work_from_plan_to_end(shell: Shell) -> None:
    shell.program.write_config(CONFIG + PAGE)
    planned = plan(shell, "--component", "api")
    assert (planned["id"], planned["state"], planned["is_silencing"]) == (1, "scheduled", True)
    assert (planned["components"], planned["probes"]) == (["API"], ["gone"])
    first, start, finish = planned["notices"]
    assert "we work on API" in first["body"]
    assert "What you will notice: Uploads wait." in first["body"]
    assert [(each["page"], each["state"]) for each in first["deliveries"]] == [("page", "pending")]
    assert (start["kind"], start["is_automatic"], start["due_at"]) == ("start", True, planned["starts_at"])
    assert (finish["body"], finish["due_at"]) == ("The planned work on API is complete.", planned["ends_at"])
    begun = shell.run("maintenance", "start", "M1", "--message", "We begin.")
    assert begun.status == 0
    assert "no engine is running" in begun.err
    assert "We begin." in begun.out
    extended = shell.run("maintenance", "extend", "1", "--for", "15m", "--json").shape()
    longer = datetime.fromisoformat(extended["ends_at"]) - datetime.fromisoformat(planned["ends_at"])
    assert longer.total_seconds() == 900
    assert extended["notices"][2]["withdrawn_at"] is not None
    assert extended["notices"][-1]["due_at"] == extended["ends_at"]
    over = shell.run("maintenance", "finish", "1", "--no-notify", "--json").shape()
    assert (over["state"], over["is_silencing"]) == ("completed", False)
    assert [each["notify"] for each in over["notices"] if each["kind"] == "finish"] == [True, True, False]
    again = shell.run("maintenance", "cancel", "1")
    assert (again.status, "is over" in again.err) == (3, True)
    rows = shell.run("maintenance", "list").out.splitlines()
    assert rows[1].split()[:2] == ["M1", "completed"]
    assert shell.run("maintenance", "list", "--open", "--json").rows() == []


def test_what_nobody_was_told_is_cancelled_quietly_and_deliveries_are_decided(shell: Shell) -> None:
    shell.program.write_config(CONFIG + PAGE)
    plan(shell)
    assert shell.run("maintenance", "retry", "1").status == 3
    assert shell.run("maintenance", "drop", "9").status == 3
    cancelled = shell.run("maintenance", "cancel", "1", "--json").shape()
    assert cancelled["state"] == "cancelled"
    assert [each["deliveries"] for each in cancelled["notices"] if each["kind"] == "cancel"] == [[]]
    plan(shell)
    dropped = shell.run("maintenance", "drop", "2", "--json").shape()
    assert (dropped["state"], dropped["kind"]) == ("dropped", "plan")


def leave_in_doubt(db: Database, *shown: str) -> int:
    """Leaves the plan of a new maintenance in doubt, for which the page shows messages with these words."""
    epoch, now = take_lease(db, pid=1, host="h", boot_id="b", version="0", mode="stay", now=NOW), NOW
    delivery_id = list_notice_deliveries(db, 1)[0].id
    assert claim_notice(db, delivery_id, epoch, "words", (), now)
    evidence = [
        NoticeEvidence(f"r{words}", f"u{words}", "T", MaintenanceStatus.SCHEDULED, words, now) for words in shown
    ]
    assert settle_notice(
        *(db, delivery_id, epoch, DeliveryState.UNCERTAIN), reason="?", now=now, is_asking=True, evidence=evidence
    )
    return delivery_id


def test_a_doubt_is_adopted_only_as_what_the_page_shows(shell: Shell) -> None:
    shell.program.write_config(CONFIG + PAGE)
    plan(shell)
    assert shell.run("maintenance", "adopt", "1").status == 3
    assert "Notices of planned work: 1 on the way" in shell.run("outbox", "list").out
    with open_database(shell.program.folder / "oncall.db") as db:
        leave_in_doubt(db)
        assert "shows nothing that could be it" in shell.run("maintenance", "show", "M1").out
        refused = shell.run("maintenance", "adopt", "1")
        assert (refused.status, "shows nothing" in refused.err) == (3, True)
        retried = shell.run("maintenance", "retry", "1", "--json").shape()
        assert retried["state"] == "pending"
        leave_in_doubt(db, "a", "b")
    told = shell.run("maintenance", "show", "M1").out
    assert "adopt 1 --as ID" in told
    assert "waits for you" in shell.run("maintenance", "list").out
    for command in (("outbox", "list"), ("status",)):
        assert "Notices of planned work: 1 waits for you" in shell.run(*command).out
    assert shell.run("status", "--json").shape()["notices"] == {"on_the_way": 0, "waiting_for_a_person": 1}
    (_, several) = (shell.run("maintenance", "adopt", "1", "--as", "x"), shell.run("maintenance", "adopt", "1"))
    assert "--as ua or ub" in several.err
    adopted = shell.run("maintenance", "adopt", "1", "--as", "ub", "--json").shape()
    assert (adopted["state"], adopted["body"], adopted["evidence"]) == ("delivered", "b", [])
    assert "found on the page: taken as sent" in shell.run("maintenance", "timeline", "M1").out


def test_work_of_the_page_is_marked_and_both_sides_of_a_conflict_told(shell: Shell) -> None:
    shell.program.write_config(CONFIG + PAGE)
    remote = RemoteMaintenance("r1", "New\x1b[31m disks", MaintenanceStatus.SCHEDULED, NOW, NOW + HOUR, NOW, NOW)
    said = RemoteMaintenanceUpdate("u1", MaintenanceStatus.SCHEDULED, "We change disks.", NOW)
    with open_database(shell.program.folder / "oncall.db") as db:
        assert take_in_maintenance(db, replace(remote, updates=(said,)), NOW, page="page")
        extended = shell.run("maintenance", "extend", "M1", "--until", "2030-01-01T00:00Z", "--json").shape()
        assert (extended["is_local"], extended["author"], extended["messages"][0]["body"]) == (
            *(False, "page"),
            "We change disks.",
        )
        later = replace(remote, ends_at=NOW + 2 * HOUR, updated_at=NOW + 1, updates=(said,))
        take_in_maintenance(db, later, NOW + 1, page="page")
    told = shell.run("maintenance", "show", "M1").out
    for words in (
        "made on the page, not here",
        "CONFLICT ON page: the page says",
        "00:00 UTC on 1 January 2030",
        "by others",
    ):
        assert words in told
    assert "\x1b" not in told
    assert "made on the page, CONFLICT" in shell.run("maintenance", "list").out
    answer = shell.run("maintenance", "finish", "M1")
    assert (answer.status, "not begun" in answer.err) == (3, True)
    assert "both sides changed it" in shell.run("maintenance", "cancel", "M1").err


def test_a_silenced_probe_is_shown_as_such(program: Program) -> None:
    opened = program.run("incident", "open", "-t", "API fails", "-m", "We look.", "--component", "API=partial_outage")
    assert opened.status == 0
    answer = program.run(
        *("maintenance", "plan", "-t", "Disks", "--from", "now", "--for", "5m", "--probe", "gone", "--json"),
        *("--effect", "none", "--reason", "MW002=the disks are why the API fails"),
    )
    assert "the config has no [page]" in answer.err
    assert answer.shape()["notices"][0]["deliveries"] == []
    shape = program.run("status", "--json").shape()
    (probe,) = shape["probes"]
    assert (probe["status"], probe["measured"], probe["maintenance_id"]) == ("maintenance", "unknown", 1)
    assert [each["id"] for each in shape["maintenances"]] == [1]
    assert "Planned work M1 until" in program.run("status").out


@pytest.mark.parametrize(
    ("arguments", "status", "why"),
    [
        (("plan", "-t", "T", "--from", "tonight", "--for", "1h"), 2, "is no time"),
        (("plan", "-t", "T", "--from", "2020-01-01T00:00Z", "--for", "1h"), 2, "lies in the past"),
        (("plan", "-t", "T", "--from", "now"), 2, "Give either --for"),
        (("plan", "-t", "T", "--from", "now", "--for", "1h", "--component", "APY"), 3, "did you mean API?"),
        (("plan", "-t", "T", "--from", "now", "--for", "1h", "--probe", "gne"), 3, "did you mean gone?"),
        (("plan", "-t", "T", "--from", "now", "--for", "1h", "--remind", "1h"), 2, "lies in the past"),
        (("plan", "-t", "T", "--from", "now", "--for", "1h", "--remind-message", "M"), 2, "needs --remind"),
        (("plan", "-t", "", "--from", "now", "--for", "1h"), 3, "title"),
        (("show", "x"), 2, "is no number such as M3"),
        (("show", "7"), 3, "no maintenance M7"),
        (("extend", "7", "--for", "1h"), 3, "no maintenance M7"),
    ],
)
def test_what_is_refused_says_why(shell: Shell, arguments: tuple[str, ...], status: int, why: str) -> None:
    answer = shell.run("maintenance", *arguments)
    assert answer.status == status
    assert why in answer.err


def test_a_change_tells_the_new_times_and_moves_what_the_clock_says(shell: Shell) -> None:
    shell.program.write_config(CONFIG + PAGE)
    start = (
        "--from",
        "2030-01-01T10:00Z",
        "--for",
        "2h",
        "--remind",
        "1h",
        "--remind-message",
        "Soon: our work on API.",
    )
    said = ("--effect", "none", "--back-out", "the old disks", "--component", "API")
    assert shell.run("maintenance", "plan", "-t", "New disks", *start, *said).status == 0
    nothing = shell.run("maintenance", "change", "M1")
    assert (nothing.status, "its pages show it so" in nothing.err) == (2, True)
    moved = shell.run(
        "maintenance", "change", "M1", "--start", "2030-01-02T10:00Z", "--title", "Cables", "--json"
    ).shape()
    assert (moved["title"], moved["starts_at"], moved["ends_at"]) == (
        "Cables",
        "2030-01-02T10:00:00.000Z",
        "2030-01-02T12:00:00.000Z",
    )
    waiting = {each["kind"]: each for each in moved["notices"] if not each["fired_at"] and not each["withdrawn_at"]}
    assert {kind: each["due_at"][:16] for kind, each in waiting.items()} == {
        "remind": "2030-01-02T09:00",
        "start": "2030-01-02T10:00",
        "finish": "2030-01-02T12:00",
    }
    assert waiting["remind"]["body"] == "Soon: our work on API."
    (told,) = [each for each in moved["notices"] if each["kind"] == "change"]
    for words in ("2 January from 10:00 UTC", "1 January from 10:00 UTC", 'called "Cables"'):
        assert words in told["body"]
    assert [(each["page"], each["state"]) for each in told["deliveries"]] == [("page", "pending")]
    for arguments, why in (
        (("--end", "2030-01-02T09:00Z"), "lies in the past"),
        (("--end", "0m"), "longer than nothing"),
        (("--component", "APY"), "did you mean API?"),
        (("--title", " "), "title"),
        (("--end", "30m", "-m", "Ends by [time]."), "PH001"),
    ):
        refused = shell.run("maintenance", "change", "M1", *arguments)
        assert (refused.status in (2, 3), why in refused.err) == (True, True), refused.err
    shorter = ("--end", "30m", "--remind-message", "Sooner than we said.", "--finish-message", "Done.")
    again = shell.run("maintenance", "change", "M1", *shorter, "--json").shape()
    assert again["ends_at"] == "2030-01-02T10:30:00.000Z"
    assert [each["body"] for each in again["notices"][-2:]] == ["Sooner than we said.", "Done."]


def test_what_no_customer_reads_is_changed_at_once_and_told_to_no_page(shell: Shell) -> None:
    shell.program.write_config(CONFIG + PAGE)
    plan(shell, "--effect", "none", "--back-out", "the old disks", "--owner", "dana")
    before = shell.run("maintenance", "show", "M1", "--json").shape()
    kept = shell.run("maintenance", "change", "M1", "--owner", "ben", "--back-out", "until 03:00 UTC", "--json").shape()
    assert (kept["owner"], kept["backout"], kept["effect"]) == ("ben", "until 03:00 UTC", "none")
    assert kept == {**before, "owner": "ben", "backout": "until 03:00 UTC"}
    lines = {each["text"]: each["actor"] for each in shell.run("maintenance", "timeline", "M1", "--json").rows()}
    for text in (
        "changed the owner: ben (it was: dana)",
        "changed the way back: until 03:00 UTC (it was: the old disks)",
    ):
        assert lines[text] == before["author"]
    for arguments, status, why in (
        (("--owner", "ben"), 2, "is so already"),
        (("--owner", "eve", "-m", "Eve does it."), 2, "leave --message out"),
        (("--effect", ""), 3, "`none` will do"),
        (("--owner", "eve", "--no-tell"), 2, "the effect alone"),
    ):
        refused = shell.run("maintenance", "change", "M1", *arguments)
        assert (refused.status, why in refused.err) == (status, True), refused.err
    assert shell.run("maintenance", "show", "M1", "--json").shape() == kept


def test_another_effect_is_told_or_kept_by_a_person_who_saw_what_customers_read(shell: Shell) -> None:
    shell.program.write_config(CONFIG + PAGE)
    plan(shell, "--effect", "uploads wait", "--back-out", "the old disks")
    longer = ("maintenance", "change", "M1", "--effect", "uploads fail", "--json")
    asked = shell.run(*longer)
    assert asked.status == 3
    for words in ("What you will notice: uploads wait.", "--tell", "--no-tell"):
        assert words in asked.err
    assert shell.run("maintenance", "show", "M1", "--json").shape()["effect"] == "uploads wait"
    told = shell.run(*longer, "--tell").shape()
    assert (told["effect"], told["notices"][-1]["kind"]) == ("uploads fail", "change")
    assert "What you will notice: uploads fail." in told["notices"][-1]["body"]
    assert [each["page"] for each in told["notices"][-1]["deliveries"]] == ["page"]
    kept = shell.run("maintenance", "change", "M1", "--effect", "nothing much", "--no-tell", "--json").shape()
    assert (kept["effect"], kept["notices"]) == ("nothing much", told["notices"])
    worded = ("--effect", "uploads fail twice", "-m", "Uploads fail twice.", "--owner", "eve", "--json")
    said = shell.run("maintenance", "change", "M1", *worded).shape()
    assert (said["owner"], said["notices"][-1]["body"]) == ("eve", "Uploads fail twice.")
    both = shell.run("maintenance", "change", "M1", "--effect", "no uploads", "--title", "Cables", "--json").shape()
    assert "What you will notice: no uploads." in both["notices"][-1]["body"]


def test_an_effect_that_no_page_knows_of_is_kept_here(shell: Shell) -> None:
    plan(shell, "--effect", "uploads wait")
    kept = shell.run("maintenance", "change", "M1", "--effect", "uploads fail", "--json")
    assert (kept.status, kept.shape()["effect"]) == (0, "uploads fail")
    assert "kind': 'change'" not in str(kept.shape()["notices"])


def test_what_a_page_shows_otherwise_is_carried_to_the_others(shell: Shell) -> None:
    two = PAGE.replace("[page]", '[[page]]\nname = "first"') + PAGE.replace("[page]", '[[page]]\nname = "second"')
    shell.program.write_config(CONFIG + two)
    start = ("--from", "2030-01-01T10:00Z", "--for", "2h", "--effect", "none", "--component", "API")
    assert shell.run("maintenance", "plan", "-t", "New disks", *start).status == 0
    with open_database(shell.program.folder / "oncall.db") as db:
        epoch = take_lease(db, pid=1, host="h", boot_id="b", version="0", mode="stay", now=NOW)
        work = get_maintenance(db, 1)
        for each in list_notice_deliveries(db, 1):
            shown = RemoteMaintenance(
                *(each.page, work.title, work.status, work.starts_at, work.ends_at, NOW, NOW), uid=work.uid
            )
            claim_notice(db, each.id, epoch, each.body, (), NOW)
            assert settle_notice_delivered(
                *(db, each.id, epoch),
                remote_maintenance_id=each.page,
                remote_update_id=each.page,
                url=None,
                body=each.body,
                reason="",
                delivered_at=NOW,
                now=NOW,
                remote=shown,
            )
            longer = work.ends_at + HOUR if each.page == "first" else work.ends_at
            take_in_maintenance(db, replace(shown, ends_at=longer, updated_at=NOW + 1), NOW + 1, page=each.page)
        take_in_maintenance(db, replace(shown, updated_at=NOW + 2), NOW + 2, page="second")
    assert "ON second: the page shows it from 10:00 UTC" in shell.run("maintenance", "show", "M1").out
    carried = shell.run("maintenance", "change", "M1", "--json").shape()["notices"][-1]
    assert [each["page"] for each in carried["deliveries"]] == ["second"]
    assert "1 January from 10:00 UTC to 13:00 UTC" in carried["body"]


def test_an_announcement_is_checked_against_its_window_and_what_else_goes_on(shell: Shell) -> None:
    shell.program.write_config(CONFIG + PAGE + '\n[updates]\nnotice = "3d"\n')
    window = ("maintenance", "plan", "-t", "New disks", "--from", "in 2h", "--for", "30m")
    unsaid = shell.run(*window)
    assert (unsaid.status, "customers notice" in unsaid.err, "--reason MS010" in unsaid.err) == (3, True, True)
    assert "the team wants 3d" in unsaid.err
    assert unsaid.err.count("--reason MW001='...'") == 1
    told = (*window, "--effect", "uploads wait")
    short = shell.run(*told)
    assert (short.status, "the team wants 3d" in short.err) == (3, True)
    assert shell.run(*told, "--reason", "MW001=short").status == 3
    assert shell.run(*told, "--reason", "a disk is failing").status == 2
    why = ("--reason", "MW001=a disk is failing now", "--reason", "MW002=no one works on it")
    done = shell.run(*told, *why)
    assert done.status == 0
    assert "how to go back" in done.err
    told_of = shell.run("maintenance", "timeline", "M1", "--json").rows()
    assert [each["text"] for each in told_of if each["kind"] == "override"] == [
        "told in spite of MW001: a disk is failing now"
    ]
    again = shell.run(*told, "--back-out", "the old disks", "--reason", "MW001=a disk is failing now")
    assert (again.status, "M1 New disks" in again.err) == (3, True)
    shown = shell.run("maintenance", "show", "M1", "--json").shape()
    assert (shown["effect"], shown["backout"], shown["owner"]) == ("uploads wait", "", shown["author"])


def test_words_later_on_need_no_window_but_clean_words(shell: Shell) -> None:
    plan(shell, "--back-out", "the old disks", "--owner", "dana")
    assert shell.run("maintenance", "start", "M1").status == 0
    wrong = shell.run("maintenance", "extend", "M1", "--for", "1h", "-m", "Done by [date].")
    assert (wrong.status, "PH001" in wrong.err) == (3, True)
    late = shell.run("maintenance", "extend", "M1", "--for", "1h", "--json")
    assert "takes longer than planned and will end by" in late.shape()["notices"][-2]["body"]
    assert shell.run("maintenance", "finish", "M1").status == 0
