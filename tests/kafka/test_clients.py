"""Connection settings: what fits together, and what clients are given."""

from pathlib import Path
from typing import Any

import pytest

from streamprocessor.errors import BrokerError
from streamprocessor.kafka.clients import ClientSettings


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"security_protocol": "TLS"}, "security protocol: wanted one of PLAINTEXT, SSL, .*; got TLS"),
        (
            {"security_protocol": "SASL_SSL", "sasl_mechanism": "GSSAPI", "sasl_username": "u", "sasl_password": "p"},
            "SASL mechanism: wanted one of PLAIN, .*; got GSSAPI",
        ),
        ({"security_protocol": "SASL_SSL", "sasl_password": "p"}, "SASL username: wanted one, because"),
        ({"security_protocol": "SASL_PLAINTEXT", "sasl_username": "u"}, "SASL password: wanted one, because"),
        (
            {"security_protocol": "SSL", "ssl_key": Path("key.pem")},
            "TLS certificate: wanted the one of the key key.pem",
        ),
    ],
)
def test_settings_that_dont_fit_together_are_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(BrokerError, match=words):
        ClientSettings("localhost:9092", **settings)


def test_without_more_said_clients_speak_plain_text() -> None:
    assert ClientSettings("a:1,b:2").arguments() == {
        "bootstrap_servers": "a:1,b:2",
        "security_protocol": "PLAINTEXT",
        "ssl_context": None,
    }


def test_name_and_password_are_given_to_clients_that_log_in() -> None:
    settings = ClientSettings("a:1", "SASL_SSL", "SCRAM-SHA-256", "worker", "secret")
    arguments = settings.arguments()

    assert arguments["sasl_mechanism"] == "SCRAM-SHA-256"
    assert (arguments["sasl_plain_username"], arguments["sasl_plain_password"]) == ("worker", "secret")
    assert arguments["ssl_context"].check_hostname


def test_a_password_is_not_shown() -> None:
    assert "secret" not in repr(ClientSettings("a:1", "SASL_SSL", "PLAIN", "worker", "secret"))


def test_a_tls_file_that_cant_be_used_is_named(tmp_path: Path) -> None:
    bad = tmp_path / "ca.pem"
    bad.write_text("not a certificate")

    for file in (bad, tmp_path / "none.pem"):
        with pytest.raises(BrokerError, match=rf"the TLS files can't be used \({file}\)"):
            ClientSettings("a:1", "SSL", ssl_ca=file).arguments()
