"""The description of the native format for programs: OpenAPI 3.1, made of the topics' own schemas."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from streamprocessor.collector.formats.native import PATH
from streamprocessor.collector.http.validation import MAX_ITEMS
from streamprocessor.contract.events.event_fields import CONTROL_CHARACTERS, MAX_KEY_BYTES
from streamprocessor.contract.traceparents import TRACEPARENT
from streamprocessor.errors import OperatorError
from streamprocessor.process.http.connection import OWN_ANSWERS

_SCHEMAS = {"Event": "event.json", "ContactUpdate": "contact-update.json"}
_ONE = {"anyOf": [{"$ref": "#/components/schemas/Event"}, {"$ref": "#/components/schemas/ContactUpdate"}]}
_SEVERAL = {"type": "array", "minItems": 1, "maxItems": MAX_ITEMS, "items": _ONE}
_KEY = "A write key, which is secret; or a browser key, with which events may be sent and visitors identified alone."
_REFUSAL = {
    "type": "object",
    "required": ["code", "message"],
    "properties": {
        "code": {"type": "string", "description": "For programs."},
        "message": {"type": "string", "description": "For people: what, where, wanted, got."},
    },
}
_RECEIPT = {
    "type": "object",
    "required": ["accepted", "rejected"],
    "properties": {
        "accepted": {"type": "integer", "minimum": 0, "description": "How many are safe."},
        "rejected": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["index", "reason", "detail"],
                "properties": {
                    "index": {"type": "integer", "minimum": 0},
                    "reason": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
        "left_out": {
            "type": "array",
            "description": "Of an update with more attributes than a contact can have those that were left out.",
            "items": {
                "type": "object",
                "required": ["index", "attributes"],
                "properties": {
                    "index": {"type": "integer", "minimum": 0},
                    "attributes": {"type": "array", "items": {"type": "string"}},
                },
            },
        },
    },
}


def openapi(schemas: Path, version: str) -> dict[str, Any]:
    """The description of the native format.

    schemas: the folder of the topics' schemas; raises OperatorError where one can't be read.
    """
    components: dict[str, Any] = {name: _schema(schemas / file) for name, file in _SCHEMAS.items()}
    components["Event"]["required"] = ["contact_id", "type"]  # in a topic, the topic and the key may stand for them
    components["ContactUpdate"]["required"] = ["contact_id", "update"]
    for name in _SCHEMAS:
        components[name]["properties"]["contact_id"] = _CONTACT_ID
    components |= {"Receipt": _RECEIPT, "Refusal": _REFUSAL}
    return {
        "openapi": "3.1.0",
        "info": {"title": "streamprocessor collector", "version": version},
        "paths": {PATH: {"post": _operation()}},
        "components": {
            "schemas": components,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": _KEY},
                "basic": {"type": "http", "scheme": "basic", "description": f"{_KEY} As the user, no password."},
                "header": {"type": "apiKey", "in": "header", "name": "X-Write-Key", "description": _KEY},
            },
        },
        "security": [{"bearer": []}, {"basic": []}, {"header": []}],
    }


def _operation() -> dict[str, Any]:
    wrapped = {"type": "object", "required": ["events"], "properties": {"events": _SEVERAL}}
    return {
        "operationId": "post_events",
        "summary": "Take events and contact updates; those of 200 are safe.",
        "parameters": [_TRACEPARENT],
        "requestBody": {
            "required": True,
            "description": "One, a list, or one a line; gzip and deflate are understood.",
            "content": {
                "application/json": {"schema": {"anyOf": [_ONE, _SEVERAL, wrapped]}},
                "application/x-ndjson": {"schema": {"type": "string"}},
            },
        },
        "responses": {
            "200": _answer("Some are safe; those that are not are named.", "Receipt"),
            "400": {
                "description": "Nothing is good, or the body can't be read.",
                "content": {"application/json": {"schema": {"anyOf": [_ref("Receipt"), _ref("Refusal")]}}},
            },
            "401": _answer("No key, or one that is not known.", "Refusal"),
            "403": {
                "description": "A browser key, with which nothing of it may be said, or not by this page.",
                "content": {"application/json": {"schema": {"anyOf": [_ref("Receipt"), _ref("Refusal")]}}},
            },
            "405": _answer("Another method than POST.", "Refusal"),
            **{status: {"description": text} for status, text in OWN_ANSWERS.items()},
            "413": _answer("Too large, or too many.", "Refusal"),
            "415": _answer("A content encoding that is not understood.", "Refusal"),
            "429": _answer("Too many for this key at this address; Retry-After says when.", "Refusal"),
            "503": _answer("Kafka is away and the disk is full; Retry-After says when.", "Refusal"),
        },
    }


_TRACEPARENT = {
    "name": TRACEPARENT,
    "in": "header",
    "required": False,
    "description": "A W3C trace context, which goes on with what the events cause; what is none is passed over.",
    "schema": {"type": "string"},
    "example": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
}
#: Bytes of UTF-8, which JSON Schema can't count: a text of other letters may have fewer characters.
_CONTACT_ID = {
    "type": ["string", "integer"],
    "minLength": 1,
    "maxLength": MAX_KEY_BYTES,
    "not": {"pattern": f"[{CONTROL_CHARACTERS}]"},
}


def _answer(description: str, schema: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": _ref(schema)}}}


def _ref(schema: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{schema}"}


def _schema(file: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = orjson.loads(file.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        message = f"{file}: wanted a readable JSON Schema; got {error}"
        raise OperatorError(message) from error
    return {name: value for name, value in content.items() if name not in ("$schema", "$id")}
