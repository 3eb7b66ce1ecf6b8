"""Announcements as they come from Kafka: CloudEvents in binary mode, read back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from streamprocessor.contract import reason_codes
from streamprocessor.contract.rfc3339 import parse_rfc3339
from streamprocessor.contract.strict_json import read_object
from streamprocessor.contract.traceparents import traceparent_in
from streamprocessor.errors import RecordError

_NEEDED = ("id", "type", "source", "subject", "time")


@dataclass(frozen=True, slots=True)
class Announcement:
    """One score-updated or became-hot-lead.

    event: the topic's short name.
    at_ms: the instant of the step.
    traceparent: the trace context of the newest event that contributed; None: it brought none.
    """

    event: str
    id: str
    type: str
    source: str
    contact_id: str
    at: str
    at_ms: int
    data: dict[str, Any]
    traceparent: str | None = None


def read_announcement(event: str, value: bytes, headers: Sequence[tuple[str, bytes | None]]) -> Announcement:
    """The announcement that the record carries; raises RecordError where it is none of ours."""
    attributes = {
        name[3:]: raw.decode("utf-8", "replace") for name, raw in headers if name.startswith("ce_") and raw is not None
    }
    missing = [name for name in _NEEDED if not attributes.get(name)]
    if missing:
        raise RecordError(reason_codes.NOT_AN_OBJECT, f"headers: wanted ce_{', ce_'.join(missing)}; got none")
    at_ms = parse_rfc3339(attributes["time"])
    if at_ms is None:
        raise RecordError(reason_codes.BAD_TIME, "header ce_time: wanted an RFC 3339 time; got something else")
    return Announcement(
        event=event,
        id=attributes["id"],
        type=attributes["type"],
        source=attributes["source"],
        contact_id=attributes["subject"],
        at=attributes["time"],
        at_ms=at_ms,
        data=read_object(value),
        traceparent=traceparent_in(headers),
    )
