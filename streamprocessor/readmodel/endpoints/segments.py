"""Endpoints about segments: filters under a name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Body, Query
from fastapi.responses import Response, StreamingResponse

from streamprocessor.contract.subscriptions.model_names import missing_of_filter
from streamprocessor.readmodel.endpoints.contact_lookup import contact_page, sort_order
from streamprocessor.readmodel.endpoints.known_segments import API, NamedSegment, all_known, known_by, store
from streamprocessor.readmodel.endpoints.lists.columns import read_columns
from streamprocessor.readmodel.endpoints.lists.contact_files import BYTE_ORDER_MARK, ContactFile, contact_lines
from streamprocessor.readmodel.endpoints.lists.export import CSV
from streamprocessor.readmodel.endpoints.lists.portions import contact_portions
from streamprocessor.readmodel.problem import Problem
from streamprocessor.readmodel.requests.parameters import (
    ExportQuery,
    FilterBody,
    NoParameters,
    PathName,
    SortQuery,
    check_new_name,
)
from streamprocessor.readmodel.requests.tokens import READ
from streamprocessor.readmodel.responses.contacts import ExportedContact, exported_contact
from streamprocessor.readmodel.responses.lists.csv_lines import csv_lines
from streamprocessor.readmodel.responses.scores import ScoreView
from streamprocessor.readmodel.responses.segments import (
    FilterCount,
    ListedSegment,
    SegmentList,
    SegmentPage,
    SegmentView,
)
from streamprocessor.readmodel.routing.access import READER, WRITER, WriteGrant
from streamprocessor.readmodel.routing.context import ApiContext, Context
from streamprocessor.readmodel.routing.route import ApiRoute
from streamprocessor.readmodel.store import queries
from streamprocessor.readmodel.store.database import writing
from streamprocessor.readmodel.store.queries import SortOrder
from streamprocessor.scoring.model.contact_filter import ContactFilter

JSON_LINES = "application/x-ndjson"
_ONE, _EXPORT = "/{name:written_name}", "/export"
_TEXT = {"schema": {"type": "string"}}

router = APIRouter(prefix="/api/segments", route_class=ApiRoute)


@router.get("", dependencies=[READER])
def list_segments(context: Context, _: Annotated[NoParameters, Query()]) -> SegmentList:
    """All segments, counted."""
    model = context.scorer().model
    with context.reading() as connection:
        known = all_known(connection, model)
        counts = context.figures.counts.of_all(connection, [each.filter for each in known])
    return SegmentList(
        segments=[
            ListedSegment(
                name=each.name,
                from_=each.origin,
                shadows=each.shadows,
                filter=each.filter,
                missing=missing_of_filter(each.filter, model),
                count=count,
            )
            for each, count in zip(known, counts, strict=True)
        ]
    )


@router.get(
    f"{_ONE}{_EXPORT}",
    dependencies=[READER],
    response_class=Response,
    responses={200: {"content": {CSV: _TEXT, JSON_LINES: _TEXT}}},
)
def export_segment(context: Context, name: PathName, query: Annotated[ExportQuery, Query()]) -> Response:
    """All contacts of a segment by their ids, as CSV or JSON Lines; X-Total-Count says how many come.

    A CSV without columns has all attributes in one, as JSON.
    """
    if query.format != "csv" and (query.columns or query.bom):
        raise Problem(400, "bad-parameter", "columns, bom: wanted format=csv with them; got none")
    model = context.scorer().model
    columns = read_columns(model, query.columns)
    with context.reading() as connection:
        filter_ = known_by(connection, model, name).filter
        count = context.figures.counts.now(connection, filter_)
    media = CSV if query.format == "csv" else JSON_LINES
    if query.format != "csv":
        content = _json_lines(context, filter_)
    elif columns:
        content = contact_lines(context, ContactFile(filter_, SortOrder(model.scores[0].name), columns, query.bom))
    else:
        content = _csv(context, filter_, query.bom)
    headers = {
        "X-Total-Count": str(count),  # by which a client shows progress
        "Content-Disposition": f'attachment; filename="segment.{query.format}"',
    }
    return StreamingResponse(content, media_type=media, headers=headers)


@router.get(_ONE, dependencies=[READER])
def get_segment(context: Context, name: PathName, query: Annotated[SortQuery, Query()]) -> SegmentPage:
    """A segment, sorted by a score."""
    with context.reading() as connection:
        known = known_by(connection, context.scorer().model, name)
        order = sort_order(context, query)
        return SegmentPage(
            name=known.name,
            from_=known.origin,
            shadows=known.shadows,
            filter=known.filter,
            missing=missing_of_filter(known.filter, context.scorer().model),
            count=context.figures.counts.of(connection, known.filter),
            page=contact_page(context, connection, query, order, known.filter),
        )


@router.put(_ONE)
def put_segment(
    context: Context,
    grant: WriteGrant,
    name: PathName,
    body: Annotated[FilterBody, Body()],
    _: Annotated[NoParameters, Query()],
) -> SegmentView:
    """Keep a filter. How many contacts it holds is told to who may read."""
    filter_ = body.root
    _refuse_missing(context, filter_)
    check_new_name(name)
    if name.endswith(_EXPORT):
        raise Problem(400, "bad-parameter", f"name: wanted one without {_EXPORT} at its end, as exports have; got it")
    with writing(context.engine) as connection:
        store(connection, context.scorer().model, name, filter_)
    if READ not in grant.scopes:  # whether anybody has an address would be told by a filter on it
        return _view(NamedSegment(name, filter_, API), None, [])
    with context.reading() as connection:
        count = context.figures.counts.now(connection, filter_)
    return _view(NamedSegment(name, filter_, API), count, [])


@router.post("/count", dependencies=[READER])
def count_filter(
    context: Context, body: Annotated[FilterBody, Body()], _: Annotated[NoParameters, Query()]
) -> FilterCount:
    """How many contacts a filter holds, counted at most some seconds ago."""
    _refuse_missing(context, body.root)
    with context.reading() as connection:
        return FilterCount(count=context.figures.counts.of(connection, body.root))


@router.delete(_ONE, dependencies=[WRITER])
def delete_segment(context: Context, name: PathName, _: Annotated[NoParameters, Query()]) -> SegmentView:
    """Drop a kept filter."""
    model = context.scorer().model
    with writing(context.engine) as connection:
        known = known_by(connection, model, name)
        store(connection, model, known.name, None)
    return _view(known, 0, missing_of_filter(known.filter, model))


def _refuse_missing(context: ApiContext, filter_: ContactFilter) -> None:
    missing = missing_of_filter(filter_, context.scorer().model)
    if missing:
        raise Problem(400, "unknown-name", "\n".join(missing))


def _view(known: NamedSegment, count: int | None, missing: list[str]) -> SegmentView:
    return SegmentView(
        name=known.name,
        from_=known.origin,
        shadows=known.shadows,
        filter=known.filter,
        missing=missing,
        count=count,
    )


def _json_lines(context: ApiContext, filter_: ContactFilter) -> Iterator[bytes]:
    for contacts in _portions(context, filter_):
        yield "".join(contact.model_dump_json() + "\n" for contact in contacts).encode()


def _csv(context: ApiContext, filter_: ContactFilter, has_mark: bool) -> Iterator[bytes]:
    names = [score.name for score in context.scorer().model.scores if score.by is None]
    titles = [f"{name}.{part}" for name in names for part in ("score", "stage")]
    yield (BYTE_ORDER_MARK if has_mark else b"") + csv_lines(
        [["contact_id", "updated_at", "hot_since", "suppressed", *titles, "attributes"]]
    )
    for contacts in _portions(context, filter_):
        yield csv_lines([_csv_row(contact, names) for contact in contacts])


def _csv_row(contact: ExportedContact, names: list[str]) -> list[Any]:
    row: list[Any] = [contact.contact_id, contact.updated_at, contact.hot_since, contact.suppressed]
    for name in names:
        score = contact.scores.get(name)
        row += [score.score, score.stage] if isinstance(score, ScoreView) else [None, None]
    return [*row, orjson.dumps(contact.attributes).decode()]


def _portions(context: ApiContext, filter_: ContactFilter) -> Iterator[list[ExportedContact]]:
    for rows, scores in contact_portions(context, filter_, queries.scores_of):
        yield [exported_contact(row, scores[row.contact_id], context.display) for row in rows]
