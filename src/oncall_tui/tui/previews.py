"""The channels that an update goes to, each with what its readers will see."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

from oncall_tui.config.model import Config
from oncall_tui.domain.context import list_targets
from oncall_tui.domain.facts import Facts
from oncall_tui.domain.incident import Incident
from oncall_tui.domain.preview import Preview, ZonedTime, list_times, preview_page, preview_short, write_brief
from oncall_tui.domain.shortform import Form, Room
from oncall_tui.tui.outgoing import Confirmation
from oncall_tui.tui.snapshot import Snapshot

#: What pages send their subscribers by themselves, and what is shown where no channel of its kind is configured.
_USUAL = ((Form.MAIL, "mail"), (Form.SMS, "SMS"), (Form.SOCIAL, "social"))


class Previews(Struct, frozen=True):
    """What each channel gets, what the help desk gets, and the times of the text on two clocks.

    `configured` are the names of channels that the config has; the others show what it would look like there.
    """

    channels: tuple[Preview, ...]
    brief: str
    times: tuple[ZonedTime, ...]
    configured: frozenset[str]


def list_previews(
    told: Confirmation, incident: Incident, facts: Facts, config: Config, snapshot: Snapshot, now: int
) -> Previews:
    """Returns an update as all who get it will see it; nothing of this leaves the machine."""
    held = {state.page: state for state in snapshot.pages}
    pages = list_targets(incident, config.page_names)
    channels = []
    for page in pages:
        state = held.get(page)
        limit = state.capabilities.body_most if state and state.capabilities else None
        zone = _page_zone(config)
        channels.append(preview_page(snapshot.name_page(page), told.status, told.body, now, zone=zone, limit=limit))
    url = find_url(incident, config, snapshot)
    rooms = list_rooms(config)
    there = {room.form for _, room in rooms}
    rooms += [(name, Room(form)) for form, name in _USUAL if form not in there]
    channels += [preview_short(name, incident.title, told.status, told.body, url, room) for name, room in rooms]
    brief = write_brief(incident, facts, told.status, told.body, next_update_at=told.next_update_at, now=now, url=url)
    names = frozenset(channel.name for channel in channels[: len(pages)]) | {item.name for item in config.broadcasts}
    return Previews(tuple(channels), brief, list_times(told.body, now, _page_zone(config), _own_zone()), names)


def list_rooms(config: Config) -> list[tuple[str, Room]]:
    """Returns the channels of a config beside its pages, and the room that each has."""
    return [(item.name, Room(Form(item.form), item.limit)) for item in config.broadcasts]


def find_url(incident: Incident, config: Config, snapshot: Snapshot) -> str | None:
    """Returns where customers read on: at the incident, before it is on a page at the page itself."""
    if incident.url:
        return incident.url
    known = next((page.public_url for page in snapshot.pages if page.public_url), None)
    return known or next((page.public_url for page in config.pages if page.public_url), None)


def _page_zone(config: Config) -> tzinfo:
    """Returns the zone of the page's readers; one that this machine does not know reads as UTC."""
    try:
        return ZoneInfo(config.page_zone)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def _own_zone() -> tzinfo:
    """Returns the zone of this machine's clock."""
    return datetime.now(UTC).astimezone().tzinfo or UTC
