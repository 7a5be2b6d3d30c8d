"""One answer of a page: what of it may be believed, printed and sent back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx

from oncall_tui.domain.sanitize import clean_line

ANSWER_LIMIT = 5_000_000
_DEPTH_MOST = 40


class Answer:
    """What came back, as far as it came; `fault` says what is wrong with it, empty when nothing is.

    What is told of it goes through a `hide` that leaves out tokens, before it is cut: a cut may leave half of one.
    """

    def __init__(self, response: httpx.Response) -> None:
        self.body = b""
        self.fault = ""
        self.retry_after = response.headers.get("retry-after")
        self.etag = _read_etag(response.headers.get("etag", ""))
        self.location = _hide_query(response.headers.get("location", ""))
        self._content_type: str = response.headers.get("content-type", "")

    @property
    def is_html(self) -> bool:
        """Tells that some machine in between speaks, not the API."""
        return "html" in self._content_type.lower()

    def tell_kind(self, hide: Callable[[str], str]) -> str:
        return clean_line(hide(self._content_type), 60) or "no content type"

    def say(self, hide: Callable[[str], str]) -> str:
        """Returns the page's own words about an error, from the shapes that occur, else the start of the text."""
        try:
            said = parse(self.body)
        except ValueError:
            return "" if self.is_html else clean_line(hide(self.body[:8_000].decode("utf-8", "replace")), 200)
        if isinstance(said, dict):
            said = next((said[key] for key in ("message", "error", "errors") if said.get(key)), "")
        if isinstance(said, list):
            said = "; ".join(str(item.get("message", item) if isinstance(item, dict) else item) for item in said[:5])
        return clean_line(hide(str(said)), 200)


async def read_answer(response: httpx.Response) -> Answer:
    """A broken body is a fault of the answer: its status was read and stands."""
    answer = Answer(response)
    if response.headers.get("content-encoding", "identity").lower() not in ("identity", ""):
        answer.fault = "in a compression that was not asked for"
        return answer
    chunks: list[bytes] = []
    size = 0
    try:
        async for chunk in response.aiter_raw():
            chunks.append(chunk)
            size += len(chunk)
            if size > ANSWER_LIMIT:
                answer.fault = f"the answer is longer than {ANSWER_LIMIT // 1_000_000} MB"
                return answer
    except httpx.HTTPError:
        answer.fault = "the answer broke off"
    answer.body = b"".join(chunks)
    return answer


def _read_etag(field: str) -> str:
    """Returns an entity tag, empty for what is none and might not go back into a header (RFC 9110, 8.8.3)."""
    return field if re.fullmatch(r'(?:W/)?"[\x21\x23-\x7e]{0,200}"', field) else ""


def _hide_query(location: str) -> str:
    try:
        parts = urlsplit(location)
        return f"{parts.scheme}://{parts.hostname}{parts.path}" if parts.hostname else location.split("?")[0]
    except ValueError:
        return location.split("?")[0]


def parse(body: bytes) -> object:
    """Returns what a body says. Raises ValueError for what is not JSON, or is nested without end."""
    try:
        said = json.loads(body)
    except RecursionError:
        raise ValueError("nested without end") from None
    if _is_deep(said):
        raise ValueError("nested without end")
    return said


def _is_deep(value: object) -> bool:
    """Tells whether a document is nested beyond any meaning: to print or to compare it could end in no stack."""
    level = [value]
    for _ in range(_DEPTH_MOST):
        level = [
            inner
            for item in level
            if isinstance(item, dict | list)
            for inner in (item.values() if isinstance(item, dict) else item)
        ]
        if not level:
            return False
    return True
