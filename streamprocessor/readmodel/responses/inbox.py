"""The hot-lead inbox."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from streamprocessor.inbox.episode import STATES
from streamprocessor.readmodel.responses.contact_title import ContactTitle

LeadStateName = Literal["new", "seen", "called", "accepted", "rejected"]

assert LeadStateName.__args__ == STATES  # type: ignore[attr-defined]


class DoneWithLead(BaseModel):
    """Something that was done with a lead."""

    act: str
    by: str = Field(description="Who did it; `system`, where the inbox's rules did.")
    to: str | None = Field(description="Whose it was from then on.")
    reason: str
    at: str


class LeadView(ContactTitle):
    """A hot lead, and what became of it."""

    id: str
    contact_id: str
    score_name: str
    score: float | None
    stage: str | None
    because: list[dict[str, Any]] = Field(description="The strongest reasons, as announced.")
    became_hot_at: str
    state: LeadStateName
    owner: str | None
    due_at: str | None
    overdue: bool = Field(description="It is due, and nobody has called.")
    reason: str = Field(description="Of the rejection.")
    done: list[DoneWithLead] = Field(description="The oldest first.")


class PersonView(BaseModel):
    """Somebody who takes leads."""

    name: str
    title: str


class InboxCounts(BaseModel):
    """How many leads are open, counted up to 1000."""

    mine: int
    nobodys: int
    all: int
    overdue: int


class InboxPage(BaseModel):
    """Hot leads, those that are due first before all others; closed ones, the newest first."""

    leads: list[LeadView]
    next: str | None = Field(description="The cursor of the next part; null: this is the last.")
    me: str | None = Field(description="Who asks, where that is one of those who take leads.")
    people: list[PersonView]
    reasons: list[str] = Field(description="Of which one goes with a rejection; none: any text does.")
    counts: InboxCounts
