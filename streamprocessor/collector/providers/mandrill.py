"""Mailchimp Transactional's (Mandrill's) webhooks.

Setup: Settings > Webhooks > Add a webhook. Post to URL: the collector's public address and `/hooks/mandrill`, as in
STREAMPROCESSOR_PUBLIC_URL (`https://HOST`, or `https://user:password@HOST` where Mandrill is to send a password to
something in front); events: delivered, opened, clicked, hard and soft bounced, marked as spam, unsubscribes. Put the
webhook's key into STREAMPROCESSOR_HOOK_MANDRILL_SECRET.
When sending: `"recipient_metadata": [{"rcpt": ..., "values": {"contact_id": "c-42"}}]`, or `"metadata"`.

Changes of the rejection blacklist (sync events) are bounces, complaints or unsubscriptions, by their reason, and
resubscriptions; those for soft bounces do not count.

Signed: HMAC-SHA1 of the URL exactly as it was entered, then each form field's name and value, by name. Before there
is a key, Mandrill tries the address with a HEAD, then with an empty list of events; both are answered.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable
from functools import partial
from typing import Any

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
    form_of,
    items_in,
    object_of,
    seconds_to_ms,
    text_of,
    texts_of,
    user_agent_of,
)
from streamprocessor.collector.providers.webhook.signatures import SenderCheck, check_by, denied, equal
from streamprocessor.errors import OperatorError

NAME = "mandrill"
FIELD = "mandrill_events"
MAX_BODY_BYTES = 10 * 1024 * 1024  # up to 1 000 events a batch, each with its message's history
MAX_TRIAL_BYTES = 2048

_TYPES = {
    "delivered": DELIVERED,
    "open": OPEN,
    "click": CLICK,
    "hard_bounce": BOUNCE,
    "soft_bounce": BOUNCE,
    "spam": COMPLAINT,
    "unsub": UNSUBSCRIBE,
}
_TYPES_BY_REASON = {"hard-bounce": BOUNCE, "spam": COMPLAINT}


def mandrill(setup: ProviderSetup) -> Provider:
    """`POST /hooks/mandrill`. secret: the webhook's key; public URL: of the collector, without a path.

    Raises OperatorError where there is a key and no public URL: the signature covers it.
    """
    check_signature = check_by(NAME, setup.secret, partial(_signed, setup.public_url))

    def check(request: HttpRequest) -> None:
        if not _is_trial(request):
            check_signature(request)

    return Provider(NAME, check, _items, _events, MAX_BODY_BYTES, max_trial_bytes=MAX_TRIAL_BYTES)


def _is_trial(request: HttpRequest) -> bool:
    """Whether it is Mandrill's trial of the address, an empty list, which must succeed before there is a key."""
    is_short = len(request.body) <= MAX_TRIAL_BYTES
    return is_short and dict(form_of(request)).get(FIELD, "").strip() == "[]"


def _signed(public_url: str | None, secret: str) -> SenderCheck:
    if not public_url:
        message = "STREAMPROCESSOR_PUBLIC_URL: wanted the collector's address as Mandrill calls it; got none"
        raise OperatorError(message)
    address = f"{public_url.rstrip('/')}/hooks/{NAME}"

    def check(request: HttpRequest) -> None:
        url = f"{address}?{request.query}" if request.query else address
        fields = sorted(dict(form_of(request)).items())
        signed = url + "".join(name + value for name, value in fields)
        expected = hmac.new(secret.encode(), signed.encode("utf-8", "replace"), "sha1").digest()
        offered = request.headers.get("x-mandrill-signature", "")
        if not equal(offered, base64.b64encode(expected).decode()):
            raise denied(proof=f"Mandrill's signature for {_without_password(address)}")

    return check


def _without_password(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


def _items(request: HttpRequest) -> list[Any]:
    return items_in(dict(form_of(request)).get(FIELD, "").encode("utf-8", "replace"))


def _events(item: dict[str, Any]) -> Iterable[MailEvent]:
    if item.get("type") == "blacklist":
        yield from _changes_of_blacklist(item)
    name = text_of(item.get("event")) or ""
    event_type = _TYPES.get(name)
    if event_type is None:
        return
    mail = object_of(item.get("msg"))
    kind = None
    if event_type == BOUNCE:
        kind = HARD if name == "hard_bounce" else SOFT
    yield MailEvent(
        event_type,
        text_of(mail.get("email")),
        seconds_to_ms(item.get("ts")),
        object_of(mail.get("metadata")),
        message=text_of(mail.get("_id")) or text_of(item.get("_id")),
        tags=texts_of(mail.get("tags")),
        url=text_of(item.get("url")),
        kind=kind,
        user_agent=user_agent_of(item.get("user_agent")),
    )


def _changes_of_blacklist(item: dict[str, Any]) -> Iterable[MailEvent]:
    rejection, action = object_of(item.get("reject")), item.get("action")
    reason = text_of(rejection.get("reason")) or ""
    if reason == "soft-bounce" or action not in ("add", "remove"):
        return
    event_type = _TYPES_BY_REASON.get(reason, UNSUBSCRIBE) if action == "add" else RESUBSCRIBE
    yield MailEvent(
        event_type,
        text_of(rejection.get("email")),
        seconds_to_ms(item.get("ts")),
        {},
        kind=HARD if event_type == BOUNCE else None,
        unread_time=text_of(rejection.get("last_event_at")) or text_of(rejection.get("created_at")),
    )
