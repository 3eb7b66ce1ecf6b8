"""What a score was before it changed last, for lists of contacts."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import orjson
from sqlalchemy import Connection

from streamprocessor.readmodel.store.queries import SortOrder, last_steps_of

_FEW_STEPS, _MANY_STEPS = 3, 64


class Trend(NamedTuple):
    """How a score changed last.

    previous: what it was before, as announced; None of a label. changed_at: when that was, RFC 3339. Both None where
    the contact's last steps don't tell: other scores changed since, or it never was announced.
    """

    previous: int | float | None = None
    changed_at: str | None = None


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


def _trend(order: SortOrder, announcements: Collection[str]) -> Trend | None:
    for announcement in announcements:
        step = orjson.loads(announcement)
        score = step["scores"].get(order.score)
        if order.value and score is not None:
            score = score["values"].get(order.value)
        if score is not None and ("previous" in score or "previous_stage" in score):
            return Trend(score.get("previous"), step["at"])
    return None
