"""Endpoints about segments: filters under a name."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Body, Query
from fastapi.responses import Response, StreamingResponse

from streamprocessor.readmodel.endpoints.contact_lookup import contact_page, sort_order
from streamprocessor.readmodel.endpoints.known_segments import API, NamedSegment, all_known, known_by, store
from streamprocessor.readmodel.problem import Problem
from streamprocessor.readmodel.requests.parameters import ExportQuery, FilterBody, NoParameters, PathName, SortQuery
from streamprocessor.readmodel.responses.contacts import ExportedContact, exported_contact
from streamprocessor.readmodel.responses.csv_lines import csv_lines
from streamprocessor.readmodel.responses.scores import ScoreView
from streamprocessor.readmodel.responses.segments import ListedSegment, SegmentList, SegmentPage, SegmentView
from streamprocessor.readmodel.routing.access import READER, WRITER
from streamprocessor.readmodel.routing.context import ApiContext, Context
from streamprocessor.readmodel.routing.route import ApiRoute
from streamprocessor.readmodel.store import queries
from streamprocessor.readmodel.store.database import writing
from streamprocessor.scoring.model.contact_filter import ContactFilter

MAX_NAME = 100
CSV, JSON_LINES = "text/csv", "application/x-ndjson"
_ROWS_AT_ONCE = 1_000
_TEXT = {"schema": {"type": "string"}}

router = APIRouter(prefix="/api/segments", route_class=ApiRoute)


@router.get("", dependencies=[READER])
def list_segments(context: Context, _: Annotated[NoParameters, Query()]) -> SegmentList:
    """All segments, counted."""
    with context.reading() as connection:
        known = all_known(connection, context.scorer().model)
        counts = context.figures.counts.of_all(connection, [each.filter for each in known])
    return SegmentList(
        segments=[
            ListedSegment(name=each.name, from_=each.origin, shadows=each.shadows, filter=each.filter, count=count)
            for each, count in zip(known, counts, strict=True)
        ]
    )


@router.get(
    "/{name}/export",
    dependencies=[READER],
    response_class=Response,
    responses={200: {"content": {CSV: _TEXT, JSON_LINES: _TEXT}}},
)
def export_segment(context: Context, name: PathName, query: Annotated[ExportQuery, Query()]) -> Response:
    """All contacts of a segment by their ids, as CSV or JSON Lines; X-Total-Count says how many come."""
    with context.reading() as connection:
        filter_ = known_by(connection, context.scorer().model, name).filter
        count = context.figures.counts.now(connection, filter_)
    write, media = (_csv, CSV) if query.format == "csv" else (_json_lines, JSON_LINES)
    headers = {
        "X-Total-Count": str(count),  # by which a client shows progress
        "Content-Disposition": f'attachment; filename="segment.{query.format}"',
    }
    return StreamingResponse(write(context, filter_), media_type=media, headers=headers)


@router.get("/{name}", dependencies=[READER])
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
            count=context.figures.counts.of(connection, known.filter),
            page=contact_page(context, connection, query, order, known.filter),
        )


@router.put("/{name}", dependencies=[WRITER])
def put_segment(
    context: Context, name: PathName, body: Annotated[FilterBody, Body()], _: Annotated[NoParameters, Query()]
) -> SegmentView:
    """Keep a filter."""
    filter_ = body.root
    if not 0 < len(name) <= MAX_NAME:
        raise Problem(400, "bad-parameter", f"name: wanted 1 to {MAX_NAME} characters; got {len(name)}")
    if any(unicodedata.category(character) == "Cc" for character in name):
        raise Problem(400, "bad-parameter", "name: wanted no control characters; got one")
    with writing(context.engine) as connection:
        store(connection, context.scorer().model, name, filter_)
    with context.reading() as connection:
        count = context.figures.counts.now(connection, filter_)
    return _view(NamedSegment(name, filter_, API), count)


@router.delete("/{name}", dependencies=[WRITER])
def delete_segment(context: Context, name: PathName, _: Annotated[NoParameters, Query()]) -> SegmentView:
    """Drop a kept filter."""
    model = context.scorer().model
    with writing(context.engine) as connection:
        known = known_by(connection, model, name)
        store(connection, model, known.name, None)
    return _view(known, 0)


def _view(known: NamedSegment, count: int) -> SegmentView:
    return SegmentView(name=known.name, from_=known.origin, shadows=known.shadows, filter=known.filter, count=count)


def _json_lines(context: ApiContext, filter_: ContactFilter) -> Iterator[bytes]:
    for contacts in _portions(context, filter_):
        yield "".join(contact.model_dump_json() + "\n" for contact in contacts).encode()


def _csv(context: ApiContext, filter_: ContactFilter) -> Iterator[bytes]:
    names = [score.name for score in context.scorer().model.scores if score.by is None]
    titles = [f"{name}.{part}" for name in names for part in ("score", "stage")]
    yield csv_lines([["contact_id", "updated_at", "hot_since", "suppressed", *titles, "attributes"]])
    for contacts in _portions(context, filter_):
        yield csv_lines([_csv_row(contact, names) for contact in contacts])


def _csv_row(contact: ExportedContact, names: list[str]) -> list[Any]:
    row: list[Any] = [contact.contact_id, contact.updated_at, contact.hot_since, contact.suppressed]
    for name in names:
        score = contact.scores.get(name)
        row += [score.score, score.stage] if isinstance(score, ScoreView) else [None, None]
    return [*row, orjson.dumps(contact.attributes).decode()]


def _portions(context: ApiContext, filter_: ContactFilter) -> Iterator[list[ExportedContact]]:
    """The segment's contacts by their ids, so that each comes once, whatever its scores do meanwhile."""
    after: str | None = None
    while True:
        with context.reading() as connection:
            rows = queries.contacts_in_order(connection, filter_, _ROWS_AT_ONCE, after)
            scores = queries.scores_of(connection, [row.contact_id for row in rows])
        if rows:
            yield [exported_contact(row, scores[row.contact_id], context.display) for row in rows]
        if len(rows) < _ROWS_AT_ONCE:
            return
        after = rows[-1].contact_id
