"""Questions to the tables, each one SELECT."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, func, or_, select

from streamprocessor.contract.segments import bounds_nano
from streamprocessor.readmodel.filters import narrowed
from streamprocessor.readmodel.spread import Cell, Landmarks, Spread
from streamprocessor.readmodel.tables import contacts, history, hot_leads, scores, segments, tallies
from streamprocessor.scoring.segments import ContactFilter, ScoreCondition

_UNROUNDED = scores.c.unrounded_nano
SHOWN = (
    contacts.c.contact_id,
    contacts.c.updated_at_ms,
    contacts.c.holds_until_ms,
    contacts.c.hot_since_ms,
    contacts.c.suppressed,
    contacts.c.attributes,
)


class Order(NamedTuple):
    """By which score contacts are sorted; value: of a `by` score, "" of any other."""

    score: str
    value: str = ""
    is_descending: bool = True


def page_of_contacts(
    connection: Connection, order: Order, wanted: ContactFilter, limit: int, after: tuple[int, str] | None = None
) -> Sequence[Any]:
    """Contacts that have the score, sorted by it and then by contact; after: position and contact of the one before.

    Rows have SHOWN, unrounded_nano, presented_nano and stage.
    """
    shown = (*SHOWN, scores.c.unrounded_nano, scores.c.presented_nano, scores.c.stage)
    query = narrowed(_with_score(select(*shown), order), wanted, (order.score, order.value))
    position, contact = scores.c.unrounded_nano, scores.c.contact_id
    if order.is_descending:
        query = query.order_by(position.desc(), contact)
    else:
        query = query.order_by(position, contact.desc())
    if after is not None:
        # The bound on the position alone is what the index can begin at.
        if order.is_descending:
            is_later = or_(position < after[0], contact > after[1])
            query = query.where(position <= after[0], is_later)
        else:
            is_later = or_(position > after[0], contact < after[1])
            query = query.where(position >= after[0], is_later)
    return connection.execute(query.limit(limit)).all()


def count_contacts(connection: Connection, wanted: ContactFilter) -> int:
    """How many contacts are wanted."""
    if len(wanted.scores) == 1 and wanted == ContactFilter(scores=wanted.scores):
        return _tallied(connection, wanted.scores[0])
    query = narrowed(select(func.count()).select_from(contacts), wanted)
    return int(connection.execute(query).scalar_one())


def _tallied(connection: Connection, wanted: ScoreCondition) -> int:
    low, high = bounds_nano(wanted)
    return sum(
        cell.contacts
        for cell in _cells(connection, wanted.score, wanted.value)
        if (not wanted.stages or cell.stage in wanted.stages)
        and (low is None or (cell.presented_nano is not None and cell.presented_nano >= low))
        and (high is None or (cell.presented_nano is not None and cell.presented_nano <= high))
    )


def scores_of(connection: Connection, contact_ids: Collection[str]) -> dict[str, list[Any]]:
    """All score rows of the contacts, in order of name and, within a `by` score, the strongest first."""
    query = (
        select(scores)
        .where(scores.c.contact_id.in_(contact_ids))
        .order_by(scores.c.contact_id, scores.c.name, scores.c.unrounded_nano.desc(), scores.c.value)
    )
    found: dict[str, list[Any]] = {contact_id: [] for contact_id in contact_ids}
    for row in connection.execute(query):
        found[row.contact_id].append(row)
    return found


def contact_row(connection: Connection, contact_id: str) -> Any | None:
    """SHOWN and the record of one contact; None: there is none."""
    query = select(*SHOWN, contacts.c.record).where(contacts.c.contact_id == contact_id)
    return connection.execute(query).one_or_none()


def spread_of(connection: Connection, score: str, value: str) -> Spread:
    """How the score is spread over all contacts that have it."""
    cells = _cells(connection, score, value)
    shown: Counter[int] = Counter()
    for cell in cells:
        if cell.presented_nano is not None:
            shown[cell.presented_nano] += cell.contacts
    if not shown:
        return Spread(cells, None)
    of_score = (
        select(scores.c.unrounded_nano).where(scores.c.name == score, scores.c.value == value).order_by(_UNROUNDED)
    )
    count = shown.total()
    ends = (_nth(connection, of_score, shown, 0), _nth(connection, of_score, shown, count - 1))
    middles = [_nth(connection, of_score, shown, middle) for middle in {(count - 1) // 2, count // 2}]
    return Spread(cells, Landmarks(ends[0], sum(middles) / len(middles), ends[1]))


def steps_of(connection: Connection, contact_id: str, before: int | None, limit: int) -> Sequence[Any]:
    """The contact's announced steps, the newest first; before: a sequence number that they are below."""
    query = (
        select(history.c.sequence, history.c.said)
        .join(contacts, contacts.c.contact_id == history.c.contact_id)
        .where(history.c.contact_id == contact_id, history.c.at_ms > contacts.c.born_ms)
        .order_by(history.c.sequence.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(history.c.sequence < before)
    return connection.execute(query).all()


def hot_leads_before(connection: Connection, before: int | None, limit: int) -> Sequence[Any]:
    """Announced hot leads whose contacts are there, the newest first; before: a number that they are below."""
    query = _hot_leads().order_by(hot_leads.c.number.desc()).limit(limit)
    if before is not None:
        query = query.where(hot_leads.c.number < before)
    return connection.execute(query).all()


def hot_leads_after(connection: Connection, after: int, limit: int) -> Sequence[Any]:
    """Announced hot leads, the oldest first, with numbers above `after`; their contacts may be on the way still."""
    query = select(hot_leads.c.number, hot_leads.c.said).where(hot_leads.c.number > after)
    return connection.execute(query.order_by(hot_leads.c.number).limit(limit)).all()


def newest_hot_lead(connection: Connection) -> int:
    """The number of the last one; 0: there was none."""
    return connection.execute(select(func.max(hot_leads.c.number))).scalar() or 0


def values_of(connection: Connection, score: str) -> Sequence[Any]:
    """(value, contacts) of a `by` score, the most common first."""
    count = func.sum(tallies.c.contacts)
    query = (
        select(tallies.c.value, count.label("contacts"))
        .where(tallies.c.name == score, tallies.c.value != "")
        .group_by(tallies.c.value)
        .order_by(count.desc(), tallies.c.value)
        .limit(1_000)
    )
    return connection.execute(query).all()


def all_segments(connection: Connection) -> Sequence[Any]:
    """(name, filter) of every kept segment, by name."""
    return connection.execute(select(segments).order_by(segments.c.name)).all()


def segment_filter(connection: Connection, name: str) -> str | None:
    """The JSON of a kept segment's filter; None: there is none of that name."""
    return connection.execute(select(segments.c.filter).where(segments.c.name == name)).scalar()


def _with_score(query: Select[Any], order: Order) -> Select[Any]:
    return (
        query.select_from(scores)
        .join(contacts, contacts.c.contact_id == scores.c.contact_id)
        .where(scores.c.name == order.score, scores.c.value == order.value)
    )


def _hot_leads() -> Select[Any]:
    # A row may come before its contact's does; one of an erased contact is on its way out.
    return (
        select(hot_leads.c.number, hot_leads.c.said)
        .join(contacts, contacts.c.contact_id == hot_leads.c.contact_id)
        .where(hot_leads.c.at_ms > contacts.c.born_ms)
    )


def _cells(connection: Connection, score: str, value: str) -> list[Cell]:
    query = select(tallies.c.presented_nano, tallies.c.stage, tallies.c.contacts)
    rows = connection.execute(query.where(tallies.c.name == score, tallies.c.value == value))
    return [Cell(int(shown) if shown else None, stage or None, contacts) for shown, stage, contacts in rows]


def _nth(connection: Connection, of_score: Select[Any], shown: Mapping[int, int], index: int) -> int:
    """The unrounded score at the index, from the lowest on; only those shown like it are looked through.

    Midway between two presented scores lies what separates them: rounding is by halves of the same step.
    """
    marks = sorted(shown)
    at = 0
    while index >= shown[marks[at]]:
        index -= shown[marks[at]]
        at += 1
    query = of_score
    if at > 0:
        query = query.where(-(-(marks[at - 1] + marks[at]) // 2) <= _UNROUNDED)
    if at + 1 < len(marks):
        query = query.where(-(-(marks[at] + marks[at + 1]) // 2) > _UNROUNDED)
    return int(connection.execute(query.offset(index).limit(1)).scalar_one())
