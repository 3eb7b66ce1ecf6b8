"""The endpoint of a list of contacts as a file."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response, StreamingResponse

from streamprocessor.readmodel.endpoints.contact_lookup import check_stages, sort_order
from streamprocessor.readmodel.endpoints.known_segments import known_by
from streamprocessor.readmodel.endpoints.lists.columns import every_column, read_columns
from streamprocessor.readmodel.endpoints.lists.contact_files import ContactFile, contact_lines
from streamprocessor.readmodel.requests.parameters import ListExportQuery
from streamprocessor.readmodel.routing.access import READER
from streamprocessor.readmodel.routing.context import Context
from streamprocessor.readmodel.routing.route import ApiRoute

CSV = "text/csv"
_TEXT: dict[str, Any] = {"schema": {"type": "string"}}

router = APIRouter(prefix="/api/export", route_class=ApiRoute)


@router.get("", dependencies=[READER], response_class=Response, responses={200: {"content": {CSV: _TEXT}}})
def export_contacts(context: Context, query: Annotated[ListExportQuery, Query()]) -> Response:
    """All contacts of a list by their ids, as CSV: who it is, then a column a score, a stage, an attribute.

    The list is a segment's or a filter's, asked for as /api/contacts is; X-Total-Count says how many come.
    """
    model = context.scorer().model
    order = sort_order(context, query)
    check_stages(context, order.score, query.stage)
    columns = read_columns(model, query.columns or every_column(model))
    with context.reading() as connection:
        if query.segment is None:
            filter_ = query.filter_of(order.score)
        else:
            filter_ = known_by(connection, model, query.segment).filter
        count = context.figures.counts.now(connection, filter_)
    headers = {
        "X-Total-Count": str(count),  # by which a client shows progress
        "Content-Disposition": 'attachment; filename="contacts.csv"',
    }
    content = contact_lines(context, ContactFile(filter_, order, columns, query.bom))
    return StreamingResponse(content, media_type=CSV, headers=headers)
