"""What an http probe asks, and where."""

from __future__ import annotations

import base64
import re
from functools import lru_cache
from urllib.parse import unquote, urlsplit

import h11
from msgspec import Struct

from oncall_tui import __version__
from oncall_tui.domain.probe import HttpRequest

_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[0-9A-Za-z._-]{1,253}|[0-9A-Fa-f:.]{1,45}(%[0-9A-Za-z]{1,15})?")
REQUESTS_KEPT = 8_192


class Request(Struct, frozen=True):
    """One request of one origin, as bytes; `shown` is its URL without what could be secret.

    `name` is what TLS asks for and what the certificate has to be for: the host, unless a header names another.
    """

    host: str
    name: str
    port: int
    is_https: bool
    method: str
    head: bytes
    body: bytes
    shown: str

    @property
    def origin(self) -> tuple[str, int, bool]:
        return self.host, self.port, self.is_https


def read_request(text: str, wanted: HttpRequest, auth: tuple[str, str] | None = None) -> Request:
    """Returns what to ask and where, kept for the next run unless there is a token in it. Raises ValueError.

    For requests of the config only: what a target makes up (redirects) would fill the memory.
    """
    return _keep_request(text, wanted) if auth is None else make_request(text, wanted, auth)


def make_request(text: str, wanted: HttpRequest, auth: tuple[str, str] | None = None) -> Request:
    """Returns what to ask and where. Raises ValueError, also for what only h11 or the host name rules refuse."""
    url = urlsplit(text)
    host = (url.hostname or "").encode("idna").decode() if not text.isascii() else url.hostname or ""
    if url.scheme not in _PORTS or not _HOST.fullmatch(host):
        raise ValueError("not an http or https URL with a host")
    default_port = _PORTS[url.scheme]
    port = url.port or default_port
    named = f"[{host}]" if ":" in host else host
    named = named if port == default_port else f"{named}:{port}"
    asked_for = next((text for key, text in wanted.headers if key.lower() == "host"), named)
    body = (wanted.body or "").encode()
    chosen = {name.lower() for name, _ in wanted.headers}
    usual = (("User-Agent", f"oncall-tui/{__version__}"), ("Accept", "*/*"))
    headers = [
        ("Host", asked_for),
        *(pair for pair in usual if pair[0].lower() not in chosen),
        ("Accept-Encoding", "identity"),
        ("Connection", "close"),
        *(pair for pair in wanted.headers if pair[0].lower() != "host"),
    ]
    if body or wanted.method in ("POST", "PUT", "PATCH"):
        headers.append(("Content-Length", str(len(body))))
    if auth is not None:
        headers.append(auth)
    elif url.username is not None:
        pair = f"{unquote(url.username)}:{unquote(url.password or '')}"
        headers.append(("Authorization", "Basic " + base64.b64encode(pair.encode()).decode()))
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    asked = h11.Request(method=wanted.method, target=_quote(path), headers=headers)
    head = h11.Connection(our_role=h11.CLIENT).send(asked) or b""
    return Request(
        host=host,
        name=host if asked_for == named else urlsplit(f"//{asked_for}").hostname or host,
        port=port,
        is_https=url.scheme == "https",
        method=wanted.method,
        head=head,
        body=body,
        shown=f"{url.scheme}://{named}{url.path}",
    )


_keep_request = lru_cache(maxsize=REQUESTS_KEPT)(make_request)


def _quote(path: str) -> bytes:
    """Escapes what may not stand in a request line and leaves escapes that are there already alone."""
    return b"".join(bytes([byte]) if 0x21 <= byte < 0x7F else b"%%%02X" % byte for byte in path.encode())
