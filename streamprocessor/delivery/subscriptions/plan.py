"""A subscription resolved: everything that its deliveries need."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from streamprocessor.contract.subscriptions.digests import Digest
from streamprocessor.contract.subscriptions.email import MailTarget
from streamprocessor.contract.subscriptions.subscriptions import Subscription
from streamprocessor.contract.subscriptions.webhook_targets import Target
from streamprocessor.delivery.announcements import Announcement
from streamprocessor.delivery.contacts import ContactContext
from streamprocessor.delivery.deliveries import NEXT_DIGEST, Delivery
from streamprocessor.delivery.subscriptions.matching import wants
from streamprocessor.delivery.subscriptions.payload_templates import Template
from streamprocessor.delivery.subscriptions.phrases import Phrases
from streamprocessor.delivery.subscriptions.signing import Signer, webhook_id_of


@dataclass(frozen=True)
class DeliveryPlan:
    """A subscription with all that its words refer to."""

    subscription: Subscription
    target: Target | MailTarget
    template: Template
    phrases: Phrases
    signers: Sequence[Signer]

    @property
    def url_hash(self) -> str:
        """What tells this address from another one without saying it."""
        return hashlib.sha256(self.target.url.encode()).hexdigest()

    @property
    def kind(self) -> str:
        """What its deliveries are, in a word: webhook or mail."""
        return "webhook" if isinstance(self.target, Target) else "mail"

    @property
    def told_attributes(self) -> frozenset[str]:
        """The attributes that its template says, those by which it calls contacts among them."""
        if not self.template.names_contacts:
            return self.template.attributes
        return self.template.attributes.union(word for words in self.phrases.display.name for word in words)

    @property
    def digest(self) -> Digest | None:
        """When the day's announcements go out as one mail; None: each goes by itself."""
        return self.subscription.email.digest if self.subscription.email else None

    def delivery_of(self, announcement: Announcement, context: ContactContext, now_ms: int) -> Delivery | None:
        """The delivery of the announcement, not numbered yet; None where the subscription does not want it."""
        name = self.subscription.name
        if not wants(self.subscription, announcement, context):
            return None
        return Delivery(
            number=0,
            webhook_id=webhook_id_of(announcement.id, name),
            subscription=name,
            contact_id=announcement.contact_id,
            body=self.template.fill(announcement, name, self.phrases, context.facts.attributes),
            at_ms=announcement.at_ms,
            queued_ms=now_ms,
            traceparent=announcement.traceparent,
            digest=None if self.digest is None else NEXT_DIGEST,
        )
