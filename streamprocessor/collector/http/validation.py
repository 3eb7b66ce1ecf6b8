"""What a request held, checked as the worker will: nothing that was accepted becomes a dead letter later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from streamprocessor.collector.durability.row import Row
from streamprocessor.collector.http.wire_format import DecodedEvents, RefusedItem, TopicEntry
from streamprocessor.contract import reason_codes
from streamprocessor.contract.events.event_fields import contact_of
from streamprocessor.contract.events.events import CONTACT_UPDATE, decode_event
from streamprocessor.contract.events.updates import decode_update
from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.contract.strict_json import MAX_DEPTH
from streamprocessor.contract.topics.topics import Topic
from streamprocessor.errors import RecordError

MAX_EVENT_BYTES = 32 * 1024
MAX_ITEMS = 2_500


def checked_rows(reading: DecodedEvents, topics: Mapping[str, Topic], received_at_ms: int) -> list[Row]:
    """The rows of all good entries; bad entries leave the reading's entries and join its bad items.

    topics: the input topics by short name. Written values say `id`, `contact_id` and `occurred_at`, whatever came.
    """
    rows: list[Row] = []
    good: list[TopicEntry] = []
    for entry in reading.entries:
        try:
            rows.append(_row(entry, topics[entry.topic], received_at_ms))
        except RecordError as error:
            reading.bad.append(RefusedItem(entry.position, error.reason, error.detail))
        else:
            good.append(entry)
    reading.entries = good
    return rows


def _row(entry: TopicEntry, topic: Topic, received_at_ms: int) -> Row:
    topic_name, contact, value, _ = entry
    try:
        key = contact.encode()
    except UnicodeEncodeError as error:
        raise RecordError(reason_codes.BAD_KEY, "contact_id: wanted Unicode; got half a surrogate pair") from error
    contact_of(key)
    try:
        if topic.schema == CONTACT_UPDATE:
            fact_id, occurred_at_ms = _update(value, contact, received_at_ms)
        else:
            event = decode_event(value, contact, received_at_ms, topic.event_type)
            fact_id, occurred_at_ms = event.id, event.occurred_at_ms
        value["id"], value["contact_id"] = fact_id, contact
        if occurred_at_ms >= received_at_ms or value.get("occurred_at") is None:
            # Said here, because it may arrive much later: what waits in the spool did not happen when it gets out.
            value["occurred_at"] = format_rfc3339(occurred_at_ms)
        written = orjson.dumps(value)
    except orjson.JSONEncodeError as error:
        if "ecursion" in str(error):
            raise RecordError(
                reason_codes.TOO_DEEP, f"wanted at most {MAX_DEPTH} levels of objects and lists"
            ) from error
        raise RecordError(
            reason_codes.NOT_JSON, f"wanted Unicode and 64-bit integers; got an error: {error}"
        ) from error
    if len(written) > MAX_EVENT_BYTES:
        raise RecordError(reason_codes.TOO_LARGE, f"wanted at most {MAX_EVENT_BYTES} bytes; got {len(written)}")
    return Row(topic_name, key, written)


def _update(value: dict[str, Any], contact: str, received_at_ms: int) -> tuple[str, int]:
    """Id and time of a contact update."""
    fact = decode_update(value, contact, received_at_ms)
    return fact.id, fact.occurred_at_ms
