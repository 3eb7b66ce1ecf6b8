"""`GET /beacon.js` and `POST /b`: page visits and form submissions from a site.

    <script src="https://collector.example/beacon.js" data-key="BROWSER KEY" async></script>

The script posts `{"key", "anonymous_id", "token"?, "automated"?, "events": [...]}` as text/plain, so that browsers ask
nobody first. automated: a program steers the browser, and says so; it is filed as a scanner and is nobody's visitor.
An event is `{"id", "type": "page_visit", "url", "referrer"}` or
`{"id", "type": "form_submission", "url", "form", "fields": {name: value}, "email"?}`.
"""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any

from streamprocessor.collector.http.json_answers import refused_status
from streamprocessor.collector.http.request_context import context_of, objects_to_tracking
from streamprocessor.collector.http.wire_format import (
    CollectedEvent,
    DecodedEvents,
    HttpAnswer,
    HttpRequest,
    ParsedRequest,
    RefusalError,
    RefusedItem,
    TopicEntry,
    WireFormat,
    event_entry,
)
from streamprocessor.collector.tracking.click import VISITOR_PARAMETER
from streamprocessor.collector.tracking.form_fields import address_in, attributes_update, is_address, stored_fields
from streamprocessor.collector.tracking.identity_updates import identity_updates
from streamprocessor.collector.tracking.tokens import TokenKeys
from streamprocessor.collector.urls import parameter_of, path_of, web_address, without_parameter
from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.contract.events.event_fields import content_key
from streamprocessor.contract.lenient_json import read_object
from streamprocessor.contract.strict_json import kind_of
from streamprocessor.contract.topic_names import FORM_SUBMISSION, PAGE_VISIT
from streamprocessor.errors import RecordError
from streamprocessor.scoring.record.facts import SCANNER

SCRIPT_ROUTE, POST_ROUTE = "/beacon.js", "/b"
SCRIPT_PATH = Path(__file__).with_name("beacon.js")
MAX_EVENTS = 100
MAX_FORM_NAME_CHARS = 100
MAX_BODY_BYTES = 64 * 1024  # as much as browsers let sendBeacon send

TYPES = (PAGE_VISIT, FORM_SUBMISSION)

_SCRIPT_HEADERS = (
    ("Cache-Control", "public, max-age=3600"),
    ("Vary", "Accept-Encoding"),
    ("X-Content-Type-Options", "nosniff"),
)
_ANONYMOUS_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_EVENT_ID = re.compile(r"[A-Za-z0-9_-]{16,64}")


def beacon_script() -> WireFormat:
    """The script as browsers get it, compressed for those that take gzip; its file is read here, once."""
    plain = SCRIPT_PATH.read_bytes()
    compressed = gzip.compress(plain, mtime=0)

    def accepted_answer(request: HttpRequest, _parsed: ParsedRequest, _decoded: DecodedEvents) -> HttpAnswer:
        takes_gzip = "gzip" in request.headers.get("accept-encoding", "")
        body, encoding = (compressed, (("Content-Encoding", "gzip"),)) if takes_gzip else (plain, ())
        return HttpAnswer(200, body, "text/javascript; charset=utf-8", _SCRIPT_HEADERS + encoding)

    return WireFormat(
        "beacon-script",
        (("GET", SCRIPT_ROUTE),),
        parse=lambda _request: ParsedRequest(None, None),
        decode=lambda _request, _parsed: DecodedEvents(),
        accepted_answer=accepted_answer,
        refusal_answer=_refusal_answer,
        needs_key=False,
    )


def beacon(keys: TokenKeys, contact_ids: ContactIds) -> WireFormat:
    """What the script posts. Everything is filed under the anonymous visitor, whom a token or an address may name."""

    def decode(request: HttpRequest, parsed: ParsedRequest) -> DecodedEvents:
        payload: dict[str, Any] = parsed.payload
        visitor_id = anonymous_id_of(payload.get("anonymous_id"))
        if visitor_id is None:
            raise RefusalError(
                400, "bad-anonymous-id", "anonymous_id: wanted 8 to 64 letters, digits, _ or -; got another"
            )
        if objects_to_tracking(request):
            return DecodedEvents()
        visitor = contact_ids.anonymous(visitor_id)
        is_automated = payload.get("automated") is True
        token_contact = None
        if not is_automated:
            token_contact = contact_of_token(keys, payload.get("token"), request.received_at_ms)
        decoded = DecodedEvents(identity_updates(token_contact, None, visitor, request.received_at_ms))
        for position, item in enumerate(_items_of(payload)):
            event = _event_of(item, visitor, request, is_automated)
            if isinstance(event, str):
                decoded.refused.append(RefusedItem(position, "bad-event", event))
                continue
            decoded.entries.append(event_entry(event, position))
            if event.type == FORM_SUBMISSION and not is_automated:
                updates = _form_updates(item, event, contact_ids)
                decoded.entries.extend(update._replace(position=position) for update in updates)
        return decoded

    return WireFormat(
        "beacon",
        (("POST", POST_ROUTE),),
        _parse,
        decode,
        _accepted_answer,
        _refusal_answer,
        max_body_bytes=MAX_BODY_BYTES,
    )


