"""What a request held, checked as the worker will: nothing that was accepted becomes a dead letter later."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import orjson

from streamprocessor.collector.durability.producer_record import ProducerRecord
from streamprocessor.collector.http.wire_format import LeftOut, RefusedItem, TopicEntry
from streamprocessor.contract import reason_codes
from streamprocessor.contract.events.event_fields import BROWSER_ID_PREFIX, MAX_ID_CHARS, id_of
from streamprocessor.contract.events.events import CONTACT_UPDATE, decode_event
from streamprocessor.contract.events.updates import BROWSER, RANK, contact_of_update, decode_update
from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.contract.strict_json import MAX_DEPTH
from streamprocessor.contract.topics.input_topics import InputTopics
from streamprocessor.contract.topics.topics import Topic
from streamprocessor.errors import RecordError
from streamprocessor.scoring.evidence.size_limits import attributes_over_limit

MAX_EVENT_BYTES = 32 * 1024
MAX_ITEMS = 2_500

_LONG_ID = " " * 40  # as long as those that are given to what has none


class CheckedEntries(NamedTuple):
    """Entries, judged one by one.

    records: what is to be written, one for each good entry, in their order.
    good: the entries that the records were made of.
    refused: one for each other entry.
    """

    records: list[ProducerRecord]
    good: list[TopicEntry]
    refused: list[RefusedItem]


def check_entries(entries: Iterable[TopicEntry], topics: InputTopics, received_at_ms: int) -> CheckedEntries:
    """The entries with the records that they become; written values say `id`, `contact_id` and `occurred_at` always."""
    checked = CheckedEntries([], [], [])
    for entry in entries:
        try:
            checked.records.append(_record(entry, topics.topic_of(entry.value), received_at_ms))
        except RecordError as error:
            checked.refused.append(RefusedItem(entry.position, error.reason, error.detail))
        else:
            checked.good.append(entry)
    return checked


def within_attribute_limits(entries: Iterable[TopicEntry]) -> tuple[list[TopicEntry], list[LeftOut]]:
    """The entries, with no more attributes in each update than a contact can have, and what was left out of which."""
    kept, left_out = list[TopicEntry](), list[LeftOut]()
    for entry in entries:
        attributes = entry.value.get("attributes") if entry.value.get("update") == "attributes" else None
        if not isinstance(attributes, dict) or not (
            names := attributes_over_limit(attributes, str(entry.value.get("id") or _LONG_ID))
        ):
            kept.append(entry)
            continue
        too_many = frozenset(names)
        fewer = {name: value for name, value in attributes.items() if name not in too_many}
        kept.append(entry._replace(value=entry.value | {"attributes": fewer}))
        left_out.append(LeftOut(entry.position, names))
    return kept, left_out


def _record(entry: TopicEntry, topic: Topic, received_at_ms: int) -> ProducerRecord:
    contact_id, value = entry.contact_id, entry.value
    try:
        key = contact_id.encode()
    except UnicodeEncodeError as error:
        raise RecordError(reason_codes.BAD_KEY, "contact_id: wanted Unicode; got half a surrogate pair") from error
    contact_of_update(value.get("update"), key)
    if "specversion" in value and "data" in value:  # the worker would read what is inside
        raise RecordError(reason_codes.NOT_AN_OBJECT, "data: wanted an event or an update; got another envelope")
    try:
        fact_id, occurred_at_ms = _id_and_time(value, contact_id, topic, received_at_ms)
        completed = {**value, "id": fact_id, "contact_id": contact_id}
        if occurred_at_ms >= received_at_ms or value.get("occurred_at") is None:
            # Written here, because it may arrive much later: what waits in the spool did not happen when it gets out.
            completed["occurred_at"] = format_rfc3339(occurred_at_ms)
        content = orjson.dumps(completed)
    except orjson.JSONEncodeError as error:
        if "ecursion" in str(error):
            raise RecordError(
                reason_codes.TOO_DEEP, f"wanted at most {MAX_DEPTH} levels of objects and lists"
            ) from error
        raise RecordError(
            reason_codes.NOT_JSON, f"wanted Unicode and 64-bit integers; got an error: {error}"
        ) from error
    if len(content) > MAX_EVENT_BYTES:
        raise RecordError(reason_codes.TOO_LARGE, f"wanted at most {MAX_EVENT_BYTES} bytes; got {len(content)}")
    return ProducerRecord(topic.name, key, content)


def _id_and_time(value: dict[str, Any], contact_id: str, topic: Topic, received_at_ms: int) -> tuple[str, int]:
    """The id of an event or an update, and the milliseconds at which it occurred; raises RecordError."""
    if topic.schema == CONTACT_UPDATE:
        update = decode_update(value, contact_id, received_at_ms)
        return update.id, update.occurred_at_ms
    event = decode_event(value, contact_id, received_at_ms, topic.event_type)
    event_id = _own_id_of_browsers(event.id) if value.get(RANK) == BROWSER else event.id
    return event_id, event.occurred_at_ms


def _own_id_of_browsers(event_id: str) -> str:
    """The id of an event that anybody may have said: no event of others has it, so it stands in the place of none."""
    own_id = BROWSER_ID_PREFIX + event_id
    return own_id if len(own_id) <= MAX_ID_CHARS else f"{BROWSER_ID_PREFIX}{id_of(own_id)}"
