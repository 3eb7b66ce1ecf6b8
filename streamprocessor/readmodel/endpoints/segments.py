"""Endpoints about segments: filters under a name."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import orjson
from starlette.responses import StreamingResponse

from streamprocessor.readmodel.endpoints.contacts import order_of, page
from streamprocessor.readmodel.endpoints.context import ApiContext
from streamprocessor.readmodel.endpoints.endpoint import ApiRequest, Endpoint
from streamprocessor.readmodel.endpoints.known_segments import API, NamedSegment, all_known, keep, known_by
from streamprocessor.readmodel.problem import Problem
from streamprocessor.readmodel.requests import answer_json
from streamprocessor.readmodel.requests.parameters import Exported, Filter, Nothing, Sorted
from streamprocessor.readmodel.requests.tokens import READ, WRITE
from streamprocessor.readmodel.responses.segments import Segment, SegmentPage, Segments
from streamprocessor.readmodel.store import queries
from streamprocessor.readmodel.store.database import writing
from streamprocessor.scoring.model.contact_filter import ContactFilter

MAX_NAME = 100
_ROWS_AT_ONCE = 1_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def _list(house: ApiContext, _: ApiRequest) -> dict[str, Any]:
    with house.reading() as connection:
        known = all_known(connection, house.scorer().model)
        counts = house.figures.counts.of_all(connection, [each.filter for each in known])
    return {"segments": [_shown(each, count) for each, count in zip(known, counts, strict=True)]}


def _one(house: ApiContext, call: ApiRequest) -> dict[str, Any]:
    with house.reading() as connection:
        known = known_by(connection, house.scorer().model, call.path["name"])
        count = house.figures.counts.of(connection, known.filter)
    order = order_of(house, call.query)
    return _shown(known, count) | {"page": page(house, call.query, order, known.filter)}


def _put(house: ApiContext, call: ApiRequest) -> dict[str, Any]:
    name, wanted = call.path["name"], call.body.root
    if not 0 < len(name) <= MAX_NAME:
        raise Problem(400, "bad-parameter", f"name: wanted 1 to {MAX_NAME} characters; got {len(name)}")
    with writing(house.engine) as connection:
        keep(connection, house.scorer().model, name, wanted)
    with house.reading() as connection:
        count = house.figures.counts.now(connection, wanted)
    return _shown(NamedSegment(name, wanted, API), count)


def _delete(house: ApiContext, call: ApiRequest) -> dict[str, Any]:
    model = house.scorer().model
    with writing(house.engine) as connection:
        known = known_by(connection, model, call.path["name"])
        keep(connection, model, known.name, None)
    return _shown(known, 0)


def _export(house: ApiContext, call: ApiRequest) -> StreamingResponse:
    with house.reading() as connection:
        wanted = known_by(connection, house.scorer().model, call.path["name"]).filter
        count = house.figures.counts.now(connection, wanted)
    write, media = (_csv, "text/csv") if call.query.format == "csv" else (_json_lines, "application/x-ndjson")
    headers = {
        "X-Total-Count": str(count),  # by which a client shows progress
        "Content-Disposition": f'attachment; filename="segment.{call.query.format}"',
    }
    return StreamingResponse(write(house, wanted), media_type=media, headers=headers)


def _json_lines(house: ApiContext, wanted: ContactFilter) -> Iterator[bytes]:
    for contacts in _portions(house, wanted):
        yield b"".join(orjson.dumps(contact) + b"\n" for contact in contacts)


def _csv(house: ApiContext, wanted: ContactFilter) -> Iterator[bytes]:
    names = [score.name for score in house.scorer().model.scores if score.by is None]
    head = ["contact_id", "updated_at", "hot_since", "suppressed"]
    titles = [*head, *(f"{name}.{part}" for name in names for part in ("score", "stage")), "attributes"]
    yield _lines([titles])
    for contacts in _portions(house, wanted):
        rows = []
        for contact in contacts:
            numbers = [contact["scores"].get(name, {}) for name in names]
            row = [*(contact[name] for name in head), *(n.get(part) for n in numbers for part in ("score", "stage"))]
            rows.append([*row, orjson.dumps(contact["attributes"]).decode()])
        yield _lines(rows)


def _portions(house: ApiContext, wanted: ContactFilter) -> Iterator[list[dict[str, Any]]]:
    """The segment's contacts by their ids, so that each comes once, whatever its scores do meanwhile."""
    after: str | None = None
    while True:
        with house.reading() as connection:
            rows = queries.contacts_in_order(connection, wanted, _ROWS_AT_ONCE, after)
            scores = queries.scores_of(connection, [row.contact_id for row in rows])
        if rows:
            yield [answer_json.told(row, scores[row.contact_id]) for row in rows]
        if len(rows) < _ROWS_AT_ONCE:
            return
        after = rows[-1].contact_id


def _lines(rows: list[list[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([[_cell(value) for value in row] for row in rows])
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    """The value; a text that a spreadsheet would run as a formula is marked as a text."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _shown(known: NamedSegment, count: int | None) -> dict[str, Any]:
    return {
        "name": known.name,
        "from": known.origin,
        "shadows": known.shadows,
        "filter": Filter(known.filter).model_dump(exclude_defaults=True),
        "count": count,
    }


_ONE = "/api/segments/{name}"

SEGMENTS = (
    Endpoint("GET", "/api/segments", "list_segments", "All segments, counted.", READ, Segments, _list, Nothing),
    Endpoint(
        "GET",
        f"{_ONE}/export",
        "export_segment",
        "All contacts of a segment by their ids, as CSV or JSON Lines; X-Total-Count says how many come.",
        READ,
        None,
        _export,
        Exported,
        media=("text/csv", "application/x-ndjson"),
    ),
    Endpoint("GET", _ONE, "get_segment", "A segment, sorted by a score.", READ, SegmentPage, _one, Sorted),
    Endpoint("PUT", _ONE, "put_segment", "Keep a filter.", WRITE, Segment, _put, Nothing, body=Filter),
    Endpoint("DELETE", _ONE, "delete_segment", "Drop a kept filter.", WRITE, Segment, _delete, Nothing),
)
