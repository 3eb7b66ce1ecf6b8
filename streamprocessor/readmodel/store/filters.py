"""Contact filters as SQL; `holds` of contract/segment_membership.py judges the same without a database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Select, and_, exists, func, or_, select

from streamprocessor.contract.segment_membership import bounds_nano, compared_text
from streamprocessor.readmodel.store.tables import attributes, contacts, scores
from streamprocessor.scoring.model.contact_filter import AttributeCondition, ContactFilter, Operand, ScoreCondition

MOST_NAMES = 500


class SqlCondition:
    """A condition of a filter: asked of one contact, or answered with all of whom it holds."""

    def __init__(self, row: FromClause, tests: Sequence[ColumnElement[bool]], is_absence: bool = False) -> None:
        """Hold of those who have a row that passes the tests.

        row: the table that knows, under a name of its own. is_absence: hold of those who have no such row.
        """
        self._row = row
        self._tests = tests
        self._is_absence = is_absence

    def holds_of(self, contact_id: ColumnElement[Any]) -> ColumnElement[bool]:
        """Whether it holds of the contact in that column."""
        has_row = exists().where(self._row.c.contact_id == contact_id, *self._tests).correlate_except(self._row)
        return ~has_row if self._is_absence else has_row

    def ids(self) -> Select[Any]:
        """The contacts of whom it holds, each once, out of an index."""
        if self._is_absence:
            anybody = contacts.alias()
            return select(anybody.c.contact_id).where(self.holds_of(anybody.c.contact_id))
        return select(self._row.c.contact_id).where(*self._tests)


def conditions_of(filter_: ContactFilter, besides: tuple[str, str] | None = None) -> list[SqlCondition]:
    """All conditions of a filter; besides: name and value of a score whose conditions are left out."""
    conditions = [_of_score(each) for each in filter_.scores if (each.score, each.value) != besides]
    conditions += [_of_attribute(each) for each in filter_.attributes]
    if filter_.suppressed is not None:
        row = contacts.alias()
        conditions.append(SqlCondition(row, [row.c.suppressed == filter_.suppressed]))
    return conditions


def score_is(columns: Any, condition: ScoreCondition) -> list[ColumnElement[bool]]:
    """What a row of the condition's score must be; columns: of the table or of an alias."""
    tests: list[ColumnElement[bool]] = []
    if condition.stages:
        tests.append(columns.stage.in_(condition.stages))
    low, high = bounds_nano(condition)
    if low is not None:
        tests.append(columns.presented_nano >= low)
    if high is not None:
        tests.append(columns.presented_nano <= high)
    return tests


def _of_score(condition: ScoreCondition) -> SqlCondition:
    row = scores.alias()
    is_score = (row.c.name == condition.score, row.c.value == condition.value)
    return SqlCondition(row, [*is_score, *score_is(row.c, condition)])


def _of_attribute(condition: AttributeCondition) -> SqlCondition:
    row = attributes.alias()
    tests: list[ColumnElement[bool]] = [row.c.name == condition.attribute]
    if condition.equals is not None:
        tests.append(_equals(row.c, condition.equals))
    if condition.one_of is not None:
        tests.append(or_(*(_equals(row.c, operand) for operand in condition.one_of)))
    if condition.contains is not None:
        tests.append(row.c.text.contains(compared_text(condition.contains), autoescape=True))
    if condition.starts_with is not None:
        tests.append(row.c.text.startswith(compared_text(condition.starts_with), autoescape=True))
    if condition.at_least is not None:
        tests.append(row.c.number >= condition.at_least)
    if condition.at_most is not None:
        tests.append(row.c.number <= condition.at_most)
    return SqlCondition(row, tests, is_absence=condition.exists is False)


def _equals(columns: Any, operand: Operand) -> ColumnElement[bool]:
    """A text is compared with what a person would read there; a number, true and false with their like alone."""
    comparison: ColumnElement[bool]
    if isinstance(operand, str):
        comparison = columns.text == compared_text(operand)
    elif isinstance(operand, bool):
        comparison = and_(columns.text == str(operand).lower(), ~columns.is_text)
    else:
        comparison = and_(columns.number == operand, ~columns.is_text)
    return comparison


def attribute_names(connection: Connection) -> list[str]:
    """The names of attributes that contacts have, in order, at most MOST_NAMES of them."""
    names: list[str] = []
    lowest = select(func.min(attributes.c.name))
    name = connection.execute(lowest).scalar()
    while name is not None and len(names) < MOST_NAMES:  # from each to the next in the index: rows are not read
        names.append(name)
        name = connection.execute(lowest.where(attributes.c.name > name)).scalar()
    return names
