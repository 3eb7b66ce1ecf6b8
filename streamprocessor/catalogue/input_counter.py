"""Records of the input topics, counted in a catalogue as they are read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from streamprocessor.catalogue.catalogue import Catalogue, FactCounter
from streamprocessor.catalogue.rule_watch import RuleWatch, kept_types
from streamprocessor.contract.events.event_fields import contact_of
from streamprocessor.contract.events.events import ValueDecoder
from streamprocessor.errors import RecordError
from streamprocessor.scoring.model.model import Model
from streamprocessor.scoring.record.facts import AttributesWritten, Event


class InputRecord(Protocol):
    """A record as a consumer of Kafka has it. timestamp: its arrival in epoch milliseconds."""

    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]
    timestamp: int


class InputCounter:
    """Counts events and attributes in a catalogue, and what the rules of a model make of them.

    model: the one that is counted under.
    held_types: of events that records hold under it; None: all.
    """

    model: Model
    held_types: frozenset[str] | None

    def __init__(self, catalogue: Catalogue, model: Model) -> None:
        self._facts = FactCounter(catalogue)
        self.use(model)

    def use(self, model: Model) -> None:
        """Count under this model from now on."""
        self.model, self.held_types = model, kept_types(model)
        self._rules = RuleWatch(self._facts.catalogue, model)

    def add(self, record: InputRecord, decode: ValueDecoder) -> tuple[str, Event | AttributesWritten] | None:
        """The contact and the fact that were counted; None: the record holds neither an event nor attributes."""
        try:
            contact_id = contact_of(record.key)
            fact = decode(contact_id, record.value, record.headers, record.timestamp)
        except RecordError:
            return None  # the worker makes a dead letter of it
        if not isinstance(fact, Event | AttributesWritten):
            return None
        self._facts.add(contact_id, fact)
        if isinstance(fact, Event):
            self._rules.add(fact)
        return contact_id, fact
