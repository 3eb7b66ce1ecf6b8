"""Mail addresses that a contact shares with others: the first has them, and nobody is merged by that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pydantic import Field

from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.contract.events.address_identities import one_address
from streamprocessor.readmodel.responses.contact_title import ContactTitle
from streamprocessor.scoring.evidence.union import attributes_of
from streamprocessor.scoring.record.record import Record


class Rival(NamedTuple):
    """Another contact that claims an address, and the attribute that holds it, as in AddressConflict."""

    attribute: str | None
    contact_id: str


class AddressConflict(ContactTitle):
    """Another contact claims the same mail address; what is done under it counts for the one that claimed it first."""

    attribute: str | None = Field(description="Which holds the address; null: none does any more.")
    contact_id: str = Field(description="The other contact.")


def address_rivals(record: Record, addresses: Sequence[str], contact_ids: ContactIds) -> list[Rival]:
    """All others who claim an address of the contact, but those who are one with it by now.

    addresses: the attributes that hold one.
    """
    if record.links is None or not record.links.rivals:
        return []
    merged = {source.id for source in record.links.sources()}
    attributes = attributes_of(record)
    attribute_of = {
        contact_ids.address(address): name
        for name in reversed(addresses)
        if (address := one_address(attributes.get(name, [None])[0])) is not None
    }
    return [
        Rival(attribute_of.get(address), other)
        for address, (_, others) in sorted(record.links.rivals.items())
        for other in others
        if other not in merged
    ]
