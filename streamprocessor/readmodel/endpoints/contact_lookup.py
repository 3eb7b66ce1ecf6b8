"""Contacts as endpoints find them: one that is stored, or a page of a list."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Annotated, Any, NamedTuple

from fastapi import Path
from sqlalchemy import Connection

from streamprocessor.contract.foreign_text import listed
from streamprocessor.contract.subscriptions.model_names import stage_names
from streamprocessor.readmodel.problem import Problem
from streamprocessor.readmodel.requests.parameters import OrderQuery, PageQuery
from streamprocessor.readmodel.responses.contact_title import stored_title
from streamprocessor.readmodel.responses.contacts import ContactPage, ListedContact, exported_contact
from streamprocessor.readmodel.responses.scores import (
    past_scores,
    presented,
    relative_percent,
    unrounded,
)
from streamprocessor.readmodel.routing.context import ApiContext
from streamprocessor.readmodel.store import queries
from streamprocessor.readmodel.store.cursors import ScorePosition, cursor_of, read_cursor
from streamprocessor.readmodel.store.figures.trends import scores_before, trends_of
from streamprocessor.readmodel.store.queries import SortOrder
from streamprocessor.readmodel.store.rows import NewerRevisionError, record_under
from streamprocessor.scoring.model.contact_filter import ContactFilter
from streamprocessor.scoring.model.model import DAY_MS
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer

WEEK_MS = 7 * DAY_MS

ContactId = Annotated[
    str,
    Path(json_schema_extra={"minLength": 1}, description="One that no path holds whole, as `..`: ask /api/contact."),
]
"""The contact's id as a parameter of the path; /api/contact takes those that no path can hold."""


class StoredContact(NamedTuple):
    """A contact's row and its record, which its scorer understands."""

    row: Any
    scorer: Scorer
    record: Record


def sort_order(context: ApiContext, query: OrderQuery) -> SortOrder:
    """What a list is sorted by; raises Problem where the model has no such score."""
    score = query.score or context.scorer().model.scores[0].name
    check_score(context, score, query.value)
    return SortOrder(score, query.value, query.order == "desc")


def check_score(context: ApiContext, name: str, value: str = "") -> None:
    """Raise Problem unless the model has such a score, with values or without as asked for."""
    scores = {score.name: score for score in context.scorer().model.scores}
    if name not in scores:
        raise no_such_score(scores)
    if bool(value) is not (scores[name].by is not None):
        wanted = f"a value of {scores[name].by}" if scores[name].by else "none, it is one number"
        raise Problem(400, "bad-parameter", f"value of score {name}: wanted {wanted}; got {'one' if value else 'none'}")


def check_stages(context: ApiContext, name: str, stages: Collection[str]) -> None:
    """Raise Problem unless the score, which the model has, has all of these stages."""
    model = context.scorer().model
    (score,) = (each for each in model.scores if each.name == name)
    known = stage_names(model, score)
    if not set(stages) <= set(known):
        detail = f"stage: wanted one of score {name}: {', '.join(known) or 'it has none'}; got another"
        raise Problem(400, "no-such-stage", detail)


def load_contact(context: ApiContext, connection: Connection, contact_id: str, at_ms: int) -> StoredContact:
    """What is stored of the contact, its record brought to at_ms; raises Problem where nothing is."""
    row = queries.contact_row(connection, contact_id)
    if row is None:
        raise no_such_contact()
    scorer = context.scorer()
    try:
        return StoredContact(row, scorer, record_under(scorer, row.record, at_ms))
    except NewerRevisionError as error:
        detail = f"the model's revision {error.revision} is not known here yet; wanted it: try again"
        raise Problem(503, "model-on-the-way", detail, {"Retry-After": "1"}) from error


def titles_of(
    context: ApiContext, connection: Connection, contact_ids: Collection[str]
) -> dict[str, dict[str, str | None]]:
    """`display_name` and `subtitle` of each of these contacts; null of whom nothing is stored."""
    attributes, display = queries.attributes_of(connection, contact_ids), context.display
    return {contact_id: stored_title(display, attributes.get(contact_id)) for contact_id in contact_ids}


def no_such_contact() -> Problem:
    """The refusal of a contact of whom nothing is stored."""
    return Problem(404, "no-such-contact", "contact: wanted one with at least one event; got another")


def no_such_score(names: Iterable[str]) -> Problem:
    """The refusal of a score that is none of these."""
    return Problem(404, "no-such-score", f"score: wanted one of {listed(names)}; got another")


def contact_page(
    context: ApiContext, connection: Connection, query: PageQuery, order: SortOrder, filter_: ContactFilter
) -> ContactPage:
    """The page of the contacts that the filter holds."""
    after = None if query.cursor is None else read_cursor(query.cursor, ScorePosition)
    rows = queries.page_of_contacts(connection, order, filter_, query.limit + 1, after)
    shown = rows[: query.limit]
    ids = [row.contact_id for row in shown]
    scores, trends = queries.scores_of(connection, ids), trends_of(connection, order, ids)
    former = scores_before(connection, ids, context.clock_ms() - WEEK_MS)
    distribution = context.distribution(order, connection)
    return ContactPage(
        score=order.score,
        value=order.value,
        contacts=[
            ListedContact(
                **dict(exported_contact(row, scores[row.contact_id], context.display)),
                score=presented(row),
                unrounded=unrounded(row),
                stage=row.stage,
                relative=relative_percent(distribution, row),
                previous=trends[row.contact_id].previous,
                changed_at=trends[row.contact_id].changed_at,
                week_ago=past_scores(scores[row.contact_id], former[row.contact_id]),
            )
            for row in shown
        ],
        next=_cursor(shown[-1]) if len(rows) > query.limit else None,
    )


def _cursor(row: Any) -> str:
    return cursor_of(ScorePosition(row.presented_nano, row.unrounded_nano, row.contact_id))
