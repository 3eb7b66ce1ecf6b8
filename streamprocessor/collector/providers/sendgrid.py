"""Twilio SendGrid's Event Webhook.

Setup: Settings > Mail Settings > Event Webhooks > Create. Post URL: `https://HOST/hooks/sendgrid`; tick delivered,
bounced, dropped, opened, clicked, spam reports, unsubscribes, group unsubscribes and group resubscribes; under Security
features enable the Signed Event Webhook and put its verification key (one line of base64) into
STREAMPROCESSOR_HOOK_SENDGRID_SECRET.
When sending: `custom_args: {"contact_id": "c-42", "campaign": "q4"}`.

Signed: ECDSA over the timestamp header and the body as it came, with its closing line break. A bounce of type
`blocked` is soft. What is dropped since the address bounced before, or is none, is a hard bounce; what is dropped for
another reason, `deferred` and `processed` do not count. The event id changes on delivery again, so it is not used.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from streamprocessor.collector.http.wire_format import HttpRequest
from streamprocessor.collector.providers.webhook.hook import Provider, ProviderSetup
from streamprocessor.collector.providers.webhook.mail_events import (
    BOUNCE,
    CLICK,
    COMPLAINT,
    DELIVERED,
    HARD,
    OPEN,
    RESUBSCRIBE,
    SOFT,
    UNSUBSCRIBE,
    MailEvent,
)
from streamprocessor.collector.providers.webhook.payloads import (
    items_of,
    seconds_to_ms,
    text_of,
    texts_of,
    user_agent_of,
)
from streamprocessor.collector.providers.webhook.signatures import (
    SenderCheck,
    check_by,
    decoded_base64,
    denied,
    refuse_stale,
    wrong_secret,
)
from streamprocessor.scoring.record.facts import PROXY

NAME = "sendgrid"

# SendGrid tries for 24 h, users saw deliveries after 29 h. What comes twice within it is one event by its content.
MAX_AGE_MS = 30 * 3_600_000

_TYPES = {
    "open": OPEN,
    "click": CLICK,
    "delivered": DELIVERED,
    "bounce": BOUNCE,
    "spamreport": COMPLAINT,
    "unsubscribe": UNSUBSCRIBE,
    "group_unsubscribe": UNSUBSCRIBE,
    "group_resubscribe": RESUBSCRIBE,
    "dropped": BOUNCE,
}
_BOUNCED_EARLIER = ("Bounced Address", "Invalid")

# The sender's custom arguments lie among SendGrid's own fields, which are these.
_OWN_FIELDS = frozenset(
    [
        "asm_group_id",
        "attempt",
        "bounce_classification",
        "category",
        "cert_err",
        "email",
        "event",
        "ip",
        "marketing_campaign_id",
        "marketing_campaign_name",
        "marketing_campaign_split_id",
        "marketing_campaign_version",
        "newsletter",
        "pool",
        "post_type",
        "reason",
        "response",
        "send_at",
        "sg_content_type",
        "sg_event_id",
        "sg_machine_open",
        "sg_message_id",
        "sg_template_id",
        "sg_template_name",
        "sg_user_id",
        "singlesend_id",
        "singlesend_name",
        "smtp-id",
        "status",
        "template_id",
        "timestamp",
        "tls",
        "type",
        "url",
        "url_offset",
        "useragent",
        "useragent_parsed",
    ]
)
_MESSAGE_ROUTE = re.compile(r"\.(?:filter|recvd)")


def sendgrid(setup: ProviderSetup) -> Provider:
    """`POST /hooks/sendgrid`. secret: the verification key, base64 or PEM. Raises OperatorError for another text."""
    return Provider(NAME, check_by(NAME, setup.secret, _signed), items_of, _events)


def _signed(secret: str) -> SenderCheck:
    key = _public_key(secret)

    def check(request: HttpRequest) -> None:
        timestamp = request.headers.get("x-twilio-email-event-webhook-timestamp", "")
        signature = decoded_base64(request.headers.get("x-twilio-email-event-webhook-signature", ""))
        try:
            key.verify(signature, timestamp.encode("utf-8", "replace") + request.raw_body, ECDSA(SHA256()))
        except InvalidSignature:
            raise denied(proof="SendGrid's signature of timestamp and body") from None
        refuse_stale(seconds_to_ms(timestamp), request, MAX_AGE_MS)

    return check


def _public_key(secret: str) -> EllipticCurvePublicKey:
    lines = (line.strip() for line in secret.splitlines())
    encoded = "".join(line for line in lines if not line.startswith("-----"))
    try:
        key = load_der_public_key(decoded_base64(encoded))
    except ValueError:
        raise wrong_secret(NAME, "the webhook's verification key, base64 of an ECDSA public key") from None
    if not isinstance(key, EllipticCurvePublicKey):
        raise wrong_secret(NAME, "the webhook's verification key, an ECDSA public key")
    return key


def _events(item: dict[str, Any]) -> Iterable[MailEvent]:
    name = text_of(item.get("event")) or ""
    event_type = _TYPES.get(name)
    if event_type is None or (name == "dropped" and text_of(item.get("reason")) not in _BOUNCED_EARLIER):
        return
    kind = None
    if event_type == BOUNCE:
        kind = SOFT if item.get("type") == "blocked" else HARD
    yield MailEvent(
        event_type,
        text_of(item.get("email")),
        seconds_to_ms(item.get("timestamp")),
        {name: value for name, value in item.items() if name not in _OWN_FIELDS},
        message=_message_of(item),
        campaign=_campaign_of(item),
        tags=texts_of(item.get("category")),
        url=text_of(item.get("url")),
        kind=kind,
        user_agent=user_agent_of(item.get("useragent")),
        actor=PROXY if item.get("sg_machine_open") is True else None,
    )


def _message_of(item: dict[str, Any]) -> str | None:
    """The X-Message-Id that SendGrid answered when the mail was sent; what it appends names its own machines."""
    message_id = text_of(item.get("sg_message_id"))
    return _MESSAGE_ROUTE.split(message_id)[0] or message_id if message_id else None


def _campaign_of(item: dict[str, Any]) -> str | None:
    names = ("marketing_campaign_name", "singlesend_name", "marketing_campaign_id", "singlesend_id")
    campaigns = (text_of(item.get(name)) for name in names)
    return next((campaign for campaign in campaigns if campaign), None)
