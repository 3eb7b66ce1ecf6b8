"""Endpoints of replays: what a draft of the model would have made of all that came."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request

from streamprocessor.readmodel.endpoints.trial.drafts import revision_of_draft
from streamprocessor.readmodel.gateways.trial.replay_jobs import ReplayJob
from streamprocessor.readmodel.problem import Problem
from streamprocessor.readmodel.requests.model.replays import DraftToReplay
from streamprocessor.readmodel.requests.parameters import NoParameters, instant_ms
from streamprocessor.readmodel.requests.tokens import READ
from streamprocessor.readmodel.responses.trial.replays import ReplayName, ReplayTold
from streamprocessor.readmodel.routing.access import MODELLER, ModelGrant, refuse_without
from streamprocessor.readmodel.routing.context import ApiContext, Context
from streamprocessor.readmodel.routing.route import ModelRoute

router = APIRouter(prefix="/api/model/replays", route_class=ModelRoute)


@router.post("", status_code=202)
async def begin_replay(context: Context, grant: ModelGrant, request: Request, draft: DraftToReplay) -> ReplayName:
    """Replay all that the input topics hold by the model in force and by a draft, beside the live workers.

    One runs at a time, whoever asks; nothing is written, and nobody is notified. Wants scope read, too.
    """
    refuse_without(grant, READ)
    at_ms = context.clock_ms()
    in_force, revision = await asyncio.to_thread(revision_of_draft, context, draft.text, at_ms)
    since_ms = None if draft.since is None else instant_ms(draft.since)
    job = context.gateways.replays.begin((in_force, revision), at_ms, since_ms)
    request.state.made = job.id
    return ReplayName(id=job.id)


@router.get("/{id}")
def get_replay(context: Context, grant: ModelGrant, id: str, _: Annotated[NoParameters, Query()]) -> ReplayTold:
    """How far it is; the answer once it is done. Wants scope read, too."""
    refuse_without(grant, READ)  # contacts stand in it by name
    job = _known(context, id)
    return ReplayTold.model_validate({"id": job.id, **job.answer})


@router.delete("/{id}", dependencies=[MODELLER])
async def end_replay(context: Context, id: str, _: Annotated[NoParameters, Query()]) -> ReplayName:
    """End a replay, which is forgotten."""
    job = _known(context, id)
    await context.gateways.replays.end(job.id)
    return ReplayName(id=job.id)


def _known(context: ApiContext, replay_id: str) -> ReplayJob:
    job = context.gateways.replays.get(replay_id)
    if job is None:
        raise Problem(404, "no-such-replay", "replay: wanted one that was begun here lately; got another id")
    return job
