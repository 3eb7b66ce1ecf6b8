"""What evidence would get of events that are read again, counted by type and by rule."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from streamprocessor.contract.changelog.record_codec import decode_record
from streamprocessor.scoring.evidence.retained import (
    ADDED,
    ENRICHED,
    FOLDED,
    KNOWN,
    OBJECTED,
    missing_since_ms,
    outcome_of,
    rules_without,
)
from streamprocessor.scoring.model.model import Model
from streamprocessor.scoring.plan.compile import compile_model
from streamprocessor.scoring.record.facts import RetainedEvent
from streamprocessor.scoring.record.record import Record

LEAVES_MORE = frozenset({ADDED, ENRICHED})


class Inventory:
    """Counts what becomes of retained events under a model.

    by_type: what becomes of the events of each type, and of how many.
    folded: how many matches of each rule ("score/rule") can't be had any more, for their events went into sums.
    elsewhere: events of contacts that belong to another partition, which their workers look at.
    """

    def __init__(self, model: Model) -> None:
        """Begin with nothing counted."""
        self.plan = compile_model(model)
        self.by_type: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.folded: Counter[str] = Counter()
        self.elsewhere = 0

    @property
    def to_send(self) -> int:
        """How many events there are of which evidence would get more."""
        return sum(
            count for outcomes in self.by_type.values() for word, count in outcomes.items() if word in LEAVES_MORE
        )

    def is_missing(self, fact: RetainedEvent) -> bool:
        """Whether evidence may lack something of an event that arrived then; of others it stored all."""
        return fact.event.arrival_ms < missing_since_ms(self.plan, fact.event.type)

    def brings_more(self, record: Record, fact: RetainedEvent) -> bool:
        """Whether the contact's evidence would get more by the event, which is counted."""
        outcome = self._outcome(record, fact)
        self.by_type[fact.event.type][outcome] += 1
        if outcome == FOLDED:
            self.folded.update(rules_without(self.plan, fact))
        return outcome in LEAVES_MORE

    def _outcome(self, record: Record, fact: RetainedEvent) -> str:
        links = record.links
        if links is not None and (links.objected[0] or fact.occurred_at_ms <= links.erased_at_ms):
            return OBJECTED
        return outcome_of(self.plan, record, fact)

    def as_json(self) -> dict[str, Any]:
        """The counts, for programs."""
        return {
            "types": [
                {
                    "type": type_,
                    "retained": outcomes.total(),
                    **{word: outcomes[word] for word in (ADDED, ENRICHED, KNOWN, FOLDED)},
                    "forbidden": outcomes[OBJECTED],
                }
                for type_, outcomes in sorted(self.by_type.items())
            ],
            "folded": [{"rule": rule, "matches": count} for rule, count in sorted(self.folded.items())],
            "elsewhere": self.elsewhere,
        }


MOST_DECODED = 5_000


class StoredRecords:
    """The records of a partition, each decoded when it is asked for; the last ones are remembered."""

    def __init__(self, values: dict[bytes, bytes]) -> None:
        """values: encoded records by contact key."""
        self._values = values
        self._known: dict[bytes, Record] = {}

    def of(self, key: bytes) -> Record:
        """The contact's record, with its events unpacked; of one that is not there, a blank one."""
        record = self._known.get(key)
        if record is None:
            if len(self._known) >= MOST_DECODED:
                self._known.clear()
            value = self._values.get(key)
            record = self._known[key] = Record() if value is None else decode_record(value)
            record.evidence.replace(record.evidence.events())
        return record
