"""Events that give a contact nothing, and why, as JSON and in words."""

from __future__ import annotations

from typing import Any

from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.scoring.evidence.union import events_of
from streamprocessor.scoring.plan.unmet import ALTERNATIVES, MISSING, OTHER_TYPE
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer
from streamprocessor.scoring.steps.uncounted import BY_PROXY, BY_SCANNER, LIMIT, NO_RULE, Uncounted

_WORDS = {
    NO_RULE: "no rule asks for its type",
    BY_SCANNER: "a program did it",
    BY_PROXY: "a mail proxy opened it",
}


def uncounted_answer(scorer: Scorer, record: Record) -> list[dict[str, Any]]:
    """The stored events that give no score anything, the newest first, each with its reasons as sentences."""
    reasons = scorer.uncounted(record)
    events = sorted(events_of(record), key=lambda event: (event.occurred_at_ms, event.id), reverse=True)
    return [
        {
            "event_id": event.id,
            "type": event.type,
            "occurred_at": format_rfc3339(event.occurred_at_ms),
            "why": [_sentence(why) for why in reasons[event.id]],
        }
        for event in events
        if event.id in reasons
    ]


def _sentence(why: Uncounted) -> str:
    if why.reason in _WORDS:
        return _WORDS[why.reason]
    if why.repeats is not None:
        return f"it repeats {why.repeats}"
    if why.reason == LIMIT or why.unmet is None:
        return f"the limit of {why.rule} is reached"
    path, operator, how = why.unmet
    if operator == ALTERNATIVES:
        return f"{why.rule}: none of its alternatives holds"
    if how == MISSING:
        return f"{why.rule}: {path} is not there"
    if how == OTHER_TYPE:
        return f"{why.rule}: {path} is of a type that `{operator}` never holds for"
    return f"{why.rule}: {path} is not what `{operator}` wants"
