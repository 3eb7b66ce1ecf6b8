"""The credentials of the settings, in Faust's words."""

from __future__ import annotations

from typing import Any

from faust.auth import OAuthCredentials, SASLCredentials, SSLCredentials

from streamprocessor.kafka.clients import ClientSettings


def faust_credentials(clients: ClientSettings) -> Any:
    """The same encryption and login in Faust's words; None: neither."""
    context = clients.ssl_context()
    if clients.logs_in_by_token:
        return OAuthCredentials(oauth_cb=clients.sasl_tokens, ssl_context=context)
    if clients.uses_sasl:
        return SASLCredentials(
            username=clients.sasl_username,
            password=clients.sasl_password,
            mechanism=clients.sasl_mechanism,
            ssl_context=context,
        )
    return SSLCredentials(context) if context is not None else None
