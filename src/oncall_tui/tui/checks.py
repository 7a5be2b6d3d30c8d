"""What the rules and the pages say about an update as it stands, and what of it a person let pass."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from oncall_tui.domain.capability import Loss, Said, list_losses
from oncall_tui.domain.errors import RefusedError
from oncall_tui.domain.incident import ComponentStatus, IncidentStatus
from oncall_tui.domain.lint.model import Finding, Level, Part
from oncall_tui.domain.sanitize import clean_block
from oncall_tui.domain.shortform import Form, Room, derive_short
from oncall_tui.domain.update import Waiver

if TYPE_CHECKING:
    from oncall_tui.domain.capability import Capabilities
    from oncall_tui.domain.lint.model import Context, Tuning

#: So much of a text is checked; the page takes less.
_CHECKED = 30_000
_CHANNEL_GROUPS = ("LN", "PH", "SE")
#: Lengths that are the page's, or that a short form keeps to by itself, whatever room its channel was given.
_FITTED = frozenset({"LN001", "LN002", "LN003", "LN004", "LN005"})


class PageLoss(Struct, frozen=True):
    """What one page cannot hold of the update, or what is wrong with it in one channel; `name` is what it is called."""

    page: str
    name: str
    loss: Loss


class Passed(Struct, frozen=True):
    """A finding that a person let pass, a block with a reason."""

    finding: Finding
    waiver: Waiver


class Checked(Struct, frozen=True):
    """All that stands against an update: remarks about its words, and what pages would lose or refuse.

    `findings` are those that stand, worst first; `passed` are those that do not any more. `promise_at` is when
    customers hear again by the words, where that is another time than the one that was known.
    """

    findings: Sequence[Finding] = ()
    losses: Sequence[PageLoss] = ()
    passed: Sequence[Passed] = ()
    promise_at: int | None = None

    @property
    def is_sendable(self) -> bool:
        return not self.obstacle

    @property
    def obstacle(self) -> str:
        """The first reason for which it cannot be sent, empty when it can."""
        blocks = [finding.message for finding in self.findings if finding.level is Level.BLOCK]
        blocks += [f"{item.name}: {item.loss.message}." for item in self.losses if item.loss.is_blocking]
        return blocks[0] if blocks else ""


class Target(Struct, frozen=True):
    """A page that an update goes to, as far as it is known: what it is called, what it holds, how much it was told.

    `title` is what it calls the incident, None before it has it.
    """

    page: str
    name: str
    capabilities: Capabilities | None
    updates_before: int
    title: str | None = None


class Channel(Struct, frozen=True):
    """A channel of the config beside the pages, and the room that it has."""

    name: str
    room: Room


class Checkable(Struct, frozen=True):
    """An update as it stands at one moment, with all that is known for its rules: nothing in it changes any more.

    `is_promise_in_words` lets the promise follow the one time that the words name.
    """

    title: str
    body: str
    status: IncidentStatus
    components: dict[str, ComponentStatus]
    said: tuple[Said, ...]
    has_impact_override: bool
    targets: tuple[Target, ...]
    context: Context
    tuning: Tuning
    waivers: tuple[Waiver, ...] = ()
    channels: tuple[Channel, ...] = ()
    url: str | None = None
    is_promise_in_words: bool = False


def check(update: Checkable) -> Checked:
    """Runs all rules; takes milliseconds of pure work, and so its own thread where a screen waits."""
    from oncall_tui import spelling
    from oncall_tui.domain.lint.catalogue import lint

    context = replace(update.context, suggest=spelling.suggest) if spelling.is_warm() else update.context
    body = clean_block(update.body, _CHECKED)
    promise_at = _find_told(update, body) if update.is_promise_in_words else None
    if promise_at is not None:
        context = replace(context, promise_at=promise_at, has_promise=True)
    standing: list[Finding] = []
    passed: list[Passed] = []
    for finding in lint(update.title, body, context, update.tuning):
        waiver = find_waiver(finding, update.title, body, update.waivers)
        if waiver is None:
            standing.append(finding)
        else:
            passed.append(Passed(finding, waiver))
    known = {
        (item.rule, phrase_of(item, update.title, body)) for item in (*standing, *(each.finding for each in passed))
    }
    losses = [*_find_losses(update), *_look_at_channels(update, body, context, known)]
    return Checked(tuple(standing), tuple(losses), tuple(passed), promise_at)


def _find_told(update: Checkable, body: str) -> int | None:
    """Returns when customers hear again by the words, None where they name no such time or the one that is known."""
    from oncall_tui.domain.cadence import CLOCK_STEP_MS
    from oncall_tui.domain.lint.promises import find_own_promise
    from oncall_tui.domain.lint.reading import Reading

    now, known = update.context.now, update.context.promise_at
    if now is None or not update.status.is_open:
        return None
    told = find_own_promise(Reading(body), now)
    if told is None or (known is not None and told.is_kept_by(known)):
        return None
    return told.at if told.is_exact else -(-told.at // CLOCK_STEP_MS) * CLOCK_STEP_MS


def phrase_of(finding: Finding, title: str, body: str) -> str:
    """Returns the words that a finding speaks of, empty for one about the whole text."""
    return (title if finding.part is Part.TITLE else body)[finding.start : finding.end]


def find_waiver(finding: Finding, title: str, body: str, waivers: Sequence[Waiver]) -> Waiver | None:
    """Returns what lets a finding pass: the same rule about the same words, and for a block a reason."""
    if finding.is_final:
        return None
    phrase = phrase_of(finding, title, body)
    fitting = (waiver for waiver in waivers if waiver.rule == finding.rule and waiver.phrase == phrase)
    return next((waiver for waiver in fitting if waiver.reason or finding.level is not Level.BLOCK), None)


def waive_blocks(
    update: Checkable, findings: Sequence[Finding], reasons: Mapping[str, str], actor: str, now: int
) -> tuple[Waiver, ...]:
    """Returns what lets pass all that blocks and has a reason under its rule."""
    body = clean_block(update.body, _CHECKED)
    passed = (each for each in findings if each.level is Level.BLOCK and each.rule in reasons)
    return tuple(
        Waiver(each.rule, phrase_of(each, update.title, body), actor, now, reasons[each.rule]) for each in passed
    )


def _find_losses(update: Checkable) -> list[PageLoss]:
    """Returns what pages would refuse before what they would not show; a page of unknown kind is taken to hold all."""
    found: list[PageLoss] = []
    for target in update.targets:
        if target.capabilities is not None:
            losses = list_losses(
                target.capabilities,
                title=update.title,
                body=clean_block(update.body).strip(),
                status=update.status,
                components=update.components,
                has_impact_override=update.has_impact_override,
                updates_before=target.updates_before,
                said=update.said,
                title_before=target.title,
            )
            found += [PageLoss(target.page, target.name, loss) for loss in losses]
    return sorted(found, key=lambda item: not item.loss.is_blocking)


def _look_at_channels(
    update: Checkable, body: str, context: Context, known: Collection[tuple[str, str]]
) -> Iterator[PageLoss]:
    """Yields the channels that would get nothing, and what is wrong with the text of one; none of it stops the pages.

    `known` are the rules and phrases that were told of the page's own text.
    """
    from oncall_tui.domain.lint.catalogue import lint

    for channel in update.channels:
        form = channel.room.form
        try:
            short = derive_short(update.title, update.status, body, update.url or "", channel.room)
        except RefusedError as error:
            yield PageLoss(channel.name, channel.name, Loss(f"gets nothing: {error}"))
            continue
        # Readers of a chat do not see what makes its markup inert.
        text = f"{short.title}\n{short.message}\n{update.url}" if form is Form.CHAT else short.text
        subject = short.subject if form is Form.MAIL else ""
        told = replace(context, channel=form.value, full_body=f"{update.title}\n{body}", body_limit=None)
        for finding in lint(subject, text, told, update.tuning, groups=_CHANNEL_GROUPS):
            is_told = (finding.rule, phrase_of(finding, subject, text)) in known
            if finding.level is not Level.INFO and finding.rule not in _FITTED and not is_told:
                yield PageLoss(channel.name, channel.name, Loss(f"{finding.rule} {finding.message}"))
