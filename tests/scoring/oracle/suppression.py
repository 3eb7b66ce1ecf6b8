"""Who may not be written to any more, as SCORING.md has it: the last word of events and explicit updates."""

from __future__ import annotations

from collections.abc import Iterable

from streamprocessor.scoring.model.model import Model
from streamprocessor.scoring.record.facts import SCANNER, Event, InputFact, SuppressionChanged
from tests.scoring.oracle.evidence import plain, until

FOR_EVER_MS = 10**17


def is_suppressed(model: Model, facts: Iterable[InputFact]) -> bool:
    facts = list(facts)
    said = [(f.occurred_at_ms, f.id, f.suppressed) for f in facts if isinstance(f, SuppressionChanged)]
    for event in until(plain(model, facts), FOR_EVER_MS).events:
        word = word_of(model, event)
        if word is not None and event.actor != SCANNER:
            said.append((event.occurred_at_ms, event.id, word))
    return max(said)[2] if said else False


def word_of(model: Model, event: Event) -> bool | None:
    """What the event says of suppression, whoever did it; None: nothing."""
    names = {event.type}
    kind = event.properties.get("kind")
    if event.type == "email_bounce" and isinstance(kind, str) and kind.casefold() == "hard":
        names.add("hard_bounce")
    if names & set(model.suppression.by):
        return True
    return False if names & set(model.suppression.lifted_by) else None
