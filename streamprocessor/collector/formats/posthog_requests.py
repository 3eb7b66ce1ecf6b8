"""PostHog's requests in all their spellings: an object, a list of events, or either as base64 in a form."""

from __future__ import annotations

import binascii
from base64 import b64decode
from typing import Any
from urllib.parse import parse_qs

from streamprocessor.collector.formats.sdk_requests import json_body, text_of
from streamprocessor.collector.http.wire_format import HttpRequest, RefusalError
from streamprocessor.contract import reason_codes
from streamprocessor.contract.lenient_json import read_json
from streamprocessor.contract.strict_json import kind_of

MAX_INSTANT_DIGITS = 15

_FORM = b"data="
_KEY_WORDS = ("api_key", "token")


def posthog_body(request: HttpRequest) -> dict[str, Any]:
    """The object that the body spells, a list as its `batch`; raises RefusalError."""
    body = _form_content(request.body) if request.body.startswith(_FORM) else json_body(request)
    if isinstance(body, list):
        return {"batch": body}
    if not isinstance(body, dict):
        raise RefusalError(400, reason_codes.NOT_AN_OBJECT, f"body: wanted an object or a list; got {kind_of(body)}")
    return body


def posthog_key(request: HttpRequest, body: dict[str, Any]) -> str | None:
    """The project's key: of the body, of its first event, or of the query; None where there is none."""
    batch = body.get("batch")
    first = batch[0] if isinstance(batch, list) and batch and isinstance(batch[0], dict) else body
    properties = first.get("properties")
    for place in (body, first, properties if isinstance(properties, dict) else {}):
        for word in _KEY_WORDS:
            if (key := text_of(place.get(word))) is not None:
                return key
    query = parse_qs(request.query)
    return next((query[word][0] for word in _KEY_WORDS if word in query), None)


def posthog_sent(request: HttpRequest, body: dict[str, Any]) -> object:
    """When the request was sent, by the device's clock: as the body says, or the query in milliseconds; else None."""
    if body.get("sent_at") is not None:
        return body["sent_at"]
    sent = parse_qs(request.query).get("_", [""])[0]
    return int(sent) if sent.isascii() and sent.isdigit() and len(sent) <= MAX_INSTANT_DIGITS else None


def _form_content(body: bytes) -> Any:
    """What stands as base64 in the form's field `data`."""
    try:
        data = parse_qs(body.decode(), max_num_fields=10)["data"][0]
        plain = data.replace(" ", "+").rstrip("=")  # some send the sign + as it is
        return read_json(b64decode(plain + "=" * (-len(plain) % 4), validate=True))
    except (KeyError, ValueError, binascii.Error) as error:
        raise RefusalError(400, reason_codes.NOT_JSON, "data: wanted JSON in base64; got another") from error
