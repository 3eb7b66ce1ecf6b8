"""How a Kafka client connects, by the settings."""

from __future__ import annotations

from pathlib import Path

from streamprocessor.errors import BrokerError
from streamprocessor.kafka.clients import ClientSettings
from streamprocessor.settings import Settings


def client_settings(settings: Settings) -> ClientSettings:
    """How clients reach Kafka; raises BrokerError where the parts don't fit together."""
    if not settings.bootstrap:
        message = "no Kafka named; wanted --bootstrap HOST:PORT (or STREAMPROCESSOR_BOOTSTRAP); `up` starts one itself"
        raise BrokerError(message)
    return ClientSettings(
        bootstrap=settings.bootstrap,
        security_protocol=settings.security_protocol,
        sasl_mechanism=settings.sasl_mechanism or "SCRAM-SHA-512",
        sasl_username=settings.sasl_username or None,
        sasl_password=settings.sasl_password or None,
        ssl_ca=Path(settings.ssl_ca_file) if settings.ssl_ca_file else None,
        ssl_cert=Path(settings.ssl_certificate_file) if settings.ssl_certificate_file else None,
        ssl_key=Path(settings.ssl_key_file) if settings.ssl_key_file else None,
    )
