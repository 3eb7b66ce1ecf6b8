"""Which contacts are meant, turned into SQL; `holds` of contract/segments.py judges the same without a database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, or_

from streamprocessor.contract.segments import bounds_nano
from streamprocessor.readmodel.tables import attributes, contacts, scores
from streamprocessor.scoring.segments import AttributeCondition, ContactFilter, Operand, ScoreCondition


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
    low, high = bounds_nano(condition)
    if low is not None:
        tests.append(scores.c.presented_nano >= low)
    if high is not None:
        tests.append(scores.c.presented_nano <= high)
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


def _equals(columns: Any, wanted: Operand) -> ColumnElement[bool]:
    """A text is compared with what a person would read there; a number with numbers alone."""
    found: ColumnElement[bool]
    if isinstance(wanted, str):
        found = columns.text == wanted
    elif isinstance(wanted, bool):
        found = columns.text == str(wanted).lower()
    else:
        found = columns.number == wanted
    return found
