"""One attempt over SMTP: bounded in time, to the operator's server alone, under TLS whose certificate is verified."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

import aiosmtplib

from streamprocessor.contract.subscriptions.email import MailTarget
from streamprocessor.delivery.dispatch.mail_message import mail_bytes
from streamprocessor.delivery.dispatch.mail_server import STARTTLS, TLS, MailServer
from streamprocessor.delivery.dispatch.retry_schedule import AttemptResult
from streamprocessor.delivery.subscriptions.mail_parts import mail_parts_of

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")

MOST_CONNECTIONS = 4  # servers refuse those that open many
QUIT_SECONDS = 1.0
CLOSING = 421  # the server's word for: not now, and nothing of you


@dataclass(frozen=True, slots=True)
class MailAnswer:
    """What the server said. status: the code of its reply, 0 where no whole one came."""

    status: int
    reason: str
    result: AttemptResult
    retry_after: None = None
    opening: str = ""

    @property
    def span_attributes(self) -> dict[str, int]:
        """The reply's code."""
        return {"smtp.reply_code": self.status}


class MailSender:
    """Hands mails to one server, each on a connection of its own.

    note_refused: is told how many recipients are refused for good of a mail that others get.
    """

    def __init__(self, server: MailServer, timeout_seconds: float, note_refused: Callable[[int], None]) -> None:
        self._server = server
        self._timeout_seconds = timeout_seconds
        self._note_refused = note_refused
        self._connections = asyncio.Semaphore(MOST_CONNECTIONS)

    async def send(self, target: MailTarget, headers: Mapping[str, str], body: bytes) -> MailAnswer:
        """What came of the mail; never raises for what the server or the network does.

        headers: the webhook's, its id and instant. body: filled by a mail's template.
        """
        parts = mail_parts_of(body)
        if not parts:
            return MailAnswer(0, "not-a-mail", AttemptResult.REFUSED)
        at_ms = int(headers["webhook-timestamp"]) * 1000
        mail = await asyncio.to_thread(mail_bytes, target, headers["webhook-id"], parts, at_ms)  # a digest has many
        async with self._connections:
            return await self._logged_in(lambda client: self._hand_over(client, target, mail))

    async def try_login(self) -> MailAnswer | None:
        """What keeps us out before any mail is spoken of; None: the server lets us in."""
        return await self._logged_in(_quit)

    async def _logged_in(self, work: Callable[[aiosmtplib.SMTP], Awaitable[Answer]]) -> Answer | MailAnswer:
        """What comes of the work on a connection that is open and logged in; else what kept us out."""
        client = self._client()
        try:
            async with asyncio.timeout(self._timeout_seconds):
                await client.connect()
                if self._server.security == STARTTLS:
                    await client.ehlo()
                    if not client.supports_extension("starttls"):
                        return MailAnswer(0, "no-starttls", AttemptResult.FAILED)
                    await client.starttls()
                if self._server.username is not None:
                    await client.login(self._server.username, self._server.password or "")
                return await work(client)
        except TimeoutError:
            return MailAnswer(0, "time-out", AttemptResult.FAILED)
        except (aiosmtplib.SMTPException, OSError) as error:
            return _failure(error)
        finally:
            _end(client)

    def _client(self) -> aiosmtplib.SMTP:
        server = self._server
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            local_hostname=socket.gethostname(),  # the library would ask the network for it
            timeout=self._timeout_seconds,
            use_tls=server.security == TLS,
            start_tls=False,  # it is begun where its absence can be told from other faults
            tls_context=server.tls,
        )

    async def _hand_over(self, client: aiosmtplib.SMTP, target: MailTarget, mail: bytes) -> MailAnswer:
        """What came of the mail on a connection that is open.

        A recipient who is refused for now holds up the others, since they can't be parted later; one who is refused
        for good does not.
        """
        await client.mail(target.sender)
        refusals = await _refusals(client, target.recipients)
        for_now = [code for code in refusals if code < 500]
        if for_now:
            return MailAnswer(for_now[0], f"recipient-{for_now[0]}", _later(for_now[0]))
        if len(refusals) == len(target.recipients):
            return MailAnswer(refusals[0], f"recipient-{refusals[0]}", AttemptResult.REFUSED)
        try:
            answer = await client.data(mail)
        except aiosmtplib.SMTPDataError as error:
            final = error.code >= 500
            return MailAnswer(error.code, f"mail-{error.code}", AttemptResult.REFUSED if final else _later(error.code))
        if refusals:
            log.warning("mail: %d of %d recipients are refused for good", len(refusals), len(target.recipients))
            self._note_refused(len(refusals))
        await _quit(client)  # the mail is taken, whatever comes after
        return MailAnswer(answer.code, f"reply-{answer.code}", AttemptResult.DELIVERED)


def _end(client: aiosmtplib.SMTP) -> None:
    """Close the connection at once: over TLS the library would wait for the server's last word."""
    transport = client.transport
    client.close()
    _abort(transport)


async def _quit(client: aiosmtplib.SMTP) -> None:
    transport = client.transport  # the library forgets it with its last word, and still waits for the server's
    with suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
        async with asyncio.timeout(QUIT_SECONDS):
            await client.quit()
    _abort(transport)


def _abort(transport: asyncio.BaseTransport | None) -> None:
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()


async def _refusals(client: aiosmtplib.SMTP, recipients: Sequence[str]) -> list[int]:
    codes = []
    for recipient in recipients:
        try:
            await client.rcpt(recipient)
        except aiosmtplib.SMTPRecipientRefused as error:
            if error.code == CLOSING:
                raise
            codes.append(error.code)
    return codes


def _failure(error: Exception) -> MailAnswer:
    """What a failure before any mail was spoken of means: the server's settings or state, so it is tried again."""
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return MailAnswer(error.code, f"login-{error.code}", AttemptResult.FAILED)
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return MailAnswer(error.code, f"reply-{error.code}", _later(error.code))
    if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError):
        return MailAnswer(0, "tls", AttemptResult.FAILED)
    if isinstance(error, aiosmtplib.SMTPConnectError):
        return MailAnswer(0, "no-connection", AttemptResult.FAILED)
    return MailAnswer(0, "broken-answer", AttemptResult.FAILED)


def _later(code: int) -> AttemptResult:
    return AttemptResult.SLOW_DOWN if code == CLOSING else AttemptResult.FAILED
