"""The ten providers as they post: the payload wrapped and signed with keys made here."""

import base64
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID
from standardwebhooks import Webhook

from streamprocessor.collector.http.wire_format import HttpRequest, WireFormat
from streamprocessor.collector.providers.registry import provider_formats
from streamprocessor.collector.providers.webhook.fetching import DocumentFetch
from streamprocessor.contract.contact_ids import ContactIds

NOW_MS = 1_795_334_700_000  # 2026-11-22T08:05:00Z, five minutes after the payloads' mail went out
NOW_SECONDS = NOW_MS // 1000
CONTACT_IDS = ContactIds("a salt")
PUBLIC_URL = "https://hooks.example.org"
TOPIC = "arn:aws:sns:us-east-1:123456789012:ses-events"
CERTIFICATE_URL = "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123abcdef.pem"
CONFIRM_URL = (
    "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription"
    f"&TopicArn={TOPIC}&Token=2336412f37fb687f5d51e6e2425dacbba"
)
RESEND_SECRET = "whsec_" + base64.b64encode(b"resend's signing secret").decode()

PAYLOADS = Path(__file__).parent / "payloads"


class Sender(NamedTuple):
    """One way of posting. cases: the file of its payloads; post: the request for a payload, signed with a secret."""

    provider: str
    cases: str
    secret: str
    post: Callable[[Any, str], HttpRequest]


def cases_of(sender: Sender) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = json.loads((PAYLOADS / f"{sender.cases}.json").read_text(encoding="utf-8"))
    return cases


def format_of(provider: str, secret: str | None, fetch: DocumentFetch | None = None) -> WireFormat:
    formats = provider_formats({provider: secret}, CONTACT_IDS, PUBLIC_URL, fetch or amazon)
    return next(wire_format for wire_format in formats if wire_format.name == provider)


def post(provider: str, body: bytes, headers: Mapping[str, str] | None = None) -> HttpRequest:
    given = {"content-type": "application/json"} | dict(headers or {})
    return HttpRequest("POST", f"/hooks/{provider}", "", given, body, body, NOW_MS)


def basic_header(secret: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(secret.encode()).decode()}


def _with_password(provider: str) -> Callable[[Any, str], HttpRequest]:
    return lambda payload, secret: post(provider, json.dumps(payload).encode(), basic_header(secret))


def _with_token(provider: str, header: str, prefix: str = "") -> Callable[[Any, str], HttpRequest]:
    return lambda payload, secret: post(provider, json.dumps(payload).encode(), {header: prefix + secret})


@cache
def sendgrid_key(name: str = "SendGrid's") -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def public_key_of(key: ec.EllipticCurvePrivateKey) -> str:
    der = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


def sendgrid_post(payload: Any, secret: str, at_seconds: int = NOW_SECONDS) -> HttpRequest:
    """SendGrid signs with its private key, so the secret here only says whose key it is."""
    body = json.dumps(payload).encode() + b"\r\n"
    key = sendgrid_key() if secret == public_key_of(sendgrid_key()) else sendgrid_key("somebody's")
    signature = key.sign(str(at_seconds).encode() + body, ec.ECDSA(hashes.SHA256()))
    headers = {
        "x-twilio-email-event-webhook-timestamp": str(at_seconds),
        "x-twilio-email-event-webhook-signature": base64.b64encode(signature).decode(),
    }
    return post("sendgrid", body, headers)


def mailgun_signature(secret: str, at_seconds: int = NOW_SECONDS) -> dict[str, str]:
    token = "651869375b9df3c98fc15c4889b102119add1235c38fc92824"
    signature = hmac.new(secret.encode(), f"{at_seconds}{token}".encode(), "sha256").hexdigest()
    return {"timestamp": str(at_seconds), "token": token, "signature": signature}


def mailgun_post(payload: Any, secret: str, at_seconds: int = NOW_SECONDS) -> HttpRequest:
    return post("mailgun", json.dumps({"signature": mailgun_signature(secret, at_seconds)} | payload).encode())


def mailgun_form_post(fields: Any, secret: str) -> HttpRequest:
    # The time of the event is the time that is signed, in these older forms.
    signature = mailgun_signature(secret, int(dict(fields)["timestamp"]))
    body = urlencode([*[tuple(field) for field in fields], *signature.items()]).encode()
    return post("mailgun", body, {"content-type": "application/x-www-form-urlencoded"})


def mailersend_post(payload: Any, secret: str) -> HttpRequest:
    body = json.dumps(payload).encode()
    return post("mailersend", body, {"signature": hmac.new(secret.encode(), body, "sha256").hexdigest()})


def resend_post(payload: Any, secret: str, at_seconds: int = NOW_SECONDS) -> HttpRequest:
    body = json.dumps(payload)
    signature = Webhook(secret).sign("msg_1", datetime.fromtimestamp(at_seconds, UTC), body)
    # The first one stands for a secret that is being rotated out.
    headers = {"svix-id": "msg_1", "svix-timestamp": str(at_seconds), "svix-signature": f"v1,b2xk {signature}"}
    return post("resend", body.encode(), headers)


