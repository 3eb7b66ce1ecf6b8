"""What can be wrong with a connection, each in a sentence of its own."""

from __future__ import annotations

from typing import NamedTuple

from streamprocessor.kafka.clients import ClientSettings


class Fault(NamedTuple):
    """What is wrong with a connection.

    sentence: what is wrong, wanted, got, and what to do.
    is_transient: whether it may come right by itself.
    """

    sentence: str
    is_transient: bool


class BrokerAddress(NamedTuple):
    """Where a broker is, and how we go there."""

    host: str
    port: int
    settings: ClientSettings

    def __str__(self) -> str:
        """HOST:PORT."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def unresolved(host: str, got: str) -> Fault:
    """The address is a name that nobody knows."""
    return Fault(
        f"the name {host} does not resolve; wanted a broker's address; got '{got}': check the name in "
        "STREAMPROCESSOR_BOOTSTRAP, and the name server",
        is_transient=True,
    )


def not_running(got: str) -> Fault:
    """Nothing listens at the address."""
    return Fault(
        f"nothing listens there; wanted a running Kafka; got '{got}': start it, or check the port",
        is_transient=True,
    )


def silent(seconds: float) -> Fault:
    """Nothing answers in time."""
    return Fault(
        f"no answer comes from there; wanted one within {seconds:g} s; got none: check that Kafka runs, and that no "
        "firewall is between",
        is_transient=True,
    )


def cut_off(got: str) -> Fault:
    """Something takes the connection, and ends it: a proxy before a broker that is away, or no Kafka at all."""
    return Fault(
        f"what listens there doesn't speak Kafka, or not yet; wanted a Kafka that answers; got '{got}': check the "
        "port, and that Kafka behind it runs",
        is_transient=True,
    )


def plaintext_to_tls(settings: ClientSettings) -> Fault:
    """The broker speaks TLS, we don't."""
    return Fault(
        f"the broker speaks TLS there; wanted TLS; got {settings.security_protocol} from us: set "
        f"STREAMPROCESSOR_SECURITY_PROTOCOL={_protocol(settings.uses_sasl, tls=True)}, or take the port that speaks "
        "plaintext",
        is_transient=False,
    )


def tls_to_plaintext(settings: ClientSettings) -> Fault:
    """We speak TLS, the broker doesn't."""
    return Fault(
        f"the broker speaks plaintext there; wanted plaintext; got {settings.security_protocol} from us: set "
        f"STREAMPROCESSOR_SECURITY_PROTOCOL={_protocol(settings.uses_sasl, tls=False)}, or take the port that speaks "
        "TLS",
        is_transient=False,
    )


def no_tls(got: str) -> Fault:
    """TLS can't be agreed upon."""
    return Fault(
        f"no TLS connection can be agreed upon; wanted TLS 1.2 or later; got '{got}': check the port, whether "
        "the broker asks for a certificate of ours (STREAMPROCESSOR_SSL_CERTIFICATE_FILE), and its "
        "ssl.enabled.protocols and ssl.cipher.suites",
        is_transient=False,
    )


def unknown_authority(settings: ClientSettings, got: str) -> Fault:
    """The broker's certificate is signed by someone whom we don't trust."""
    trusted = f"in {settings.ssl_ca}" if settings.ssl_ca else "that this system trusts"
    return Fault(
        f"the broker's certificate is signed by an unknown authority; wanted one {trusted}; got {got}: name the "
        "authority's PEM file in STREAMPROCESSOR_SSL_CA_FILE",
        is_transient=False,
    )


def wrong_host_name(host: str, got: str) -> Fault:
    """The broker's certificate is for another name."""
    return Fault(
        f"the broker's certificate is for another host name; wanted {host}; got {got}: reach the broker by such a name "
        "(STREAMPROCESSOR_BOOTSTRAP, and its advertised.listeners), or have a certificate made for the name wanted",
        is_transient=False,
    )


def unusable_certificate(got: str) -> Fault:
    """The broker's certificate is no good: over, not valid yet, revoked."""
    return Fault(
        f"the broker's certificate can't be used; wanted one that is valid now; got '{got}': renew it, or set the "
        "clock right",
        is_transient=False,
    )


def no_client_certificate(settings: ClientSettings, got: str) -> Fault:
    """The broker wants a certificate of ours, and does not get one that it trusts."""
    ours = f"{settings.ssl_cert}" if settings.ssl_cert else "none"
    return Fault(
        f"the broker does not take our certificate; wanted one whose authority it trusts; got {ours} ('{got}'): set "
        "STREAMPROCESSOR_SSL_CERTIFICATE_FILE and _SSL_KEY_FILE",
        is_transient=False,
    )


def login_wanted(settings: ClientSettings, mechanisms: str) -> Fault:
    """The broker wants a login, and we don't log in."""
    return Fault(
        f"the broker wants a login there; wanted one by {mechanisms}; got {settings.security_protocol} from us: set "
        f"STREAMPROCESSOR_SECURITY_PROTOCOL={_protocol(sasl=True, tls=settings.uses_tls)}, "
        "STREAMPROCESSOR_SASL_MECHANISM, and what it needs",
        is_transient=False,
    )


def no_login_wanted(settings: ClientSettings) -> Fault:
    """We log in where no login is asked for."""
    return Fault(
        f"the broker takes no login there; wanted none; got {settings.security_protocol} from us: set "
        f"STREAMPROCESSOR_SECURITY_PROTOCOL={_protocol(sasl=False, tls=settings.uses_tls)}, or take the port that "
        "wants a login",
        is_transient=False,
    )


def wrong_mechanism(settings: ClientSettings, mechanisms: str) -> Fault:
    """The broker doesn't know our way of logging in."""
    return Fault(
        f"the broker doesn't know our SASL mechanism; wanted {mechanisms}; got {settings.sasl_mechanism}: set "
        "STREAMPROCESSOR_SASL_MECHANISM",
        is_transient=False,
    )


def wrong_login(settings: ClientSettings, got: str) -> Fault:
    """The broker knows neither the name nor, it may be, the password, or doesn't take the token."""
    if settings.logs_in_by_token:
        return Fault(
            f"the broker refuses our token; wanted one that it trusts; got '{got}': check the token's audience, scope, "
            "issuer and time, and the broker's sasl.oauthbearer settings",
            is_transient=False,
        )
    return Fault(
        f"the broker refuses our login; wanted a name and password that it knows for {settings.sasl_mechanism}; got "
        f"'{got}' for user '{settings.sasl_username}': check STREAMPROCESSOR_SASL_USERNAME and _SASL_PASSWORD",
        is_transient=False,
    )


def _protocol(sasl: bool, tls: bool) -> str:
    return f"SASL_{'SSL' if tls else 'PLAINTEXT'}" if sasl else ("SSL" if tls else "PLAINTEXT")
