"""How many hot leads a model would have announced lately of a contact, by the evidence that its record still holds.

The events that arrived since an instant are applied again one by one, in the order in which they arrived, to what the
record held before; the law itself says which of them makes a hot lead. Attributes, verdicts and links are those of
now, and of events no more than is stored: what no rule asked for when it came is not there, and what was compacted is
as if it had been there from the beginning. So since_ms is to be no longer ago than the model's correction window.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from streamprocessor.scoring.events.acts import ACT, act_of
from streamprocessor.scoring.evidence.derive import derive
from streamprocessor.scoring.evidence.union import attributes_of, compacted_of, events_of, verdicts_of
from streamprocessor.scoring.model.model import END_OF_TIME_MS
from streamprocessor.scoring.plan.compile import compile_model
from streamprocessor.scoring.record.evidence import StoredEvent
from streamprocessor.scoring.record.facts import Event
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.scorer import Scorer
from streamprocessor.scoring.steps.next_change import score_at


class RecentHotLeads:
    """Counts the hot leads that one model makes of contacts' latest events."""

    def __init__(self, scorer: Scorer) -> None:
        """Count by this scorer."""
        self._scorer, self._plan = scorer, compile_model(scorer.model)
        self._hot_stages = scorer.model.hot_stages()

    def count(self, record: Record, since_ms: int, until_ms: int) -> int:
        """How many are announced by events that arrived after since_ms and up to until_ms.

        record: of the scorer's model; it stays as it is. 0 of a contact whose compacted evidence lies under several
        ids: what of it was there at since_ms can't be told.
        """
        if not self._hot_stages or len(compacted_of(record)) > 1:
            return 0
        events = events_of(record)
        late = [event for event in events if since_ms < event.arrival_ms <= until_ms]
        if not late:
            return 0
        before = self._as_of(record, [event for event in events if event.arrival_ms <= since_ms], since_ms)
        late.sort(key=lambda event: (event.arrival_ms, event.occurred_at_ms, event.id))
        hot_leads = 0
        for event in late:
            for step in self._scorer.apply_in_place(before, [_fact(event)]).steps:
                hot_leads += len(step.hot_leads)
        return hot_leads

    def _as_of(self, record: Record, events: list[StoredEvent], at_ms: int) -> Record:
        """The record as it would be with these events alone, its scores shown as they are at at_ms."""
        before = self._scorer.blank()
        before.revision, before.at_ms, before.holds_until_ms = record.revision, at_ms, at_ms
        before.attributes, before.verdicts = attributes_of(record), verdicts_of(record)
        before.suppressed = record.suppressed
        before.compacted = deepcopy(next(iter(compacted_of(record)), None))
        before.compact_at_ms = END_OF_TIME_MS
        before.evidence.replace(_as_if_again(event) for event in events)
        before.derived = derive(self._plan, before)
        for name in before.shown:
            score = score_at(self._plan.by_name[name], before, before.derived, at_ms)
            before.shown[name] = (score.presented_nano, score.stage)
            if score.stage in self._hot_stages.get(name, ()):
                before.episodes[name] = (1, None)
        return before


def _as_if_again(event: StoredEvent) -> StoredEvent:
    """The event as it would be stored if it came again: a form submission's act is known by what is left of it."""
    if ACT not in event.properties:
        return event
    return event._replace(properties=event.properties | {ACT: act_of(_fact(event).properties)})


def _fact(event: StoredEvent) -> Event:
    """The stored event as if it came again."""
    sections: dict[str, Any] = {"properties": {}, "context": {}}
    for path in sorted(event.properties, key=len):
        *outer, key = path.split(".")
        if not outer or outer[0] not in sections:
            continue
        place = sections
        for name in outer:
            place = place.setdefault(name, {})
            if not isinstance(place, dict):
                break
        else:
            place.setdefault(key, event.properties[path])
    # Two submissions are one act where they were one when they came: what else told them apart is not stored.
    sections["properties"][ACT] = event.properties.get(ACT, event.id)
    return Event(
        event.id,
        event.type,
        event.occurred_at_ms,
        event.arrival_ms,
        sections["properties"],
        sections["context"],
        event.actor,
    )
