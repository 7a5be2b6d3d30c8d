from __future__ import annotations

import pytest
from textual.events import Key

from oncall_tui.tui.driver import KeyParser


def read_keys(sent: str) -> list[tuple[str, str | None]]:
    return [(message.key, message.character) for message in KeyParser().feed(sent) if isinstance(message, Key)]


@pytest.mark.parametrize(
    ("sent", "keys"),
    [
        ("\x1b2", [("escape", "\x1b"), ("2", "2")]),
        ("\x1b-", [("escape", "\x1b"), ("minus", "-")]),
        ("\x1bOR2", [("f3", None), ("2", "2")]),
        ("\x1bb", [("ctrl+left", None)]),
        ("\x1b[A", [("up", None)]),
    ],
)
def test_escape_and_the_key_behind_it_are_two_keys(sent: str, keys: list[tuple[str, str | None]]) -> None:
    assert read_keys(sent) == keys


def test_an_unknown_key_behind_escape_is_that_key() -> None:
    parser = KeyParser()
    messages = [*parser.feed("\x1bq"), *parser.tick()]
    while not messages:
        messages = list(parser.tick())
    assert [message.key for message in messages if isinstance(message, Key)] == ["escape", "q"]
