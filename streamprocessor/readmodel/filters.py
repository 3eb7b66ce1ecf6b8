"""Which contacts are meant, as data: checked, kept as a segment, and turned into SQL."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import ColumnElement, Select, and_, exists, or_

from streamprocessor.readmodel.rows import MAX_TEXT
from streamprocessor.readmodel.tables import attributes, contacts, scores
from streamprocessor.scoring.model import NANO

_MOST = 50


def _storable(text: str) -> str:
    if "\0" in text:
        message = "wanted a text without zero bytes"
        raise ValueError(message)
    return text


Text = Annotated[str, Field(max_length=MAX_TEXT), AfterValidator(_storable)]
Word = Annotated[str, Field(min_length=1, max_length=MAX_TEXT), AfterValidator(_storable)]
Number = Annotated[float, Field(ge=-1e15, le=1e15, allow_inf_nan=False)]
Points = Annotated[float, Field(ge=-4_000_000, le=4_000_000, allow_inf_nan=False)]


class ScoreCondition(BaseModel):
    """Contacts whose score is so. value: which one of a `by` score."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    score: Word
    value: Text = ""
    stages: list[Word] = Field(default=[], max_length=_MOST, description="One of these; none: any.")
    at_least: Points | None = Field(None, description="The presented score.")
    at_most: Points | None = None


class AttributeCondition(BaseModel):
    """Contacts whose attribute is so; exactly one of the conditions."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    attribute: Word
    equals: Text | bool | Number | None = None
    one_of: list[Text | bool | Number] | None = Field(None, min_length=1, max_length=_MOST)
    exists: bool | None = None
    contains: Word | None = None
    starts_with: Word | None = None
    at_least: Number | None = None
    at_most: Number | None = None

    @model_validator(mode="after")
    def _one_condition(self) -> AttributeCondition:
        given = [name for name in _CONDITIONS if getattr(self, name) is not None]
        if len(given) != 1 and set(given) != {"at_least", "at_most"}:
            message = f"attribute '{self.attribute}': wanted one condition; got {', '.join(given) or 'none'}"
            raise ValueError(message)
        return self


_CONDITIONS = ("equals", "one_of", "exists", "contains", "starts_with", "at_least", "at_most")


class ContactFilter(BaseModel):
    """Contacts of whom all of this holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    scores: list[ScoreCondition] = Field(default=[], max_length=_MOST)
    attributes: list[AttributeCondition] = Field(default=[], max_length=_MOST)
    suppressed: bool | None = None


def narrowed(query: Select[Any], wanted: ContactFilter, sorted_by: tuple[str, str] | None = None) -> Select[Any]:
    """The query over contacts, of those that are wanted.

    sorted_by: name and value of the score whose rows are in the query already; None: none are.
    """
    for condition in wanted.scores:
        if (condition.score, condition.value) == sorted_by:
            query = query.where(*_score_is(condition))
        else:
            has_it = and_(
                scores.c.contact_id == contacts.c.contact_id,
                scores.c.name == condition.score,
                scores.c.value == condition.value,
                *_score_is(condition),
            )
            query = query.where(exists().where(has_it).correlate(contacts))
    for attribute in wanted.attributes:
        query = query.where(_attribute_is(attribute))
    if wanted.suppressed is not None:
        query = query.where(contacts.c.suppressed == wanted.suppressed)
    return query


def _score_is(condition: ScoreCondition) -> list[ColumnElement[bool]]:
    tests: list[ColumnElement[bool]] = []
    if condition.stages:
        tests.append(scores.c.stage.in_(condition.stages))
    if condition.at_least is not None:
        tests.append(scores.c.presented_nano >= round(condition.at_least * NANO))
    if condition.at_most is not None:
        tests.append(scores.c.presented_nano <= round(condition.at_most * NANO))
    return tests


def _attribute_is(condition: AttributeCondition) -> ColumnElement[bool]:
    row = attributes.alias()
    tests: list[ColumnElement[bool]] = []
    if condition.equals is not None:
        tests.append(_equals(row.c, condition.equals))
    if condition.one_of is not None:
        tests.append(or_(*(_equals(row.c, wanted) for wanted in condition.one_of)))
    if condition.contains is not None:
        tests.append(row.c.text.contains(condition.contains, autoescape=True))
    if condition.starts_with is not None:
        tests.append(row.c.text.startswith(condition.starts_with, autoescape=True))
    if condition.at_least is not None:
        tests.append(row.c.number >= condition.at_least)
    if condition.at_most is not None:
        tests.append(row.c.number <= condition.at_most)
    has_it = (
        exists()
        .where(row.c.contact_id == contacts.c.contact_id, row.c.name == condition.attribute, *tests)
        .correlate(contacts)
    )
    return ~has_it if condition.exists is False else has_it


def _equals(columns: Any, wanted: str | bool | float) -> ColumnElement[bool]:
    """A text is compared with what a person would read there; a number with numbers alone."""
    found: ColumnElement[bool]
    if isinstance(wanted, str):
        found = columns.text == wanted
    elif isinstance(wanted, bool):
        found = columns.text == str(wanted).lower()
    else:
        found = columns.number == wanted
    return found
