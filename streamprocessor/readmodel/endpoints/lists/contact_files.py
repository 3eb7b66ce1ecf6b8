"""Contacts as CSV, a column an attribute or a score, for spreadsheets and mail tools."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection

from streamprocessor.contract.display import display_name
from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.readmodel.endpoints.contact_lookup import WEEK_MS
from streamprocessor.readmodel.endpoints.lists.columns import ATTRIBUTE, CHANGE, SCORE, STAGE, Column, with_attributes
from streamprocessor.readmodel.endpoints.lists.portions import contact_portions
from streamprocessor.readmodel.responses.lists.csv_lines import csv_lines
from streamprocessor.readmodel.responses.scores import instant, past_scores, presented, relative_percent
from streamprocessor.readmodel.routing.context import ApiContext
from streamprocessor.readmodel.store import queries
from streamprocessor.readmodel.store.figures.trends import Trend, scores_before, trends_of
from streamprocessor.readmodel.store.queries import SortOrder
from streamprocessor.scoring.model.contact_filter import ContactFilter

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_TITLES = {"last_seen": "last_seen_at", "changed": "changed_at", "updated": "updated_at"}
_WHO = ("contact_id", "display_name")
"""The first columns of every file."""


class ContactFile(NamedTuple):
    """What a file holds. order: the score that relative and changed are of."""

    filter: ContactFilter
    order: SortOrder
    columns: Sequence[Column]
    has_mark: bool = False


class _Row(NamedTuple):
    contact: Any
    attributes: Mapping[str, Any]
    scores: Mapping[tuple[str, str], Any]
    past: Mapping[str, Any]
    trend: Trend


def contact_lines(context: ApiContext, file: ContactFile) -> Iterator[bytes]:
    """The file in portions, contacts by their ids, so that each comes once, whatever its scores do meanwhile.

    Raises Problem, before anything is written, where there are too many attributes for columns.
    """
    with context.reading() as connection:
        columns = with_attributes(connection, file.columns)
    return _lines(context, file._replace(columns=columns))


def _lines(context: ApiContext, file: ContactFile) -> Iterator[bytes]:
    yield (BYTE_ORDER_MARK if file.has_mark else b"") + csv_lines([[*_WHO, *_titles(file)]])
    distribution = context.distribution(file.order)
    display = context.scorer().model.display
    for rows in _portions(context, file):
        yield csv_lines(
            [
                row.contact.contact_id,
                display_name(display, row.attributes),
                *(_cell(row, column, file.order, distribution) for column in file.columns),
            ]
            for row in rows
        )


def _titles(file: ContactFile) -> list[str]:
    own = {*_WHO, *(_title(column, file.order) for column in file.columns if column.kind != ATTRIBUTE)}
    titles = ((column, _title(column, file.order)) for column in file.columns)
    return [f"attributes.{title}" if column.kind == ATTRIBUTE and title in own else title for column, title in titles]


def _title(column: Column, order: SortOrder) -> str:
    of = f"{column.name}.{column.value}" if column.value else column.name
    if column.kind == ATTRIBUTE:
        return column.name
    if column.kind == "relative":
        return f"{order.score}.relative"
    parts = {SCORE: "score", STAGE: "stage", CHANGE: "change_7d"}
    return f"{of}.{parts[column.kind]}" if column.kind in parts else _TITLES.get(column.kind, column.kind)


def _cell(row: _Row, column: Column, order: SortOrder, distribution: Any) -> Any:
    score = row.scores.get((column.name, column.value))
    match column.kind:
        case "score":
            return None if score is None else presented(score)
        case "stage":
            return None if score is None else score.stage
        case "change":
            past = row.past.get(column.name)
            past = past.values.get(column.value) if column.value and past is not None else past
            return None if past is None else past.change
        case "attribute":
            return _attribute(row.attributes.get(column.name))
        case "owner":
            return _attribute(row.attributes.get("owner"))
        case "relative":
            sorted_by = row.scores.get((order.score, order.value))
            return None if sorted_by is None else relative_percent(distribution, sorted_by)
        case "changed":
            return row.trend.changed_at
        case "last_seen":
            return instant(row.contact.last_seen_ms)
        case "hot_since":
            return instant(row.contact.hot_since_ms)
        case "updated":
            return format_rfc3339(row.contact.updated_at_ms)
    return _attribute(row.contact.suppressed)


def _attribute(value: Any) -> Any:
    """A text or number as it is, true and false as JSON has them, anything else as JSON."""
    if value is None or (isinstance(value, (str, int, float)) and not isinstance(value, bool)):
        return value
    return orjson.dumps(value).decode()


def _portions(context: ApiContext, file: ContactFile) -> Iterator[list[_Row]]:
    kinds = {column.kind for column in file.columns}

    def read(connection: Connection, ids: Sequence[str]) -> tuple[Any, Any, Any]:
        at_ms = context.clock_ms() - WEEK_MS
        former = scores_before(connection, ids, at_ms) if CHANGE in kinds else {}
        trends = trends_of(connection, file.order, ids) if "changed" in kinds else {}
        return queries.scores_of(connection, ids), former, trends

    for contacts, (scores, former, trends) in contact_portions(context, file.filter, read):
        yield [
            _Row(
                contact,
                orjson.loads(contact.attributes),
                {(score.name, score.value): score for score in scores[contact.contact_id]},
                past_scores(scores[contact.contact_id], former.get(contact.contact_id, {})),
                trends.get(contact.contact_id, Trend()),
            )
            for contact in contacts
        ]
