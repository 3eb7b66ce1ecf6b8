"""What there is to choose, and what comes of a subscription that somebody is writing."""

from __future__ import annotations

from pydantic import BaseModel, Field


class Choices(BaseModel):
    """What filters and subscriptions may name beside the scores and stages of /api/scores."""

    attributes: list[str] = Field(description="Those that some contact has, by name; at most 500.")
    segments: list[str] = Field(description="Those of the model in force, which subscriptions may name.")
    templates: list[str] | None = Field(description="Built-in ones, then files; null: delivery is away.")


class PreviewedMessage(BaseModel):
    """A message as it would be sent."""

    contact_id: str | None = Field(description="Of whom it is; null: nothing was announced yet, the lead is made up.")
    display_name: str | None = Field(description="What the contact is called; null: its attributes do not say.")
    event: str
    at: str | None = Field(description="The announcement's instant; null as `contact_id`.")
    method: str
    headers: dict[str, str] = Field(description="The signature is blanked.")
    body: str
    matches: bool = Field(description="Whether the subscription's filter asks for it.")


class TriedSubscription(BaseModel):
    """What came of one attempt with a made-up hot lead."""

    delivered: bool
    status: int | None = Field(description="Of HTTP; null: no whole answer came, and `reason` says why.")
    reason: str
    milliseconds: int
    answer: str = Field(description="The first characters of the receiver's answer.")
    signed: bool
