"""Endpoints about scores over all contacts."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from streamprocessor.contract.messages.announcements import number
from streamprocessor.contract.subscriptions.model_names import stage_names
from streamprocessor.readmodel.endpoints.contact_lookup import check_score
from streamprocessor.readmodel.problem import Problem
from streamprocessor.readmodel.requests.parameters import DistributionQuery, NoParameters, PathName
from streamprocessor.readmodel.responses.overview import (
    Bucket,
    DistributionView,
    ModelName,
    ScoreDescription,
    ScoreList,
    StageCount,
    ValueCount,
    ValueList,
)
from streamprocessor.readmodel.routing.access import READER
from streamprocessor.readmodel.routing.context import Context
from streamprocessor.readmodel.routing.route import ApiRoute
from streamprocessor.readmodel.store import tallies
from streamprocessor.readmodel.store.queries import SortOrder
from streamprocessor.scoring.model.model import NANO, Model, Score

router = APIRouter(prefix="/api/scores", route_class=ApiRoute)


@router.get("", dependencies=[READER])
def list_scores(context: Context, _: Annotated[NoParameters, Query()]) -> ScoreList:
    """The scores of the model in force."""
    model = context.scorer().model
    return ScoreList(
        model=ModelName(name=model.name, version=model.version, revision=model.revision),
        scores=[_description(model, score) for score in model.scores],
    )


@router.get("/{name}/distribution", dependencies=[READER])
def score_distribution(
    context: Context, name: PathName, query: Annotated[DistributionQuery, Query()]
) -> DistributionView:
    """How a score is spread over all contacts, counted at most some seconds ago."""
    check_score(context, name, query.value)
    distribution = context.distribution(SortOrder(name, query.value))
    marks = distribution.landmarks
    return DistributionView(
        score=name,
        value=query.value,
        count=distribution.count,
        buckets=[Bucket(from_=low, to=high, count=count) for low, high, count in distribution.buckets(query.buckets)],
        stages=[StageCount(stage=stage, count=count) for stage, count in distribution.stages.most_common()],
        lowest=None if marks is None else marks.lowest_nano / NANO,
        median=None if marks is None else marks.median_nano / NANO,
        highest=None if marks is None else marks.highest_nano / NANO,
    )


@router.get("/{name}/values", dependencies=[READER])
def score_values(context: Context, name: PathName, _: Annotated[NoParameters, Query()]) -> ValueList:
    """Values of a `by` score."""
    by_value = [score.name for score in context.scorer().model.scores if score.by is not None]
    if name not in by_value:
        detail = f"score: wanted a `by` score ({', '.join(by_value) or 'none'}); got another"
        raise Problem(404, "no-such-score", detail)
    with context.reading() as connection:
        rows = tallies.values_of(connection, name)
    return ValueList(values=[ValueCount(value=row.value, count=int(row.contacts)) for row in rows])


def _description(model: Model, score: Score) -> ScoreDescription:
    return ScoreDescription(
        name=score.name,
        stages=stage_names(model, score),
        bounds=[number(stage.from_nano) for stage in score.stages],
        left_below=[
            None if stage.leave_below_nano is None else number(stage.leave_below_nano) for stage in score.stages
        ],
        by=score.by,
    )
