"""How to reach Kafka: address, encryption and login in one value, for every client."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from streamprocessor.errors import BrokerAwayError, BrokerError

PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
_READER_FETCH_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """Where Kafka is and how to log in. Raises BrokerError where the parts don't fit together.

    bootstrap: HOST:PORT, several joined by commas.
    security_protocol: one of PROTOCOLS.
    sasl_mechanism: one of MECHANISMS; not used without SASL.
    sasl_username, sasl_password: None only without SASL.
    ssl_ca: PEM file of the authority that signed the brokers' certificates; None: those that the system trusts.
    ssl_cert: PEM file of our own certificate; None: no client certificate.
    ssl_key: PEM file of its key; None: the key stands in the certificate's file.
    """

    bootstrap: str
    security_protocol: str = "PLAINTEXT"
    sasl_mechanism: str = "SCRAM-SHA-512"
    sasl_username: str | None = None
    sasl_password: str | None = field(default=None, repr=False)
    ssl_ca: Path | None = None
    ssl_cert: Path | None = None
    ssl_key: Path | None = None

    def __post_init__(self) -> None:
        """Refuse what can't work."""
        protocol = self.security_protocol
        _require(protocol in PROTOCOLS, "security protocol", f"one of {', '.join(PROTOCOLS)}", protocol)
        if self.uses_sasl:
            mechanism = self.sasl_mechanism
            _require(mechanism in MECHANISMS, "SASL mechanism", f"one of {', '.join(MECHANISMS)}", mechanism)
            _require(bool(self.sasl_username), "SASL username", f"one, because the protocol is {protocol}", "none")
            _require(bool(self.sasl_password), "SASL password", f"one, because the protocol is {protocol}", "none")
        if self.ssl_key is not None:
            _require(self.ssl_cert is not None, "TLS certificate", f"the one of the key {self.ssl_key}", "none")

    @property
    def uses_sasl(self) -> bool:
        """True when clients log in with name and password."""
        return self.security_protocol.startswith("SASL")

    @property
    def uses_tls(self) -> bool:
        """True when connections are encrypted."""
        return self.security_protocol.endswith("SSL")

    def ssl_context(self) -> ssl.SSLContext | None:
        """What checks the brokers' certificates and shows ours; None without TLS. Raises BrokerError on a bad file."""
        if not self.uses_tls:
            return None
        try:
            context = ssl.create_default_context(cafile=self.ssl_ca)
            if self.ssl_cert is not None:
                context.load_cert_chain(self.ssl_cert, self.ssl_key)
        except (OSError, ssl.SSLError) as error:
            files = ", ".join(str(file) for file in (self.ssl_ca, self.ssl_cert, self.ssl_key) if file is not None)
            message = f"the TLS files can't be used ({files}): {error}; wanted readable PEM files that belong together"
            raise BrokerError(message) from error
        return context

    def arguments(self) -> dict[str, Any]:
        """The connection arguments of every aiokafka client: producer, consumer, admin."""
        arguments: dict[str, Any] = {
            "bootstrap_servers": self.bootstrap,
            "security_protocol": self.security_protocol,
            "ssl_context": self.ssl_context(),
        }
        if self.uses_sasl:
            arguments |= {
                "sasl_mechanism": self.sasl_mechanism,
                "sasl_plain_username": self.sasl_username,
                "sasl_plain_password": self.sasl_password,
            }
        return arguments


def new_reader(clients: ClientSettings) -> AIOKafkaConsumer:
    """An unstarted consumer without a group, for reading whole topics."""
    return AIOKafkaConsumer(
        **clients.arguments(),
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=_READER_FETCH_BYTES,
    )


@asynccontextmanager
async def connected(settings: ClientSettings, timeout_ms: int = 10_000) -> AsyncIterator[AIOKafkaClient]:
    """A bare connection to the cluster, for administration.

    Raises BrokerAwayError when no broker can be reached, or when one goes away or doesn't answer in time.
    """
    client = AIOKafkaClient(**settings.arguments(), request_timeout_ms=timeout_ms)
    try:
        await client.bootstrap()
        yield client
    except (KafkaError, OSError) as error:
        login = f" as user '{settings.sasl_username}'" if settings.uses_sasl else ""
        message = (
            f"Kafka can't be used at {settings.bootstrap}{login} over {settings.security_protocol}: "
            f"{error or type(error).__name__}; wanted a running Kafka there that lets us in: "
            "check the address, that it runs, and protocol, name and password"
        )
        raise BrokerAwayError(message) from error
    finally:
        await client.close()


def _require(holds: bool, what: str, wanted: str, got: str) -> None:
    if not holds:
        message = f"Kafka connection: {what}: wanted {wanted}; got {got}"
        raise BrokerError(message)
