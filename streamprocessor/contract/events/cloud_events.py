"""CloudEvents 1.0 on the input topics: their attributes join the event object that they carry.

Binary mode: `ce_` headers, the value is the event object. Structured mode: the value is an envelope whose `data` is
the event object; the content-type application/cloudevents+json says so, or, where a producer's library leaves that
out, the envelope's own `specversion` beside `data`. What the object says itself goes before the attributes;
ce_subject is not read, for the key says the contact.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from streamprocessor.contract import reason_codes
from streamprocessor.contract.strict_json import kind_of
from streamprocessor.errors import RecordError

STRUCTURED = b"application/cloudevents+json"

_FIELD_OF_ATTRIBUTE = {"id": "id", "type": "type", "time": "occurred_at"}


def event_object(body: dict[str, Any], headers: Sequence[tuple[str, bytes | None]] | None) -> dict[str, Any]:
    """The event object that a record carries, completed from its CloudEvents attributes where it is a CloudEvent.

    Raises RecordError not-an-object where an envelope carries something else.
    """
    if "specversion" in body and "data" in body:
        return _completed(_data_of(body), body)
    if not headers:
        return body
    is_binary = False
    for name, value in headers:
        if name == "ce_specversion":
            is_binary = True
        elif _says_structured(name, value):
            return _completed(_data_of(body), body)
    if is_binary:
        return _completed(body, {name[3:]: _text(value) for name, value in headers if name.startswith("ce_") and value})
    return body


def _data_of(envelope: dict[str, Any]) -> dict[str, Any]:
    data = envelope.get("data")
    if type(data) is not dict:
        raise RecordError(reason_codes.NOT_AN_OBJECT, f"data: wanted the event's object; got {kind_of(data)}")
    return data


def _completed(data: dict[str, Any], attributes: dict[str, Any]) -> dict[str, Any]:
    completed = dict(data)
    for attribute, field in _FIELD_OF_ATTRIBUTE.items():
        if completed.get(field) is None and attributes.get(attribute) is not None:
            completed[field] = attributes[attribute]
    return completed


def _says_structured(name: str, value: bytes | None) -> bool:
    return name.lower() == "content-type" and value is not None and value.lower().startswith(STRUCTURED)


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")
