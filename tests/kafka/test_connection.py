"""How clients log in, by the settings."""

from __future__ import annotations

from typing import Any

import pytest

from streamprocessor.errors import OperatorError
from streamprocessor.kafka.connection import client_settings
from streamprocessor.kafka.login.token_provider import TokenProvider
from streamprocessor.settings import Settings, read_settings
from streamprocessor.stream.faust_shell.credentials import faust_credentials

COMMAND = {"sasl_token_command": "print-token --for kafka"}
URL = {"sasl_token_url": "https://login.example.com/token", "sasl_client_id": "worker", "sasl_client_secret": "hidden"}


def _settings(**values: Any) -> Settings:
    return Settings(bootstrap="kafka:9092", security_protocol="SASL_SSL", sasl_mechanism="OAUTHBEARER", **values)


@pytest.mark.parametrize("values", [COMMAND, URL, {**URL, "sasl_token_url": "http://localhost:8081/token"}])
def test_clients_of_aiokafka_and_of_faust_log_in_by_the_same_tokens(values: dict[str, str]) -> None:
    clients = client_settings(_settings(**values, sasl_extensions="logicalCluster=lkc-1, identityPoolId=pool-1"))

    arguments, credentials = clients.arguments(), faust_credentials(clients)

    assert isinstance(clients.sasl_tokens, TokenProvider)
    assert arguments["sasl_mechanism"] == credentials.mechanism.value == "OAUTHBEARER"
    assert arguments["sasl_oauth_token_provider"] is credentials.oauth_cb is clients.sasl_tokens
    assert credentials.protocol.value == "SASL_SSL"
    assert clients.sasl_tokens.extensions() == {"logicalCluster": "lkc-1", "identityPoolId": "pool-1"}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "wanted either .*TOKEN_COMMAND or .*TOKEN_URL, because the mechanism is OAUTHBEARER; got neither"),
        ({**COMMAND, **URL}, "got both"),
        ({"sasl_token_command": "echo 'abc"}, "TOKEN_COMMAND: wanted a program and its arguments; got No closing quot"),
        ({**URL, "sasl_token_url": "http://login.example.com"}, "TOKEN_URL: wanted https://.*; got http"),
        ({**URL, "sasl_token_url": "login.example.com"}, "TOKEN_URL: wanted https://.*; got none"),
        ({**URL, "sasl_client_secret": ""}, "wanted .*CLIENT_ID and _SASL_CLIENT_SECRET for login.*; got no secret"),
        ({**URL, "sasl_client_id": ""}, "got no id"),
        ({**COMMAND, "sasl_extensions": "a"}, "EXTENSIONS: wanted name=value,name=value; got 'a'"),
        ({**COMMAND, "sasl_extensions": "a="}, "EXTENSIONS: wanted"),
    ],
)
def test_settings_for_tokens_that_dont_fit_together_are_refused(values: dict[str, str], words: str) -> None:
    with pytest.raises(OperatorError, match=words):
        client_settings(_settings(**values))


def test_secrets_of_the_connection_are_not_shown() -> None:
    settings = _settings(**COMMAND, sasl_password="hidden", sasl_client_secret="hidden", ssl_key_password="hidden")

    assert "hidden" not in repr(settings) + repr(client_settings(settings))
    assert "print-token" not in repr(settings)
    with pytest.raises(OperatorError) as raised:
        read_settings({}, sasl_client_secret=["hidden"], ssl_key_password=["hidden"], sasl_token_command=["hidden"])
    assert "hidden" not in str(raised.value)
