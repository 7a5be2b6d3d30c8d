"""What the compose pane says around the text: pure drawing of what it knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from textual.content import Content

from oncall_tui.domain.cadence import CLOCK_STEP_MS, Urgency, describe_due, judge_due
from oncall_tui.domain.duration import MINUTE, format_age
from oncall_tui.domain.incident import ComponentStatus, Incident, IncidentStatus
from oncall_tui.domain.lint.model import LONG_TITLE
from oncall_tui.domain.promise import Score
from oncall_tui.domain.sanitize import clean_line
from oncall_tui.domain.template import say_length
from oncall_tui.domain.update import BODY_LIMIT, TITLE_LIMIT, DeliveryState, Draft, IncidentUpdate
from oncall_tui.tui.draft_keeper import Saving
from oncall_tui.tui.drafting import OpenedDraft, live_terminals, name_draft
from oncall_tui.tui.snapshot import Snapshot
from oncall_tui.tui.text import (
    COMPONENT_LOOK,
    DELIVERY_LOOK,
    STATUS_LOOK,
    Glyphs,
    block,
    clock_utc,
    cut,
    join,
    line,
    look,
    wrap,
)
from oncall_tui.tui.widgets.reach_mark import mark_reach

_DUE_MINUTES = (15, 20, 30, 60, 120, 240)
_NAME_AT_LEAST = 12
#: So many of its first letters tell that a sentence which was cut ends with a text.
_CUT_LEAST = 40
DUE_STYLE = {
    Urgency.CALM: "$muted",
    Urgency.SOON: "$state-slow",
    Urgency.URGENT: "bold $state-partial",
    Urgency.LATE: "bold $state-down",
}


def list_dues(
    status: IncidentStatus, chosen: int | None, usual_at: int | None, now: int
) -> list[tuple[int | None, Content]]:
    """Returns the promises to choose from: `usual_at` of the rhythm, the chosen one, some lengths, and none."""
    if not status.is_open:
        return [(None, line("none, it is over", "$muted"))]
    usual = {-(-(now + minutes * MINUTE) // CLOCK_STEP_MS) * CLOCK_STEP_MS for minutes in _DUE_MINUTES}
    dues = usual | {due for due in (usual_at, chosen) if due is not None}
    options: list[tuple[int | None, Content]] = [
        (due, line(clock_utc(due, has_seconds=False), "bold")) for due in sorted(dues)
    ]
    return [*options, (None, line("no promise", "$muted"))]


def draw_head(incident: Incident, draft: Draft, drafts: Sequence[Draft], width: int) -> Content:
    """Returns which incident this is, where it stands now, and which of its drafts this is where there are more."""
    own = [item.id for item in drafts if item.incident_id == incident.id]
    which = ""
    if len(own) > 1 or draft.name:
        count = f" {sorted(own).index(draft.id) + 1}/{len(own)}" if draft.id in own and len(own) > 1 else ""
        which = f"  draft{count} {name_draft(draft)}"
    state = join(("  now ", "$muted"), look(*STATUS_LOOK[incident.status]), (which, "$muted"))
    title = join(mark_reach(incident), (clean_line(incident.title, TITLE_LIMIT), "bold"))
    return join(cut(title, max(_NAME_AT_LEAST, width - state.cell_length)), state)


def draw_components(
    page: Mapping[str, ComponentStatus | None],
    before: Mapping[str, ComponentStatus],
    chosen: Mapping[str, ComponentStatus],
    width: int,
) -> list[Content]:
    """Returns each component with the state that customers see and the one that the update sets, on lines as needed."""
    label = line("components ", "$muted")
    if not chosen:
        return [join(label, ("none, f3 chooses them", "$muted"))]
    parts = [
        join((f"{name} ", "bold"), _draw_change(page.get(name) or before.get(name), status))
        for name, status in chosen.items()
    ]
    together = join(label, Content("   ").join(parts))
    if together.cell_length <= width:
        return [together]
    if len(chosen) == 1 and together.cell_length - label.cell_length <= width:
        return [parts[0]]
    lead = label
    lines: list[Content] = []
    for name, status in chosen.items():
        change = _draw_change(page.get(name) or before.get(name), status)
        room = width - label.cell_length - change.cell_length - 1
        shown = cut(line(name, "bold"), room) if room >= _NAME_AT_LEAST else line(name, "bold")
        if room >= _NAME_AT_LEAST:
            lines.append(join(lead, shown, " ", change))
        else:
            lines += [join(lead, shown), join(" " * label.cell_length, "  ", change)]
        lead = Content(" " * label.cell_length)
    return lines


def draw_component_count(chosen: Mapping[str, ComponentStatus], width: int) -> Content:
    """Returns in one row how many components an update touches, the worst named."""
    name, status = max(chosen.items(), key=lambda item: list(ComponentStatus).index(item[1]))
    label = join((f"{len(chosen)} components ", "$muted"))
    return cut(join(label, (f"{name} ", "bold"), look(*COMPONENT_LOOK[status])), width)


def _draw_change(seen: ComponentStatus | None, status: ComponentStatus) -> Content:
    """Returns the state that an update sets, after the one that customers see where that is another."""
    change = look(*COMPONENT_LOOK[status])
    if seen is None or seen is status:
        return change
    return join(look(*COMPONENT_LOOK[seen]), (f" {Glyphs.show('→')} ", "$muted"), change)


def draw_counts(
    length: int, title: str, saving: Saving, is_dirty: bool, promise: Content | None, due: str, now: int
) -> list[Content]:
    """Returns whether the text is on disk, its size, how long customers still wait, and what it promises them next."""
    size = f"{length}/{BODY_LIMIT}"
    saved = draw_saving(saving, is_dirty, now)
    if length > BODY_LIMIT and not saving.error:
        saved = join((f"only the first {BODY_LIMIT} are saved", "bold $state-down"))
    parts = [saved, join((size, "bold $state-down" if length > BODY_LIMIT else "$muted"))]
    if promise is not None:
        parts.append(promise)
    if due:
        parts.append(join((f"next update {due}" if promise is None else f"then {due}", "$muted")))
    if len(title) > LONG_TITLE:
        parts.append(join((f"title {len(title)}/{TITLE_LIMIT}", "$state-slow")))
    return parts


def draw_saving(saving: Saving, is_dirty: bool, now: int) -> Content:
    """Returns the word for the draft's state on disk; "saved" is never said of what is only on the screen."""
    if saving.error:
        return join((f"NOT SAVED: {saving.error}", "bold $state-down"))
    if is_dirty or saving.saved_at is None:
        return join(("saving", "$state-slow"))
    age_s = max(0, now - saving.saved_at) // 1000
    age = f"{age_s} s" if age_s < 60 else format_age(now - saving.saved_at)
    return join((f"draft saved {age} ago", "$muted"))


