"""PostHog: its SDKs unmodified, both generations; each batch or single event.

Keys: v0 `api_key` or `token` in the body, its events or the query, v1 `Authorization: Bearer`; in browsers and apps a
browser key, which may not alias. Answers: v0 200 with JSON; v1 one result for each uuid.

| what they send | what it becomes |
|---|---|
| `event` | an event; its type by vocabulary.yaml, else the name in snake case, without its `$` |
| `$set` event; `$set` beside an event or in its properties | an `attributes` update, of objects field by field |
| `$unset` beside `$set`: names | null under each in that update: it takes them away |
| `$set_once` beside `$set` | an update with `once`: of such the earliest holds, and any other goes before it |
| `$identify` | `$set` as attributes; `distinct_id` is the user's id, an `identify` update with `$anon_distinct_id` |
| `$create_alias`, `$merge_dangerously` | `distinct_id` is the contact; `merge` from `alias`, `identify` with either |
| `$groupidentify` | `TYPE.id`, and each field of `$group_set` as `TYPE.field`; nothing where no contact is named |
| `uuid` | `id` (a browser's event: `browser:id`); of what follows: `uuid:attributes` and so on |
| `timestamp` | `occurred_at`, + (received - `sent_at`); without it received - `offset` |
| `sent_at`, the query's `_`, in v1 the header `PostHog-Request-Timestamp` | left out where `$ignore_sent_at` is true |
| `distinct_id` | the contact: a user's id, or a visitor's, as below; a form of a visitor is its address's |
| `properties` | as they came but for `$ip`, `token` and the three above; beside them our words |
| `$raw_user_agent`, `$ip` | `context.user_agent`, `context.ip`; else the request's, if a browser made it |

A `distinct_id` does not say whether it is a user's. It is an anonymous visitor's where `$is_identified` or
`$process_person_profile` is false, or where it is the `$device_id`. An alias may be either, so both are written.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from streamprocessor.collector.formats.native import offered_key
from streamprocessor.collector.formats.posthog_requests import posthog_body, posthog_key, posthog_sent
from streamprocessor.collector.formats.sdk_call import CallIdentity, SdkCall, TrackedEvent, address_in, text_id
from streamprocessor.collector.formats.sdk_requests import (
    context_of,
    decode_items,
    item_count_of,
    item_id,
    items_of,
    nothing_taken,
    object_body,
    object_in,
    text_of,
)
from streamprocessor.collector.formats.sdk_times import client_instant_ms, client_sent_ms, occurred_ms
from streamprocessor.collector.formats.vocabulary import Vocabulary
from streamprocessor.collector.http.json_answers import json_answer, left_out_items, refused_status, rejected_items
from streamprocessor.collector.http.wire_format import (
    DecodedEvents,
    HttpAnswer,
    HttpRequest,
    ParsedRequest,
    RefusalError,
    WireFormat,
)
from streamprocessor.contract import reason_codes
from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.contract.strict_json import kind_of
from streamprocessor.errors import RecordError

SENT_HEADER = "posthog-request-timestamp"
MAX_OFFSET_MS = 366 * 86_400_000

_ALIASES = ("$create_alias", "$merge_dangerously")
_LEFT_OUT = ("$set", "$set_once", "$unset", "$ip", "token")
_OF_ATTRIBUTES_ALONE = ("$set", "$set_once", "$unset")
_PATHS = ("/batch", "/capture", "/e", "/i/v0/e", "/track", "/engage")


def formats(contact_ids: ContactIds, vocabulary: Vocabulary) -> list[WireFormat]:
    """The formats of this module, set up."""
    return [posthog(contact_ids, vocabulary), posthog_v1(contact_ids, vocabulary)]


def posthog(contact_ids: ContactIds, vocabulary: Vocabulary) -> WireFormat:
    """The format of SDKs that put the key in the body."""

    def decode(request: HttpRequest, parsed: ParsedRequest) -> DecodedEvents:
        body = parsed.payload
        items = items_of(body) if "batch" in body else [body]
        sent_ms = client_sent_ms(posthog_sent(request, body))
        return decode_items(items, lambda item: _call_of(item, sent_ms, request), contact_ids, vocabulary)

    routes = tuple(("POST", path + end) for path in _PATHS for end in ("/", ""))
    return WireFormat("posthog", routes, _parse, decode, _accepted_answer, _refusal_answer)


def posthog_v1(contact_ids: ContactIds, vocabulary: Vocabulary) -> WireFormat:
    """The format of SDKs that put the key in a header and read a result for each event."""

    def decode(request: HttpRequest, parsed: ParsedRequest) -> DecodedEvents:
        sent_ms = client_sent_ms(request.headers.get(SENT_HEADER))
        items = items_of(parsed.payload)
        return decode_items(items, lambda item: _call_of(item, sent_ms, request), contact_ids, vocabulary)

    routes = (("POST", "/i/v1/analytics/events"),)
    return WireFormat("posthog-v1", routes, _parse_v1, decode, _accepted_answer_v1, _refusal_answer_v1)


def _call_of(item: dict[str, Any], sent_ms: int | None, request: HttpRequest) -> SdkCall | None:
    properties, options = object_in(item, "properties"), object_in(item, "options")
    stamped_ms = client_instant_ms(item.get("timestamp"), "timestamp")
    ignores_sent = properties.get("$ignore_sent_at") is True or options.get("disable_skew_correction") is True
    at_ms = occurred_ms(stamped_ms, None if ignores_sent else sent_ms, request.received_at_ms)
    if stamped_ms is None:
        at_ms -= _offset_ms(item)
    event_id = item_id(item.get("uuid"), item, stamped_ms, request.received_at_ms)
    name = text_of(item.get("event")) or ""
    attributes = _unset(properties) | _unset(item) | object_in(properties, "$set") | object_in(item, "$set")
    once = object_in(properties, "$set_once") | object_in(item, "$set_once")
    once = {trait: value for trait, value in once.items() if value is not None}
    distinct_id = text_id(item.get("distinct_id") or properties.get("distinct_id"), "distinct_id")
    if name in _ALIASES:
        alias = text_id(properties.get("alias"), "alias")
        if alias is None or distinct_id is None:
            raise RecordError(
                reason_codes.NO_CONTACT, "alias: wanted distinct_id and properties.alias; got one at most"
            )
        return SdkCall(event_id, at_ms, CallIdentity(distinct_id), former_ids=(alias, distinct_id))
    address = address_in(attributes)
    if name == "$identify":
        anonymous_id = text_id(properties.get("$anon_distinct_id"), "$anon_distinct_id")
        identity = CallIdentity(distinct_id, anonymous_id, address)
        return SdkCall(event_id, at_ms, identity, attributes=attributes, attributes_once=once, identify_id=event_id)
    is_known = _is_known(distinct_id, properties, options)
    identity = CallIdentity(distinct_id, None, address) if is_known else CallIdentity(None, distinct_id, address)
    has_device = text_of(properties.get("$device_id")) is not None
    if name == "$groupidentify":
        group = _group(distinct_id, properties)
        if group is None:
            return None
        identity = identity._replace(address=None)
        return SdkCall(event_id, at_ms, identity, attributes=group, is_group=True, has_device=has_device)
    call = SdkCall(event_id, at_ms, identity, attributes=attributes, attributes_once=once, has_device=has_device)
    if name in _OF_ATTRIBUTES_ALONE:
        return replace(call, identify_id=event_id)
    return replace(call, event=_event(name, properties, request))


def _unset(place: dict[str, Any]) -> dict[str, Any]:
    """What is to be taken away, with null under each name; raises RecordError."""
    names = place.get("$unset")
    if names is None:
        return {}
    if not isinstance(names, list | dict) or not all(isinstance(name, str) for name in names):
        raise RecordError(reason_codes.BAD_PROPERTIES, f"$unset: wanted a list of names; got {kind_of(names)}")
    return dict.fromkeys(names)


def _is_known(distinct_id: str | None, properties: dict[str, Any], options: dict[str, Any]) -> bool:
    return not (
        properties.get("$is_identified") is False
        or properties.get("$process_person_profile") is False
        or options.get("process_person_profile") is False
        or (distinct_id is not None and properties.get("$device_id") == distinct_id)
    )


def _event(name: str, properties: dict[str, Any], request: HttpRequest) -> TrackedEvent:
    stored = {word: value for word, value in properties.items() if word not in _LEFT_OUT}
    return TrackedEvent(name, stored, context_of(request, properties.get("$raw_user_agent"), properties.get("$ip")))


def _group(distinct_id: str | None, properties: dict[str, Any]) -> dict[str, Any] | None:
    """The attributes that a group's traits are; None where no person is meant."""
    group_type = text_of(properties.get("$group_type"))
    group_key = text_id(properties.get("$group_key"), "$group_key")
    if group_type is None or group_key is None:
        raise RecordError(
            reason_codes.BAD_PROPERTIES, "$groupidentify: wanted $group_type and $group_key; got one at most"
        )
    if distinct_id is None or distinct_id == f"${group_type}_{group_key}":  # what SDKs put where no person is meant
        return None
    return {group_type: {**object_in(properties, "$group_set"), "id": group_key}}


