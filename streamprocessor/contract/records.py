"""Records as bytes: one version byte, then msgpack. Pieces of evidence stay packed until someone must see them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import DecodeError
from xxhash import xxh3_64_digest

from streamprocessor.contract.record_layout import FoldedLayout, Head, Live, decode_head, decode_pieces, encode
from streamprocessor.errors import OperatorError
from streamprocessor.scoring.facts import HUMAN, PROXY, SCANNER
from streamprocessor.scoring.record import Derived, Evidence, Folded, FoldedRule, Piece, Record

VERSION = 1
_VERSION_BYTE = bytes([VERSION])
_ARRAY_MARK = b"\xdd"
_ARRAY_HEAD_BYTES = {0xDC: 3, 0xDD: 5}  # arrays of up to 15 items have a head of one byte
_ACTORS = (HUMAN, PROXY, SCANNER)
_ACTOR_CODES = {actor: code for code, actor in enumerate(_ACTORS)}


class _Names:
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
        return xxh3_64_digest(event_id.encode("utf-8", "surrogatepass"))

    def pack(self, pieces: Iterable[Piece]) -> bytes:
        """The pieces as bytes, one after the other; names that are new go to the end of the table."""
        rows = []
        for id_, at, arrival, actor, type_, kept in pieces:
            row = [id_, at, arrival - at, _ACTOR_CODES.get(actor, actor), self._number(type_)]
            for path, value in kept.items():
                row += (self._number(path), value)
            rows.append(row)
        packed = encode(rows)
        return packed[_ARRAY_HEAD_BYTES.get(packed[0], 1) :]

    def _number(self, name: str) -> int:
        try:
            return self.names.index(name)
        except ValueError:
            self.names.append(name)
            return len(self.names) - 1


def encode_record(record: Record) -> bytes:
    """The record as bytes of exactly the size that is needed."""
    try:
        return _VERSION_BYTE + encode(_head(record))
    except OverflowError:
        return _VERSION_BYTE + encode(_widened(_head(record)))


def decode_record(value: bytes) -> Record:
    """The record that these bytes hold; OperatorError where a newer program wrote them."""
    if value[:1] != _VERSION_BYTE:
        found = value[0] if value else "nothing"
        message = (
            f"a contact's record is of schema version {found}; this program reads up to version {VERSION}: "
            "start the newer program that wrote it"
        )
        raise OperatorError(message)
    try:
        head = decode_head(memoryview(value)[1:])
    except DecodeError as error:
        message = f"a contact's record of schema version {VERSION} can't be read: {error}"
        raise OperatorError(message) from error
    sums: Any = head.sums
    live: Any = head.live
    if head.has_wide:
        sums = {number: int(amount) for number, amount in sums.items()}
        live = {number: _narrow(matches) for number, matches in live.items()}
    return Record(
        head.revision,
        head.sequence,
        head.at_ms,
        head.offsets,
        head.attributes,
        head.suppressed,
        head.shown,
        head.episodes,
        head.holds_until_ms,
        head.verdicts,
        None if head.folded is None else _folded(head.folded),
        head.fold_at_ms,
        Evidence(head.packed, head.packed_count, head.marks, _Names(head.names)),
        Derived(head.newest_ms, head.first_ms, sums, live, head.lasts, head.slots, _values(head) if head.by else {}),
        head.values,
    )


def _head(record: Record) -> tuple[Any, ...]:
    """The fields of _Head, in its order."""
    evidence, derived, folded = record.evidence, record.derived, record.folded
    packed, marks, packing = evidence.packed, evidence.marks, evidence.packing
    # A table of names lives as long as the bytes that refer to it: names of what was folded are forgotten.
    names = packing.names if isinstance(packing, _Names) and evidence.packed_count else []
    if evidence.fresh:
        fresh = _Names(names)
        packed += fresh.pack(evidence.fresh.values())
        marks += b"".join([fresh.mark(id_) for id_ in evidence.fresh])
    return (
        record.revision,
        record.sequence,
        record.at_ms,
        record.offsets,
        record.attributes,
        record.suppressed,
        record.shown,
        record.episodes,
        record.holds_until_ms,
        record.verdicts,
        None if folded is None else _folded_row(folded),
        record.fold_at_ms,
        len(evidence),
        packed,
        derived.newest_ms,
        derived.first_ms,
        derived.sums,
        derived.live,
        derived.lasts,
        derived.slots,
        False,
        names,
        marks,
        record.values,
        _values_row(derived.by) if derived.by else {},
    )


def _values_row(by: Mapping[str, Mapping[str, Derived]]) -> dict[str, Any]:
    return {key: {name: (d.sums, d.live, d.lasts, d.slots) for name, d in of.items()} for key, of in by.items()}


def _values(head: Head) -> dict[str, dict[str, Derived]]:
    by: Any = head.by
    return {
        key: {
            name: Derived(
                head.newest_ms,
                head.first_ms,
                {number: int(amount) for number, amount in held.sums.items()},
                {number: _narrow(matches) for number, matches in held.live.items()},
                held.lasts,
                held.slots,
            )
            for name, held in of_score.items()
        }
        for key, of_score in by.items()
    }


def _folded_row(folded: Folded) -> tuple[Any, ...]:
    rules = {key: _rule(rule) for key, rule in folded.rules.items()}
    by = {key: {name: _folded_row(held) for name, held in of.items()} for key, of in folded.by.items()}
    return (folded.newest_ms, rules, folded.lasts, by)


def _rule(rule: FoldedRule) -> tuple[Any, ...]:
    return (rule.count, rule.amount, rule.half_life_ms, rule.at_ms, rule.live, rule.slots)


def _widened(head: tuple[Any, ...]) -> tuple[Any, ...]:
    """The same with every amount as text: some do not fit into 64 bits."""
    fields = dict(zip(Head.__struct_fields__, head, strict=True))
    fields["sums"], fields["live"] = _wide_sums(fields["sums"]), _wide_live(fields["live"])
    fields["by"] = {
        key: {name: (_wide_sums(row[0]), _wide_live(row[1]), *row[2:]) for name, row in of.items()}
        for key, of in fields["by"].items()
    }
    if fields["folded"] is not None:
        fields["folded"] = _wide_folded(fields["folded"])
    fields["has_wide"] = True
    return tuple(fields.values())


def _wide_sums(sums: Mapping[int, int]) -> dict[int, str]:
    return {number: str(amount) for number, amount in sums.items()}


def _wide_live(live: Mapping[int, list[tuple[int, int]]]) -> dict[int, Live]:
    return {number: _wide(matches) for number, matches in live.items()}


def _wide_folded(row: tuple[Any, ...]) -> tuple[Any, ...]:
    newest_ms, rules, lasts, by = row
    wide = {key: (rule[0], str(rule[1]), *rule[2:4], _wide(rule[4]), rule[5]) for key, rule in rules.items()}
    wide_by = {key: {name: _wide_folded(held) for name, held in of.items()} for key, of in by.items()}
    return (newest_ms, wide, lasts, wide_by)


def _folded(folded: FoldedLayout) -> Folded:
    rules = {
        key: FoldedRule(r.count, int(r.amount), r.half_life_ms, r.at_ms, _narrow(r.live), r.slots)
        for key, r in folded.rules.items()
    }
    by = {key: {name: _folded(held) for name, held in of.items()} for key, of in folded.by.items()}
    return Folded(folded.newest_ms, rules, folded.lasts, by)


def _wide(matches: list[tuple[int, int]]) -> Live:
    return [(at, str(amount)) for at, amount in matches]


def _narrow(matches: Live) -> list[tuple[int, int]]:
    return [(at, int(amount)) for at, amount in matches]
