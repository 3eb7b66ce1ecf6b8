"""PostHog: its SDKs unmodified, both generations; each batch or single event.

Keys: v0 `api_key` in the body, v1 `Authorization: Bearer`. Answers: v0 200 with JSON; v1 one result for each uuid.

| what they send | what it becomes |
|---|---|
| `event` | an event; its type by vocabulary.yaml, else the name in snake case, without its `$` |
| `$set` event; `$set` beside an event or in its properties | an `attributes` update |
| `$identify` | `$set` as attributes; `distinct_id` is the user's id, an `identify` update with `$anon_distinct_id` |
| `$create_alias`, `$merge_dangerously` | `distinct_id` is the contact; `merge` from `alias`, `identify` with either |
| `$groupidentify` | attributes, under the group's type: `$group_set`, `id`; nothing where no contact is named |
| `uuid` | `id`; of what follows from it: `uuid:attributes`, `:anonymous`, `:address`, `:former-0` |
| `timestamp` | `occurred_at`, + (received - `sent_at`); without it received - `offset` |
| `sent_at`, in v1 the header `PostHog-Request-Timestamp` | left out of account where `$ignore_sent_at` is true |
| `distinct_id` | the contact: a user's id, or an anonymous visitor's, as below |
| `properties` | as they came but for `$ip` and `$set`; beside them the words of vocabulary.yaml |
| `$raw_user_agent`, `$ip` | `context.user_agent`, `context.ip`; else the request's, if a browser made it |
| `$set_once`, `$unset` | nothing: of attributes the last write holds |

A `distinct_id` does not say whether it is a user's. It is an anonymous visitor's where `$is_identified` or
`$process_person_profile` is false, or where it is the `$device_id`. An alias may be either, so both are written.
"""

from __future__ import annotations

from typing import Any

