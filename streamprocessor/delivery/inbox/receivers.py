"""Where people's alerts go: each has a receiver beside the subscriptions, on whose ways its alerts are sent."""

from __future__ import annotations

from streamprocessor.contract.subscriptions.subscriptions import Subscription, SubscriptionFilter
from streamprocessor.contract.subscriptions.webhook_targets import target_of
from streamprocessor.delivery.subscriptions.payload_templates import Template
from streamprocessor.delivery.subscriptions.plan import DeliveryPlan
from streamprocessor.delivery.subscriptions.resolve import SubscriptionResolver
from streamprocessor.delivery.subscriptions.signing import signer_of
from streamprocessor.inbox.rules import InboxRules, Salesperson

_WRITTEN = Template("inbox", "application/json", {}, {})  # alerts come with their bodies


def receivers_of(rules: InboxRules, resolver: SubscriptionResolver) -> dict[str, DeliveryPlan]:
    """The plans of people's alerts, by the people's names; who has no webhook is told nothing.

    Raises OperatorError saying what of the file can't be used, without any secret in it.
    """
    return {
        person.name: _plan_of(person, person.webhook, resolver)
        for person in rules.people.values()
        if person.webhook is not None
    }


def _plan_of(person: Salesperson, webhook: str, resolver: SubscriptionResolver) -> DeliveryPlan:
    where = f"inbox: people: {person.name}"
    url = resolver.secrets.resolved(webhook, f"{where}: webhook")
    name = f"inbox.{person.name}"
    return DeliveryPlan(
        subscription=Subscription(name, webhook, (), SubscriptionFilter(), _WRITTEN.source, person.secrets),
        target=target_of(url, resolver.allowed_hosts, where),
        template=_WRITTEN,
        phrases=resolver.phrases,
        signers=tuple(
            signer_of(resolver.secrets.resolved(secret, f"{where}: secrets"), f"{where}: secret {secret}")
            for secret in person.secrets
        ),
    )
