"""What an address attribute says besides: that whoever reads this address is the contact, as an `identify` says it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from streamprocessor.contract.contact_ids import ContactIds, is_one_address
from streamprocessor.contract.events.event_fields import MAX_ID_CHARS, content_key
from streamprocessor.contract.placeholder_ids import is_placeholder
from streamprocessor.scoring.record.facts import SERVER_ONCE_RANK, SERVER_RANK, AttributesWritten, Merged

MAX_TEXT_CHARS = 1000  # with the name that is displayed

_DISPLAYED = re.compile(r"(?:[^<>@]*<|\s*mailto:)\s*([^<>\s?]+@[^<>\s?]+)\s*>?\s*", re.IGNORECASE)


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
        one = one_address(value)
        if one is None:
            continue
        address = contact_ids.address(one)
        if address != contact:
            id_ = f"{fact.id}:{name}"
            id_ = id_ if len(id_) <= MAX_ID_CHARS else content_key([fact.id, name])
            yield Merged(id_, fact.occurred_at_ms, fact.arrival_ms, address, identified=True, implied=True)


def one_address(value: object) -> str | None:
    """The one mail address that a value is, without the name that is displayed for it, or `mailto:`.

    None of several, and of a word that stands for none.

    >>> [one_address(text) for text in ("Ann Lee <ann@firm.example>", "mailto:ann@firm.example", "a@b.com, c@b.com")]
    ['ann@firm.example', 'ann@firm.example', None]
    """
    if not isinstance(value, str) or len(value) > MAX_TEXT_CHARS:
        return None
    displayed = _DISPLAYED.fullmatch(value)
    address = displayed[1] if displayed else value
    return address if is_one_address(address) and not is_placeholder(address) else None
