"""Reads the few fields of a certificate that people ask for, from its bytes.

The ssl module tells them for verified certificates only, and it is the refused ones that need words.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Iterator
from datetime import UTC, datetime

from msgspec import Struct

_COMMON_NAME = bytes.fromhex("550403")
_ALTERNATIVE_NAMES = bytes.fromhex("551d11")
_NAME_LIMIT = 50
_NAMES_TOLD = 10
_ATTRIBUTES = {
    _COMMON_NAME: "CN",
    bytes.fromhex("55040a"): "O",
    bytes.fromhex("55040b"): "OU",
    bytes.fromhex("550407"): "L",
    bytes.fromhex("550408"): "ST",
    bytes.fromhex("550406"): "C",
    bytes.fromhex("2a864886f70d010901"): "emailAddress",
}


class Certificate(Struct, frozen=True):
    """What a leaf says of itself; texts are as found, not inert. `names` are DNS names and IP addresses."""

    starts_at: int
    ends_at: int
    issuer: str
    names: tuple[str, ...]


def read_certificate(der: bytes) -> Certificate:
    """Returns the fields of an X.509 certificate in DER form (RFC 5280, 4.1). Raises ValueError when it is not one."""
    try:
        return _read(der)
    except (IndexError, StopIteration, UnicodeError) as error:
        raise ValueError("not a certificate") from error


def describe_certificate(der: bytes) -> str:
    """Returns what a certificate says of itself, a line each: subject, issuer, validity, names, fingerprint.

    Texts are as found, not inert; of one that cannot be read the fingerprint is told.
    """
    fingerprint = f"sha256 {hashlib.sha256(der).hexdigest()}"
    try:
        certificate, fields = _read(der), _split(der)
        subject, issuer = _tell_name(fields[4][1]), _tell_name(fields[2][1])
    except (IndexError, StopIteration, ValueError):
        return f"cannot be read, {len(der)} bytes\n{fingerprint}"
    valid = f"valid {_tell_instant(certificate.starts_at)} to {_tell_instant(certificate.ends_at)}"
    more = len(certificate.names) - _NAMES_TOLD
    names = ", ".join(certificate.names[:_NAMES_TOLD]) + (f" and {more} more" if more > 0 else "")
    return "\n".join((f"subject {subject}", f"issuer {issuer}", valid, f"names {names or 'none'}", fingerprint))


def _tell_name(name: bytes) -> str:
    """Returns a distinguished name as people read it; a part of an unknown kind is left out."""
    parts = []
    for _, group in _items(name):
        for _, pair in _items(group):
            (_, kind), (tag, text) = list(_items(pair))[:2]
            if kind in _ATTRIBUTES:
                parts.append(f"{_ATTRIBUTES[kind]}={_decode(tag, text)}")
    return ", ".join(parts) or "none"


def _decode(tag: int, text: bytes) -> str:
    return text.decode("utf-16-be" if tag == 0x1E else "utf-8", "replace")


def _tell_instant(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _split(der: bytes) -> list[tuple[int, bytes]]:
    """Returns the fields of what is signed, from the serial number on."""
    _, whole = next(_items(der))
    _, signed = next(_items(whole))
    fields = list(_items(signed))
    return fields[1:] if fields[0][0] == 0xA0 else fields


def _read(der: bytes) -> Certificate:
    fields = _split(der)
    (_, issuer), (_, validity), (_, subject) = fields[2], fields[3], fields[4]
    starts, ends = list(_items(validity))[:2]
    names = _alternative_names(fields) or tuple(_common_names(subject))
    return Certificate(_instant(*starts), _instant(*ends), next(_common_names(issuer), "") or _tell_name(issuer), names)


def _items(der: bytes) -> Iterator[tuple[int, bytes]]:
    """Yields (tag, content) of the values that follow each other in `der`."""
    at = 0
    while at < len(der):
        tag, length = der[at], der[at + 1]
        at += 2
        if length & 0x80:
            width = length & 0x7F
            if not 1 <= width <= 4:
                raise ValueError("not a certificate")
            length = int.from_bytes(der[at : at + width])
            at += width
        if at + length > len(der):
            raise ValueError("not a certificate")
        yield tag, der[at : at + length]
        at += length


def _instant(tag: int, text: bytes) -> int:
    """Both forms of time, UTCTime with its two-digit year (below 50 is 20xx) and GeneralizedTime."""
    digits = text.decode("ascii").removesuffix("Z")
    if tag == 0x17:
        digits = ("20" if int(digits[:2]) < 50 else "19") + digits
    return int(datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=UTC).timestamp() * 1000)


def _common_names(name: bytes) -> Iterator[str]:
    for _, group in _items(name):
        for _, pair in _items(group):
            (_, kind), (tag, text) = list(_items(pair))[:2]
            if kind == _COMMON_NAME:
                yield _decode(tag, text)


def _alternative_names(fields: list[tuple[int, bytes]]) -> tuple[str, ...]:
    names: list[str] = []
    for tag, block in fields[5:]:
        if tag != 0xA3:
            continue
        for _, extension in _items(next(_items(block))[1]):
            parts = list(_items(extension))
            if parts[0][1] != _ALTERNATIVE_NAMES:
                continue
            for kind, value in _items(next(_items(parts[-1][1]))[1]):
                if kind == 0x82:
                    names.append(value.decode("ascii", "replace"))
                elif kind == 0x87:
                    names.append(_address(value))
    return tuple(names[:_NAME_LIMIT])


def _address(value: bytes) -> str:
    return str(ipaddress.ip_address(value))
