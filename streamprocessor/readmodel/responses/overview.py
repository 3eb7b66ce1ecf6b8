"""Scores over all contacts, and hot leads."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field


class ScoreDescription(BaseModel):
    """A score of the model. stages: from the lowest up; bounds: the presented scores that they begin at, left_below:
    those that whoever is in them leaves them below, null: the same. Of a matrix all its labels and no bounds. by: the
    property that it is kept for."""

    name: str
    stages: list[str]
    bounds: list[float]
    left_below: list[float | None]
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
