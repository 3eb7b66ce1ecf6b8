"""Mailjet's Event API.

Setup: Account > Event notifications (webhooks). URL: `https://user:password@HOST/hooks/mailjet`, for sent, open,
click, bounce, spam and unsub, grouped or not; put `user:password` into STREAMPROCESSOR_HOOK_MAILJET_SECRET.
When sending: `"EventPayload": "{\\"contact_id\\": \\"c-42\\", \\"campaign\\": \\"q4\\"}"`.

`sent` means delivered. A bounce says itself whether it is hard. `blocked` (never sent) does not count.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
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
    seconds_to_ms,
    text_of,
    user_agent_of,
)
from streamprocessor.collector.providers.webhook.signatures import basic, check_by

NAME = "mailjet"

_TYPES = {
    "sent": DELIVERED,
    "open": OPEN,
    "click": CLICK,
    "bounce": BOUNCE,
    "spam": COMPLAINT,
    "unsub": UNSUBSCRIBE,
}


def mailjet(setup: ProviderSetup) -> Provider:
    """`POST /hooks/mailjet`. secret: `user:password`. Raises OperatorError for another text."""
    return Provider(NAME, check_by(NAME, setup.secret, partial(basic, NAME)), items_of, _events, max_unchecked_bytes=0)


def _events(item: dict[str, Any]) -> Iterable[MailEvent]:
    event_type = _TYPES.get(text_of(item.get("event")) or "")
    if event_type is None:
        return
    kind = None
    if event_type == BOUNCE:
        kind = HARD if item.get("hard_bounce") is True else SOFT
    yield MailEvent(
        event_type,
        text_of(item.get("email")),
        seconds_to_ms(item.get("time")),
        json_object_in(item.get("Payload")),
        message=text_of(item.get("MessageID")),
        campaign=text_of(item.get("customcampaign")),
        url=text_of(item.get("url")),
        kind=kind,
        user_agent=user_agent_of(item.get("agent")),
    )
