"""The native format: events and contact updates as CONTRACT spells them; one, several, or one a line.

Topic: an `update` goes to contact-updates, a `type` to the topic of that type, any other type to activities.
Answer: 200 {"accepted": n, "rejected": [{"index", "reason", "detail"}]}; 400 where nothing is good.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from streamprocessor.collector.http.validation import MAX_ITEMS
from streamprocessor.collector.http.wire_format import (
    DecodedEvents,
    HttpAnswer,
    ParsedRequest,
    Refusal,
    RefusedItem,
    Request,
    TopicEntry,
    WireFormat,
)
from streamprocessor.contract import reason_codes
from streamprocessor.contract.events.cloud_events import event_object
from streamprocessor.contract.strict_json import kind_of
from streamprocessor.contract.topic_names import ACTIVITIES, CONTACT_UPDATES
from streamprocessor.contract.topics.topics import Topic
from streamprocessor.errors import RecordError

PATH = "/v1/events"

_LINES = ("ndjson", "jsonl", "json-lines", "json-seq")
_UNREADABLE = object()


def native(topics: Iterable[Topic]) -> WireFormat:
    """The format; topics: the input topics."""
    topic_of_type = {topic.event_type: topic.name for topic in topics if topic.event_type}

    def read(_: Request, opened: ParsedRequest) -> DecodedEvents:
        return _read(opened.payload, topic_of_type)

    return WireFormat("native", (("POST", PATH),), _open, read, _accepted, refused_in_json)


def refused_in_json(refusal: Refusal) -> HttpAnswer:
    """A refusal as JSON: a code for programs, a sentence for people."""
    return HttpAnswer(refusal.status, orjson.dumps({"code": refusal.code, "message": str(refusal)}))


def offered_key(headers: Mapping[str, str]) -> str | None:
    """The write key in `Authorization: Bearer KEY`, `Authorization: Basic KEY:` or `X-Write-Key: KEY`; None: none."""
    scheme, _, said = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return said.strip() or None
    if scheme.lower() == "basic":
        try:
            return b64decode(said, validate=True).decode().partition(":")[0] or None
        except ValueError:
            return None
    return headers.get("x-write-key") or None


def _open(request: Request) -> ParsedRequest:
    return ParsedRequest(offered_key(request.headers), _items_of(request))


def _items_of(request: Request) -> list[Any]:
    body = request.body
    if any(word in request.headers.get("content-type", "") for word in _LINES):
        return list(_lines(body))
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        if not body.strip():
            raise Refusal(
                400, reason_codes.EMPTY, "body: wanted an event, a list of them, or one a line; got none"
            ) from error
        lines = list(_lines(body))
        if len(lines) < 2 or lines[0] is _UNREADABLE:
            raise Refusal(400, reason_codes.NOT_JSON, f"body: wanted JSON; got an error: {error}") from error
        return lines
    if type(content) is dict and "events" in content and "type" not in content and "update" not in content:
        content = content["events"]
        if type(content) is not list:
            raise Refusal(400, "bad-batch", f"events: wanted a list; got {kind_of(content)}")
    return content if type(content) is list else [content]


def _lines(body: bytes) -> Iterator[Any]:
    for line in body.split(b"\n"):
        if line.strip():
            try:
                yield orjson.loads(line)
            except orjson.JSONDecodeError:
                yield _UNREADABLE


def _read(items: list[Any], topic_of_type: dict[str, str]) -> DecodedEvents:
    if not items:
        raise Refusal(400, reason_codes.EMPTY, "body: wanted at least one event; got none")
    if len(items) > MAX_ITEMS:
        raise Refusal(413, "too-many", f"body: wanted at most {MAX_ITEMS} events; got {len(items)}")
    reading = DecodedEvents()
    for position, item in enumerate(items):
        try:
            reading.entries.append(_entry(item, position, topic_of_type))
        except RecordError as error:
            reading.bad.append(RefusedItem(position, error.reason, error.detail))
    return reading


def _entry(item: Any, position: int, topic_of_type: dict[str, str]) -> TopicEntry:
    if item is _UNREADABLE:
        raise RecordError(reason_codes.NOT_JSON, "line: wanted JSON; got another")
    if type(item) is not dict:
        raise RecordError(reason_codes.NOT_AN_OBJECT, f"event: wanted an object; got {kind_of(item)}")
    if "specversion" in item:
        item = event_object(item, None)
    contact = item.get("contact_id")
    if type(contact) is int:
        contact = str(contact)
    if type(contact) is not str or not contact:
        raise RecordError(
            reason_codes.NO_CONTACT, f"contact_id: wanted a text; got {kind_of(contact) if contact else 'none'}"
        )
    if "update" in item:
        return TopicEntry(CONTACT_UPDATES, contact, item, position)
    said = item.get("type")
    return TopicEntry(topic_of_type.get(said, ACTIVITIES) if type(said) is str else ACTIVITIES, contact, item, position)


def _accepted(_: Request, __: ParsedRequest, reading: DecodedEvents) -> HttpAnswer:
    rejected = [
        {"index": position, "reason": reason, "detail": detail} for position, reason, detail in sorted(reading.bad)
    ]
    body = orjson.dumps({"accepted": len(reading.entries), "rejected": rejected})
    return HttpAnswer(200 if reading.entries else 400, body)
