"""Endpoints about contacts."""

from __future__ import annotations

from typing import Annotated

import orjson
from fastapi import APIRouter, Query, Response
from sqlalchemy import Connection

from streamprocessor.contract.answers.contact_answer import explanation_answer, scores_answer
from streamprocessor.contract.answers.export import exported
from streamprocessor.contract.answers.suppression_answer import suppression_answer
from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.readmodel.endpoints.contact_lookup import (
    ContactId,
    StoredContact,
    contact_page,
    load_contact,
    no_such_contact,
    no_such_score,
    sort_order,
    titles_of,
)
from streamprocessor.readmodel.requests.parameters import (
    ContactsQuery,
    ExplanationQuery,
    InstantQuery,
    NoParameters,
    PageQuery,
    instant_ms,
)
from streamprocessor.readmodel.responses.address_conflicts import AddressConflict, address_rivals
from streamprocessor.readmodel.responses.announcements import History, page_of_announcements
from streamprocessor.readmodel.responses.contact_title import title_of
from streamprocessor.readmodel.responses.contacts import (
    AcceptedErasure,
    ContactExport,
    ContactPage,
    ContactView,
    Explanation,
    SuppressionView,
)
from streamprocessor.readmodel.responses.scores import instant, score_standing
from streamprocessor.readmodel.routing.access import ERASER, READER
from streamprocessor.readmodel.routing.context import ApiContext, Context
from streamprocessor.readmodel.routing.route import ApiRoute
from streamprocessor.readmodel.store import queries
from streamprocessor.readmodel.store.cursors import NumberPosition, cursor_of, read_cursor
from streamprocessor.readmodel.store.queries import SortOrder
from streamprocessor.scoring.record.record import Record

router = APIRouter(prefix="/api/contacts", route_class=ApiRoute)
_ONE = "/{contact_id:path}"


@router.get("", dependencies=[READER])
def list_contacts(context: Context, query: Annotated[ContactsQuery, Query()]) -> ContactPage:
    """Contacts, sorted by a score."""
    order = sort_order(context, query)
    filter_ = query.filter_of(order.score)
    with context.reading() as connection:
        return contact_page(context, connection, query, order, filter_)


@router.get(f"{_ONE}/explanation", dependencies=[READER])
def explain_contact(
    context: Context, contact_id: ContactId, query: Annotated[ExplanationQuery, Query()]
) -> Explanation:
    """The parts that add up to a contact's scores, at any instant."""
    at_ms = _at_ms(context, query)
    with context.reading() as connection:
        stored = load_contact(context, connection, contact_id, at_ms)
    names = [score.name for score in stored.scorer.model.scores]
    if query.score is not None:
        if query.score not in names:
            raise no_such_score(names)
        names = [query.score]
    explanation = explanation_answer(stored.scorer, stored.record, names, at_ms)
    return Explanation(contact_id=contact_id, at=format_rfc3339(at_ms), explanation=explanation)


@router.get(f"{_ONE}/history", dependencies=[READER], response_model=History)
def contact_history(context: Context, contact_id: ContactId, query: Annotated[PageQuery, Query()]) -> Response:
    """A contact's announced steps."""
    before = None if query.cursor is None else read_cursor(query.cursor, NumberPosition).number
    with context.reading() as connection:
        if queries.contact_row(connection, contact_id) is None:
            raise no_such_contact()
        rows = queries.steps_of(connection, contact_id, before, query.limit + 1)
    shown = rows[: query.limit]
    next_cursor = cursor_of(NumberPosition(shown[-1].sequence)) if len(rows) > query.limit else None
    return page_of_announcements("steps", [row.said for row in shown], next_cursor)


@router.get(f"{_ONE}/export", dependencies=[READER])
def export_contact(context: Context, contact_id: ContactId, _: Annotated[NoParameters, Query()]) -> ContactExport:
    """All that is kept of a contact."""
    at_ms = context.clock_ms()
    with context.reading() as connection:
        stored = load_contact(context, connection, contact_id, at_ms)
    return ContactExport.model_validate(exported(stored.scorer, stored.record, contact_id, at_ms))


@router.get(_ONE, dependencies=[READER])
def get_contact(context: Context, contact_id: ContactId, query: Annotated[InstantQuery, Query()]) -> ContactView:
    """A contact's scores at any instant."""
    at_ms = _at_ms(context, query)
    with context.reading() as connection:
        stored = load_contact(context, connection, contact_id, at_ms)
        standing = {
            score.name: score_standing(context.distribution(SortOrder(score.name), connection), score)
            for score in queries.scores_of(connection, [contact_id])[contact_id]
            if not score.value
        }
        conflicts = _conflicts(context, connection, stored)
    attributes = orjson.loads(stored.row.attributes)
    return ContactView(
        **title_of(stored.scorer.model.display, attributes),
        contact_id=contact_id,
        at=format_rfc3339(at_ms),
        scores=scores_answer(stored.scorer, stored.record, at_ms),
        standing=standing,
        attributes=attributes,
        suppressed=stored.row.suppressed,
        suppression=_suppression(stored.record),
        hot_since=instant(stored.row.hot_since_ms),
        updated_at=format_rfc3339(stored.row.updated_at_ms),
        address_conflicts=conflicts,
    )


@router.delete(_ONE, dependencies=[ERASER], status_code=202)
async def erase_contact(
    context: Context, contact_id: ContactId, _: Annotated[NoParameters, Query()]
) -> AcceptedErasure:
    """Erase a contact for good."""
    return AcceptedErasure(id=await context.gateways.eraser.erase(contact_id))


def _conflicts(context: ApiContext, connection: Connection, stored: StoredContact) -> list[AddressConflict]:
    rivals = address_rivals(stored.record, stored.scorer.model.addresses, context.contact_ids)
    titles = titles_of(context, connection, {rival.contact_id for rival in rivals})
    return [AddressConflict(**rival._asdict(), **titles[rival.contact_id]) for rival in rivals]


def _suppression(record: Record) -> SuppressionView | None:
    answer = suppression_answer(record)
    return None if answer is None else SuppressionView(**answer)


def _at_ms(context: ApiContext, query: InstantQuery) -> int:
    at_ms = None if query.at is None else instant_ms(query.at)
    return context.clock_ms() if at_ms is None else at_ms
