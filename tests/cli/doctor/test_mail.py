"""The server of mails is tried as delivery would use it, and no mail is handed over."""

from __future__ import annotations

import asyncio
import gc
import socket
import ssl
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from streamprocessor.cli.doctor.finding import Finding, Level
from streamprocessor.cli.doctor.mail import mail_server_finding
from streamprocessor.process.ports import any_free
from streamprocessor.settings import Settings
from tests.delivery.mailboxes import HOST, Mailboxes
from tests.harness.secured_kafka import Authority


class OpenEnded(Mailboxes):
    """A server that says goodbye and leaves the connection open."""

    async def handle_QUIT(self, server: SMTP, _: Session, __: Envelope) -> str:
        await server.push("221 Bye")
        await asyncio.Event().wait()
        return ""


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"), "our-authority")


@pytest.fixture(scope="module")
def encryption(authority: Authority) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(authority.certificate("server", [HOST]))
    return context


async def finding_of(mailboxes: Mailboxes, authority: Authority, **more: Any) -> Finding:
    """What is found of a server that runs meanwhile, logged in to by STARTTLS unless more says otherwise."""
    await mailboxes.start()
    try:
        usual = {"smtp_from": "leads@example.com", "smtp_username": "me", "smtp_password": "pass word"}
        settings = {"smtp_host": HOST, "smtp_port": mailboxes.port, "smtp_ca_file": str(authority.file)} | usual
        return await asyncio.to_thread(mail_server_finding, Settings(**settings | more))
    finally:
        await mailboxes.stop()


async def test_a_server_that_lets_us_in_is_well_and_gets_no_mail(
    authority: Authority, encryption: ssl.SSLContext
) -> None:
    mailboxes = Mailboxes(encryption, logins={"me": "pass word"})
    finding = await finding_of(mailboxes, authority)

    assert finding == ("mails", Level.OK, f"{HOST}:{mailboxes.port}, starttls: lets me in", "")
    assert mailboxes.got == []


async def test_the_connection_is_closed_though_the_server_never_closes_it(
    authority: Authority, encryption: ssl.SSLContext
) -> None:
    finding = await finding_of(OpenEnded(encryption, logins={"me": "pass word"}), authority)

    assert finding.level is Level.OK
    gc.collect()  # what is left open fails this test


@pytest.mark.parametrize(
    ("server", "more", "words", "mend"),
    [
        (
            {"logins": {"me": "another"}},
            {},
            "wanted a login that it knows; got 535 for me",
            "export STREAMPROCESSOR_SMTP_PASSWORD_FILE=...",
        ),
        (
            {"tls": None},
            {},
            "it offers no STARTTLS; wanted it: take the port that encrypts at once",
            "export STREAMPROCESSOR_SMTP_SECURITY=tls",
        ),
        (
            {},
            {"smtp_ca_file": ""},
            "can't be trusted; wanted one of this machine: name the file of its authority",
            "export STREAMPROCESSOR_SMTP_CA_FILE=authority.pem",
        ),
        (
            {},
            {"smtp_ca_file": "/none.pem"},
            "SMTP_CA_FILE: wanted a file of certificates in PEM; got /none.pem: No such file or directory",
            "export STREAMPROCESSOR_SMTP_CA_FILE=authority.pem",
        ),
        ({}, {"smtp_port": any_free()}, "nothing answers there; wanted a server of mails", f"nc -vz {HOST} "),
        (
            {},
            {"smtp_password": ""},
            "STREAMPROCESSOR_SMTP_PASSWORD: wanted it and STREAMPROCESSOR_SMTP_USERNAME, or neither",
            "export STREAMPROCESSOR_SMTP_PASSWORD_FILE=...",
        ),
        (
            {},
            {"smtp_security": "none", "smtp_host": "mail.example.com"},
            "STREAMPROCESSOR_SMTP_SECURITY: wanted starttls or tls",
            "export STREAMPROCESSOR_SMTP_SECURITY=starttls",
        ),
    ],
    ids=["login", "no STARTTLS", "authority", "no file", "nobody", "half a login", "no TLS"],
)
async def test_what_keeps_us_out_is_named_with_the_line_that_mends_it(
    authority: Authority,
    encryption: ssl.SSLContext,
    server: dict[str, Any],
    more: dict[str, Any],
    words: str,
    mend: str,
) -> None:
    finding = await finding_of(Mailboxes(**{"tls": encryption} | server), authority, **more)

    assert finding.level is Level.FAIL
    assert words in finding.sentence
    assert finding.mend.startswith(mend)
    assert "pass word" not in str(finding)


def test_a_server_that_says_nothing_is_not_waited_for_for_ever() -> None:
    with socket.create_server((HOST, 0)) as silent:
        server = {"smtp_host": HOST, "smtp_port": silent.getsockname()[1], "smtp_from": "leads@example.com"}
        finding = mail_server_finding(Settings(**server, smtp_security="none", delivery_timeout_seconds=0.2))

    assert "no answer within 0.2 s" in finding.sentence
