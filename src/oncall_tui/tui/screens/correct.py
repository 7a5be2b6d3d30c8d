"""Puts other words into an update that customers have read already: the difference is seen before anything leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static, TextArea

from oncall_tui.domain.errors import OncallError
from oncall_tui.domain.facts import Facts
from oncall_tui.domain.lint.model import Finding, Level
from oncall_tui.domain.sanitize import clean_block
from oncall_tui.domain.update import IncidentUpdate, Waiver
from oncall_tui.store.corrections import correct_update
from oncall_tui.store.database import Database
from oncall_tui.store.drafts import list_literals, read_known
from oncall_tui.store.scratch import drop_scratch
from oncall_tui.store.updates import list_updates
from oncall_tui.tui.actions import bindings_of
from oncall_tui.tui.checkable import take_correction
from oncall_tui.tui.checks import check, waive_blocks
from oncall_tui.tui.host import host_of, start_work, tell
from oncall_tui.tui.orders import Order
from oncall_tui.tui.scratch_keeper import ScratchKeeper
from oncall_tui.tui.screens.over import OverScreen
from oncall_tui.tui.screens.say import Said, SayScreen, begin_order
from oncall_tui.tui.snapshot import Snapshot
from oncall_tui.tui.text import STATUS_LOOK, Glyphs, clock_utc, cut, date_utc, join, line, look, wrap
from oncall_tui.tui.widgets.compose_diff import draw_difference
from oncall_tui.tui.widgets.lines import Flow
from oncall_tui.tui.widgets.planned_review import add_findings
from oncall_tui.tui.widgets.proof_words import draw_proofs
from oncall_tui.tui.widgets.review_words import draw_rows
from oncall_tui.tui.widgets.update_text import UpdateText


def open_correction(screen: Screen[None] | Screen[object], incident_id: int | None) -> None:
    """Shows the updates of an incident to choose from, the latest first."""
    if incident_id is None:
        tell(screen.app, "There is no incident whose updates could be corrected.")
        return
    host_of(screen).load_styles("planned")
    host_of(screen).load_styles("correct")
    screen.app.push_screen(CorrectionScreen(incident_id))


class CorrectionScreen(OverScreen):
    """Holds one update at a time; what is typed for each is on disk until its correction is confirmed."""

    scope = "correct"
    title_of_help = "Correcting an update"
    BINDINGS = bindings_of("correct")

    def __init__(self, incident_id: int) -> None:
        super().__init__()
        self._incident_id = incident_id
        self._updates: list[IncidentUpdate] = []
        self._chosen: IncidentUpdate | None = None
        self._problem = ""
        self._keeper = self._make_keeper(0)
        self._about = Flow(id="correct-about")
        self._text = UpdateText(id="correct-text")
        self._change = Static(id="correct-change", markup=False)

    def compose_body(self) -> ComposeResult:
        with Vertical(id="correct-box") as box:
            box.border_title = line(f"Correct an update of #{self._incident_id}")
            yield self._about
            yield self._text
            with VerticalScroll(id="correct-scroll", can_focus=False):
                yield self._change

    def on_mount(self) -> None:
        super().on_mount()
        self.set_focus(self._text)
        start_work(self, self._read, "updates", is_exclusive=True)

    async def on_unmount(self) -> None:
        await self._keeper.save()

    def show(self, snapshot: Snapshot, topics: frozenset[str]) -> None:
        if topics & {"outbox", "incidents"}:
            start_work(self, self._read, "updates", is_exclusive=True)
        super().show(snapshot, topics)

    async def _read(self) -> None:
        try:
            self._updates = await host_of(self).feed.call(list_updates, self._incident_id)
            self._problem = ""
        except OncallError as error:
            self._problem = str(error)
        chosen = self._chosen
        if chosen is None:
            if self._updates:
                await self._choose(self._updates[-1])
        else:
            self._chosen = next((each for each in self._updates if each.id == chosen.id), chosen)
        self.draw_all()

    def _make_keeper(self, update_id: int) -> ScratchKeeper:
        return ScratchKeeper(self, f"correct-{update_id}", lambda: (self._text.text, None), self.draw)

    async def _choose(self, update: IncidentUpdate) -> None:
        await self._keeper.save()
        self._chosen = update
        self._keeper = self._make_keeper(update.id)
        words = update.body
        try:
            found = await self._keeper.find()
        except OncallError as error:
            tell(self.app, str(error), "error")
            found = None
        if found is not None:
            words = found.text
        self._text.load_text(clean_block(words))
        self._text.move_to_offset(len(words))
        self.draw_all()

    # -- drawing

    def draw(self) -> None:
        self._about.show_flow(self._draw_about)
        update = self._chosen
        same = update is None or self._text.text.strip() == update.body.strip()
        hint = line("Change the words: what is taken out and put in is shown here.", "$muted")
        self._change.update(hint if same or update is None else draw_difference(update.body, self._text.text))
        keeper, box = self._keeper, self.query_one("#correct-box")
        if keeper.problem:
            box.border_subtitle = line(f"NOT SAVED: {keeper.problem}", "bold $state-down")
        else:
            box.border_subtitle = line("saving" if keeper.is_dirty else "saved as typed" if keeper.saved_at else "")

    def _draw_about(self, width: int) -> list[Content]:
        update = self._chosen
        if update is None:
            words = self._problem or "Customers have read nothing of this incident yet: there is nothing to correct."
            return [line(row, "$muted") for row in wrap(words, width)]
        at = next((at for at, each in enumerate(self._updates, 1) if each.id == update.id), 0)
        who = update.created_by if update.is_local else "on the page"
        more = f"   {at} of {len(self._updates)}, f2 older, f3 newer" if len(self._updates) > 1 else ""
        if self.is_tight and more:
            who, more = "", f"{at}/{len(self._updates)}"
        head = join(look(*STATUS_LOOK[update.status]), f"  {date_utc(update.created_at)}", (f"  {who}{more}", "$muted"))
        rows = [cut(head, width)]
        if not self.is_tight:
            rows += draw_proofs(update, host_of(self).snapshot.name_page, width)
        if update.corrected_at is not None:
            rows.append(line(f"corrected before, at {clock_utc(update.corrected_at)}", "$state-slow"))
        cannot = self._list_pages(can_edit=False)
        if cannot:
            words = f"{Glyphs.show('▲')} {', '.join(cannot)} cannot edit: customers read the first words there still."
            rows += [line(row, "$state-slow") for row in wrap(words, width)]
        return rows

    def _list_pages(self, *, can_edit: bool) -> list[str]:
        """Returns the names of the pages that hold the update and let it be edited, or not."""
        host, editable = host_of(self), self._list_editable()
        proofs = self._chosen.proofs if self._chosen else ()
        held = [proof.page for proof in proofs if proof.remote_id is not None]
        return [host.snapshot.name_page(page) for page in held if (page in editable) is can_edit]

    def _list_editable(self) -> list[str]:
        states = host_of(self).snapshot.pages
        return [state.page for state in states if state.capabilities and state.capabilities.can_edit_update]

    @on(TextArea.Changed)
    def _follow_text(self, event: TextArea.Changed) -> None:
        event.stop()
        if self._chosen is not None and self._text.text != clean_block(self._chosen.body):
            self._keeper.touch()
        self.draw()

    # -- keys

    def action_older(self) -> None:
        self._step(-1)

    def action_newer(self) -> None:
        self._step(1)

    def _step(self, by: int) -> None:
        ids = [each.id for each in self._updates]
        if self._chosen is not None and self._chosen.id in ids:
            at = min(max(ids.index(self._chosen.id) + by, 0), len(ids) - 1)
            start_work(self, partial(self._choose, self._updates[at]), "choose", is_exclusive=True)

    async def action_first_words(self) -> None:
        if self._chosen is not None:
            self._text.put_text(self._chosen.body)
            await self._keeper.forget()
            self.draw()

    async def action_review(self) -> None:
        update = self._chosen
        if update is None:
            return
        await self._keeper.save()
        host, body = host_of(self), clean_block(self._text.text).strip()
        incident = host.snapshot.incident(self._incident_id)
        try:
            facts, literals = await host.feed.call(_read_known, self._incident_id)
        except OncallError as error:
            tell(self.app, str(error), "error")
            return
        if incident is None:
            return
        checkable = take_correction(incident, self._updates, update, body, host.snapshot, host.config, facts, literals)
        checked = await asyncio.to_thread(check, checkable)
        findings = [each for each in checked.findings if each.level is not Level.INFO]
        pages, cannot = self._list_pages(can_edit=True), self._list_pages(can_edit=False)
        said = Said(
            f"Review the correction of #{self._incident_id}",
            body,
            lambda _: [],
            partial(_draw_facts, pages, cannot, findings),
            obstacle=_find_obstacle(update, body, pages),
            words=draw_difference(update.body, body),
            findings=findings,
        )
        host.load_styles("review")
        screen = SayScreen(said)

        async def decide(is_confirmed: bool | None) -> None:
            if is_confirmed:
                waivers = waive_blocks(checkable, findings, screen.reasons, host.actor, self.oncall.now())
                order = self._make_order(update, body, waivers, checked.promise_at)
                self.dismiss()
                await begin_order(self.app, order)

        self.app.push_screen(screen, decide)

    def _make_order(
        self, update: IncidentUpdate, body: str, waivers: Sequence[Waiver], promise_at: int | None
    ) -> Order:
        host, editable, name = host_of(self), self._list_editable(), self._keeper.name
        actor, terminal_id = host.actor, host.terminal_id

        def store(db: Database, now: int) -> str:
            correct_update(
                *(db, update.id, body),
                editable=editable,
                actor=actor,
                now=now,
                promise_at=promise_at,
                waivers=waivers,
            )
            drop_scratch(db, name, terminal_id)
            return "queued; the first words stay in our record"

        return Order(f"correct-{update.id}", f"correction of #{self._incident_id}", store)


def _read_known(db: Database, incident_id: int) -> tuple[Facts, list[str]]:
    with db.snapshot():
        return read_known(db, incident_id).facts, list_literals(db)


def _find_obstacle(update: IncidentUpdate, body: str, pages: list[str]) -> str:
    if body == update.body.strip():
        return "This is the text that was said: there is nothing to correct."
    if not pages:
        return "No page that holds this update lets it be edited: say what is right in an update of its own."
    return ""


def _draw_facts(pages: list[str], cannot: list[str], findings: list[Finding], width: int) -> list[Content]:
    rows = draw_rows("Changed on", ", ".join(pages) or "no page: none of those that hold it can edit", width)
    if cannot:
        words = f"{', '.join(cannot)}: customers read the first words there still; say what is right in an update"
        rows += draw_rows("Not on", words, width, "$state-slow")
    told = "subscribers are not told, mail and messages that went out stay as they are"
    return add_findings([*rows, *draw_rows("Mail", told, width)], findings, width)
