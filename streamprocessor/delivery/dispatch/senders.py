"""Attempts on their way: webhooks over HTTP, mails over SMTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from streamprocessor.contract.subscriptions.email import MailTarget
from streamprocessor.contract.subscriptions.webhook_targets import Target
from streamprocessor.delivery.dispatch.answer import Answer
from streamprocessor.delivery.dispatch.mail_sender import MailSender
from streamprocessor.delivery.dispatch.sender import Sender


@dataclass(frozen=True)
class Senders:
    """Who makes attempts. mails: None: there is no server for them, and no subscription that asks for one."""

    webhooks: Sender
    mails: MailSender | None

    async def send(self, target: Target | MailTarget, headers: Mapping[str, str], body: bytes) -> Answer:
        """What came of one attempt."""
        if isinstance(target, Target):
            return await self.webhooks.post(target, headers, body)
        assert self.mails is not None  # a plan with such a target is made with its server alone
        return await self.mails.send(target, headers, body)
