"""Endpoints about drafts of models: kept under a name, approved by others than who edited them last."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Query
from sqlalchemy import Connection

from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.readmodel.problem import Problem
from streamprocessor.readmodel.requests.model.publication import ApprovalBody, DraftBody
from streamprocessor.readmodel.requests.parameters import NoParameters, PathName, check_new_name, instant_ms
from streamprocessor.readmodel.responses.model.publication import DraftList, DraftView, draft_summary, draft_view
from streamprocessor.readmodel.routing.access import MODELLER, READER, ModelGrant
from streamprocessor.readmodel.routing.context import ApiContext, Context
from streamprocessor.readmodel.routing.route import ModelRoute
from streamprocessor.readmodel.store.database import writing
from streamprocessor.readmodel.store.model_drafts import (
    MOST_DRAFTS,
    Approval,
    Draft,
    TooManyDraftsError,
    draft_of,
    drafts_of,
    drop_draft,
    keep_draft,
)

_ONE = "/{name:written_name}"

router = APIRouter(prefix="/api/model/drafts", route_class=ModelRoute)


@router.get("", dependencies=[READER])
def list_model_drafts(context: Context, _: Annotated[NoParameters, Query()]) -> DraftList:
    """All drafts, without their texts."""
    with context.reading() as connection:
        drafts = drafts_of(connection)
    wanted_approvals, in_force = context.model_approvals, _in_force(context)
    return DraftList(
        drafts=[draft_summary(each, wanted_approvals=wanted_approvals, in_force=in_force) for each in drafts]
    )


@router.get(_ONE, dependencies=[READER])
def get_model_draft(context: Context, name: PathName, _: Annotated[NoParameters, Query()]) -> DraftView:
    """A draft, and who approved of it."""
    with context.reading() as connection:
        return _view(context, known_draft(connection, name))


@router.put(_ONE)
def put_model_draft(
    context: Context,
    grant: ModelGrant,
    name: PathName,
    body: Annotated[DraftBody, Body()],
    _: Annotated[NoParameters, Query()],
) -> DraftView:
    """Keep a draft, which need not be a model yet; what approvals it had are gone, unless nothing changed."""
    check_new_name(name)
    if body.based_on not in {entry.label for entry in context.model_topic.history}:
        raise Problem(400, "no-such-revision", "based_on: wanted one of /api/model/revisions; got another label")
    with writing(context.engine) as connection:
        known = draft_of(connection, name)
        refuse_changed(known, body.changed_at)
        if known is not None and (known.text, known.based_on, known.note) == (body.text, body.based_on, body.note):
            return _view(context, known)
        changed_ms = max(context.clock_ms(), 0 if known is None else known.changed_ms + 1)
        draft = Draft(name, body.text, body.based_on, body.note, grant.name, changed_ms)
        try:
            keep_draft(connection, draft)
        except TooManyDraftsError as error:
            detail = f"drafts: wanted at most {MOST_DRAFTS}; there are as many: drop one first"
            raise Problem(409, "too-many-drafts", detail) from error
    return _view(context, draft)


@router.delete(_ONE, dependencies=[MODELLER])
def delete_model_draft(context: Context, name: PathName, _: Annotated[NoParameters, Query()]) -> DraftView:
    """Drop a draft; what is in force stays."""
    with writing(context.engine) as connection:
        known = known_draft(connection, name)
        drop_draft(connection, known)
    return _view(context, known)


@router.post(f"{_ONE}/approve")
def approve_model_draft(
    context: Context,
    grant: ModelGrant,
    name: PathName,
    body: Annotated[ApprovalBody, Body()],
    _: Annotated[NoParameters, Query()],
) -> DraftView:
    """Approve of a draft as it was looked at, which somebody else edited last."""
    with writing(context.engine) as connection:
        known = known_draft(connection, name)
        refuse_changed(known, body.changed_at)
        if grant.name == known.author:
            detail = f"approval: wanted somebody else's than {known.author}'s, who edited it last; got theirs"
            raise Problem(403, "own-draft", detail)
        if all(each.by != grant.name for each in known.approvals):
            approval = Approval(grant.name, context.clock_ms())
            known = known._replace(approvals=(*known.approvals, approval))
            keep_draft(connection, known)
    return _view(context, known)


def known_draft(connection: Connection, name: str) -> Draft:
    """The draft of that name; raises Problem where there is none."""
    draft = draft_of(connection, name)
    if draft is None:
        raise Problem(404, "no-such-draft", "draft: wanted one that is kept; got another name")
    return draft


def refuse_changed(known: Draft | None, changed_at: str | None) -> None:
    """Raise Problem unless the draft is as somebody looked at it. changed_at: as it said then; None: whatever it is."""
    if changed_at is None or (known is not None and instant_ms(changed_at) == known.changed_ms):
        return
    if known is None:
        raise Problem(409, "draft-changed", "changed_at: wanted a draft that is kept; got one that was dropped since")
    at = format_rfc3339(known.changed_ms)
    detail = f"changed_at: wanted that of the draft as it is; {known.author} saved it at {at}: look at it first"
    raise Problem(409, "draft-changed", detail, members={"author": known.author, "changed_at": at})


def _view(context: ApiContext, draft: Draft) -> DraftView:
    return draft_view(draft, wanted_approvals=context.model_approvals, in_force=_in_force(context))


def _in_force(context: ApiContext) -> str:
    """The label of the revision that is."""
    history = context.model_topic.history
    return history[-1].label if history else ""
