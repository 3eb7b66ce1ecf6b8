"""Identity links as rows: in records, and in the messages by which evidence travels."""

from __future__ import annotations

from typing import Any

from streamprocessor.contract.changelog.evidence_codec import (
    compacted_of_row,
    compacted_row,
    pack,
    string_table_in,
    widened,
)
from streamprocessor.contract.changelog.record_layout import ClaimLayout, LinksLayout, SourceLayout
from streamprocessor.scoring.record.evidence import Evidence
from streamprocessor.scoring.record.links import (
    NEVER,
    ChildEvidence,
    EvidenceSource,
    IdentityLinks,
    MergeClaim,
    Rivals,
)
from streamprocessor.scoring.record.suppression import SuppressionWord


def links_row(links: IdentityLinks) -> tuple[Any, ...]:
    """The fields of LinksLayout, in its order; the last one, which most contacts do not have, is left out there."""
    row = (
        links.erased_at_ms,
        links.objected,
        {parent: claim_row(claim) for parent, claim in links.claims_on_self.items()},
        {child: claim_row(claim) for child, claim in links.claims_on_children.items()},
        links.parent,
        links.version,
        links.is_hidden,
        links.first_ms,
        {
            child: (evidence.version, [source_row(source) for source in evidence.sources])
            for child, evidence in links.children.items()
        },
    )
    return (*row, links.rivals) if links.rivals else row


def links_of_row(row: LinksLayout) -> IdentityLinks:
    """The inverse of links_row."""
    return IdentityLinks(
        row.life_ms,
        row.objected,
        _claims(row.claims),
        _claims(row.wants),
        row.linked,
        row.version,
        row.is_silent,
        row.first_ms,
        {
            child: ChildEvidence(version, [source_of_row(source) for source in rows])
            for child, (version, rows) in row.parts.items()
        },
        {address: Rivals(*rivals) for address, rivals in row.rivals.items()},
    )


def source_row(source: EvidenceSource) -> tuple[Any, ...]:
    """The fields of SourceLayout, in its order; the last one, which most do not have, is left out there."""
    row = (
        source.id,
        source.into,
        source.stamp,
        source.first_ms,
        source.attributes,
        source.suppressed[:3],
        source.verdicts,
        widened(compacted_row(source.compacted)),
        *pack(source.evidence),
    )
    return (*row, source.suppressed.type) if source.suppressed.type else row


def source_of_row(row: SourceLayout) -> EvidenceSource:
    """The inverse of source_row."""
    return EvidenceSource(
        row.id,
        row.into,
        row.stamp,
        row.first_ms,
        row.attributes,
        SuppressionWord(*row.suppressed, row.suppressed_by),
        row.verdicts,
        compacted_of_row(row.folded),
        Evidence(row.packed, row.packed_count, row.marks, string_table_in(bytes(row.names))),
    )


def claim_row(claim: MergeClaim) -> tuple[Any, ...]:
    """The fields of ClaimLayout, in its order; the last ones, which most claims do not have, are left out there."""
    return claim if claim.browser_last != NEVER else claim[:3]


def claim_of_row(row: ClaimLayout) -> MergeClaim:
    """The inverse of claim_row."""
    return MergeClaim(row.first, row.last, row.parted, row.browser_first, row.browser_last)


def _claims(rows: dict[str, ClaimLayout]) -> dict[str, MergeClaim]:
    return {contact: claim_of_row(row) for contact, row in rows.items()}
