"""The model in force, and what its rules give."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from streamprocessor.readmodel.responses.overview import ModelName
from streamprocessor.readmodel.responses.scores import ScoreNumber


class RuleView(BaseModel):
    """A rule, and what it gives at present."""

    id: str
    said: dict[str, Any] = Field(description="As the model's file has it; nothing of a rule of a component.")
    contacts: int = Field(description="How many contacts have points by it.")
    points: ScoreNumber = Field(description="The sum of their points.")
    share: float | None = Field(
        description="Percent of all points of its score, whatever their sign; null where nobody has any."
    )


class RuledScore(BaseModel):
    """A score and its rules."""

    name: str
    said: dict[str, Any] = Field(description="What the model's file has of it besides rules.")
    rules: list[RuleView]


class SampleSize(BaseModel):
    """Of which contacts shares are, and how many they were."""

    contacts: int
    how: str


class ModelView(BaseModel):
    """The model, its scores and rules in the file's own words, and what each rule gives at present."""

    model: ModelName
    scores: list[RuledScore]
    sample: SampleSize
