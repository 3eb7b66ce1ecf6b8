"""What answers look like, for the OpenAPI document."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from streamprocessor.scoring.segments import ContactFilter


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


class ContactPage(BaseModel):
    """A part of a list of contacts. next: the cursor of the next part; null: this is the last."""

    score: str
    value: str
    contacts: list[ListedContact]
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


class ScoreDescription(BaseModel):
    """A score of the model. stages: from the lowest up, none of a matrix. by: the property that it is kept for."""

    name: str
    stages: list[str]
    by: str | None


class Scores(BaseModel):
    """The model in force."""

    model: dict[str, Any]
    scores: list[ScoreDescription]


class Bucket(BaseModel):
    """So many contacts are shown with `from` or more and less than `to`."""

    from_: float = Field(alias="from")
    to: float
    count: int


class StageCount(BaseModel):
    """So many contacts are in the stage."""

    stage: str | None
    count: int


class Distribution(BaseModel):
    """How a score is spread; the landmarks are unrounded, null where nobody has the score as a number."""

    score: str
    value: str
    count: int
    buckets: list[Bucket]
    stages: list[StageCount]
    lowest: float | None
    median: float | None
    highest: float | None


class ValueCount(BaseModel):
    """So many contacts have the value."""

    value: str
    count: int


class Values(BaseModel):
    """Values of a `by` score, the most common first."""

    values: list[ValueCount]


class HotLeads(BaseModel):
    """Announced hot leads, the newest first."""

    hot_leads: list[dict[str, Any]]
    next: str | None


class Segment(BaseModel):
    """A filter under a name, and how many contacts it held some seconds ago."""

    name: str
    from_: Literal["model", "api"] = Field(alias="from", description="Where it was said.")
    shadows: bool = Field(description="The model's hides one that was put under the same name.")
    filter: ContactFilter
    count: int


class CountedSegment(Segment):
    """A segment in a list."""

    count: int | None = Field(description="null: there was no time to count it yet; ask again.")  # type: ignore[assignment]


class Segments(BaseModel):
    """All segments, by name; of two under one name the model's."""

    segments: list[CountedSegment]


class SegmentPage(Segment):
    """A segment, its size and a part of its contacts."""

    page: ContactPage


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


class RefusedRow(BaseModel):
    """A row that could not be used. line: the file's first is 1."""

    line: int
    reason: str
    detail: str


class Import(BaseModel):
    """A file on its way to Kafka.

    state: receiving, running, done, failed or interrupted. sent, refused: rows so far, by topic and by reason.
    """

    id: str
    state: str
    format: str | None
    mapping: str | None
    bytes: int
    bytes_read: int
    lines_read: int
    sent: dict[str, int]
    refused: dict[str, int]
    first_refused: list[RefusedRow]
    error: str | None
    began_at: str
    ended_at: str | None


class Imports(BaseModel):
    """The latest imports, the newest first. mappings: those that CSV files can be read by; max_bytes: of a file."""

    imports: list[Import]
    mappings: list[str]
    max_bytes: int


class ProblemBody(BaseModel):
    """RFC 9457. code: for programs; detail: for people."""

    type: str
    title: str
    status: int
    code: str
    detail: str
