"""Values of the models topic: each a revision of the scoring model, with the text of its file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import msgspec

from streamprocessor.contract.changelog.entry import RESERVED
from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.errors import OperatorError
from streamprocessor.scoring.model.model import Model
from streamprocessor.scoring.plan.coverage import covered_since

WORKERS_FOLLOW_WITHIN_MS = 5_000
"""Until then after an apply, by clocks that agree within seconds, some worker may still keep what the model before
needs: evidence of a new revision is complete from there on."""


class ModelRevision(msgspec.Struct, frozen=True):
    """One applied model; the key beside it is `key_of(name)`.

    revision: rises by one with each apply that changes more than segments, the first is 1. version: the hash of the
    content but for segments. text: the file as it was. In JSON the instant is called applied_at, in epoch milliseconds.
    kept_since, announce_hot_leads: as in Model.
    """

    revision: int
    name: str
    version: str
    text: str
    applied_at_ms: int = msgspec.field(name="applied_at")
    kept_since: dict[str, dict[str, int]] = {}
    announce_hot_leads: bool = False


def key_of(name: str) -> bytes:
    """The key under which the revisions of the model of that name stand."""
    return name.encode()


def model_of(revision: ModelRevision) -> Model:
    """The model that workers score with under the revision; raises ModelError where its text can't be read."""
    source = f"models revision {revision.revision}"
    return replace(
        parse_model(revision.text, source, revision=revision.revision),
        covered_since_ms=revision.kept_since,
        announce_hot_leads=revision.announce_hot_leads,
    )


def revision_after(
    before: ModelRevision | None, model: Model, text: str, now_ms: int, *, announce_hot_leads: bool = False
) -> ModelRevision:
    """The revision that puts the model, spelled by the text, in force now; before None: the application's first."""
    known = None if before is None else model_of(before)
    return ModelRevision(
        revision=1 if before is None else before.revision + 1,
        name=model.name,
        version=model.version,
        text=text,
        applied_at_ms=now_ms,
        kept_since=covered_since(model, known, now_ms + WORKERS_FOLLOW_WITHIN_MS),
        announce_hot_leads=announce_hot_leads,
    )


def resegmented(before: ModelRevision, text: str, now_ms: int) -> ModelRevision:
    """The same revision with other segments, which the text spells beside the same scores.

    Its number stays: records are scored under it, and with a new one workers would score and write each of them anew.
    Of two values with one number the later one holds.
    """
    return msgspec.structs.replace(before, text=text, applied_at_ms=now_ms)


def newest_of(records: Iterable[Any], least: int = 0) -> ModelRevision | None:
    """The revision in force after these records, in order; None: none of them has this number or a higher one.

    Of two with one number the later one holds: its segments are others. Raises OperatorError where one is no revision.
    """
    newest: ModelRevision | None = None
    for record in records:
        if record.value is not None and not (record.key or b"").startswith(RESERVED):
            revision = decode_revision(record.value)
            if revision.revision >= (least if newest is None else newest.revision):
                newest = revision
    return newest


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
