"""Who we are to Kafka, the principal that its ACLs are about, and what it lacks."""

from __future__ import annotations

from collections.abc import Iterable

from streamprocessor.contract.topics.rights import Right
from streamprocessor.errors import NotAllowedError
from streamprocessor.kafka.clients import ClientSettings

#: Where the broker alone knows, from a token or by rules of its own.
UNKNOWN = "User:NAME"


def principal_of(settings: ClientSettings) -> str:
    """The principal as far as it follows from how we connect; a broker's own mapping rules may name it otherwise."""
    if settings.logs_in_by_token:
        return UNKNOWN
    if settings.uses_sasl:
        return f"User:{settings.sasl_username}"
    if not settings.uses_tls or settings.ssl_cert is None:
        return "User:ANONYMOUS"
    return _subject(settings)


def not_allowed(settings: ClientSettings, missing: Iterable[Right | str], role: str = "") -> NotAllowedError:
    """The error to raise where these rights are missing, or what words say of them.

    role: the process that needs them; empty: a command.
    """
    who = principal_of(settings)
    command = f"streamprocessor topics acl{f' --process {role} --principal {role}={who}' if role else ''}"
    return NotAllowedError(
        f"{f'{role}: ' if role else ''}Kafka does not allow {who} what it needs: {', '.join(map(str, missing))}; "
        f"wanted an ACL for each; got none: `{command}` prints what to grant"
    )


def _subject(settings: ClientSettings) -> str:
    from cryptography import x509  # takes longer to import than a command's own work, and is needed here only

    assert settings.ssl_cert is not None
    try:
        certificate = x509.load_pem_x509_certificate(settings.ssl_cert.read_bytes())
    except (OSError, ValueError):
        return UNKNOWN
    return f"User:{certificate.subject.rfc4514_string()}"
