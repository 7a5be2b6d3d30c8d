"""Real servers on loopback that take what a channel sends: a web hook with faults, and a mail server."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from oncall_tui.config.token import Secret
from oncall_tui.domain.incident import IncidentStatus
from oncall_tui.domain.shortform import Form
from oncall_tui.engine.broadcast import Broadcast
from oncall_tui.engine.broadcast.apprise_channel import AppriseChannel

PASSWORD = "hunter2secret"
LINK = "https://status.example.com/incidents/q1w2_e3"
BODY = "Card payments fail for *some* customers. We have found the cause."


def make_broadcast(form: Form, **changes: str) -> Broadcast:
    fields = {"title": "Payments fail", "body": BODY, "url": LINK, **changes}
    return Broadcast("op-1", fields["title"], IncidentStatus.IDENTIFIED, fields["body"], fields["url"], form)


def make_channel(url: str, timeout_ms: int = 5_000) -> AppriseChannel:
    return AppriseChannel("ops", lambda: Secret(url), timeout_ms=timeout_ms)


def find_closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Hook:
    """Answers each request with the next of `answers`, then with the last; None never answers, "" hangs up."""

    def __init__(self) -> None:
        self.port = 0
        self.bodies: list[bytes] = []
        self.heads: list[str] = []
        self.answers: list[str | None] = ["200 OK"]

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = next(
                (int(line[15:]) for line in head.split("\r\n") if line.lower().startswith("content-length")), 0
            )
            self.bodies.append(await reader.readexactly(length))
            self.heads.append(head)
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if answer is None:
                await reader.read()
            elif answer:
                writer.write(f"HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def receiving() -> AsyncIterator[Hook]:
    hook = Hook()
    server = await asyncio.start_server(hook.meet, "127.0.0.1", 0)
    hook.port = server.sockets[0].getsockname()[1]
    try:
        yield hook
    finally:
        server.close()


class Mailbox:
    """A mail server for one user, with the answers that it gives to each step."""

    def __init__(self) -> None:
        self.port = 0
        self.mails: list[EmailMessage] = []
        self.at_recipient = "250 OK"
        self.refused = ""
        self.at_end = "250 OK"

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, kind: str, given: object) -> AuthResult:
        return AuthResult(success=getattr(given, "password", b"") == PASSWORD.encode(), handled=False)

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address == self.refused:
            return "550 No such user"
        if self.at_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.at_recipient

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        if not self.at_end:
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
        return self.at_end or "250 OK"


@asynccontextmanager
async def receiving_mail() -> AsyncIterator[Mailbox]:
    mailbox = Mailbox()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(mailbox, authenticator=mailbox.authenticate, auth_require_tls=False, hostname="mail.example"),
        "127.0.0.1",
        0,
    )
    mailbox.port = server.sockets[0].getsockname()[1]
    try:
        yield mailbox
    finally:
        server.close()
