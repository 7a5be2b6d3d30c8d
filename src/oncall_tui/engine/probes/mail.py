"""The smtp and imap probes: greeting, STARTTLS, and the certificate behind it; nothing is logged in or sent."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field

from oncall_tui.domain.probe import Probe, ProbeKind
from oncall_tui.domain.sanitize import clean_line
from oncall_tui.domain.verdict import Observation
from oncall_tui.engine.probes.faults import TargetError
from oncall_tui.engine.probes.tools import Tools, Trace
from oncall_tui.engine.probes.wire import Wire, open_wire, split_target, start_tls

LINE_CAP = 8 * 1024
LINE_LIMIT = 200
_PORTS = {(ProbeKind.SMTP, True): 465, (ProbeKind.SMTP, False): 25, (ProbeKind.IMAP, True): 993}
_SMTP_LINE = re.compile(rb"(\d{3})([ -]?)(.*)", re.DOTALL)
_SHOWN = 80


async def run(probe: Probe, tools: Tools, trace: Trace) -> Observation:
    """Speaks as far as `security` says and leaves politely. An answer that is not the protocol raises TargetError."""
    started = tools.monotonic()
    is_implicit = probe.security == "tls"
    host, port = split_target(probe.target, default_port=_PORTS.get((probe.kind, is_implicit), 143))
    wire = await open_wire(host, port, tools, trace)
    begin = _begin_smtp if probe.kind is ProbeKind.SMTP else _begin_imap

    async def lead_up(again: Wire) -> None:
        await begin(_Dialogue(again, Trace(tools.monotonic)), asks_tls=True)

    try:
        expires_in_ms = None
        dialogue = _Dialogue(wire, trace)
        if not is_implicit:
            await begin(dialogue, asks_tls=probe.security == "starttls")
        if probe.security != "none":
            left_s = probe.timeout_ms / 1000 - (tools.monotonic() - started)
            certificate = await start_tls(wire, host, tools, trace, left_s, None if is_implicit else lead_up)
            expires_in_ms = certificate.ends_at - tools.wall_ms()
        if is_implicit:
            await begin(dialogue, asks_tls=False)
        await wire.send(b"QUIT\r\n" if probe.kind is ProbeKind.SMTP else b"z LOGOUT\r\n")
    finally:
        wire.close()
    return Observation(expires_in_ms=expires_in_ms)


@dataclass(slots=True)
class _Dialogue:
    """Lines of one connection, each of a bounded length and together of a bounded number."""

    wire: Wire
    trace: Trace
    rest: bytearray = field(default_factory=bytearray)
    count: int = 0

    async def say(self, line: bytes) -> None:
        self.trace.enter("first_byte")
        await self.wire.send(line + b"\r\n")

    async def read_line(self) -> bytes:
        while b"\n" not in self.rest:
            if len(self.rest) > LINE_CAP:
                raise TargetError(f"line longer than {LINE_CAP // 1024} KiB")
            chunk = await self.wire.receive()
            if not chunk:
                is_early = not self.count and not self.rest
                raise TargetError(
                    "connection closed before a greeting" if is_early else "connection closed in the dialogue"
                )
            self.rest += chunk
        line, _, rest = self.rest.partition(b"\n")
        self.rest = rest
        self.count += 1
        if self.count > LINE_LIMIT:
            raise TargetError(f"more than {LINE_LIMIT} lines")
        if self.count % 50 == 0:
            await asyncio.sleep(0)
        return bytes(line.rstrip(b"\r"))

    def require_silence(self) -> None:
        """What came before the handshake would be taken for an answer from inside of it (CVE-2011-0411)."""
        if self.rest:
            raise TargetError("sent more before TLS than was asked for")


async def _begin_smtp(dialogue: _Dialogue, *, asks_tls: bool) -> None:
    dialogue.trace.enter("first_byte")
    greeting = await _read_reply(dialogue, "greeting", b"220")
    dialogue.trace.note("greeting", greeting[0])
    ip = dialogue.wire.sock.getsockname()[0]
    await dialogue.say(f"EHLO [{f'IPv6:{ip}' if ':' in ip else ip}]".encode())
    offers = await _read_reply(dialogue, "EHLO", b"250")
    if not asks_tls:
        return
    if not any(offer.split(" ")[0].upper() == "STARTTLS" for offer in offers[1:]):
        raise TargetError("STARTTLS is not offered")
    await dialogue.say(b"STARTTLS")
    await _read_reply(dialogue, "STARTTLS", b"220")
    dialogue.require_silence()


async def _read_reply(dialogue: _Dialogue, what: str, expected: bytes) -> list[str]:
    """Returns the texts of a reply of one or more lines (RFC 5321, 4.2.1). Raises TargetError for another code."""
    texts: list[str] = []
    while True:
        line = await dialogue.read_line()
        found = _SMTP_LINE.fullmatch(line)
        if found is None:
            raise TargetError("answer is not SMTP")
        texts.append(found[3].decode("utf-8", "replace"))
        if found[1] != expected:
            raise TargetError(f"{what} answered with {clean_line(line.decode('utf-8', 'replace'), _SHOWN)}")
        if found[2] != b"-":
            return texts


async def _begin_imap(dialogue: _Dialogue, *, asks_tls: bool) -> None:
    dialogue.trace.enter("first_byte")
    greeting = await dialogue.read_line()
    shown = clean_line(greeting.decode("utf-8", "replace"), _SHOWN)
    word = greeting[:10].upper()
    if not word.startswith((b"* OK", b"* PREAUTH")):
        raise TargetError(f"greeting is {shown}" if word.startswith(b"* BYE") else "answer is not IMAP")
    dialogue.trace.note("greeting", shown.removeprefix("* "))
    if not asks_tls:
        return
    await dialogue.say(b"a STARTTLS")
    while (line := await dialogue.read_line()).startswith(b"* "):
        pass
    if not line.upper().startswith(b"A OK"):
        words = clean_line(line.decode("utf-8", "replace"), _SHOWN)
        raise TargetError(f"STARTTLS answered with {words}" if line[:2].lower() == b"a " else "answer is not IMAP")
    dialogue.require_silence()
