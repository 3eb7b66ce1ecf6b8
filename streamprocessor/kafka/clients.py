"""How to reach Kafka: address, encryption and login in one value, for every client."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.conn import collect_hosts

from streamprocessor.errors import BrokerError
from streamprocessor.kafka.login.token_provider import TokenProvider

PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER")
BY_TOKEN = "OAUTHBEARER"
_LAST_PORT = 65535
LARGEST_REQUEST_BYTES = 4_194_304
"""Of a record: as much as the topics take that hold records of the table, or models."""
_READER_FETCH_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """Where Kafka is and how to log in. Raises BrokerError where the parts don't fit together.

    bootstrap: HOST:PORT, several joined by commas.
    security_protocol: one of PROTOCOLS.
    sasl_mechanism: one of MECHANISMS; not used without SASL.
    sasl_username, sasl_password: None only without SASL, or with OAUTHBEARER.
    sasl_tokens: gives the tokens of OAUTHBEARER; None only without it.
    ssl_ca: PEM file of the authority that signed the brokers' certificates; None: those that the system trusts.
    ssl_cert: PEM file of our own certificate; None: no client certificate.
    ssl_key: PEM file of its key; None: the key stands in the certificate's file.
    ssl_key_password: opens the key; None: it is not encrypted.
    """

    bootstrap: str
    security_protocol: str = "PLAINTEXT"
    sasl_mechanism: str = "SCRAM-SHA-512"
    sasl_username: str | None = None
    sasl_password: str | None = field(default=None, repr=False)
    sasl_tokens: TokenProvider | None = field(default=None, repr=False)
    ssl_ca: Path | None = None
    ssl_cert: Path | None = None
    ssl_key: Path | None = None
    ssl_key_password: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Refuse what can't work."""
        _require(_are_addresses(self.bootstrap), "bootstrap", "HOST:PORT, several joined by commas", self.bootstrap)
        protocol = self.security_protocol
        _require(protocol in PROTOCOLS, "security protocol", f"one of {', '.join(PROTOCOLS)}", protocol)
        if self.uses_sasl:
            mechanism = self.sasl_mechanism
            _require(mechanism in MECHANISMS, "SASL mechanism", f"one of {', '.join(MECHANISMS)}", mechanism)
            one = f"one, because the protocol is {protocol}"
            if self.logs_in_by_token:
                _require(self.sasl_tokens is not None, "SASL token", f"{one} and the mechanism {mechanism}", "none")
            else:
                _require(bool(self.sasl_username), "SASL username", one, "none: set STREAMPROCESSOR_SASL_USERNAME")
                _require(bool(self.sasl_password), "SASL password", one, "none: set STREAMPROCESSOR_SASL_PASSWORD")
        if self.ssl_key is not None:
            _require(self.ssl_cert is not None, "TLS certificate", f"the one of the key {self.ssl_key}", "none")

    @property
    def uses_sasl(self) -> bool:
        """True when clients log in."""
        return self.security_protocol.startswith("SASL")

    @property
    def logs_in_by_token(self) -> bool:
        """True when clients log in with a token, not with name and password."""
        return self.uses_sasl and self.sasl_mechanism == BY_TOKEN

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
                context.load_cert_chain(self.ssl_cert, self.ssl_key, self._key_password)
        except (OSError, ssl.SSLError) as error:
            given = {"SSL_CA_FILE": self.ssl_ca, "SSL_CERTIFICATE_FILE": self.ssl_cert, "SSL_KEY_FILE": self.ssl_key}
            files = ", ".join(f"STREAMPROCESSOR_{name} {file}" for name, file in given.items() if file is not None)
            message = f"the TLS files can't be used ({files}): {error}; wanted readable PEM files that belong together"
            if self.ssl_key_password is not None:
                message += ", and the password of the key (STREAMPROCESSOR_SSL_KEY_PASSWORD)"
            raise BrokerError(message) from error
        return context

    def _key_password(self) -> str:
        """What OpenSSL asks for where the key is encrypted; left to itself it would ask at the terminal."""
        _require(
            self.ssl_key_password is not None,
            f"the TLS key {self.ssl_key or self.ssl_cert}",
            "its password in STREAMPROCESSOR_SSL_KEY_PASSWORD, because it is encrypted",
            "none",
        )
        return self.ssl_key_password or ""

    def arguments(self) -> dict[str, Any]:
        """The connection arguments of every aiokafka client: producer, consumer, admin."""
        arguments: dict[str, Any] = {
            "bootstrap_servers": self.bootstrap,
            "security_protocol": self.security_protocol,
            "ssl_context": self.ssl_context(),
        }
        return arguments | self.login()

    def login(self) -> dict[str, Any]:
        """The part of the arguments that says how to log in; empty without SASL."""
        if self.logs_in_by_token:
            return {"sasl_mechanism": self.sasl_mechanism, "sasl_oauth_token_provider": self.sasl_tokens}
        if self.uses_sasl:
            return {
                "sasl_mechanism": self.sasl_mechanism,
                "sasl_plain_username": self.sasl_username,
                "sasl_plain_password": self.sasl_password,
            }
        return {}


def new_reader(clients: ClientSettings) -> AIOKafkaConsumer:
    """An unstarted consumer without a group, for reading whole topics."""
    return AIOKafkaConsumer(
        **clients.arguments(),
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=_READER_FETCH_BYTES,
    )


def _are_addresses(bootstrap: str) -> bool:
    try:
        addresses = [(host.encode("idna"), port) for host, port, _ in collect_hosts(bootstrap, randomize=False)]
    except ValueError:
        return False
    return all(host and 0 < port <= _LAST_PORT for host, port in addresses)


def _require(holds: bool, what: str, wanted: str, got: str) -> None:
    if not holds:
        message = f"Kafka connection: {what}: wanted {wanted}; got {got}"
        raise BrokerError(message)
