"""Endpoints about the revisions of the model: what was in force since when, by whom, why, and what it changed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from streamprocessor.readmodel.problem import Problem
from streamprocessor.readmodel.requests.parameters import NoParameters, PathName
from streamprocessor.readmodel.responses.model.publication import (
    RevisionList,
    RevisionText,
    revision_text,
    revision_view,
)
from streamprocessor.readmodel.routing.access import READER
from streamprocessor.readmodel.routing.context import Context
from streamprocessor.readmodel.routing.route import ApiRoute

router = APIRouter(prefix="/api/model/revisions", route_class=ApiRoute)


@router.get("", dependencies=[READER])
def list_revisions(context: Context, _: Annotated[NoParameters, Query()]) -> RevisionList:
    """All revisions that were ever in force, the newest first."""
    history = context.model_topic.history
    return RevisionList(revisions=[revision_view(each, in_force=each is history[-1]) for each in reversed(history)])


@router.get("/{label}", dependencies=[READER])
def get_revision(context: Context, label: PathName, _: Annotated[NoParameters, Query()]) -> RevisionText:
    """A revision, its text, and what it has otherwise than the one before."""
    history = context.model_topic.history
    for before, entry in zip((None, *history), history, strict=False):
        if entry.label == label:
            return revision_text(entry, before, in_force=entry is history[-1])
    raise Problem(404, "no-such-revision", "revision: wanted one of /api/model/revisions; got another label")
