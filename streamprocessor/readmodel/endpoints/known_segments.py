"""The segments that there are: those of the model in force, and those that were put through the API."""

from __future__ import annotations

import logging
from typing import Final, Literal, NamedTuple

from pydantic import ValidationError
from sqlalchemy import Connection, delete, insert

from streamprocessor.readmodel.problem import Problem
from streamprocessor.readmodel.requests.parameters import FilterBody
from streamprocessor.readmodel.store import queries
from streamprocessor.readmodel.store.tables import segments
from streamprocessor.scoring.model.contact_filter import AttributeCondition, ContactFilter
from streamprocessor.scoring.model.model import Model

MODEL: Final = "model"
API: Final = "api"
"""Where a segment was put: into the model's file, or here."""

_NOBODY = ContactFilter(attributes=(AttributeCondition("-", exists=True), AttributeCondition("-", exists=False)))

log = logging.getLogger(__name__)


class NamedSegment(NamedTuple):
    """A filter under a name."""

    name: str
    filter: ContactFilter
    origin: Literal["model", "api"]
    shadows: bool = False
    """The model's hides one that was put under that name."""


def all_known(connection: Connection, model: Model) -> list[NamedSegment]:
    """Every segment once, by name; of two under one name the model's, for everybody who reads the model has that."""
    stored = queries.all_segments(connection)
    put = {row.name: NamedSegment(row.name, _read(row.name, row.filter), API) for row in stored}
    of_model = {each.name: NamedSegment(each.name, each.filter, MODEL, each.name in put) for each in model.segments}
    return [known for _, known in sorted((put | of_model).items())]


def known_by(connection: Connection, model: Model, name: str) -> NamedSegment:
    """The segment of that name; raises Problem where there is none."""
    put = queries.segment_filter(connection, name)
    for each in model.segments:
        if each.name == name:
            return NamedSegment(name, each.filter, MODEL, put is not None)
    if put is None:
        raise Problem(404, "no-such-segment", "segment: wanted one of the model, or one that was put; got another name")
    return NamedSegment(name, _read(name, put), API)


def store(connection: Connection, model: Model, name: str, filter_: ContactFilter | None) -> None:
    """Store the filter under the name, or drop what is stored there where it is None; raises Problem on the model's."""
    if any(each.name == name for each in model.segments):
        detail = (
            "name: wanted one that the model in force does not hold; got one of its own: change it in the model file"
        )
        raise Problem(409, "held-by-model", detail)
    connection.execute(delete(segments).where(segments.c.name == name))
    if filter_ is not None:
        text = FilterBody(filter_).model_dump_json(exclude_defaults=True)
        connection.execute(insert(segments).values(name=name, filter=text))


def _read(name: str, text: str) -> ContactFilter:
    """The filter; one that can't be read, because another release wrote it, holds nobody until it is put anew."""
    try:
        return FilterBody.model_validate_json(text).root
    except ValidationError:
        log.error("segment %r: its filter can't be read, so it holds nobody; wanted it put anew, or deleted", name)
        return _NOBODY
