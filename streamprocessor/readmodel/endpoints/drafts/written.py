"""A subscription as a client wrote it, checked: by its words, and by what the model in force and delivery have."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from streamprocessor.contract.strict_yaml.located import unknown
from streamprocessor.contract.subscriptions.model_names import missing_of_subscription
from streamprocessor.contract.subscriptions.references import REFERENCE, refuse_foreign_references
from streamprocessor.contract.subscriptions.subscription_file import parse_subscription
from streamprocessor.contract.subscriptions.subscriptions import Subscription
from streamprocessor.contract.subscriptions.webhook_targets import target_of
from streamprocessor.errors import OperatorError
from streamprocessor.readmodel.problem import Problem
from streamprocessor.readmodel.routing.context import ApiContext, Gateways
from streamprocessor.scoring.model.model import Model

GENERATE = "generate"
"""What `secrets` says where delivery is to make one."""


class WrittenSubscription(NamedTuple):
    """What was written.

    value: as the topic has it; without secrets where one is to be made.
    wants_secret: whether one is to be made.
    """

    subscription: Subscription
    value: dict[str, Any]
    wants_secret: bool


def read_written(name: str, said: dict[str, Any], gateways: Gateways) -> WrittenSubscription:
    """The subscription that is said; raises Problem with a line for each thing that is wrong."""
    wants_secret = said.get("secrets") == GENERATE
    # Of one line, of which delivery reads just what is checked here; a secret that is still to be made is no mistake.
    stand_in = {"secrets": [f"env:{gateways.secrets_env_prefix}SECRET"]} if wants_secret else {}
    try:
        written = orjson.dumps(said | stand_in).decode()
    except orjson.JSONEncodeError as error:  # Python reads more of JSON than may be written
        detail = "subscription: wanted texts in Unicode, numbers of 64 bits, few levels; got something else"
        raise Problem(400, "bad-body", detail) from error
    try:
        subscription = parse_subscription(name, written, "body")
        refuse_foreign_references(subscription, gateways.secrets_env_prefix, "the subscription")
        if subscription.url is not None and not REFERENCE.fullmatch(subscription.url):
            target_of(subscription.url, gateways.allowed_hosts, "the subscription")
    except OperatorError as error:
        raise Problem(400, "bad-body", str(error).replace("body:1: ", "")) from error
    value = {word: each for word, each in said.items() if not (wants_secret and word == "secrets")}
    return WrittenSubscription(subscription, value, wants_secret)


def missing_of(name: str, value: dict[str, Any], model: Model) -> list[str]:
    """What a subscription of the topic names that the model does not have; nothing where it can't be read at all."""
    try:
        return missing_of_subscription(parse_subscription(name, orjson.dumps(value).decode(), "subscription"), model)
    except OperatorError:
        return []  # delivery says why it is refused


async def refuse_missing(subscription: Subscription, context: ApiContext) -> None:
    """Raise Problem where it names a score, a stage, a segment or a template that is not there.

    Templates are delivery's: while it is away they are not looked at.
    """
    missing = missing_of_subscription(subscription, context.scorer().model)
    templates = await known_templates(context)
    if templates is not None and subscription.template not in templates:
        missing.append(f"template: {unknown(subscription.template, tuple(templates))}")
    if missing:
        raise Problem(400, "unknown-name", "\n".join(missing))


async def known_templates(context: ApiContext) -> list[str] | None:
    """The names of templates; None: delivery is away, or of an earlier release."""
    try:
        return await context.gateways.delivery.templates()
    except Problem:
        return None
