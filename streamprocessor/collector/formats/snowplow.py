"""Snowplow trackers: one event as a GET's query, several as a POST's `data`; all values are texts.

There is no key: the application id `aid` must be one of the browser keys, or on servers of the write keys. There is no
identify either: an event that has both a user's id and a visitor's says that they are one contact, which is written
once a session (or a day).

| what they send | what it becomes |
|---|---|
| `e=pv` | `page_visit`: `url`, `page` as `title`, `refr` as `referrer` |
| `e=ue` with `ue_pr` or `ue_px` (base64) | an event named as its schema, as `submit_form`; `data` as properties |
| `e=ue` with a schema named `identify` | an `attributes` update with its `data`, and `identify` updates |
| `e=se` | an event named `se_ac`; `se_ca` `category`, `se_la` `label`, `se_pr` `property`, `se_va` `value` |
| `e=tr`, `e=ti`, `e=pp` | `purchase` (`tr_tt` as `amount`), `transaction_item`, `page_ping`; fields as they came |
| `co` or `cx` (base64) | `properties.contexts`: the data of each context by its schema's name |
| `eid` | `id` (a browser's event: `browser:id`) |
| `ttm`, else `dtm` | `occurred_at`; `dtm` + (received - `stm`), `ttm` is true already |
| `uid`, else `duid`, `tnuid`, `nuid` | the contact: the user's id, or the visitor's |
| `url`, `refr`, `page` of other events | the page that a form was submitted on |
| `ua`, `ip` | `context.user_agent`, `context.ip`; else the request's, where `p` is `web` |
"""

from __future__ import annotations

from base64 import b64decode
from typing import Any
from urllib.parse import parse_qsl

from streamprocessor.collector.formats.sdk_call import CallIdentity, SdkCall, TrackedEvent, address_in, text_id
from streamprocessor.collector.formats.sdk_requests import (
    context_of,
    decode_items,
    item_id,
    nothing_taken,
    object_body,
    object_in,
    text_of,
)
from streamprocessor.collector.formats.sdk_times import client_instant_ms, client_sent_ms, occurred_ms
from streamprocessor.collector.formats.vocabulary import Vocabulary
from streamprocessor.collector.http.json_answers import (
    json_answer,
    left_out_items,
    refusal_in_json,
    refused_status,
    rejected_items,
)
from streamprocessor.collector.http.wire_format import (
    DecodedEvents,
    HttpAnswer,
    HttpRequest,
    ParsedRequest,
    RefusalError,
    WireFormat,
)
from streamprocessor.collector.tracking.pixel import GIF
from streamprocessor.contract import reason_codes
from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.contract.events.event_fields import content_key
from streamprocessor.contract.lenient_json import read_json
from streamprocessor.contract.placeholder_ids import is_placeholder
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


def formats(contact_ids: ContactIds, vocabulary: Vocabulary) -> list[WireFormat]:
    """The formats of this module, set up."""
    return [snowplow(contact_ids, vocabulary)]


def snowplow(contact_ids: ContactIds, vocabulary: Vocabulary) -> WireFormat:
    """The format; a GET is an image for browsers, so it is answered with one."""

    def decode(request: HttpRequest, parsed: ParsedRequest) -> DecodedEvents:
        def sdk_call_of(item: dict[str, Any]) -> SdkCall:
            if item.get("aid") != parsed.key:
                raise RecordError(WRONG_KEY, "aid: wanted one application in a request; got another")
            return _call_of(item, request)

        return decode_items(parsed.payload, sdk_call_of, contact_ids, vocabulary)

    routes = (("GET", "/i"), ("POST", "/com.snowplowanalytics.snowplow/tp2"))
    # Its tracker in browsers sends cookies along by default.
    return WireFormat("snowplow", routes, _parse, decode, _accepted_answer, refusal_in_json, credentials=True)


def _parse(request: HttpRequest) -> ParsedRequest:
    items = object_body(request).get("data") if request.method == "POST" else [_query(request)]
    if not isinstance(items, list):
        raise RefusalError(400, reason_codes.NOT_AN_OBJECT, f"data: wanted a list of events; got {kind_of(items)}")
    first = items[0] if items else None
    key = text_of(first.get("aid")) if isinstance(first, dict) else None
    items = [] if request.method == "HEAD" else items  # who asks for the head only has seen nothing
    return ParsedRequest(key, items, len(items))


