"""Subscriptions into plans: what their words refer to is looked up and checked before anything is sent."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from streamprocessor.contract.subscriptions.email import Email, MailTarget, domain_of
from streamprocessor.contract.subscriptions.model_names import missing_of_subscription
from streamprocessor.contract.subscriptions.references import refuse_foreign_references
from streamprocessor.contract.subscriptions.subscriptions import Subscription
from streamprocessor.contract.subscriptions.webhook_targets import Target, target_of
from streamprocessor.delivery.subscriptions.kept_secrets import KeptSecrets
from streamprocessor.delivery.subscriptions.mail_parts import refuse_other_parts
from streamprocessor.delivery.subscriptions.payload_templates import Template, read_template, refuse_unknown_paths
from streamprocessor.delivery.subscriptions.phrases import Phrases
from streamprocessor.delivery.subscriptions.plan import DeliveryPlan
from streamprocessor.delivery.subscriptions.secret_references import SecretReferences
from streamprocessor.delivery.subscriptions.segments import Segments
from streamprocessor.delivery.subscriptions.signing import Signer, signer_of
from streamprocessor.errors import OperatorError

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SubscriptionResolver:
    """What subscriptions refer to.

    secrets: what their references lead to.
    kept: the secrets that delivery made for them.
    templates: where template files are looked for.
    mail_sender: the address that mails come from; None: none can be sent.
    segments: of the model, as it is now.
    """

    secrets: SecretReferences
    templates: Path
    allowed_hosts: frozenset[str]
    phrases: Phrases
    segments: Segments
    kept: KeptSecrets
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
        template = self.template_of(subscription)
        for sentence in self.missing_of(subscription):
            log.warning("%s: %s", where, sentence)  # a later model may have it again, so it stays in force
        lasting, until_ms = self.kept.ends_ms(subscription.secrets)
        references = self.kept.in_use(subscription.secrets)
        return DeliveryPlan(
            subscription=subscription,
            target=self._target(subscription, template, where),
            template=template,
            phrases=self.phrases,
            signers=tuple(self._signer(reference, where) for reference in references[:lasting]),
            former_signers=tuple(self._former_signers(references[lasting:], where)),
            former_until_ms=until_ms or 0,
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

    def missing_of(self, subscription: Subscription) -> list[str]:
        """What the subscription names that the model in force does not have, a sentence each."""
        model = self.segments.model
        return [] if model is None else missing_of_subscription(subscription, model)

    def template_of(self, subscription: Subscription) -> Template:
        """Its template; raises OperatorError where there is none, or it asks for what announcements do not have."""
        template = read_template(subscription.template, self.templates)
        refuse_unknown_paths(template, subscription.events)
        return template

    def _former_signers(self, references: Iterable[str], where: str) -> Iterator[Signer]:
        """What still signs of secrets that were replaced, as they may have been because they can't be used."""
        for reference in references:
            try:
                yield self._signer(reference, where)
            except OperatorError as error:
                log.warning("%s; the newer secret signs alone", error)

    def _signer(self, reference: str, where: str) -> Signer:
        source = self.kept.opened if reference.startswith("kept:") else self.secrets.resolved
        return signer_of(source(reference, f"{where}: secrets"), f"{where}: secret {reference}")
