"""What workers answer over HTTP."""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import Any

import orjson
from prometheus_client.parser import text_string_to_metric_families

ANSWER_SECONDS = 3.0
RECOVERY_REMAINING = "leadscore_recovery_remaining_records"


def ask_worker(address: str) -> dict[str, Any]:
    """What the worker at the address says of itself, or why it says nothing: then it is not ready."""
    try:
        status: dict[str, Any] = orjson.loads(_get(f"{address}/status"))
        metrics = _get(f"{address}/metrics").decode()
    except (OSError, urllib.error.URLError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        return {"address": address, "ready": False, "not_ready": [f"does not answer ({reason})"]}
    remaining = [
        int(sample.value)
        for family in text_string_to_metric_families(metrics)
        for sample in family.samples
        if sample.name == RECOVERY_REMAINING
    ]
    return {
        "address": address,
        "ready": not status["not_ready"],
        "recovery_remaining_records": sum(remaining),
        **status,
    }


def _get(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=ANSWER_SECONDS) as answer:
        content: bytes = answer.read()
    return content
