"""Who stands in a row of a list, in short."""

from __future__ import annotations

from pydantic import BaseModel, Field

from streamprocessor.readmodel.responses.scores import ScoreNumber


class StrongReason(BaseModel):
    """What a rule gives to the score at present, all that meets it together."""

    rule: str = Field(description="The rule's id; of a combined score component/rule.")
    points: ScoreNumber
    count: int = Field(description="How many events, or what else meets it.")
    last_at: str | None = Field(description="When the newest of these events occurred; null: they are none, or sums.")


class LastChange(BaseModel):
    """How the score changed last, as announced."""

    at: str
    cause: str
    score: ScoreNumber | None
    stage: str | None
    previous: ScoreNumber | None
    previous_stage: str | None
    because: list[str] = Field(description="The rules that made the step.")


class Cooling(BaseModel):
    """The next fall to a lower stage, if nothing more happens."""

    at: str
    stage: str
    previous_stage: str


class ContactSummary(BaseModel):
    """A contact in short: why it has its score, what changed last, and when it cools."""

    contact_id: str
    at: str
    score_name: str
    value: str
    score: ScoreNumber | None
    stage: str | None
    reasons: list[StrongReason] = Field(description="The three strongest, whatever their sign.")
    changed: LastChange | None = Field(description="null: it never was announced, or long ago.")
    cools: Cooling | None = Field(description="null: within a year it does not, or from no stage.")
