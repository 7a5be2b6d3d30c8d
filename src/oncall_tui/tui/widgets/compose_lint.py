"""Runs the rules over a text while it is written, leads to what they found, and takes what a person says to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

from msgspec.structs import replace
from textual.timer import Timer
from textual.widget import Widget

from oncall_tui.clock import now_ms
from oncall_tui.domain.errors import OncallError
from oncall_tui.domain.lint.model import REASON_LEAST, Finding, Level, Part, ProbeFact
from oncall_tui.domain.sanitize import clean_block, clean_line
from oncall_tui.domain.update import Waiver
from oncall_tui.store.drafts import list_literals, mark_literal, unmark_literal
from oncall_tui.tui.checkable import list_probe_facts, take_checkable
from oncall_tui.tui.checks import Checked, check, phrase_of
from oncall_tui.tui.host import host_of, start_work, tell
from oncall_tui.tui.snapshot import Snapshot
from oncall_tui.tui.widgets.update_text import UpdateText
from oncall_tui.tui.writing import Writing

_AFTER_S = 0.15


class Linting:
    """The findings of the open draft: `draw` is called when they change, `keep` when something is to be stored.

    `follow` gets the time at which the words promise the next ones, where it is another than the one that was known.

    The rules run in a thread of their own over what the text was at one moment; an answer about older words than the
    last question is dropped. Nothing is said until the first one has come.
    """

    def __init__(
        self,
        pane: Widget,
        text: UpdateText,
        draw: Callable[[], None],
        keep: Callable[[], None],
        follow: Callable[[int], None],
    ) -> None:
        self._pane = pane
        self._text = text
        self._draw = draw
        self._keep = keep
        self._follow = follow
        self._writing: Writing | None = None
        self._timer: Timer | None = None
        self._question = 0
        self._body = ""
        self._is_asking = False
        self._is_behind = False
        self._literals: Sequence[str] = ()
        self._probes: tuple[ProbeFact, ...] = ()
        self._checked: Checked | None = None
        self._index = -1

    @property
    def checked(self) -> Checked | None:
        """What the last answer said, None before there was one."""
        return self._checked

    @property
    def current(self) -> Finding | None:
        """The finding that was jumped to last."""
        found = self._checked.findings if self._checked is not None else ()
        return found[self._index] if 0 <= self._index < len(found) else None

    def take(self, writing: Writing | None) -> None:
        """Goes over to another draft, or to none."""
        self._writing = writing
        self._checked, self._index = None, -1
        self._question += 1
        if writing is not None:
            start_work(self._pane, self._begin, "lint-begin", is_exclusive=True)

    async def _begin(self) -> None:
        """Says first what needs no word list: that one takes a moment to load."""
        from oncall_tui import spelling

        await self._read_literals()
        await self.run()
        if not spelling.is_warm():
            await asyncio.to_thread(spelling.warm)
            self.look_soon()

    async def _read_literals(self) -> None:
        try:
            self._literals = await host_of(self._pane).feed.call(list_literals)
        except OncallError as error:
            tell(self._pane.app, str(error), "error")

    def follow_file(self, snapshot: Snapshot, topics: frozenset[str]) -> None:
        """Asks again when something moved that the rules read."""
        writing = self._writing
        if writing is None:
            return
        probes = list_probe_facts(writing.incident, snapshot)
        if topics & {"page", "incidents", "components", "outbox", "links"} or probes != self._probes:
            self._probes = probes
            self.look_soon()

    def look_soon(self) -> None:
        """Asks again a moment later; steady typing does not put that off."""
        if self._timer is None and self._writing is not None:
            self._timer = self._pane.set_timer(_AFTER_S, self._look)

    def _look(self) -> None:
        self._timer = None
        self._is_behind = True
        if not self._is_asking:
            start_work(self._pane, self._catch_up, "lint")

    async def _catch_up(self) -> None:
        """Asks until the answer is about the present words; one question at a time, however slow the machine."""
        self._is_asking = True
        try:
            while self._is_behind:
                self._is_behind = False
                await self.run()
        finally:
            self._is_asking = False

    async def run(self, *, is_whole: bool = False) -> Checked:
        """Asks about the text as it stands and returns the answer; all of it, also what takes longer, if `is_whole`."""
        writing = self._writing
        if writing is None:
            return Checked()
        host = host_of(self._pane)
        self._question += 1
        question = self._question
        update = take_checkable(writing, self._text.text, host.snapshot, host.config, self._literals, now_ms())
        if not is_whole:
            update = replace(update, channels=())
        checked = await asyncio.to_thread(check, update)
        if question == self._question:
            self._body = update.body
            self._take(checked)
        return checked

    def _take(self, checked: Checked) -> None:
        before = self.current
        self._checked = checked
        self._index = -1
        if before is not None:
            same = (
                at
                for at, finding in enumerate(checked.findings)
                if (finding.rule, finding.start) == (before.rule, before.start)
            )
            self._index = next(same, -1)
        if checked.promise_at is not None:
            self._follow(checked.promise_at)
        self._draw()

    async def settle(self) -> Checked:
        """Asks once more before the review, and forgets what was let pass of words that are no longer there."""
        checked = await self.run(is_whole=True)
        writing = self._writing
        used = tuple(dict.fromkeys(item.waiver for item in checked.passed))
        if writing is not None and set(writing.waivers) != set(used):
            writing.waivers = used
            self._keep()
        return checked

    def step(self, by: int) -> None:
        """Goes to the next finding or the one before, round and round, and marks what it speaks of."""
        if self._checked is None or not self._checked.findings:
            return
        count = len(self._checked.findings)
        self._index = (self._index + by) % count if self._index >= 0 else (0 if by > 0 else count - 1)
        finding = self._checked.findings[self._index]
        if finding.part is Part.BODY:
            self._text.select_span(finding.start, finding.end)
        self._text.focus()
        self._draw()

    def apply_fix(self) -> None:
        """Puts the words that the finding offers; one undo takes them back."""
        finding = self._find_wanted(lambda item: item.fix is not None and item.part is Part.BODY)
        if finding is None or finding.fix is None:
            tell(self._pane.app, "No finding has a quick fix: f8 leads to each.")
            return
        if phrase_of(finding, "", self._body) != phrase_of(finding, "", self._text.text):
            self.look_soon()  # the words have moved since
            return
        self._text.replace_span(finding.start, finding.end, finding.fix.replacement)

    def _find_wanted(self, is_fitting: Callable[[Finding], bool]) -> Finding | None:
        """Returns the finding that was jumped to, or the first that fits."""
        if self.current is not None and is_fitting(self.current):
            return self.current
        findings = self._checked.findings if self._checked is not None else ()
        return next((finding for finding in findings if is_fitting(finding)), None)

    def let_pass(self) -> None:
        """Dismisses a warning for this draft, or asks for the reason why a block is passed."""
        finding = self._find_wanted(lambda item: not item.is_final)
        if finding is None:
            final = self._find_wanted(lambda item: item.is_final)
            words = f"{final.rule} goes away only with its words." if final else "There is nothing to let pass."
            tell(self._pane.app, words, "warning" if final else "information")
        elif finding.level is Level.BLOCK:
            self._ask_reason(finding)
        else:
            self._waive(finding, "")

    def _ask_reason(self, finding: Finding) -> None:
        from oncall_tui.tui.screens.ask import AskScreen

        host_of(self._pane).load_styles("drafts")
        label = f"Send in spite of {finding.rule}: why?"
        screen = AskScreen(label, f"{finding.message} The reason goes into the timeline.", least=REASON_LEAST)
        self._pane.app.push_screen(screen, partial(self._take_reason, finding))

    def _take_reason(self, finding: Finding, reason: str | None) -> None:
        if reason:
            self._waive(finding, reason)

    def _waive(self, finding: Finding, reason: str) -> None:
        writing = self._writing
        if writing is None:
            return
        phrase = phrase_of(finding, writing.incident.title, clean_block(self._text.text))
        waiver = Waiver(finding.rule, phrase, host_of(self._pane).actor, now_ms(), clean_line(reason, 500))
        writing.waivers = (*writing.waivers, waiver)
        self._keep()
        self.look_soon()

    def mark_meant(self) -> None:
        """Takes what is selected, or what the finding speaks of, as meant from now on, in every draft; or no longer."""
        writing = self._writing
        if writing is None:
            return
        phrase = self._text.selected_text.strip()
        finding = self._find_wanted(lambda item: item.end > item.start and not item.is_final)
        if not phrase and finding is not None:
            phrase = phrase_of(finding, writing.incident.title, self._text.text).strip()
        if not phrase:
            tell(self._pane.app, "Select the words that are meant as they stand, or go to a finding with f8.")
            return
        start_work(self._pane, partial(self._remember, clean_line(phrase, 200)), "literal")

    async def _remember(self, phrase: str) -> None:
        host, is_known = host_of(self._pane), phrase in self._literals
        try:
            if is_known:
                await host.feed.call(unmark_literal, phrase)
            else:
                await host.feed.call(mark_literal, phrase, host.actor, now_ms())
        except OncallError as error:
            tell(self._pane.app, str(error), "error")
            return
        words = "is checked again" if is_known else "is meant as it stands, here and in later updates"
        tell(self._pane.app, f"“{phrase}” {words}.")
        await self._begin()
