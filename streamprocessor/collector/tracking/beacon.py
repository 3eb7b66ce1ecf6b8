"""`GET /beacon.js` and `POST /b`: page visits and form submissions from a site.

    <script src="https://collector.example/beacon.js" data-key="WRITE KEY" async></script>

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

from streamprocessor.collector.contact_ids import ContactIds
from streamprocessor.collector.http.request_context import context_of, objects_to_tracking
from streamprocessor.collector.http.wire_format import (
    DecodedEvents,
    HttpAnswer,
    ParsedRequest,
    Refusal,
    RefusedItem,
    Request,
    TopicEntry,
    WireFormat,
)
from streamprocessor.collector.tracking.click import VISITOR_PARAMETER
from streamprocessor.collector.tracking.form_fields import address_in, attributes_update, is_address, stored_fields
from streamprocessor.collector.tracking.identity_updates import identity_updates
from streamprocessor.collector.tracking.tokens import TokenKeys
from streamprocessor.collector.urls import parameter_of, path_of, web_address, without_parameter
from streamprocessor.contract.events.event_fields import content_key
from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.contract.strict_json import kind_of, read_object
from streamprocessor.errors import RecordError
from streamprocessor.scoring.record.facts import SCANNER

SCRIPT_ROUTE, POST_ROUTE = "/beacon.js", "/b"
SCRIPT_PATH = Path(__file__).with_name("beacon.js")
MAX_EVENTS = 100
MAX_FORM_NAME_CHARS = 100
MAX_BODY_BYTES = 64 * 1024  # as much as browsers let sendBeacon send

TOPICS = {"page_visit": "page-visits", "form_submission": "form-submissions"}

_SCRIPT_HEADERS = (
    ("Cache-Control", "public, max-age=3600"),
    ("Vary", "Accept-Encoding"),
    ("X-Content-Type-Options", "nosniff"),
)
_ANONYMOUS_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_EVENT_ID = re.compile(r"[A-Za-z0-9_-]{16,64}")


def beacon_script() -> WireFormat:
    """The script as browsers get it, packed for those that take gzip; its file is read here, once."""
    plain = SCRIPT_PATH.read_bytes()
    packed = gzip.compress(plain, mtime=0)

    def accepted(request: Request, _opened: ParsedRequest, _reading: DecodedEvents) -> HttpAnswer:
        takes_gzip = "gzip" in request.headers.get("accept-encoding", "")
        body, more = (packed, (("Content-Encoding", "gzip"),)) if takes_gzip else (plain, ())
        return HttpAnswer(200, body, "text/javascript; charset=utf-8", _SCRIPT_HEADERS + more)

    return WireFormat(
        "beacon-script",
        (("GET", SCRIPT_ROUTE),),
        open=lambda _request: ParsedRequest(None, None),
        read=lambda _request, _opened: DecodedEvents(),
        accepted=accepted,
        refused=_refused,
        needs_key=False,
    )


def beacon(keys: TokenKeys, naming: ContactIds) -> WireFormat:
    """What the script posts. Everything is filed under the anonymous visitor, whom a token or an address may name."""

    def read(request: Request, opened: ParsedRequest) -> DecodedEvents:
        payload: dict[str, Any] = opened.payload
        visitor_id = anonymous_id_of(payload.get("anonymous_id"))
        if visitor_id is None:
            raise Refusal(400, "bad-anonymous-id", "anonymous_id: wanted 8 to 64 letters, digits, _ or -; got another")
        if objects_to_tracking(request):
            return DecodedEvents()
        visitor = naming.anonymous(visitor_id)
        automated = payload.get("automated") is True
        known = None if automated else contact_of_token(keys, payload.get("token"), request.received_at_ms)
        reading = DecodedEvents(identity_updates(known, None, visitor, request.received_at_ms))
        for position, item in enumerate(_events_of(payload)):
            found = _entries_of(item, visitor, request, naming)
            if isinstance(found, str):
                reading.bad.append(RefusedItem(position, "bad-event", found))
                continue
            if automated:
                found[0].value["context"]["actor"] = SCANNER
                del found[1:]
            reading.entries.extend(entry._replace(position=position) for entry in found)
        return reading

    return WireFormat(
        "beacon", (("POST", POST_ROUTE),), _open, read, _accepted, _refused, max_body_bytes=MAX_BODY_BYTES
    )


def anonymous_id_of(said: object) -> str | None:
    """The anonymous id as a browser says it, None where it is none."""
    return said if isinstance(said, str) and _ANONYMOUS_ID.fullmatch(said) else None


def contact_of_token(keys: TokenKeys, said: object, now_ms: int) -> str | None:
    """The contact that a click's token carried to the site, None where there is none, or its time is over."""
    carried = keys.verify("visitor", said, now_ms) if isinstance(said, str) else None
    return carried.contact_id if carried else None


