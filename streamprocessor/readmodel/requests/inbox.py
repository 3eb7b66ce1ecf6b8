"""What clients ask the hot-lead inbox with."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from streamprocessor.readmodel.requests.parameters import NonEmptyText, PageQuery, Text


class InboxQuery(PageQuery):
    """Which hot leads are listed."""

    owner: NonEmptyText | None = Field(None, description="A person's name, `me` or `nobody`; anybody without it.")
    state: Literal["open", "closed", "new", "seen", "called", "accepted", "rejected"] = "open"
    overdue: bool = Field(False, description="Those alone that are due and that nobody has called.")


class ActBody(BaseModel):
    """What is done with a hot lead."""

    model_config = ConfigDict(extra="forbid")

    act: Literal["assigned", "seen", "called", "accepted", "rejected", "reopened"]
    to: NonEmptyText | None = Field(None, description="Whose it is from now on, with `assigned`.")
    reason: Annotated[
        Text, Field(pattern=r"^[^\x00]*$", description="Why, with `rejected`: one of the inbox's reasons.")
    ] = ""
