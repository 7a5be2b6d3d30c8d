"""Broadcasts through Apprise, which speaks to some hundred and fifty services behind one kind of address.

What its False means, by what was seen on the line:

* no request left, or no mail was handed over: certainly not applied. A refusal in words (SMTP 5xx before the message)
  is for a person; a line that cannot be had is tried again.
* one request to one target was answered: 429 and 420 were not applied, other 4xx and redirects are refusals.
* all else is ambiguous: 5xx, a line that broke or timed out after the request, several targets of which some may have
  it, and services that speak neither HTTP nor SMTP.

True is taken for delivered. A mail server that takes a message for some of its cc readers says True as well.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec.structs import replace

from oncall_tui.config.token import Secret
from oncall_tui.domain.duration import format_duration
from oncall_tui.domain.errors import RefusedError, UsageError
from oncall_tui.domain.outbox import Exchange, Outcome, rule_exchange
from oncall_tui.domain.shortform import Form, Room, ShortForm, derive_short
from oncall_tui.engine.broadcast import Broadcast
from oncall_tui.engine.broadcast.wire import Line, Wire, start_watching, watch
from oncall_tui.engine.pages.errors import AmbiguousError, NotAppliedError, PageError, RefusedByPageError

if TYPE_CHECKING:
    from apprise import NotifyBase

TIMEOUT_MS = 20_000
"""Less than the quiet period of an outbox, after which an ambiguous delivery is looked at."""


class AppriseChannel:
    """One Apprise address. `read_url` may block; it is called off the loop, and again after a refusal.

    `limit` and `is_weighted` are those of a Room. The address is a secret: it stands in no message, log or repr.
    """

    def __init__(
        self,
        name: str,
        read_url: Callable[[], Secret],
        *,
        limit: int | None = None,
        is_weighted: bool = True,
        timeout_ms: int = TIMEOUT_MS,
    ) -> None:
        self.name = name
        self._read_url = read_url
        self._limit = limit
        self._is_weighted = is_weighted
        self._timeout_ms = timeout_ms
        self._url: Secret | None = None

    async def make_ready(self) -> None:
        """Loads Apprise, which takes most of a second, and reads the address.

        Raises UsageError when Apprise is not installed, NotAppliedError when there is no address.
        """
        await asyncio.to_thread(_load)
        if self._url is None:
            try:
                self._url = await asyncio.to_thread(self._read_url)
            except UsageError as error:
                raise NotAppliedError(str(error)) from None

    async def send(self, broadcast: Broadcast) -> None:
        await self.make_ready()
        assert self._url is not None
        attempt = _Attempt(self._url, broadcast, self._limit, self._is_weighted, self._timeout_ms / 1000)
        done = _start(attempt.run)
        try:
            async with asyncio.timeout(self._timeout_ms / 1000):
                await done
        except TimeoutError:
            attempt.fault = f"it timed out after {format_duration(self._timeout_ms)}"
        finally:
            # Cancelled, too: nothing may leave after the outbox has made up its mind.
            attempt.wire.close()
        if attempt.is_accepted:
            return
        error = attempt.rule(self.name)
        if isinstance(error, RefusedByPageError):
            self._url = None
        raise error


class _Attempt:
    """One message, sent in a thread of its own that is left behind at the deadline."""

    def __init__(
        self, url: Secret, broadcast: Broadcast, limit: int | None, is_weighted: bool, timeout_s: float
    ) -> None:
        self.wire = Wire(timeout_s)
        self.is_accepted = False
        self.fault = ""
        self.refusal = ""
        self._url = url
        self._broadcast = broadcast
        self._limit = limit
        self._is_weighted = is_weighted
        self._targets = 1

    def run(self) -> None:
        watch(self.wire)
        try:
            service = _open_service(self._url)
            if service is None:
                self.refusal = "Apprise cannot read its address: check url in config"
                return
            self._targets = len(service)
            short = self._write(service)
            self.wire.begin(_find_line(service))
            self.is_accepted = _notify(service, short, self._broadcast) is True
        except RefusedError as error:
            self.refusal = str(error)
        except TimeoutError:
            self.fault = "its time was over before it began"
        except Exception as error:  # noqa: BLE001 - a thread of its own: told below, without text that may hold the address
            self.fault = f"Apprise failed ({type(error).__name__})"

    def rule(self, name: str) -> PageError:
        """Returns what a broadcast that was not accepted means."""
        wire = self.wire
        if self.refusal:
            return RefusedByPageError(f"{name} was not told: {self.refusal}")
        said = "" if wire.status is None else f"it answered {wire.status}"
        why = self.fault or said or "it gave no answer"
        advice = "check url in config, then retry or drop it"
        if wire.messages == 0 and wire.line is not Line.OTHER:
            if wire.line is Line.SMTP and wire.status is not None and wire.status >= 500:
                return RefusedByPageError(f"{name} refused the mail before it was sent ({wire.status}): {advice}")
            return NotAppliedError(f"{name} was not told: {self.fault or said or 'it cannot be reached'}")
        if wire.line is not None and wire.messages == 1 and self._targets == 1 and wire.status and not self.fault:
            outcome = _rule_status(wire.line, wire.status)
            if outcome is Outcome.REFUSED:
                return RefusedByPageError(f"{name} refused the message ({wire.status}): {advice}")
            if outcome is Outcome.NOT_APPLIED:
                return NotAppliedError(f"{name} takes no more messages for now ({wire.status})", 0)
        return AmbiguousError(f"{name} may or may not have been told: {why}; look there before it is sent again")

    def _write(self, service: NotifyBase) -> ShortForm:
        """A chat that takes HTML gets plain text, which Apprise escapes; so does Slack, whose markup has no escapes."""
        from apprise import NotifyFormat
        from apprise.plugins.slack import NotifySlack

        if isinstance(service, NotifySlack):
            service.notify_format = NotifyFormat.TEXT
        form = self._broadcast.form
        is_markup = service.notify_format is not NotifyFormat.HTML and not isinstance(service, NotifySlack)
        room = Room(form, self._limit, self._is_weighted, is_markup)
        if form in (Form.CHAT, Form.SOCIAL) and 0 < service.body_maxlen < room.most:
            room = replace(room, limit=service.body_maxlen)
        shown = self._broadcast
        return derive_short(shown.title, shown.status, shown.body, shown.url, room)


def _load() -> None:
    try:
        from apprise import Apprise
    except ImportError:
        raise UsageError(
            "Broadcasts need Apprise, which is not installed: run `pip install 'oncall-tui[broadcast]'`."
        ) from None
    start_watching()
    # Loads every service, which would otherwise happen within the deadline of the first message.
    Apprise.instantiate("json://localhost")


def _start(work: Callable[[], None]) -> asyncio.Future[None]:
    """Runs work in a daemon thread: one of a pool would hold up the end of the process when it hangs."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def settle() -> None:
        if not done.done():
            done.set_result(None)

    def run() -> None:
        work()
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(settle)

    threading.Thread(target=run, name="broadcast", daemon=True).start()
    return done


