"""The parts of a mail, as a template fills them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from streamprocessor.delivery.subscriptions.payload_templates import Template
from streamprocessor.errors import OperatorError

_WORDS = ("subject", "sentence", "facts", "link")


class MailParts(msgspec.Struct, frozen=True):
    """What one mail says of one contact.

    facts: values by their labels; empty ones are left out. link: to the contact's page; None: there is none.
    """

    subject: Any
    sentence: Any
    facts: Mapping[str, Any] = {}
    link: str | None = None


class _Digest(msgspec.Struct, frozen=True):
    digest: Sequence[MailParts]


def digest_body(bodies: Sequence[bytes]) -> bytes:
    """The body of a digest of mails with these bodies."""
    return b'{"digest":[' + b",".join(bodies) + b"]}"


def mail_parts_of(body: bytes) -> Sequence[MailParts] | None:
    """The parts of a mail, or of each mail of a digest; None: the body was filled by a template of something else."""
    try:
        return msgspec.json.decode(body, type=_Digest).digest
    except msgspec.DecodeError:
        pass
    try:
        return [msgspec.json.decode(body, type=MailParts)]
    except msgspec.DecodeError:
        return None


def refuse_other_parts(template: Template, where: str) -> None:
    """Accept a template of a mail; raises OperatorError saying what is not as it has to be."""
    body = template.body
    if not isinstance(body, dict) or not {"subject", "sentence"} <= body.keys() <= set(_WORDS):
        message = f"{where}: template: wanted a mail's, such as mail, with subject, sentence, facts, link; got another"
        raise OperatorError(message)
    texts = [body["subject"], body["sentence"], body.get("link", "")]
    if not all(isinstance(part, str) for part in texts) or not _are_facts(body.get("facts", {})):
        message = f"{where}: template: wanted texts, and below facts a text for each label; got something else"
        raise OperatorError(message)


def _are_facts(facts: object) -> bool:
    return isinstance(facts, dict) and all(isinstance(fact, str) for fact in facts.values())
