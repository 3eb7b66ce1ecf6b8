"""What an address attribute says besides: that whoever reads this address is the contact, as an `identify` says it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from streamprocessor.contract.contact_ids import ContactIds, is_one_address
from streamprocessor.contract.events.event_fields import MAX_ID_CHARS, content_key
from streamprocessor.scoring.record.facts import SERVER_ONCE_RANK, SERVER_RANK, AttributesWritten, Merged


def identities_in(
    contact: str, fact: AttributesWritten, addresses: Sequence[str], contact_ids: ContactIds
) -> Iterator[Merged]:
    """The identifications that follow from attributes which anybody but a browser wrote to the contact.

    addresses: names of the attributes that hold a mail address. Where a value is no address, or the one that the
    contact is known by already, nothing follows.
    """
    if fact.rank not in (SERVER_RANK, SERVER_ONCE_RANK):
        return
    for name in addresses:
        value = fact.attributes.get(name)
        if not isinstance(value, str) or not is_one_address(value):
            continue
        address = contact_ids.address(value)
        if address != contact:
            id_ = f"{fact.id}:{name}"
            id_ = id_ if len(id_) <= MAX_ID_CHARS else content_key([fact.id, name])
            yield Merged(id_, fact.occurred_at_ms, fact.arrival_ms, address, identified=True, implied=True)
