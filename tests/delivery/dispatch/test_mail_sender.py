"""Mails handed to a real SMTP server, under TLS, and what its answers mean."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from streamprocessor.contract.subscriptions.email import MailTarget
from streamprocessor.delivery.dispatch.mail_sender import MailAnswer, MailSender
from streamprocessor.delivery.dispatch.mail_server import MailServer, mail_server_of
from streamprocessor.delivery.dispatch.retry_schedule import AttemptResult
from streamprocessor.settings import Settings
from tests.delivery.leads import FRIDAY_MS
from tests.delivery.mailboxes import HOST, Mailboxes
from tests.harness.secured_kafka import Authority

TARGET = MailTarget("leads@example.com", ("sales@example.com", "boss@example.com"))
HEADERS = {"webhook-id": "inc:jane:engagement:1/sales", "webhook-timestamp": str(FRIDAY_MS // 1000)}
BODY = orjson.dumps({"subject": "Jane Wu became a hot lead (43)", "sentence": "Jane Wu became a hot lead (43)"})


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"), "our-authority")


@pytest.fixture(scope="module")
def encryption(authority: Authority) -> ssl.SSLContext:
    return encryption_of(authority, HOST)


def encryption_of(authority: Authority, name: str) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(authority.certificate(f"server-{name}", [name]))
    return context


@asynccontextmanager
async def serving(mailboxes: Mailboxes) -> AsyncIterator[Mailboxes]:
    await mailboxes.start()
    try:
        yield mailboxes
    finally:
        await mailboxes.stop()


def server_of(mailboxes: Mailboxes, **settings: Any) -> MailServer:
    server = mail_server_of(
        Settings(
            smtp_host=HOST, smtp_port=mailboxes.port, smtp_from=TARGET.sender, **{"smtp_security": "none"} | settings
        )
    )
    assert server is not None
    return server


async def answer_of(server: MailServer, target: MailTarget = TARGET, timeout_seconds: float = 5.0) -> MailAnswer:
    refused: list[int] = []
    return await MailSender(server, timeout_seconds, refused.append).send(target, HEADERS, BODY)


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_mail_is_handed_over_encrypted_and_under_a_login(
    security: str, authority: Authority, encryption: ssl.SSLContext
) -> None:
    mailboxes = Mailboxes(encryption, encrypts_at_once=security == "tls", logins={"me": "pass word"})
    async with serving(mailboxes):
        encrypted = {"smtp_security": security, "smtp_ca_file": str(authority.file)}
        server = server_of(mailboxes, smtp_username="me", smtp_password="pass word", **encrypted)
        answer = await answer_of(server)

        assert (answer.result, answer.status) == (AttemptResult.DELIVERED, 250)
        [mail] = mailboxes.taken
        assert (mail.was_encrypted, mail.user) == (True, "me")
        assert (mail.sender, mail.recipients) == (TARGET.sender, list(TARGET.recipients))
        assert mail.message["Subject"] == "Jane Wu became a hot lead (43)"
        wrong = await answer_of(replace(server, password="wrong"))
        assert (wrong.result, wrong.reason) == (AttemptResult.FAILED, "login-535")
        assert len(mailboxes.got) == 1


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("fault", ["another authority", "another name", "no TLS"])
async def test_nothing_is_handed_to_a_server_that_does_not_prove_who_it_is(
    security: str, fault: str, authority: Authority, tmp_path: Path
) -> None:
    signing = Authority(tmp_path, "another") if fault == "another authority" else authority
    context = encryption_of(signing, "elsewhere.example" if fault == "another name" else HOST)
    mailboxes = Mailboxes(None if fault == "no TLS" else context, security == "tls" and fault != "no TLS")
    async with serving(mailboxes):
        server = server_of(mailboxes, smtp_security=security, smtp_ca_file=str(authority.file))
        answer = await answer_of(server)

    assert (answer.result, answer.status) == (AttemptResult.FAILED, 0)
    assert answer.reason == ("no-starttls" if (security, fault) == ("starttls", "no TLS") else "tls")
    assert mailboxes.got == []


@pytest.mark.parametrize(
    ("replies", "reply", "reason", "result"),
    [
        ({}, "451 later", "mail-451", AttemptResult.FAILED),
        ({}, "421 closing", "mail-421", AttemptResult.SLOW_DOWN),
        ({}, "554 no", "mail-554", AttemptResult.REFUSED),
        ({"boss@example.com": "450 greylisted"}, "", "recipient-450", AttemptResult.FAILED),
        (
            {"sales@example.com": "550 nobody", "boss@example.com": "450 later"},
            "",
            "recipient-450",
            AttemptResult.FAILED,
        ),
        ({"sales@example.com": "550 nobody", "boss@example.com": "553 no"}, "", "recipient-550", AttemptResult.REFUSED),
        ({"sales@example.com": "421 closing"}, "", "reply-421", AttemptResult.SLOW_DOWN),
    ],
)
async def test_what_is_refused_for_now_is_tried_again_and_what_is_refused_for_good_is_not(
    replies: dict[str, str], reply: str, reason: str, result: AttemptResult
) -> None:
    async with serving(Mailboxes(replies=replies, reply=reply or "250 taken")) as mailboxes:
        answer = await answer_of(server_of(mailboxes))

    assert (answer.reason, answer.result) == (reason, result)
    assert mailboxes.taken == []


async def test_one_recipient_who_is_refused_for_good_takes_the_mail_from_no_other_and_is_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    refused: list[int] = []
    async with serving(Mailboxes(replies={"sales@example.com": "550 sales@example.com: nobody"})) as mailboxes:
        with caplog.at_level(logging.DEBUG):
            answer = await MailSender(server_of(mailboxes), 5.0, refused.append).send(TARGET, HEADERS, BODY)

    assert answer.result is AttemptResult.DELIVERED
    assert [mail.recipients for mail in mailboxes.taken] == [["boss@example.com"]]
    assert refused == [1]
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("streamprocessor")]
    assert ours == ["mail: 1 of 2 recipients are refused for good"]


async def test_a_server_that_is_away_or_hangs_or_hangs_up_is_tried_again() -> None:
    mailboxes = Mailboxes(hang=asyncio.Event())
    async with serving(mailboxes):
        server = server_of(mailboxes)
        assert (await answer_of(server, timeout_seconds=0.2)).reason == "time-out"
        assert len(mailboxes.got) == 1
    away = await answer_of(server)
    assert (away.result, away.reason) == (AttemptResult.FAILED, "no-connection")

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        writer.close()

    listening = await asyncio.start_server(hang_up, HOST, 0)
    async with listening:
        cut = await answer_of(replace(server, port=listening.sockets[0].getsockname()[1]))
    assert (cut.result, cut.reason) == (AttemptResult.FAILED, "broken-answer")


async def test_a_body_that_no_mails_template_filled_is_refused_for_good() -> None:
    refused: list[int] = []
    sender = MailSender(server_of(Mailboxes(port=9)), 5.0, refused.append)
    for body in (b"{}", b"[]", b'{"digest": []}', b"\xff"):
        assert (await sender.send(TARGET, HEADERS, body)).reason == "not-a-mail"
