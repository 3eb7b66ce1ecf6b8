"""Subscriptions into plans: what their words refer to is looked up and checked before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from streamprocessor.contract.subscriptions.subscriptions import Subscription
from streamprocessor.contract.subscriptions.webhook_targets import target_of
from streamprocessor.delivery.subscriptions.payload_templates import read_template, refuse_unknown_paths
from streamprocessor.delivery.subscriptions.phrases import Phrases
from streamprocessor.delivery.subscriptions.plan import DeliveryPlan
from streamprocessor.delivery.subscriptions.secret_references import resolved
from streamprocessor.delivery.subscriptions.segments import Segments
from streamprocessor.delivery.subscriptions.signing import signer_of
from streamprocessor.errors import OperatorError


@dataclass(frozen=True)
class SubscriptionResolver:
    """What subscriptions refer to.

    environment: for env:NAME; folder: where template files are looked for; segments: of the model, as it is now.
    """

    environment: Mapping[str, str]
    folder: Path
    allowed_hosts: frozenset[str]
    phrases: Phrases
    segments: Segments

    def plan_of(self, subscription: Subscription) -> DeliveryPlan:
        """The plan; raises OperatorError saying what of the subscription can't be used, without any secret in it."""
        where = f"subscription {subscription.name}"
        template = read_template(subscription.template, self.folder)
        refuse_unknown_paths(template, subscription.events)
        self._refuse_unknown_segments(subscription, where)
        url = resolved(subscription.url, self.environment, f"{where}: url")
        return DeliveryPlan(
            subscription=subscription,
            target=target_of(url, self.allowed_hosts, where),
            template=template,
            phrases=self.phrases,
            signers=tuple(
                signer_of(resolved(secret, self.environment, f"{where}: secrets"), f"{where}: secret {secret}")
                for secret in subscription.secrets
            ),
        )

    def _refuse_unknown_segments(self, subscription: Subscription, where: str) -> None:
        for name in sorted(subscription.filter.segments):
            if name not in self.segments.known:
                known = ", ".join(self.segments.known) or "none, as there are none"
                message = f"{where}: when: segment: wanted one of the model's, {known}; got '{name}'"
                raise OperatorError(message)
