"""Which contacts are meant, turned into SQL; `holds` of contract/segments.py judges the same without a database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, exists, or_, select

from streamprocessor.contract.segment_membership import bounds_nano
from streamprocessor.readmodel.store.tables import attributes, contacts, scores
from streamprocessor.scoring.model.contact_filter import AttributeCondition, ContactFilter, Operand, ScoreCondition


class SqlCondition:
    """One of a filter's conditions: asked of one contact, or answered with all of whom it holds.

    row: the table that knows, under a name of its own. is_absence: it holds of those who have no such row.
    """

    def __init__(self, row: FromClause, tests: Sequence[ColumnElement[bool]], is_absence: bool = False) -> None:
        self._row = row
        self._tests = tests
        self._is_absence = is_absence

    def holds_of(self, contact_id: ColumnElement[Any]) -> ColumnElement[bool]:
        """Whether it holds of the contact in that column."""
        found = exists().where(self._row.c.contact_id == contact_id, *self._tests).correlate_except(self._row)
        return ~found if self._is_absence else found

    def ids(self) -> Select[Any]:
        """The contacts of whom it holds, each once, out of an index."""
        if self._is_absence:
            anybody = contacts.alias()
            return select(anybody.c.contact_id).where(self.holds_of(anybody.c.contact_id))
        return select(self._row.c.contact_id).where(*self._tests)


def conditions_of(wanted: ContactFilter, besides: tuple[str, str] | None = None) -> list[SqlCondition]:
    """All conditions of a filter; besides: name and value of a score whose conditions are left out."""
    found = [_of_score(each) for each in wanted.scores if (each.score, each.value) != besides]
    found += [_of_attribute(each) for each in wanted.attributes]
    if wanted.suppressed is not None:
        row = contacts.alias()
        found.append(SqlCondition(row, [row.c.suppressed == wanted.suppressed]))
    return found


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
        tests.append(or_(*(_equals(row.c, wanted) for wanted in condition.one_of)))
    if condition.contains is not None:
        tests.append(row.c.text.contains(condition.contains, autoescape=True))
    if condition.starts_with is not None:
        tests.append(row.c.text.startswith(condition.starts_with, autoescape=True))
    if condition.at_least is not None:
        tests.append(row.c.number >= condition.at_least)
    if condition.at_most is not None:
        tests.append(row.c.number <= condition.at_most)
    return SqlCondition(row, tests, is_absence=condition.exists is False)


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
