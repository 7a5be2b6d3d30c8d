"""The keys of the compose pane that work on a draft as it stands: templates, checks, drafts, the editor, a copy."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.widget import Widget

from oncall_tui.clock import now_ms
from oncall_tui.domain.errors import OncallError
from oncall_tui.domain.facts import Facts
from oncall_tui.domain.sanitize import clean_block, clean_line
from oncall_tui.store.drafts import create_draft, keep_facts
from oncall_tui.tui.host import host_of, start_work, tell

if TYPE_CHECKING:
    from oncall_tui.domain.template import Template
    from oncall_tui.tui.draft_desk import DraftDesk
    from oncall_tui.tui.draft_keeper import DraftKeeper
    from oncall_tui.tui.screens.drafts import Wish
    from oncall_tui.tui.widgets.compose_fields import ComposeFields
    from oncall_tui.tui.widgets.compose_lint import Linting
    from oncall_tui.tui.widgets.update_text import UpdateText
    from oncall_tui.tui.writing import Writing

_KEPT_SHOWN = 60


class ComposeTools(Widget):
    """Adds them to the pane, which has the draft."""

    writing: Writing | None
    text: UpdateText
    linting: Linting
    desk: DraftDesk
    keeper: DraftKeeper
    fields: ComposeFields

    if TYPE_CHECKING:

        @property
        def incident_id(self) -> int | None: ...

        def put(self, words: str | None) -> None: ...

        async def open(self, incident_id: int, *, draft_id: int | None = None, is_wanted_new: bool = False) -> None: ...

    def action_set_state(self) -> None:
        self.fields.choose_state()

    def action_set_components(self) -> None:
        self.fields.choose_components()

    def action_set_due(self) -> None:
        if self.writing is not None:
            self.fields.due.focus()

    def action_use_template(self) -> None:
        if self.writing is not None:
            self.put(self.writing.put_template(self.text.text, host_of(self).snapshot, now_ms()))
            self._tell_kept(self.writing)
            self.text.focus()

    def _tell_kept(self, writing: Writing) -> None:
        """Says which words of the person stand among the prepared ones, and how to have it otherwise."""
        if writing.kept:
            first = clean_line(writing.kept[0], _KEPT_SHOWN)
            others = len(writing.kept) - 1
            more = f" and {others} more of yours" if others else ""
            tell(self.app, f"Kept: “{first}”{more}. ^t again puts the template alone, ^z takes this back.")

    def action_choose_template(self) -> None:
        """Asks which prepared words to put around those of the person."""
        from oncall_tui.tui.screens.templates import TemplatesScreen

        writing, host = self.writing, host_of(self)
        if writing is not None:
            host.load_styles("drafts")
            screen = TemplatesScreen(
                writing.list_templates(),
                writing.status,
                writing.template.key if writing.template else "",
                lambda template: writing.read_template(template, host.snapshot, now_ms()),
                faults=host.config.template_faults,
            )
            self.app.push_screen(screen, self._take_template)

    def _take_template(self, template: Template | None) -> None:
        from oncall_tui.domain.template import Audience
        from oncall_tui.tui.letters import copy_letter

        writing = self.writing
        if template is not None and writing is not None and template.audience is not Audience.CUSTOMERS:
            text = writing.read_template(template, host_of(self).snapshot, now_ms())
            copy_letter(self, template, text, writing.incident.id)
        elif template is not None and self.writing is not None:
            self.put(self.writing.use_template(template, self.text.text, host_of(self).snapshot, now_ms()))
            self._tell_kept(self.writing)
        self.text.focus()

    def action_copy(self) -> None:
        if self.writing is not None:
            self.app.copy_to_clipboard(clean_block(self.text.text))
            tell(self.app, "The text is on the clipboard, where the terminal allows it.")

    def action_next_finding(self) -> None:
        self.linting.step(1)

    def action_previous_finding(self) -> None:
        self.linting.step(-1)

    def action_fix(self) -> None:
        self.linting.apply_fix()

    def action_let_pass(self) -> None:
        self.linting.let_pass()

    def action_meant(self) -> None:
        self.linting.mark_meant()

    def action_show_changes(self) -> None:
        self.action_drafts()

    def action_slower(self) -> None:
        """Takes the slower rhythm that is offered after two hours, with the words that tell customers."""
        writing = self.writing
        offered = writing.find_slower(now_ms()) if writing is not None else None
        if writing is None or offered is None:
            tell(self.app, "A slower rhythm is offered two hours after the declaration, where it is slower at all.")
            return
        words = writing.take_slower(offered, self.text.text, host_of(self).snapshot, now_ms())
        self.fields.offer_dues()
        self.put(words)
        self._tell_kept(writing)

    def action_preview(self) -> None:
        """Shows the text on every channel."""
        from oncall_tui.tui.previews import list_previews
        from oncall_tui.tui.screens.preview import PreviewScreen

        draft, writing, host = self.keeper.draft, self.writing, host_of(self)
        if draft is not None and writing is not None:
            host.load_styles("drafts")
            told = writing.confirm(draft.id, self.text.text)
            previews = list_previews(told, writing.incident, writing.facts, host.config, host.snapshot, now_ms())
            self.app.push_screen(PreviewScreen(previews))

    async def action_facts(self) -> None:
        """Shows the form and goes into it, or hides it when the cursor is there."""
        if self.writing is None:
            return
        from oncall_tui.tui.widgets.compose_facts import FactsForm

        forms = self.query(FactsForm)
        if not forms:
            form = FactsForm(self._take_facts, self.text.focus_back)
            await self.mount(form, after=self.text)
            form.show_facts(self.writing.facts)
            self.add_class("-facts")
            form.focus_first()
        elif self.text.has_focus:
            forms.first().focus_first()
        else:
            self.remove_class("-facts")
            self.text.focus_back()
            await forms.remove()

    def show_facts(self) -> None:
        """Goes over to the facts of the open draft, where the form is shown."""
        from oncall_tui.tui.widgets.compose_facts import FactsForm

        for form in self.query(FactsForm):
            form.display = self.writing is not None
            self.set_class(form.display, "-facts")
            if self.writing is not None:
                form.show_facts(self.writing.facts)

    def flush_facts(self) -> None:
        """Takes what was typed into the form in the last moment."""
        from oncall_tui.tui.widgets.compose_facts import FactsForm

        for form in self.query(FactsForm):
            form.flush()

    def _take_facts(self, facts: Facts) -> None:
        if self.writing is not None:
            self.put(self.writing.take_facts(facts, self.text.text, host_of(self).snapshot, now_ms()))
            start_work(self, partial(self._keep_facts, self.writing.incident.id, facts), "facts", is_exclusive=True)

    async def _keep_facts(self, incident_id: int, facts: Facts) -> None:
        """Stores them for the next drafts of the incident, too."""
        try:
            await host_of(self).feed.call(keep_facts, incident_id, facts)
        except OncallError as error:
            tell(self.app, str(error), "error")

    def action_drafts(self) -> None:
        from oncall_tui.tui.screens.drafts import DraftsScreen

        host_of(self).load_styles("drafts")
        draft = self.keeper.draft
        screen = DraftsScreen(self.desk, self.incident_id, draft.id if draft is not None else None)
        self.app.push_screen(screen, self._grant)

    def _grant(self, wish: Wish | None) -> None:
        if wish is not None:
            start_work(self, partial(self._open_wish, wish), "draft", is_exclusive=True)

    async def _open_wish(self, wish: Wish) -> None:
        if wish.incident_id != self.incident_id:
            host_of(self).select_incident(wish.incident_id)
        await self.open(wish.incident_id, draft_id=wish.draft_id, is_wanted_new=wish.draft_id is None)

    async def action_new_draft(self) -> None:
        if self.incident_id is not None:
            await self.open(self.incident_id, is_wanted_new=True)

    def action_edit_outside(self) -> None:
        if self.writing is not None:
            start_work(self, self._edit_outside, "editor", is_exclusive=True)

    async def _edit_outside(self) -> None:
        """Gives the text to the person's editor; what it wrote is one step of undo, also when the editor died."""
        from oncall_tui.tui.outside import edit_outside

        draft, writing = self.keeper.draft, self.writing
        if draft is None or writing is None:
            return
        before = self.text.text

        def follow(text: str) -> None:
            if self.keeper.draft is not None and self.keeper.draft.id == draft.id and text != self.text.text:
                self.put(text)

        returned = await edit_outside(self.app, before, follow)
        self.refresh(layout=True)
        if returned.trouble:
            tell(self.app, returned.trouble, "warning")
        if returned.text is None or returned.text == before:
            return
        if self.keeper.draft is not None and self.keeper.draft.id == draft.id:
            follow(returned.text)
            self.text.focus()
        else:
            host = host_of(self)
            typed = writing.read_typed(returned.text, len(returned.text))
            await host.feed.call(
                create_draft,
                draft.incident_id,
                host.terminal_id,
                status=typed.status,
                body=typed.body,
                components=typed.components,
                next_update_at=typed.next_update_at,
                template=None,
                actor=host.actor,
                now=now_ms(),
                name="from the editor",
                facts=typed.facts,
                waivers=typed.waivers,
                variables=typed.variables,
                interval_ms=typed.interval_ms,
            )
            tell(self.app, "The draft is gone meanwhile: your words are a draft of their own, under ^o.", "warning")