def _query(request: HttpRequest) -> dict[str, Any]:
    try:
        return dict(parse_qsl(request.query, max_num_fields=MAX_PARAMETERS))
    except ValueError as error:
        raise RefusalError(
            400, reason_codes.TOO_LARGE, f"query: wanted at most {MAX_PARAMETERS} parameters; got more"
        ) from error


def _call_of(item: dict[str, Any], request: HttpRequest) -> SdkCall:
    stamped_ms = client_instant_ms(item.get("dtm"), "dtm")
    identity = CallIdentity(text_id(item.get("uid"), "uid"), _visitor(item))
    event_id = item_id(item.get("eid"), item, stamped_ms, request.received_at_ms)
    at_ms = _occurred_ms(item, stamped_ms, request.received_at_ms)
    identify_id = None
    if identity.user_id is not None and identity.anonymous_id is not None:
        identify_id = content_key(
            [identity.user_id, identity.anonymous_id, text_of(item.get("sid")) or at_ms // DAY_MS]
        )
    name, properties = _named(item)
    if name == "identify":
        traits = properties
        return SdkCall(
            event_id, at_ms, identity._replace(address=address_in(traits)), attributes=traits, identify_id=event_id
        )
    contexts = _contexts(item)
    if contexts:
        properties["contexts"] = contexts
    context = context_of(request, item.get("ua"), item.get("ip"), is_browser=item.get("p") == "web")
    page = {word: item[name] for name, word in _PAGE_WORDS.items() if text_of(item.get(name))}
    return SdkCall(
        event_id, at_ms, identity, event=TrackedEvent(name, properties, context, page), identify_id=identify_id
    )


def _visitor(item: dict[str, Any]) -> str | None:
    """The first id of the visitor, one that stands for nobody only where there is no other."""
    visitors = [visitor for word in ("duid", "tnuid", "nuid") if (visitor := text_id(item.get(word), word))]
    return min(visitors, key=is_placeholder, default=None)


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


def _self_describing(envelope: dict[str, Any]) -> tuple[str, Any]:
    """The name in `iglu:vendor/name/format/version`, and the data."""
    schema = text_of(envelope.get("schema")) or ""
    parts = schema.removeprefix("iglu:").split("/")
    if len(parts) != 4:
        raise RecordError(reason_codes.UNKNOWN_TYPE, "schema: wanted iglu:vendor/name/jsonschema/version; got another")
    return parts[1], envelope.get("data")


def _contexts(item: dict[str, Any]) -> dict[str, Any]:
    envelope = _json(item, "co", "cx")
    contexts = envelope.get("data")
    if contexts is None:
        return {}
    if not isinstance(contexts, list) or not all(isinstance(context, dict) for context in contexts):
        raise RecordError(reason_codes.BAD_CONTEXT, f"contexts: wanted a list of objects; got {kind_of(contexts)}")
    return dict(_self_describing(context) for context in contexts)


def _json(item: dict[str, Any], plain: str, encoded: str) -> dict[str, Any]:
    """The object under the plain name or, base64 in either alphabet, under the other; empty where neither is there."""
    raw = item.get(plain)
    try:
        if raw is None and (base64_text := text_of(item.get(encoded))) is not None:
            standard = base64_text.translate(_TO_STANDARD).rstrip("=")
            raw = b64decode(standard + "=" * (-len(standard) % 4), validate=True)
        content = read_json(raw) if isinstance(raw, (str, bytes)) else raw
    except ValueError as error:  # of base64, of JSON
        raise RecordError(reason_codes.NOT_JSON, f"{plain} or {encoded}: wanted JSON; got an error: {error}") from error
    if content is not None and not isinstance(content, dict):
        raise RecordError(reason_codes.NOT_AN_OBJECT, f"{plain} or {encoded}: wanted an object; got {kind_of(content)}")
    return content or {}


_TO_STANDARD = str.maketrans("-_ ", "+/+")  # a plus in a query may have become a blank


def _accepted_answer(request: HttpRequest, _parsed: ParsedRequest, decoded: DecodedEvents) -> HttpAnswer:
    if nothing_taken(decoded):
        first = decoded.refused[0]
        content = {"code": first.reason, "message": first.detail, "rejected": rejected_items(decoded.refused)}
        return json_answer(refused_status(decoded), content)
    if request.method != "POST":
        return HttpAnswer(200, GIF, "image/gif", (("Cache-Control", "no-store"),))
    return json_answer(200, {"rejected": rejected_items(decoded.refused), **left_out_items(decoded)})
