"""A candidate: a model that is to be scored beside the one in force."""

from __future__ import annotations

from typing import NamedTuple

from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.contract.model_file.revisions import ModelRevision


class Candidate(NamedTuple):
    """Which model it is, and the text that spells it."""

    name: str
    version: str
    text: str


def candidate_of(text: str, source: str) -> Candidate:
    """The candidate that the text spells; raises ModelError, which names the source, where it is no model."""
    model = parse_model(text, source)
    return Candidate(model.name, model.version, text)


def candidate_of_revision(revision: ModelRevision) -> Candidate:
    """The candidate that is in force in the shadow's application."""
    return Candidate(revision.name, revision.version, revision.text)
