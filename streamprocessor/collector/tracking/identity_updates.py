"""Who is who: what a mail's token and an address in a form say of an anonymous visitor, as contact updates."""

from __future__ import annotations

from streamprocessor.collector.http.wire_format import TopicEntry, update_entry
from streamprocessor.contract.events.event_fields import content_key


def identity_updates(
    known: str | None, address: str | None, anonymous: str | None, occurred_at_ms: int
) -> list[TopicEntry]:
    """The `identify` updates that let the anonymous visitor's evidence join whom it turned out to be.

    known: the contact of a token; address: the contact of a mail address typed into a form; anonymous: the visitor's.
    The token's contact comes first, and is not joined with the address: a forwarded mail, or a friend's address in a
    form, would make one person of two. On a shared computer two known contacts may claim one visitor; the worker lets
    the earlier claim hold, and never joins the two.
    """
    person = known or address
    if person is None or anonymous is None:
        return []
    # The same two found together again say nothing new: one id.
    update_id = content_key(["identify", person, anonymous])
    return [update_entry(update_id, person, occurred_at_ms, {"update": "identify", "anonymous_id": anonymous})]
