"""Questions to the tallies, which count the contacts that are shown alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, func, select

from streamprocessor.contract.segment_membership import bounds_nano
from streamprocessor.readmodel.store.distribution import Distribution, Landmarks, StageCell
from streamprocessor.readmodel.store.tables import scores, tallies
from streamprocessor.scoring.model.contact_filter import ScoreCondition


def tallied_contacts(connection: Connection, condition: ScoreCondition) -> int:
    """How many contacts the condition on a score holds."""
    low, high = bounds_nano(condition)
    return sum(
        cell.contacts
        for cell in _cells(connection, condition.score, condition.value)
        if (not condition.stages or cell.stage in condition.stages)
        and (low is None or (cell.presented_nano is not None and cell.presented_nano >= low))
        and (high is None or (cell.presented_nano is not None and cell.presented_nano <= high))
    )


def distribution_of(connection: Connection, score: str, value: str) -> Distribution:
    """How the score is spread over all contacts that have it."""
    cells = _cells(connection, score, value)
    shown: Counter[int] = Counter()
    for cell in cells:
        if cell.presented_nano is not None:
            shown[cell.presented_nano] += cell.contacts
    if not shown:
        return Distribution(cells, None)
    query = select(scores.c.unrounded_nano).where(scores.c.name == score, scores.c.value == value)
    count = shown.total()
    (lowest,), (highest,) = (_places(connection, query, shown, at, 1) for at in (0, count - 1))
    middles = _places(connection, query, shown, (count - 1) // 2, 2 - count % 2)
    return Distribution(cells, Landmarks(lowest, sum(middles) / len(middles), highest))


def values_of(connection: Connection, score: str) -> Sequence[Any]:
    """The values of a `by` score, (value, contacts) of each, the most common first."""
    count = func.sum(tallies.c.contacts)
    query = (
        select(tallies.c.value, count.label("contacts"))
        .where(tallies.c.name == score, tallies.c.value != "")
        .group_by(tallies.c.value)
        .order_by(count.desc(), tallies.c.value)
        .limit(1_000)
    )
    return connection.execute(query).all()


def stages_of_all(connection: Connection) -> Sequence[Any]:
    """How many contacts stand in each stage, (name, stage, contacts) of each score that is not `by` a value."""
    query = select(tallies.c.name, tallies.c.stage, func.sum(tallies.c.contacts).label("contacts"))
    query = query.where(tallies.c.value == "", tallies.c.stage != "").group_by(tallies.c.name, tallies.c.stage)
    return connection.execute(query).all()


def _cells(connection: Connection, score: str, value: str) -> list[StageCell]:
    query = select(tallies.c.presented_nano, tallies.c.stage, tallies.c.contacts)
    rows = connection.execute(query.where(tallies.c.name == score, tallies.c.value == value))
    return [StageCell(int(shown) if shown else None, stage or None, contacts) for shown, stage, contacts in rows]


def _places(connection: Connection, query: Select[Any], shown: Mapping[int, int], first: int, count: int) -> list[int]:
    """The unrounded scores at these places, from the lowest on; of the query only those shown alike are looked through.

    That is from the nearer end of them: half of a million contacts may be shown alike.
    """
    marks = sorted(shown)
    at = 0
    while first >= shown[marks[at]]:
        first -= shown[marks[at]]
        at += 1
    here = min(count, shown[marks[at]] - first)
    unrounded, behind = scores.c.unrounded_nano, shown[marks[at]] - first - here
    alike = query.where(scores.c.presented_nano == marks[at])
    nearer = (
        alike.order_by(unrounded).offset(first) if first < behind else alike.order_by(unrounded.desc()).offset(behind)
    )
    places = sorted(int(value) for value in connection.execute(nearer.limit(here)).scalars())
    if here < count:
        places += _places(connection, query, {mark: shown[mark] for mark in marks[at + 1 :]}, 0, count - here)
    return places
