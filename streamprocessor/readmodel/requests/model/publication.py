"""What clients ask with who draft a model, put it in force, and take it back."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from streamprocessor.contract.model_file.next_revision import MOST_NOTE_CHARS
from streamprocessor.readmodel.requests.parameters import InstantText


def _without_zero_bytes(text: str) -> str:
    if "\0" in text:
        message = "wanted a text without zero bytes; got one"
        raise ValueError(message)
    return text


ModelText = Annotated[
    str, Field(max_length=1 << 20, description="The YAML of a model file."), AfterValidator(_without_zero_bytes)
]
Label = Annotated[
    str,
    Field(
        pattern=r"^[0-9]{1,15}(\.[0-9]{1,15})?$", description="A revision, as /api/model/revisions calls it: 3 or 3.1."
    ),
]
NoteText = Annotated[
    str,
    Field(max_length=MOST_NOTE_CHARS, description="Why, for the history."),
    AfterValidator(_without_zero_bytes),
]


class DraftBody(BaseModel):
    """A draft as it is to be kept."""

    model_config = ConfigDict(extra="forbid")

    text: ModelText
    based_on: Label
    note: NoteText = ""
    changed_at: InstantText | None = Field(
        None,
        description="Of the draft that was begun with: refused where somebody else saved since; null: whatever is.",
    )


class ApprovalBody(BaseModel):
    """Which state of a draft somebody approves of."""

    model_config = ConfigDict(extra="forbid")

    changed_at: InstantText = Field(description="Of the draft that was looked at: refused where somebody saved since.")


class PublicationBody(BaseModel):
    """How a model is put in force."""

    model_config = ConfigDict(extra="forbid")

    note: NoteText = ""
    announce_hot_leads: bool = Field(False, description="Announce those whom the change alone makes hot, too.")


class PublishBody(PublicationBody):
    """A model that is to be put in force: a text, or a draft."""

    text: ModelText | None = None
    draft: str | None = Field(None, min_length=1, max_length=100, description="The name of one that is kept.")
    based_on: Label | None = Field(None, description="The revision that was begun with; a draft says its own.")
    changed_at: InstantText | None = Field(
        None, description="Of the draft that was looked at: refused where somebody saved since; null: as it is."
    )

    @model_validator(mode="after")
    def _check_what(self) -> Self:
        if (self.text is None) == (self.draft is None):
            message = "wanted text or draft, one of them; got both or none"
            raise ValueError(message)
        if self.text is not None and self.based_on is None:
            message = "based_on: wanted with text; got none"
            raise ValueError(message)
        return self


class RollbackBody(PublicationBody):
    """The revision whose text is to be in force again."""

    label: Label
    based_on: Label


class PromoteBody(PublicationBody):
    """That the shadow's candidate is to be put in force."""

    based_on: Label
    version: str | None = Field(
        None, max_length=100, description="Of the candidate that was looked at: refused where another is scored by now."
    )
