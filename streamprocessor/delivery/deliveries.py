"""A delivery: one announcement on its way to one endpoint."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Delivery:
    """One announcement on its way to one subscription.

    number: its place in the order of queueing. attempts: those that failed. at_ms: the announcement's instant.
    traceparent: the announcement's trace context; None: it has none.
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
