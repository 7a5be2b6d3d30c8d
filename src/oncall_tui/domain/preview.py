"""An update as customers will see it on each channel, and as the help desk gets it, before it is sent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo

from msgspec import Struct

from oncall_tui.domain.cadence import describe_due
from oncall_tui.domain.errors import RefusedError
from oncall_tui.domain.facts import Facts, complete_facts
from oncall_tui.domain.incident import Cause, Incident, IncidentStatus
from oncall_tui.domain.pagetext import Line, Run, Style, render_page_text, write_plain
from oncall_tui.domain.sanitize import clean_block, clean_line
from oncall_tui.domain.shortform import (
    Form,
    Room,
    count_length,
    count_septets,
    count_units,
    derive_short,
    is_gsm,
    split_sms,
)
from oncall_tui.domain.template import say_when

GLANCE_SUBJECT = 40
"""What a phone shows of a subject."""
GLANCE_BODY = 90
_UNITS = {
    Form.PAGE: "characters",
    Form.MAIL: "characters",
    Form.CHAT: "characters",
    Form.SOCIAL: "characters, as the network counts",
    Form.SMS: "messages",
}
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_TIME = re.compile(rf"\b([01]?\d|2[0-3]):([0-5]\d) UTC\b(?: on (\d{{1,2}}) ({_MONTHS})\b)?")


class Preview(Struct, frozen=True):
    """One channel: what is sent there, and what readers see of it.

    `lines` is the text as it is shown, `text` as it is sent. `used` of `limit` is counted as the channel counts, in
    `unit`. `subject` is empty where there is none, `glance` is what shows before anybody opens it. `segments` are the
    parts of an SMS, `note` how it is counted. With a `problem` nothing can be sent there, and it says why.
    """

    name: str
    form: Form
    text: str
    lines: tuple[Line, ...]
    used: int
    limit: int
    unit: str
    subject: str = ""
    glance: str = ""
    segments: tuple[str, ...] = ()
    note: str = ""
    problem: str = ""

    @property
    def is_fitting(self) -> bool:
        return not self.problem and self.used <= self.limit


class ZonedTime(Struct, frozen=True):
    """A time of a text as it was written, and what clocks of the page's and of one's own zone show then."""

    said: str
    on_page: str
    here: str


def preview_page(
    name: str, status: str, body: str, at: int, *, zone: tzinfo = UTC, limit: int | None = None
) -> Preview:
    """Returns an update as the page shows it: its state, its text rendered, and the time in the page's zone."""
    room = Room(Form.PAGE, limit)
    text = clean_block(body).strip()
    shown = render_page_text(text)
    first = shown[0] if shown else ()
    opening = (Run(_name_state(status), Style.STRONG), Run(" - "), *first)
    stamp = (Run(f"{datetime.fromtimestamp(at / 1000, zone):%b %d, %H:%M %Z}", Style.EMPHASIS),)
    used = count_length(body, room)
    problem = "" if used <= room.most else f"The page takes {room.most} characters, this has {used}: shorten it."
    lines = (opening, *shown[1:], stamp)
    return Preview(name, Form.PAGE, text, lines, used, room.most, _UNITS[Form.PAGE], problem=problem)


def preview_short(name: str, title: str, status: str, body: str, url: str | None, room: Room) -> Preview:
    """Returns an update as a channel beside the page gets it; `url` is where customers read on, None while unknown."""
    try:
        short = derive_short(title, status, body, url or "", room)
    except RefusedError as error:
        why = "There is no address of the page yet: set public_url in config." if not url else str(error)
        return Preview(name, room.form, "", (), 0, room.most, _UNITS[room.form], problem=why)
    segments = split_sms(short.text) if room.form is Form.SMS else ()
    return Preview(
        name=name,
        form=room.form,
        text=short.text,
        lines=tuple((Run(clean_line(line)),) if line else () for line in short.text.split("\n")),
        used=count_length(short.text, room),
        limit=room.most,
        unit=_UNITS[room.form],
        subject=short.subject if room.form is Form.MAIL else "",
        glance=_glance(short.subject, short.message) if room.form is Form.MAIL else "",
        segments=segments,
        note=_note_sms(short.text, len(segments)) if room.form is Form.SMS else "",
    )


def _name_state(status: str) -> str:
    return clean_line(status).replace("_", " ").capitalize()


def _glance(subject: str, message: str) -> str:
    """A mail in a list, on a phone: the beginning of the subject, then of the text."""
    body = " ".join(write_plain(render_page_text(message)).split())
    return f"{_clip(subject, GLANCE_SUBJECT)} | {_clip(body, GLANCE_BODY)}"


