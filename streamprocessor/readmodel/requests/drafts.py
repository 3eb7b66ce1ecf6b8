"""Subscriptions that somebody is writing, as the page sends them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from streamprocessor.contract.changelog.entry import MAX_CONTACT_KEY_BYTES

_NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"


class SubscriptionDraft(BaseModel):
    """A subscription that need not be in force."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(pattern=_NAME, description="Under which it is, or will be.")] = "draft"
    subscription: dict[str, Any] = Field(description="In the words of topics/schemas/subscription.json.")


class PreviewBody(SubscriptionDraft):
    """A subscription, and of whom its message is shown."""

    contact_id: Annotated[str, Field(min_length=1, max_length=MAX_CONTACT_KEY_BYTES)] | None = Field(
        None, description="Of whose last announcement; null: of the newest one of anybody."
    )