def _offset_ms(item: dict[str, Any]) -> int:
    """How long before it was sent it happened, where a call has that instead of a time; else 0."""
    offset_ms = item.get("offset")
    return offset_ms if type(offset_ms) is int and 0 <= offset_ms <= MAX_OFFSET_MS else 0


def _parse(request: HttpRequest) -> ParsedRequest:
    body = posthog_body(request)
    return ParsedRequest(posthog_key(request, body), body, item_count_of(body))


def _parse_v1(request: HttpRequest) -> ParsedRequest:
    body = object_body(request)
    return ParsedRequest(offered_key(request.headers), body, item_count_of(body))


def _accepted_answer(_request: HttpRequest, _parsed: ParsedRequest, decoded: DecodedEvents) -> HttpAnswer:
    if nothing_taken(decoded):
        first = decoded.refused[0]
        content = {"code": first.reason, "detail": first.detail, "rejected": rejected_items(decoded.refused)}
        return json_answer(refused_status(decoded), content)
    return json_answer(200, {"status": 1, "rejected": rejected_items(decoded.refused), **left_out_items(decoded)})


def _accepted_answer_v1(_request: HttpRequest, parsed: ParsedRequest, decoded: DecodedEvents) -> HttpAnswer:
    results = {}
    refused = {item.position: item for item in decoded.refused}
    taken = {entry.position for entry in decoded.entries}
    left_out = {item.position: item.attributes for item in decoded.left_out}
    for position, item in enumerate(items_of(parsed.payload)):
        uuid = text_of(item.get("uuid")) if isinstance(item, dict) else None
        if uuid is not None:
            refusal, names = refused.get(position), left_out.get(position)
            result = {"result": "ok" if refusal is None or position in taken else "drop"}
            if refusal is not None:
                result["details"] = refusal.detail
            elif names is not None:
                result = {"result": "warning", "details": f"left out, for there are too many: {', '.join(names)}"}
            results[uuid] = result
    return json_answer(200, {"results": results})


def _refusal_answer(refusal: RefusalError) -> HttpAnswer:
    return json_answer(refusal.status, {"code": refusal.code, "detail": str(refusal)})


def _refusal_answer_v1(refusal: RefusalError) -> HttpAnswer:
    return json_answer(refusal.status, {"error": refusal.code, "error_description": str(refusal)})
