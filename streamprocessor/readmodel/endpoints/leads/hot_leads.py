"""Endpoints about hot leads: those of before, and those to come."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import Response, StreamingResponse
from sqlalchemy import Connection

from streamprocessor.readmodel.requests.parameters import NoParameters, PageQuery
from streamprocessor.readmodel.requests.sessions import COOKIE
from streamprocessor.readmodel.responses.announcements import HotLeadPage, hot_lead, page_of_announcements
from streamprocessor.readmodel.routing.access import READER, asker_of, may_go_on
from streamprocessor.readmodel.routing.context import ApiContext, Context
from streamprocessor.readmodel.routing.route import ApiRoute
from streamprocessor.readmodel.store import queries
from streamprocessor.readmodel.store.cursors import NumberPosition, cursor_of, read_cursor
from streamprocessor.readmodel.store.ended_sessions import has_ended

router = APIRouter(prefix="/api/hot-leads", route_class=ApiRoute)


class EventStream(StreamingResponse):
    """Server-sent events; the answer has no end."""

    media_type = "text/event-stream"


@router.get("", dependencies=[READER], response_model=HotLeadPage)
def list_hot_leads(context: Context, query: Annotated[PageQuery, Query()]) -> Response:
    """Hot leads, newest first."""
    before = None if query.cursor is None else read_cursor(query.cursor, NumberPosition).number
    with context.reading() as connection:
        rows = queries.hot_leads_before(connection, before, query.limit + 1)
    shown = rows[: query.limit]
    next_cursor = cursor_of(NumberPosition(shown[-1].number)) if len(rows) > query.limit else None
    return page_of_announcements("hot_leads", [hot_lead_shown(context, row) for row in shown], next_cursor)


@router.get("/stream", dependencies=[READER], response_class=EventStream)
async def stream_hot_leads(
    context: Context,
    request: Request,
    _: Annotated[NoParameters, Query()],
    last_event_id: Annotated[str | None, Header(alias="Last-Event-ID")] = None,
) -> EventStream:
    """Hot leads as they come, as server-sent events.

    The stream has no end but that of the session or the token that follows it. Last-Event-ID goes on after that one.
    """
    asker = asker_of(request)
    cookie = request.cookies.get(COOKIE, "")

    def may_follow(connection: Connection) -> bool:
        is_ended = asker.session is not None and has_ended(connection, asker.session.id)
        return not is_ended and may_go_on(context, asker, cookie)

    return EventStream(
        await context.hot_lead_streams.follow(last_event_id, may_follow, partial(hot_lead_shown, context))
    )


def hot_lead_shown(context: ApiContext, row: Any) -> str:
    """The JSON of a hot lead by its row, with what its contact is called by the model in force."""
    return hot_lead(row.said, row.attributes, context.display)
