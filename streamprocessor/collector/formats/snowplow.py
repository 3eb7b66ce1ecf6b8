"""Snowplow trackers: one event as a GET's query, several as a POST's `data`; all values are texts.

There is no write key: the application id `aid` must be among the write keys. There is no identify either: an event that
has both a user's id and a visitor's says that they are one contact, which is written once a session (or a day).

| what they send | what it becomes |
|---|---|
| `e=pv` | `page_visit`: `url`, `page` as `title`, `refr` as `referrer` |
| `e=ue` with `ue_pr` or `ue_px` (base64) | an event named as its schema, as `submit_form`; `data` as properties |
| `e=ue` with a schema named `identify` | an `attributes` update with its `data`, and `identify` updates |
| `e=se` | an event named `se_ac`; `se_ca` `category`, `se_la` `label`, `se_pr` `property`, `se_va` `value` |
| `e=tr`, `e=ti`, `e=pp` | `purchase` (`tr_tt` as `amount`), `transaction_item`, `page_ping`; fields as they came |
| `co` or `cx` (base64) | `properties.contexts`: the data of each context by its schema's name |
| `eid` | `id` |
| `ttm`, else `dtm` | `occurred_at`; `dtm` + (received - `stm`), `ttm` is true already |
| `uid`, else `duid`, `tnuid`, `nuid` | the contact: the user's id, or the visitor's |
| `url`, `refr`, `page` of other events | the page that a form was submitted on |
| `ua`, `ip` | `context.user_agent`, `context.ip`; else the request's, where `p` is `web` |
"""

from __future__ import annotations

from base64 import b64decode
from typing import Any
from urllib.parse import parse_qsl

import orjson

from streamprocessor.collector.contact_ids import ContactIds
from streamprocessor.collector.formats.native import refused_in_json
from streamprocessor.collector.formats.sdk_call import CallIdentity, SdkCall, TrackedEvent, address_in, text_id
from streamprocessor.collector.formats.sdk_requests import (
    context_of,
    item_id,
    json_answer,
    nothing_taken,
    object_body,
    object_in,
    read_items,
    rejected,
    text_of,
)
from streamprocessor.collector.formats.sdk_times import client_instant_ms, client_sent_ms, occurred_ms
from streamprocessor.collector.formats.vocabulary import Vocabulary
from streamprocessor.collector.http.wire_format import (
    DecodedEvents,
    HttpAnswer,
    ParsedRequest,
    Refusal,
    Request,
    WireFormat,
)
from streamprocessor.collector.tracking.pixel import GIF
from streamprocessor.contract import reason_codes
from streamprocessor.contract.events.event_fields import content_key
from streamprocessor.contract.strict_json import kind_of
from streamprocessor.errors import RecordError

WRONG_KEY = "wrong-key"
MAX_PARAMETERS = 200
TRUSTED_CLOCK_MS = 2000
DAY_MS = 86_400_000

_PAGE_WORDS = {"url": "url", "refr": "referrer", "page": "title"}
_STRUCTURED = {"se_ca": "category", "se_la": "label", "se_pr": "property", "se_va": "value"}
_OWN_NAMES = {"pv": "page", "pp": "page_ping", "tr": "transaction", "ti": "transaction_item"}
_OWN_WORDS = {"tr": {"tr_tt": "total", "tr_id": "order_id", "tr_cu": "currency"}}
_OWN_PREFIX = {"pp": "pp_", "tr": "tr_", "ti": "ti_"}


def snowplow(naming: ContactIds, vocabulary: Vocabulary) -> WireFormat:
    """The format; a GET is an image for browsers, so it is answered with one."""

    def read(request: Request, opened: ParsedRequest) -> DecodedEvents:
        def say(item: dict[str, Any]) -> SdkCall:
            if item.get("aid") != opened.key:
                raise RecordError(WRONG_KEY, "aid: wanted one application in a request; got another")
            return _said(item, request)

        return read_items(opened.payload, say, (naming, vocabulary))

    routes = (("GET", "/i"), ("POST", "/com.snowplowanalytics.snowplow/tp2"))
    return WireFormat("snowplow", routes, _open, read, _accepted, refused_in_json)


def _open(request: Request) -> ParsedRequest:
    items = object_body(request).get("data") if request.method == "POST" else [_query(request)]
    if not isinstance(items, list):
        raise Refusal(400, reason_codes.NOT_AN_OBJECT, f"data: wanted a list of events; got {kind_of(items)}")
    first = items[0] if items else None
    key = text_of(first.get("aid")) if isinstance(first, dict) else None
    return ParsedRequest(key, [] if request.method == "HEAD" else items)  # who asks for the head only has seen nothing


def _query(request: Request) -> dict[str, Any]:
    try:
        return dict(parse_qsl(request.query, max_num_fields=MAX_PARAMETERS))
    except ValueError as error:
        raise Refusal(
            400, reason_codes.TOO_LARGE, f"query: wanted at most {MAX_PARAMETERS} parameters; got more"
        ) from error


