"""What a broker's certificate says, and why it is refused."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from typing import TYPE_CHECKING

from streamprocessor.contract.foreign_text import one_line
from streamprocessor.kafka.diagnosis.fault import (
    BrokerAddress,
    Fault,
    unknown_authority,
    unusable_certificate,
    wrong_host_name,
)

if TYPE_CHECKING:
    from cryptography import x509

# Numbers of OpenSSL's X509_V_ERR_...
_UNKNOWN_AUTHORITY = {2, 18, 19, 20, 21}
_OTHER_NAME = {62, 63, 64}


async def refused_certificate(address: BrokerAddress, error: ssl.SSLCertVerificationError) -> Fault:
    """Why the certificate that is shown at the address does not do."""
    if error.verify_code in _UNKNOWN_AUTHORITY:
        certificate = await _shown_certificate(address)
        issuer = one_line(certificate.issuer.rfc4514_string() if certificate else error.verify_message)
        return unknown_authority(address.settings, f"'{issuer}'")
    if error.verify_code in _OTHER_NAME:
        certificate = await _shown_certificate(address)
        names = _names(certificate) if certificate else one_line(error.verify_message)
        return wrong_host_name(address.host, f"'{names}'")
    return unusable_certificate(one_line(error.verify_message))


def any_certificate() -> ssl.SSLContext:
    """A context for looking only: it takes whatever is shown to it, and must not be used for sending anything."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def _shown_certificate(address: BrokerAddress) -> x509.Certificate | None:
    """The certificate itself; None where it can't be read."""
    from cryptography import x509  # takes longer to import than a command's own work, and is needed here only

    with contextlib.suppress(OSError, ValueError):
        _, writer = await asyncio.open_connection(address.host, address.port, ssl=any_certificate())
        try:
            encoded: bytes | None = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        finally:
            writer.transport.abort()
        return x509.load_der_x509_certificate(encoded) if encoded else None
    return None


def _names(certificate: x509.Certificate) -> str:
    from cryptography import x509

    try:
        alternative = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return one_line(certificate.subject.rfc4514_string())
    return one_line(", ".join(str(name.value) for name in alternative))
