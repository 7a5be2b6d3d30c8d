"""The one registry of what a person can do: keys, footer, palette, help and docs all read it.

A scope is the app or the pane or screen that has the method `action_<id>` (`.` and `-` of an id become `_`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, NamedTuple

from textual.binding import Binding, BindingType

from oncall_tui.tui.actions_over import OVER

if TYPE_CHECKING:
    from textual.dom import DOMNode


class Action(NamedTuple):
    """One verb: `keys` as Textual names them, `title` for the footer, `help` a sentence for the help screen.

    `is_shown` puts it in the footer of its scope.
    """

    id: str
    keys: str
    title: str
    help: str
    scope: str
    is_shown: bool = True

    @property
    def method(self) -> str:
        return self.id.partition(".")[2].replace("-", "_")


def _scope(scope: str, rows: Iterable[tuple[str, str, str, str, bool]]) -> tuple[Action, ...]:
    return tuple(
        Action(f"{scope}.{name}", keys, title, sentence, scope, shown) for name, keys, title, sentence, shown in rows
    )


ACTIONS: tuple[Action, ...] = (
    *_scope(
        "app",
        (
            (
                "declare",
                "i",
                "incident",
                "Declare an incident from the selected probe and open its first update.",
                True,
            ),
            ("show-probes", "1", "probes", "Show the probes.", False),
            ("show-incidents", "2", "incidents", "Show the incidents and the editor.", False),
            ("show-compose", "3", "compose", "Show the draft of the current incident.", False),
            ("post", "p", "post update", "Write an update to customers for the current incident.", True),
            ("set-state", "s", "state", "Choose the public state with 1 to 4, then write the update for it.", True),
            ("note", "o", "note", "Add a note to the timeline of the current incident.", False),
            (
                "decide",
                "c,f9",
                "decide",
                "Decide on an update that failed, or that may or may not have arrived.",
                False,
            ),
            ("show-planned", "m", "planned work", "Show planned work: plan it, announce it, end it.", False),
            ("show-postmortem", "P", "postmortem", "Show the review of the current incident.", False),
            ("show-runbook", "4,b", "runbook", "Show the runbook beside the current incident.", False),
            ("show-timeline", "5", "timeline", "Show what happened, in order.", False),
            ("next-pane", "tab", "next pane", "Move to the next pane.", False),
            ("previous-pane", "shift+tab", "previous pane", "Move to the previous pane.", False),
            ("zoom", "plus", "zoom", "Enlarge the pane, or go back to all of them.", False),
            ("undo", "u", "undo", "Take back the last step of this pane.", False),
            ("mute", "M", "mute", "Mute the bell for a quarter of an hour, or let it ring again.", False),
            ("toggle-demo", "D", "break / heal", "Break the demo, or heal it; only `oncall-tui demo` has one.", False),
            ("next-theme", "T", "theme", "Switch to the next theme.", False),
            ("show-help", "question_mark,f1", "keys", "Show the keys of this pane.", True),
            ("command-palette", "ctrl+p,colon", "palette", "Find any action, probe or incident by name.", True),
            ("quit", "q,ctrl+q", "quit", "Leave. The engine goes on for 30 s; nothing unsent is sent.", False),
        ),
    ),
    *_scope(
        "probes",
        (
            ("cursor-down", "j,down", "down", "Move down.", False),
            ("cursor-up", "k,up", "up", "Move up.", False),
            ("cursor-first", "g,home", "first", "Move to the worst probe.", False),
            ("cursor-last", "G,end", "last", "Move to the last probe.", False),
            ("page-down", "ctrl+d,pagedown", "page down", "Move down half a page.", False),
            ("page-up", "ctrl+u,pageup", "page up", "Move up half a page.", False),
            ("open", "enter", "open", "Open the probe's incident, or declare one.", False),
            ("history", "h", "history", "Show the past of the probe: uptime, latency, errors.", False),
            ("filter", "slash", "filter", "Show only probes whose name, target or component contains a text.", True),
            ("fold", "z", "fold ok", "Hide or show the probes that are up.", True),
            ("acknowledge", "a", "ack", "Look after the red probe until it is well again, or stop doing so.", True),
            ("unfold", "space", "behind", "Show or hide the probes that fell behind this one.", False),
            (
                "upkeep",
                "w",
                "maintenance",
                "Put the probe under maintenance for a while, or end that; customers are not told.",
                False,
            ),
            ("snooze", "Z", "snooze", "Keep the probe quiet for a while, or let it ring again.", False),
        ),
    ),
    *_scope(
        "incidents",
        (
            ("cursor-down", "j,down", "down", "Move down.", False),
            ("cursor-up", "k,up", "up", "Move up.", False),
            ("open", "enter", "open", "Move from the list to the fields of the incident.", True),
            ("back", "escape", "back", "Move from the fields back to the list.", False),
            ("new", "n", "new", "Declare an incident that no probe has seen.", True),
            ("dismiss-conflict", "a", "seen", "Put aside the note about what somebody did on the page.", False),
            ("retry", "r", "retry", "Send again what failed, or look now whether the page has it.", False),
            ("drop", "x", "drop", "Give up a delivery that has not reached the page.", False),
            ("correct", "e", "correct", "Put other words into an update that customers have read.", False),
            ("letters", "L", "letters", "Take words for one client, a credit or a supplier, filled in, along.", False),
            ("undo", "u", "undo", "Take back the last edit, or a declaration of which nothing was sent.", True),
        ),
    ),
    *_scope(
        "choice",
        (
            ("next", "right,space", "next", "Take the next value.", True),
            ("previous", "left", "before", "Take the value before.", True),
        ),
    ),
    *_scope(
        "state",
        (
            ("down", "j,down", "down", "Move down.", False),
            ("up", "k,up", "up", "Move up.", False),
            ("choose", "enter", "choose", "Take the state and write the update for it.", True),
            ("back", "escape", "back", "Leave without a choice.", True),
        ),
    ),
    *_scope("field", (("open", "enter,space", "change", "Change the field.", True),)),
    *_scope(
        "filter",
        (
            ("keep", "enter", "keep", "Go back to the list and keep the filter.", True),
            ("clear", "escape", "clear", "Clear the filter and go back to the list.", True),
        ),
    ),
    *_scope(
        "editor",
        (
            ("store", "enter", "store", "Store this field and move to the next.", True),
            ("next-field", "tab,down", "next field", "Store this field and move to the next.", True),
            ("previous-field", "shift+tab,up", "field before", "Store this field and move to the one before.", False),
            ("leave", "escape", "list", "Store this field and go back to the list.", True),
        ),
    ),
    *_scope(
        "components",
        (
            ("down", "j,down", "down", "Move down.", False),
            ("up", "k,up", "up", "Move up.", False),
            ("next-state", "right,space", "worse", "Take the next state.", False),
            ("previous-state", "left", "better", "Take the state before.", False),
            ("done", "enter", "done", "Keep the states.", True),
            ("back", "escape", "back", "Leave without a change.", True),
        ),
    ),
    *_scope(
        "compose",
        (
            ("compare", "f5", "compare", "Set your text beside what somebody wrote on the page meanwhile.", True),
            ("show-changes", "f5", "changes", "Mark what the text changes against the last update.", False),
            ("review", "ctrl+s", "review", "Look at the update as customers will see it, then send.", True),
            ("set-state", "f2", "state", "Choose the public state; 1 to 4 pick one.", True),
            ("set-components", "f3", "components", "Choose the states of the components.", True),
            ("set-due", "f4", "next update", "Choose when customers hear from us next.", False),
            ("use-template", "ctrl+t", "template", "Put the words of the template for this state.", True),
            ("choose-template", "ctrl+f", "templates", "Choose among all prepared words, around your own.", False),
            ("edit-outside", "ctrl+e", "editor", "Go on with the text in the editor of VISUAL or EDITOR.", False),
            ("drafts", "ctrl+o", "drafts", "Show all drafts: open, compare, name, hand over, take over, delete.", True),
            ("new-draft", "ctrl+n", "new draft", "Begin another draft of this incident.", False),
            ("copy", "ctrl+y", "copy", "Copy the text, for the case that the page cannot be reached.", False),
            ("facts", "f6", "facts", "Show or hide the facts: impact, scope, cause; their sentences follow.", True),
            ("preview", "f7", "preview", "Show the text on every channel as customers will see it.", True),
            ("slower", "f10", "slower", "Promise updates in a slower rhythm from now on, and say so.", False),
            ("next-finding", "f8,n", "next finding", "Jump to the next thing that is wrong with the text.", False),
            ("previous-finding", "shift+f8,N", "finding before", "Jump to the finding before.", False),
            ("fix", "ctrl+r", "quick fix", "Put the words that the finding offers.", False),
            (
                "let-pass",
                "ctrl+g",
                "let pass",
                "Dismiss a warning for this draft, or say why the update goes out in spite of a block.",
                False,
            ),
            (
                "meant",
                "ctrl+l",
                "it is meant",
                "Remember the selected words, or those of the finding, as meant as they stand.",
                False,
            ),
            ("next-field", "tab", "next field", "Move between the text, the state and the next update.", False),
            ("previous-field", "shift+tab", "field before", "Move to the field before.", False),
            ("post", "p,enter", "write", "Start or go on with the update of this incident.", True),
            ("back", "escape", "back", "Leave the text; it is saved as typed.", True),
            ("undo", "u", "undo", "Take back a declaration of which nothing was sent.", False),
        ),
    ),
    *_scope(
        "review",
        (
            ("send", "enter", "send", "Start the send window; it can be taken back until it ends.", True),
            ("back", "escape", "back", "Go back to the text.", True),
            ("copy", "y,ctrl+y", "copy", "Copy the text.", True),
            ("page-down", "pagedown,space", "scroll", "Scroll the text down.", False),
            ("page-up", "pageup", "scroll back", "Scroll the text up.", False),
        ),
    ),
    *_scope(
        "send",
        (
            ("take-back", "u,ctrl+z", "take back", "Take the update back: nothing is sent.", True),
            ("send-now", "enter", "send now", "Do not wait for the end of the window.", True),
        ),
    ),
    *_scope(
        "uncertain",
        (
            ("adopt", "a", "it is there", "The chosen message on the page is this update: take it as sent.", True),
            ("again", "ctrl+s", "again", "Put the update back into the queue: it may arrive twice.", True),
            ("drop", "d", "drop", "Give the update up; a second press confirms, since it cannot be taken back.", True),
            ("down", "j,down", "down", "Choose the message below.", False),
            ("up", "k,up", "up", "Choose the message above.", False),
            ("page-down", "pagedown,space", "scroll", "Scroll both texts down.", False),
            ("page-up", "pageup", "scroll back", "Scroll both texts up.", False),
            ("next", "n,tab", "next", "Look at the next update that needs a decision.", False),
            ("back", "escape", "later", "Leave it for later.", True),
        ),
    ),
    *(action for scope, rows in OVER.items() for action in _scope(scope, rows)),
    *_scope(
        "conflict",
        (
            ("take-theirs", "t", "take theirs", "Go on with what stands now; one undo brings your text back.", True),
            ("use-mine", "ctrl+s", "use mine", "Keep mine, having seen theirs.", True),
            ("edit-both", "e", "both", "Put both into the field, to make one of them.", True),
            ("page-down", "pagedown,space", "scroll", "Scroll both texts down.", False),
            ("page-up", "pageup", "scroll back", "Scroll both texts up.", False),
            ("back", "escape", "back", "Leave it for later.", True),
        ),
    ),
    *_scope(
        "runbook",
        (
            ("cursor-down", "j,down", "down", "Move to the next step.", False),
            ("cursor-up", "k,up", "up", "Move to the step before.", False),
            ("tick", "space", "tick", "Tick the step, or take the tick away.", True),
            ("skip", "x", "skip", "Skip the step and say why.", True),
            ("fold", "z", "context", "Show or hide what the runbook explains.", True),
            ("undo", "u", "undo", "Take back the last tick.", False),
        ),
    ),
    *_scope(
        "timeline",
        (
            ("note", "o", "note", "Add a note to the timeline.", True),
            ("correct", "e", "correct", "Put other words into an update that customers have read.", True),
            ("scroll-down", "j,down", "down", "Scroll down.", False),
            ("scroll-up", "k,up", "up", "Scroll up.", False),
        ),
    ),
    *_scope(
        "line",
        (
            ("store", "enter", "store", "Write it down.", True),
            ("give-up", "escape", "back", "Leave without writing it down.", True),
        ),
    ),
    *_scope(
        "facts",
        (
            ("next-line", "tab,down", "next line", "Move to the next fact.", True),
            ("previous-line", "shift+tab,up", "line before", "Move to the fact before.", False),
            ("leave", "escape", "text", "Go back to the text; the facts are kept.", True),
        ),
    ),
    *_scope(
        "templates",
        (
            ("down", "j,down", "down", "Move down.", False),
            ("up", "k,up", "up", "Move up.", False),
            ("choose", "enter", "take", "Put these words around what you wrote.", True),
            ("back", "escape,ctrl+f", "back", "Leave without a choice.", True),
        ),
    ),
    *_scope(
        "preview",
        (
            ("next", "tab,right", "next", "Show the next channel.", True),
            ("previous", "shift+tab,left", "before", "Show the channel before.", True),
            ("page-down", "pagedown,space", "scroll", "Scroll down.", False),
            ("page-up", "pageup", "scroll back", "Scroll up.", False),
            ("back", "escape,f7", "back", "Go back to the text.", True),
        ),
    ),
    *_scope(
        "drafts",
        (
            ("down", "j,down", "down", "Move down.", False),
            ("up", "k,up", "up", "Move up.", False),
            ("open", "enter", "open", "Go on with the draft.", True),
            ("new", "n", "new", "Begin another draft of the current incident.", True),
            ("rename", "r", "rename", "Give the draft a name.", True),
            ("hand-over", "h", "hand over", "Give the draft to somebody else.", True),
            ("take-over", "t", "take over", "Take the draft from whoever has it.", True),
            ("delete", "x", "delete", "Put the draft away; undo brings it back.", True),
            ("undo", "u,ctrl+z", "undo", "Take back the last of these.", True),
            ("page-down", "pagedown,space", "scroll", "Scroll the words down.", False),
            ("page-up", "pageup", "scroll back", "Scroll the words up.", False),
            ("back", "escape,ctrl+o", "back", "Go back to the text.", True),
        ),
    ),
    *_scope("wall", (("quit", "q,ctrl+q", "leave", "Leave the wall.", False),)),
)

#: What opens a screen or a text: where it does not, what was typed behind it is meant for nothing else.
OPENING = frozenset(
    f"{scope}.{name}"
    for scope, names in (
        ("app", "declare post set-state note decide show-planned show-postmortem show-help command-palette"),
        ("probes", "history filter acknowledge upkeep snooze"),
        ("incidents", "open new correct letters"),
        ("field", "open"),
        ("compose", "review compare set-state set-components choose-template drafts preview show-changes post"),
        ("drafts", "rename hand-over"),
        ("runbook", "skip"),
        ("timeline", "note correct"),
        ("planned", "plan change remind start extend finish call-off decide"),
        ("postmortem", "edit publish take-back"),
        ("correct", "review"),
        ("plan", "review"),
    )
    for name in names.split()
)
#: What says yes to something that a person must have had before their eyes.
SIGHTED = frozenset({"review.send", "send.send-now"}) | {
    f"{scope}.{name}" for scope in ("uncertain", "notice") for name in ("adopt", "again", "drop")
}


def name_action(node: DOMNode | None, method: object) -> str:
    """Returns the id of the action that a method of a node stands for, empty when it is none of ours."""
    bindings = () if node is None else (binding for _, binding in node._bindings)
    return next((binding.id for binding in bindings if binding.id and binding.action == method), "")


def actions_of(scope: str) -> tuple[Action, ...]:
    """Returns the actions of one scope in the order of the registry."""
    return tuple(action for action in ACTIONS if action.scope == scope)


def bindings_of(scope: str, first: Collection[str] = ()) -> list[BindingType]:
    """Returns the bindings of one scope; each carries the action's id, so that a keymap can move it.

    Those of `first` act before the next key is looked at, so that what is typed right after them goes where they lead.
    """
    return [
        Binding(
            action.keys, action.method, action.title, show=action.is_shown, id=action.id, tooltip=action.help,
            priority=action.method in first,
        )
        for action in actions_of(scope)
    ]  # fmt: skip
