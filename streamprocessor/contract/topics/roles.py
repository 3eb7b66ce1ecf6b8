"""Who has rights on Kafka: each process, and what people do with commands."""

from __future__ import annotations

WORKER, COLLECTOR, DELIVERY, API = "worker", "collector", "delivery", "api"
SETUP, READER, SENDER, REBUILD, SHADOW = "setup", "reader", "sender", "rebuild", "shadow"

ROLES = (WORKER, COLLECTOR, DELIVERY, API, SETUP, READER, SENDER, REBUILD, SHADOW)
"""In the order in which they are listed."""
