"""Contacts of whom nothing is shown, or nothing is left."""

from __future__ import annotations

from streamprocessor.scoring.record.evidence import Evidence
from streamprocessor.scoring.record.links import Part
from streamprocessor.scoring.record.record import Derived, Record


def wipe(record: Record) -> None:
    """Drop all that is known of the contact: evidence, attributes, verdicts, episodes."""
    record.attributes, record.verdicts, record.episodes = {}, {}, {}
    record.suppressed = (False, 0, "")
    record.folded = record.fold_at_ms = record.holds_until_ms = None
    record.evidence, record.derived = Evidence(), Derived()
    if record.bonds is not None:
        record.bonds.first_ms = None
        record.bonds.parts = {child: Part(part.version, []) for child, part in record.bonds.parts.items()}


def is_silent(record: Record) -> bool:
    """Whether nothing is shown of the contact: it was merged into another one, or objects."""
    return record.bonds is not None and record.bonds.is_silent


def is_gone(record: Record) -> bool:
    """Whether nothing is left of the contact but the instant of its erasure."""
    bonds = record.bonds
    if bonds is None or not bonds.life_ms or record.sequence or record.derived.first_ms is not None:
        return False
    kept = (record.attributes, record.verdicts, bonds.claims, bonds.wants, bonds.parts, bonds.objected[1])
    return not len(record.evidence) and record.folded is None and not any(kept)
