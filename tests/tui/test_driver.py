from __future__ import annotations

import asyncio
import os
import pty
import threading
import tty

import pytest
from textual.app import App
from textual.events import Key

from oncall_tui.tui.driver import KeyParser, OncallDriver


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


async def read_on_a_pty(*pieces: bytes, before: bytes = b"") -> list[Key]:
    """Returns the keys that the driver reads from pieces with a pause between, the first of them there already."""
    app: App[None] = App()
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    driver = OncallDriver(app)
    driver.fileno = theirs
    read: list[Key] = []
    driver.process_message = lambda message: read.append(message) if isinstance(message, Key) else None  # type: ignore[method-assign]
    if before:
        os.write(ours, before)
    thread = threading.Thread(target=driver.run_input_thread)
    thread.start()
    for piece in pieces:
        await asyncio.sleep(0.1)
        os.write(ours, piece)
    await asyncio.sleep(0.2)
    driver.exit_event.set()
    thread.join()
    os.close(ours)
    os.close(theirs)
    return read


async def test_keys_of_one_piece_carry_one_time() -> None:
    keys = await read_on_a_pty(b"iab", b"c")
    assert [key.key for key in keys] == ["i", "a", "b", "c"]
    assert len({key.time for key in keys[:3]}) == 1
    assert keys[3].time - keys[0].time > 0.05


async def test_enter_from_before_the_screen_is_enter() -> None:
    keys = await read_on_a_pty(b"\n", before=b"i\n")
    assert [key.key for key in keys] == ["i", "enter", "ctrl+j"]
