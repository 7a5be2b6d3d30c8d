"""Whose fault a failure is, in the words of an engineer.

A failure is the target's only when it is in the list here; anything else is our own and says nothing about the target.
"""

from __future__ import annotations

import errno
import socket
import ssl

from oncall_tui.domain.errors import OncallError
from oncall_tui.domain.probe import Verdict
from oncall_tui.domain.sanitize import clean_line
from oncall_tui.engine.resolver import ResolverBusyError

REASON_LIMIT = 200


class TargetError(OncallError):
    """The target did what a healthy one does not; the message is the reason to show, made inert later."""


class NotRunError(OncallError):
    """The run could not be made for a reason of our own."""


FORESEEN = (OncallError, OSError, UnicodeError, MemoryError)
"""What a run may raise; anything else is a mistake in a probe and belongs in the log. TLS and lookups raise OSError."""
_TARGET_ERRNO = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection reset by the target",
    errno.ECONNABORTED: "connection closed by the target",
    errno.EPIPE: "connection closed by the target",
    errno.ETIMEDOUT: "timed out in connect, said by the system",
    # From a router on the way, or a neighbour that does not answer. A host without a way out gets ENETUNREACH.
    errno.EHOSTUNREACH: "no route to host",
    errno.EHOSTDOWN: "host is down",
}
_OWN_ERRNO = {
    errno.EMFILE: "this process has no free file descriptor, raise its limit (ulimit -n)",
    errno.ENFILE: "this host has no free file descriptor",
    errno.ENOBUFS: "this host has no network buffers left",
    errno.ENOMEM: "this host is out of memory",
    errno.EADDRNOTAVAIL: "this host has no free port or no such address family",
    errno.ENETUNREACH: "this host has no route to the network of the target",
    errno.ENETDOWN: "the network of this host is down",
    errno.EACCES: "this host forbids the connection",
    errno.EPERM: "this host forbids the connection",
}
_NO_SUCH_HOST = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}


def explain(error: Exception) -> tuple[Verdict, str]:
    """Returns the verdict on a failed run and its reason, one inert line."""
    verdict, words = _explain(error)
    if verdict is Verdict.UNKNOWN:
        words = f"not run: {words}"
    return verdict, clean_line(words, REASON_LIMIT)


def _explain(error: Exception) -> tuple[Verdict, str]:
    match error:
        case TargetError():
            return Verdict.DOWN, str(error)
        case NotRunError() | ResolverBusyError():
            return Verdict.UNKNOWN, str(error)
        case socket.gaierror():
            if error.errno in _NO_SUCH_HOST:
                return Verdict.DOWN, "DNS: no such host"
            return Verdict.UNKNOWN, "the resolver of this host gave no answer, see /etc/resolv.conf"
        case UnicodeError():
            return Verdict.UNKNOWN, "the target is not a valid host name"
        case ssl.SSLError():
            return Verdict.DOWN, _explain_tls(error)
        case MemoryError():
            return Verdict.UNKNOWN, _OWN_ERRNO[errno.ENOMEM]
        case OSError() if error.errno in _TARGET_ERRNO:
            return Verdict.DOWN, _TARGET_ERRNO[error.errno]
        case OSError() if error.errno in _OWN_ERRNO:
            return Verdict.UNKNOWN, _OWN_ERRNO[error.errno]
        case OSError():
            return Verdict.UNKNOWN, f"{error.strerror or type(error).__name__} (error {error.errno})"
        case _:
            return Verdict.UNKNOWN, f"an error of ours, {type(error).__name__}: please report it"


def _explain_tls(error: ssl.SSLError) -> str:
    # Not every one of these comes from OpenSSL with a reason.
    reason: str = getattr(error, "reason", None) or ""
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError) or "UNEXPECTED_EOF" in reason:
        return "connection closed in TLS"
    if reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE"):
        return "TLS: the answer is not TLS"
    if "NO_APPLICATION_PROTOCOL" in reason:
        return "TLS: the target does not speak HTTP/2 (ALPN), look at what stands before the service"
    return f"TLS: {reason.lower().replace('_', ' ') or 'handshake failed'}"


_PHASE_WORDS = {
    "echo": "echo",
    "connect": "connect",
    "tls": "TLS",
    "first_byte": "first byte",
    "transfer": "transfer",
    "dns": "DNS",
}


def explain_timeout(phase: str, timeout_s: float) -> tuple[Verdict, str]:
    """Returns what an overrun deadline says: a name that hangs in the resolver says nothing about the target."""
    if phase == "token":
        return Verdict.UNKNOWN, f"not run: the token was not there after {timeout_s:.1f} s, see auth of the probe"
    if phase not in _PHASE_WORDS:
        return Verdict.UNKNOWN, f"not run: the resolver of this host did not answer in {timeout_s:.1f} s"
    return Verdict.DOWN, f"timed out in {_PHASE_WORDS[phase]} after {timeout_s:.1f} s"
