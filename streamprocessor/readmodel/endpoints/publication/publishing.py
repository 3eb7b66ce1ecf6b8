"""Endpoints that put a model in force: a text or a draft, an earlier revision."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Body, Query, Request

from streamprocessor.contract.model_file.next_revision import (
    NextModel,
    Publication,
    RevisionConflictError,
    earlier_model,
)
from streamprocessor.contract.model_file.read_model import parse_model
from streamprocessor.errors import ModelError, OperatorError
from streamprocessor.readmodel.endpoints.editing.dependents import silenced
from streamprocessor.readmodel.endpoints.publication.model_drafts import known_draft, refuse_changed
from streamprocessor.readmodel.problem import Problem
from streamprocessor.readmodel.requests.model.publication import PromoteBody, PublicationBody, PublishBody, RollbackBody
from streamprocessor.readmodel.requests.parameters import NoParameters
from streamprocessor.readmodel.requests.tokens import READ, Grant
from streamprocessor.readmodel.responses.model.publication import (
    PublishedView,
    SilenceView,
    difference_views,
    revision_text,
    revision_view,
)
from streamprocessor.readmodel.routing.access import ModelGrant, asker_of
from streamprocessor.readmodel.routing.context import ApiContext, Context
from streamprocessor.readmodel.routing.route import ModelRoute
from streamprocessor.readmodel.store.database import writing
from streamprocessor.readmodel.store.model_drafts import Draft, drafts_of, drop_draft
from streamprocessor.scoring.model.model import Model

router = APIRouter(prefix="/api/model", route_class=ModelRoute)


@router.post("/publish")
async def publish_model(
    context: Context,
    request: Request,
    grant: ModelGrant,
    body: Annotated[PublishBody, Body()],
    _: Annotated[NoParameters, Query()],
) -> PublishedView:
    """Put a text or a draft in force, where the revision that it was begun with still is.

    Where another came first, the problem (code `conflict`) tells it as `in_force`, and as `differences` what it has
    otherwise than the one that was begun with. A draft that is published is dropped.
    """
    draft = None if body.draft is None else await asyncio.to_thread(_approved_draft, context, body)
    if draft is None and context.model_approvals:
        raise Problem(403, "needs-approval", "publish: wanted a draft that others approved of; got a text")
    publication = _publication(grant, body, body.based_on or (draft.based_on if draft else ""), draft)
    text = (draft.text if draft else body.text) or ""
    model = await asyncio.to_thread(_model, text)
    origin = "api publish" if draft is None else f"api publish draft {draft.name}"
    published = await _publish(context, request, NextModel(model, text, origin, publication))
    if draft is not None:
        await asyncio.to_thread(_drop, context, draft)
    return published


@router.post("/promote")
async def promote_model(
    context: Context,
    request: Request,
    grant: ModelGrant,
    body: Annotated[PromoteBody, Body()],
    _: Annotated[NoParameters, Query()],
) -> PublishedView:
    """Put the candidate in force that the shadow scores live, where `based_on` still is; 404 where none runs.

    Where drafts need approval, one of the very same text has it. Where another revision came first, the problem is
    that of publishing.
    """
    candidate = (await context.gateways.shadow.comparison())["candidate"]
    text, version = candidate["text"], candidate["version"]
    if body.version not in (None, version):
        detail = f"version: wanted that of the candidate, {version}; got another: look at what the shadow scores by now"
        raise Problem(409, "candidate-changed", detail)
    draft = await asyncio.to_thread(_approved_of_text, context, text, body.based_on)
    publication = _publication(grant, body, body.based_on, draft)
    model = await asyncio.to_thread(_model, text)
    return await _publish(context, request, NextModel(model, text, "api promote", publication))


@router.post("/rollback")
async def roll_model_back(
    context: Context,
    request: Request,
    grant: ModelGrant,
    body: Annotated[RollbackBody, Body()],
    _: Annotated[NoParameters, Query()],
) -> PublishedView:
    """Put the text of an earlier revision in force again, as a new one, where `based_on` still is.

    It was in force before: nobody's approval is needed. Where another came first, the problem is that of publishing.
    """
    publication = _publication(grant, body, body.based_on, None)
    _check_label(context, "label", body.label)
    wanted = await asyncio.to_thread(_earlier_model, context, body.label, publication)
    return await _publish(context, request, wanted._replace(origin=f"api rollback {body.label}"))


def _publication(grant: Grant, body: PublicationBody, based_on: str, draft: Draft | None) -> Publication:
    note = body.note or (draft.note if draft else "")
    approved_by = tuple(each.by for each in draft.approvals) if draft else ()
    return Publication(grant.name, note, approved_by, based_on, body.announce_hot_leads)


async def _publish(context: ApiContext, request: Request, wanted: NextModel) -> PublishedView:
    """The revision in force; raises Problem where it can't be."""
    _check_label(context, "based_on", wanted.publication.based_on or "")
    topic = context.model_topic
    try:
        published = await topic.publish(wanted)
    except RevisionConflictError as error:
        in_force = await asyncio.to_thread(revision_view, error.in_force, in_force=True)
        members = {
            "in_force": in_force.model_dump(),
            "differences": [each.model_dump() for each in difference_views(error.differences)],
        }
        raise Problem(409, "conflict", f"based_on: {error}", members=members) from error
    except OperatorError as error:
        raise Problem(400, "bad-model", f"model: {error}") from error
    request.state.made = published.entry.label
    shown = await asyncio.to_thread(revision_text, published.entry, published.before, in_force=True)
    gone: list[SilenceView] = []
    if published.before is not None and READ in asker_of(request).grant.scopes:
        gone = await asyncio.to_thread(silenced, context, published.before.revision, published.entry.revision.text)
    return PublishedView(**dict(shown), is_new=published.is_new, silenced=gone)


