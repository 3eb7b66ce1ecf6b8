"""Endpoints of the shadow: how the candidate compares, which candidate it is, and its end."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Query

from streamprocessor.readmodel.requests.model.shadow import CandidateBody
from streamprocessor.readmodel.requests.parameters import NoParameters
from streamprocessor.readmodel.responses.model.shadow import CandidateEnd, CandidateName, ShadowView
from streamprocessor.readmodel.routing.access import MODELLER, READER
from streamprocessor.readmodel.routing.context import Context
from streamprocessor.readmodel.routing.route import ModelRoute

router = APIRouter(prefix="/api/model/shadow", route_class=ModelRoute)


@router.get("", dependencies=[READER])
async def get_shadow(context: Context, _: Annotated[NoParameters, Query()]) -> ShadowView:
    """How the candidate that is scored live compares with the model in force; 404 where none is."""
    return ShadowView.model_validate(await context.gateways.shadow.comparison())


@router.put("", dependencies=[MODELLER], status_code=202)
async def put_shadow(
    context: Context, body: Annotated[CandidateBody, Body()], _: Annotated[NoParameters, Query()]
) -> CandidateName:
    """Score another candidate live from now on, with the contacts as they are; 409 where no shadow process runs.

    What the former candidate made is deleted. Nobody is told of hot leads of a candidate.
    """
    return CandidateName.model_validate(await context.gateways.shadow.begin(body.text))


@router.delete("", dependencies=[MODELLER], status_code=202)
async def delete_shadow(context: Context, _: Annotated[NoParameters, Query()]) -> CandidateEnd:
    """Score no candidate any more, and delete what the last one made; 409 where no shadow process runs."""
    return CandidateEnd.model_validate(await context.gateways.shadow.end())
