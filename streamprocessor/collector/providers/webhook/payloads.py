"""Values of payloads, read without trust: anything may be missing, or of another type than documented."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import orjson

from streamprocessor.collector.http.wire_format import HttpRequest, RefusalError
from streamprocessor.collector.tracking.form_reading.multipart import multipart_fields
from streamprocessor.contract.lenient_json import decoded_leniently, read_json
from streamprocessor.contract.rfc3339 import parse_rfc3339

MAX_FORM_FIELDS = 1000


def json_of(body: bytes) -> Any:
    """What the body spells as JSON; raises RefusalError 400."""
    try:
        return read_json(body)
    except orjson.JSONDecodeError as error:
        # The error's own text may quote the payload, which is personal.
        raise RefusalError(400, "not-json", f"body: wanted JSON; got an error at byte {error.pos}") from None


def items_of(request: HttpRequest) -> list[Any]:
    """The items that a request's body holds, one or a list of them; raises RefusalError 400."""
    return items_in(request.body)


def items_in(body: bytes) -> list[Any]:
    """The items that are spelled there as JSON, one or a list of them; raises RefusalError 400."""
    payload = json_of(body)
    return payload if isinstance(payload, list) else [payload]


def json_object_in(value: object) -> dict[str, Any]:
    """The object that a text spells as JSON, or the object itself; an empty one where there is none."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            return object_of(read_json(value))
        except orjson.JSONDecodeError:
            return {}
    return object_of(value)


def form_of(request: HttpRequest) -> list[tuple[str, str]]:
    """The fields of a form, urlencoded or multipart, in their order; files are left out. Raises RefusalError 400."""
    content_type = request.headers.get("content-type", "")
    try:
        if content_type.lower().startswith("multipart/form-data"):
            return multipart_fields(content_type, request.body, MAX_FORM_FIELDS)
        return parse_qsl(decoded_leniently(request.body), keep_blank_values=True, max_num_fields=MAX_FORM_FIELDS)
    except ValueError:  # no form, or too many fields
        message = f"body: wanted a form of at most {MAX_FORM_FIELDS} fields; got none"
        raise RefusalError(400, "not-a-form", message) from None


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


def user_agent_of(value: object) -> str | None:
    """A user agent without the space around it, empty where the provider says an empty one; None where it says none."""
    return "" if isinstance(value, str) and not value.strip() else text_of(value)


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
