"""What clients ask with who edit a model."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from streamprocessor.contract.model_file.editing.edits import Edit
from streamprocessor.readmodel.requests.model.publication import ModelText

_MOST_EDITS = 1_000


class TextBody(BaseModel):
    """A text that is, or is to be, a model."""

    model_config = ConfigDict(extra="forbid")

    text: ModelText


class EditBody(TextBody):
    """A text, and what is to be changed in it."""

    edits: list[Annotated[Edit, Field(discriminator="op")]] = Field(
        max_length=_MOST_EDITS, description="One after the other."
    )
