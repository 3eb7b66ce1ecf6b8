"""Endpoints of previews: what a draft of the model would do to the contacts as they are."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request

from streamprocessor.contract.model_file.late_rules import late_rules
from streamprocessor.readmodel.endpoints.trial.drafts import revision_of_draft
from streamprocessor.readmodel.gateways.trial.preview_jobs import PreviewJob
from streamprocessor.readmodel.previews.order import PreviewOrder
from streamprocessor.readmodel.problem import Problem
from streamprocessor.readmodel.requests.model.previews import DraftToTry
from streamprocessor.readmodel.requests.parameters import NoParameters
from streamprocessor.readmodel.requests.tokens import READ
from streamprocessor.readmodel.responses.trial.previews import Preview, PreviewName
from streamprocessor.readmodel.routing.access import MODELLER, Asker, ModelGrant, asker_of, refuse_without
from streamprocessor.readmodel.routing.context import ApiContext, Context
from streamprocessor.readmodel.routing.route import ModelRoute

router = APIRouter(prefix="/api/model/previews", route_class=ModelRoute)


@router.post("", status_code=202)
async def begin_preview(context: Context, grant: ModelGrant, request: Request, draft: DraftToTry) -> PreviewName:
    """Find out what a draft would do to all contacts if it were published now.

    The chosen contacts are told of first, then a fair choice of all, then all of them, exactly. One that the same
    session or token began before ends. Wants scope read, too.
    """
    refuse_without(grant, READ)
    order, about = await asyncio.to_thread(_ordered, context, draft)
    job = await context.gateways.previews.begin(_name_of(asker_of(request)), order, about)
    request.state.made = job.id
    return PreviewName(id=job.id)


@router.get("/{id}")
def get_preview(context: Context, grant: ModelGrant, id: str, _: Annotated[NoParameters, Query()]) -> Preview:
    """What is known so far. Wants scope read, too."""
    refuse_without(grant, READ)  # contacts stand in it by name
    job = _known(context, id)
    return Preview.model_validate({"id": job.id, **job.about, **job.answer})


@router.delete("/{id}", dependencies=[MODELLER])
async def end_preview(context: Context, id: str, _: Annotated[NoParameters, Query()]) -> PreviewName:
    """End a preview, which is forgotten."""
    job = _known(context, id)
    await context.gateways.previews.end(job.id)
    return PreviewName(id=job.id)


def _ordered(context: ApiContext, draft: DraftToTry) -> tuple[PreviewOrder, dict[str, object]]:
    """The order, and what is known of the draft at once; raises Problem where it can't be a model."""
    at_ms = context.clock_ms()
    in_force, revision = revision_of_draft(context, draft.text, at_ms)
    url = context.engine.url.render_as_string(hide_password=False)
    order = PreviewOrder(url, in_force, revision, tuple(draft.contacts), at_ms)
    return order, {"from_now_on": late_rules(revision)}


def _known(context: ApiContext, preview_id: str) -> PreviewJob:
    job = context.gateways.previews.get(preview_id)
    if job is None:
        raise Problem(404, "no-such-preview", "preview: wanted one that was begun here lately; got another id")
    return job


def _name_of(asker: Asker) -> str:
    """What tells the session, or the token, from all others."""
    return f"token {asker.grant.name}" if asker.session is None else f"session {asker.session.id}"
