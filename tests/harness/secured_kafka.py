"""A Kafka with six doors: plaintext and TLS, with and without a login, and TLS (1.3, 1.2) that wants a certificate."""

from __future__ import annotations

import base64
import datetime
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import orjson
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from streamprocessor.kafka.embedded.boot import boot
from streamprocessor.kafka.embedded.node import KafkaNode
from streamprocessor.kafka.embedded.runtime import Runtime
from streamprocessor.process.ports import HOST, any_free

USER, PASSWORD, STRANGER = "worker", "right", "stranger"
_DAY = datetime.timedelta(days=1)


class Authority:
    """Signs certificates; its own is in `file`."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._certificate = self._sign(self._name, self._key, [], is_authority=True)
        self.file = folder / f"{name}.ca.pem"
        self.file.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))

    def certificate(self, name: str, names: list[str], password: str | None = None) -> Path:
        """A PEM file with a key and its certificate for these host names; with a password the key is encrypted."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        encryption = (
            serialization.BestAvailableEncryption(password.encode()) if password else serialization.NoEncryption()
        )
        file = self._folder / f"{name}.pem"
        file.write_bytes(
            key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
            + self._sign(subject, key, names).public_bytes(serialization.Encoding.PEM)
            + self._certificate.public_bytes(serialization.Encoding.PEM)
        )
        return file

    def _sign(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, names: list[str], *, is_authority: bool = False
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder(self._name, subject, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - _DAY)
            .not_valid_after(now + _DAY)
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        )
        if names:
            builder = builder.add_extension(
                x509.SubjectAlternativeName(list(map(_general_name, names))), critical=False
            )
        return builder.sign(self._key, hashes.SHA256())


@dataclass(frozen=True, slots=True)
class SecuredKafka:
    """Its addresses by the doors' names, and the files and words to get in."""

    addresses: dict[str, str]
    authority: Authority
    stranger: Authority


def unsecured_token(subject: str, lifetime_seconds: float = 600) -> str:
    """A token without a signature, as a broker takes that was told to take such."""
    now = time.time()
    parts = ({"alg": "none"}, {"sub": subject, "iat": now, "exp": now + lifetime_seconds})
    return ".".join(base64.urlsafe_b64encode(orjson.dumps(part)).decode().rstrip("=") for part in parts) + "."


@contextmanager
def secured_kafka(runtime: Runtime, folder: Path) -> Iterator[SecuredKafka]:
    """One broker for all cases; it ends with the block."""
    authority, stranger = Authority(folder, "authority"), Authority(folder, "stranger")
    # The broker's certificate is for 127.0.0.1 only: by the name localhost it is the wrong one.
    keystore = authority.certificate("broker", [HOST])
    doors = {name: any_free() for name in ("PLAIN", "TLS", "MUTUAL", "MUTUAL12", "LOGIN", "TLSLOGIN")}
    node = _SecuredNode(folder / "kafka", any_free(), any_free(), 256, doors=doors, store=(keystore, authority.file))
    process = boot(runtime, node, 60.0)
    try:
        addresses = {name: f"{HOST}:{port}" for name, port in doors.items()}
        yield SecuredKafka(addresses, authority, stranger)
    finally:
        process.stop(15.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _SecuredNode(KafkaNode):
    doors: dict[str, int]
    store: tuple[Path, Path]

    def write_settings(self) -> None:
        KafkaNode.write_settings(self)
        doors = "".join(f",{name}://{HOST}:{port}" for name, port in self.doors.items())
        protocols = "PLAIN:PLAINTEXT,TLS:SSL,MUTUAL:SSL,MUTUAL12:SSL,LOGIN:SASL_PLAINTEXT,TLSLOGIN:SASL_SSL"
        lines = [
            line
            + (doors if "listeners=" in line.partition("//")[0] else f",{protocols}" if "protocol.map" in line else "")
            for line in self.settings.read_text().splitlines()
        ]
        keystore, truststore = self.store
        module = "org.apache.kafka.common.security"
        token_login = f"{module}.oauthbearer.OAuthBearerLoginModule"
        logins = {
            "plain": f'{module}.plain.PlainLoginModule required user_{USER}="{PASSWORD}" user_{STRANGER}="{PASSWORD}";',
            "scram-sha-512": f"{module}.scram.ScramLoginModule required;",
            "oauthbearer": f'{token_login} required unsecuredLoginStringClaim_sub="broker";',
        }
        lines += [
            "ssl.keystore.type=PEM",
            f"ssl.keystore.location={keystore}",
            "ssl.truststore.type=PEM",
            f"ssl.truststore.location={truststore}",
            "connection.failed.authentication.delay.ms=0",
            "listener.name.mutual.ssl.client.auth=required",
            "listener.name.mutual12.ssl.client.auth=required",
            "listener.name.mutual12.ssl.enabled.protocols=TLSv1.2",
            "listener.name.mutual12.ssl.principal.mapping.rules=RULE:^CN=(sp-[a-z]+)$/$1/,DEFAULT",
            "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            f"super.users=User:ANONYMOUS;User:{USER}",
            *(
                f"listener.name.{door}.{mechanism}.sasl.jaas.config={login}"
                for door in ("login", "tlslogin")
                for mechanism, login in logins.items()
            ),
            "listener.name.login.sasl.enabled.mechanisms=PLAIN,OAUTHBEARER",
            "listener.name.tlslogin.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512",
        ]
        self.settings.write_text("\n".join(lines) + "\n")


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
