"""The token of one page: read when it is needed, and again once the page has refused it. A refused one rests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from oncall_tui.config.token import Secret
from oncall_tui.domain.errors import UsageError
from oncall_tui.domain.hiding import hide_secrets
from oncall_tui.engine.pages.errors import NotAppliedError, TokenRefusedError

REST_FIRST_S = 0.5
REST_MOST_S = 60.0
"""Often enough to find out that the page takes the same token again, and no siege of a page that does not."""
LOOK_EVERY_S = 10.0
"""How often a token is looked for while the page takes none, or there is none; that may run a command of the user's."""


def _find_rest_s(count: int, most_s: float) -> float:
    return min(REST_FIRST_S * 2.0 ** min(count - 1, 16), most_s)


@dataclass(slots=True)
class _Refusal:
    """That a read, or a write, was refused, how often in a row, and until when (of the loop's time) none is tried.

    `is_trying` says that one has gone since, whose answer counts: those that were under way together are one refusal.
    """

    reason: str
    until: float
    count: int = 0
    is_trying: bool = True

    @property
    def rest_s(self) -> float:
        return _find_rest_s(self.count, REST_MOST_S)


@dataclass(slots=True)
class _Lack:
    """That there is no token, for which reason, how often in a row, and until when it is not looked for again."""

    reason: str = ""
    until: float = 0.0
    count: int = 0


class Credential:
    """`read_token` may block; it is called off the loop.

    A refused write holds writes alone: some pages show everybody what they let few change. A refused read holds both.
    """

    def __init__(self, read_token: Callable[[], Secret]) -> None:
        self._read_token = read_token
        self._token: Secret | None = None
        self._refused: Secret | None = None
        self._known: list[Secret] = []
        self._reading = asyncio.Lock()
        self._refusals: dict[bool, _Refusal] = {}
        self._lack = _Lack()
        self._looked_at = 0.0

    @property
    def refusal(self) -> str:
        """Why nothing is asked, or nothing written, for now; empty while the page takes the token."""
        return next((each.reason for each in self._refusals.values()), "")

    async def read(self) -> Secret:
        """Returns the token. Raises NotAppliedError when there is none."""
        async with self._reading:
            if self._token is None:
                self._token = await self._look()
            return self._token

    async def _look(self) -> Secret:
        loop, lack = asyncio.get_running_loop(), self._lack
        if loop.time() < lack.until:
            raise NotAppliedError(lack.reason)
        try:
            token = await asyncio.to_thread(self._read_token)
        except UsageError as error:
            rest_s = _find_rest_s(lack.count + 1, LOOK_EVERY_S)
            self._lack = _Lack(str(error), loop.time() + rest_s, lack.count + 1)
            raise NotAppliedError(str(error)) from None
        self._lack = _Lack()
        if self._refused is None or not _is_same(self._refused, token):
            self._refusals.clear()
        self._known = [*(each for each in self._known if not _is_same(each, token)), token]
        return token

    def forget(self) -> None:
        """Lets the token be read again before it is used again."""
        self._token = None

    async def has_other(self, than: Secret) -> bool:
        """Reads the token again; tells whether it is another one now. Raises NotAppliedError when there is none."""
        if self._token is not None and _is_same(self._token, than):
            self._token = None
        self._looked_at = asyncio.get_running_loop().time()
        return not _is_same(await self.read(), than)

    def note_refused(self, token: Secret, reason: str, *, is_write: bool) -> TokenRefusedError:
        """Lets a token rest that the page has just refused, longer each time."""
        if self._token is None or _is_same(self._token, token):
            now = asyncio.get_running_loop().time()
            refusal = self._refusals.setdefault(is_write, _Refusal(reason, now))
            if refusal.is_trying:
                refusal.count, refusal.is_trying = refusal.count + 1, False
            refusal.until = now + refusal.rest_s
            self._token, self._refused = None, token
        return TokenRefusedError(reason)

    def note_taken(self, token: Secret, *, is_write: bool) -> None:
        """Ends the rest of a token that the page has just taken."""
        if self._refusals and (self._token is None or _is_same(self._token, token)):
            self._refusals.pop(is_write, None)
            if is_write:
                self._refusals.clear()

    async def find_rest_s(self, *, is_write: bool) -> float:
        """Returns in how many seconds to ask again whether a request may go, 0 when it may.

        One may try a token that has rested; the others wait for what becomes of it.
        """
        loop = asyncio.get_running_loop()
        held = self._list_holding(is_write=is_write)
        if held and self._refused is not None and loop.time() >= self._looked_at + LOOK_EVERY_S:
            with suppress(NotAppliedError):
                await self.has_other(self._refused)
            held = self._list_holding(is_write=is_write)
        left_s = max((each.until for each in held), default=0.0) - loop.time()
        if not held or left_s > 0:
            return min(left_s, LOOK_EVERY_S) if held else 0.0
        for each in held:
            each.until, each.is_trying = loop.time() + each.rest_s, True
        return 0.0

    def hide(self, said: str) -> str:
        """An answer may quote a token that another answer has made us give up meanwhile."""
        return hide_secrets(said, (token.reveal() for token in self._known))

    def _list_holding(self, *, is_write: bool) -> list[_Refusal]:
        return [each for of_write, each in self._refusals.items() if is_write or not of_write]


def _is_same(one: Secret, other: Secret) -> bool:
    return one.reveal() == other.reveal()
