"""What of a contact goes to its parent: all evidence that counts here, anew at each change."""

from __future__ import annotations

from streamprocessor.scoring.record.evidence import Evidence, StoredEvent
from streamprocessor.scoring.record.links import NEVER, EvidenceSource
from streamprocessor.scoring.record.record import Record
from streamprocessor.scoring.record.suppression import UNSAID
from streamprocessor.scoring.record.transfers import EvidenceTransfer, OutgoingTransfer


def evidence_transfer(contact: str, record: Record) -> OutgoingTransfer:
    """All evidence that counts here, to the contact's parent, as the version that its links have."""
    links = record.links
    assert links is not None
    assert links.parent is not None
    parent, stamp = links.parent
    sources = [own_source(contact, record), *links.sources()]
    return OutgoingTransfer(parent, EvidenceTransfer(0, contact, links.version, stamp, sources))


def next_version(record: Record) -> int:
    """The version of the evidence that is sent next: it rises over all lives of the contact."""
    assert record.links is not None
    return max(record.links.version + 1, record.at_ms)


def own_source(contact: str, record: Record) -> EvidenceSource:
    """The record's own evidence, as it is sent to its parent."""
    links = record.links
    assert links is not None
    parent, stamp = links.parent or ("", NEVER)
    first_ms = links.first_ms if links.children else record.derived.first_ms
    own = (record.attributes, record.suppressed, record.verdicts, record.compacted, record.evidence)
    return EvidenceSource(contact, parent, stamp, first_ms, *own)


def after_erasure(erased_at_ms: int, source: EvidenceSource) -> EvidenceSource:
    """The part of the source that is later than an erasure; all of it where erased_at_ms is 0."""
    if not erased_at_ms:
        return source
    events = [event for event in source.evidence.events() if event.occurred_at_ms > erased_at_ms]
    evidence = Evidence()
    evidence.replace(events)
    return EvidenceSource(
        source.id,
        source.into,
        source.stamp,
        source.first_ms if source.first_ms is None or source.first_ms > erased_at_ms else _first(events),
        {name: written for name, written in source.attributes.items() if written[1] > erased_at_ms},
        source.suppressed if source.suppressed.occurred_at_ms > erased_at_ms else UNSAID,
        {id_: verdict for id_, verdict in source.verdicts.items() if verdict[0] > erased_at_ms},
        None,
        evidence,
    )


def _first(events: list[StoredEvent]) -> int | None:
    """occurred_at of the first of these events; None: there are none."""
    return min((event.occurred_at_ms for event in events), default=None)
