"""The model in force, and what its rules give."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel


class RuleInForce(BaseModel):
    """A rule. said: as the model's file has it, nothing of a rule of a component. share: percent of all points of its
    score, whatever their sign; null where nobody has any. points: their sum; contacts: who has some."""

    id: str
    said: dict[str, Any]
    contacts: int
    points: float
    share: float | None


class ScoreInForce(BaseModel):
    """A score. said: what the model's file has of it besides rules."""

    name: str
    said: dict[str, Any]
    rules: list[RuleInForce]


class Sampled(BaseModel):
    """Of which contacts shares are, and how many they were."""

    contacts: int
    how: str


class ModelInForce(BaseModel):
    """The model, its scores and rules in the file's own words, and what each rule gives at present."""

    model: dict[str, Any]
    scores: list[ScoreInForce]
    sample: Sampled
