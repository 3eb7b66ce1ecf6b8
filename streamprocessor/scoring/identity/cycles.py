"""Merges that close a cycle: evidence that comes back to where it began, and the link of it that is cut."""

from __future__ import annotations

from typing import NamedTuple

from streamprocessor.scoring.record.links import IdentityLinks, Stamp, youngest_link_of_cycle
from streamprocessor.scoring.record.transfers import EvidenceTransfer


class CycleLink(NamedTuple):
    """A link of a cycle of contacts, child → parent, made at the stamp."""

    child: str
    parent: str
    stamp: Stamp


def link_to_cut(contact: str, links: IdentityLinks, fact: EvidenceTransfer) -> CycleLink | None:
    """The youngest link of the cycle that the evidence has gone round, back to this contact; None: it is no cycle."""
    linked = links.strongest_claim()
    edges = {source.id: (source.into, source.stamp) for source in fact.sources}
    if linked is None or contact not in edges:
        return None
    edges[fact.child] = (contact, fact.stamp)
    youngest = youngest_link_of_cycle(contact, linked, edges)
    if youngest is None:
        return None
    child, parent = youngest
    return CycleLink(child, parent, linked[1] if child == contact else edges[child][1])
