"""A draft beside the model in force, as previews and replays take it."""

from __future__ import annotations

from streamprocessor.contract.model_file.revisions import ModelRevision
from streamprocessor.errors import ModelError
from streamprocessor.readmodel.previews.order import ModelInForce, draft_after
from streamprocessor.readmodel.problem import Problem, problems_of
from streamprocessor.readmodel.routing.context import ApiContext


def revision_of_draft(context: ApiContext, text: str, at_ms: int) -> tuple[ModelRevision, ModelRevision]:
    """The model in force, and the revision that publishing the text at at_ms makes.

    Raises Problem, which names each problem with its line, where it can't be a model.
    """
    in_force = ModelInForce(context.scorer(), context.model_text())
    try:
        return in_force.revision, draft_after(in_force, text, at_ms)
    except ModelError as error:
        raise Problem(422, "bad-model", str(error), members=problems_of(error)) from error
