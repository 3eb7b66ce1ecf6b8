"""Payloads read without trust: anything may be missing, or of another type than the provider documents."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl

import orjson
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import Field, parse_form

from streamprocessor.collector.wire import Refusal, Request
from streamprocessor.contract.times import parse_rfc3339

MAX_FORM_FIELDS = 1000


def json_of(body: bytes) -> Any:
    """What the body spells as JSON; raises Refusal 400."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        # The error's own text may quote the payload, which is personal.
        raise Refusal(400, "not-json", f"body: wanted JSON; got an error at byte {error.pos}") from None


def json_object_in(value: object) -> dict[str, Any]:
    """The object that a text spells as JSON, or the object itself; an empty one where there is none."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            return object_of(orjson.loads(value))
        except orjson.JSONDecodeError:
            return {}
    return object_of(value)


def form_of(request: Request) -> list[tuple[str, str]]:
    """The fields of a form, urlencoded or multipart, in their order; files are left out. Raises Refusal 400."""
    if request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        return _multipart_fields(request)
    try:
        text = request.body.decode()
        return parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FORM_FIELDS)
    except ValueError:  # not UTF-8, or too many fields
        raise _no_form() from None


def object_of(value: object) -> dict[str, Any]:
    """The value where it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def list_of(value: object) -> list[Any]:
    """The value where it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def text_of(value: object) -> str | None:
    """A text that is not blank, without the space around it, or an integer as text; None for anything else."""
    if isinstance(value, str):
        return value.strip() or None
    return str(value) if type(value) is int else None


def texts_of(value: object) -> list[str]:
    """The texts of a list, or the one text that stands in place of a list."""
    candidates = value if isinstance(value, list) else [value]
    return [text for text in map(text_of, candidates) if text]


def seconds_to_ms(value: object) -> int | None:
    """Milliseconds of a time in seconds since the epoch: a number, or a text of one; None where it is neither."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return round(value * 1000) if 0 < value < 1e11 else None


def ms_of(value: object) -> int | None:
    """A time that is milliseconds since the epoch already; None where it is none."""
    return value if type(value) is int and 0 < value < 10**14 else None


def rfc3339_to_ms(value: object) -> int | None:
    """Milliseconds of a time as RFC 3339 text, with any number of digits of the second; None where it is none."""
    instant_ms = parse_rfc3339(value) if isinstance(value, str) else None
    return instant_ms if instant_ms is not None and instant_ms > 0 else None


def _multipart_fields(request: Request) -> list[tuple[str, str]]:
    fields: list[tuple[str, str]] = []

    def keep(field: Field) -> None:
        if len(fields) >= MAX_FORM_FIELDS:
            raise FormParserError
        name, value = field.field_name or b"", field.value or b""
        fields.append((name.decode("utf-8", "replace"), value.decode("utf-8", "replace")))

    headers = {"Content-Type": request.headers["content-type"].encode("latin-1", "replace")}
    try:
        parse_form(headers, BytesIO(request.body), keep, lambda _: None)
    except (FormParserError, ValueError):
        raise _no_form() from None
    return fields


def _no_form() -> Refusal:
    return Refusal(400, "not-a-form", f"body: wanted a form of at most {MAX_FORM_FIELDS} fields; got none")
