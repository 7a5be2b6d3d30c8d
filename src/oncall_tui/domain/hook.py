"""Hooks: what a team has called when the state of a probe has changed for certain."""

from __future__ import annotations

import re
from enum import StrEnum

from msgspec import Struct

from oncall_tui.domain.duration import DAY, HOUR, MINUTE, SECOND

_RATE = re.compile(r"([1-9][0-9]{0,3})/(s|m|h|d)")
_WINDOWS = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}
RATE_FORM = 'a count and s, m, h or d, such as "10/h"'


class HookEvent(StrEnum):
    """What a hook is called for; `test` comes from a person alone and means that nothing is wrong."""

    DOWN = "down"
    FLAPPING = "flapping"
    SLOW = "slow"
    PROMISE_LATE = "promise_late"
    UP = "up"
    TEST = "test"


TROUBLES = (HookEvent.DOWN, HookEvent.FLAPPING, HookEvent.SLOW)


class CallState(StrEnum):
    """How far a call has got; one that is `expired` was overtaken by what happened since."""

    WAITING = "waiting"
    CALLING = "calling"
    DONE = "done"
    FAILED = "failed"
    EXPIRED = "expired"


class Rate(Struct, frozen=True):
    """At most so many calls in a window of so many milliseconds."""

    count: int
    window_ms: int


class Told(Struct, frozen=True):
    """What a hook was last told of a subject and has not been told to be over.

    A subject is the name of a probe, or for a promise what `name_promise` says of its incident.
    """

    subject: str
    event: HookEvent
    since_at: int


class HookCall(Struct, frozen=True):
    """One call as the file holds it: `uid` stays the same at each try, `document` is JSON in ASCII."""

    id: int
    uid: str
    hook: str
    event: HookEvent
    document: str
    attempts: int
    created_at: int


class HookStanding(Struct, frozen=True):
    """How a hook stands: `fault` is why its last call failed, empty while it did not; `waiting` calls are not made yet.

    `held` counts changes that its rate holds back.
    """

    name: str
    ok_at: int | None = None
    fault: str = ""
    fault_at: int | None = None
    waiting: int = 0
    held: int = 0


def parse_rate(text: str) -> Rate:
    """Returns the rate that text such as `10/h` stands for. Raises ValueError, which says what is allowed."""
    match = _RATE.fullmatch(text)
    if match is None:
        raise ValueError(f"is not a rate, allowed: {RATE_FORM}")
    return Rate(int(match[1]), _WINDOWS[match[2]])


def name_promise(incident_id: int) -> str:
    """Returns the subject of a promise: no probe is called so, since no name has a line break."""
    return f"promise\n{incident_id}"