def draw_promise(incident: Incident, now: int) -> Content | None:
    """Returns how long customers still wait for the words that were promised, None where nothing was."""
    due_at = incident.next_update_at
    if due_at is None or not incident.status.is_open:
        return None
    return join(("due ", "$muted"), (describe_due(due_at, now), DUE_STYLE[judge_due(due_at, now)]))


def draw_score(score: Score) -> Content:
    """Returns how many of the promises that were due were kept."""
    return join(
        ("kept ", "$muted"), (f"{score.met}/{score.due}", "$muted" if score.met == score.due else "$state-slow")
    )


def draw_offer(interval_ms: int, open_ms: int) -> Content:
    """Returns the offer of a slower rhythm."""
    words = f"open for {format_age(open_ms)}: an update every {say_length(interval_ms)} from now on, and customers told"
    return join(("f10 ", "bold"), (words, "$state-slow"))


def list_notices(
    opened: OpenedDraft, snapshot: Snapshot, terminal_id: str, actor: str, *, is_sending: bool, now: int
) -> list[Content]:
    """Returns what the writer should know: others at work, words left behind, a send that did not happen."""
    notices: list[Content] = []
    if opened.draft.confirmed_at is not None and not is_sending:
        when = clock_utc(opened.draft.confirmed_at)
        notices.append(
            join((f"{Glyphs.show('✖')} 1 update was not sent: ", "bold $state-down"), f"confirmed at {when}.")
        )
    if opened.left_at is not None:
        who = "You" if opened.draft.created_by == actor else opened.draft.created_by
        notices.append(join((f"{who} left this draft ", "$state-slow"), f"{format_age(now - opened.left_at)} ago."))
    if opened.draft.asked_by not in ("", actor) and not is_sending:
        asked = f"{opened.draft.asked_by} asks you to send this as it stands: "
        notices.append(
            join((asked, "bold $state-slow"), ("^s", "bold"), " reviews it, other words need another person.")
        )
    elif opened.draft.handed_by not in ("", actor) and not is_sending:
        notices.append(join((f"{opened.draft.handed_by} had this draft before you.", "$state-slow")))
    terminals = live_terminals(snapshot.terminals, now)
    for draft in snapshot.drafts:
        other = terminals.get(draft.terminal_id)
        if other is not None and draft.incident_id == opened.incident.id and draft.terminal_id != terminal_id:
            who = f"{other.actor} is writing too (pid {other.pid} on {other.host})."
            notices.append(join((f"{Glyphs.show('▲')} ", "$state-slow"), (who, "$state-slow")))
    if opened.incident.conflict:
        sign = (f"{Glyphs.show('▲')} on the page: ", "bold $state-slow")
        notices.append(join(("f5 ", "bold"), "compares   ", sign, opened.incident.conflict))
    return notices


