"""The server that mails are handed to: the operator's, as the settings say."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass, field

from streamprocessor.contract.subscriptions.email import is_address
from streamprocessor.contract.subscriptions.webhook_targets import is_ip_address, is_loopback
from streamprocessor.errors import OperatorError
from streamprocessor.settings import Settings

STARTTLS, TLS, NONE = "starttls", "tls", "none"
PORTS = {STARTTLS: 587, TLS: 465, NONE: 25}

_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9])?", re.ASCII)


@dataclass(frozen=True)
class MailServer:
    """Where mails go, and as whom.

    security: STARTTLS, TLS from the first byte, or NONE on this machine. tls: None: without TLS. username: None: nobody
    logs in. sender: the address that mails come from.
    """

    host: str
    port: int
    security: str
    tls: ssl.SSLContext | None
    username: str | None
    password: str | None = field(repr=False)
    sender: str


def mail_server_of(settings: Settings) -> MailServer | None:
    """The server; None: none is set. Raises OperatorError where its settings can't be, without any secret."""
    host = settings.smtp_host
    if not host:
        for name in ("smtp_username", "smtp_password", "smtp_from"):
            if getattr(settings, name):
                raise _wrong(name="host", wanted=f"one, as STREAMPROCESSOR_{name.upper()} is set", got="none")
        return None
    if not (_HOST.fullmatch(host) or is_ip_address(host)):
        raise _wrong(
            name="host",
            wanted="the name or address of a server, its port in STREAMPROCESSOR_SMTP_PORT",
            got="another text",
        )
    if settings.smtp_security == NONE and not is_loopback(host):
        raise _wrong(name="security", wanted="starttls or tls, as the server is another machine", got="none")
    if bool(settings.smtp_username) != bool(settings.smtp_password):
        raise _wrong(name="password", wanted="it and STREAMPROCESSOR_SMTP_USERNAME, or neither", got="one of them")
    if not is_address(settings.smtp_from):
        raise _wrong(
            name="from",
            wanted="the mail address that mails come from",
            got="another text" if settings.smtp_from else "none",
        )
    return MailServer(
        host=host,
        port=settings.smtp_port or PORTS[settings.smtp_security],
        security=settings.smtp_security,
        tls=None if settings.smtp_security == NONE else _tls(settings.smtp_ca_file),
        username=settings.smtp_username or None,
        password=settings.smtp_password or None,
        sender=settings.smtp_from,
    )


def _tls(ca_file: str) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=ca_file or None)
    except ssl.SSLError as error:
        raise _wrong(name="ca_file", wanted="a file of certificates in PEM", got=f"none in {ca_file}") from error
    except OSError as error:
        got = f"{ca_file}: {error.strerror}"
        raise _wrong(name="ca_file", wanted="a file of certificates in PEM", got=got) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _wrong(name: str, wanted: str, got: str) -> OperatorError:
    return OperatorError(f"STREAMPROCESSOR_SMTP_{name.upper()}: wanted {wanted}; got {got}")
