"""Whether the server of mails lets us in: connected to, encrypted, logged in to; no mail is handed over."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from streamprocessor.cli.doctor.finding import Finding, failed, well
from streamprocessor.cli.doctor.mends import of_settings, set_to
from streamprocessor.errors import OperatorError
from streamprocessor.settings import Settings

if TYPE_CHECKING:
    from streamprocessor.delivery.dispatch.mail_sender import MailAnswer, MailSender
    from streamprocessor.delivery.dispatch.mail_server import MailServer

SUBJECT = "mails"

_LONGEST_SECONDS = 10.0


def mail_server_finding(settings: Settings) -> Finding:
    """What comes of a connection to the server of the settings; all is well where none is set."""
    from streamprocessor.delivery.dispatch.mail_sender import MailSender
    from streamprocessor.delivery.dispatch.mail_server import mail_server_of

    try:
        server = mail_server_of(settings)
    except OperatorError as error:
        return failed(SUBJECT, error, _of_setting(str(error)))
    if server is None:
        return well(SUBJECT, "no server for them is set")
    answer = asyncio.run(_tried(MailSender(server, _patience_seconds(settings), lambda _: None)))
    where = f"{server.host}:{server.port}, {server.security}"
    if answer is None:
        user = f"lets {server.username} in" if server.username else "lets us in without a login"
        return well(SUBJECT, f"{where}: {user}")
    sentence, mend = _refusal(answer, server, settings)
    return failed(SUBJECT, f"{where}: {sentence}", mend)


async def _tried(sender: MailSender) -> MailAnswer | None:
    answer = await sender.try_login()
    await asyncio.sleep(0)  # what closes the socket is called before the loop ends
    return answer


def _refusal(answer: MailAnswer, server: MailServer, settings: Settings) -> tuple[str, str]:
    """What the server's answer means, and the line that mends it."""
    reach = f"nc -vz {server.host} {server.port}"
    if answer.reason.startswith("login-"):
        sentence = f"wanted a login that it knows; got {answer.status} for {server.username}"
        return sentence, set_to("smtp_password_file", "...")
    return {
        "time-out": (
            f"no answer within {_patience_seconds(settings):g} s; wanted one: see whether a firewall is between",
            reach,
        ),
        "no-connection": ("nothing answers there; wanted a server of mails: see host and port", reach),
        "no-starttls": (
            "it offers no STARTTLS; wanted it: take the port that encrypts at once",
            set_to("smtp_security", "tls"),
        ),
        "tls": (
            f"its certificate, or its TLS, can't be trusted; wanted one of {settings.smtp_ca_file or 'this machine'}: "
            "name the file of its authority, and the name that the certificate is for",
            set_to("smtp_ca_file", "authority.pem"),
        ),
    }.get(answer.reason, (f"wanted it to let us in; got {answer.reason}: see what its log says of us", reach))


def _patience_seconds(settings: Settings) -> float:
    return min(settings.delivery_timeout_seconds, _LONGEST_SECONDS)


def _of_setting(sentence: str) -> str:
    """The line for a setting that can't be: those that name things are to be filled in."""
    if "SMTP_FROM: " in sentence:
        return set_to("smtp_from", "leads@example.com")
    if "SMTP_PASSWORD: " in sentence:
        return set_to("smtp_password_file", "...")
    if "SMTP_CA_FILE: " in sentence:
        return set_to("smtp_ca_file", "authority.pem")
    return of_settings(sentence.split(": ")[0], ())
