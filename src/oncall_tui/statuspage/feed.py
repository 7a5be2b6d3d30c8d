"""The Atom feed: one entry for each incident, dated by its latest update. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import NAMESPACE_URL, uuid5

from oncall_tui.domain.maintenance import write_instant
from oncall_tui.statuspage.html import Html, join, show_block, show_line, tag
from oncall_tui.statuspage.pagefile import Identity
from oncall_tui.statuspage.records import PageIncident, PageUpdate
from oncall_tui.statuspage.shapes import format_instant


def render_feed(identity: Identity, url: str, incidents: Sequence[PageIncident]) -> str:
    """Returns the feed of RFC 4287; ids stay the same when the page moves to another address."""
    name = show_line(identity.name)
    updated_at = max((incident.updated_at for incident in incidents), default=identity.updated_at)
    feed = tag(
        "feed",
        tag("id", _urn(identity.page_id)),
        tag("title", f"{name}: incidents and maintenance"),
        tag("updated", format_instant(updated_at)),
        tag("author", tag("name", name)),
        _link(f"{url}/history.atom", rel="self", type="application/atom+xml"),
        _link(f"{url}/", rel="alternate", type="text/html"),
        *(_entry(identity, url, incident) for incident in incidents),
        xmlns="http://www.w3.org/2005/Atom",
    )
    return f'<?xml version="1.0" encoding="utf-8"?>\n{feed}\n'


def _entry(identity: Identity, url: str, incident: PageIncident) -> Html:
    said = join(*_say_window(incident), *_say_postmortem(incident), *(_say(update) for update in incident.updates))
    return tag(
        "entry",
        tag("id", _urn(f"{identity.page_id}/{incident.id}")),
        tag("title", show_line(incident.name)),
        tag("published", format_instant(incident.created_at)),
        tag("updated", format_instant(incident.updated_at)),
        _link(f"{url}/incidents/{incident.id}", rel="alternate", type="text/html"),
        tag("content", str(said), type="html"),
    )


def _say_window(incident: PageIncident) -> list[Html]:
    if incident.scheduled_for is None or incident.scheduled_until is None:
        return []
    window = f"{write_instant(incident.scheduled_for)} to {write_instant(incident.scheduled_until)}"
    lines = [tag("p", tag("strong", "Planned for"), f" {window}")]
    if incident.is_cancelled:
        lines.append(tag("p", tag("strong", "Cancelled")))
    return lines


def _say_postmortem(incident: PageIncident) -> list[Html]:
    postmortem = incident.postmortem
    if postmortem is None or postmortem.published_at is None or postmortem.body is None:
        return []
    head = tag("p", tag("strong", "Postmortem"), f" {format_instant(postmortem.published_at)}")
    return [head, tag("p", *_break_lines(show_block(postmortem.body)))]


def _say(update: PageUpdate) -> Html:
    state = update.status.value.replace("_", " ").capitalize()
    head = tag("p", tag("strong", state), f" {format_instant(update.display_at)}")
    return join(head, tag("p", *_break_lines(show_block(update.body))))


def _break_lines(text: str) -> list[str]:
    lines: list[str] = []
    for line in text.split("\n"):
        lines += [Html("<br/>"), line] if lines else [line]
    return lines


def _link(href: str, **attributes: str) -> Html:
    # `tag` leaves links open, as HTML wants them; XML needs the end.
    return join(tag("link", href=href, **attributes), Html("</link>"))


def _urn(name: str) -> str:
    return f"urn:uuid:{uuid5(NAMESPACE_URL, f'oncall-tui/{name}')}"