def _open(request: Request) -> ParsedRequest:
    try:
        payload = read_object(request.body)
    except RecordError as error:
        raise Refusal(400, error.reason, error.detail) from error
    key = payload.get("key")
    return ParsedRequest(key if isinstance(key, str) else None, payload)


def _events_of(payload: dict[str, Any]) -> list[object]:
    events = payload.get("events")
    if not isinstance(events, list) or len(events) > MAX_EVENTS:
        got = str(len(events)) if isinstance(events, list) else kind_of(events)
        raise Refusal(400, "bad-events", f"events: wanted a list of at most {MAX_EVENTS}; got {got}")
    return events


def _entries_of(item: object, visitor: str, request: Request, naming: ContactIds) -> list[TopicEntry] | str:
    """The records that one event makes, its own first; or what is wrong with it."""
    if not isinstance(item, dict) or item.get("type") not in TOPICS:
        return f"type: wanted one of {', '.join(TOPICS)}; got another"
    url = item.get("url")
    if not isinstance(url, str) or web_address(url) is None:
        return "url: wanted an http or https address; got another"
    event = _event(item, visitor, without_parameter(url, VISITOR_PARAMETER), request)
    entries = [TopicEntry(TOPICS[item["type"]], visitor, event)]
    if item["type"] == "form_submission":
        fields = _fields_of(item)
        event["properties"] |= {"form": str(item.get("form") or "")[:MAX_FORM_NAME_CHARS], "fields": fields}
        marked = item.get("email")
        address = marked if isinstance(marked, str) and is_address(marked) else address_in(fields)
        if address is not None:
            entries += identity_updates(None, naming.address(address), visitor, request.received_at_ms)
        entries += attributes_update(fields, event["id"], visitor, request.received_at_ms)
    return entries


def _event(item: dict[str, Any], visitor: str, url: str, request: Request) -> dict[str, Any]:
    event_id = item.get("id")
    if not isinstance(event_id, str) or not _EVENT_ID.fullmatch(event_id):
        event_id = content_key([item, visitor, request.received_at_ms])
    referrer = item.get("referrer")
    said = {
        "url": url,
        "path": path_of(url),
        "referrer": referrer if isinstance(referrer, str) and web_address(referrer) else None,
        "campaign": parameter_of(url, "utm_campaign"),
    }
    return {
        "id": event_id,
        "contact_id": visitor,
        "type": item["type"],
        # The script sends at once, so the time of receipt is right where the browser's clock may not be.
        "occurred_at": format_rfc3339(request.received_at_ms),
        "properties": {name: text for name, text in said.items() if text is not None},
        "context": context_of(request),
    }


def _fields_of(item: dict[str, Any]) -> dict[str, str]:
    fields = item.get("fields")
    return stored_fields(fields.items()) if isinstance(fields, dict) else {}


def _accepted(_request: Request, _opened: ParsedRequest, reading: DecodedEvents) -> HttpAnswer:
    if reading.bad and not reading.entries:
        return HttpAnswer(400, reading.bad[0].detail.encode(), "text/plain; charset=utf-8")
    return HttpAnswer(204, b"", "text/plain", (("Cache-Control", "no-store"),))


def _refused(refusal: Refusal) -> HttpAnswer:
    return HttpAnswer(refusal.status, str(refusal).encode(), "text/plain; charset=utf-8")
