"""A delivery: one announcement, or a day's, on its way to one endpoint."""

from __future__ import annotations

from dataclasses import dataclass

NEXT_DIGEST = ""
"""In place of a digest's webhook id: the one that is yet to be made."""

DIGEST = ""
GATHERED = "\t"
"""In place of a contact's id, of what is about several: no contact has either, for ids hold no control characters."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One announcement, or a digest of several, on its way to one subscription.

    number: its place in the order of queueing. attempts: those that failed. at_ms: the announcement's instant.
    contact_id: DIGEST: its body is made of what is kept for it; GATHERED: it is about several, and has its body.
    traceparent: the announcement's trace context; None: it has none. digest: the webhook id of the digest that it is
    kept for; None: it is sent by itself.
    """

    number: int
    webhook_id: str
    subscription: str
    contact_id: str
    body: bytes
    at_ms: int
    queued_ms: int
    attempts: int = 0
    due_ms: int = 0
    traceparent: str | None = None
    digest: str | None = None

    @property
    def is_digest(self) -> bool:
        """Whether it is of several announcements."""
        return self.contact_id == DIGEST


def contact_of(contact_id: str) -> str | None:
    """The contact that a delivery with this contact_id is about; None: it is about several."""
    return None if contact_id in (DIGEST, GATHERED) else contact_id
