"""A delivery: one announcement, or a day's, on its way to one endpoint."""

from __future__ import annotations

from dataclasses import dataclass

NEXT_DIGEST = ""
"""In place of a digest's webhook id: the one that is yet to be made."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One announcement, or a digest of several, on its way to one subscription.

    number: its place in the order of queueing. attempts: those that failed. at_ms: the announcement's instant.
    contact_id: empty: it is a digest, whose body is made of what is kept for it. traceparent: the announcement's trace
    context; None: it has none. digest: the webhook id of the digest that it is kept for; None: it is sent by itself.
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
        return not self.contact_id
