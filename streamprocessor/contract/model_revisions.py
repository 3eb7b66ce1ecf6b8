"""Values of the models topic: each a revision of the scoring model, with the text of its file."""

from __future__ import annotations

import msgspec

from streamprocessor.errors import OperatorError


class ModelRevision(msgspec.Struct, frozen=True):
    """One applied model; the key beside it is `key_of(name)`.

    revision: rises by one with each apply, the first is 1. version: the hash of the content. text: the file as it was.
    In JSON the instant is called applied_at, in epoch milliseconds.
    """

    revision: int
    name: str
    version: str
    text: str
    applied_at_ms: int = msgspec.field(name="applied_at")


def key_of(name: str) -> bytes:
    """The key under which the revisions of the model of that name stand."""
    return name.encode()


def encode_revision(revision: ModelRevision) -> bytes:
    """The revision as JSON."""
    return msgspec.json.encode(revision)


def decode_revision(value: bytes) -> ModelRevision:
    """The revision that the JSON spells; raises OperatorError where it spells none."""
    try:
        return msgspec.json.decode(value, type=ModelRevision)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        message = f"models: wanted a model's revision as JSON; got an error: {error}; is the topic ours?"
        raise OperatorError(message) from error
