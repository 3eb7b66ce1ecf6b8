"""Mailgun's webhooks, as JSON and as the older forms.

Setup: Send > Sending > Webhooks > Add webhook. URL: `https://HOST/hooks/mailgun`, for each of delivered, opened,
clicked, unsubscribed, complained, permanent failure and temporary failure. Put the HTTP webhook signing key (Account
Settings > API security) into STREAMPROCESSOR_HOOK_MAILGUN_SECRET.
When sending: `v:contact_id=c-42`, `v:campaign=q4`.

Signed: HMAC-SHA256 of timestamp and token, inside the payload; it does not cover the events, so the webhook belongs
behind HTTPS, and a token is good for one event only: with another one it is refused, for as long as it is valid.
A permanent failure is a hard bounce, but for `old` (given up) and `espblock` (refused for now), which are soft as
temporary ones are; mail held back because somebody unsubscribed or complained earlier is no event. Mails in test mode
do not count.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from functools import partial
from pathlib import Path
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
    SOFT,
    UNSUBSCRIBE,
    MailEvent,
    is_made_out_to,
)
from streamprocessor.collector.providers.webhook.payloads import (
    form_of,
    json_object_in,
    json_of,
    object_of,
    seconds_to_ms,
    text_of,
    texts_of,
    user_agent_of,
)
from streamprocessor.collector.providers.webhook.replay_guard import ReplayGuard
from streamprocessor.collector.providers.webhook.signatures import (
    MAX_AHEAD_MS,
    SenderCheck,
    check_by,
    denied,
    equal,
    refuse_stale,
)
from streamprocessor.scoring.record.facts import PROXY, SCANNER

NAME = "mailgun"

TOKENS_FILE = "mailgun-tokens"

# Mailgun tries for 8 h and may sign once. What comes twice within it is one event by its content.
MAX_AGE_MS = 12 * 3_600_000

_TYPES = {
    "opened": OPEN,
    "clicked": CLICK,
    "delivered": DELIVERED,
    "failed": BOUNCE,
    "bounced": BOUNCE,
    "dropped": BOUNCE,
    "unsubscribed": UNSUBSCRIBE,
    "complained": COMPLAINT,
}
_SOFT_REASONS = ("old", "espblock")
_SUPPRESSED_EARLIER = ("suppress-unsubscribe", "suppress-complaint")
_BOUNCED_EARLIER = "605"  # the older forms' code for mail held back since the address bounced before
_PROXIES = ("apple", "gmail")


def mailgun(setup: ProviderSetup) -> Provider:
    """`POST /hooks/mailgun`. secret: the HTTP webhook signing key."""
    return Provider(NAME, check_by(NAME, setup.secret, partial(_signed, setup.data_folder)), _items, _events)


def _signed(data_folder: Path | None, secret: str) -> SenderCheck:
    tokens = ReplayGuard(MAX_AGE_MS + MAX_AHEAD_MS, data_folder and data_folder / TOKENS_FILE)

    def check(request: HttpRequest) -> None:
        signature = _signature_of(request)
        timestamp, token = (text_of(signature.get(name)) or "" for name in ("timestamp", "token"))
        expected = hmac.new(secret.encode(), f"{timestamp}{token}".encode(), "sha256").hexdigest()
        if not equal(text_of(signature.get("signature")) or "", expected):
            raise denied(proof="Mailgun's signature of timestamp and token")
        refuse_stale(seconds_to_ms(timestamp), request, MAX_AGE_MS)
        if not tokens.is_good_for(token, _told_by(request), request.received_at_ms):
            raise denied(proof="a token of Mailgun's that did not come with another event before")

    return check


def _told_by(request: HttpRequest) -> list[list[str | int | None]]:
    """What a request tells, by which a second delivery is known: without ids, which may be other ones then."""
    items = [item for item in _items(request) if isinstance(item, dict)]
    return [
        [
            *(event.type, event.address, event.occurred_at_ms, event.message, event.url, event.kind),
            *(text_of(event.sender.get(word)) for word in ("contact_id", "message", "campaign")),
        ]
        for item in items
        for event in _events(item)
    ]


def _signature_of(request: HttpRequest) -> dict[str, Any]:
    if _is_json(request):
        return object_of(object_of(json_of(request.body)).get("signature"))
    # Of names that come twice, Mailgun's own is the last: the sender's variables lie among the fields.
    return dict(form_of(request))


def _is_json(request: HttpRequest) -> bool:
    return request.body.lstrip()[:1] in (b"{", b"[")


def _items(request: HttpRequest) -> list[Any]:
    if _is_json(request):
        payload = json_of(request.body)
        return [payload.get("event-data") if isinstance(payload, dict) else payload]
    return [_event_data_of(form_of(request))]


def _events(item: dict[str, Any]) -> Iterable[MailEvent]:
    event_type = _TYPES.get(text_of(item.get("event")) or "")
    if (
        event_type is None
        or item.get("reason") in _SUPPRESSED_EARLIER
        or object_of(item.get("flags")).get("is-test-mode")
    ):
        return
    client = object_of(item.get("client-info"))
    address = text_of(item.get("recipient"))
    yield MailEvent(
        event_type,
        address,
        seconds_to_ms(item.get("timestamp")),
        object_of(item.get("user-variables")),
        message=_message_of(item),
        tags=texts_of(item.get("tags")),
        url=text_of(item.get("url")),
        kind=_kind_of(item) if event_type == BOUNCE else None,
        user_agent=user_agent_of(client.get("user-agent")),
        actor=_actor_of(text_of(client.get("bot"))),
        is_of_another=_is_of_another(address, item),
    )


def _kind_of(item: dict[str, Any]) -> str:
    return SOFT if item.get("severity") == "temporary" or item.get("reason") in _SOFT_REASONS else HARD


def _actor_of(bot: str | None) -> str | None:
    """Mailgun's own verdict: the mail clients' image proxies, or a generic bot."""
    if bot is None:
        return None
    return PROXY if bot.lower() in _PROXIES else SCANNER


def _is_of_another(address: str | None, item: dict[str, Any]) -> bool:
    """Whether the address is a copy's, or one of several; not, where Mailgun does not say whom the mail is to."""
    to = text_of(object_of(object_of(item.get("message")).get("headers")).get("to"))
    return address is not None and to is not None and not is_made_out_to(address, [to])