def _said(item: dict[str, Any], request: Request) -> SdkCall:
    stamped_ms = client_instant_ms(item.get("dtm"), "dtm")
    who = CallIdentity(text_id(item.get("uid"), "uid"), _visitor(item))
    event_id = item_id(item.get("eid"), item, stamped_ms, request.received_at_ms)
    at_ms = _occurred_ms(item, stamped_ms, request.received_at_ms)
    joins = None
    if who.user_id is not None and who.anonymous_id is not None:
        joins = content_key([who.user_id, who.anonymous_id, text_of(item.get("sid")) or at_ms // DAY_MS])
    name, properties = _named(item)
    if name == "identify":
        traits = properties
        return SdkCall(
            event_id, at_ms, who._replace(address=address_in(traits)), attributes=traits, identify_id=event_id
        )
    contexts = _contexts(item)
    if contexts:
        properties["contexts"] = contexts
    context = context_of(request, item.get("ua"), item.get("ip"), is_browser=item.get("p") == "web")
    page = {word: item[name] for name, word in _PAGE_WORDS.items() if text_of(item.get(name))}
    return SdkCall(event_id, at_ms, who, event=TrackedEvent(name, properties, context, page), identify_id=joins)


def _visitor(item: dict[str, Any]) -> str | None:
    return next((said for word in ("duid", "tnuid", "nuid") if (said := text_id(item.get(word), word))), None)


def _occurred_ms(item: dict[str, Any], stamped_ms: int | None, received_ms: int) -> int:
    true_ms = client_instant_ms(item.get("ttm"), "ttm")
    if true_ms is not None:
        return occurred_ms(true_ms, None, received_ms)
    sent_ms = client_sent_ms(item.get("stm"))
    # Some trackers stamp whole seconds: so little between sent and received is no clock that is wrong.
    if sent_ms is not None and abs(received_ms - sent_ms) < TRUSTED_CLOCK_MS:
        sent_ms = None
    return occurred_ms(stamped_ms, sent_ms, received_ms)


def _named(item: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The event's name and its properties."""
    kind = text_of(item.get("e"))
    if kind == "ue":
        name, data = _self_describing(object_in(_json(item, "ue_pr", "ue_px"), "data"))
        if not isinstance(data, dict):
            raise RecordError(reason_codes.BAD_PROPERTIES, f"ue: wanted data that is an object; got {kind_of(data)}")
        return name, dict(data)
    if kind == "se":
        properties = {word: item[name] for name, word in _STRUCTURED.items() if item.get(name) is not None}
        return text_of(item.get("se_ac")) or "", properties
    if kind not in _OWN_NAMES:
        raise RecordError(reason_codes.UNKNOWN_TYPE, f"e: wanted one of ue, se, {', '.join(_OWN_NAMES)}; got another")
    prefix = _OWN_PREFIX.get(kind)
    properties = {name: value for name, value in item.items() if prefix and name.startswith(prefix)}
    properties |= {word: item[name] for name, word in _OWN_WORDS.get(kind, {}).items() if name in item}
    return _OWN_NAMES[kind], properties


def _self_describing(said: dict[str, Any]) -> tuple[str, Any]:
    """The name in `iglu:vendor/name/format/version`, and the data."""
    schema = text_of(said.get("schema")) or ""
    parts = schema.removeprefix("iglu:").split("/")
    if len(parts) != 4:
        raise RecordError(reason_codes.UNKNOWN_TYPE, "schema: wanted iglu:vendor/name/jsonschema/version; got another")
    return parts[1], said.get("data")


def _contexts(item: dict[str, Any]) -> dict[str, Any]:
    envelope = _json(item, "co", "cx")
    said = envelope.get("data")
    if said is None:
        return {}
    if not isinstance(said, list) or not all(isinstance(one, dict) for one in said):
        raise RecordError(reason_codes.BAD_CONTEXT, f"contexts: wanted a list of objects; got {kind_of(said)}")
    return dict(_self_describing(one) for one in said)


def _json(item: dict[str, Any], plain: str, encoded: str) -> dict[str, Any]:
    """The object under the plain name or, base64 in either alphabet, under the other; empty where neither is there."""
    said = item.get(plain)
    try:
        if said is None and (packed := text_of(item.get(encoded))) is not None:
            standard = packed.translate(_TO_STANDARD).rstrip("=")
            said = b64decode(standard + "=" * (-len(standard) % 4), validate=True)
        content = orjson.loads(said) if isinstance(said, (str, bytes)) else said
    except ValueError as error:  # of base64, of JSON
        raise RecordError(reason_codes.NOT_JSON, f"{plain} or {encoded}: wanted JSON; got an error: {error}") from error
    if content is not None and not isinstance(content, dict):
        raise RecordError(reason_codes.NOT_AN_OBJECT, f"{plain} or {encoded}: wanted an object; got {kind_of(content)}")
    return content or {}


_TO_STANDARD = str.maketrans("-_ ", "+/+")  # a plus in a query may have become a blank


def _accepted(request: Request, _opened: ParsedRequest, reading: DecodedEvents) -> HttpAnswer:
    if nothing_taken(reading):
        bad = reading.bad[0]
        return json_answer(400, {"code": bad.reason, "message": bad.detail, "rejected": rejected(reading)})
    if request.method != "POST":
        return HttpAnswer(200, GIF, "image/gif", (("Cache-Control", "no-store"),))
    return json_answer(200, {"rejected": rejected(reading)})
