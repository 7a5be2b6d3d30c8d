"""What the forms of planned work have in common: what is typed and kept, fields, mail, and words of one notice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Generic, TypeVar

import msgspec
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input, Static, TextArea

from oncall_tui.domain.errors import OncallError
from oncall_tui.domain.lint.model import Finding
from oncall_tui.domain.maintenance import NoticeKind
from oncall_tui.domain.sanitize import clean_block
from oncall_tui.store.database import Database
from oncall_tui.tui.actions import bindings_of
from oncall_tui.tui.change import TypedChange
from oncall_tui.tui.host import host_of, start_work, tell
from oncall_tui.tui.orders import Order
from oncall_tui.tui.plan import Typed, TypedNotice
from oncall_tui.tui.planning import list_known
from oncall_tui.tui.scratch_keeper import ScratchKeeper
from oncall_tui.tui.screens.over import OverScreen
from oncall_tui.tui.screens.pick import PickScreen
from oncall_tui.tui.screens.say import Said, SayScreen, begin_order
from oncall_tui.tui.text import line
from oncall_tui.tui.widgets.choice import Choice
from oncall_tui.tui.widgets.lines import Flow
from oncall_tui.tui.widgets.update_text import UpdateText

_LOOK_AFTER_S = 0.2

Kept = TypeVar("Kept", bound=Typed | TypedChange | TypedNotice)
T = TypeVar("T", bound=Typed | TypedChange)
Store = Callable[[Mapping[str, str]], Callable[[Database, int], str]]
"""Makes what puts something into the file, of the reasons that a person gave."""


class TypedForm(OverScreen, Generic[Kept]):
    """Keeps all that is typed, and goes on with what was typed before; what it means is told by the form.

    `revision` is that of the maintenance which it works on.
    """

    scope = "plan"
    BINDINGS = bindings_of("plan", first=("next_field", "previous_field"))
    AUTO_FOCUS = ""

    def __init__(self, name: str, typed: Kept, revision: int | None) -> None:
        super().__init__()
        self._typed = typed
        self._revision = revision
        self._keeper = ScratchKeeper(self, name, self._write, self.draw)
        notices = [(True, line("tell subscribers")), (False, line("do not tell subscribers"))]
        self._notify = Choice[bool]("", notices, id="plan-notify")
        self._text = UpdateText(id="plan-text")
        self._problems = Flow(id="plan-problems")
        self._question: tuple[object, ...] = ()
        self._findings: list[Finding] = []
        self._drawn: dict[Static, Content] = {}

    def compose_form(
        self,
        title: str,
        rows: Iterable[tuple[str, Widget]],
        *,
        about: Widget | None = None,
        echoes: Mapping[str, Static] | None = None,
    ) -> ComposeResult:
        """Yields the fields with their labels and echoes, the text, and what stands against it."""
        with Vertical(id="plan-box") as box:
            box.border_title = line(title)
            if about is not None:
                yield about
            for label, field in rows:
                with Horizontal(classes="field"):
                    yield Static(line(label, "$muted"), classes="field-label", markup=False)
                    yield field
                    if echoes and label in echoes:
                        yield echoes[label]
            yield self._text
            yield self._problems

    def on_mount(self) -> None:
        for field in self._list_inputs():
            field.cursor_blink = False
        super().on_mount()
        self._fill()
        self.set_focus(self._choose_first())
        start_work(self, self._find, "find")

    async def _find(self) -> None:
        """Goes on with what was typed before, also by a terminal that is gone."""
        try:
            found = await self._keeper.find()
        except OncallError as error:
            tell(self.app, str(error), "error")
            return
        if found is not None and not self._keeper.is_dirty:
            self._typed = msgspec.json.decode(found.text, type=type(self._typed))
            self._fill()
            tell(self.app, "Going on with what was typed here before. f6 starts over.")

    async def on_unmount(self) -> None:
        await self._keeper.save()

    def _write(self) -> tuple[str, int | None]:
        return msgspec.json.encode(self._typed).decode(), self._revision

    def _list_fields(self) -> list[Widget]:
        """Returns what can be gone to, in its order on the screen."""
        raise NotImplementedError

    def _list_inputs(self) -> Iterator[Input]:
        return (field for field in self._list_fields() if isinstance(field, Input))

    def _choose_first(self) -> Widget:
        """Returns where a person begins."""
        return self._list_fields()[0]

    def _fill(self) -> None:
        """Shows what is typed in its fields."""
        raise NotImplementedError

    def _read_fields(self) -> None:
        """Takes what stands in the one-line fields."""
        raise NotImplementedError

    def _find_words(self) -> str:
        """Returns the words of the notice in the text as they would be sent."""
        raise NotImplementedError

    def _keep_words(self, body: str | None) -> None:
        """Takes words of a person, or the usual ones for None."""
        raise NotImplementedError

    def _take_change(self) -> None:
        """Keeps what was typed, and shows what follows from it."""
        self._keeper.touch()
        self.draw()

    @on(Input.Changed)
    def _follow_field(self, event: Input.Changed) -> None:
        event.stop()
        self._read_fields()

    @on(Input.Submitted)
    def _leave_field(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_next_field()

    @on(Choice.Changed, "#plan-notify")
    def _follow_notify(self, event: Choice.Changed) -> None:
        event.stop()
        self._typed.notify = self._notify.value
        self._take_change()

    @on(TextArea.Changed)
    def _follow_text(self, event: TextArea.Changed) -> None:
        event.stop()
        self._read_text()

    def _read_text(self) -> None:
        if self._text.text != clean_block(self._find_words()):
            self._keep_words(self._text.text)
            self._take_change()

    def _put_words(self) -> None:
        """Shows the words of the notice; those that nobody touched follow the other fields."""
        words = clean_block(self._find_words())
        if words != self._text.text:
            self._text.load_text(words)

    def _read_all(self) -> None:
        """Takes what was typed last: it may not have been told yet."""
        self._read_fields()
        if self._text is self.focused:
            self._read_text()

    def _draw_fields(self, shown: Mapping[Static, Content]) -> None:
        """Draws what stands in and beside fields, where it is new: each update lays the whole form out anew."""
        for field, words in shown.items():
            if self._drawn.get(field) != words:
                field.update(words)
        self._drawn = dict(shown)
        self.query_one("#plan-box").border_subtitle = self._tell_saved()

    def _tell_saved(self) -> Content:
        if self._keeper.problem:
            return line(f"NOT SAVED: {self._keeper.problem}", "bold $state-down")
        if self._keeper.is_dirty:
            return line("saving")
        return line("saved as typed" if self._keeper.saved_at else "")

    async def _ask(self, said: Said, key: str, name: str, make: Store) -> None:
        """Shows the review, and begins the order once a person says yes."""
        host_of(self).load_styles("review")
        screen = SayScreen(said)

        async def decide(is_confirmed: bool | None) -> None:
            if is_confirmed:
                order = Order(key, name, make(screen.reasons))
                self.dismiss()
                await begin_order(self.app, order)

        self.app.push_screen(screen, decide)

    # -- keys

    def action_next_field(self) -> None:
        self._step(1)

    def action_previous_field(self) -> None:
        self._step(-1)

    def _step(self, by: int) -> None:
        fields = self._list_fields()
        here = next((at for at, field in enumerate(fields) if field is self.focused), -1 if by > 0 else 0)
        self.set_focus(fields[(here + by) % len(fields)])

    def action_use_words(self) -> None:
        self._keep_words(None)
        self._put_words()
        self._take_change()

    def action_start_over(self) -> None:
        self._typed = type(self._typed)()
        start_work(self, self._keeper.forget, "scratch")
        self._fill()
        self.set_focus(self._choose_first())


class PlanFields(TypedForm[T]):
    """A form of several notices, whose words stand in the text one at a time; the rules run a moment after typing."""

    _which: Choice[NoticeKind]
    _timer: Timer | None = None

    def _look(self) -> None:
        """Looks at what was typed by the rules, and shows what they found."""
        raise NotImplementedError

    def _take_change(self) -> None:
        if self._text is not self.focused:
            self._put_words()
        super()._take_change()

    def _keep_words(self, body: str | None) -> None:
        self._typed.bodies.pop(self._which.value, None)
        if body is not None:
            self._typed.bodies[self._which.value] = body

    @on(Choice.Changed, "#plan-which")
    def _follow_which(self, event: Choice.Changed) -> None:
        event.stop()
        self._put_words()
        self.draw()

    def _look_soon(self) -> None:
        if self._timer is None:
            self._timer = self.set_timer(_LOOK_AFTER_S, self._look_now)

    def _look_now(self) -> None:
        self._timer = None
        self._look()

    def _pick_components(self, chosen: Sequence[str], take: Callable[[tuple[str, ...] | None], None]) -> None:
        host = host_of(self)
        known = list_known(host.snapshot, host.config)
        empty = "No components yet: add [[component]] to the config, or sync with the page."
        self.app.push_screen(PickScreen("Components that the work touches", known, chosen, empty), take)
