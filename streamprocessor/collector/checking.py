"""What a request held, checked as the worker will: nothing that was accepted becomes a dead letter later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from streamprocessor.collector.wire import Bad, Entry, Reading
from streamprocessor.contract import reasons
from streamprocessor.contract.events import CONTACT_UPDATE, decode_event
from streamprocessor.contract.fields import contact_of
from streamprocessor.contract.json_text import MAX_DEPTH
from streamprocessor.contract.times import format_rfc3339
from streamprocessor.contract.topics import Topic
from streamprocessor.contract.updates import decode_update
from streamprocessor.errors import RecordError

MAX_EVENT_BYTES = 32 * 1024
MAX_ITEMS = 2_500


class Row(NamedTuple):
    """One record for Kafka, ready to be written. topic: its short name."""

    topic: str
    key: bytes
    value: bytes


def checked_rows(reading: Reading, topics: Mapping[str, Topic], received_at_ms: int) -> list[Row]:
    """The rows of all good entries; bad entries leave the reading's entries and join its bad items.

    topics: the input topics by short name. Written values say `id`, `contact_id` and `occurred_at`, whatever came.
    """
    rows: list[Row] = []
    good: list[Entry] = []
    for entry in reading.entries:
        try:
            rows.append(_row(entry, topics[entry.topic], received_at_ms))
        except RecordError as error:
            reading.bad.append(Bad(entry.position, error.reason, error.detail))
        else:
            good.append(entry)
    reading.entries = good
    return rows


def _row(entry: Entry, topic: Topic, received_at_ms: int) -> Row:
    topic_name, contact, value, _ = entry
    try:
        key = contact.encode()
    except UnicodeEncodeError as error:
        raise RecordError(reasons.BAD_KEY, "contact_id: wanted Unicode; got half a surrogate pair") from error
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
            raise RecordError(reasons.TOO_DEEP, f"wanted at most {MAX_DEPTH} levels of objects and lists") from error
        raise RecordError(reasons.NOT_JSON, f"wanted Unicode and 64-bit integers; got an error: {error}") from error
    if len(written) > MAX_EVENT_BYTES:
        raise RecordError(reasons.TOO_LARGE, f"wanted at most {MAX_EVENT_BYTES} bytes; got {len(written)}")
    return Row(topic_name, key, written)


def _update(value: dict[str, Any], contact: str, received_at_ms: int) -> tuple[str, int]:
    """Id and time of a contact update."""
    fact = decode_update(value, contact, received_at_ms)
    return fact.id, fact.occurred_at_ms
