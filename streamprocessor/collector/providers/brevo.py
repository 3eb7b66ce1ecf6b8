"""Brevo's (formerly Sendinblue's) webhooks, transactional and marketing.

Setup: Transactional > Settings > Webhooks, and Contacts > Settings > Webhooks. URL: `https://HOST/hooks/brevo`; tick
delivered, opened, first opening, clicked, soft and hard bounced, spam, unsubscribed. Authentication: basic, with the
same `user:password` in STREAMPROCESSOR_HOOK_BREVO_SECRET, or a token, with the token there.
When sending: the header `X-Mailin-custom: {"contact_id": "c-42", "campaign": "q4"}`.

First openings (`unique_*`) come in place of, or beside, the plain ones; of one instant they are one event. Opens by
proxy say so. `ts_epoch` alone is UTC; where it is missing the event counts from its receipt, and its local time only
tells it apart. `invalid_email` is a hard bounce; `blocked`, `deferred`, `error` and `request` do not count.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from streamprocessor.collector.providers.webhook.hook import Provider, ProviderSetup
from streamprocessor.collector.providers.webhook.mail_events import (
    BOUNCE,
    CLICK,
    COMPLAINT,
    DELIVERED,
    HARD,
    OPEN,
    SOFT,
    UNSUBSCRIBE,
    MailEvent,
)
from streamprocessor.collector.providers.webhook.payloads import (
    items_of,
    json_object_in,
    ms_of,
    text_of,
    texts_of,
    user_agent_of,
)
from streamprocessor.collector.providers.webhook.signatures import SenderCheck, basic, bearer, check_by
from streamprocessor.scoring.record.facts import PROXY

NAME = "brevo"

_TYPES = {
    "delivered": DELIVERED,
    "opened": OPEN,
    "unique_opened": OPEN,
    "proxy_open": OPEN,
    "unique_proxy_open": OPEN,
    "click": CLICK,
    "unique_click": CLICK,
    "hard_bounce": BOUNCE,
    "invalid_email": BOUNCE,
    "soft_bounce": BOUNCE,
    "spam": COMPLAINT,
    "complaint": COMPLAINT,
    "unsubscribe": UNSUBSCRIBE,
    "unsubscribed": UNSUBSCRIBE,
}
_LOCAL_TIMES = ("ts_event", "ts", "date_event", "date")


def brevo(setup: ProviderSetup) -> Provider:
    """`POST /hooks/brevo`. secret: `user:password`, or a token, which has no colon."""
    return Provider(NAME, check_by(NAME, setup.secret, _password_or_token), items_of, _events, max_unchecked_bytes=0)


def _password_or_token(secret: str) -> SenderCheck:
    return basic(NAME, secret) if ":" in secret else bearer(secret)


def _events(item: dict[str, Any]) -> Iterable[MailEvent]:
    name = text_of(item.get("event")) or ""
    event_type = _TYPES.get(name)
    if event_type is None:
        return
    kind = None
    if event_type == BOUNCE:
        kind = SOFT if name == "soft_bounce" else HARD
    message = text_of(item.get("message-id"))
    yield MailEvent(
        event_type,
        text_of(item.get("email")),
        ms_of(item.get("ts_epoch")),
        json_object_in(item.get("X-Mailin-custom")),
        message=message.strip("<>") if message else None,
        campaign=text_of(item.get("campaign name")) or text_of(item.get("camp_id")),
        tags=texts_of(item.get("tags")) or texts_of(item.get("tag")),
        url=text_of(item.get("link")) or text_of(item.get("URL")),
        kind=kind,
        user_agent=user_agent_of(item.get("user_agent")),
        actor=PROXY if "proxy" in name else None,
        unread_time=next((time for word in _LOCAL_TIMES if (time := text_of(item.get(word)))), None),
    )
