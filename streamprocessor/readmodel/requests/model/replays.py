"""A draft that somebody wants replayed over all that came."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from streamprocessor.readmodel.requests.model.publication import ModelText
from streamprocessor.readmodel.requests.parameters import InstantText


class DraftToReplay(BaseModel):
    """A draft of the model, and how far back it is replayed."""

    model_config = ConfigDict(extra="forbid")

    text: ModelText
    since: Annotated[
        InstantText | None, Field(description="What arrived earlier is left out; without it all that is retained is.")
    ] = None
