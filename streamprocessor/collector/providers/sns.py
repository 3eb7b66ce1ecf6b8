"""Amazon SNS over HTTP: its envelope, and the certificate that proves it."""

from __future__ import annotations

import re
from concurrent.futures import Future
from datetime import UTC, datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.x509 import load_pem_x509_certificate

from streamprocessor.collector.http.wire_format import HttpRequest, PendingFetchError, RefusalError
from streamprocessor.collector.providers.webhook.fetching import DocumentFetch
from streamprocessor.collector.providers.webhook.payloads import json_of, object_of, rfc3339_to_ms, text_of
from streamprocessor.collector.providers.webhook.signatures import decoded_base64, denied, refuse_stale

NOTIFICATION, SUBSCRIPTION, UNSUBSCRIPTION = "Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"
MAX_AGE_MS = 2 * 3_600_000  # SNS delivers for at most one hour
RETRY_AFTER_SECONDS = 5

_SIGNED_FIELDS = {
    NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    SUBSCRIPTION: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    UNSUBSCRIPTION: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
_HASHES = {"1": SHA1, "2": SHA256}
_TOPIC = re.compile(r"arn:aws(?:-[a-z]+)*:sns:([a-z]{2}(?:-[a-z]+)+-\d):\d{12}:[A-Za-z0-9_.-]{1,256}", re.ASCII)
_CERTIFICATE_PATH = re.compile(r"SimpleNotificationService-[A-Za-z0-9]{1,64}\.pem", re.ASCII)
_CONFIRMATION = re.compile(r"\?Action=ConfirmSubscription&[A-Za-z0-9&=%:._~-]{1,2000}", re.ASCII)


def envelope_of(request: HttpRequest) -> dict[str, Any]:
    """The SNS message in a request, whatever its content type says; raises RefusalError 400 where there is none."""
    envelope = object_of(json_of(request.body))
    message_type = envelope.get("Type")
    if not isinstance(message_type, str) or message_type not in _SIGNED_FIELDS:
        message = "body: wanted a message of SNS, with raw message delivery off; got another"
        raise RefusalError(400, "not-sns", message)
    return envelope


def is_topic(text: str) -> bool:
    """Whether a text is the ARN of an SNS topic."""
    return _TOPIC.fullmatch(text) is not None


def verify(envelope: dict[str, Any], request: HttpRequest, fetch: DocumentFetch) -> None:
    """Raise RefusalError unless Amazon signed the envelope lately.

    401: it did not; PendingFetchError: its certificate is being fetched. Certificates are taken from SNS of the topic's
    own region only.
    """
    url = text_of(envelope.get("SigningCertURL")) or ""
    if not _is_at_sns(url, envelope, _CERTIFICATE_PATH):
        raise denied(proof="a certificate from SNS of the topic's region")
    refuse_stale(rfc3339_to_ms(envelope.get("Timestamp")), request, MAX_AGE_MS)
    key = _key_of(_fetched(url, request, fetch), request.received_at_ms)
    algorithm = _HASHES.get(str(envelope.get("SignatureVersion")))
    if algorithm is None:
        raise denied(proof="a signature of version 1 or 2")
    try:
        signature = decoded_base64(text_of(envelope.get("Signature")) or "")
        key.verify(signature, _signed_text(envelope), PKCS1v15(), algorithm())
    except InvalidSignature:
        raise denied(proof="Amazon's signature of the message") from None


def confirm(envelope: dict[str, Any], request: HttpRequest, fetch: DocumentFetch) -> None:
    """Raise RefusalError unless the subscription is confirmed.

    403: its URL is not at SNS; PendingFetchError: it is being confirmed.
    """
    url = text_of(envelope.get("SubscribeURL")) or ""
    if not _is_at_sns(url, envelope, _CONFIRMATION):
        raise RefusalError(403, "not-sns", "SubscribeURL: wanted one of SNS in the topic's region; got another")
    _fetched(url, request, fetch)


def _is_at_sns(url: str, envelope: dict[str, Any], rest: re.Pattern[str]) -> bool:
    """Whether a URL is `https://sns.REGION.amazonaws.com/` and the rest; no user, port, redirect, or other host."""
    topic = _TOPIC.fullmatch(text_of(envelope.get("TopicArn")) or "")
    if topic is None:
        return False
    hosts = (f"https://sns.{topic[1]}.amazonaws.com/", f"https://sns.{topic[1]}.amazonaws.com.cn/")
    return any(url.startswith(host) and rest.fullmatch(url[len(host) :]) for host in hosts)


def _fetched(url: str, request: HttpRequest, fetch: DocumentFetch) -> bytes:
    document = fetch(url, request.network)
    if isinstance(document, Future):
        message = "not ready: a document of SNS could not be fetched in time; deliver again"
        raise PendingFetchError(RefusalError(503, "not-ready", message, RETRY_AFTER_SECONDS), document)
    return document


def _key_of(pem: bytes, now_ms: int) -> RSAPublicKey:
    try:
        certificate = load_pem_x509_certificate(pem)
    except ValueError:
        raise denied(proof="a certificate from SNS") from None
    now = datetime.fromtimestamp(now_ms / 1000, UTC)
    key = certificate.public_key()
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc or not isinstance(
        key, RSAPublicKey
    ):
        raise denied(proof="a certificate from SNS that is valid today")
    return key


def _signed_text(envelope: dict[str, Any]) -> bytes:
    fields = _SIGNED_FIELDS[envelope["Type"]]
    pairs = ((name, envelope.get(name)) for name in fields)
    return "".join(f"{name}\n{value}\n" for name, value in pairs if isinstance(value, str)).encode()


def message_of(envelope: dict[str, Any]) -> dict[str, Any]:
    """The object that a notification carries as text; an empty one for a message in plain words."""
    content = text_of(envelope.get("Message")) or ""
    return object_of(json_of(content.encode())) if content.startswith("{") else {}
