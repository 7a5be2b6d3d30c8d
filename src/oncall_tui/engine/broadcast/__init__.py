"""Telling an update elsewhere than on the page: what an outbox may ask of any channel."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from oncall_tui.domain.incident import IncidentStatus
from oncall_tui.domain.shortform import Form


class Broadcast(Struct, frozen=True):
    """One update for one channel.

    `uid` names this very message in the outbox. `body` is the whole update; the channel is given the short form of it
    for its `form`. `url` is where customers read on: it is never cut.
    """

    uid: str
    title: str
    status: IncidentStatus
    body: str
    url: str
    form: Form


class Channel(Protocol):
    """A way to customers that keeps no record that could be read back.

    So an ambiguous broadcast can never be proven: a person decides whether it is sent again.
    """

    async def make_ready(self) -> None:
        """Gets the address and whatever else is slow, so that nothing stands between a claim and the first byte."""

    async def send(self, broadcast: Broadcast) -> None:
        """Raises PageError: NotAppliedError and RefusedByPageError when certainly nobody got it, else AmbiguousError.

        Raises UsageError when a part is not installed.
        """
