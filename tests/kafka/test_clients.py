"""Connection settings: what fits together, and what clients are given."""

from pathlib import Path
from typing import Any

import pytest

from streamprocessor.errors import BrokerError
from streamprocessor.kafka.clients import ClientSettings
from tests.harness.secured_kafka import Authority


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
            {"security_protocol": "SASL_SSL", "sasl_mechanism": "OAUTHBEARER"},
            "SASL token: wanted one, because the protocol is SASL_SSL and the mechanism OAUTHBEARER; got none",
        ),
        (
            {"security_protocol": "SSL", "ssl_key": Path("key.pem")},
            "TLS certificate: wanted the one of the key key.pem",
        ),
    ],
)
def test_settings_that_dont_fit_together_are_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(BrokerError, match=words):
        ClientSettings("localhost:9092", **settings)


@pytest.mark.parametrize("bootstrap", ["", "a:1,", "a..b:9092", "a:b", "a:0", "a:65536", f"{'a' * 64}:9092"])
def test_an_address_that_can_be_none_is_refused(bootstrap: str) -> None:
    with pytest.raises(BrokerError, match="bootstrap: wanted HOST:PORT, several joined by commas; got"):
        ClientSettings(bootstrap)


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


def test_an_encrypted_key_is_opened_with_its_password_and_never_asked_for_at_the_terminal(tmp_path: Path) -> None:
    certificate = Authority(tmp_path, "authority").certificate("client", ["client"], password="open")

    def settings(password: str | None) -> ClientSettings:
        return ClientSettings("a:1", "SSL", ssl_cert=certificate, ssl_key_password=password)

    assert settings("open").ssl_context() is not None
    with pytest.raises(
        BrokerError, match=rf"the TLS key {certificate}: wanted its password in .*KEY_PASSWORD.*got none"
    ):
        settings(None).ssl_context()
    with pytest.raises(
        BrokerError, match="wanted readable PEM files that belong together, and the password of the key"
    ):
        settings("wrong").ssl_context()


def test_a_tls_file_that_cant_be_used_is_named(tmp_path: Path) -> None:
    bad = tmp_path / "ca.pem"
    bad.write_text("not a certificate")

    for file in (bad, tmp_path / "none.pem"):
        with pytest.raises(BrokerError, match=rf"the TLS files can't be used \(STREAMPROCESSOR_SSL_CA_FILE {file}\)"):
            ClientSettings("a:1", "SSL", ssl_ca=file).arguments()
