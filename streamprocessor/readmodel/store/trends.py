"""What a score was before it changed last, for lists of contacts."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import orjson
from sqlalchemy import Connection

from streamprocessor.readmodel.store.queries import SortOrder, last_steps_of

_FEW_STEPS, _MANY_STEPS = 3, 64
_UNKNOWN = {"previous": None, "changed_at": None}


def trends_of(connection: Connection, order: SortOrder, contact_ids: Collection[str]) -> dict[str, dict[str, Any]]:
    """Of each contact `previous`, what the score was before it changed last, and `changed_at`, when that was.

    Both None where its last steps don't tell: other scores changed since, or it never was announced.
    """
    found: dict[str, dict[str, Any]] = {}
    for steps in (_FEW_STEPS, _MANY_STEPS):
        missing = [contact_id for contact_id in contact_ids if contact_id not in found]
        if missing:
            for contact_id, said in last_steps_of(connection, missing, steps).items():
                if trend := _trend(order, said):
                    found[contact_id] = trend
    return {contact_id: found.get(contact_id, _UNKNOWN) for contact_id in contact_ids}


def _trend(order: SortOrder, steps: Collection[str]) -> dict[str, Any] | None:
    for said in steps:
        step = orjson.loads(said)
        score = step["scores"].get(order.score)
        if order.value and score is not None:
            score = score["values"].get(order.value)
        if score is not None and ("previous" in score or "previous_stage" in score):
            return {"previous": score.get("previous"), "changed_at": step["at"]}
    return None