def _clip(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _note_sms(text: str, count: int) -> str:
    if is_gsm(text):
        used, most, alphabet = count_septets(text), 160 if count <= 1 else 153 * count, "GSM-7"
    else:
        used, most, alphabet = count_units(text), 70 if count <= 1 else 67 * count, "UCS-2"
        outside = "".join(dict.fromkeys(sign for sign in text if not is_gsm(sign)))[:5]
        alphabet += f" because of {outside}"
    return f"{used} of {most} signs, {alphabet}"


def list_times(text: str, now: int, page_zone: tzinfo, own_zone: tzinfo) -> tuple[ZonedTime, ...]:
    """Returns the times that a text names in UTC, each once, beside the clocks of the page and of the one who writes.

    A time without a day is the nearest to `now`.
    """
    times = []
    for match in dict.fromkeys(match.group() for match in _TIME.finditer(text)):
        moment = _read_time(match, datetime.fromtimestamp(now / 1000, UTC))
        if moment is not None:
            times.append(ZonedTime(match, _show_clock(moment, page_zone), _show_clock(moment, own_zone)))
    return tuple(times)


def _read_time(said: str, now: datetime) -> datetime | None:
    match = _TIME.fullmatch(said)
    assert match is not None
    moment = now.replace(hour=int(match[1]), minute=int(match[2]), second=0, microsecond=0)
    if match[3]:
        try:
            moment = moment.replace(day=int(match[3]), month=_MONTHS.split("|").index(match[4]) + 1)
        except ValueError:
            return None
        return moment
    return min((moment + timedelta(days=shift) for shift in (-1, 0, 1)), key=lambda each: abs(each - now))


def _show_clock(moment: datetime, zone: tzinfo) -> str:
    local = moment.astimezone(zone)
    days = (local.date() - moment.date()).days
    return f"{local:%H:%M %Z}" + (f" ({days:+} day)" if days else "")


def write_brief(
    incident: Incident,
    facts: Facts,
    status: IncidentStatus,
    body: str,
    *,
    next_update_at: int | None,
    now: int,
    url: str | None = None,
) -> str:
    """Returns what the help desk needs to answer, as plain lines: what is known, what to say, what not, what next."""
    known = complete_facts(facts, incident.scope)
    lines = [
        f"SUPPORT BRIEF #{incident.id}  SEV{int(incident.severity)} {status.value.upper()}  {say_when(now, now)}",
        clean_line(incident.title),
        "",
        *_list_known(incident, known, now),
        "",
        "SAY (the words of the status page):",
        *(f"  {line}" for line in write_plain(render_page_text(body)).split("\n")),
        "",
        "DO NOT SAY:",
        *(f"  - {line}" for line in _list_unsaid(incident, known, status, now)),
        "",
    ]
    if status.is_open:
        due = (
            "none promised"
            if next_update_at is None
            else f"{say_when(next_update_at, now)}, {describe_due(next_update_at, now)}"
        )
        lines.append(f"Next update: {due}")
    lines.append(f"Status page: {url or 'no address known yet'}")
    return clean_block("\n".join(lines))


def _list_known(incident: Incident, facts: Facts, now: int) -> Iterable[str]:
    rows: Sequence[tuple[str, str | None]] = (
        ("Impact", facts.impact or ", ".join(incident.components) or "not described yet"),
        ("Affected", facts.scope or "not known yet"),
        ("Not affected", facts.unaffected),
        ("Since", say_when(incident.started_at, now)),
        ("Way round", facts.workaround or "none known"),
        ("Its limits", facts.limits if facts.workaround else None),
        ("Customers should", facts.request),
        ("We are", facts.action),
        ("Data", facts.data_note),
    )
    return [f"{label}: {clean_line(value)}" for label, value in rows if value]


def _list_unsaid(incident: Incident, facts: Facts, status: IncidentStatus, now: int) -> Iterable[str]:
    if status.is_open:
        yield "that it is solved"
    if not facts.cause_plain:
        yield "a cause: none is confirmed" if incident.cause is Cause.UNKNOWN else "a cause: none is public yet"
    if status.is_open and (facts.eta_at is None or facts.eta_at <= now or not facts.eta_source):
        yield "when it will be repaired: nobody has promised that"
    if facts.scope is None:
        yield "how many are affected: that is not known yet"
    if facts.provider and not facts.provider_url:
        yield "the name of a supplier: they have not said it in public"
    if not facts.data_note:
        yield "that no data was lost: that has not been confirmed"
    yield "a credit or a refund: those are decided afterwards"
