"""What is typed and belongs nowhere yet: one text a terminal, and nobody's but that of the dead is taken over."""

from __future__ import annotations

from oncall_tui.store.database import Database
from oncall_tui.store.scratch import drop_scratch, keep_scratch, take_scratch


def test_a_terminal_finds_its_own_text_again_and_drops_it(db: Database) -> None:
    keep_scratch(db, "plan", "one", "a", None, 1)
    keep_scratch(db, "plan", "one", "ab", 4, 2)
    keep_scratch(db, "other", "one", "elsewhere", None, 3)
    found = take_scratch(db, "plan", "one", {"one"})
    assert found is not None
    assert (found.text, found.seen_revision, found.updated_at) == ("ab", 4, 2)
    drop_scratch(db, "plan", "one")
    assert take_scratch(db, "plan", "one", {"one"}) is None
    assert take_scratch(db, "other", "one", {"one"}) is not None


def test_the_text_of_a_dead_terminal_is_taken_over_once_and_that_of_a_live_one_never(db: Database) -> None:
    keep_scratch(db, "plan", "dead", "left", None, 1)
    keep_scratch(db, "plan", "live", "being typed", None, 2)
    found = take_scratch(db, "plan", "new", {"live", "new"})
    assert found is not None
    assert found.text == "left"
    assert take_scratch(db, "plan", "third", {"live", "new", "third"}) is None
    own = take_scratch(db, "plan", "live", {"live", "new"})
    assert own is not None
    assert own.text == "being typed"
