"""Endpoints about scores over all contacts, and hot leads."""

from __future__ import annotations

from typing import Any

import orjson

from streamprocessor.contract.messages.announcements import number
from streamprocessor.readmodel.endpoints.contacts import check_score
from streamprocessor.readmodel.endpoints.context import ApiContext
from streamprocessor.readmodel.endpoints.endpoint import ApiRequest, Endpoint
from streamprocessor.readmodel.problem import Problem
from streamprocessor.readmodel.requests import answer_json
from streamprocessor.readmodel.requests.parameters import Buckets, Nothing, Paged
from streamprocessor.readmodel.requests.tokens import READ
from streamprocessor.readmodel.responses.overview import Distribution, HotLeads, Scores, Values
from streamprocessor.readmodel.store import queries
from streamprocessor.readmodel.store.cursors import Numbered, cursor_of, read_cursor
from streamprocessor.readmodel.store.queries import SortOrder
from streamprocessor.scoring.model.model import Matrix, Model, Score


def _scores(house: ApiContext, _: ApiRequest) -> dict[str, Any]:
    model = house.scorer().model
    return {
        "model": {"name": model.name, "version": model.version, "revision": model.revision},
        "scores": [_described(model, score) for score in model.scores],
    }


def _described(model: Model, score: Score) -> dict[str, Any]:
    stages = [stage.name for stage in score.stages]
    if isinstance(score.combine, Matrix):
        stages = score.combine.all_labels(model.scores)
    return {
        "name": score.name,
        "stages": stages,
        "bounds": [number(stage.from_nano) for stage in score.stages],
        "left_below": [
            None if stage.leave_below_nano is None else number(stage.leave_below_nano) for stage in score.stages
        ],
        "by": score.by,
    }


def _distribution(house: ApiContext, call: ApiRequest) -> dict[str, Any]:
    order = SortOrder(call.path["name"], call.query.value)
    check_score(house, order.score, order.value)
    spread = house.spread_of(order)
    return answer_json.distribution(order, spread, call.query.buckets)


def _values(house: ApiContext, call: ApiRequest) -> dict[str, Any]:
    name = call.path["name"]
    by_value = [score.name for score in house.scorer().model.scores if score.by is not None]
    if name not in by_value:
        raise Problem(
            404, "no-such-score", f"score: wanted a `by` score ({', '.join(by_value) or 'none'}); got another"
        )
    with house.reading() as connection:
        rows = queries.values_of(connection, name)
    return {"values": [{"value": row.value, "count": int(row.contacts)} for row in rows]}


def _hot_leads(house: ApiContext, call: ApiRequest) -> dict[str, Any]:
    asked = call.query
    before = None if asked.cursor is None else read_cursor(asked.cursor, Numbered).number
    with house.reading() as connection:
        rows = queries.hot_leads_before(connection, before, asked.limit + 1)
    shown = rows[: asked.limit]
    following = cursor_of(Numbered(shown[-1].number)) if len(rows) > asked.limit else None
    return {"hot_leads": [orjson.Fragment(row.said) for row in shown], "next": following}


OVERVIEW = (
    Endpoint("GET", "/api/scores", "list_scores", "The scores of the model in force.", READ, Scores, _scores, Nothing),
    Endpoint(
        "GET",
        "/api/scores/{name}/distribution",
        "score_distribution",
        "How a score is spread over all contacts, counted at most some seconds ago.",
        READ,
        Distribution,
        _distribution,
        Buckets,
    ),
    Endpoint(
        "GET", "/api/scores/{name}/values", "score_values", "Values of a `by` score.", READ, Values, _values, Nothing
    ),
    Endpoint(
        "GET",
        "/api/hot-leads",
        "list_hot_leads",
        "Hot leads, newest first.",
        READ,
        HotLeads,
        _hot_leads,
        Paged,
    ),
)