def _open_service(url: Secret) -> NotifyBase | None:
    """Overrules what an address may ask for against us: silent retries double, optional failures lie.

    A redirect turns a POST into a GET whose 200 would pass for delivered.
    """
    from apprise import Apprise, AppriseAsset, OverflowMode

    asset = AppriseAsset(app_id="oncall-tui", app_desc="oncall-tui", async_mode=False, http_redirects=False)
    service = Apprise.instantiate(url.reveal(), asset=asset)
    if service is None:
        return None
    service.retry = 0
    service.optional = False
    service.redirects = False
    service.interpret_emojis = False
    service.overflow_mode = OverflowMode.UPSTREAM
    return service


def _find_line(service: NotifyBase) -> Line:
    from apprise.plugins.email import NotifyEmail

    if isinstance(service, NotifyEmail):
        return Line.SMTP
    modules = (sys.modules[kind.__module__] for kind in type(service).__mro__)
    return Line.HTTP if any(hasattr(module, "requests") for module in modules) else Line.OTHER


def _notify(service: NotifyBase, short: ShortForm, broadcast: Broadcast) -> bool | None:
    from apprise import Apprise, NotifyFormat, NotifyType

    sender = Apprise()
    sender.add(service)
    is_markdown = broadcast.form is Form.CHAT and service.notify_format is NotifyFormat.MARKDOWN
    return sender.notify(
        body=short.text,
        title=short.subject,
        notify_type=NotifyType.WARNING if broadcast.status.is_open else NotifyType.SUCCESS,
        body_format=NotifyFormat.MARKDOWN if is_markdown else NotifyFormat.TEXT,
    )


def _rule_status(line: Line, status: int) -> Outcome:
    if line is Line.HTTP and status == 401:
        return Outcome.REFUSED  # Its secret stands in its address: no other one is looked for.
    if line is Line.HTTP:
        return rule_exchange(Exchange(has_sent=True, status=status), now=0).outcome
    if 400 <= status < 500:
        return Outcome.NOT_APPLIED
    return Outcome.REFUSED if 500 <= status < 600 else Outcome.AMBIGUOUS
