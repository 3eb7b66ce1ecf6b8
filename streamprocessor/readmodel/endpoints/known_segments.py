"""The segments that there are: those of the model in force, and those that were put through the API."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, delete, insert

from streamprocessor.readmodel.problem import Problem
from streamprocessor.readmodel.requests.parameters import Filter
from streamprocessor.readmodel.store import queries
from streamprocessor.readmodel.store.tables import segments
from streamprocessor.scoring.model.contact_filter import ContactFilter
from streamprocessor.scoring.model.model import Model

MODEL, API = "model", "api"


class NamedSegment(NamedTuple):
    """A filter under a name. origin: MODEL or API. shadows: the model's hides one that was put under that name."""

    name: str
    filter: ContactFilter
    origin: str
    shadows: bool = False


def all_known(connection: Connection, model: Model) -> list[NamedSegment]:
    """Every segment once, by name; of two under one name the model's, for everybody who reads the model has that."""
    put = {row.name: NamedSegment(row.name, _read(row.filter), API) for row in queries.all_segments(connection)}
    said = {each.name: NamedSegment(each.name, each.filter, MODEL, each.name in put) for each in model.segments}
    return [known for _, known in sorted((put | said).items())]


def known_by(connection: Connection, model: Model, name: str) -> NamedSegment:
    """The segment of that name; raises Problem where there is none."""
    put = queries.segment_filter(connection, name)
    for each in model.segments:
        if each.name == name:
            return NamedSegment(name, each.filter, MODEL, put is not None)
    if put is None:
        raise Problem(404, "no-such-segment", "segment: wanted one of the model, or one that was put; got another name")
    return NamedSegment(name, _read(put), API)


def keep(connection: Connection, model: Model, name: str, wanted: ContactFilter | None) -> None:
    """Keep the filter under the name, or drop what is kept there where it is None; raises Problem on the model's."""
    if any(each.name == name for each in model.segments):
        detail = (
            "name: wanted one that the model in force does not hold; got one of its own: change it in the model file"
        )
        raise Problem(409, "held-by-model", detail)
    connection.execute(delete(segments).where(segments.c.name == name))
    if wanted is not None:
        text = Filter(wanted).model_dump_json(exclude_defaults=True)
        connection.execute(insert(segments).values(name=name, filter=text))


def _read(text: str) -> ContactFilter:
    return Filter.model_validate_json(text).root
