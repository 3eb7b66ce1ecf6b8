"""The endpoint of what filters and subscriptions may name."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query

from streamprocessor.readmodel.endpoints.drafts.written import known_templates
from streamprocessor.readmodel.requests.parameters import NoParameters
from streamprocessor.readmodel.responses.drafts import Choices
from streamprocessor.readmodel.routing.access import READER
from streamprocessor.readmodel.routing.context import ApiContext, Context
from streamprocessor.readmodel.routing.route import ApiRoute
from streamprocessor.readmodel.store.filters import attribute_names

router = APIRouter(prefix="/api/choices", route_class=ApiRoute)


@router.get("", dependencies=[READER])
async def list_choices(context: Context, _: Annotated[NoParameters, Query()]) -> Choices:
    """What filters and subscriptions may name beside scores: attributes, segments of the model, templates."""
    templates = await known_templates(context)
    return Choices(
        attributes=await asyncio.to_thread(_attributes, context),
        segments=[segment.name for segment in context.scorer().model.segments],
        templates=templates,
    )


def _attributes(context: ApiContext) -> list[str]:
    def find() -> list[str]:
        with context.reading() as connection:
            return attribute_names(connection)

    return context.figures.attributes.of("all", find)
