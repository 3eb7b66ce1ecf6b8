"""What of a contact goes to the one that it is linked to: all evidence that counts here, anew at each change."""

from __future__ import annotations

from streamprocessor.scoring.record.evidence import Evidence, StoredEvent
from streamprocessor.scoring.record.links import NEVER, EvidenceSource, IdentityLinks
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.record.transfers import EvidenceTransfer, OutgoingTransfer


def send_evidence(contact: str, record: Record) -> OutgoingTransfer:
    """All evidence that counts here, to the contact that this one is linked to."""
    bonds = record.links
    assert bonds is not None
    assert bonds.parent is not None
    parent, stamp = bonds.parent
    sources = [own_source(contact, record), *bonds.sources()]
    return OutgoingTransfer(parent, EvidenceTransfer(0, contact, next_version(record, bonds), stamp, sources))


def next_version(record: Record, bonds: IdentityLinks) -> int:
    """The version of the evidence that is sent next: it rises over all lives of the contact."""
    bonds.version = max(bonds.version + 1, record.at_ms)
    return bonds.version


def own_source(contact: str, record: Record) -> EvidenceSource:
    """The record's own evidence, as it is sent to the parent that it is linked to."""
    bonds = record.links
    assert bonds is not None
    parent, stamp = bonds.parent or ("", NEVER)
    first_ms = bonds.first_ms if bonds.children else record.derived.first_ms
    kept = (record.attributes, record.suppressed, record.verdicts, record.compacted, record.evidence)
    return EvidenceSource(contact, parent, stamp, first_ms, *kept)


def after_erasure(life_ms: int, source: EvidenceSource) -> EvidenceSource:
    """What of the source is later than an erasure."""
    if not life_ms:
        return source
    pieces = [piece for piece in source.evidence.events() if piece.occurred_at_ms > life_ms]
    evidence = Evidence()
    evidence.replace(pieces)
    return EvidenceSource(
        source.id,
        source.into,
        source.stamp,
        source.first_ms if source.first_ms is None or source.first_ms > life_ms else _first(pieces),
        {name: written for name, written in source.attributes.items() if written[1] > life_ms},
        source.suppressed if source.suppressed[1] > life_ms else (False, 0, ""),
        {id_: verdict for id_, verdict in source.verdicts.items() if verdict[0] > life_ms},
        None,
        evidence,
    )


def _first(pieces: list[StoredEvent]) -> int | None:
    return min((piece.occurred_at_ms for piece in pieces), default=None)