def _message_of(item: dict[str, Any]) -> str | None:
    headers = object_of(object_of(item.get("message")).get("headers"))
    message_id = text_of(headers.get("message-id"))
    return message_id.strip("<>") or None if message_id else None


def _event_data_of(fields: list[tuple[str, str]]) -> dict[str, Any]:
    """The older form in the shape of today's `event-data`."""
    first = dict(reversed(fields))
    headers = _headers_of(first.get("message-headers", ""))
    event = first.get("event")
    reason, code = first.get("reason"), first.get("code", "")
    if event == "dropped" and reason != "old" and code != _BOUNCED_EARLIER:
        event = None
    variables = json_object_in(headers.get("x-mailgun-variables"))
    custom = {name: first[name] for name in ("contact_id", "campaign") if name in first}
    return {
        "event": event,
        "severity": "temporary" if event == "bounced" and code.startswith("4") else "permanent",
        "reason": reason,
        "recipient": first.get("recipient"),
        "timestamp": dict(fields).get("timestamp"),
        "url": first.get("url"),
        "user-variables": custom | variables,
        "tags": [value for name, value in fields if name in ("tag", "X-Mailgun-Tag")],
        "message": {
            "headers": {"message-id": first.get("Message-Id") or first.get("message-id"), "to": headers.get("to")}
        },
        "client-info": {"user-agent": first.get("user-agent")},
    }


def _headers_of(text: str) -> dict[str, str]:
    pairs = json_object_in(f'{{"headers": {text or "[]"}}}').get("headers")
    fields = [pair for pair in pairs if isinstance(pair, list) and len(pair) == 2] if isinstance(pairs, list) else []
    return {name.lower(): value for name, value in fields if isinstance(name, str) and isinstance(value, str)}
