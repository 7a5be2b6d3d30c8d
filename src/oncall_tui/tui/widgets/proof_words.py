"""How far an update has got, page by page: each step with its time, and loudly where a page shows something else."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace
from textual.content import Content

from oncall_tui.domain.update import DeliveryState, IncidentUpdate, Proof
from oncall_tui.tui.text import DELIVERY_LOOK, Glyphs, clock_utc, cut, fit, join, line, look, wrap
from oncall_tui.tui.widgets.compose_words import draw_delivery

_NAME_MOST = 20
_DIFFERENCE_ROWS = 3
_REASON_ROWS = 3
_GAP = Content("  ")
NamePage = Callable[[str], str]


def draw_proofs(update: IncidentUpdate, name_page: NamePage, width: int) -> list[Content]:
    """Returns how far an update has got in at most `width` cells a line: a line a page where there are several."""
    proofs = update.proofs
    if len(proofs) > 1:
        names = {proof.page: cut(line(name_page(proof.page), "bold"), _NAME_MOST) for proof in proofs}
        room = max(name.cell_length for name in names.values())
        lines = [row for proof in proofs for row in _draw_page(proof, fit(names[proof.page], room), width)]
    else:
        lines = _draw_only(update, width).wrap(width)[:_REASON_ROWS]
    return [*lines, *draw_differences(update, name_page, width)]


def draw_differences(update: IncidentUpdate, name_page: NamePage, width: int) -> list[Content]:
    """Returns where customers read something else than what was sent, no lines when nowhere."""
    lines: list[Content] = []
    for proof in update.proofs:
        if proof.difference:
            told = "NOT AS SENT" if update.is_local else "CHANGED SINCE"
            rows = wrap(f"{Glyphs.show('▲')} {told} on {name_page(proof.page)}: {proof.difference}", width)
            lines += [line(row, "bold $state-partial") for row in rows[:_DIFFERENCE_ROWS]]
    return lines


def draw_proof_line(update: IncidentUpdate, name_page: NamePage, width: int) -> Content:
    """Returns the same in one line: the steps of the one page, or where it stands on each of several."""
    proofs = update.proofs
    if len(proofs) < 2:
        return _draw_only(update, width)
    return Content("   ").join(join((f"{name_page(proof.page)} ", "bold"), _draw_state(proof)) for proof in proofs)


def _draw_only(update: IncidentUpdate, width: int) -> Content:
    """What waits says so in its state; the time at which it was queued adds nothing to when it was written."""
    known = [proof for proof in update.proofs if update.is_local and proof.sent_at is not None]
    steps = [step for proof in known for step in _list_steps(replace(proof, queued_at=None))]
    return add_fitting(draw_delivery(update), steps, width)


def _draw_page(proof: Proof, name: Content, width: int) -> list[Content]:
    lead = join(name, "  ", _draw_state(proof))
    row = add_fitting(lead, _list_steps(proof), width)
    if not proof.reason:
        return [row]
    reason = join((proof.reason, "$muted"))
    if row.cell_length + 2 + reason.cell_length <= width:
        return [join(row, "  ", reason)]
    indent = " " * (name.cell_length + 2)
    return [row, *(join(indent, (words, "$muted")) for words in wrap(proof.reason, max(8, width - len(indent)))[:2])]


def _draw_state(proof: Proof) -> Content:
    if proof.seen_at is not None and proof.state is DeliveryState.DELIVERED:
        return join((f"{Glyphs.show('✓')} SEEN", "$state-ok"))
    return look(*DELIVERY_LOOK[proof.state])


def _list_steps(proof: Proof) -> list[Content]:
    """Returns the steps that are known to have happened, in their order, queued first."""
    # An attempt whose end is not known may have sent nothing.
    steps = (proof.queued_at, proof.sent_at, proof.accepted_at, proof.seen_at)
    sent = "sent" if proof.accepted_at is not None else "tried"
    return [
        join((f"{name} ", "$muted"), clock_utc(at).removesuffix(" UTC"))
        for name, at in zip(("queued", sent, "accepted", "seen"), steps, strict=True)
        if at is not None
    ]


def add_fitting(lead: Content, steps: list[Content], width: int) -> Content:
    """Returns the lead with the steps behind it, without the first ones that do not fit."""
    while steps:
        row = join(lead, "   ", _GAP.join(steps))
        if row.cell_length <= width:
            return row
        steps = steps[1:]
    return lead
