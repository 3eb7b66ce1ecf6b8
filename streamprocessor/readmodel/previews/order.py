"""What a preview is asked for, as its process is told."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.contract.model_file.revisions import ModelRevision, revision_after
from streamprocessor.scoring.scorer import Scorer


class PreviewOrder(msgspec.Struct, frozen=True):
    """A draft beside the model in force.

    database_url: of the contacts, with its password: it goes to nobody but the process.
    in_force, draft: the draft as the revision that publishing it at at_ms makes.
    contacts: ids of those that are told of one by one.
    at_ms: the instant at which both models are asked.
    """

    database_url: str
    in_force: ModelRevision
    draft: ModelRevision
    contacts: tuple[str, ...]
    at_ms: int


@dataclass(frozen=True)
class ModelInForce:
    """The scorer of the model in force, and the text of its file."""

    scorer: Scorer
    text: str

    @property
    def revision(self) -> ModelRevision:
        """The revision that puts it in force, as far as scores depend on it: not since when."""
        model = self.scorer.model
        kept_since = {type_: dict(paths) for type_, paths in model.covered_since_ms.items()}
        return ModelRevision(model.revision, model.name, model.version, self.text, 0, kept_since)


def draft_after(in_force: ModelInForce, text: str, at_ms: int) -> ModelRevision:
    """The revision that publishing the text at at_ms makes; raises ModelError where it can't be a model."""
    return revision_after(in_force.revision, parse_model(text, "draft"), text, at_ms)


def encode_order(order: PreviewOrder) -> bytes:
    """The order as JSON, in one line."""
    return msgspec.json.encode(order)


def decode_order(line: bytes) -> PreviewOrder:
    """The order that encode_order wrote."""
    return msgspec.json.decode(line, type=PreviewOrder)
