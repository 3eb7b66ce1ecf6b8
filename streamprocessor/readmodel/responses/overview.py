"""Scores over all contacts, and hot leads."""

from __future__ import annotations

from pydantic import BaseModel, Field

from streamprocessor.readmodel.responses.scores import ScoreNumber


class ModelName(BaseModel):
    """Which model is in force."""

    name: str
    version: str
    revision: int


class ScoreDescription(BaseModel):
    """A score of the model."""

    name: str
    stages: list[str] = Field(description="From the lowest up; of a matrix all its labels.")
    bounds: list[ScoreNumber] = Field(description="The presented scores that the stages begin at; none of a matrix.")
    left_below: list[ScoreNumber | None] = Field(
        description="The scores below which whoever is in a stage leaves it; null: the same that it begins at."
    )
    by: str | None = Field(description="The property that the score is kept for.")


class ScoreList(BaseModel):
    """The scores of the model in force."""

    model: ModelName
    scores: list[ScoreDescription]


class Bucket(BaseModel):
    """How many contacts are shown with `from` or more and less than `to`."""

    from_: float = Field(serialization_alias="from")
    to: float
    count: int


class StageCount(BaseModel):
    """How many contacts are in the stage."""

    stage: str | None
    count: int


class DistributionView(BaseModel):
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
    """How many contacts have the value."""

    value: str
    count: int


class ValueList(BaseModel):
    """Values of a `by` score, the most common first."""

    values: list[ValueCount]
