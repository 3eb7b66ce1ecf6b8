"""Contacts: in lists, at an instant, before it and after it."""

from __future__ import annotations

from typing import Any, Literal

import orjson
from pydantic import BaseModel, Field

from streamprocessor.contract.display import Display
from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.readmodel.responses.address_conflicts import AddressConflict
from streamprocessor.readmodel.responses.contact_title import ContactTitle, title_of
from streamprocessor.readmodel.responses.scores import (
    ScoreNumber,
    ScoreStanding,
    ScoreValues,
    ScoreView,
    instant,
    scores_by_name,
)


class ExportedContact(ContactTitle):
    """A contact and all its scores, as last announced."""

    contact_id: str
    scores: dict[str, ScoreView | ScoreValues]
    attributes: dict[str, Any]
    suppressed: bool
    hot_since: str | None
    updated_at: str
    holds_until: str | None = Field(description="No step by time comes before it.")


class ListedContact(ExportedContact):
    """A contact in a list: `score` and all behind it are of the score that is sorted by, as last announced."""

    score: ScoreNumber | None
    unrounded: float | None
    stage: str | None
    relative: float | None = Field(description="Percent: the highest is 100, the median 50.")
    previous: ScoreNumber | None = Field(
        description="The score before it changed last; null where the last steps, which may be of others, don't tell."
    )
    changed_at: str | None = Field(description="When it changed last; null as `previous`.")


class ContactPage(BaseModel):
    """A part of a list of contacts, and by which score the list is sorted."""

    score: str
    value: str
    contacts: list[ListedContact]
    next: str | None = Field(description="The cursor of the next part; null: this is the last.")


class SuppressionView(BaseModel):
    """Why a contact may not be written to: the last word on it."""

    since: str
    by: str = Field(description="The event's type; `update`: it was said explicitly.")
    id: str = Field(description="Of the event or update.")


class ContactView(ContactTitle):
    """A contact's scores at an instant, exactly."""

    contact_id: str
    at: str
    scores: dict[str, Any] = Field(description="As `score --json` prints them.")
    standing: dict[str, ScoreStanding]
    attributes: dict[str, Any]
    suppressed: bool
    suppression: SuppressionView | None = Field(description="null: the contact is not suppressed.")
    hot_since: str | None
    updated_at: str
    address_conflicts: list[AddressConflict]


class Explanation(BaseModel):
    """Parts that add up to the unrounded scores."""

    contact_id: str
    at: str
    explanation: dict[str, Any]


class Sample(BaseModel):
    """The unrounded score at an instant; null where it is none then."""

    at: str
    unrounded: float | None


class ComingStep(BaseModel):
    """What the score becomes by itself at an instant, exactly."""

    at: str
    score: ScoreNumber | None
    unrounded: float | None
    stage: str | None
    previous_stage: str | None


class Forecast(BaseModel):
    """How a score goes on if nothing more happens."""

    contact_id: str
    score: str
    value: str
    from_: str = Field(serialization_alias="from")
    until: str
    samples: list[Sample]
    steps: list[ComingStep]
    complete: bool = Field(description="All steps up to `until` are there.")


class UncountedBy(BaseModel):
    """Why an event gives a rule, or all of them, nothing."""

    reason: Literal["no-rule", "condition", "limit", "scanner", "proxy", "repeat"] = Field(
        description="No rule asks for its type; a condition or a limit of the rule; who did it; another event."
    )
    rule: str | None = Field(description="As score/rule; null: it is no rule's doing.")
    path: str | None = Field(description="Of a condition, the value that failed; null: alternatives, or no condition.")
    operator: str | None = Field(description="The comparison that failed; null: it is no condition.")
    how: str | None = Field(description="missing, type or value: what failed of it; null: it is no condition.")
    repeats: str | None = Field(description="The id of the event that it repeats; null: it repeats none.")


class UnscoredType(BaseModel):
    """Events of a type that no rule asks for, which are counted alone."""

    type: str
    events: int
    last_at: str


class TimelineEvent(BaseModel):
    """Something the contact did."""

    id: str
    type: str
    occurred_at: str
    arrival: str
    class_: str = Field(serialization_alias="class", json_schema_extra={"enum": ["human", "proxy", "scanner"]})
    kept: dict[str, Any] = Field(description="path → value, of what rules ask for.")
    came_under: str = Field(description="The contact's id then.")
    uncounted: list[UncountedBy] = Field(description="Why it gives no score anything; empty where it does.")


class Timeline(BaseModel):
    """Events, the newest first."""

    events: list[TimelineEvent]
    next: str | None
    earlier_until: str | None = Field(description="The newest of those that are kept in sums alone; null: none is.")
    unscored: list[UnscoredType] = Field(description="Types of which nothing else is kept; as of some seconds ago.")


class ContactExport(BaseModel):
    """All that is kept of a contact."""

    contact_id: str
    at: str
    scores: dict[str, Any]
    explanation: dict[str, Any]
    merged_into: str | None = Field(description="The contact that has the scores; null: this one.")
    merged_from: list[str]
    do_not_score: bool
    erased_at: str | None = Field(description="From when on anything is kept; null: nothing was ever erased.")
    attributes: dict[str, Any]
    suppressed: bool
    suppression: SuppressionView | None
    evidence: list[dict[str, Any]] = Field(description="Single events, of each what rules could ask for.")
    earlier: list[dict[str, Any]] = Field(description="What was summed up of older ones.")
    verdicts: list[dict[str, Any]]
    episodes: dict[str, Any]
    steps_announced: int
    model_revision: int


class AcceptedErasure(BaseModel):
    """The erasure was handed on; it takes effect within seconds."""

    id: str
    status: Literal["accepted"] = "accepted"


def exported_contact(row: Any, score_rows: list[Any], display: Display) -> ExportedContact:
    """The contact as an export has it. row: of the contacts' table; score_rows: its rows of the scores' table."""
    attributes = orjson.loads(row.attributes)
    return ExportedContact(
        **title_of(display, attributes),
        contact_id=row.contact_id,
        scores=scores_by_name(score_rows),
        attributes=attributes,
        suppressed=row.suppressed,
        hot_since=instant(row.hot_since_ms),
        updated_at=format_rfc3339(row.updated_at_ms),
        holds_until=instant(row.holds_until_ms),
    )
