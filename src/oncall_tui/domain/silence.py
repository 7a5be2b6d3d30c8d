"""Who has said of a red probe that it is known: it stays red on the board, and rings no bell."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct


class SilenceKind(StrEnum):
    """`ack` lasts until the probe is up again, `snooze` until an instant."""

    ACK = "ack"
    SNOOZE = "snooze"


class Silence(Struct, frozen=True):
    """The one silence of a probe; `until_at` is the end of a snooze."""

    probe: str
    kind: SilenceKind
    note: str
    actor: str
    made_at: int
    until_at: int | None = None


def find_silence(silences: Iterable[Silence], probe: str, now: int) -> Silence | None:
    """Returns what silences a probe at `now`, None when its alarms count."""
    return next((each for each in silences if each.probe == probe and not is_over(each, now)), None)


def is_over(silence: Silence, now: int) -> bool:
    """Tells whether a snooze has ended; an acknowledgement is ended by the probe's own recovery."""
    return silence.until_at is not None and now >= silence.until_at