def anonymous_id_of(value: object) -> str | None:
    """The anonymous id as a browser spells it, None where it is none."""
    return value if isinstance(value, str) and _ANONYMOUS_ID.fullmatch(value) else None


def contact_of_token(keys: TokenKeys, token: object, now_ms: int) -> str | None:
    """The contact that a click's token carried to the site, None where there is none, or its time is over."""
    tracked = keys.verify("visitor", token, now_ms) if isinstance(token, str) else None
    return tracked.contact_id if tracked else None


def _parse(request: HttpRequest) -> ParsedRequest:
    try:
        payload = read_object(request.body)
    except RecordError as error:
        raise RefusalError(400, error.reason, error.detail) from error
    key = payload.get("key")
    return ParsedRequest(key if isinstance(key, str) else None, payload)


def _items_of(payload: dict[str, Any]) -> list[Any]:
    items = payload.get("events")
    if not isinstance(items, list) or len(items) > MAX_EVENTS:
        got = str(len(items)) if isinstance(items, list) else kind_of(items)
        raise RefusalError(400, "bad-events", f"events: wanted a list of at most {MAX_EVENTS}; got {got}")
    return items


def _event_of(item: object, visitor: str, request: HttpRequest, is_automated: bool) -> CollectedEvent | str:
    """The event that an item is; or what is wrong with it."""
    if not isinstance(item, dict) or item.get("type") not in TYPES:
        return f"type: wanted one of {', '.join(TYPES)}; got another"
    url = item.get("url")
    if not isinstance(url, str) or web_address(url) is None:
        return "url: wanted an http or https address; got another"
    event_id = item.get("id")
    if not isinstance(event_id, str) or not _EVENT_ID.fullmatch(event_id):
        event_id = content_key([item, visitor, request.received_at_ms])
    return CollectedEvent(
        id=event_id,
        contact_id=visitor,
        type=item["type"],
        # The script sends at once, so the time of receipt is right where the browser's clock may not be.
        occurred_at_ms=request.received_at_ms,
        properties=_properties_of(item, without_parameter(url, VISITOR_PARAMETER)),
        context=context_of(request) | ({"actor": SCANNER} if is_automated else {}),
    )


def _properties_of(item: dict[str, Any], url: str) -> dict[str, Any]:
    referrer = item.get("referrer")
    texts = {
        "url": url,
        "path": path_of(url),
        "referrer": referrer if isinstance(referrer, str) and web_address(referrer) else None,
        "campaign": parameter_of(url, "utm_campaign"),
    }
    properties: dict[str, Any] = {name: text for name, text in texts.items() if text is not None}
    if item["type"] == FORM_SUBMISSION:
        fields = item.get("fields")
        properties["form"] = str(item.get("form") or "")[:MAX_FORM_NAME_CHARS]
        properties["fields"] = stored_fields(fields.items()) if isinstance(fields, dict) else {}
    return properties


def _form_updates(item: dict[str, Any], event: CollectedEvent, contact_ids: ContactIds) -> list[TopicEntry]:
    """The updates that a form's fields make of its visitor: who it is, and attributes.

    The item's `email` is what the browser took for an address.
    """
    visitor, fields, occurred_at_ms = event.contact_id, event.properties["fields"], event.occurred_at_ms
    email = item.get("email")
    address = email if isinstance(email, str) and is_address(email) else address_in(fields)
    address_contact = None if address is None else contact_ids.address(address)
    identity = identity_updates(None, address_contact, visitor, occurred_at_ms)
    return identity + attributes_update(fields, event.id, visitor, occurred_at_ms)


def _accepted_answer(_request: HttpRequest, _parsed: ParsedRequest, decoded: DecodedEvents) -> HttpAnswer:
    if decoded.refused and not decoded.entries:
        return HttpAnswer(refused_status(decoded), decoded.refused[0].detail.encode(), "text/plain; charset=utf-8")
    return HttpAnswer(204, b"", "text/plain", (("Cache-Control", "no-store"),))


def _refusal_answer(refusal: RefusalError) -> HttpAnswer:
    return HttpAnswer(refusal.status, str(refusal).encode(), "text/plain; charset=utf-8")
