"""Evidence as rows and bytes: stored events packed one after the other, compacted rules as arrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from msgspec import Raw
from xxhash import xxh3_64_digest

from streamprocessor.contract.changelog.record_layout import (
    CompactedLayout,
    Head,
    Live,
    ValueLayout,
    decode_names,
    decode_pieces,
    encode,
)
from streamprocessor.scoring.canonical import unchecked
from streamprocessor.scoring.record.evidence import Compacted, CompactedRule, Evidence, StoredEvent
from streamprocessor.scoring.record.facts import HUMAN, PROXY, SCANNER
from streamprocessor.scoring.record.record import Derived

_ARRAY_MARK = b"\xdd"
_ARRAY_HEAD_BYTES = {0xDC: 3, 0xDD: 5}  # arrays of up to 15 items have a head of one byte
_ACTORS = (HUMAN, PROXY, SCANNER)
_ACTOR_CODES = {actor: code for code, actor in enumerate(_ACTORS)}

LONGEST_REMEMBERED_BYTES = 1_024


class StringTable:
    """The packing of events whose types and paths stand once in a table of strings; it is never changed.

    An event is an array: id, occurred_at, arrival - occurred_at, actor, type, then path and value of each field.
    layout: the table as it lies in a record.
    """

    __slots__ = ("_names", "_numbers", "layout")

    def __init__(self, layout: bytes) -> None:
        self.layout = Raw(layout)
        self._names = decode_names(layout)
        self._numbers = {name: number for number, name in enumerate(self._names)}

    @staticmethod
    def mark(event_id: str) -> bytes:
        """Eight bytes of a hash of this id."""
        try:
            return xxh3_64_digest(event_id.encode())
        except UnicodeEncodeError:  # half of a pair, in a text that did not come as JSON
            return xxh3_64_digest(event_id.encode("utf-8", "surrogatepass"))

    def unpack(self, packed: bytes, count: int) -> list[StoredEvent]:
        """The `count` events in `packed`."""
        names = self._names
        events = []
        for id_, at, delay, actor, type_, *fields in decode_pieces(_ARRAY_MARK + count.to_bytes(4, "big") + packed):
            values = {}
            each = iter(fields)
            for path, value in zip(each, each, strict=True):
                values[names[path]] = value
            who = _ACTORS[actor] if type(actor) is int else actor
            events.append(unchecked(StoredEvent, (id_, at, at + delay, who, names[type_], values)))
        return events

    def pack(self, events: Iterable[StoredEvent]) -> bytes:
        """The events as bytes, one after the other; raises KeyError where the table lacks a name."""
        numbers = self._numbers
        rows = []
        for id_, at, arrival, actor, type_, fields in events:
            row = [id_, at, arrival - at, _ACTOR_CODES.get(actor, actor), numbers[type_]]
            for path, value in fields.items():
                row += (numbers[path], value)
            rows.append(row)
        packed = encode(rows)
        return packed[_ARRAY_HEAD_BYTES.get(packed[0], 1) :]

    def and_those_of(self, events: Iterable[StoredEvent]) -> StringTable:
        """A table of these names and then of those that the events need."""
        needed = dict.fromkeys(name for event in events for name in (event.type, *event.properties))
        return string_table_in(encode([*self._names, *(name for name in needed if name not in self._numbers)]))


def string_table_in(layout: bytes) -> StringTable:
    """The table that lies in these bytes; contacts share few, so small ones are remembered.

    Raises DecodeError where they are none.
    """
    return _remembered(layout) if len(layout) <= LONGEST_REMEMBERED_BYTES else StringTable(layout)


_remembered = lru_cache(maxsize=1_024)(StringTable)
_NO_NAMES = StringTable(encode([]))


def pack(evidence: Evidence) -> tuple[int, bytes, Raw, bytes]:
    """The evidence as (count, packed events, the table of strings that they refer to, marks of their ids)."""
    packing, fresh = evidence.packing, evidence.fresh
    # A table of names lives as long as the bytes that refer to it: names of compacted events are forgotten.
    names = packing if evidence.packed_count and isinstance(packing, StringTable) else _NO_NAMES
    if not fresh:
        return evidence.packed_count, evidence.packed, names.layout, evidence.marks
    try:
        packed = names.pack(fresh.values())
    except KeyError:
        names = names.and_those_of(fresh.values())
        packed = names.pack(fresh.values())
    marks = b"".join([names.mark(id_) for id_ in fresh])
    return evidence.packed_count + len(fresh), evidence.packed + packed, names.layout, evidence.marks + marks


def packed_evidence(evidence: Evidence) -> Evidence:
    """The same evidence with all its events packed, as if it had been written and read."""
    count, packed, names, marks = pack(evidence)
    return Evidence(packed, count, marks, string_table_in(bytes(names)))


def compacted_row(compacted: Compacted | None) -> tuple[Any, ...] | None:
    """The fields of CompactedLayout, in its order."""
    if compacted is None:
        return None
    rules = {
        key: (rule.count, rule.amount, rule.half_life_ms, rule.at_ms, rule.matches, rule.slots)
        for key, rule in compacted.rules.items()
    }
    by = {key: {name: compacted_row(value) for name, value in of.items()} for key, of in compacted.by_value.items()}
    return compacted.newest_ms, rules, compacted.last_ms, by


def widened(row: tuple[Any, ...] | None) -> tuple[Any, ...] | None:
    """The row with every amount as text, for some do not fit into 64 bits."""
    if row is None:
        return None
    newest_ms, rules, lasts, by = row
    wide_rules = {key: (rule[0], str(rule[1]), *rule[2:4], wide(rule[4]), rule[5]) for key, rule in rules.items()}
    wide_by = {key: {name: widened(value) for name, value in of.items()} for key, of in by.items()}
    return newest_ms, wide_rules, lasts, wide_by


def compacted_of_row(row: CompactedLayout | None) -> Compacted | None:
    """The inverse of compacted_row, widened or not."""
    return None if row is None else _compacted(row)


def _compacted(row: CompactedLayout) -> Compacted:
    rules = {
        key: CompactedRule(r.count, int(r.amount), r.half_life_ms, r.at_ms, narrow(r.live) if r.live else [], r.slots)
        for key, r in row.rules.items()
    }
    by = {key: {name: _compacted(value) for name, value in of.items()} for key, of in row.by.items()} if row.by else {}
    return Compacted(row.newest_ms, rules, row.lasts, by)


def value_rows(by: Mapping[str, Mapping[str, Derived]]) -> dict[str, Any]:
    """The derived state of each value of `by` scores, as the fields of ValueLayout."""
    return {key: {name: (d.sums, d.matches, d.last_ms, d.slots) for name, d in of.items()} for key, of in by.items()}


def values_of_rows(head: Head) -> dict[str, dict[str, Derived]]:
    """The inverse of value_rows, widened or not."""
    return {key: {name: _value(head, value) for name, value in of.items()} for key, of in head.by.items()}


def _value(head: Head, row: ValueLayout) -> Derived:
    sums: Any = row.sums
    live: Any = row.live
    if head.has_wide:
        sums = {number: int(amount) for number, amount in sums.items()}
        live = {number: narrow(matches) for number, matches in live.items()}
    return Derived(head.newest_ms, head.first_ms, sums, live, row.lasts, row.slots)


def wide_sums(sums: Mapping[int, int]) -> dict[int, str]:
    """Amounts as texts, by rule."""
    return {number: str(amount) for number, amount in sums.items()}


def wide_live(live: Mapping[int, list[tuple[int, int]]]) -> dict[int, Live]:
    """Matches with amounts as texts, by rule."""
    return {number: wide(matches) for number, matches in live.items()}


def wide(matches: list[tuple[int, int]]) -> Live:
    """Amounts as texts."""
    return [(at, str(amount)) for at, amount in matches]


def narrow(matches: Live) -> list[tuple[int, int]]:
    """Amounts as integers, whichever they were."""
    return [(at, int(amount)) for at, amount in matches]