def _check_label(context: ApiContext, word: str, label: str) -> None:
    if all(entry.label != label for entry in context.model_topic.history):
        raise Problem(400, "no-such-revision", f"{word}: wanted one of /api/model/revisions; got another label")


def _model(text: str) -> Model:
    """The model that the text spells; raises Problem with a line for each of what is wrong."""
    try:
        return parse_model(text, "text")
    except ModelError as error:
        raise Problem(400, "bad-model", str(error)) from error


def _earlier_model(context: ApiContext, label: str, publication: Publication) -> NextModel:
    """The model of that revision; raises Problem where this release can't read its text any more."""
    try:
        return earlier_model(context.model_topic.history, label, publication)
    except ModelError as error:
        raise Problem(400, "bad-model", str(error)) from error


def _approved_draft(context: ApiContext, body: PublishBody) -> Draft:
    """The draft; raises Problem where there is none, or others have to approve of it yet, or of it on that base."""
    with context.reading() as connection:
        draft = known_draft(connection, body.draft or "")
    refuse_changed(draft, body.changed_at)
    wanted = context.model_approvals
    if len(draft.approvals) < wanted:
        detail = f"draft: wanted the approval of {wanted} besides {draft.author}, who edited it last; got "
        raise Problem(403, "needs-approval", f"{detail}{len(draft.approvals)}")
    if wanted and body.based_on not in (None, draft.based_on):
        detail = f"based_on: wanted that of the draft, {draft.based_on}, on which others approved of it; got another"
        raise Problem(403, "needs-approval", detail)
    return draft


def _approved_of_text(context: ApiContext, text: str, based_on: str) -> Draft | None:
    """The draft of this text that others approved of; None: none needs to be. Raises Problem where none is."""
    wanted = context.model_approvals
    if not wanted:
        return None
    with context.reading() as connection:
        drafts = drafts_of(connection)
    for draft in drafts:
        if (draft.text, draft.based_on) == (text, based_on) and len(draft.approvals) >= wanted:
            return draft
    detail = "promote: wanted the candidate's text as a draft on this base, which others approved of; got none"
    raise Problem(403, "needs-approval", detail)


def _drop(context: ApiContext, draft: Draft) -> None:
    with writing(context.engine) as connection:
        drop_draft(connection, draft)
