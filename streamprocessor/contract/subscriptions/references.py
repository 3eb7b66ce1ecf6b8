"""What a subscription may refer to that came over the API or the topic, by its words alone: nothing is opened."""

from __future__ import annotations

import re

from streamprocessor.contract.subscriptions.subscriptions import Subscription
from streamprocessor.errors import OperatorError

REFERENCE = re.compile(r"(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)")

_PART = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}"
_BELOW = re.compile(rf"{_PART}(/{_PART}){{0,9}}")
_TEMPLATE_FILE = (".yaml", ".yml")
_SECRETS_DIR, _ENV_PREFIX = "STREAMPROCESSOR_DELIVERY_SECRETS_DIR", "STREAMPROCESSOR_DELIVERY_SECRETS_ENV_PREFIX"
_TEMPLATES_DIR = "STREAMPROCESSOR_DELIVERY_TEMPLATES_DIR"


def is_template_file(name: str) -> bool:
    """Whether a template's name is that of a file; else it is that of a built-in one."""
    return name.endswith(_TEMPLATE_FILE)


def refuse_foreign_references(subscription: Subscription, env_prefix: str, where: str) -> None:
    """Raise OperatorError, without the reference, where the subscription refers to what it may not.

    env_prefix: what the names of environment variables have to begin with. where: words that lead to the subscription.
    """
    url = subscription.url
    if url is not None and url.startswith(("env:", "file:")):
        _refuse_foreign(url, env_prefix, f"{where}: url")
    for secret in subscription.secrets:
        _refuse_foreign(secret, env_prefix, f"{where}: secrets")
    if not _BELOW.fullmatch(subscription.template):
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
