"""Segments, and the contacts in them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, PlainSerializer, TypeAdapter

from streamprocessor.readmodel.responses.contacts import ContactPage
from streamprocessor.readmodel.strict_filters import ContactFilter

_FILTERS = TypeAdapter(ContactFilter)


def _without_defaults(filter_: ContactFilter) -> Any:
    return _FILTERS.dump_python(filter_, mode="json", exclude_defaults=True)


class NamedFilter(BaseModel):
    """A filter under a name."""

    name: str
    from_: Literal["model", "api"] = Field(serialization_alias="from", description="Where it was put.")
    shadows: bool = Field(description="The model's hides one that was put under the same name.")
    filter: Annotated[ContactFilter, PlainSerializer(_without_defaults)]
    missing: list[str] = Field(description="What it names that the model in force does not have, a sentence each.")


class SegmentView(NamedFilter):
    """A segment, and how many contacts it held some seconds ago."""

    count: int | None = Field(description="null: who asks may not read.")


class ListedSegment(NamedFilter):
    """A segment in a list."""

    count: int | None = Field(description="null: there was no time to count it yet; ask again.")


class FilterCount(BaseModel):
    """How many contacts a filter holds."""

    count: int


class SegmentList(BaseModel):
    """All segments, by name; of two under one name the model's."""

    segments: list[ListedSegment]


class SegmentPage(NamedFilter):
    """A segment, its size and a part of its contacts."""

    count: int
    page: ContactPage
