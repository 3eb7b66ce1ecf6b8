"""Columns of lists: which there are, and what their words mean."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Query
from sqlalchemy import Connection

from streamprocessor.readmodel.problem import Problem
from streamprocessor.readmodel.requests.parameters import NoParameters
from streamprocessor.readmodel.responses.lists.columns import ColumnList, ColumnView
from streamprocessor.readmodel.routing.access import READER
from streamprocessor.readmodel.routing.context import Context
from streamprocessor.readmodel.routing.route import ApiRoute
from streamprocessor.readmodel.store.filters import attribute_names
from streamprocessor.readmodel.store.tallies import values_of
from streamprocessor.scoring.model.model import Matrix, Model, Score

SCORE, STAGE, CHANGE, ATTRIBUTE = "score", "stage", "change", "attribute"
ATTRIBUTES = "attributes"
"""The word for a column of each attribute that any contact has."""
MOST_ATTRIBUTES = 200
_MOST_VALUES = 20
_TITLES = {
    "relative": "Relative",
    "owner": "Owner",
    "last_seen": "Last seen",
    "changed": "Changed",
    "hot_since": "Hot since",
    "suppressed": "Suppressed",
    "updated": "Updated",
}

router = APIRouter(prefix="/api/columns", route_class=ApiRoute)


class Column(NamedTuple):
    """A column: of a score, an attribute, or what its kind says alone. value: of a `by` score; "" of any other."""

    kind: str
    name: str = ""
    value: str = ""

    @property
    def word(self) -> str:
        """How it is spelled."""
        return ":".join(part for part in self if part)


@router.get("", dependencies=[READER])
def list_columns(context: Context, _: Annotated[NoParameters, Query()]) -> ColumnList:
    """The columns that lists of contacts may have: of scores, of attributes, and others."""
    model = context.scorer().model
    with context.reading() as connection:
        names = attribute_names(connection)
        values = {
            score.name: [row.value for row in values_of(connection, score.name)[:_MOST_VALUES]]
            for score in model.scores
            if score.by is not None
        }
    labels = {score.name for score in model.scores if isinstance(score.combine, Matrix)}
    columns = [column for score in model.scores for column in _columns_of(score, values.get(score.name))]
    columns += [Column(kind) for kind in _TITLES]
    columns += [Column(ATTRIBUTE, name) for name in names[:MOST_ATTRIBUTES]]
    return ColumnList(
        columns=[ColumnView(column=column.word, title=_title(column, labels)) for column in columns],
        complete=len(names) <= MOST_ATTRIBUTES,
    )


def read_columns(model: Model, words: Iterable[str]) -> list[Column]:
    """The columns of these words; raises Problem where one is none of the model's, or is spelled as none is."""
    return [_column(model, word) for word in words]


def every_column(model: Model) -> list[str]:
    """The words of a file that leaves nothing out: each score but `by` ones, its stage, and all attributes."""
    scores = [column.word for score in model.scores for column in _columns_of(score, None) if column.kind != CHANGE]
    return [*scores, *("suppressed", "hot_since", "last_seen", "updated"), ATTRIBUTES]


def with_attributes(connection: Connection, columns: Sequence[Column]) -> list[Column]:
    """The columns, one for each attribute where all are asked for; raises Problem where there are too many of them."""
    if Column(ATTRIBUTES) not in columns:
        return list(columns)
    names = attribute_names(connection)
    if len(names) > MOST_ATTRIBUTES:
        detail = f"columns: wanted at most {MOST_ATTRIBUTES} attributes; contacts have more: name those that you want"
        raise Problem(400, "too-many-attributes", detail)
    chosen = {column.name for column in columns if column.kind == ATTRIBUTE}
    others = [Column(ATTRIBUTE, name) for name in names if name not in chosen]
    at = columns.index(Column(ATTRIBUTES))
    return [*columns[:at], *others, *(column for column in columns[at:] if column.kind != ATTRIBUTES)]


def _column(model: Model, word: str) -> Column:
    kind, colon, name = word.partition(":")
    if not colon:
        if kind in _TITLES or kind == ATTRIBUTES:
            return Column(kind)
        detail = (
            f"columns: wanted {', '.join([*_TITLES, ATTRIBUTES])}, score:, stage:, change: or attribute: and a name"
        )
        raise Problem(400, "no-such-column", f"{detail}; got another")
    if kind == ATTRIBUTE:
        return Column(kind, name)
    for score in model.scores:
        if name == score.name and score.by is None:
            return Column(kind, name)
        if score.by is not None and name.startswith(f"{score.name}:") and kind != STAGE:
            return Column(kind, score.name, name.removeprefix(f"{score.name}:"))
    names = (score.name if score.by is None else f"{score.name}:VALUE" for score in model.scores)
    raise Problem(400, "no-such-column", f"columns: wanted {kind}: with one of {', '.join(names)}; got another")


def _columns_of(score: Score, values: Sequence[str] | None) -> Iterator[Column]:
    if score.by is not None:
        yield from (Column(kind, score.name, value) for value in values or () for kind in (SCORE, CHANGE))
        return
    has_number = not isinstance(score.combine, Matrix)
    if has_number:
        yield Column(SCORE, score.name)
    if not has_number or score.stages:
        yield Column(STAGE, score.name)
    if has_number:
        yield Column(CHANGE, score.name)


def _title(column: Column, labels: Collection[str]) -> str:
    of = f"{column.name}: {column.value}" if column.value else column.name
    return {
        SCORE: of,
        STAGE: of if of in labels else f"{of} stage",
        CHANGE: f"{of} in 7 days",
        ATTRIBUTE: of,
    }.get(column.kind) or _TITLES[column.kind]