def mandrill_post(payload: Any, secret: str, url: str = f"{PUBLIC_URL}/hooks/mandrill") -> HttpRequest:
    fields = {"mandrill_events": json.dumps(payload)}
    signed = url + "".join(name + value for name, value in sorted(fields.items()))
    signature = hmac.new(secret.encode(), signed.encode(), "sha1").digest()
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "x-mandrill-signature": base64.b64encode(signature).decode(),
    }
    return post("mandrill", urlencode(fields).encode(), headers)


@cache
def amazon_key(name: str = "Amazon's") -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@cache
def certificate(days_old: int = 100) -> bytes:
    """Amazon's certificate, valid for a year from days_old days ago."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    since = datetime.fromtimestamp(NOW_SECONDS, UTC) - timedelta(days=days_old)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(amazon_key().public_key())
    builder = builder.serial_number(1).not_valid_before(since).not_valid_after(since + timedelta(days=365))
    return builder.sign(amazon_key(), hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def amazon(url: str, _sender: str = "") -> bytes:
    """Amazon's documents, there at once; an empty one at any other URL."""
    return {CERTIFICATE_URL: certificate(), CONFIRM_URL: b"<ConfirmSubscriptionResponse/>"}.get(url, b"")


def sns_envelope(message: str, **more: str) -> dict[str, str]:
    envelope = {
        "Type": "Notification",
        "MessageId": "19ba9823-d7f2-53c1-860e-cb10e0d13dfc",
        "TopicArn": TOPIC,
        "Subject": "Amazon SES Email Event Notification",
        "Message": message,
        "Timestamp": "2026-11-22T08:04:59.675Z",
        "SignatureVersion": "1",
        "SigningCertURL": CERTIFICATE_URL,
        "UnsubscribeURL": "https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=arn",
    }
    if more.get("Type", "Notification") != "Notification":
        del envelope["Subject"], envelope["UnsubscribeURL"]
        envelope |= {"Token": "2336412f37fb687f5d51e6e2425dacbba", "SubscribeURL": CONFIRM_URL}
    return envelope | more


def sns_post(envelope: Mapping[str, str], key: rsa.RSAPrivateKey | None = None) -> HttpRequest:
    names = (
        ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
        if envelope["Type"] == "Notification"
        else ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
    )
    text = "".join(f"{name}\n{envelope[name]}\n" for name in names if name in envelope)
    algorithm = hashes.SHA256() if envelope["SignatureVersion"] == "2" else hashes.SHA1()
    signature = base64.b64encode((key or amazon_key()).sign(text.encode(), padding.PKCS1v15(), algorithm)).decode()
    body = json.dumps({"Signature": signature} | dict(envelope)).encode()
    headers = {"content-type": "text/plain; charset=UTF-8", "x-amz-sns-message-type": envelope["Type"]}
    return post("ses", body, headers)


def ses_post(payload: Any, secret: str) -> HttpRequest:
    key = amazon_key() if secret == TOPIC else amazon_key("somebody's")
    return sns_post(sns_envelope(json.dumps(payload) + "\n"), key)


_LISTED_SENDERS = (
    Sender("sendgrid", "sendgrid", public_key_of(sendgrid_key()), sendgrid_post),
    Sender("mailgun", "mailgun", "mailgun's signing key", mailgun_post),
    Sender("mailgun", "mailgun_forms", "mailgun's signing key", mailgun_form_post),
    Sender("postmark", "postmark", "user:pass:word", _with_password("postmark")),
    Sender("brevo", "brevo", "user:password", _with_password("brevo")),
    Sender("brevo", "brevo", "a-token", _with_token("brevo", "authorization", "Bearer ")),
    Sender("sparkpost", "sparkpost", "user:password", _with_password("sparkpost")),
    Sender("sparkpost", "sparkpost", "a-token", _with_token("sparkpost", "authorization", "Bearer ")),
    Sender("sparkpost", "sparkpost", "a-token", _with_token("sparkpost", "x-messagesystems-webhook-token")),
    Sender("mailersend", "mailersend", "mailersend's signing secret", mailersend_post),
    Sender("resend", "resend", RESEND_SECRET, resend_post),
    Sender("mandrill", "mandrill", "mandrill's key", mandrill_post),
    Sender("ses", "ses", TOPIC, ses_post),
)

SENDERS = (
    *_LISTED_SENDERS,
    *(
        Sender(cases, cases, "user:password", _with_password(cases))
        for cases in sorted(file.stem for file in PAYLOADS.glob("*.json"))
        if cases not in {sender.cases for sender in _LISTED_SENDERS}
    ),
)
"""Every sender; one that has payloads only proves itself by a password, which most providers can."""
