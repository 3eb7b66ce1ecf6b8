"""What scores were before they changed last, or at an instant, for lists of contacts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple, TypeAlias

import orjson
from sqlalchemy import Connection, ScalarSelect, select

from streamprocessor.readmodel.store.queries import SortOrder, last_steps_of
from streamprocessor.readmodel.store.tables import contacts, history

_FEW_STEPS, _MANY_STEPS = 3, 64


class Trend(NamedTuple):
    """How a score changed last.

    previous: what it was before, as announced; None of a label. changed_at: when that was, RFC 3339. Both None where
    the contact's last steps don't tell: other scores changed since, or it never was announced.
    """

    previous: int | float | None = None
    changed_at: str | None = None


ScorePlace: TypeAlias = tuple[str, str]
"""A score's name and, of a `by` score, its value; "" of any other."""


class FormerScore(NamedTuple):
    """A score as it was announced. score: None of a label, or of none. stage: None where it had none."""

    score: int | float | None
    stage: str | None


def scores_before(
    connection: Connection, contact_ids: Collection[str], at_ms: int
) -> dict[str, dict[ScorePlace, FormerScore]]:
    """The scores of the contacts as they were shown at at_ms; none of whom nothing was ever announced.

    Of those who were announced later only, or whose earlier steps were dropped, what the first step says was before it.
    """
    last, first = _announcement(at_ms).label("last"), _announcement(None).label("first")
    query = select(contacts.c.contact_id, last, first).where(contacts.c.contact_id.in_(contact_ids))
    former: dict[str, dict[ScorePlace, FormerScore]] = {contact_id: {} for contact_id in contact_ids}
    for row in connection.execute(query):
        if row.first is not None:
            former[row.contact_id] = _former_scores(orjson.loads(row.last or row.first), is_later=row.last is None)
    return former


def _announcement(until_ms: int | None) -> ScalarSelect[Any]:
    """Of the last step up to then, or of the first one of all; read from that end of the index alone."""
    at_ms = history.c.at_ms + 0  # not through the index of instants, which PostgreSQL takes to hold few of a contact's
    query = select(history.c.said).where(history.c.contact_id == contacts.c.contact_id, at_ms > contacts.c.born_ms)
    if until_ms is None:
        query = query.order_by(history.c.sequence)
    else:
        query = query.where(at_ms <= until_ms).order_by(history.c.sequence.desc())
    return query.limit(1).scalar_subquery()


def _former_scores(step: Mapping[str, Any], is_later: bool) -> dict[ScorePlace, FormerScore]:
    """What the step says of all scores; is_later: what it says was before it."""
    former: dict[ScorePlace, FormerScore] = {}
    for name, score in step["scores"].items():
        if score is None:
            continue
        values = score.get("values", {"": score})
        for value, shown in values.items():
            if shown is None:
                continue
            of_before = is_later and _has_changed(shown)
            words = ("previous", "previous_stage") if of_before else ("score", "stage")
            former[name, value] = FormerScore(shown.get(words[0]), shown.get(words[1]))
    return former


def trends_of(connection: Connection, order: SortOrder, contact_ids: Collection[str]) -> dict[str, Trend]:
    """How the score changed last, of each of the contacts."""
    trends: dict[str, Trend] = {}
    for steps in (_FEW_STEPS, _MANY_STEPS):
        missing = [contact_id for contact_id in contact_ids if contact_id not in trends]
        if missing:
            for contact_id, announcements in last_steps_of(connection, missing, steps).items():
                if (trend := _trend(order, announcements)) is not None:
                    trends[contact_id] = trend
    return {contact_id: trends.get(contact_id, Trend()) for contact_id in contact_ids}


def last_change(
    announcements: Iterable[str], name: str, value: str
) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
    """The first step of these announcements that changed the score, and what it says of that; None: none of them did.

    value: of a `by` score; "" of any other.
    """
    for announcement in announcements:
        step = orjson.loads(announcement)
        score = step["scores"].get(name)
        if value and score is not None:
            score = score["values"].get(value)
        if score is not None and _has_changed(score):
            return step, score
    return None


def _trend(order: SortOrder, announcements: Collection[str]) -> Trend | None:
    found = last_change(announcements, order.score, order.value)
    if found is None:
        return None
    step, score = found
    return Trend(score.get("previous"), step["at"])


def _has_changed(score: Mapping[str, Any]) -> bool:
    """Whether the step that says this of a score changed it."""
    return "previous" in score or "previous_stage" in score
