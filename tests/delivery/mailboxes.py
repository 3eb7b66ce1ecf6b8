"""A real SMTP server on this machine, whose answers a test writes."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

HOST = "127.0.0.1"
TAKEN = "250 taken"


@dataclass
class Mail:
    """One mail that was handed over."""

    sender: str
    recipients: list[str]
    content: bytes
    was_encrypted: bool
    user: str | None

    @property
    def message(self) -> EmailMessage:
        """The mail as a client reads it."""
        message = message_from_bytes(self.content, policy=default)
        assert isinstance(message, EmailMessage)
        return message

    def body(self, kind: str) -> str:
        """Its text, plain or html."""
        part = self.message.get_body((kind,))
        assert part is not None
        content: str = part.get_content()
        return content


class _Connection(SMTP):
    """One connection, whose transports are noted: under TLS it has two."""

    def __init__(self, transports: list[asyncio.WriteTransport], *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._transports = transports

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transports.append(transport)
        super().connection_made(transport)


@dataclass
class Mailboxes:
    """The server.

    replies: to the recipients, by address. reply: to the mail. logins: passwords by user; where there are some, it asks
    for one. taken: the mails that it took; got: all of them.
    """

    tls: ssl.SSLContext | None = None
    encrypts_at_once: bool = False
    offers_starttls: bool = True
    logins: dict[str, str] = field(default_factory=dict)
    replies: dict[str, str] = field(default_factory=dict)
    reply: str = TAKEN
    got: list[Mail] = field(default_factory=list)
    taken: list[Mail] = field(default_factory=list)
    hang: asyncio.Event | None = None
    port: int = 0
    _server: asyncio.Server | None = None
    _transports: list[asyncio.WriteTransport] = field(default_factory=list)

    async def start(self) -> None:
        self._server = await asyncio.get_running_loop().create_server(
            self._protocol, HOST, self.port, ssl=self.tls if self.encrypts_at_once else None
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """End it and all connections to it; returns when they are closed."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for transport in self._transports:
            transport.abort()
        await asyncio.sleep(0)  # what closes the sockets is called before this returns

    async def handle_RCPT(self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]) -> str:
        reply = self.replies.get(address, TAKEN)
        if reply == TAKEN:
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, _: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        assert envelope.mail_from is not None
        login = session.auth_data
        user = login.login.decode() if isinstance(login, LoginPassword) else None
        is_encrypted = self.encrypts_at_once or session.ssl is not None
        mail = Mail(envelope.mail_from, list(envelope.rcpt_tos), envelope.content, is_encrypted, user)
        self.got.append(mail)
        if self.hang is not None:
            await self.hang.wait()
        if self.reply == TAKEN:
            self.taken.append(mail)
        return self.reply

    def _protocol(self) -> SMTP:
        return _Connection(
            self._transports,
            self,
            hostname="mail.example",
            loop=asyncio.get_running_loop(),
            tls_context=self.tls if self.offers_starttls and not self.encrypts_at_once else None,
            auth_required=bool(self.logins) and not self.encrypts_at_once,  # it warns where it sees no TLS
            auth_require_tls=not self.encrypts_at_once and self.tls is not None,
            authenticator=self._let_in if self.logins else None,
        )

    def _let_in(self, _: SMTP, __: Session, ___: Envelope, ____: str, login: object) -> AuthResult:
        known = isinstance(login, LoginPassword) and self.logins.get(login.login.decode()) == login.password.decode()
        return AuthResult(success=known, handled=False, auth_data=login if known else None)
