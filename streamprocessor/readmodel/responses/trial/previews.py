"""What a draft of the model would do to the contacts as they are."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from streamprocessor.readmodel.responses.scores import ScoreNumber


class ShownValue(BaseModel):
    """What a score by value shows for one of its values."""

    value: str
    score: ScoreNumber | None
    stage: str | None


class ScoreAsShown(BaseModel):
    """A score as it is shown."""

    score: ScoreNumber | None
    stage: str | None
    values: list[ShownValue] | None = Field(None, description="Of a score by value alone.")


class ScoreBeforeAfter(BaseModel):
    """A contact's score under both models; null: the model has none of that name."""

    before: ScoreAsShown | None
    after: ScoreAsShown | None


class TitledContact(BaseModel):
    """A contact by id, and what it is called."""

    contact_id: str
    display_name: str | None


class ContactBeforeAfter(TitledContact):
    """A contact that was asked for."""

    scores: dict[str, ScoreBeforeAfter]


class CoolingContact(TitledContact):
    """A contact that is hot now."""

    at: str | None = Field(description="When it is hot no more under the draft if nothing more comes; null: never.")


class Histogram(BaseModel):
    """How the draft's presented scores are spread."""

    bounds: list[float] = Field(description="One more than counts: each count is from a bound up to below the next.")
    counts: list[int]


class StageBound(BaseModel):
    """Where a stage begins."""

    stage: str
    from_: ScoreNumber = Field(alias="from")


class PreviewedScore(BaseModel):
    """What becomes of one score of the draft, in contacts."""

    changed: int
    higher: int
    lower: int
    stages: int = Field(description="In another stage.")
    become_hot: int
    cool: int = Field(description="Hot no more.")
    histogram: Histogram
    stage_bounds: list[StageBound]
    stages_after: dict[str, int]


class HotLeadsAWeek(BaseModel):
    """How many hot leads a week both models announce, by the last weeks."""

    before: float
    after: float
    is_estimate: bool
    how: str


class DecidingRuleView(BaseModel):
    """A rule of the draft without which some contacts would be hot no more, or would be."""

    score: str
    rule: str
    contacts: int = Field(description="That have points by it.")
    falls: int = Field(description="That are hot, and would not be without it.")
    enters: int = Field(description="That are not hot, and would be without it.")


class UnmetRuleView(BaseModel):
    """A rule that nothing met."""

    score: str
    rule: str


class AlikeRulesView(BaseModel):
    """Two rules that say nearly the same."""

    score: str
    rule: str
    other: str
    both: int = Field(description="Events, or of rules on attributes contacts, that both met.")
    jaccard: float = Field(description="What share this is of all that either met.")


class OtherHalfLifeView(BaseModel):
    """How a score's ranking of contacts moves with other half-lives."""

    score: str
    times: float = Field(description="What the half-lives of all its rules are multiplied by.")
    contacts: int = Field(description="That were ranked.")
    rank_correlation: float | None = Field(description="Spearman's; null: all have the same score.")
    top_changed_percent: float = Field(description="How many of the first tenth are not in it any more.")


class SensitivityView(BaseModel):
    """What the draft's answers hang on, by so many contacts."""

    contacts: int
    hot: int
    deciding: list[DecidingRuleView]
    never: list[UnmetRuleView]
    alike: list[AlikeRulesView]
    half_lives: list[OtherHalfLifeView]


class Preview(BaseModel):
    """What a draft does, as far as it is known; all as of one instant."""

    id: str
    state: str = Field(description="running, done or failed.")
    error: str | None = Field(None, description="Of one that failed.")
    at: str | None = Field(None, description="The instant at which both models are asked.")
    is_sample: bool = Field(
        True, description="Whether the answer is of so many contacts as were read, drawn by a hash of their ids."
    )
    contacts_read: int = Field(0, description="Of which the answer is.")
    contacts_done: int = Field(0, description="Of those of whom the exact answer will be.")
    contacts_all: int | None = None
    from_now_on: list[dict[str, Any]] = Field(
        description="Rules of the draft that count only what arrives from now on, for evidence has not kept it."
    )
    moved: int | None = Field(None, description="Contacts that would be announced with another score or stage.")
    ten: list[ContactBeforeAfter] = []
    scores: dict[str, PreviewedScore] = {}
    becomes_hot: list[TitledContact] = Field([], description="The first of them.")
    cools: list[TitledContact] = Field([], description="The first of them.")
    hot_leads_a_week: HotLeadsAWeek | None = None
    cooling: list[CoolingContact] = Field([], description="Those that are hot now and cool the soonest.")
    sensitivity: SensitivityView | None = Field(None, description="Of contacts that were drawn by a hash of their ids.")


class PreviewName(BaseModel):
    """By what a preview is asked for."""

    id: str
