"""Endpoints about the text of a model: as it is in force, with edits made in it, and what is wrong with it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query

from streamprocessor.contract.model_file.difference import differences
from streamprocessor.contract.model_file.editing.model_text import edited, model_values
from streamprocessor.contract.model_file.editing.text_check import checked
from streamprocessor.contract.model_file.editing.values import EditError, json_of_values
from streamprocessor.contract.model_file.late_rules import late_rules
from streamprocessor.contract.model_file.read_model import json_of_model, model_schema, parse_model
from streamprocessor.contract.model_file.revisions import revision_after
from streamprocessor.contract.model_file.rule_words.form_words import form_words
from streamprocessor.errors import ModelError
from streamprocessor.readmodel.endpoints.editing.dependents import silenced
from streamprocessor.readmodel.problem import Problem, problems_of
from streamprocessor.readmodel.requests.model.editing import EditBody, TextBody
from streamprocessor.readmodel.requests.parameters import NoParameters
from streamprocessor.readmodel.requests.tokens import READ
from streamprocessor.readmodel.responses.model.editing import (
    CheckedText,
    EditedText,
    HintView,
    InForceText,
    LateRule,
    ModelWords,
    ProblemView,
    TextDifference,
)
from streamprocessor.readmodel.responses.model.publication import difference_views
from streamprocessor.readmodel.routing.access import MODELLER, READER, ModelGrant, refuse_without
from streamprocessor.readmodel.routing.context import ApiContext, Context
from streamprocessor.readmodel.routing.route import ModelRoute

router = APIRouter(prefix="/api/model", route_class=ModelRoute)


@router.get("/text", dependencies=[READER])
def get_model_text(context: Context, _: Annotated[NoParameters, Query()]) -> InForceText:
    """The text of the model in force, comments and all."""
    entry = context.model_topic.history[-1]
    revision = entry.revision
    return InForceText(
        label=entry.label, version=revision.version, text=revision.text, model=json_of_model(revision.text)
    )


@router.post("/check", dependencies=[MODELLER])
def check_model(
    context: Context, body: Annotated[TextBody, Body()], _: Annotated[NoParameters, Query()]
) -> CheckedText:
    """What is wrong with a text that is to be a model; nothing is written."""
    return _checked(context, body.text)


@router.post("/edit", dependencies=[MODELLER])
def edit_model(context: Context, body: Annotated[EditBody, Body()], _: Annotated[NoParameters, Query()]) -> EditedText:
    """A text with edits made in it: what none of them concerns stays as it is written; nothing is kept here.

    The text need not be a model yet, and an empty one becomes one.
    """
    try:
        text = edited(body.text, body.edits)
    except EditError as error:
        raise Problem(422, "bad-edit", str(error)) from error
    return EditedText(text=text, **dict(_checked(context, text)))


@router.post("/difference")
def difference_of_model(
    context: Context, grant: ModelGrant, body: Annotated[TextBody, Body()], _: Annotated[NoParameters, Query()]
) -> TextDifference:
    """What a text has otherwise than the model in force, and who asks for what it has not; nothing is written.

    It names saved views, so it wants scope read besides.
    """
    refuse_without(grant, READ)
    entry = context.model_topic.history[-1]
    try:
        model = parse_model(body.text, "the text")
    except ModelError as error:
        raise Problem(422, "no-model", str(error), members=problems_of(error)) from error
    before = entry.revision
    return TextDifference(
        against=entry.label,
        differences=difference_views(differences(before.text, body.text)),
        from_now_on=[
            LateRule(**each) for each in late_rules(revision_after(before, model, body.text, context.clock_ms()))
        ],
        silenced=silenced(context, before, body.text),
    )


@router.get("/words", dependencies=[READER])
def get_model_words(_: Annotated[NoParameters, Query()]) -> ModelWords:
    """The words of model files, with what they mean: kinds of rules, laws of decay, operators, points by practice."""
    return ModelWords(**form_words(), json_schema=model_schema())


def _checked(context: ApiContext, text: str) -> CheckedText:
    check = checked(text, context.known_words)
    return CheckedText(
        problems=[ProblemView(line=line, sentence=sentence) for line, sentence in check.problems],
        hints=[HintView(line=line, sentence=sentence) for line, sentence in check.hints],
        model=_words(text),
    )


def _words(text: str) -> dict[str, Any] | None:
    """The words of the text; None where it is no YAML mapping."""
    try:
        words: dict[str, Any] = json_of_values(model_values(text))
    except EditError:
        return None
    return words
