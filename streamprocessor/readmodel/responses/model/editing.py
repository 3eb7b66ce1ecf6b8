"""The text of a model, what it says, and what is wrong with it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from streamprocessor.readmodel.responses.model.publication import DifferenceView, SilenceView


class ProblemView(BaseModel):
    """What is wrong on a line."""

    line: int = Field(description="From 1.")
    sentence: str


class HintView(BaseModel):
    """What can be read, and does nothing or not what was meant."""

    line: int | None = Field(description="From 1; null: the whole text.")
    sentence: str


class InForceText(BaseModel):
    """The model in force as its file has it."""

    label: str = Field(description="Of the revision, as /api/model/revisions has it; empty where it is not known yet.")
    version: str
    text: str
    model: dict[str, Any] = Field(description="The text's words as JSON.")


class CheckedText(BaseModel):
    """What a text says, and what is wrong with it."""

    problems: list[ProblemView] = Field(description="While there is one the text is no model.")
    hints: list[HintView]
    model: dict[str, Any] | None = Field(description="The text's words as JSON; null where it is no YAML mapping.")


class EditedText(CheckedText):
    """A text with edits made in it."""

    text: str


class LateRule(BaseModel):
    """A rule that counts only what arrives from now on."""

    score: str
    rule: str
    type: str
    missing: list[str] = Field(description="The paths; none: the events themselves were not kept.")
    since: str


class TextDifference(BaseModel):
    """What a text has otherwise than the model in force, and what applying it would do."""

    against: str = Field(description="The label of the revision in force.")
    differences: list[DifferenceView]
    from_now_on: list[LateRule]
    silenced: list[SilenceView] = Field(
        description="Who asks for what the model in force has and the text has not. Subscriptions of delivery's file "
        "are none of them: `model diff` looks at those."
    )


class WordView(BaseModel):
    """A word of model files for people."""

    title: str
    sentence: str


class PointsHint(BaseModel):
    """What points of this size stand for, by practice."""

    from_: int = Field(alias="from")
    to: int | None = Field(description="null: and more.")
    sentence: str


class ModelWords(BaseModel):
    """The words of model files, for forms."""

    kinds: dict[str, WordView] = Field(description="Of rules, by the word that makes a rule one of them.")
    decay_laws: dict[str, WordView]
    operators: dict[str, WordView] = Field(description="Of conditions in rules.")
    hints: list[PointsHint]
    json_schema: dict[str, Any] = Field(description="The JSON Schema of model files.")
