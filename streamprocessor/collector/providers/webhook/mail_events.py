"""What happened to a mail, in one vocabulary for all providers, and the record that it becomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from email.utils import getaddresses, parseaddr
from typing import Any, NamedTuple

from streamprocessor.collector.http.request_context import MAX_USER_AGENT_CHARS
from streamprocessor.collector.http.wire_format import CollectedEvent, TopicEntry, event_entry
from streamprocessor.collector.providers.webhook.payloads import text_of
from streamprocessor.collector.urls import path_of
from streamprocessor.contract import reason_codes
from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.contract.events.event_fields import contact_of, content_key
from streamprocessor.contract.placeholder_ids import is_placeholder
from streamprocessor.contract.topic_names import EMAIL_CLICK, EMAIL_OPEN
from streamprocessor.errors import RecordError

OPEN, CLICK, DELIVERED, BOUNCE = EMAIL_OPEN, EMAIL_CLICK, "email_delivered", "email_bounce"
COMPLAINT, UNSUBSCRIBE, RESUBSCRIBE = "spam_complaint", "unsubscribe", "resubscribe"
HARD, SOFT = "hard", "soft"

MAX_TEXT_CHARS = 4096
MAX_TAGS, MAX_TAG_CHARS = 20, 100
MAX_METADATA, MAX_METADATA_CHARS = 20, 500


class MailEvent(NamedTuple):
    """One thing that happened to one mail.

    type: our name of what happened.
    address: of the recipient; None where the provider leaves it out.
    occurred_at_ms: milliseconds since the epoch; None where the provider does not give it.
    sender: what the sender put into the mail for this purpose; its `contact_id`, `message` and `campaign` go before
        the provider's own.
    message, campaign: the provider's own ids; None where it has none.
    url: of a click.
    kind: of a bounce, hard or soft.
    user_agent: empty where the provider says an empty one; None where it says none.
    actor: where the provider itself knows that no human did it.
    unread_time: the provider's text of the time where that is no instant; it only tells events apart.
    is_of_another: whether the address is not the one that the mail was made out to: a copy's, or one of several. What
        its owner does is filed under the address, not under the sender's `contact_id`.
    """

    type: str
    address: str | None
    occurred_at_ms: int | None
    sender: Mapping[str, Any]
    message: str | None = None
    campaign: str | None = None
    tags: Sequence[str] = ()
    url: str | None = None
    kind: str | None = None
    user_agent: str | None = None
    actor: str | None = None
    unread_time: str | None = None
    is_of_another: bool = False


def entry_of(
    provider: str, event: MailEvent, contact_ids: ContactIds, received_at_ms: int, position: int
) -> TopicEntry:
    """The event's record.

    A provider that delivers again may change its own event id, so ours comes from what happened: provider, type,
    contact, message, URL, kind and the provider's time, never the time of receipt. position: of the item it was in.
    Raises RecordError where the event names no contact.
    """
    contact = _contact_of(event, contact_ids)
    message = text_of(event.sender.get("message")) or event.message
    moment = event.unread_time if event.occurred_at_ms is None else event.occurred_at_ms
    event_id = content_key([provider, event.type, contact, message, event.url, event.kind, moment])
    occurred_at_ms = received_at_ms if event.occurred_at_ms is None else min(event.occurred_at_ms, received_at_ms)
    properties = {"provider": provider} | _properties_of(event, message)
    collected = CollectedEvent(event_id, contact, event.type, occurred_at_ms, properties, _context_of(event))
    return event_entry(collected, position)


def sender_of_tags(tags: Sequence[str]) -> dict[str, str]:
    """What a sender says through tags of the form `contact_id:c-42`, for providers that carry nothing else."""
    pairs = (tag.partition(":") for tag in tags)
    return {name.strip(): value.strip() for name, separator, value in pairs if separator and value.strip()}


def is_made_out_to(address: str, to: Sequence[str]) -> bool:
    """Whether a mail whose header `To` says this, one text or several, is to this address and to no other.

    >>> is_made_out_to("ann@a.example", ["Ann <Ann@a.example>"]), is_made_out_to("bob@a.example", ["ann@a.example"])
    (True, False)
    """
    return {whom.lower() for _, whom in getaddresses([*to]) if whom} == {parseaddr(address)[1].lower()}


def has_placeholder(event: MailEvent) -> bool:
    """Whether what the sender gave for a contact's id stands for nobody, such as a template that nobody filled."""
    contact = text_of(event.sender.get("contact_id"))
    return contact is not None and is_placeholder(contact)


def _contact_of(event: MailEvent, contact_ids: ContactIds) -> str:
    contact = None if event.is_of_another else text_of(event.sender.get("contact_id"))
    if contact is None or has_placeholder(event):
        address = parseaddr(event.address)[1] if event.address else ""
        if "@" not in address:
            reason = reason_codes.NO_CONTACT if contact is None else reason_codes.PLACEHOLDER_ID
            raise RecordError(reason, "recipient: wanted contact_id or one mail address; got neither")
        contact = contact_ids.address(address)
    contact_of(contact.encode())
    return contact


def _properties_of(event: MailEvent, message: str | None) -> dict[str, Any]:
    tags = [tag[:MAX_TAG_CHARS] for tag in event.tags[:MAX_TAGS]]
    campaign = text_of(event.sender.get("campaign")) or event.campaign or (tags[0] if tags else None)
    texts = {"message": message, "campaign": campaign, "url": event.url, "path": path_of(event.url)}
    properties: dict[str, Any] = {name: text[:MAX_TEXT_CHARS] for name, text in texts.items() if text}
    if event.kind:
        properties["kind"] = event.kind
    if tags:
        properties["tags"] = tags
    if metadata := _metadata_of(event.sender):
        properties["metadata"] = metadata
    return properties


def _metadata_of(sender: Mapping[str, Any]) -> dict[str, Any]:
    """What else the sender put in, single values only: nothing here may grow or nest without bound."""
    metadata: dict[str, Any] = {}
    for name, value in sender.items():
        if len(metadata) == MAX_METADATA:
            break
        if name not in ("contact_id", "message", "campaign") and isinstance(value, (str, int, float)):
            metadata[name[:MAX_TAG_CHARS]] = value[:MAX_METADATA_CHARS] if isinstance(value, str) else value
    return metadata


def _context_of(event: MailEvent) -> dict[str, Any]:
    context: dict[str, Any] = {}
    if event.user_agent or (event.user_agent is not None and event.type == CLICK):
        context["user_agent"] = event.user_agent[:MAX_USER_AGENT_CHARS]
    if event.actor:
        context["actor"] = event.actor
    return context
