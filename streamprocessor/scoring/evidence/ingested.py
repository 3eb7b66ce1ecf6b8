"""What a micro-batch's facts brought to one record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from types import MappingProxyType

from streamprocessor.scoring.evidence.derive import RuleMatch
from streamprocessor.scoring.model.model import NO_NEWS, Model
from streamprocessor.scoring.record.evidence import StoredEvent


class Ingested:
    """What a micro-batch's facts brought to one record.

    news: the events that were new; joined_ids: the ids of those that came with the evidence of others.
    matches: (rule, event, amount) in the order in which they were counted.
    rules_changed: points, by number, of the attribute rules that began or ceased to hold.
    first_moved: whether the contact's first event is another one.
    attributes_written: whether an attribute was.
    announces: None: no attributes came; False: none that may have the contact announced as a hot lead.
    duplicates: how many facts were known already.
    repeats: the ids of the new events that repeat another one; they are no news.
    retained: what became of the events that were read again, and of how many; None: there were none.
    capped: how many attributes were dropped, for there were too many.
    stale: whether something known was displaced, so that all must be derived anew.
    """

    rules_changed: Mapping[int, int] = MappingProxyType({})
    first_moved: bool = False
    attributes_written: bool = False
    announces: bool | None = None
    duplicates: int = 0
    capped: int = 0
    stale: bool = False
    repeats: frozenset[str] = frozenset()
    retained: Counter[str] | None = None

    def __init__(self) -> None:
        """Begin with nothing."""
        self.news: list[StoredEvent] = []
        self.joined_ids: Collection[str] = ()
        self.matches: list[RuleMatch] = []

    @property
    def cause(self) -> str:
        """What made the step: events read again, events, else attributes, else a correction of what was known."""
        if self.retained is not None:
            return "model"
        return "event" if self.news or self.first_moved else "attributes" if self.attributes_written else "correction"

    def news_age_ms(self, model: Model) -> int | None:
        """How long after it had occurred the freshest event arrived; None: the step is by no event.

        NO_NEWS: nor by news: what is read again announces nobody, unless the change to the model does.
        """
        if self.retained is not None:
            return None if model.announce_hot_leads else NO_NEWS
        ages = [event.arrival_ms - event.occurred_at_ms for event in self.news]
        return min(ages, default=NO_NEWS if self.announces is False else None)
