"""One request to a source: the token, the deadline, the cap and the words of the probes, and no redirect."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from oncall_tui.domain.probe import HttpRequest, Probe
from oncall_tui.domain.sanitize import clean_line
from oncall_tui.engine.probes.credentials import make_header
from oncall_tui.engine.probes.faults import NotRunError, TargetError
from oncall_tui.engine.probes.http import fetch
from oncall_tui.engine.probes.tools import Tools, Trace

BODY_CAP = 32 * 1024 * 1024
CREDENTIAL_KEY = "source.token"
_WORDS_LIMIT = 160
_DULL = ("status", "body", "encoding")
"""Facts about the answer, where those that it holds matter."""
_Read = TypeVar("_Read")


class _Complaint(Struct):
    """What Prometheus, Alertmanager and their proxies say of an error."""

    error: str = ""
    message: str = ""


async def ask(
    source: Probe, tools: Tools, trace: Trace, path: str, *, method: str = "GET", body: str | None = None
) -> bytes:
    """Returns the body of a good answer. Raises TargetError, NotRunError or what `fetch` raises."""
    auth = None
    credential = source.request.auth
    if credential is not None:
        trace.enter("token")
        auth, trace.hidden = make_header(credential, await tools.credentials.read(credential, CREDENTIAL_KEY))
        trace.leave()
    headers: tuple[tuple[str, str], ...] = (("Accept", "application/json"),)
    if body is not None:
        headers = (*headers, ("Content-Type", "application/json"))
    asked = replace(source, target=source.target + path, follow_redirects=False)
    wanted = HttpRequest(method=method, headers=headers, body=body)
    answer = await fetch(asked, replace(tools, body_cap=BODY_CAP), trace, wanted, auth)
    if credential is not None and answer.status in (401, 403):
        tools.credentials.forget(credential)
    if answer.is_cut:
        raise NotRunError(f"the answer is larger than {BODY_CAP // 1024 // 1024} MiB: narrow it by match")
    if answer.status == 200:
        for name in _DULL:
            trace.facts.pop(name, None)
        return bytes(answer.body)
    said = _find_complaint(bytes(answer.body))
    words = f"HTTP {answer.status_text}" + (f": {clean_line(trace.hide(said), _WORDS_LIMIT)}" if said else "")
    if answer.status in (400, 404, 422):
        # It works, and does not understand: asking for something else is up to the config.
        raise NotRunError(f"the source refused the question ({words}): check url, match and query")
    if 300 <= answer.status < 400:
        raise NotRunError(f"the source answers with a redirect ({words}), which is not followed: check url")
    raise TargetError(words)


def _find_complaint(body: bytes) -> str:
    try:
        found = msgspec.json.decode(body, type=_Complaint)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return ""
    return found.error or found.message


async def decode(body: bytes, read: Callable[[bytes], _Read], what: str) -> _Read:
    """Reads an answer off the loop. Raises TargetError for one that is not what the source speaks."""
    try:
        return await asyncio.to_thread(read, body)
    except (msgspec.DecodeError, RecursionError, UnicodeError, OverflowError, ValueError) as error:
        raise TargetError(f"does not answer as {what} does: check url") from error


def read_instant(at: datetime) -> int:
    """Returns milliseconds since 1970, within what every screen can show."""
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return max(0, min(int(at.timestamp() * 1000), 7_258_118_400_000))
