"""Subscriptions, and what became of their webhooks."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field


class Subscription(BaseModel):
    """A subscription, and what delivery says of it.

    subscription: as it was put; null where the file of delivery holds it. state: well, failing, disabled, refused, or
    new; null where delivery was not asked or is away, as `waiting`. refused: why its newest form is not in force.
    """

    name: str
    source: str = Field(description="topic: it can be changed here; file: only in delivery's file.")
    subscription: dict[str, Any] | None
    state: str | None
    waiting: int | None
    refused: str | None


class Subscriptions(BaseModel):
    """All subscriptions. delivery: there or away."""

    subscriptions: list[Subscription]
    delivery: str


class RecentDelivery(BaseModel):
    """A webhook that waits or has arrived. attempts: those that failed; reason: of the last one."""

    webhook_id: str
    state: str
    at: str
    attempts: int
    reason: str
    next_attempt_at: str | None
    delivered_at: str | None


class Undeliverable(BaseModel):
    """A webhook that was given up, and is kept to be sent again."""

    webhook_id: str
    subscription: str
    at: str
    attempts: int
    reason: str
    given_up_at: str


class Deliveries(BaseModel):
    """How a subscription is. recent: the newest first; undeliverable: the oldest first."""

    name: str
    source: str
    events: list[str]
    state: str
    waiting: int
    refused: str | None
    recent: list[RecentDelivery]
    undeliverable: list[Undeliverable]


class Pinged(BaseModel):
    """A made-up hot lead is on its way, under this id."""

    webhook_id: str


class Enabled(BaseModel):
    """It is sent to again."""

    enabled: bool


class SentAgain(BaseModel):
    """So many wait to be sent again."""

    sent_again: int
