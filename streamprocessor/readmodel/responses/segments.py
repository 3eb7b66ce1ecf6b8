"""Segments, and the contacts in them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from streamprocessor.readmodel.responses.contacts import ContactPage
from streamprocessor.readmodel.strict_filters import ContactFilter


class Segment(BaseModel):
    """A filter under a name, and how many contacts it held some seconds ago."""

    name: str
    from_: Literal["model", "api"] = Field(alias="from", description="Where it was said.")
    shadows: bool = Field(description="The model's hides one that was put under the same name.")
    filter: ContactFilter
    count: int


class CountedSegment(Segment):
    """A segment in a list."""

    count: int | None = Field(description="null: there was no time to count it yet; ask again.")  # type: ignore[assignment]


class Segments(BaseModel):
    """All segments, by name; of two under one name the model's."""

    segments: list[CountedSegment]


class SegmentPage(Segment):
    """A segment, its size and a part of its contacts."""

    page: ContactPage
