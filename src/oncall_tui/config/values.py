"""Checks of single values: each returns the text, or raises ValueError: what is wrong, what is allowed.

No check repeats the value: a token may have been written into the wrong place.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from oncall_tui.domain.json_check import JSON_CHECK_FORM, parse_json_check
from oncall_tui.domain.sanitize import is_clean

RESOLVER_PORT = 53
_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
RULE_ID = re.compile(r"[A-Z]{2}[0-9]{3}")
_HOST_PATTERN = re.compile(r"[A-Za-z0-9_.*:-]+")
_MAIL_PATTERN = re.compile(r"[A-Za-z0-9_.*+-]+@[A-Za-z0-9_.*-]+")
RECORD_TYPES = ("A", "AAAA", "CNAME", "MX", "NS", "TXT", "SOA", "CAA", "SRV", "PTR")
_HEADER = re.compile(r"[A-Za-z0-9-]{1,100}")
_OWN_HEADERS = frozenset({"host", "connection", "content-length", "transfer-encoding", "accept-encoding"})
_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "x-api-key", "api-key", "x-auth-token"})
_PORT = re.compile(r"[0-9]{1,5}")
_HOST_PORT_FORM = 'allowed: "host:port", an IPv6 address in [brackets], port 1 to 65535'
_WS_FORM = 'allowed: a ws or wss URL such as "wss://www.example.com/live"'
_SUBPROTOCOL = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_URL_FORM = 'allowed: an http or https URL such as "https://www.example.com/health"'
_TYPES = {
    bool: "true or false",
    int: "a number",
    float: "a number with a point",
    str: "text",
    list: "a list",
    dict: "a table",
}


def name_type(value: object) -> str:
    """Returns what a TOML value is, in words."""
    return _TYPES.get(type(value), "a date or time")


def check_name(text: str) -> str:
    """A name of ours: it is shown on every screen and compared sign by sign."""
    form = "allowed: 1 to 100 printable characters"
    if not text.strip():
        raise ValueError(f"is empty, {form}")
    if len(text) > 100:
        raise ValueError(f"has {len(text)} characters, {form}")
    if not is_clean(text) or "\n" in text or "\t" in text:
        raise ValueError(f"holds a control or invisible character, {form}")
    if text != text.strip():
        raise ValueError("begins or ends with a space, allowed: a name without")
    return text


def check_id(text: str) -> str:
    """An id of the page: it becomes a part of request paths, so nothing in it may steer them."""
    if _ID.fullmatch(text) is None:
        raise ValueError("is not an id of a page, allowed: 1 to 100 letters, digits, - and _")
    return text


def check_env_name(text: str) -> str:
    """A name of an environment variable; a token put here by mistake seldom looks like one."""
    if _ENV_NAME.fullmatch(text) is None:
        raise ValueError("is not the name of an environment variable, allowed: letters, digits and _, no digit first")
    return text


def check_path(text: str) -> str:
    """A path that the system can be asked for."""
    if not text or len(text) > 4_000 or "\0" in text:
        raise ValueError("is not a path, allowed: 1 to 4000 characters without NUL")
    return text


def check_argument(text: str) -> str:
    """An argument of a program."""
    if len(text) > 4_000 or "\0" in text:
        raise ValueError("holds an argument that no program can take, allowed: up to 4000 characters without NUL")
    return text


def check_rule_id(text: str) -> str:
    """The id of a rule on words."""
    if RULE_ID.fullmatch(text) is None:
        raise ValueError("is not the id of a rule, allowed: two capitals and three digits, such as SC001")
    return text


def check_host_pattern(text: str) -> str:
    """A host name or address in which `*` stands for any part; one that means every host is none."""
    if len(text) > 253 or _HOST_PATTERN.fullmatch(text) is None:
        raise ValueError('is not a host name with or without *, allowed: such as "*.int.example.com" or "db-*"')
    if not any(sign.isalnum() for sign in text):
        raise ValueError("means every host, allowed: a pattern with at least one letter or digit")
    return text


def check_mail_pattern(text: str) -> str:
    """A mail address in which `*` stands for any part."""
    if len(text) > 320 or _MAIL_PATTERN.fullmatch(text) is None:
        raise ValueError('is not a mail address with or without *, allowed: such as "support@example.com"')
    return text


def check_zone(text: str) -> str:
    """The name of a time zone that this machine knows."""
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        raise ValueError("is no time zone, allowed: UTC, or a zone such as Europe/Berlin") from None
    return text


def check_json(text: str) -> str:
    """A comparison with a value of a JSON document."""
    try:
        parse_json_check(text)
    except ValueError as error:
        raise ValueError(f"{error}, allowed: comparisons {JSON_CHECK_FORM}") from None
    return text


def check_header(text: str) -> str:
    """The name of a header that a request may carry beside those that are always there."""
    if _HEADER.fullmatch(text) is None:
        raise ValueError("is not the name of a header, allowed: 1 to 100 letters, digits and hyphens")
    if text.lower() in _OWN_HEADERS:
        raise ValueError("names a header that is set by the probe itself, allowed: another one")
    return text


def check_headers(value: object) -> object:
    """Headers of a request; those that carry secrets are refused, since the file is none to hold them."""
    if not isinstance(value, dict):
        return value
    for name, text in value.items():
        check_header(name)
        if name.lower() in _SECRET_HEADERS:
            raise ValueError("names a header that carries a secret, allowed: put it in auth, with header = its name")
        if not isinstance(text, str) or len(text) > 4_000 or not text.isascii() or not text.isprintable():
            raise ValueError("holds a value that no header has, allowed: up to 4000 printable ASCII characters")
        if text != text.strip():
            raise ValueError("holds a value with a space around it, allowed: a value without")
    return value


def check_http_headers(value: object) -> object:
    """Headers of an http probe, among which `Host` may name what is asked for at the address of its URL."""
    if not isinstance(value, dict):
        return value
    names = [text for name, text in value.items() if _is_host_header(name)]
    if len(names) > 1:
        raise ValueError("names Host more than once, allowed: once")
    for text in names:
        if not isinstance(text, str) or not _is_authority(text):
            raise ValueError('has a Host that is none, allowed: such as "www.example.com" or "www.example.com:8443"')
    check_headers({name: text for name, text in value.items() if not _is_host_header(name)})
    return value


def _is_host_header(name: object) -> bool:
    return isinstance(name, str) and name.lower() == "host"


def _is_authority(text: str) -> bool:
    host, colon, port = text.rpartition(":") if ":" in text and not text.endswith("]") else (text, "", "")
    if colon and (_PORT.fullmatch(port) is None or not 1 <= int(port) <= 65_535):
        return False
    return _is_ipv6(host[1:-1]) if host.startswith("[") and host.endswith("]") else _is_host(host)


def check_url(text: str) -> str:
    """An address to fetch: http or https, with a host, and no credentials, which would reach logs."""
    _split_url(text)
    return text


def check_ws_url(text: str) -> str:
    """An address to open a WebSocket at, as `check_url` but without a fragment, which none has (RFC 6455, 3)."""
    parts = _split_url(text, ("ws", "wss"), _WS_FORM)
    if parts.fragment or "#" in text:
        raise ValueError(f"has a fragment, {_WS_FORM}")
    return text


def check_subprotocol(text: str) -> str:
    """The name of a WebSocket subprotocol, one token."""
    if _SUBPROTOCOL.fullmatch(text) is None:
        raise ValueError('is not the name of a subprotocol, allowed: one word such as "graphql-transport-ws"')
    return text


def check_service(text: str) -> str:
    """The name of a gRPC service, as the server registered it; empty for the whole server."""
    if len(text) > 200 or not text.isprintable() or not is_clean(text):
        raise ValueError("is not the name of a service, allowed: up to 200 printable characters")
    return text


def check_ws_headers(value: object) -> object:
    """Headers of an opening handshake: those that make it one are set by the probe."""
    check_headers(value)
    if isinstance(value, dict) and any(name.lower().startswith(("sec-websocket-", "upgrade")) for name in value):
        raise ValueError("names a header that is set by the probe itself, allowed: another one")
    return value


def check_api_url(text: str) -> str:
    """An address that the token is sent to: https, unless it never leaves this machine."""
    parts = _split_url(text)
    if parts.query or parts.fragment:
        raise ValueError('has a query or fragment, allowed: a URL that ends in its path, such as "https://host/v1"')
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        raise ValueError("would send the token unencrypted, allowed: https; http for this machine only")
    return text.rstrip("/")


def check_host(text: str) -> str:
    """A host name or IPv4 address."""
    _require_host(text, 'allowed: a host name such as "www.example.com"')
    return text


def check_records(value: object) -> object:
    """What each record type must hold, all of it."""
    form = 'allowed: such as { A = ["192.0.2.1"], MX = ["10 mail.example.com"], CAA = [] }'
    if not isinstance(value, dict):
        return value
    for kind, texts in value.items():
        if kind not in RECORD_TYPES:
            raise ValueError(f"names a record type that is not known, {form}")
        if not isinstance(texts, list) or len(texts) > 100 or not all(isinstance(each, str) for each in texts):
            raise ValueError(f"holds something that is no list of texts, {form}")
        if not all(0 < len(each) <= 1_000 for each in texts):
            raise ValueError(f"holds a text that is empty or longer than 1000 characters, {form}")
    return value


def check_address(text: str) -> str:
    """A host name or an address of either kind."""
    return text if _is_ipv6(text) else check_host(text)


def check_host_port(text: str) -> str:
    """`host:port`, where an IPv6 address stands in brackets."""
    if text.startswith("["):
        host, bracket, port = text[1:].partition("]:")
        is_host = bool(bracket) and _is_ipv6(host)
    else:
        host, _, port = text.partition(":")
        is_host = _is_host(host)
    if not is_host:
        raise ValueError(f"is not a host and a port, {_HOST_PORT_FORM}")
    if _PORT.fullmatch(port) is None or not 1 <= int(port) <= 65_535:
        raise ValueError(f"has no usable port, {_HOST_PORT_FORM}")
    return text


def check_resolver(text: str) -> str:
    """A DNS server, returned as `host:port` in every case."""
    if _is_ipv6(text):
        return f"[{text}]:{RESOLVER_PORT}"
    has_port = not text.endswith("]") and ":" in text
    return check_host_port(text if has_port else f"{text}:{RESOLVER_PORT}")


def _split_url(text: str, schemes: tuple[str, str] = ("http", "https"), form: str = _URL_FORM) -> SplitResult:
    if len(text) > 2_000 or not text.isascii() or not text.isprintable() or " " in text or "\\" in text:
        raise ValueError(f"holds a character that no URL has or more than 2000, {form}")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError(f"is not a URL, {form}") from None
    if parts.scheme not in schemes:
        raise ValueError(f"does not begin with {schemes[0]}:// or {schemes[1]}://, {form}")
    if "@" in parts.netloc:
        raise ValueError("holds a user or password, allowed: a URL without, since URLs reach screens and logs")
    if port == 0:
        raise ValueError(f"has no usable port, {form}")
    host = parts.hostname or ""
    if not _is_ipv6(host):
        _require_host(host, form)
    return parts


def _require_host(text: str, form: str) -> None:
    if not text.isascii():
        raise ValueError(f"holds a letter outside ASCII, write the host in its xn-- form, {form}")
    if not _is_host(text):
        raise ValueError(f"has no valid host, {form}")


def _is_host(text: str) -> bool:
    labels = text.removesuffix(".").split(".")
    return len(text) <= 254 and all(_LABEL.fullmatch(label) for label in labels)


def _is_ipv6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True


def is_sent_in_clear(url: str) -> bool:
    """Tells whether what is sent to a URL can be read on the way: http or ws, unless it never leaves this machine."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "ws") and not _is_loopback(parts.hostname or "")
    except ValueError:
        return False


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
