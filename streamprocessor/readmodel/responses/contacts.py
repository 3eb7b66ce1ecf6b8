"""Contacts: in lists, at an instant, before it and after it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field


class Number(BaseModel):
    """A score, or one value of a `by` score. score: presented; both numbers are null for a matrix."""

    score: float | None
    unrounded: float | None
    stage: str | None


class ListedContact(BaseModel):
    """A contact in a list: `score` ... `relative` are of the score that is sorted by, as last announced."""

    contact_id: str
    score: float | None
    unrounded: float | None
    stage: str | None
    relative: float | None = Field(description="Percent: the highest is 100, the median 50.")
    scores: dict[str, Any]
    attributes: dict[str, Any]
    suppressed: bool
    hot_since: str | None
    updated_at: str
    holds_until: str | None = Field(description="No step by time comes before it.")


class ContactWithTrend(ListedContact):
    """The same with what the score was before it changed last, and when that was; null where the last steps, which
    may be of other scores, don't tell."""

    previous: float | None
    changed_at: str | None


class ContactPage(BaseModel):
    """A part of a list of contacts. next: the cursor of the next part; null: this is the last."""

    score: str
    value: str
    contacts: list[ContactWithTrend]
    next: str | None


class Standing(BaseModel):
    """Where a contact's score stands among all contacts', as last announced."""

    relative: float | None
    percentile_rank: float | None


class Contact(BaseModel):
    """A contact's scores at an instant, exactly."""

    contact_id: str
    at: str
    scores: dict[str, Any] = Field(description="As `score --json` prints them.")
    standing: dict[str, Standing]
    attributes: dict[str, Any]
    suppressed: bool
    hot_since: str | None
    updated_at: str


class Explanation(BaseModel):
    """Parts that add up to the unrounded scores."""

    contact_id: str
    at: str
    explanation: dict[str, Any]


class History(BaseModel):
    """Steps of the presented scores, the newest first, as announced."""

    steps: list[dict[str, Any]]
    next: str | None


class Sample(BaseModel):
    """The unrounded score at an instant; null where it is none then."""

    at: str
    unrounded: float | None


class ComingStep(Number):
    """What the score becomes by itself at an instant, exactly."""

    at: str
    previous_stage: str | None


class Forecast(BaseModel):
    """How a score goes on if nothing more happens. complete: all steps up to `until` are there."""

    contact_id: str
    score: str
    value: str
    from_: str = Field(alias="from")
    until: str
    samples: list[Sample]
    steps: list[ComingStep]
    complete: bool


class Event(BaseModel):
    """Something the contact did. kept: path → value, of what rules ask for. came_under: its id then."""

    id: str
    type: str
    occurred_at: str
    arrival: str
    class_: Literal["human", "proxy", "scanner"] = Field(alias="class")
    kept: dict[str, Any]
    came_under: str


class Timeline(BaseModel):
    """Events, the newest first. earlier_until: the newest of those that are kept in sums alone; null: none is."""

    events: list[Event]
    next: str | None
    earlier_until: str | None


class Everything(BaseModel):
    """All that is kept of a contact."""

    contact_id: str
    at: str
    scores: dict[str, Any]
    explanation: dict[str, Any]


class Accepted(BaseModel):
    """It was handed on; it takes effect within seconds."""

    id: str
    status: str
