from __future__ import annotations

import pytest

from oncall_tui.domain.errors import NotFoundError
from oncall_tui.domain.incident import ComponentStatus, Severity
from oncall_tui.domain.timeline import EntryKind
from oncall_tui.store.changes import add_change, end_change, list_changes
from oncall_tui.store.database import Database
from oncall_tui.store.incidents import declare_incident
from oncall_tui.store.timeline import list_entries

NOW = 1_800_000_000_000


def add(db: Database, text: str = "deploy", component: str | None = None, until_at: int | None = None) -> int:
    return add_change(db, text, component=component, at=NOW, until_at=until_at, actor="ci", now=NOW).id


def test_changes_come_back_newest_first_and_inert(db: Database) -> None:
    add_change(db, "old", component=None, at=NOW - 5, until_at=None, actor="ci", now=NOW)
    add(db, "evil \x1b[31mred", "API")
    newest, oldest = list_changes(db)
    assert (newest.component, newest.actor, oldest.text) == ("API", "ci", "old")
    assert "\x1b" not in newest.text


def test_an_open_incident_that_it_may_touch_is_told(db: Database) -> None:
    ids = [
        declare_incident(
            db,
            uid=name,
            title=name,
            components={name: ComponentStatus.MAJOR_OUTAGE},
            probes=[],
            severity=Severity.SEV2,
            started_at=NOW,
            actor="ann",
            now=NOW,
        ).id
        for name in ("API", "Website")
    ]
    add(db, "deploy api", "API")
    add(db, "new firewall")
    told = [
        [entry.text for entry in list_entries(db, number) if entry.kind is EntryKind.CHANGE][::-1] for number in ids
    ]
    assert told == [["Change: deploy api", "Change: new firewall"], ["Change: new firewall"]]


def test_an_announced_disturbance_can_end_early_and_only_once(db: Database) -> None:
    number = add(db, until_at=NOW + 600_000)
    assert end_change(db, number, NOW + 60_000).until_at == NOW + 60_000
    assert end_change(db, number, NOW + 90_000).until_at == NOW + 60_000
    assert end_change(db, add(db), NOW + 90_000).until_at is None
    with pytest.raises(NotFoundError, match="no change 99"):
        end_change(db, 99, NOW)
