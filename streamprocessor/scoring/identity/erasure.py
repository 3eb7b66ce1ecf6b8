"""Contacts of whom nothing is shown, or nothing is left."""

from __future__ import annotations

from streamprocessor.scoring.record.evidence import Evidence
from streamprocessor.scoring.record.links import ChildEvidence
from streamprocessor.scoring.record.record import Derived, Record
from streamprocessor.scoring.record.suppression import UNSAID


def wipe(record: Record) -> None:
    """Drop all that is known of the contact: evidence, attributes, verdicts, episodes."""
    record.attributes, record.verdicts, record.episodes = {}, {}, {}
    record.suppressed = UNSAID
    record.compacted = record.compact_at_ms = record.holds_until_ms = None
    record.evidence, record.derived = Evidence(), Derived()
    if record.links is not None:
        record.links.first_ms = None
        record.links.children = {
            child: ChildEvidence(evidence.version, []) for child, evidence in record.links.children.items()
        }


def is_hidden(record: Record) -> bool:
    """Whether nothing is shown of the contact: it was merged into another one, or objects."""
    return record.links is not None and record.links.is_hidden


def nothing_left(record: Record) -> bool:
    """Whether nothing is left of the contact but the instant of its erasure."""
    links = record.links
    if links is None or not links.erased_at_ms or record.sequence or record.derived.first_ms is not None:
        return False
    leftovers = (
        record.attributes,
        record.verdicts,
        record.suppressed.id,
        links.claims_on_self,
        links.claims_on_children,
        links.children,
        links.objected[1],
    )
    return not len(record.evidence) and record.compacted is None and not any(leftovers)
