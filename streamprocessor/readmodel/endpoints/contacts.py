"""Endpoints about contacts."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from streamprocessor.readmodel.endpoints.context import ApiContext
from streamprocessor.readmodel.endpoints.endpoint import ApiRequest, Endpoint
from streamprocessor.readmodel.problem import Problem
from streamprocessor.readmodel.requests import answer_json
from streamprocessor.readmodel.requests.answer_json import Found
from streamprocessor.readmodel.requests.parameters import At, Explained, Listed, Nothing, Paged, Sorted, instant_ms
from streamprocessor.readmodel.requests.tokens import ERASE, READ
from streamprocessor.readmodel.responses.contacts import (
    Accepted,
    Contact,
    ContactPage,
    Everything,
    Explanation,
    History,
)
from streamprocessor.readmodel.store import queries
from streamprocessor.readmodel.store.cursors import Numbered, Placed, cursor_of, read_cursor
from streamprocessor.readmodel.store.queries import SortOrder
from streamprocessor.readmodel.store.rows import NewerRevision, record_under
from streamprocessor.readmodel.store.trends import trends_of
from streamprocessor.scoring.model.contact_filter import ContactFilter
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer


class StoredContact(NamedTuple):
    """A contact's row, its record and score rows, and where its scores stand."""

    row: Any
    scorer: Scorer
    record: Record
    standing: dict[str, Any]


def order_of(house: ApiContext, asked: Sorted) -> SortOrder:
    """What a list is sorted by; raises Problem where the model has no such score."""
    score = asked.score or house.scorer().model.scores[0].name
    check_score(house, score, asked.value)
    return SortOrder(score, asked.value, asked.order == "desc")


def check_score(house: ApiContext, name: str, value: str = "") -> None:
    """Nothing; raises Problem where the model has no such score, or it is not one with or without values."""
    scores = {score.name: score for score in house.scorer().model.scores}
    if name not in scores:
        raise Problem(404, "no-such-score", f"score: wanted one of {', '.join(scores)}; got another")
    if bool(value) is not (scores[name].by is not None):
        wanted = f"a value of {scores[name].by}" if scores[name].by else "none, it is one number"
        raise Problem(400, "bad-parameter", f"value of score {name}: wanted {wanted}; got {'one' if value else 'none'}")


def page(house: ApiContext, asked: Paged, order: SortOrder, wanted: ContactFilter) -> dict[str, Any]:
    """The page of contacts that is asked for."""
    after = None if asked.cursor is None else read_cursor(asked.cursor, Placed)
    with house.reading() as connection:
        rows = queries.page_of_contacts(connection, order, wanted, asked.limit + 1, after)
        ids = [row.contact_id for row in rows]
        found = Found(rows, queries.scores_of(connection, ids), trends_of(connection, order, ids))
    spread = house.spread_of(order)
    return answer_json.contact_page(order, found, spread, asked.limit)


def load_contact(house: ApiContext, contact_id: str, at_ms: int) -> StoredContact:
    """What is kept of the contact; raises Problem where nothing is."""
    with house.reading() as connection:
        row = queries.contact_row(connection, contact_id)
        if row is None:
            raise Problem(404, "no-such-contact", "contact: wanted one with at least one event; got another")
        rows = queries.scores_of(connection, [contact_id])[contact_id]
    standing = {
        score.name: answer_json.standing(house.spread_of(SortOrder(score.name)), score)
        for score in rows
        if not score.value
    }
    scorer = house.scorer()
    try:
        return StoredContact(row, scorer, record_under(scorer, row.record, at_ms), standing)
    except NewerRevision as error:
        detail = f"the model's revision {error.revision} is not known here yet; wanted it: try again"
        raise Problem(503, "model-on-the-way", detail, {"Retry-After": "1"}) from error


def _list(house: ApiContext, call: ApiRequest) -> dict[str, Any]:
    order = order_of(house, call.query)
    return page(house, call.query, order, call.query.wanted(order.score))


def _one(house: ApiContext, call: ApiRequest) -> dict[str, Any]:
    at_ms = _at_ms(house, call.query)
    contact_id = call.path["contact_id"]
    kept = load_contact(house, contact_id, at_ms)
    told = house.answer(kept.scorer, kept.record, contact_id, at_ms)
    return {
        "contact_id": contact_id,
        "at": told["at"],
        "scores": told["scores"],
        "standing": kept.standing,
        "attributes": orjson.loads(kept.row.attributes),
        "suppressed": kept.row.suppressed,
        "hot_since": answer_json.instant(kept.row.hot_since_ms),
        "updated_at": answer_json.instant(kept.row.updated_at_ms),
    }


def _explanation(house: ApiContext, call: ApiRequest) -> dict[str, Any]:
    at_ms = _at_ms(house, call.query)
    contact_id = call.path["contact_id"]
    kept = load_contact(house, contact_id, at_ms)
    told = house.answer(kept.scorer, kept.record, contact_id, at_ms)
    explanation = told["explanation"]
    if call.query.score is not None:
        if call.query.score not in explanation:
            raise Problem(404, "no-such-score", f"score: wanted one of {', '.join(explanation)}; got another")
        explanation = {call.query.score: explanation[call.query.score]}
    return {"contact_id": contact_id, "at": told["at"], "explanation": explanation}


def _history(house: ApiContext, call: ApiRequest) -> dict[str, Any]:
    asked, contact_id = call.query, call.path["contact_id"]
    before = None if asked.cursor is None else read_cursor(asked.cursor, Numbered).number
    with house.reading() as connection:
        if queries.contact_row(connection, contact_id) is None:
            raise Problem(404, "no-such-contact", "contact: wanted one with at least one event; got another")
        rows = queries.steps_of(connection, contact_id, before, asked.limit + 1)
    shown = rows[: asked.limit]
    following = cursor_of(Numbered(shown[-1].sequence)) if len(rows) > asked.limit else None
    return {"steps": [orjson.Fragment(row.said) for row in shown], "next": following}


def _export(house: ApiContext, call: ApiRequest) -> dict[str, Any]:
    at_ms = house.clock_ms()
    kept = load_contact(house, call.path["contact_id"], at_ms)
    return house.export(kept.scorer, kept.record, call.path["contact_id"], at_ms)


async def _erase(house: ApiContext, call: ApiRequest) -> dict[str, Any]:
    return {"id": await house.errands.eraser.erase(call.path["contact_id"]), "status": "accepted"}


def _at_ms(house: ApiContext, asked: At) -> int:
    at_ms = None if asked.at is None else instant_ms(asked.at)
    return house.clock_ms() if at_ms is None else at_ms


_ONE = "/api/contacts/{contact_id:path}"

CONTACTS = (
    Endpoint("GET", "/api/contacts", "list_contacts", "Contacts, sorted by a score.", READ, ContactPage, _list, Listed),
    Endpoint(
        "GET",
        f"{_ONE}/explanation",
        "explain_contact",
        "The parts that add up to a contact's scores, at any instant.",
        READ,
        Explanation,
        _explanation,
        Explained,
    ),
    Endpoint(
        "GET", f"{_ONE}/history", "contact_history", "A contact's announced steps.", READ, History, _history, Paged
    ),
    Endpoint(
        "GET", f"{_ONE}/export", "export_contact", "All that is kept of a contact.", READ, Everything, _export, Nothing
    ),
    Endpoint("GET", _ONE, "get_contact", "A contact's scores at any instant.", READ, Contact, _one, At),
    Endpoint(
        "DELETE", _ONE, "erase_contact", "Erase a contact for good.", ERASE, Accepted, _erase, Nothing, status=202
    ),
)
