"""Bonds between contacts as rows: in records, and in the messages by which evidence travels."""

from __future__ import annotations

from typing import Any

from streamprocessor.contract.changelog.evidence_codec import folded_of_row, folded_row, names_in, pack, widened
from streamprocessor.contract.changelog.record_layout import BondsLayout, ClaimLayout, SourceLayout
from streamprocessor.scoring.record.evidence import Evidence
from streamprocessor.scoring.record.links import Bonds, Claim, Part, Source


def bonds_row(bonds: Bonds) -> tuple[Any, ...]:
    """The fields of BondsLayout, in its order."""
    return (
        bonds.life_ms,
        bonds.objected,
        bonds.claims,
        bonds.wants,
        bonds.linked,
        bonds.version,
        bonds.is_silent,
        bonds.first_ms,
        {child: (part.version, [source_row(source) for source in part.sources]) for child, part in bonds.parts.items()},
    )


def bonds_of_row(row: BondsLayout) -> Bonds:
    """What bonds_row wrote."""
    return Bonds(
        row.life_ms,
        row.objected,
        _claims(row.claims),
        _claims(row.wants),
        row.linked,
        row.version,
        row.is_silent,
        row.first_ms,
        {
            child: Part(version, [source_of_row(source) for source in rows])
            for child, (version, rows) in row.parts.items()
        },
    )


def source_row(source: Source) -> tuple[Any, ...]:
    """The fields of SourceLayout, in its order."""
    return (
        source.id,
        source.into,
        source.stamp,
        source.first_ms,
        source.attributes,
        source.suppressed,
        source.verdicts,
        widened(folded_row(source.folded)),
        *pack(source.evidence),
    )


def source_of_row(row: SourceLayout) -> Source:
    """What source_row wrote."""
    return Source(
        row.id,
        row.into,
        row.stamp,
        row.first_ms,
        row.attributes,
        row.suppressed,
        row.verdicts,
        folded_of_row(row.folded),
        Evidence(row.packed, row.packed_count, row.marks, names_in(bytes(row.names))),
    )


def _claims(rows: dict[str, ClaimLayout]) -> dict[str, Claim]:
    return {contact: Claim(*row) for contact, row in rows.items()}
