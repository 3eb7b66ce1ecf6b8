"""The native format: events and contact updates as CONTRACT spells them; one, several, or one a line.

Answer: 200 {"accepted": n, "rejected": [{"index", "reason", "detail"}]}; 400 where nothing is good,
403 where the key may say nothing of it. With "left_out": [{"index", "attributes"}] where an update has more attributes
than a contact can have: the item is taken without those.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from streamprocessor.collector.formats.vocabulary import Vocabulary
from streamprocessor.collector.http.json_answers import (
    json_answer,
    left_out_items,
    refusal_in_json,
    refused_status,
    rejected_items,
)
from streamprocessor.collector.http.validation import MAX_ITEMS
from streamprocessor.collector.http.wire_format import (
    DecodedEvents,
    HttpAnswer,
    HttpRequest,
    ParsedRequest,
    RefusalError,
    RefusedItem,
    TopicEntry,
    WireFormat,
)
from streamprocessor.contract import reason_codes
from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.contract.events.cloud_events import event_object
from streamprocessor.contract.lenient_json import read_json
from streamprocessor.contract.strict_json import kind_of
from streamprocessor.errors import RecordError

PATH = "/v1/events"

_LINES = ("ndjson", "jsonl", "json-lines", "json-seq")
_UNREADABLE = object()


def formats(_contact_ids: ContactIds, _vocabulary: Vocabulary) -> list[WireFormat]:
    """The formats of this module, set up."""
    return [native()]


def native() -> WireFormat:
    """The format."""
    return WireFormat("native", (("POST", PATH),), _parse, _decode, _accepted_answer, refusal_in_json)


def offered_key(headers: Mapping[str, str]) -> str | None:
    """The key in `Authorization: Bearer KEY`, `Authorization: Basic KEY:` or `X-Write-Key: KEY`; None: none."""
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return credentials.strip() or None
    if scheme.lower() == "basic":
        try:
            return b64decode(credentials, validate=True).decode().partition(":")[0] or None
        except ValueError:
            return None
    return headers.get("x-write-key") or None


def _parse(request: HttpRequest) -> ParsedRequest:
    return ParsedRequest(offered_key(request.headers), None)  # the body is read once the key is known to be good


def _items_of(request: HttpRequest) -> list[Any]:
    body = request.body
    if any(word in request.headers.get("content-type", "") for word in _LINES):
        return list(_lines(body))
    try:
        content = read_json(body)
    except orjson.JSONDecodeError as error:
        if not body.strip():
            raise RefusalError(
                400, reason_codes.EMPTY, "body: wanted an event, a list of them, or one a line; got none"
            ) from error
        lines = list(_lines(body))
        if len(lines) < 2 or lines[0] is _UNREADABLE:
            raise RefusalError(400, reason_codes.NOT_JSON, f"body: wanted JSON; got an error: {error}") from error
        return lines
    if type(content) is dict and "events" in content and "type" not in content and "update" not in content:
        content = content["events"]
        if type(content) is not list:
            raise RefusalError(400, "bad-batch", f"events: wanted a list; got {kind_of(content)}")
    return content if type(content) is list else [content]


def _lines(body: bytes) -> Iterator[Any]:
    lines = [line for line in body.split(b"\n") if line.strip()]
    if len(lines) > MAX_ITEMS:
        raise _too_many(len(lines))
    for line in lines:
        try:
            yield read_json(line)
        except orjson.JSONDecodeError:
            yield _UNREADABLE


def _decode(request: HttpRequest, _: ParsedRequest) -> DecodedEvents:
    items = _items_of(request)
    if not items:
        raise RefusalError(400, reason_codes.EMPTY, "body: wanted at least one event; got none")
    if len(items) > MAX_ITEMS:
        raise _too_many(len(items))
    decoded = DecodedEvents()
    for position, item in enumerate(items):
        try:
            decoded.entries.append(_entry(item, position))
        except RecordError as error:
            decoded.refused.append(RefusedItem(position, error.reason, error.detail))
    return decoded


def _too_many(got: int) -> RefusalError:
    return RefusalError(413, "too-many", f"body: wanted at most {MAX_ITEMS} events; got {got}")


def _entry(item: Any, position: int) -> TopicEntry:
    if item is _UNREADABLE:
        raise RecordError(reason_codes.NOT_JSON, "line: wanted JSON; got another")
    if type(item) is not dict:
        raise RecordError(reason_codes.NOT_AN_OBJECT, f"event: wanted an object; got {kind_of(item)}")
    if "specversion" in item:
        item = event_object(item, None)
    contact_id = item.get("contact_id")
    if type(contact_id) is int:
        contact_id = str(contact_id)
    if type(contact_id) is not str or not contact_id:
        raise RecordError(
            reason_codes.NO_CONTACT, f"contact_id: wanted a text; got {kind_of(contact_id) if contact_id else 'none'}"
        )
    return TopicEntry(contact_id, item, position)


def _accepted_answer(_: HttpRequest, __: ParsedRequest, decoded: DecodedEvents) -> HttpAnswer:
    rejected = rejected_items(sorted(decoded.refused))
    status = 200 if decoded.entries else refused_status(decoded)
    return json_answer(status, {"accepted": len(decoded.entries), "rejected": rejected, **left_out_items(decoded)})
