"""Evidence as rows and bytes: pieces packed one after the other, folded rules as arrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from xxhash import xxh3_64_digest

from streamprocessor.contract.record_layout import FoldedLayout, Head, Live, ValueLayout, decode_pieces, encode
from streamprocessor.scoring.facts import HUMAN, PROXY, SCANNER
from streamprocessor.scoring.record import Derived, Evidence, Folded, FoldedRule, Piece

_ARRAY_MARK = b"\xdd"
_ARRAY_HEAD_BYTES = {0xDC: 3, 0xDD: 5}  # arrays of up to 15 items have a head of one byte
_ACTORS = (HUMAN, PROXY, SCANNER)
_ACTOR_CODES = {actor: code for code, actor in enumerate(_ACTORS)}


class Names:
    """The Packing of one record's pieces: types and paths stand once in its table of names, pieces refer to them.

    A piece is an array: id, occurred_at, arrival - occurred_at, actor, type, then path and value of what is kept.
    """

    __slots__ = ("names",)

    def __init__(self, names: list[str]) -> None:
        self.names = names

    def unpack(self, packed: bytes, count: int) -> list[Piece]:
        """The pieces in `packed`."""
        names = self.names
        pieces = []
        for id_, at, delay, actor, type_, *kept in decode_pieces(_ARRAY_MARK + count.to_bytes(4, "big") + packed):
            values = {names[path]: value for path, value in zip(kept[::2], kept[1::2], strict=True)}
            who = _ACTORS[actor] if type(actor) is int else actor
            pieces.append(Piece(id_, at, at + delay, who, names[type_], values))
        return pieces

    def mark(self, event_id: str) -> bytes:
        """Eight bytes of a hash of this id."""
        return _mark(event_id)

    def pack(self, pieces: Iterable[Piece]) -> bytes:
        """The pieces as bytes, one after the other; names that are new go to the end of the table."""
        numbers = {name: number for number, name in enumerate(self.names)}
        number_of = numbers.setdefault
        rows = []
        for id_, at, arrival, actor, type_, kept in pieces:
            row = [id_, at, arrival - at, _ACTOR_CODES.get(actor, actor), number_of(type_, len(numbers))]
            for path, value in kept.items():
                row += (number_of(path, len(numbers)), value)
            rows.append(row)
        self.names.extend(list(numbers)[len(self.names) :])
        packed = encode(rows)
        return packed[_ARRAY_HEAD_BYTES.get(packed[0], 1) :]


def pack(evidence: Evidence) -> tuple[int, bytes, list[str], bytes]:
    """(count, packed pieces, names that they refer to, marks of their ids)."""
    packed, marks, packing = evidence.packed, evidence.marks, evidence.packing
    # A table of names lives as long as the bytes that refer to it: names of what was folded are forgotten.
    names = packing.names if isinstance(packing, Names) and evidence.packed_count else []
    if evidence.fresh:
        fresh = Names(names)
        packed += fresh.pack(evidence.fresh.values())
        marks += b"".join([_mark(id_) for id_ in evidence.fresh])
    return len(evidence), packed, names, marks


def _mark(event_id: str) -> bytes:
    return xxh3_64_digest(event_id.encode("utf-8", "surrogatepass"))


def folded_row(folded: Folded | None) -> tuple[Any, ...] | None:
    """The fields of FoldedLayout, in its order."""
    if folded is None:
        return None
    rules = {
        key: (rule.count, rule.amount, rule.half_life_ms, rule.at_ms, rule.live, rule.slots)
        for key, rule in folded.rules.items()
    }
    by = {key: {name: folded_row(held) for name, held in of.items()} for key, of in folded.by.items()}
    return folded.newest_ms, rules, folded.lasts, by


def widened(row: tuple[Any, ...] | None) -> tuple[Any, ...] | None:
    """The same with every amount as text: some do not fit into 64 bits."""
    if row is None:
        return None
    newest_ms, rules, lasts, by = row
    wide_rules = {key: (rule[0], str(rule[1]), *rule[2:4], wide(rule[4]), rule[5]) for key, rule in rules.items()}
    wide_by = {key: {name: widened(held) for name, held in of.items()} for key, of in by.items()}
    return newest_ms, wide_rules, lasts, wide_by


def folded_of_row(folded: FoldedLayout | None) -> Folded | None:
    """What folded_row wrote, widened or not."""
    return None if folded is None else _folded(folded)


def _folded(row: FoldedLayout) -> Folded:
    rules = {
        key: FoldedRule(r.count, int(r.amount), r.half_life_ms, r.at_ms, narrow(r.live) if r.live else [], r.slots)
        for key, r in row.rules.items()
    }
    by = {key: {name: _folded(held) for name, held in of.items()} for key, of in row.by.items()} if row.by else {}
    return Folded(row.newest_ms, rules, row.lasts, by)


def value_rows(by: Mapping[str, Mapping[str, Derived]]) -> dict[str, Any]:
    """What is derived of each value of `by` scores, as the fields of ValueLayout."""
    return {key: {name: (d.sums, d.live, d.lasts, d.slots) for name, d in of.items()} for key, of in by.items()}


def values_of_rows(head: Head) -> dict[str, dict[str, Derived]]:
    """What value_rows wrote, widened or not."""
    return {key: {name: _value(head, held) for name, held in of.items()} for key, of in head.by.items()}


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
