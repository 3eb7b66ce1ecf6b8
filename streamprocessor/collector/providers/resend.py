"""Resend's webhooks, which Svix delivers.

Setup: Webhooks > Add webhook. URL: `https://HOST/hooks/resend`; events: email.delivered, email.opened,
email.clicked, email.bounced, email.complained, email.suppressed, suppression.added, suppression.removed,
contact.updated. Put the signing secret (`whsec_...`) into
STREAMPROCESSOR_HOOK_RESEND_SECRET.
When sending: `"tags": [{"name": "contact_id", "value": "c-42"}, {"name": "campaign", "value": "q4"}]`.

Resend does not say which of several recipients an event is of: such a mail needs the tag, and its bounce is of no
kind. Else a bounce is hard where it is permanent; so is a mail that is held back since the address is on the
suppression list. An address that is added to that list is a bounce, a complaint or, by hand, an unsubscription, and one
that is taken off it a resubscription. A contact that is updated and unsubscribed makes one unsubscription, however
often it is updated.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from standardwebhooks import Webhook
from standardwebhooks.webhooks import EmptyWebhookSecretError

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
    json_of,
    object_of,
    rfc3339_to_ms,
    text_of,
    texts_of,
    user_agent_of,
)
from streamprocessor.collector.providers.webhook.signatures import (
    SenderCheck,
    check_by,
    denied,
    equal,
    refuse_stale,
    wrong_secret,
)

NAME = "resend"

MAX_AGE_MS = 5 * 60_000  # Svix signs every attempt anew

_TYPES = {
    "email.delivered": DELIVERED,
    "email.opened": OPEN,
    "email.clicked": CLICK,
    "email.bounced": BOUNCE,
    "email.complained": COMPLAINT,
    "email.suppressed": BOUNCE,
}
_TYPES_BY_ORIGIN = {"bounce": BOUNCE, "complaint": COMPLAINT}


def resend(setup: ProviderSetup) -> Provider:
    """`POST /hooks/resend`. secret: the signing secret, `whsec_` and base64. Raises OperatorError for another text."""
    return Provider(NAME, check_by(NAME, setup.secret, _signed), _items, _events)


def _signed(secret: str) -> SenderCheck:
    try:
        webhook = Webhook(secret)
    except (binascii.Error, ValueError, EmptyWebhookSecretError):
        raise wrong_secret(NAME, "the signing secret, whsec_ and base64") from None

    def check(request: HttpRequest) -> None:
        message_id, timestamp = (request.headers.get(f"svix-{name}", "") for name in ("id", "timestamp"))
        expected = _signature_by(webhook, message_id, timestamp, request.raw_body)
        offered = request.headers.get("svix-signature", "").split()
        # Several while a secret rotates; each is compared, so that the time does not tell which was right.
        if expected is None or True not in [equal(signature, expected) for signature in offered]:
            raise denied(proof="Svix's signature of id, timestamp and body")
        refuse_stale(int(timestamp) * 1000, request, MAX_AGE_MS)

    return check


def _signature_by(webhook: Webhook, message_id: str, timestamp: str, body: bytes) -> str | None:
    """What the signature must be; None where there is no id, no time in seconds, or the body is no text."""
    if not message_id or not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 11):
        return None
    try:
        signed_at = datetime.fromtimestamp(int(timestamp), UTC)
        return webhook.sign(message_id, signed_at, body.decode())
    except (UnicodeDecodeError, ValueError, OverflowError):
        return None


def _items(request: HttpRequest) -> list[Any]:
    return [json_of(request.body)]


def _events(item: dict[str, Any]) -> Iterable[MailEvent]:
    name, data = text_of(item.get("type")), object_of(item.get("data"))
    if name == "contact.updated" and data.get("unsubscribed") is True:
        # Without a time, so that later updates of the same contact are this same event.
        yield MailEvent(UNSUBSCRIBE, text_of(data.get("email")), None, {})
    if name in ("suppression.added", "suppression.removed"):
        added = _TYPES_BY_ORIGIN.get(text_of(data.get("origin")) or "", UNSUBSCRIBE)
        listed = added if name == "suppression.added" else RESUBSCRIBE
        kind = HARD if listed == BOUNCE else None
        yield MailEvent(listed, text_of(data.get("email")), rfc3339_to_ms(item.get("created_at")), {}, kind=kind)
    event_type = _TYPES.get(name or "")
    if event_type is None:
        return
    interaction = object_of(data.get("click" if event_type == CLICK else "open"))
    recipients = texts_of(data.get("to"))
    yield MailEvent(
        event_type,
        recipients[0] if len(recipients) == 1 else None,
        rfc3339_to_ms(item.get("created_at")),
        _tags_of(data.get("tags")),
        message=text_of(data.get("email_id")),
        campaign=text_of(data.get("broadcast_id")),
        url=text_of(interaction.get("link")),
        kind=_kind_of(name, data) if event_type == BOUNCE and len(recipients) == 1 else None,
        user_agent=user_agent_of(interaction.get("userAgent")),
    )


def _tags_of(tags: object) -> dict[str, Any]:
    """Tags by name, which come as an object, or as a list of name and value."""
    if isinstance(tags, list):
        pairs = [object_of(tag) for tag in tags]
        return {name: tag.get("value") for tag in pairs if (name := text_of(tag.get("name")))}
    return object_of(tags)


def _kind_of(name: str | None, data: dict[str, Any]) -> str:
    """Hard where the bounce is permanent or was before. Older payloads have no type, and a message that says it."""
    if name == "email.suppressed":
        return HARD
    bounce = object_of(data.get("bounce"))
    bounce_type = text_of(bounce.get("type"))
    if bounce_type is None:
        return HARD if "hard bounce" in (text_of(bounce.get("message")) or "") else SOFT
    return HARD if bounce_type == "Permanent" else SOFT
