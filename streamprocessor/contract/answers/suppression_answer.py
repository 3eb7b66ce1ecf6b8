"""Why a contact may not be written to, as JSON shows it."""

from __future__ import annotations

from typing import Any

from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.scoring.evidence.union import suppression_of
from streamprocessor.scoring.record.record import Record

UPDATE = "update"
"""Stands in place of an event's type where an explicit update said it."""


def suppression_answer(record: Record) -> dict[str, Any] | None:
    """Since when (since), by which event or update (id), and its type (by); None: the contact is not suppressed."""
    word = suppression_of(record)
    if not word.suppressed:
        return None
    return {"since": format_rfc3339(word.occurred_at_ms), "by": word.type or UPDATE, "id": word.id}
