"""Subscriptions, and what became of their webhooks."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from streamprocessor.readmodel.responses.contact_title import ContactTitle


class SubscriptionView(BaseModel):
    """A subscription, and what delivery says of it."""

    name: str
    source: str = Field(description="topic: it can be changed here; file: only in delivery's file.")
    subscription: dict[str, Any] | None = Field(description="As it was put; null where the file of delivery holds it.")
    state: str | None = Field(
        description="well, failing, disabled, refused, or new; null where delivery was not asked or is away."
    )
    waiting: int | None = Field(description="Webhooks that wait; null as `state`.")
    refused: str | None = Field(description="Why its newest form is not in force.")
    missing: list[str] = Field(description="What it names that the model in force does not have, a sentence each.")
    secret: str | None = Field(None, description="A secret that was made with this request: it is told here alone.")


class SubscriptionList(BaseModel):
    """All subscriptions, and whether delivery answers."""

    subscriptions: list[SubscriptionView]
    delivery: Literal["there", "away"]


class RecentDelivery(ContactTitle):
    """A webhook that waits or has arrived, and whom it is about."""

    webhook_id: str
    contact_id: str | None = Field(
        description="null: it is about several, or delivery is of a release that does not say."
    )
    state: str
    at: str
    attempts: int = Field(description="Those that failed.")
    reason: str = Field(description="Why the last one failed.")
    next_attempt_at: str | None
    delivered_at: str | None


class Undeliverable(ContactTitle):
    """A webhook that was given up, and is kept to be sent again, and whom it is about."""

    webhook_id: str
    contact_id: str | None = Field(
        description="null: it is about several, or delivery is of a release that does not say."
    )
    subscription: str
    at: str
    attempts: int
    reason: str
    given_up_at: str


class Deliveries(BaseModel):
    """How a subscription is, and what became of its webhooks."""

    name: str
    source: str
    events: list[str]
    state: str
    waiting: int
    refused: str | None
    recent: list[RecentDelivery] = Field(description="The newest first.")
    undeliverable: list[Undeliverable] = Field(description="The oldest first.")


class Pinged(BaseModel):
    """A made-up hot lead is on its way, under this id."""

    webhook_id: str


class Enabled(BaseModel):
    """The subscription is sent to again."""

    enabled: bool


class SentAgain(BaseModel):
    """How many undeliverable webhooks wait to be sent again."""

    sent_again: int
