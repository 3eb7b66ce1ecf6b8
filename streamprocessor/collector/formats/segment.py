"""Segment and RudderStack: their SDKs unmodified, one call or a batch a request.

The key is the user name of Basic credentials, or `writeKey` in the body (for browsers and @segment/analytics-node): in
browsers and apps one of the browser keys, which may not `alias`, nor take what is filed under an address.

| what they send | what it becomes |
|---|---|
| `track` `event` | an event; its type by vocabulary.yaml, else the name in snake case |
| `page`, `screen` | `page_visit`, `screen_view`; `name` and `category` beside the other properties |
| `identify` | `traits`, over `context.traits`: `attributes`, of objects by field; ids together: `identify` updates |
| `group` | an `attributes` update: `company.TRAIT` for each of the group's traits, `company.id` = `groupId` |
| `alias` | `userId` is the contact; a `merge` from `previousId`, and an `identify` with it as an anonymous id |
| `messageId` | `id` (a browser's event: `browser:id`); of what follows: `messageId:attributes` and so on |
| `originalTimestamp`, else `timestamp` | `occurred_at`, + (received - `sentAt`) |
| `userId`, `anonymousId`, `traits.email` | the contact, the first that is there; but as the next line says |
| `identify`, or a form, with an address and no `userId` | the address's, and the visitor is said to read it |
| `properties` | as they came; beside them the words of vocabulary.yaml |
| `context.page` | `url`, `path`, `referrer`, `title` where a page visit or a form submission lacks them |
| `context.campaign.name` | `campaign`, where the properties have none |
| `context.userAgent`, `context.ip` | `context.user_agent`, `context.ip`; else the request's, if a browser made it |
| `integrations`, other `context`, `receivedAt` | nothing |
"""

from __future__ import annotations

from typing import Any

from streamprocessor.collector.formats.native import offered_key
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
from streamprocessor.collector.http.json_answers import (
    json_answer,
    left_out_items,
    refusal_in_json,
    refused_status,
    rejected_items,
)
from streamprocessor.collector.http.wire_format import DecodedEvents, HttpAnswer, HttpRequest, ParsedRequest, WireFormat
from streamprocessor.contract import reason_codes
from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.errors import RecordError

CALLS = ("track", "page", "screen", "identify", "group", "alias")
BATCH = "batch"

# Segment's library for browsers says the first letter of a call only.
_CALL_OF_PATH = {f"/v1/{path}": call for call in (BATCH, *CALLS) for path in (call, call[0])}
_PAGE_WORDS = ("url", "path", "referrer", "title")


def formats(contact_ids: ContactIds, vocabulary: Vocabulary) -> list[WireFormat]:
    """The formats of this module, set up."""
    return [segment(contact_ids, vocabulary)]


def segment(contact_ids: ContactIds, vocabulary: Vocabulary) -> WireFormat:
    """The format of both; their answers must be 200 with a JSON body, errors JSON with `code` and `message`."""

    def decode(request: HttpRequest, parsed: ParsedRequest) -> DecodedEvents:
        body = parsed.payload
        call = _CALL_OF_PATH.get(request.path, "")
        items = items_of(body) if call == BATCH else [body]

        def sdk_call_of(item: dict[str, Any]) -> SdkCall:
            # A browser's batch says once for all when it was sent; a call of its own says it for itself.
            sent_ms = client_sent_ms(item.get("sentAt") or body.get("sentAt"))
            return call_of(item, text_of(item.get("type")) or call, sent_ms, request)

        return decode_items(items, sdk_call_of, contact_ids, vocabulary)

    routes = tuple(("POST", path) for path in _CALL_OF_PATH)
    return WireFormat("segment", routes, _parse, decode, _accepted_answer, refusal_in_json)


def call_of(item: dict[str, Any], call: str, sent_ms: int | None, request: HttpRequest) -> SdkCall:
    """The call that an item in Segment's words is; raises RecordError.

    call: one of CALLS.
    sent_ms: by the device's clock; None where it is not known.
    """
    if call not in CALLS:
        raise RecordError(reason_codes.UNKNOWN_TYPE, f"type: wanted one of {', '.join(CALLS)}; got another")
    stamped_ms = client_instant_ms(item.get("originalTimestamp") or item.get("timestamp"), "timestamp")
    context, traits = object_in(item, "context"), object_in(item, "traits")
    context_traits = object_in(context, "traits")
    call_id = item_id(item.get("messageId"), item, stamped_ms, request.received_at_ms)
    at_ms = occurred_ms(stamped_ms, sent_ms, request.received_at_ms)
    identity = CallIdentity(
        text_id(item.get("userId"), "userId"),
        text_id(item.get("anonymousId"), "anonymousId"),
        address_in(traits, context_traits) if call != "group" else address_in(context_traits),
    )
    if call == "identify":
        return SdkCall(call_id, at_ms, identity, attributes={**context_traits, **traits}, identify_id=call_id)
    if call == "group":
        return SdkCall(call_id, at_ms, identity, attributes={"company": _group(item, traits)}, is_group=True)
    if call == "alias":
        former = text_id(item.get("previousId"), "previousId")
        if former is None or identity.user_id is None:
            raise RecordError(reason_codes.NO_CONTACT, "alias: wanted userId and previousId; got one of them at most")
        return SdkCall(call_id, at_ms, identity, former_ids=(former,))
    return SdkCall(call_id, at_ms, identity, event=_event(item, call, context, request))


def _event(item: dict[str, Any], call: str, context: dict[str, Any], request: HttpRequest) -> TrackedEvent:
    properties = dict(object_in(item, "properties"))
    name = call
    if call == "track":
        name = text_of(item.get("event")) or ""
    else:
        for word in ("name", "category"):
            if (value := text_of(item.get(word))) is not None:
                properties.setdefault(word, value)
    page = object_in(context, "page")
    return TrackedEvent(
        name,
        properties,
        context_of(request, context.get("userAgent"), context.get("ip")),
        page={word: page[word] for word in _PAGE_WORDS if text_of(page.get(word))},
        campaign=text_of(object_in(context, "campaign").get("name")),
    )


def _group(item: dict[str, Any], traits: dict[str, Any]) -> dict[str, Any]:
    group_id = text_id(item.get("groupId"), "groupId")
    return traits if group_id is None else {**traits, "id": group_id}


def _parse(request: HttpRequest) -> ParsedRequest:
    body = object_body(request)
    return ParsedRequest(offered_key(request.headers) or text_of(body.get("writeKey")), body, item_count_of(body))


def _accepted_answer(_request: HttpRequest, _parsed: ParsedRequest, decoded: DecodedEvents) -> HttpAnswer:
    if nothing_taken(decoded):
        first = decoded.refused[0]
        problems = {
            "code": first.reason,
            "message": f"item {first.position}: {first.detail}",
            "rejected": rejected_items(decoded.refused),
        }
        return json_answer(refused_status(decoded), problems)
    return json_answer(200, {"success": True, "rejected": rejected_items(decoded.refused), **left_out_items(decoded)})
