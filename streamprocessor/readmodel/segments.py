"""Endpoints about segments: filters under a name."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import orjson
from sqlalchemy import delete, insert
from starlette.responses import StreamingResponse

from streamprocessor.readmodel import answers, queries
from streamprocessor.readmodel.asking import Exported, Nothing, Sorted
from streamprocessor.readmodel.contacts import order_of, page
from streamprocessor.readmodel.cursors import Placed
from streamprocessor.readmodel.database import writing
from streamprocessor.readmodel.filters import ContactFilter
from streamprocessor.readmodel.house import Call, Endpoint, House
from streamprocessor.readmodel.problems import Problem
from streamprocessor.readmodel.queries import Order
from streamprocessor.readmodel.shapes import Segment, SegmentPage, Segments
from streamprocessor.readmodel.tables import segments
from streamprocessor.readmodel.tokens import READ, WRITE

MAX_NAME = 100
_ROWS_AT_ONCE = 1_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def _list(house: House, _: Call) -> dict[str, Any]:
    with house.reading() as connection:
        found = []
        for row in queries.all_segments(connection):
            wanted = ContactFilter.model_validate_json(row.filter)
            found.append(_shown(row.name, wanted, queries.count_contacts(connection, wanted)))
    return {"segments": found}


def _one(house: House, call: Call) -> dict[str, Any]:
    name = call.path["name"]
    wanted = _wanted(house, name)
    with house.reading() as connection:
        count = queries.count_contacts(connection, wanted)
    order = order_of(house, call.query)
    return _shown(name, wanted, count) | {"page": page(house, call.query, order, wanted)}


def _put(house: House, call: Call) -> dict[str, Any]:
    name, wanted = call.path["name"], call.body
    if not 0 < len(name) <= MAX_NAME:
        raise Problem(400, "bad-parameter", f"name: wanted 1 to {MAX_NAME} characters; got {len(name)}")
    with writing(house.engine) as connection:
        connection.execute(delete(segments).where(segments.c.name == name))
        connection.execute(insert(segments).values(name=name, filter=wanted.model_dump_json(exclude_defaults=True)))
        count = queries.count_contacts(connection, wanted)
    return _shown(name, wanted, count)


def _delete(house: House, call: Call) -> dict[str, Any]:
    wanted = _wanted(house, call.path["name"])
    with writing(house.engine) as connection:
        connection.execute(delete(segments).where(segments.c.name == call.path["name"]))
    return _shown(call.path["name"], wanted, 0)


def _export(house: House, call: Call) -> StreamingResponse:
    wanted = _wanted(house, call.path["name"])
    with house.reading() as connection:
        count = queries.count_contacts(connection, wanted)
    write, media = (_csv, "text/csv") if call.query.format == "csv" else (_json_lines, "application/x-ndjson")
    headers = {
        "X-Total-Count": str(count),  # by which a client shows progress
        "Content-Disposition": f'attachment; filename="segment.{call.query.format}"',
    }
    return StreamingResponse(write(house, wanted), media_type=media, headers=headers)


def _json_lines(house: House, wanted: ContactFilter) -> Iterator[bytes]:
    for contacts in _portions(house, wanted):
        yield b"".join(orjson.dumps(contact) + b"\n" for contact in contacts)


def _csv(house: House, wanted: ContactFilter) -> Iterator[bytes]:
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


def _portions(house: House, wanted: ContactFilter) -> Iterator[list[dict[str, Any]]]:
    """The segment's contacts that have the model's first score that is one number, the highest first."""
    first = next(score.name for score in house.scorer().model.scores if score.by is None)
    order, after = Order(first), None
    while True:
        with house.reading() as connection:
            rows = queries.page_of_contacts(connection, order, wanted, _ROWS_AT_ONCE, after)
            scores = queries.scores_of(connection, [row.contact_id for row in rows])
            spread = house.spreads.of(connection, first)
        if rows:
            yield [answers.listed(row, scores[row.contact_id], spread) for row in rows]
        if len(rows) < _ROWS_AT_ONCE:
            return
        after = Placed(rows[-1].presented_nano, rows[-1].unrounded_nano, rows[-1].contact_id)


def _lines(rows: list[list[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([[_cell(value) for value in row] for row in rows])
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    """The value; a text that a spreadsheet would run as a formula is marked as a text."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _wanted(house: House, name: str) -> ContactFilter:
    with house.reading() as connection:
        kept = queries.segment_filter(connection, name)
    if kept is None:
        raise Problem(404, "no-such-segment", "segment: wanted one that was put before; got another name")
    return ContactFilter.model_validate_json(kept)


def _shown(name: str, wanted: ContactFilter, count: int) -> dict[str, Any]:
    return {"name": name, "filter": wanted.model_dump(exclude_defaults=True), "count": count}


_ONE = "/api/segments/{name}"

SEGMENTS = (
    Endpoint("GET", "/api/segments", "list_segments", "All segments, counted.", READ, Segments, _list, Nothing),
    Endpoint(
        "GET",
        f"{_ONE}/export",
        "export_segment",
        "All contacts of a segment, as CSV or JSON Lines; X-Total-Count says how many come.",
        READ,
        None,
        _export,
        Exported,
        media=("text/csv", "application/x-ndjson"),
    ),
    Endpoint("GET", _ONE, "get_segment", "A segment, sorted by a score.", READ, SegmentPage, _one, Sorted),
    Endpoint("PUT", _ONE, "put_segment", "Keep a filter.", WRITE, Segment, _put, Nothing, body=ContactFilter),
    Endpoint("DELETE", _ONE, "delete_segment", "Drop a kept filter.", WRITE, Segment, _delete, Nothing),
)
