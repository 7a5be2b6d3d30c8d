"""The pages that customers read: what is wrong now, what is planned, what was. Pure: records in, HTML out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from urllib.parse import quote

from msgspec import Struct

from oncall_tui.domain.incident import Impact, IncidentStatus
from oncall_tui.domain.maintenance import MaintenanceStatus
from oncall_tui.statuspage.boards import Chart, show_components, show_metrics
from oncall_tui.statuspage.html import Html, join, show_block, show_line, tag
from oncall_tui.statuspage.parts import (
    COMPONENT_LABEL,
    MARK,
    MONTHS,
    TONE_COLOUR,
    show_clock,
    show_day,
    show_mark,
    show_time,
)
from oncall_tui.statuspage.records import CLOSED, PageComponent, PageGroup, PageIncident, PageUpdate, Status
from oncall_tui.statuspage.shapes import judge_page
from oncall_tui.statuspage.style import STYLE

HISTORY_DAYS = 15

_STATUS_LABEL: dict[Status, str] = {
    IncidentStatus.INVESTIGATING: "Investigating",
    IncidentStatus.IDENTIFIED: "Identified",
    IncidentStatus.MONITORING: "Monitoring",
    IncidentStatus.RESOLVED: "Resolved",
    IncidentStatus.POSTMORTEM: "Postmortem",
    MaintenanceStatus.SCHEDULED: "Scheduled",
    MaintenanceStatus.IN_PROGRESS: "In progress",
    MaintenanceStatus.VERIFYING: "Verifying",
    MaintenanceStatus.COMPLETED: "Completed",
}
_IMPACT_TONE = {
    Impact.NONE: "ok",
    Impact.MAINTENANCE: "plan",
    Impact.MINOR: "minor",
    Impact.MAJOR: "major",
    Impact.CRITICAL: "critical",
}
_IMPACT_LABEL = {
    Impact.NONE: "No impact",
    Impact.MAINTENANCE: "Maintenance",
    Impact.MINOR: "Minor impact",
    Impact.MAJOR: "Major impact",
    Impact.CRITICAL: "Critical impact",
}
_HEADLINE = {
    Impact.NONE: "All systems operational",
    Impact.MAINTENANCE: "Maintenance under way",
    Impact.MINOR: "Degraded performance",
    Impact.MAJOR: "Partial outage",
    Impact.CRITICAL: "Major outage",
}


class Front(Struct, frozen=True):
    """All that the front page shows, of one moment (`now`)."""

    name: str
    now: int
    components: Sequence[PageComponent]
    groups: Sequence[PageGroup]
    charts: Sequence[Chart]
    live: Sequence[PageIncident]
    active: Sequence[PageIncident]
    upcoming: Sequence[PageIncident]
    past: Sequence[PageIncident]


def render_front(front: Front) -> str:
    """Returns the front page: the headline, what is open, components, plans, and the last fifteen days."""
    impact = judge_page(front.components, [*front.live, *front.active])
    headline, tone = _HEADLINE[impact], _IMPACT_TONE[impact]
    if impact is Impact.NONE and front.live:
        headline, tone = "Systems operational, incident still open", "plan"
    elif not front.components and impact is Impact.NONE:
        headline = "No known problems"
    banner = tag(
        "section",
        show_mark(tone),
        tag("div", tag("h1", headline), tag("p", "As of ", show_time(front.now), class_="soft")),
        class_=f"banner {tone}",
        aria_label="Status now",
    )
    body = join(
        banner,
        _section("Open incidents", [_card(incident) for incident in front.live]),
        _section("Maintenance in progress", [_card(incident, now=front.now) for incident in front.active]),
        show_components(front.components, front.groups),
        show_metrics(front.charts),
        _section("Planned maintenance", [_card(incident) for incident in front.upcoming]),
        _days(front),
    )
    return _document(front.name, f"{headline} · {front.name}", body, tone, refresh_s=60)


def render_incident(name: str, incident: PageIncident, now: int) -> str:
    """Returns one incident with every update, newest first, and its postmortem once that is published."""
    tone = _tone(incident)
    parts = [_card(incident, level="h1", now=now)]
    postmortem = incident.postmortem
    if postmortem is not None and postmortem.body is not None and postmortem.published_at is not None:
        parts.append(
            tag(
                "article",
                tag("h3", "Postmortem"),
                tag("p", "Published ", show_time(postmortem.published_at), class_="soft"),
                tag("p", show_block(postmortem.body), class_="words"),
                class_="sheet incident plan",
                id="postmortem",
            )
        )
    body = join(*parts, tag("p", tag("a", "Back to the present status", href="/"), class_="more"))
    return _document(name, f"{show_line(incident.name)} · {name}", body, tone)


def render_history(name: str, incidents: Sequence[PageIncident], page: int, *, has_more: bool) -> str:
    """Returns one page of everything that ever happened, by month, newest first."""
    months = [
        tag(
            "section",
            tag("h2", f"{MONTHS[month - 1]} {year}"),
            tag("ul", *(tag("li", _past(incident, is_dated=True)) for incident in group), class_="days"),
        )
        for (year, month), group in groupby(incidents, key=lambda each: _month(each.started_at))
    ]
    links = []
    if page > 1:
        links.append(tag("a", "Newer", href=f"/history?page={page - 1}"))
    if has_more:
        links.append(tag("a", "Older", href=f"/history?page={page + 1}"))
    nothing = [] if months else [tag("p", "Nothing has happened so far.", class_="soft")]
    body = join(tag("h1", "History"), *months, *nothing, tag("p", *links, class_="more") if links else "")
    return _document(name, f"History · {name}", body, "ok")


def render_missing(name: str) -> str:
    """Returns the page for an address that leads nowhere."""
    body = join(
        tag("h1", "There is no such page"),
        tag("p", tag("a", "See the present status", href="/"), class_="more"),
    )
    return _document(name, f"Not found · {name}", body, "plan")


def _document(name: str, title: str, body: str, tone: str, refresh_s: int | None = None) -> str:
    icon = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="{TONE_COLOUR[tone]}"'
        f' stroke-width="2.4">{MARK[tone]}</svg>'
    )
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("title", show_line(title)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", http_equiv="refresh", content=str(refresh_s)) if refresh_s else "",
        tag("meta", name="color-scheme", content="light dark"),
        tag("link", rel="icon", href=f"data:image/svg+xml,{quote(icon)}"),
        tag("link", rel="alternate", type="application/atom+xml", title="Incidents", href="/history.atom"),
        tag("style", Html(STYLE)),
    )
    header = tag(
        "header",
        tag("a", show_line(name), href="/", class_="name"),
        tag("nav", tag("a", "History", href="/history"), tag("a", "Feed", href="/history.atom"), aria_label="Pages"),
        class_="top wrap",
    )
    footer = tag(
        "footer",
        tag("p", tag("span", "All times are UTC."), tag("a", "JSON", href="/api/v2/summary.json"), class_="soft"),
        class_="wrap",
    )
    page = tag("html", head, tag("body", header, tag("main", body, class_="wrap"), footer), lang="en")
    return f"<!doctype html>\n{page}\n"


def _month(at: int) -> tuple[int, int]:
    moment = datetime.fromtimestamp(at / 1000, UTC)
    return moment.year, moment.month


def _tone(incident: PageIncident) -> str:
    if incident.is_scheduled:
        return "plan"
    if not incident.is_open:
        return "ok"
    return "plan" if incident.impact is Impact.NONE else _IMPACT_TONE[incident.impact]


def _section(title: str, cards: list[Html]) -> Html:
    return tag("section", tag("h2", title), *cards) if cards else Html("")


def _card(incident: PageIncident, level: str = "h3", now: int | None = None) -> Html:
    name = show_line(incident.name)
    title = tag(level, name) if level == "h1" else tag(level, tag("a", name, href=f"/incidents/{incident.id}"))
    return tag(
        "article",
        title,
        _facts(incident, now),
        tag("ol", *_updates(incident, incident.updates), class_="updates"),
        class_=f"sheet incident {_tone(incident)}",
    )


def _facts(incident: PageIncident, now: int | None = None) -> Html:
    """Work that is under way at `now` although its end has passed is told to take longer."""
    tone = _tone(incident)
    facts = [tag("span", show_mark(tone), _label(incident), class_="state")]
    if not incident.is_scheduled:
        facts.append(tag("span", _IMPACT_LABEL[incident.impact]))
    if incident.components:
        names = ", ".join(show_line(component.name) for component in incident.components)
        facts.append(tag("span", f"Affects {names}"))
    if incident.is_scheduled and incident.scheduled_for is not None and incident.scheduled_until is not None:
        facts.append(tag("span", show_time(incident.scheduled_for), " to ", _until(incident)))
        is_under_way = isinstance(incident.status, MaintenanceStatus) and incident.status.is_active
        if now is not None and is_under_way and incident.scheduled_until < now:
            facts.append(tag("strong", "Takes longer than planned"))
    elif incident.resolved_at is not None and not incident.is_backfilled:
        lasted = _lasting(incident.resolved_at - incident.started_at)
        facts.append(tag("span", "Began ", show_time(incident.started_at), f", lasted {lasted}"))
    else:
        facts.append(tag("span", "Began ", show_time(incident.started_at)))
    return tag("p", *facts, class_="facts")


def _until(incident: PageIncident) -> Html:
    starts, ends = incident.scheduled_for or 0, incident.scheduled_until or 0
    is_same_day = starts // 86_400_000 == ends // 86_400_000
    return show_clock(ends) if is_same_day else show_time(ends)


def _lasting(span_ms: int) -> str:
    minutes = max(1, round(span_ms / 60_000))
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return f"{round(hours / 24)} days"


def _label(incident: PageIncident) -> str:
    """Our page has a word for work that was called off; the API has none, as the original."""
    return "Cancelled" if incident.is_cancelled else _STATUS_LABEL[incident.shown_status]


def _updates(incident: PageIncident, updates: Sequence[PageUpdate]) -> list[Html]:
    cancelled = incident.is_cancelled
    return [
        _update(update, "Cancelled" if cancelled and update.status in CLOSED else _STATUS_LABEL[update.status])
        for update in updates
    ]


def _update(update: PageUpdate, label: str) -> Html:
    changes = [
        f"{show_line(change.name)}: {COMPONENT_LABEL[change.new_status].lower()}"
        for change in update.affected
        if change.new_status is not change.old_status
    ]
    return tag(
        "li",
        tag(
            "p",
            tag("strong", label),
            tag("span", show_time(update.display_at), class_="soft"),
            class_="head",
        ),
        tag("p", show_block(update.body), class_="words") if update.body else "",
        tag("p", "; ".join(changes), class_="soft") if changes else "",
    )


def _days(front: Front) -> Html:
    """Quiet days in a row become one line: fifteen times "nothing" would bury the day that matters."""
    today = datetime.fromtimestamp(front.now / 1000, UTC).date()
    by_day: dict[date, list[PageIncident]] = {}
    for incident in [*front.live, *front.active, *front.past]:
        # Work that was called off stands where that was told: its own day may be far ahead.
        at = min(incident.started_at, incident.resolved_at or incident.started_at)
        by_day.setdefault(datetime.fromtimestamp(at / 1000, UTC).date(), []).append(incident)
    window = [today - timedelta(days=back) for back in range(HISTORY_DAYS)]
    window += sorted((day for day in by_day if day < window[-1]), reverse=True)
    entries: list[Html] = []
    for is_busy, run in groupby(window, key=by_day.__contains__):
        days = list(run)
        if is_busy:
            entries += [
                tag("li", tag("h3", show_day(day)), *(_open_or_past(each) for each in by_day[day])) for day in days
            ]
        else:
            span = show_day(days[0]) if len(days) == 1 else f"{show_day(days[-1])} to {show_day(days[0])}"
            entries.append(tag("li", tag("p", f"{span}: no new incidents", class_="soft")))
    return tag("section", tag("h2", f"The last {HISTORY_DAYS} days"), tag("ul", *entries, class_="days"))


def _open_or_past(incident: PageIncident) -> Html:
    if not incident.is_open:
        return _past(incident)
    return tag("p", tag("a", show_line(incident.name), href=f"/incidents/{incident.id}"), ": still open, see above")


def _past(incident: PageIncident, *, is_dated: bool = False) -> Html:
    heading = "h3" if is_dated else "h4"
    latest = incident.updates[0] if incident.updates else None
    earlier = incident.updates[1:]
    rest = tag(
        "details",
        tag("summary", f"{len(earlier)} earlier update{'s' if len(earlier) > 1 else ''}"),
        tag("ol", *_updates(incident, earlier), class_="updates"),
    )
    has_postmortem = incident.postmortem is not None and incident.postmortem.published_at is not None
    review = tag("p", tag("a", "Read the postmortem", href=f"/incidents/{incident.id}#postmortem"), class_="soft")
    return tag(
        "article",
        tag(heading, tag("a", show_line(incident.name), href=f"/incidents/{incident.id}")),
        _facts(incident),
        review if has_postmortem else "",
        tag("p", show_block(latest.body), class_="words") if latest and latest.body else "",
        rest if earlier else "",
        class_=f"past {_tone(incident)}",
    )
