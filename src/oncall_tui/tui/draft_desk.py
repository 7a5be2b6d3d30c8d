"""What can be done with whole drafts: renamed, handed over, taken over, deleted, and each of it taken back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import NamedTuple

from textual.widget import Widget

from oncall_tui.clock import now_ms
from oncall_tui.domain.errors import OncallError
from oncall_tui.domain.sanitize import clean_line
from oncall_tui.domain.update import Draft
from oncall_tui.store.database import Database
from oncall_tui.store.drafts import ask_second, delete_draft, hand_draft, rename_draft, restore_draft, take_draft
from oncall_tui.tui.drafting import name_draft
from oncall_tui.tui.host import host_of, start_work, tell

_NAME_LIMIT = 80
_STEPS_KEPT = 50


class _Step(NamedTuple):
    """One thing that was done: `words` name it, `revert` takes it back in the file."""

    words: str
    revert: Callable[[Database], object]


class DraftDesk:
    """Acts on drafts for a pane; `let_go` saves and leaves a draft there before it goes to somebody else or away."""

    def __init__(self, pane: Widget, let_go: Callable[[int], Awaitable[None]]) -> None:
        self._pane = pane
        self._let_go = let_go
        self._steps: list[_Step] = []

    @property
    def undoable(self) -> str:
        """What an undo would take back, empty when there is nothing."""
        return self._steps[-1].words if self._steps else ""

    def rename(self, draft: Draft, name: str) -> None:
        """Gives a draft another name."""
        start_work(self._pane, partial(self._rename, draft, clean_line(name, _NAME_LIMIT)), "drafts")

    async def _rename(self, draft: Draft, name: str) -> None:
        revert = partial(rename_draft, draft_id=draft.id, name=draft.name)
        await self._do(partial(rename_draft, draft_id=draft.id, name=name), _Step("the name", revert))

    def hand_over(self, draft: Draft, to: str) -> None:
        """Gives a draft to a person, who finds it at whichever terminal they write."""
        start_work(self._pane, partial(self._hand_over, draft, clean_line(to, _NAME_LIMIT)), "drafts")

    async def _hand_over(self, draft: Draft, to: str) -> None:
        host = host_of(self._pane)
        await self._let_go(draft.id)
        revert = partial(hand_draft, draft_id=draft.id, to=draft.owner, actor=host.actor, terminal_id=draft.terminal_id)
        give = partial(hand_draft, draft_id=draft.id, to=to, actor=host.actor)
        if await self._do(give, _Step(f"the handover to {to}", revert)):
            tell(self._pane.app, f"{to} finds {name_draft(draft)} under ^o.")

    async def ask_second(self, draft: Draft) -> None:
        """Leaves a draft to whoever else may send it."""
        host = host_of(self._pane)
        await self._let_go(draft.id)
        revert = partial(hand_draft, draft_id=draft.id, to=draft.owner, actor=host.actor, terminal_id=draft.terminal_id)
        ask = partial(ask_second, draft_id=draft.id, actor=host.actor, now=now_ms())
        if await self._do(ask, _Step("asking a second person", revert)):
            tell(self._pane.app, "Not sent yet: a second person has to send it. p takes it back.", "warning")

    async def take_over(self, draft: Draft) -> bool:
        """Takes a draft from whoever has it; returns whether that could be."""
        host = host_of(self._pane)
        revert = partial(hand_draft, draft_id=draft.id, to=draft.owner, actor=host.actor, terminal_id=draft.terminal_id)
        take = partial(take_draft, draft_id=draft.id, terminal_id=host.terminal_id, actor=host.actor)
        return await self._do(take, _Step(f"the takeover from {draft.owner}", revert))

    async def delete(self, draft: Draft) -> None:
        """Puts a draft away; one undo brings it back."""
        await self._let_go(draft.id)
        delete = partial(delete_draft, draft_id=draft.id, now=now_ms())
        await self._do(delete, _Step(f"deleting {name_draft(draft)}", partial(restore_draft, draft_id=draft.id)))

    async def undo(self) -> None:
        """Takes the last step back."""
        if not self._steps:
            tell(self._pane.app, "There is nothing to undo here.")
            return
        step = self._steps.pop()
        try:
            await host_of(self._pane).feed.call(step.revert)
        except OncallError as error:
            tell(self._pane.app, str(error), "error")

    async def _do(self, act: Callable[[Database], object], step: _Step) -> bool:
        try:
            await host_of(self._pane).feed.call(act)
        except OncallError as error:
            tell(self._pane.app, str(error), "error")
            return False
        self._steps = [*self._steps, step][-_STEPS_KEPT:]
        return True
