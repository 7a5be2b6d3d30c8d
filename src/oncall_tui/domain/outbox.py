"""Rules of publishing: what an answer of the page means, how long to wait, and how to prove that a delivery arrived."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from enum import StrEnum
from random import Random

from msgspec import Struct

from oncall_tui.domain.duration import format_duration
from oncall_tui.domain.incident import ComponentStatus
from oncall_tui.domain.pagestate import TOKEN_REFUSED
from oncall_tui.domain.remote import RemoteIncident, RemoteUpdate
from oncall_tui.domain.sanitize import clean_block, clean_line
from oncall_tui.domain.update import Delivery, Evidence

RETRY_AFTER_MOST_MS = 900_000
"""The longest that a page may make us wait: longer, and a person should see that it asks for more."""
OPS_KEPT = 20
_CLOCK_MARGIN_MS = 60_000
_ZONE_MS = 1_800_000
_EVIDENCE_MOST = 10


class Pace(Struct, frozen=True):
    """How fast failed tries follow one another: the first wait, doubled at each failure up to the longest."""

    first_ms: int = 1_000
    most_ms: int = 60_000


class Outcome(StrEnum):
    """What one exchange did on the page, as far as anyone can tell."""

    ACCEPTED = "accepted"
    NOT_APPLIED = "not_applied"
    REFUSED = "refused"
    AMBIGUOUS = "ambiguous"


class Exchange(Struct, frozen=True):
    """The facts of one request.

    `status` is None when no answer came; `has_sent` tells whether a first byte of the request may have left.
    `fault` are words about the transport, `said` the page's own words, `location` where a redirect points.
    """

    has_sent: bool
    status: int | None = None
    fault: str = ""
    said: str = ""
    retry_after: str | None = None
    location: str = ""


class Ruling(Struct, frozen=True):
    """What follows from an exchange: an outcome, a sentence for a person, and the wait that the page asked for.

    `wait_ms` is None unless the page turned us away for asking too often; then it may be 0.
    """

    outcome: Outcome
    reason: str = ""
    wait_ms: int | None = None


_ADVICE = {
    400: "the page could not read the request",
    401: f"{TOKEN_REFUSED}: check token in config",
    403: "the token may not do this: give its user the incident manager role, or use another token in config",
    404: "the page does not know this place: check page_id and api_url in config",
    405: "the page does not take this request: check api_url in config",
    409: "the page refused because of its present state: look at the page, then retry or drop this delivery",
    410: "the page no longer has it: drop this delivery",
    413: "the page finds the update too long: drop it and send a shorter one",
    422: "the page refused the content: drop it and send a corrected one",
}


def rule_exchange(exchange: Exchange, now: int) -> Ruling:
    """Says what an exchange means for what was asked.

    420 and 429 are documented as not applied, and so is what came with a token that the page does not know; other 4xx
    and redirects stop, since only a person can change what is asked. What leaves a doubt (5xx, 408, a line broken after
    the first byte) is ambiguous and must be looked up.
    """
    status = exchange.status
    if status is None:
        outcome = Outcome.AMBIGUOUS if exchange.has_sent else Outcome.NOT_APPLIED
        return Ruling(outcome, exchange.fault or "the page did not answer")
    if 200 <= status < 300:
        return Ruling(Outcome.ACCEPTED)
    if status in (420, 429):
        return _rule_too_many(exchange, status, now)
    if status >= 500 or status == 408 or status < 200:
        return Ruling(Outcome.AMBIGUOUS, _quote(f"the page answered {status}", exchange.said))
    if status < 400:
        where = f" to {clean_line(exchange.location, 120)}" if exchange.location else ""
        return Ruling(Outcome.REFUSED, f"the page answered {status}, a redirect{where}: check api_url in config")
    advice = _ADVICE.get(status, "the page refused the request: look at the page, then retry or drop this delivery")
    outcome = Outcome.NOT_APPLIED if status == 401 else Outcome.REFUSED
    return Ruling(outcome, _quote(f"{advice} ({status})", exchange.said))


def _rule_too_many(exchange: Exchange, status: int, now: int) -> Ruling:
    asked = parse_retry_after(exchange.retry_after, now) or 0
    reason = f"the page takes no more requests for now ({status})"
    if asked > RETRY_AFTER_MOST_MS:
        most = format_duration(RETRY_AFTER_MOST_MS)
        return Ruling(
            Outcome.NOT_APPLIED,
            f"{reason}: it asks for a wait of {format_duration(asked)}, we wait {most}",
            RETRY_AFTER_MOST_MS,
        )
    return Ruling(Outcome.NOT_APPLIED, reason, asked)


def _quote(reason: str, said: str) -> str:
    return f"{reason}: {clean_line(said, 200)}" if said else reason


def parse_retry_after(text: str | None, now: int) -> int | None:
    """Returns the wait in milliseconds that a Retry-After field asks for (RFC 9110, 10.2.3), None when it says nothing.

    Takes seconds and HTTP dates; the past and negative numbers are 0; at most a hundred years, so that it can be told.
    """
    if text is None or len(text) > 400:
        return None
    text = text.strip()
    try:
        wait_ms = float(text) * 1000
    except ValueError:
        try:
            at = parsedate_to_datetime(text)
            wait_ms = (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000 - now
        except (ValueError, TypeError, OverflowError, IndexError):
            return None
    if math.isnan(wait_ms):
        return None
    return int(min(max(wait_ms, 0.0), 100 * 365 * 86_400_000.0))


def find_backoff_ms(failures: int, rng: Random, pace: Pace) -> int:
    """Returns how long to wait after so many failures in a row: doubling, with a fifth of jitter either way."""
    doubled = pace.first_ms * 2 ** min(max(failures - 1, 0), 16)
    return max(1, int(min(doubled, pace.most_ms) * rng.uniform(0.8, 1.2)))


def find_lag_left_ms(passed_ms: int, quiet_ms: int) -> int:
    """Returns how long to look on for what was sent so long ago before its absence is believed, 0 when it is.

    Three quiet periods: reads may lag behind writes by a minute. After a clock that was set back nothing is left.
    """
    return max(min(quiet_ms, 3 * quiet_ms - passed_ms), 0) if passed_ms >= 0 else 0


def normalise_body(body: str) -> str:
    """Returns a body as both sides of a comparison see it: inert, \\n line breaks, no blanks at its ends."""
    return clean_block(body).strip()


def tell_difference(body: str, posted_at: int | None, shown: RemoteUpdate | None) -> str:
    """Returns how what a page shows is not what it accepted, empty when it is; `posted_at` is by the page's clock.

    Half an hour is no transport and no clock: a page that takes a time for one of another zone is off by at least that.
    """
    if shown is None:
        return "an update was removed"
    if normalise_body(body) != shown.body:
        return f"an update was edited, customers now read: {shown.body}"
    off_ms = 0 if posted_at is None else shown.created_at - posted_at
    if abs(off_ms) >= _ZONE_MS:
        side = "later" if off_ms > 0 else "earlier"
        return f"an update is shown {format_duration(abs(off_ms) // _ZONE_MS * _ZONE_MS)} {side} than it was sent"
    return ""


class Applied(Struct, frozen=True):
    """Proof that the page has a delivery; `update` is None when the page does not tell which message it became."""

    incident: RemoteIncident
    update: RemoteUpdate | None


def find_applied(delivery: Delivery, remote: RemoteIncident) -> Applied | None:
    """Returns proof that the delivery's last attempt stands on an incident of the page, None when it does not.

    Either our operation is stamped in its metadata, or nobody's is, and a message with our status and words stands
    there that did not before the attempt. Never by words alone: real pages repeat stock sentences, and where stamps are
    kept, one without ours is somebody else's.
    """
    body = normalise_body(delivery.body)
    new = [update for update in remote.updates if update.remote_id not in delivery.baseline]
    same = [update for update in new if update.status == delivery.status and update.body == body]
    if delivery.uid in remote.ops:
        return Applied(remote, same[-1] if same else new[0] if len(new) == 1 else None)
    return Applied(remote, same[-1]) if same and delivery.attempts and not remote.has_all_ops else None


def find_ours(
    delivery: Delivery, recent: Iterable[RemoteIncident], skew_ms: int, window_ms: int
) -> RemoteIncident | None:
    """Returns the incident of the page that is the delivery's own, None when there is none.

    Our uid in the metadata tells. For a page that drops metadata: one without any stamp, with our title and words, made
    within `window_ms` of the last attempt; `skew_ms` is how far the page's clock runs ahead of ours.
    """
    candidates = list(recent)
    for remote in candidates:
        if remote.uid == delivery.incident_uid:
            return remote
    if delivery.title is None:
        return None
    title = clean_line(delivery.title).strip()
    for remote in list_candidates(delivery, candidates, skew_ms, window_ms):
        if remote.title == title and find_applied(delivery, remote):
            return remote
    return None


def list_candidates(
    delivery: Delivery, recent: Iterable[RemoteIncident], skew_ms: int, window_ms: int
) -> list[RemoteIncident]:
    """Returns those without any stamp that were made about when the delivery was last sent.

    A list may leave out the metadata that the incident itself shows, and somebody may have renamed it meanwhile: each
    is worth a look of its own before words decide. Some pages keep the time that we gave them, by a clock whose skew we
    may not have known then: both clocks' times are looked at.
    """
    if delivery.sending_at is None:
        return []
    by_page = delivery.page_at if delivery.page_at is not None else delivery.sending_at + skew_ms
    begins = [instant - _CLOCK_MARGIN_MS for instant in (delivery.sending_at, by_page)]
    length = window_ms + 2 * _CLOCK_MARGIN_MS
    return [
        remote
        for remote in recent
        if remote.uid is None and any(begin <= remote.created_at <= begin + length for begin in begins)
    ]


def is_alike(delivery: Delivery, remote: RemoteIncident) -> bool:
    """Tells whether an incident without stamp has half of our words, its title or a message.

    That is no proof, and enough not to make another one without asking: somebody may have changed the other half.
    """
    if remote.uid is not None:
        return False
    body = normalise_body(delivery.body)
    has_title = delivery.title is not None and remote.title == clean_line(delivery.title).strip()
    return has_title or any(update.body == body for update in remote.updates)


def may_hold(delivery: Delivery, remote: RemoteIncident) -> bool:
    """Tells whether a message may be the delivery, which nothing proves.

    Where each write is stamped, it has our words. Where none is, it has our words or our status: somebody may have
    changed the other since.
    """
    body, new = normalise_body(delivery.body), _list_new(delivery, remote)
    if remote.uid is not None:
        return remote.has_all_ops and any(update.body == body for update in new)
    return any(update.body == body or update.status == delivery.status for update in new)


def _list_new(delivery: Delivery, remote: RemoteIncident) -> list[RemoteUpdate]:
    """Returns what came after the attempt; what the page showed late of earlier days is left out by its time."""
    sent_at = delivery.page_at or delivery.sending_at or delivery.created_at
    return [
        update
        for update in remote.updates
        if update.remote_id not in delivery.baseline and update.created_at >= sent_at - _CLOCK_MARGIN_MS
    ]


def list_evidence(delivery: Delivery, remote: RemoteIncident | None, within_ms: int) -> tuple[Evidence, ...]:
    """Returns what on the page might be an uncertain delivery: messages that came after its attempt, with any words."""
    if remote is None:
        return ()
    sent_at = delivery.page_at or delivery.sending_at or delivery.created_at
    earliest = sent_at - _CLOCK_MARGIN_MS - within_ms
    return tuple(
        Evidence(remote.remote_id, update.remote_id, remote.title, update.status, update.body, update.created_at)
        for update in remote.updates
        if update.remote_id not in delivery.baseline and update.created_at >= earliest
    )[-_EVIDENCE_MOST:]


def is_reopening(delivery: Delivery, remote: RemoteIncident) -> bool:
    """Tells whether sending would open an incident again that the page shows as over."""
    return delivery.status.is_open and not remote.status.is_open


def is_closing(delivery: Delivery, remote: RemoteIncident) -> bool:
    """Tells whether sending would end an incident that the page shows as open."""
    return remote.status.is_open and not delivery.status.is_open


def is_bettering(delivery: Delivery, shown: Mapping[str, ComponentStatus]) -> bool:
    """Tells whether sending would show a component better than the page does, where what it does not show is well."""
    order = list(ComponentStatus)
    return any(
        order.index(state) < order.index(shown.get(name, ComponentStatus.OPERATIONAL))
        for name, state in delivery.components.items()
    )


def last_closing(remote: RemoteIncident) -> RemoteUpdate | None:
    """Returns the message that ended the incident last, None when the page shows none."""
    return next((update for update in reversed(remote.updates) if not update.status.is_open), None)
