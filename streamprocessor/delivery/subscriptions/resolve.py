"""Subscriptions into plans: what their words refer to is looked up and checked before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from streamprocessor.contract.subscriptions.email import Email, MailTarget, domain_of
from streamprocessor.contract.subscriptions.references import refuse_foreign_references
from streamprocessor.contract.subscriptions.subscriptions import Subscription
from streamprocessor.contract.subscriptions.webhook_targets import Target, target_of
from streamprocessor.delivery.subscriptions.mail_parts import refuse_other_parts
from streamprocessor.delivery.subscriptions.payload_templates import Template, read_template, refuse_unknown_paths
from streamprocessor.delivery.subscriptions.phrases import Phrases
from streamprocessor.delivery.subscriptions.plan import DeliveryPlan
from streamprocessor.delivery.subscriptions.secret_references import SecretReferences
from streamprocessor.delivery.subscriptions.segments import Segments
from streamprocessor.delivery.subscriptions.signing import signer_of
from streamprocessor.errors import OperatorError


@dataclass(frozen=True)
class SubscriptionResolver:
    """What subscriptions refer to.

    secrets: what their references lead to.
    templates: where template files are looked for.
    mail_sender: the address that mails come from; None: none can be sent.
    segments: of the model, as it is now.
    """

    secrets: SecretReferences
    templates: Path
    allowed_hosts: frozenset[str]
    phrases: Phrases
    segments: Segments
    mail_sender: str | None = None

    def bounded_plan_of(self, subscription: Subscription, env_prefix: str) -> DeliveryPlan:
        """The plan of a subscription that a stranger may have written: it may refer to what lies in the folders only.

        env_prefix: what the environment variables' names begin with that it may refer to. Raises OperatorError.
        """
        refuse_foreign_references(subscription, env_prefix, f"subscription {subscription.name}")
        return self.plan_of(subscription)

    def plan_of(self, subscription: Subscription) -> DeliveryPlan:
        """The plan; raises OperatorError saying what of the subscription can't be used, without any secret in it."""
        where = f"subscription {subscription.name}"
        template = read_template(subscription.template, self.templates)
        refuse_unknown_paths(template, subscription.events)
        self._refuse_unknown_segments(subscription, where)
        return DeliveryPlan(
            subscription=subscription,
            target=self._target(subscription, template, where),
            template=template,
            phrases=self.phrases,
            signers=tuple(
                signer_of(self.secrets.resolved(secret, f"{where}: secrets"), f"{where}: secret {secret}")
                for secret in subscription.secrets
            ),
        )

    def _target(self, subscription: Subscription, template: Template, where: str) -> Target | MailTarget:
        if subscription.email is not None:
            refuse_other_parts(template, where)
            return self.mail_target(subscription.email, where)
        assert subscription.url is not None  # one of both is there
        url = self.secrets.resolved(subscription.url, f"{where}: url")
        return target_of(url, self.allowed_hosts, where)

    def mail_target(self, email: Email, where: str) -> MailTarget:
        """Where mails to these recipients go; raises OperatorError where none can be sent."""
        if self.mail_sender is None:
            message = f"{where}: email: wanted a server for mails, STREAMPROCESSOR_SMTP_HOST; got none"
            raise OperatorError(message)
        sender = email.sender or self.mail_sender
        if domain_of(sender) != domain_of(self.mail_sender):
            message = f"{where}: email: from: wanted an address of STREAMPROCESSOR_SMTP_FROM's domain; got another"
            raise OperatorError(message)
        return MailTarget(sender, email.recipients)

    def _refuse_unknown_segments(self, subscription: Subscription, where: str) -> None:
        for name in sorted(subscription.filter.segments):
            if name not in self.segments.known:
                known = ", ".join(self.segments.known) or "none, as there are none"
                message = f"{where}: when: segment: wanted one of the model's, {known}; got '{name}'"
                raise OperatorError(message)
