"""Subscriptions as people write them, before they are in force: what would be sent, and one attempt at sending it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from typing import NamedTuple

from streamprocessor.contract.subscriptions.email import Email
from streamprocessor.contract.subscriptions.references import refuse_foreign_references
from streamprocessor.contract.subscriptions.subscriptions import Subscription
from streamprocessor.delivery.announcements import Announcement
from streamprocessor.delivery.contacts import ContactFacts
from streamprocessor.delivery.dispatch.answer import Answer
from streamprocessor.delivery.dispatch.dispatcher import DispatchContext
from streamprocessor.delivery.dispatch.made_up_lead import made_up_lead
from streamprocessor.delivery.dispatch.mail_message import plain_text, subject_of
from streamprocessor.delivery.dispatch.retry_schedule import AttemptResult
from streamprocessor.delivery.dispatch.sender import WebhookAnswer
from streamprocessor.delivery.enrichment.contact_context import moves
from streamprocessor.delivery.subscriptions.mail_parts import mail_parts_of, refuse_other_parts
from streamprocessor.delivery.subscriptions.matching import wants
from streamprocessor.delivery.subscriptions.payload_templates import Template
from streamprocessor.delivery.subscriptions.resolve import SubscriptionResolver
from streamprocessor.delivery.subscriptions.signing import signed_headers, webhook_id_of

TEST_SECONDS = 10.0
_BLANK_SIGNATURE = "v1,..."


class KnownLead(NamedTuple):
    """An announcement that was made, and what is known of its contact."""

    announcement: Announcement
    facts: ContactFacts


class DraftPreview(NamedTuple):
    """A message as it would be sent.

    method: POST, or MAIL, whose body is its plain text. matches: whether the subscription asks for it. is_made_up: its
    lead is nobody.
    """

    method: str
    headers: dict[str, str]
    body: str
    matches: bool
    is_made_up: bool


class DraftOutcome(NamedTuple):
    """What came of one attempt with a made-up lead.

    status: of HTTP; 0: no whole answer came, and `reason` says why. opening: the answer's first characters.
    """

    status: int
    reason: str
    milliseconds: int
    opening: str
    is_delivered: bool
    is_signed: bool


@dataclass(frozen=True)
class Drafts:
    """Previews and tests.

    env_prefix: what the environment variables' names begin with that subscriptions may refer to.
    source: the CloudEvents source of the worker's announcements.
    """

    resolver: SubscriptionResolver
    env_prefix: str
    context: DispatchContext
    source: str

    def preview(self, subscription: Subscription, lead: KnownLead | None) -> DraftPreview:
        """What the subscription would send of the lead, None: of a made-up one; no secret of it is opened.

        Raises OperatorError where it refers to what it may not, or its template can't be used.
        """
        refuse_foreign_references(subscription, self.env_prefix, f"subscription {subscription.name}")
        template = self.resolver.template_of(subscription)
        now_ms = self.context.clock_ms()
        announcement, facts = lead or KnownLead(made_up_lead(now_ms), ContactFacts())
        if lead is not None:
            announcement = replace(announcement, source=self.source)
        segments = self.resolver.segments.known
        named = {name: segments[name] for name in subscription.filter.segments if name in segments}
        contact_context, _ = moves(announcement, facts, named, {})
        body = template.fill(announcement, subscription.name, self.resolver.phrases, facts.attributes)
        if subscription.email is not None:
            method, (headers, shown) = "MAIL", self._mail(subscription.email, template, body)
        else:
            headers = signed_headers(webhook_id_of(announcement.id, subscription.name), b"", (), now_ms)
            if subscription.secrets:
                headers["webhook-signature"] = _BLANK_SIGNATURE
            headers["content-type"] = template.content_type
            method, shown = "POST", body.decode()
        return DraftPreview(
            method=method,
            headers=headers,
            body=shown,
            matches=wants(subscription, announcement, contact_context),
            is_made_up=lead is None,
        )

    def _mail(self, email: Email, template: Template, body: bytes) -> tuple[dict[str, str], str]:
        """The headers and the text that a mail of the body would have."""
        refuse_other_parts(template, "subscription")
        target = self.resolver.mail_target(email, "subscription")
        parts = mail_parts_of(body) or ()
        return {"from": target.sender, "to": ", ".join(target.recipients), "subject": subject_of(parts)}, plain_text(
            parts
        )

    async def tried(self, subscription: Subscription) -> DraftOutcome:
        """What comes of posting a made-up lead once, right now; raises OperatorError where it can't be used."""
        plan = await asyncio.to_thread(self.resolver.bounded_plan_of, subscription, self.env_prefix)
        now_ms = self.context.clock_ms()
        announcement = made_up_lead(now_ms)
        body = plan.template.fill(announcement, subscription.name, plan.phrases, {})
        signers = plan.signers_at(now_ms)
        headers = signed_headers(webhook_id_of(announcement.id, subscription.name), body, signers, now_ms)
        headers["content-type"] = plan.template.content_type
        began_seconds = time.perf_counter()
        answer: Answer
        try:
            async with asyncio.timeout(TEST_SECONDS):
                answer = await self.context.post(plan.target, headers, body)
        except TimeoutError:
            answer = WebhookAnswer(0, "time-out")
        return DraftOutcome(
            status=answer.status,
            reason=answer.reason,
            milliseconds=round((time.perf_counter() - began_seconds) * 1000),
            opening=answer.opening,
            is_delivered=answer.result is AttemptResult.DELIVERED,
            is_signed=bool(signers),
        )
