"""A draft that somebody wants to see at work, as the page sends it."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from streamprocessor.contract.changelog.entry import MAX_CONTACT_KEY_BYTES
from streamprocessor.contract.strict_yaml.document import MAX_CHARS

MOST_ONE_BY_ONE = 10


class DraftToTry(BaseModel):
    """A draft of the model, and who is told of one by one."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(max_length=MAX_CHARS, description="The model file's YAML.")]
    contacts: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=MAX_CONTACT_KEY_BYTES)]],
        Field(max_length=MOST_ONE_BY_ONE, description="Contacts whose scores are told before and after."),
    ] = []
