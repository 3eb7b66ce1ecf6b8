"""What came, by source and type, in periods of ten days; added up fact by fact, and written down as bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct, field

from streamprocessor.catalogue.distinct_count import REGISTERS, add_in_place, hash_of
from streamprocessor.catalogue.masking import shown_name
from streamprocessor.catalogue.property_values import PropertyValues, UnsharedValues
from streamprocessor.contract.events.event_fields import BROWSER_ID_PREFIX
from streamprocessor.scoring.model.model import DAY_MS
from streamprocessor.scoring.record.facts import BROWSER_RANK, HUMAN, AttributesWritten, Event

PERIOD_MS = 10 * DAY_MS
PERIODS = 4
"""A catalogue keeps so many periods, the youngest of them unfinished: thirty to forty days."""

ATTRIBUTES = "attributes"
"""Stands among the types for writes of attributes."""
FROM_KAFKA = "kafka"
"""The source of what says none: it was not a collector of ours that wrote it."""
FROM_BROWSERS = "browser"
"""The source of attributes that came with a browser key."""

# In a period, of all sources together, and how many of them may be first seen from browser keys: anybody has those, so
# they are to take no place from what servers tell.
MAX_TYPES, MAX_BROWSER_TYPES = 500, 300
MAX_PROPERTIES, MAX_BROWSER_PROPERTIES = 4_000, 2_500
MAX_PROPERTIES_OF_TYPE = 300  # from one source
MAX_UNSHARED_VALUES = 100_000  # held in memory
MAX_DEPTH = 4
VERSION = 1

_WITHOUT_EXAMPLES = frozenset({"context.ip", "context.user_agent"})


class TypeCounts(Struct):
    """What came of one type from one source.

    human: how many of them no program did, as far as each by itself shows.
    contacts: registers of a distinct count.
    first_ms, last_ms: the earliest and the newest arrival.
    properties: by path, such as `properties.path`; of attributes by `attributes.NAME`.
    """

    count: int = 0
    human: int = 0
    contacts: bytearray = field(default_factory=lambda: bytearray(REGISTERS))
    first_ms: int = 0
    last_ms: int = 0
    properties: dict[str, PropertyValues] = field(default_factory=dict)


class RuleCounts(Struct):
    """What became of events of a rule's types.

    met: how many of them it matched, before any limit.
    unmet: how many failed, by the comparison that was the first to fail.
    since_ms: the arrival of the first that the rule was asked about.
    """

    met: int = 0
    unmet: dict[str, int] = field(default_factory=dict)
    since_ms: int = 0


class Period(Struct):
    """Ten days.

    types: by (source, type). rules: by the rules' keys.
    left_out: facts of types beyond MAX_TYPES.
    browser_types, properties, browser_properties: how many types and properties there are, and are of browsers.
    """

    types: dict[tuple[str, str], TypeCounts] = field(default_factory=dict)
    rules: dict[str, RuleCounts] = field(default_factory=dict)
    left_out: int = 0
    browser_types: int = 0
    properties: int = 0
    browser_properties: int = 0

    def takes_type(self, is_of_browser: bool) -> bool:
        """Whether there is room for one more type; it is counted."""
        if len(self.types) >= MAX_TYPES or (is_of_browser and self.browser_types >= MAX_BROWSER_TYPES):
            return False
        self.browser_types += is_of_browser
        return True

    def takes_property(self, is_of_browser: bool) -> bool:
        """Whether there is room for one more property; it is counted."""
        if self.properties >= MAX_PROPERTIES or (is_of_browser and self.browser_properties >= MAX_BROWSER_PROPERTIES):
            return False
        self.properties += 1
        self.browser_properties += is_of_browser
        return True


class Catalogue(Struct):
    """All that is kept.

    periods: by their number since the epoch.
    next_offsets: up to where topics were read, by topic's id and partition.
    """

    version: int = VERSION
    periods: dict[int, Period] = field(default_factory=dict)
    next_offsets: dict[tuple[str, int], int] = field(default_factory=dict)

    def period_at(self, arrival_ms: int) -> Period:
        """The period that this instant lies in; those that are too old by it are dropped."""
        number = arrival_ms // PERIOD_MS
        period = self.periods.get(number)
        if period is None:
            period = self.periods[number] = Period()
            for old in [each for each in self.periods if each <= max(self.periods) - PERIODS]:
                del self.periods[old]
        return period


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Catalogue).decode


def encode_catalogue(catalogue: Catalogue) -> bytes:
    """The catalogue as bytes."""
    return _encode(catalogue)


def decode_catalogue(value: bytes) -> Catalogue:
    """The catalogue that encode_catalogue wrote; an empty one where another version of the program wrote it."""
    try:
        catalogue = _decode(value)
    except msgspec.ValidationError:
        return Catalogue()
    return catalogue if catalogue.version == VERSION else Catalogue()


class FactCounter:
    """Counts facts in a catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.unshared: dict[tuple[str, str], UnsharedValues] = {}
        self._unshared_values = 0

    def add(self, contact_id: str, fact: Event | AttributesWritten) -> None:
        """Count the fact under where it came from."""
        source = source_of(fact)
        if isinstance(fact, Event):
            self._add(contact_id, fact, (source, shown_name(fact.type)), fact.actor == HUMAN, _values_of(fact))
        else:
            values = ((f"attributes.{name}", value) for name, value in _flat(fact.attributes, MAX_DEPTH))
            self._add(contact_id, fact, (source, ATTRIBUTES), True, values)

    def _add(
        self,
        contact_id: str,
        fact: Event | AttributesWritten,
        key: tuple[str, str],
        is_human: bool,
        values: Iterator[tuple[str, Any]],
    ) -> None:
        period, is_of_browser = self.catalogue.period_at(fact.arrival_ms), _is_of_browser(fact)
        seen = period.types.get(key)
        if seen is None:
            if isinstance(fact, Event) and not period.takes_type(is_of_browser):
                period.left_out += 1
                return
            seen = period.types[key] = TypeCounts(first_ms=fact.arrival_ms)
        contact_hash = hash_of(contact_id)
        seen.count += 1
        seen.human += is_human
        seen.first_ms, seen.last_ms = min(seen.first_ms, fact.arrival_ms), max(seen.last_ms, fact.arrival_ms)
        add_in_place(seen.contacts, contact_hash)
        for path, value in values:
            found = seen.properties.get(path)
            if found is None:
                if len(seen.properties) >= MAX_PROPERTIES_OF_TYPE or not period.takes_property(is_of_browser):
                    continue
                found = seen.properties[path] = PropertyValues()
            if path in _WITHOUT_EXAMPLES:
                found.count += 1
                continue
            unshared = self.unshared.get((key[1], path))
            if unshared is None:
                unshared = self.unshared[key[1], path] = UnsharedValues()
            before = len(unshared)
            found.add(value, contact_hash, unshared)
            self._unshared_values += len(unshared) - before
        if self._unshared_values > MAX_UNSHARED_VALUES:
            self.unshared.clear()
            self._unshared_values = 0


def source_of(fact: Event | AttributesWritten) -> str:
    """Where a fact came from: an event by its context, as the collector writes it."""
    if isinstance(fact, AttributesWritten):
        return FROM_BROWSERS if fact.rank == BROWSER_RANK else FROM_KAFKA
    source = fact.context.get("source")
    return source if type(source) is str and source else FROM_KAFKA


def _is_of_browser(fact: Event | AttributesWritten) -> bool:
    return fact.id.startswith(BROWSER_ID_PREFIX) if isinstance(fact, Event) else fact.rank == BROWSER_RANK


def _values_of(event: Event) -> Iterator[tuple[str, Any]]:
    for name, value in _flat(event.properties, MAX_DEPTH):
        yield f"properties.{name}", value
    for name, value in _flat(event.context, MAX_DEPTH):
        if name != "source":
            yield f"context.{name}", value


def _flat(values: Mapping[str, Any], depth: int) -> Iterator[tuple[str, Any]]:
    """The values by their paths, objects taken apart down to that depth."""
    for told, value in values.items():
        name = shown_name(told)
        if isinstance(value, dict) and value and depth > 1:
            for inner, inner_value in _flat(value, depth - 1):
                yield f"{name}.{inner}", inner_value
        else:
            yield name, value
