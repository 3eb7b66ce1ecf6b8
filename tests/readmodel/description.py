"""The API as it is described to programs."""

from __future__ import annotations

import orjson
import schemathesis

from streamprocessor.readmodel.api.openapi import openapi
from tests.harness.system import ROOT

DESCRIPTION = openapi("test", orjson.loads((ROOT / "topics" / "schemas" / "subscription.json").read_bytes()))
ASKS_DELIVERY = r"^/api/subscriptions/(\{name\}/|preview$|test$)"
"""What only a delivery process can answer; 503 without one."""


@schemathesis.serializer("application/x-ndjson")
def lines(_: object, value: object) -> bytes:
    """A text of lines as it is."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")
