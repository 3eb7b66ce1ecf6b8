"""Records as bytes: one version byte, then msgpack. Stored events stay packed until someone must see them."""

from __future__ import annotations

from typing import Any

from msgspec import DecodeError

from streamprocessor.contract.changelog.evidence_codec import (
    compacted_of_row,
    compacted_row,
    narrow,
    pack,
    string_table_in,
    value_rows,
    values_of_rows,
    wide_live,
    wide_sums,
    widened,
)
from streamprocessor.contract.changelog.links_codec import links_of_row, links_row
from streamprocessor.contract.changelog.record_layout import Head, decode_head, encode
from streamprocessor.errors import OperatorError
from streamprocessor.scoring.record.evidence import Evidence
from streamprocessor.scoring.record.record import Derived, Record
from streamprocessor.scoring.record.suppression import UNSAID, SuppressionWord

VERSION = 1
_VERSION_BYTE = bytes([VERSION])


def encode_record(record: Record) -> bytes:
    """The record as bytes of exactly the size that is needed."""
    try:
        return _VERSION_BYTE + encode(_head(record))
    except OverflowError:
        return _VERSION_BYTE + encode(_widened(_head(record)))


def decode_record(value: bytes) -> Record:
    """The record that these bytes hold; raises OperatorError where a newer program wrote them."""
    if value[:1] != _VERSION_BYTE:
        version = value[0] if value else "nothing"
        message = (
            f"a contact's record is of schema version {version}; this program reads up to version {VERSION}: "
            "start the newer program that wrote it"
        )
        raise OperatorError(message)
    try:
        return _record(decode_head(memoryview(value)[1:]))
    except DecodeError as error:
        message = f"a contact's record of schema version {VERSION} can't be read: {error}"
        raise OperatorError(message) from error


def _record(head: Head) -> Record:
    """The record of these fields; raises DecodeError where a table of names is none."""
    sums: Any = head.sums
    live: Any = head.live
    if head.has_wide:
        sums = {number: int(amount) for number, amount in sums.items()}
        live = {number: narrow(matches) for number, matches in live.items()}
    return Record(
        head.revision,
        head.sequence,
        head.at_ms,
        head.offsets,
        head.attributes,
        SuppressionWord(*head.suppressed, head.suppressed_by) if head.suppressed[1] else UNSAID,
        head.shown,
        head.episodes,
        head.holds_until_ms,
        head.verdicts,
        compacted_of_row(head.folded),
        head.fold_at_ms,
        Evidence(head.packed, head.packed_count, head.marks, string_table_in(bytes(head.names))),
        Derived(
            head.newest_ms,
            head.first_ms,
            sums,
            live,
            head.lasts,
            head.slots,
            head.traces,
            values_of_rows(head) if head.by else {},
            UNSAID if head.suppression is None else SuppressionWord(*head.suppression),
        ),
        None if head.bonds is None else links_of_row(head.bonds),
        head.values,
    )


def _head(record: Record) -> tuple[Any, ...]:
    """The fields of Head, in its order; the last ones, which most contacts do not have, are left out where none is."""
    derived, compacted, links = record.derived, record.compacted, record.links
    count, packed, names, marks = pack(record.evidence)
    head = (
        record.revision,
        record.sequence,
        record.at_ms,
        record.offsets,
        record.attributes,
        record.suppressed[:3],
        record.shown,
        record.episodes,
        record.holds_until_ms,
        record.verdicts,
        None if compacted is None else compacted_row(compacted),
        record.compact_at_ms,
        count,
        packed,
        derived.newest_ms,
        derived.first_ms,
        derived.sums,
        derived.matches,
        derived.last_ms,
        derived.slots,
        False,
        names,
        marks,
    )
    suppressed, by_events = record.suppressed, derived.suppression
    is_told_by_events = by_events is not UNSAID or (suppressed is not UNSAID and suppressed.type != "")
    if links is None and not (derived.traces or record.values or derived.by_value or is_told_by_events):
        return head
    longer = (
        *head,
        None if links is None else links_row(links),
        derived.traces,
        record.values,
        value_rows(derived.by_value) if derived.by_value else {},
    )
    if not is_told_by_events:
        return longer
    return (*longer, suppressed.type, None if by_events is UNSAID else by_events)


def _widened(head: tuple[Any, ...]) -> tuple[Any, ...]:
    """The head with every amount as text, for some do not fit into 64 bits."""
    fields = dict(zip(Head.__struct_fields__, head, strict=False))
    fields["sums"], fields["live"] = wide_sums(fields["sums"]), wide_live(fields["live"])
    fields["folded"], fields["has_wide"] = widened(fields["folded"]), True
    if "by" in fields:
        fields["by"] = {
            key: {name: (wide_sums(row[0]), wide_live(row[1]), *row[2:]) for name, row in of.items()}
            for key, of in fields["by"].items()
        }
    return tuple(fields.values())