def draw_delivery(update: IncidentUpdate) -> Content:
    """Returns how far a message has got; queued, accepted and seen by customers each look their own way."""
    if update.seen_at is not None:
        return join((f"{Glyphs.show('✓')} SEEN by customers ", "$state-ok"), (clock_utc(update.seen_at), "$state-ok"))
    shape, word, style = DELIVERY_LOOK[update.delivery]
    at = f" {clock_utc(update.delivered_at)}" if update.delivered_at is not None else ""
    reason = f": {update.reason}" if update.reason else ""
    return join(look(shape, word, style), (at, style), (reason, "$muted"))


def draw_reach(update: IncidentUpdate, name_page: Callable[[str], str], width: int) -> list[Content]:
    """Returns who has got a message: pages that took it, with those who subscribed there, and channels beside them."""
    if not update.is_local:
        return []
    told = [proof for proof in update.proofs if proof.state is DeliveryState.DELIVERED]
    pages = [
        f"{name_page(proof.page)} and its subscribers (how many is not known)"
        for proof in told
        if not proof.is_broadcast
    ]
    channels = [name_page(proof.page) for proof in told if proof.is_broadcast]
    if not pages and not channels:
        is_known = all(proof.state is not DeliveryState.UNCERTAIN for proof in update.proofs)
        words = "nobody yet" if is_known else "not known yet: the page may have it"
        return [join(("reached    ", "$muted"), (words, "$state-slow"))]
    label = line("reached    ", "$muted")
    names = wrap(", ".join([*pages, *channels]), max(_NAME_AT_LEAST, width - label.cell_length))
    return [join(" " * label.cell_length if at else label, row) for at, row in enumerate(names)]


def draw_next(incident: Incident, now: int) -> list[Content]:
    """Returns what customers were promised next, while the incident is open."""
    due_at = incident.next_update_at
    if not incident.status.is_open:
        return []
    if due_at is None:
        return [join(("promised   ", "$muted"), ("nothing", "$state-slow"))]
    left = (describe_due(due_at, now), DUE_STYLE[judge_due(due_at, now)])
    arrow = f" {Glyphs.show('→')} "
    return [
        join(("promised   ", "$muted"), f"{clock_utc(due_at, has_seconds=False)}  ", left),
        join(("unchanged  ", "$muted"), ("p", "bold"), arrow, ("^s", "bold"), arrow, ("enter", "bold"), " says so"),
    ]


def draw_idle(incident: Incident | None, told: Sequence[Content], width: int, *, is_draft: bool) -> list[Content]:
    """Returns what stands in the pane while nothing is written, wrapped to `width` cells; `told` are the last words."""
    if incident is None:
        words = "i on a red probe declares one and writes its first words."
        return [line("No incident is chosen."), *(line(row, "$muted") for row in wrap(words, width))]
    verb = "go on with the draft" if is_draft else "write an update"
    title = [line(row, "bold") for row in wrap(clean_line(incident.title, TITLE_LIMIT), width)]
    lines = [*title, Content(""), join(("p ", "bold"), verb)]
    return [*lines, Content(""), line("Last words to customers", "$muted"), *told] if told else lines


def draw_body(text: str, width: int, rows: int) -> list[Content]:
    """Returns the first rows of a message wrapped to `width` cells; what is left out is said."""
    wrapped = wrap(text, max(8, width))
    if len(wrapped) <= rows:
        return [line(row) for row in wrapped]
    return [*(line(row) for row in wrapped[: rows - 1]), line(f"and {len(wrapped) - rows + 1} more lines", "$muted")]


def draw_words(status: IncidentStatus, title: str, news: str, body: str) -> Content:
    """Returns one side of a conflict: state, title, what happened on the page beside the text, and the text."""
    rows = [look(*STATUS_LOOK[status])]
    if title:
        rows.append(line(title, "bold"))
    if news:
        rows.append(line(_leave_out(news, body).replace(f"; title: {title}", ""), "$state-slow"))
    return Content("\n").join([*rows, block(body)])


def _leave_out(news: str, body: str) -> str:
    """Returns a sentence without the words that stand below it; of long ones it has the beginning alone."""
    words = f": {body}"
    at = news.find(words) if body.strip() else len(news)
    if at < 0:
        at = news.rfind(words[:_CUT_LEAST])
        return news[:at] if at >= 0 and words.startswith(news[at:]) else news
    return news[:at] + news[at + len(words) :]
