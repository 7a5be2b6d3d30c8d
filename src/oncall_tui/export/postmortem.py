"""The first draft of a review, half written from what was recorded; gaps in brackets are for people to fill."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from oncall_tui.domain.duration import format_duration
from oncall_tui.domain.incident import ComponentStatus, Incident, IncidentStatus
from oncall_tui.domain.postmortem import Milestones, find_milestones, find_worst_states
from oncall_tui.domain.promise import list_promises, list_told, score_promises
from oncall_tui.domain.template import NO_COMPONENT, join_names, say_length
from oncall_tui.domain.update import IncidentUpdate
from oncall_tui.export.markdown import escape_line, quote
from oncall_tui.export.review import Facts

_FELT = {
    ComponentStatus.OPERATIONAL: "kept working",
    ComponentStatus.UNDER_MAINTENANCE: "was under maintenance",
    ComponentStatus.DEGRADED_PERFORMANCE: "was slower or less reliable than usual",
    ComponentStatus.PARTIAL_OUTAGE: "was not available to some",
    ComponentStatus.MAJOR_OUTAGE: "was not available",
}
_WHYS = 5


def draft_public(facts: Facts) -> str:
    """Returns what customers may read: no person, host or note of ours gets in."""
    incident, updates = facts.incident, facts.updates
    milestones = find_milestones(incident, updates, facts.entries)
    told = [
        (at, update)
        for update in updates
        if (at := _told_at(update)) is not None and update.status is not IncidentStatus.POSTMORTEM
    ]
    parts = [
        f"# {escape_line(incident.title)}",
        "## What you felt",
        _say_impact(incident, milestones),
        "\n".join(
            f"- {escape_line(name)} {_FELT[worst]}" for name, worst in find_worst_states(incident, updates).items()
        ),
        escape_line(incident.scope, 5_000),
        "## What happened",
        "[what went wrong and why, in words that customers use]",
        "## Timeline (all times in UTC)",
        _list_public_events(incident, milestones, told),
        "## How long it took",
        "\n".join(f"- {what}: {say_length(ms)}" for what, ms in _list_durations(milestones) if ms is not None),
        "## What we told you",
        "\n\n".join(f"**{_show(at)}, {update.status}**\n\n{quote(update.body)}" for at, update in _sort_by_time(told))
        or "[nothing was published while it lasted: say why]",
        "## What we do so that it does not happen again",
        "- [what is changed, and by when]",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def draft_internal(facts: Facts) -> str:
    """Returns what the team reads: who did what, how far each update had got when, and the questions to answer."""
    incident, updates = facts.incident, facts.updates
    milestones = find_milestones(incident, updates, facts.entries)
    known = [
        ("severity", f"SEV{int(incident.severity)}, impact {incident.impact}, cause {incident.cause}"),
        ("declared by", incident.created_by),
        ("components", join_names(list(incident.components))),
        ("probes", join_names(incident.probes)),
        ("runbook", incident.runbook or ""),
    ]
    moments = [
        ("began", milestones.started_at),
        ("detected", milestones.detected_at),
        ("first update queued", milestones.queued_at),
        ("first update sent", milestones.sent_at),
        ("first update accepted", milestones.accepted_at),
        ("first update seen on the page", milestones.seen_at),
        ("resolved", milestones.resolved_at),
    ]
    parts = [
        f"# Internal review of #{incident.id}: {escape_line(incident.title)}",
        "\n".join(f"- {what}: {escape_line(value)}" for what, value in known if value),
        "## When",
        "\n".join(f"- {what}: {_show_exactly(at)}" for what, at in moments),
        "\n".join(
            f"- {what}: {'not known' if ms is None else format_duration(ms)}"
            for what, ms in _list_durations(milestones)
        ),
        f"- promised updates: {_score(updates)}",
        "## What customers were told, and how far it got",
        "\n\n".join(_prove(update) for update in updates) or "Nothing.",
        "## Timeline (all times in UTC)",
        "\n".join(
            f"- {_show_exactly(entry.occurred_at)} {entry.kind}, {escape_line(entry.actor)}: "
            f"{escape_line(entry.text, 4_000)}"
            for entry in sorted(facts.entries, key=lambda entry: (entry.occurred_at, entry.id))
        ),
        "## Why",
        "\n".join(f"{number}. Why? [because, with evidence]" for number in range(1, _WHYS + 1)),
        "- Why did we not notice it sooner? [because]",
        "- Why did customers not hear of it sooner? [because]",
        "## Follow-up",
        "- [action, owner, due day, the check that proves it]",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _score(updates: Sequence[IncidentUpdate]) -> str:
    """Returns how many promises of a next update were kept, judged as of the last one."""
    told = list_told(updates)
    return str(score_promises(list_promises(told, told[-1].at if told else 0)))


def _sort_by_time(told: Sequence[tuple[int, IncidentUpdate]]) -> list[tuple[int, IncidentUpdate]]:
    """Returns updates in the order in which customers got them."""
    return sorted(told, key=lambda each: (each[0], each[1].id))


def _told_at(update: IncidentUpdate) -> int | None:
    """Returns when the first page accepted an update, None for one that no customer got."""
    return min((proof.accepted_at for proof in update.proofs if proof.accepted_at is not None), default=None)


def _say_impact(incident: Incident, milestones: Milestones) -> str:
    names = escape_line(join_names(list(incident.components)) or NO_COMPONENT, 2_000)
    if milestones.resolved_at is None:
        return f"A problem with {names} began on {_show(milestones.started_at)}. It is not over yet."
    length = say_length(max(0, milestones.resolved_at - milestones.started_at))
    return (
        f"From {_show(milestones.started_at)} to {_show(milestones.resolved_at)}, for {length}, "
        f"there was a problem with {names}."
    )


def _list_public_events(incident: Incident, milestones: Milestones, told: Sequence[tuple[int, IncidentUpdate]]) -> str:
    events = [
        (milestones.started_at, 0, "it began"),
        (milestones.detected_at, 1, "we noticed it"),
        *((at, 2, f"we told you: {update.status}") for at, update in told),
    ]
    if milestones.resolved_at is not None:
        events.append((milestones.resolved_at, 3, "it was over"))
    return "\n".join(f"- {_show(at)}: {what}" for at, _, what in sorted(events))


def _list_durations(milestones: Milestones) -> list[tuple[str, int | None]]:
    """Returns the lengths from the beginning; one whose end is not known, or lies before the beginning, is None."""
    ends = [
        ("to notice it", milestones.detected_at),
        ("to tell customers", milestones.told_at),
        ("to resolve it", milestones.resolved_at),
    ]
    began = milestones.started_at
    return [(what, None if at is None or at < began else at - began) for what, at in ends]


def _prove(update: IncidentUpdate) -> str:
    lines = [f"**{_show_exactly(update.created_at)}, {update.status}, by {escape_line(update.created_by)}**", ""]
    for proof in update.proofs:
        steps = [
            ("queued", proof.queued_at),
            ("sent", proof.sent_at),
            ("accepted", proof.accepted_at),
            ("seen", proof.seen_at),
        ]
        known = ", ".join(f"{step} {_show_exactly(at)}" for step, at in steps if at is not None)
        why = f" ({escape_line(proof.reason)})" if proof.reason else ""
        lines.append(f"- {escape_line(proof.page)}: {proof.state}{why}{', ' if known else ''}{known}")
    return "\n".join([*lines, "", quote(update.body)])


def _show(at: int) -> str:
    """Returns an instant to the minute, as `22 November 2026, 14:05`."""
    moment = _read(at)
    return f"{moment.day} {moment:%B %Y, %H:%M}" if moment else "an unknown time"


def _show_exactly(at: int | None) -> str:
    """Returns an instant to the second, as `2026-11-22 14:05:07`."""
    moment = None if at is None else _read(at)
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment else "not known"


def _read(at: int) -> datetime | None:
    try:
        return datetime.fromtimestamp(at / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
