"""Where people's alerts go: each has a receiver beside the subscriptions, on whose ways its alerts are sent."""

from __future__ import annotations

from pathlib import Path

from streamprocessor.contract.subscriptions.email import Email, MailTarget
from streamprocessor.contract.subscriptions.subscriptions import Subscription, SubscriptionFilter
from streamprocessor.contract.subscriptions.webhook_targets import Target, target_of
from streamprocessor.delivery.subscriptions.payload_templates import Template, read_template
from streamprocessor.delivery.subscriptions.plan import DeliveryPlan
from streamprocessor.delivery.subscriptions.resolve import SubscriptionResolver
from streamprocessor.delivery.subscriptions.signing import signer_of
from streamprocessor.inbox.rules import JSON, InboxRules, Salesperson

_PING = Template("inbox", "application/json", {}, {"event": "ping", "text": "${words.sentence}"})


def receivers_of(rules: InboxRules, resolver: SubscriptionResolver) -> dict[str, DeliveryPlan]:
    """The plans of people's alerts, by the people's names; who has neither webhook nor address is told nothing.

    Raises OperatorError saying what of the file can't be used, without any secret in it.
    """
    people = rules.people.values()
    return {person.name: _plan_of(person, resolver) for person in people if person.webhook or person.email}


def _plan_of(person: Salesperson, resolver: SubscriptionResolver) -> DeliveryPlan:
    where = f"inbox: people: {person.name}"
    template = _template_of(person)
    return DeliveryPlan(
        subscription=Subscription(
            name=f"inbox.{person.name}",
            url=person.webhook,
            events=(),
            filter=SubscriptionFilter(),
            template=template.source,
            secrets=person.secrets,
            email=_email_of(person),
        ),
        target=_target_of(person, resolver, where),
        template=template,
        phrases=resolver.phrases,
        signers=tuple(
            signer_of(resolver.secrets.resolved(secret, f"{where}: secrets"), f"{where}: secret {secret}")
            for secret in person.secrets
        ),
    )


def _template_of(person: Salesperson) -> Template:
    """What a test is made of: alerts come with their bodies."""
    return _PING if person.form == JSON else read_template(person.form, Path())


def _email_of(person: Salesperson) -> Email | None:
    return None if person.email is None else Email((person.email,))


def _target_of(person: Salesperson, resolver: SubscriptionResolver, where: str) -> Target | MailTarget:
    email = _email_of(person)
    if email is not None:
        return resolver.mail_target(email, where)
    assert person.webhook is not None  # one of both is there
    url = resolver.secrets.resolved(person.webhook, f"{where}: webhook")
    return target_of(url, resolver.allowed_hosts, where)
