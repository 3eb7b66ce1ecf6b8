"""Who has rights on Kafka: each process, and what people do with commands."""

from __future__ import annotations

WORKER, COLLECTOR, DELIVERY, API = "worker", "collector", "delivery", "api"
SETUP, READER, SENDER = "setup", "reader", "sender"

ROLES = (WORKER, COLLECTOR, DELIVERY, API, SETUP, READER, SENDER)
"""In the order in which they are listed."""
