from __future__ import annotations

from oncall_tui.domain.duration import DAY
from oncall_tui.store.database import Database
from oncall_tui.store.links import list_asked_links, list_dead_links, note_link
from oncall_tui.store.watcher import Watcher


def test_the_last_answer_of_a_link_counts_and_is_forgotten_after_a_day(db: Database) -> None:
    note_link(db, "https://a.example", "the answer was 404", 1_000)
    note_link(db, "https://b.example", "", 1_500)
    assert list_dead_links(db) == ["https://a.example"]
    assert list_asked_links(db, 1_001) == {"https://b.example"}
    note_link(db, "https://b.example", "the answer was 404", 2_000)
    assert list_dead_links(db) == ["https://a.example", "https://b.example"]
    note_link(db, "https://c.example", "", 1_001 + DAY)
    assert list_asked_links(db, 0) == {"https://b.example", "https://c.example"}


def test_screens_are_told(db: Database) -> None:
    watcher = Watcher(db.path)
    watcher.changed_topics()
    note_link(db, "https://a.example", "", 1)
    assert watcher.changed_topics() == {"links"}
    watcher.close()
