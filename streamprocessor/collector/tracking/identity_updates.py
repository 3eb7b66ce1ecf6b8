"""Contact updates that say who an anonymous visitor is, by a mail's token or by an address in a form."""

from __future__ import annotations

from streamprocessor.collector.http.wire_format import TopicEntry, update_entry
from streamprocessor.contract.events.event_fields import content_key


def identity_updates(
    token_contact: str | None, address_contact: str | None, visitor: str | None, occurred_at_ms: int
) -> list[TopicEntry]:
    """The `identify` update that lets the anonymous visitor's evidence join whom it turned out to be; or none.

    token_contact: the contact of a token; None where there was none.
    address_contact: the contact of a mail address typed into a form; None where there was none.
    visitor: the contact of the anonymous visitor; None where none is known.

    The token's contact comes first, and is not linked with the address's: a forwarded mail, or a friend's address in a
    form, would make one person of two. On a shared computer two known contacts may claim one visitor; the worker lets
    the earlier claim hold, and never links the two.
    """
    contact = token_contact or address_contact
    if contact is None or visitor is None:
        return []
    # The same two found together again say nothing new: one id.
    update_id = content_key(["identify", contact, visitor])
    entry = update_entry(update_id, contact, occurred_at_ms, {"update": "identify", "anonymous_id": visitor})
    return [entry._replace(is_proven=token_contact is not None)]
