"""Keeping a probe quiet from the board: one key, one line, and the same key takes it back."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.widget import Widget

from oncall_tui.clock import now_ms
from oncall_tui.domain.errors import OncallError
from oncall_tui.domain.instants import read_end_words
from oncall_tui.domain.silence import Silence
from oncall_tui.store.silences import acknowledge, end_silence, snooze
from oncall_tui.tui.host import host_of, start_work, tell
from oncall_tui.tui.screens.ask import AskScreen

if TYPE_CHECKING:
    from oncall_tui.domain.maintenance import Maintenance
    from oncall_tui.domain.upkeep import Upkeep

_USUAL_LENGTH = "30m"


def ask_silence(pane: Widget, probe: str, silence: Silence | None, *, is_snooze: bool) -> None:
    """Ends the silence of a probe, or asks for the note or the length of a new one."""
    host = host_of(pane)
    if silence is not None:
        start_work(pane, partial(_end, pane, probe), "silence")
        return

    def take(text: str | None) -> None:
        if text is not None:
            start_work(pane, partial(_snooze if is_snooze else _acknowledge, pane, probe, text), "silence")

    host.load_styles("drafts")
    if is_snooze:
        hint = "For how long, such as 30m, or until a time such as 15:30 UTC."
        screen = AskScreen(f"Keep {probe} quiet", hint, value=_USUAL_LENGTH, limit=80)
    else:
        hint = "It stays red on the board and rings no bell until it is well again. A note helps the others."
        screen = AskScreen(f"Look after {probe}", hint, least=0, limit=200)
    pane.app.push_screen(screen, take)


def ask_upkeep(pane: Widget, probe: str, work: Maintenance | Upkeep | None) -> None:
    """Ends the maintenance of a probe, or asks for the length of a new one."""
    from oncall_tui.domain.upkeep import Upkeep

    if isinstance(work, Upkeep):
        start_work(pane, partial(_end_upkeep, pane, probe), "silence")
        return
    if work is not None:
        words = f"{probe} is in planned work M{work.id}, which customers read of: m shows and ends it."
        tell(pane.app, words, "warning")
        return

    def take(text: str | None) -> None:
        if text is not None:
            start_work(pane, partial(_begin_upkeep, pane, probe, text), "silence")

    host_of(pane).load_styles("drafts")
    hint = (
        "For how long, such as 30m, or until a time such as 15:30 UTC. It rings no bell and costs no uptime. "
        "Customers are not told: m plans work that they read of."
    )
    pane.app.push_screen(AskScreen(f"Maintenance of {probe}", hint, value=_USUAL_LENGTH, limit=80), take)


async def _begin_upkeep(pane: Widget, probe: str, length: str) -> None:
    from oncall_tui.store.upkeeps import begin_upkeep

    host, now = host_of(pane), now_ms()
    try:
        ends_at = read_end_words(length, "The length", now)
        await host.feed.call(begin_upkeep, [probe], "", now, ends_at, host.actor, now)
    except OncallError as error:
        tell(pane.app, str(error), "error")


async def _end_upkeep(pane: Widget, probe: str) -> None:
    from oncall_tui.store.upkeeps import end_upkeep

    host = host_of(pane)
    try:
        await host.feed.call(end_upkeep, [probe], host.actor, now_ms())
    except OncallError as error:
        tell(pane.app, str(error), "error")
    else:
        tell(pane.app, f"{probe} is no longer under maintenance.")


async def _acknowledge(pane: Widget, probe: str, note: str) -> None:
    host = host_of(pane)
    try:
        await host.feed.call(acknowledge, probe, note, host.actor, now_ms())
    except OncallError as error:
        tell(pane.app, str(error), "error")


async def _snooze(pane: Widget, probe: str, length: str) -> None:
    host, now = host_of(pane), now_ms()
    try:
        await host.feed.call(snooze, probe, "", read_end_words(length, "The length", now), host.actor, now)
    except OncallError as error:
        tell(pane.app, str(error), "error")


async def _end(pane: Widget, probe: str) -> None:
    host = host_of(pane)
    try:
        await host.feed.call(end_silence, probe, host.actor, now_ms())
    except OncallError as error:
        tell(pane.app, str(error), "error")
    else:
        tell(pane.app, f"{probe} rings again.")