from streamprocessor.collector.contact_ids import ContactIds
from streamprocessor.collector.formats.native import offered_key
from streamprocessor.collector.formats.sdk_call import CallIdentity, SdkCall, TrackedEvent, address_in, text_id
from streamprocessor.collector.formats.sdk_requests import (
    context_of,
    item_id,
    items_of,
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
from streamprocessor.contract import reason_codes
from streamprocessor.errors import RecordError

SENT_HEADER = "posthog-request-timestamp"
MAX_OFFSET_MS = 366 * 86_400_000

_ALIASES = ("$create_alias", "$merge_dangerously")
_NOT_KEPT = ("$set", "$ip")


def posthog(naming: ContactIds, vocabulary: Vocabulary) -> WireFormat:
    """The format of SDKs that put the key in the body."""

    def read(request: Request, opened: ParsedRequest) -> DecodedEvents:
        body = opened.payload
        items = items_of(body) if "batch" in body else [body]
        sent_ms = client_sent_ms(body.get("sent_at"))
        return read_items(items, lambda item: _said(item, sent_ms, request), (naming, vocabulary))

    routes = tuple(("POST", path) for path in ("/batch/", "/batch", "/capture/", "/capture"))
    return WireFormat("posthog", routes, _open, read, _accepted, _refused)


def posthog_v1(naming: ContactIds, vocabulary: Vocabulary) -> WireFormat:
    """The format of SDKs that put the key in a header and read a result for each event."""

    def read(request: Request, opened: ParsedRequest) -> DecodedEvents:
        sent_ms = client_sent_ms(request.headers.get(SENT_HEADER))
        return read_items(items_of(opened.payload), lambda item: _said(item, sent_ms, request), (naming, vocabulary))

    return WireFormat("posthog-v1", (("POST", "/i/v1/analytics/events"),), _open_v1, read, _accepted_v1, _refused_v1)


def _said(item: dict[str, Any], sent_ms: int | None, request: Request) -> SdkCall | None:
    properties, options = object_in(item, "properties"), object_in(item, "options")
    stamped_ms = client_instant_ms(item.get("timestamp"), "timestamp")
    ignores_sent = properties.get("$ignore_sent_at") is True or options.get("disable_skew_correction") is True
    at_ms = occurred_ms(stamped_ms, None if ignores_sent else sent_ms, request.received_at_ms)
    if stamped_ms is None:
        at_ms -= _offset_ms(item)
    event_id = item_id(item.get("uuid"), item, stamped_ms, request.received_at_ms)
    name = text_of(item.get("event")) or ""
    attributes = object_in(properties, "$set") | object_in(item, "$set")
    distinct_id = text_id(item.get("distinct_id") or properties.get("distinct_id"), "distinct_id")
    if name == "$groupidentify":
        return _group(event_id, at_ms, distinct_id, properties)
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
        who = CallIdentity(distinct_id, anonymous_id, address)
        return SdkCall(event_id, at_ms, who, attributes=attributes, identify_id=event_id)
    is_known = _is_known(distinct_id, properties, options)
    who = CallIdentity(distinct_id, None, address) if is_known else CallIdentity(None, distinct_id, address)
    if name == "$set":
        return SdkCall(event_id, at_ms, who, attributes=attributes, identify_id=event_id)
    return SdkCall(event_id, at_ms, who, event=_event(name, properties, request), attributes=attributes)


def _is_known(distinct_id: str | None, properties: dict[str, Any], options: dict[str, Any]) -> bool:
    return not (
        properties.get("$is_identified") is False
        or properties.get("$process_person_profile") is False
        or options.get("process_person_profile") is False
        or (distinct_id is not None and properties.get("$device_id") == distinct_id)
    )


def _event(name: str, properties: dict[str, Any], request: Request) -> TrackedEvent:
    kept = {word: value for word, value in properties.items() if word not in _NOT_KEPT}
    return TrackedEvent(name, kept, context_of(request, properties.get("$raw_user_agent"), properties.get("$ip")))


def _group(event_id: str, at_ms: int, distinct_id: str | None, properties: dict[str, Any]) -> SdkCall | None:
    group_type = text_of(properties.get("$group_type"))
    group_key = text_id(properties.get("$group_key"), "$group_key")
    if group_type is None or group_key is None:
        raise RecordError(
            reason_codes.BAD_PROPERTIES, "$groupidentify: wanted $group_type and $group_key; got one at most"
        )
    if distinct_id is None or distinct_id == f"${group_type}_{group_key}":  # what SDKs put where no person is meant
        return None
    attributes = {group_type: {**object_in(properties, "$group_set"), "id": group_key}}
    return SdkCall(event_id, at_ms, CallIdentity(distinct_id), attributes=attributes)


def _offset_ms(item: dict[str, Any]) -> int:
    """How long before it was sent it happened, where that is said instead of a time."""
    said = item.get("offset")
    return said if type(said) is int and 0 <= said <= MAX_OFFSET_MS else 0


def _open(request: Request) -> ParsedRequest:
    body = object_body(request)
    return ParsedRequest(text_of(body.get("api_key")) or text_of(body.get("token")), body)


def _open_v1(request: Request) -> ParsedRequest:
    return ParsedRequest(offered_key(request.headers), object_body(request))


def _accepted(_request: Request, _opened: ParsedRequest, reading: DecodedEvents) -> HttpAnswer:
    if nothing_taken(reading):
        bad = reading.bad[0]
        return json_answer(400, {"code": bad.reason, "detail": bad.detail, "rejected": rejected(reading)})
    return json_answer(200, {"status": 1, "rejected": rejected(reading)})


def _accepted_v1(_request: Request, opened: ParsedRequest, reading: DecodedEvents) -> HttpAnswer:
    results = {}
    bad = {one.position: one for one in reading.bad}
    for position, item in enumerate(items_of(opened.payload)):
        uuid = text_of(item.get("uuid")) if isinstance(item, dict) else None
        if uuid is not None:
            wrong = bad.get(position)
            results[uuid] = {"result": "ok"} if wrong is None else {"result": "drop", "details": wrong.detail}
    return json_answer(200, {"results": results})


def _refused(refusal: Refusal) -> HttpAnswer:
    return json_answer(refusal.status, {"code": refusal.code, "detail": str(refusal)})


def _refused_v1(refusal: Refusal) -> HttpAnswer:
    return json_answer(refusal.status, {"error": refusal.code, "error_description": str(refusal)})
