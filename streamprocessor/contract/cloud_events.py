"""CloudEvents 1.0 on the input topics: their attributes join the event object that they carry.

Binary mode: `ce_` headers, the value is the event object. Structured mode: content-type application/cloudevents+json,
the value is an envelope whose `data` is the event object. What the object says itself goes before the attributes;
ce_subject is not read, for the key says the contact.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from streamprocessor.contract import reasons
from streamprocessor.contract.json_text import kind_of
from streamprocessor.errors import RecordError

STRUCTURED = b"application/cloudevents+json"

_FIELD_OF_ATTRIBUTE = {"id": "id", "type": "type", "time": "occurred_at"}


def is_cloud_event(headers: Sequence[tuple[str, bytes]]) -> bool:
    """Whether the record's headers say that it is a CloudEvent, in either mode."""
    return any(name == "ce_specversion" or _says_structured(name, value) for name, value in headers)


def event_object(body: dict[str, Any], headers: Sequence[tuple[str, bytes]]) -> dict[str, Any]:
    """The event object of a CloudEvent, completed from its attributes; raises RecordError not-an-object."""
    if any(_says_structured(name, value) for name, value in headers):
        data = body.get("data")
        if type(data) is not dict:
            raise RecordError(reasons.NOT_AN_OBJECT, f"data: wanted the event's object; got {kind_of(data)}")
        attributes = body
    else:
        data = body
        attributes = {name[3:]: _text(value) for name, value in headers if name.startswith("ce_")}
    completed = dict(data)
    for attribute, field in _FIELD_OF_ATTRIBUTE.items():
        if completed.get(field) is None and attributes.get(attribute) is not None:
            completed[field] = attributes[attribute]
    return completed


def _says_structured(name: str, value: bytes) -> bool:
    return name.lower() == "content-type" and value is not None and value.lower().startswith(STRUCTURED)


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")
