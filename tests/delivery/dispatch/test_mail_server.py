"""The settings of the server for mails."""

from __future__ import annotations

from typing import Any

import pytest

from streamprocessor.delivery.dispatch.mail_server import mail_server_of
from streamprocessor.errors import OperatorError
from streamprocessor.settings import Settings

WHOLE = {"smtp_host": "mail.example.com", "smtp_from": "leads@example.com"}
LOGIN = {"smtp_username": "me", "smtp_password": "hidden"}


@pytest.mark.parametrize(
    ("changes", "port"),
    [
        ({}, 587),
        ({"smtp_security": "tls"}, 465),
        ({"smtp_security": "none", "smtp_host": "localhost"}, 25),
        ({"smtp_security": "none", "smtp_host": "::1"}, 25),
        ({"smtp_port": 2525}, 2525),
        (LOGIN, 587),
    ],
)
def test_a_server_is_reached_at_the_usual_port_and_verified(changes: dict[str, Any], port: int) -> None:
    server = mail_server_of(Settings(**WHOLE | changes))

    assert server is not None
    assert (server.port, server.sender) == (port, "leads@example.com")
    assert (server.tls is None) == (server.security == "none")
    assert server.tls is None or server.tls.check_hostname
    assert "hidden" not in repr(server)


def test_without_a_server_there_is_none() -> None:
    assert mail_server_of(Settings()) is None


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"smtp_security": "none"},
            "SMTP_SECURITY: wanted starttls or tls, as the server is another machine; got none",
        ),
        ({"smtp_security": "none", "smtp_host": "127.0.0.1.example.com"}, "SMTP_SECURITY: wanted starttls or tls"),
        ({"smtp_security": "none", "smtp_host": "10.0.0.1"}, "SMTP_SECURITY: wanted starttls or tls"),
        ({"smtp_host": "mail.example.com:25"}, "SMTP_HOST: wanted the name or address of a server"),
        ({"smtp_host": "smtps://mail.example.com"}, "SMTP_HOST: wanted the name or address of a server"),
        ({"smtp_from": ""}, "SMTP_FROM: wanted the mail address that mails come from; got none"),
        ({"smtp_from": "Leads <leads@example.com>"}, "SMTP_FROM: wanted the mail address .* got another text"),
        ({"smtp_from": "leads@example.com\r\nBcc: a@b.example"}, "SMTP_FROM: wanted the mail address"),
        ({"smtp_password": "hidden"}, "SMTP_PASSWORD: wanted it and STREAMPROCESSOR_SMTP_USERNAME, or neither"),
        ({"smtp_username": "me"}, "SMTP_PASSWORD: wanted it and"),
        ({"smtp_host": "", **LOGIN}, "SMTP_HOST: wanted one, as STREAMPROCESSOR_SMTP_USERNAME is set; got none"),
        ({"smtp_host": ""}, "SMTP_HOST: wanted one, as STREAMPROCESSOR_SMTP_FROM is set; got none"),
        (
            {"smtp_ca_file": "/nowhere"},
            "SMTP_CA_FILE: wanted a file of certificates in PEM; got /nowhere: No such file",
        ),
        ({"smtp_ca_file": __file__}, f"SMTP_CA_FILE: wanted a file of certificates in PEM; got none in {__file__}"),
    ],
)
def test_settings_that_no_mail_can_be_sent_by_are_refused_at_start(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(OperatorError, match=f"STREAMPROCESSOR_{sentence}") as refused:
        mail_server_of(Settings(**WHOLE | changes))
    assert "hidden" not in str(refused.value)
