"""Who has rights on Kafka: each process, and what people do with commands."""

from __future__ import annotations

WORKER, COLLECTOR, DELIVERY, API = "worker", "collector", "delivery", "api"
SETUP, READER, SENDER, REBUILD = "setup", "reader", "sender", "rebuild"

ROLES = (WORKER, COLLECTOR, DELIVERY, API, SETUP, READER, SENDER, REBUILD)
"""In the order in which they are listed."""
