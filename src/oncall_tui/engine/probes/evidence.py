"""What a target answered, kept when a run was not up: inert, bounded, and without what might be a secret."""

from __future__ import annotations

import _ssl
import re
import ssl
from collections.abc import Callable, Iterable, Sequence

from oncall_tui.domain.sanitize import clean_block, clean_line
from oncall_tui.engine.probes.certificate import describe_certificate

BODY_LIMIT = 1_000
HEADER_LIMIT = 20
CHAIN_LIMIT = 5
CERTIFICATE_LIMIT = 800
_VALUE_LIMIT = 200
READ_LIMIT = 4_096
_SECRET = re.compile(r"cookie|auth|token|secret|session|signature|credential|password|key|jwt", re.IGNORECASE)
_ADDRESSES = ("location", "content-location", "link", "refresh")
_QUERY = re.compile(r"\?\S*")


def collect_evidence(
    headers: Iterable[tuple[bytes, bytes]], body: bytes, hide: Callable[[str], str]
) -> tuple[tuple[str, str], ...]:
    """Returns headers by name, and the first 1,000 characters of the body as `body`; `hide` takes known secrets out.

    Headers that carry secrets (Set-Cookie, Authorization and their like) and queries of addresses are left out.
    """
    found: list[tuple[str, str]] = []
    for raw_name, raw_value in headers:
        name = clean_line(raw_name.decode("latin-1"), 60)
        if len(found) < HEADER_LIMIT and not _SECRET.search(name):
            value = hide(raw_value.decode("latin-1"))
            if name.lower() in _ADDRESSES:
                value = _QUERY.sub("?...", value)
            found.append((f"{name}:", clean_line(value, _VALUE_LIMIT)))
    text = clean_block(hide(body[:READ_LIMIT].decode("utf-8", "replace")), BODY_LIMIT).strip()
    return (*found, ("body", text)) if text else tuple(found)


def tell_addresses(addresses: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Returns all addresses that a name had, where it had several: one of them alone may be broken."""
    return (("addresses", clean_line(", ".join(addresses), _VALUE_LIMIT)),) if len(addresses) > 1 else ()


def tell_chain(tls: ssl.SSLObject) -> tuple[tuple[str, str], ...]:
    """Returns the certificates as the target presented them, whether they were believed or not, the leaf first."""
    found = _read_chain(tls)
    told = [clean_block(describe_certificate(der), CERTIFICATE_LIMIT) for der in found[:CHAIN_LIMIT]]
    return tuple((f"certificate {number} of {len(found)}", text) for number, text in enumerate(told, start=1))


def _read_chain(tls: ssl.SSLObject) -> list[bytes]:
    if hasattr(tls, "get_unverified_chain"):
        return list(tls.get_unverified_chain())
    # Python has a name for it since 3.13; before, the object within has it, as the trust store of the system uses it.
    read = getattr(getattr(tls, "_sslobj", None), "get_unverified_chain", None)
    if read is not None:
        return [bytes(each.public_bytes(_ssl.ENCODING_DER)) for each in read() or ()]
    leaf = tls.getpeercert(binary_form=True)
    return [] if leaf is None else [leaf]
