"""The candidate that somebody wants scored beside the model in force, as the page sends it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from streamprocessor.readmodel.requests.model.publication import ModelText


class CandidateBody(BaseModel):
    """A model to be scored beside the one in force, without telling anybody."""

    model_config = ConfigDict(extra="forbid")

    text: ModelText
