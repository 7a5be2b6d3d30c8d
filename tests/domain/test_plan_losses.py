from __future__ import annotations

import pytest
from msgspec.structs import replace

from oncall_tui.domain.capability import Capabilities
from oncall_tui.domain.lint.model import Level, list_obstacles
from oncall_tui.domain.maintenance import NoticeKind
from oncall_tui.domain.pagestate import PageState
from oncall_tui.domain.plan_losses import find_notice_losses, list_notice_losses

PLAIN = Capabilities("plain", has_maintenance=True)
K = NoticeKind


def tell(
    page: Capabilities, kind: NoticeKind, title: str = "T", body: str = "B", components: tuple[str, ...] = ("API",)
) -> list[tuple[str, bool]]:
    losses = list_notice_losses(page, kind, title=title, body=body, components=components)
    return [(loss.message, loss.is_blocking) for loss in losses]


@pytest.mark.parametrize("kind", K)
def test_a_page_that_holds_all_of_it_loses_nothing(kind: NoticeKind) -> None:
    assert tell(PLAIN, kind, "x" * 300, "x" * 30_000, ()) == []


def test_what_is_too_long_is_refused_before_it_is_sent() -> None:
    short = replace(PLAIN, title_most=3, body_most=5)
    assert tell(short, K.PLAN, "Four", "Longer") == [
        ("the title has 4 characters, plain takes 3", True),
        ("the text has 6 characters, plain takes 5", True),
    ]
    assert tell(short, K.START, "Four", "Short") == []


def test_a_plan_that_cannot_be_changed_there_is_told_when_it_is_changed() -> None:
    kept = replace(PLAIN, keeps_window=True)
    assert tell(kept, K.PLAN) == tell(kept, K.START) == tell(kept, K.FINISH) == []
    assert tell(kept, K.EXTEND) == [
        ("plain shows for ever what was announced: there your words alone tell the new end", False)
    ]
    assert tell(kept, K.CHANGE) == [
        ("plain shows for ever what was announced: there your words alone tell what changes", False)
    ]


def test_only_pages_that_are_told_lose_something() -> None:
    short = replace(PLAIN, body_most=1)
    states = [
        PageState("a", "Acme", capabilities=short),
        PageState("b", capabilities=replace(short, keeps_window=True)),
        PageState("c", capabilities=replace(short, has_maintenance=False)),
        PageState("d"),
        PageState("e", capabilities=short),
    ]
    found = find_notice_losses(states, ("a", "b", "c", "d"), K.EXTEND, title="T", body="BB", components=())
    assert [(each.level, each.message.partition(":")[0]) for each in found] == [
        (Level.BLOCK, "Acme"),
        (Level.BLOCK, "b"),
        (Level.WARN, "b"),
    ]
    assert len(list_obstacles(found, {"page": "a long enough reason"})) == 2


def test_what_a_page_does_by_itself_is_told() -> None:
    silent = replace(PLAIN, moves_silently=True, mails_as_announced=True)
    assert [message.partition(" ")[2][:20] for message, _ in tell(silent, K.PLAN)] == [
        "starts and ends it b",
        "mails of all that is",
    ]
    assert len(tell(silent, K.START)) == 1


def test_what_a_page_does_not_hold_is_told_of_each_message() -> None:
    single = replace(PLAIN, keeps_one_text=True, needs_component=True)
    assert tell(single, K.PLAN) == []
    assert tell(single, K.PLAN, components=()) == [("plain takes no planned work without a component", True)]
    added = "plain has one text of planned work: this is added to it, and nobody gets mail"
    assert tell(single, K.START) == [(added, False)]
