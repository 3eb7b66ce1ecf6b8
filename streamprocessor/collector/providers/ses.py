"""Amazon SES events and notifications, through SNS.

Setup: make an SNS topic (standard). In SES, add to a configuration set an event destination of that topic with
deliveries, bounces, complaints, opens, clicks and subscriptions. Put the topic's ARN (several: with commas) into
STREAMPROCESSOR_HOOK_SES_SECRET, start the collector, then subscribe `https://HOST/hooks/ses` to the topic: protocol
HTTPS, raw message delivery off. The collector confirms subscriptions to these topics, and to no other. A request waits
until Amazon's certificate, or the confirmation, is there; where Amazon can't be reached within seconds it is answered
503, so that SNS delivers again, which it does after server errors only.
When sending: `--email-tags Name=contact_id,Value=c-42 Name=campaign,Value=q4`.

A notification may concern several recipients: each is an event. The tag `contact_id` is of the one whom the mail is
to: what other recipients do, or one of several, is filed under their addresses. An open or click of a mail to several
recipients does not say whose it is: such a mail needs the tag. A permanent bounce is hard. A subscription counts where
somebody leaves all topics, or comes back.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from streamprocessor.collector.http.wire_format import HttpRequest, RefusalError
from streamprocessor.collector.providers import sns
from streamprocessor.collector.providers.webhook.fetching import DocumentFetch
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
    is_made_out_to,
)
from streamprocessor.collector.providers.webhook.payloads import (
    list_of,
    object_of,
    rfc3339_to_ms,
    text_of,
    texts_of,
    user_agent_of,
)
from streamprocessor.collector.providers.webhook.signatures import UNVERIFIED, SenderCheck, check_by, wrong_secret

NAME = "ses"

# Our types by SES's word for an event, which in small letters also names the part that tells of it.
_TYPES = {
    "Delivery": DELIVERED,
    "Bounce": BOUNCE,
    "Complaint": COMPLAINT,
    "Open": OPEN,
    "Click": CLICK,
    "Subscription": UNSUBSCRIBE,
}
_NOT_SPAM = "not-spam"  # takes a complaint back


def ses(setup: ProviderSetup) -> Provider:
    """`POST /hooks/ses`. secret: ARNs of topics, with commas. fetch: for certificates, and to confirm subscriptions.

    Raises OperatorError for a secret that is no ARN.
    """
    check_signature = check_by(NAME, setup.secret, lambda topics: _signed(topics, setup.fetch))

    def check(request: HttpRequest) -> None:
        check_signature(request)
        envelope = sns.envelope_of(request)
        if envelope["Type"] == sns.SUBSCRIPTION:
            sns.confirm(envelope, request, setup.fetch)

    return Provider(NAME, check, _items, _events)


def _signed(secret: str, fetch: DocumentFetch) -> SenderCheck:
    topics = frozenset(topic.strip() for topic in secret.split(","))
    if not all(map(sns.is_topic, topics)):
        raise wrong_secret(NAME, f"ARNs of SNS topics, with commas, or {UNVERIFIED}")

    def check(request: HttpRequest) -> None:
        envelope = sns.envelope_of(request)
        # Anybody can have Amazon sign messages of a topic of their own.
        if text_of(envelope.get("TopicArn")) not in topics:
            raise RefusalError(403, "unknown-topic", "TopicArn: wanted a topic of the setting; got another")
        sns.verify(envelope, request, fetch)

    return check


def _items(request: HttpRequest) -> list[Any]:
    envelope = sns.envelope_of(request)
    return [sns.message_of(envelope)] if envelope["Type"] == sns.NOTIFICATION else []


def _events(item: dict[str, Any]) -> Iterable[MailEvent]:
    name = text_of(item.get("eventType")) or text_of(item.get("notificationType")) or ""
    event_type = _TYPES.get(name)
    part = object_of(item.get(name.lower()))
    if event_type == UNSUBSCRIBE:
        event_type = _type_of_subscription(part)
    if event_type is None or part.get("complaintFeedbackType") == _NOT_SPAM:
        return
    mail = object_of(item.get("mail"))
    sender = {name: value for name, values in object_of(mail.get("tags")).items() for value in texts_of(values)[:1]}
    for address in _addresses_of(event_type, part, mail):
        yield MailEvent(
            event_type,
            address,
            rfc3339_to_ms(part.get("timestamp")),
            {name: value for name, value in sender.items() if not name.startswith("ses:")},
            message=text_of(mail.get("messageId")),
            url=text_of(part.get("link")),
            kind=(HARD if part.get("bounceType") == "Permanent" else SOFT) if event_type == BOUNCE else None,
            user_agent=user_agent_of(part.get("userAgent")) if event_type in (OPEN, CLICK) else None,
            is_of_another=_is_of_another(address, mail),
        )


def _type_of_subscription(part: dict[str, Any]) -> str | None:
    """Whether somebody left, or came back; None: neither, only topics were chosen."""
    had_left, has_left = (
        object_of(part.get(f"{which}TopicPreferences")).get("unsubscribeAll") is True for which in ("old", "new")
    )
    if has_left:
        return UNSUBSCRIBE
    return RESUBSCRIBE if had_left else None


def _is_of_another(address: str | None, mail: dict[str, Any]) -> bool:
    """Whether the address is none of a mail to one recipient, nor the only one among several whom it is to."""
    if address is None or len(texts_of(mail.get("destination"))) < 2:
        return False
    return not is_made_out_to(address, texts_of(object_of(mail.get("commonHeaders")).get("to")))


def _addresses_of(event_type: str, part: dict[str, Any], mail: dict[str, Any]) -> list[str | None]:
    """The addresses that the event concerns, one entry each; a None where SES does not say who of several it was."""
    names = {BOUNCE: "bouncedRecipients", COMPLAINT: "complainedRecipients"}
    if event_type in names:
        recipients = [object_of(recipient) for recipient in list_of(part.get(names[event_type]))]
        return [text_of(recipient.get("emailAddress")) for recipient in recipients] or [None]
    if event_type == DELIVERED:
        return [*texts_of(part.get("recipients"))] or [None]
    destination = texts_of(mail.get("destination"))
    return [destination[0] if len(destination) == 1 else None]
