"""What a subscription may refer to that came over the API or the topic, by its words alone: nothing is opened."""

from __future__ import annotations

import re

from streamprocessor.contract.subscriptions.subscriptions import Subscription
from streamprocessor.errors import OperatorError

REFERENCE = re.compile(r"(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)")
KEPT = re.compile(r"kept:([A-Za-z0-9][A-Za-z0-9_.-]{0,63})/([1-9][0-9]{0,8})")
"""A secret that delivery made and keeps: of which subscription, and which one of it."""

_PART = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}"
_BELOW = re.compile(rf"{_PART}(/{_PART}){{0,9}}")
_TEMPLATE_FILE = (".yaml", ".yml")
_SECRETS_DIR, _ENV_PREFIX = "STREAMPROCESSOR_DELIVERY_SECRETS_DIR", "STREAMPROCESSOR_DELIVERY_SECRETS_ENV_PREFIX"
_TEMPLATES_DIR = "STREAMPROCESSOR_DELIVERY_TEMPLATES_DIR"


def is_template_file(name: str) -> bool:
    """Whether a template's name is that of a file; else it is that of a built-in one."""
    return name.endswith(_TEMPLATE_FILE)


def is_template_name(name: str) -> bool:
    """Whether a subscription that came over the API or the topic may name such a template."""
    return _BELOW.fullmatch(name) is not None


def is_secret_reference(text: str) -> bool:
    """Whether the text says where a secret is: env:NAME, file:PATH, or kept:SUBSCRIPTION/NUMBER."""
    return text.isprintable() and (REFERENCE.fullmatch(text) or KEPT.fullmatch(text)) is not None


def kept_reference(subscription: str, number: int) -> str:
    """What refers to the secret of that number which delivery keeps for the subscription."""
    return f"kept:{subscription}/{number}"


def refuse_foreign_references(subscription: Subscription, env_prefix: str, where: str) -> None:
    """Raise OperatorError, without the reference, where the subscription refers to what it may not.

    env_prefix: what the names of environment variables have to begin with. where: words that lead to the subscription.
    """
    url = subscription.url
    if url is not None and url.startswith(("env:", "file:")):
        _refuse_foreign(url, env_prefix, f"{where}: url")
    for secret in subscription.secrets:
        if not secret.startswith("kept:"):  # those are bound to their subscription whoever wrote it
            _refuse_foreign(secret, env_prefix, f"{where}: secrets")
    if not is_template_name(subscription.template):
        requirement = f"the name of a built-in one, or of a YAML file in the folder {_TEMPLATES_DIR}"
        message = f"{where}: template: wanted {requirement}; got another text"
        raise OperatorError(message)


def _refuse_foreign(reference: str, env_prefix: str, where: str) -> None:
    kind, _, name = reference.partition(":")
    if kind == "file" and not _BELOW.fullmatch(name):
        message = f"{where}: wanted file:NAME with the name of a file in the folder {_SECRETS_DIR}; got another place"
        raise OperatorError(message)
    if kind != "file" and not (REFERENCE.fullmatch(reference) and name.startswith(env_prefix)):
        requirement = f"env:NAME with a name that begins with {env_prefix} ({_ENV_PREFIX})"
        message = f"{where}: wanted {requirement}; got another name"
        raise OperatorError(message)
