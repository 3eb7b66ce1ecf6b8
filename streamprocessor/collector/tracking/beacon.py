"""`GET /beacon.js` and `POST /b`: what visitors do on a site.

    <script src="https://collector.example/beacon.js" data-key="BROWSER KEY" async></script>

The script posts `{"key", "anonymous_id", "token"?, "automated"?, "events": [...]}` as text/plain, so that browsers ask
nobody first. automated: a program steers the browser, and says so; it is filed as a scanner and is nobody's visitor.
An event is `{"id", "type": "page_visit", "url", "referrer"}` or
`{"id", "type": "form_submission", "url", "form", "fields": {name: value}, "address"?, "hidden"?, "email"?}`.
address: the name of the field that is, by its type or autocomplete, the address of who sends it. hidden: names of
fields that nobody sees. email: the value of that field, as earlier scripts sent it.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

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
    WireFormat,
    event_entry,
)
from streamprocessor.collector.tracking.click import VISITOR_PARAMETER
from streamprocessor.collector.tracking.form_reading.fields import stored_fields
from streamprocessor.collector.tracking.form_reading.submission import FormReading, Submitter
from streamprocessor.collector.tracking.identity_updates import identity_updates
from streamprocessor.collector.tracking.tokens import TokenKeys
from streamprocessor.collector.urls import parameter_of, path_of, web_address, without_parameter
from streamprocessor.contract.events.event_fields import content_key
from streamprocessor.contract.field_words import FieldHints
from streamprocessor.contract.lenient_json import read_object
from streamprocessor.contract.placeholder_ids import is_placeholder
from streamprocessor.contract.strict_json import kind_of
from streamprocessor.contract.topic_names import FORM_SUBMISSION
from streamprocessor.errors import RecordError
from streamprocessor.scoring.record.facts import SCANNER

SCRIPT_ROUTE, POST_ROUTE = "/beacon.js", "/b"
SCRIPT_PATH = Path(__file__).with_name("beacon.js")
MAX_EVENTS = 100
MAX_FORM_NAME_CHARS = 100
MAX_BODY_BYTES = 64 * 1024  # as much as browsers send of a page that is left

DOWNLOAD = "download"

_SCRIPT_HEADERS = (
    ("Cache-Control", "public, max-age=3600"),
    ("Vary", "Accept-Encoding"),
    ("X-Content-Type-Options", "nosniff"),
)
_ANONYMOUS_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_EVENT_ID = re.compile(r"[A-Za-z0-9_-]{16,64}")
_TYPE = re.compile(r"[a-z][a-z0-9_]{0,63}")
# A text in quotes, which stays; else blanks and line ends that JavaScript can do without.
_SPARE = re.compile(r"""('(?:\\.|[^'\\])*')|\s*([=*?:&|<>,{]+)\s*| (\+) |\s+(})|(\)) (?=[a-z{])""")


def packed_script(source: str) -> str:
    """The script without comments, each of which has lines of its own, and without indents and blanks."""
    lines = [line for line in map(str.strip, source.splitlines()) if line and not line.startswith("//")]
    return _SPARE.sub(lambda spare: spare[spare.lastindex or 0], "\n".join(lines))


def beacon_script() -> WireFormat:
    """The script as browsers get it, compressed for those that take gzip; its file is read here, once."""
    plain = packed_script(SCRIPT_PATH.read_text(encoding="utf-8")).encode()
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


def beacon(keys: TokenKeys, forms: FormReading) -> WireFormat:
    """What the script posts, filed under the anonymous visitor, whom a token or an address may name.

    A form goes to the address that was typed into it.
    """

    def decode(request: HttpRequest, parsed: ParsedRequest) -> DecodedEvents:
        payload: dict[str, Any] = parsed.payload
        visitor_id = anonymous_id_of(payload.get("anonymous_id"))
        if visitor_id is None:
            raise RefusalError(
                400, "bad-anonymous-id", "anonymous_id: wanted 8 to 64 letters, digits, _ or -; got another"
            )
        if objects_to_tracking(request):
            return DecodedEvents()
        visitor = forms.contact_ids.anonymous(visitor_id)
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
            if event.type == FORM_SUBMISSION and not is_automated:
                records = forms.records_of(event, Submitter(visitor), _hints_of(item, event.properties["fields"]))
                decoded.entries.extend(record._replace(position=position) for record in records)
            else:
                decoded.entries.append(event_entry(event, position))
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
    if not isinstance(value, str) or not _ANONYMOUS_ID.fullmatch(value) or is_placeholder(value):
        return None
    return value


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
    """The event that an item is; or what is wrong with it.

    Of any type, and of what a page tells by itself, an item is `{"id", "type", "url", "properties": {...}}`; url is the
    page's, and properties may name another.
    """
    if not isinstance(item, dict):
        return f"event: wanted an object; got {kind_of(item)}"
    event_type, properties, url = item.get("type"), item.get("properties", {}), item.get("url")
    if not isinstance(event_type, str) or not _TYPE.fullmatch(event_type):
        return "type: wanted a letter and at most 63 more of a to z, 0 to 9 and _; got another"
    if not isinstance(properties, dict):
        return f"properties: wanted an object; got {kind_of(properties)}"
    if not isinstance(url, str) or web_address(url) is None:
        return "url: wanted an http or https address; got another"
    event_id = item.get("id")
    if not isinstance(event_id, str) or not _EVENT_ID.fullmatch(event_id):
        event_id = content_key([item, visitor, request.received_at_ms])
    return CollectedEvent(
        id=event_id,
        contact_id=visitor,
        type=event_type,
        # The script sends at once, so the time of receipt is right where the browser's clock may not be.
        occurred_at_ms=request.received_at_ms,
        properties=_properties_of(item, properties, without_parameter(url, VISITOR_PARAMETER)),
        context=context_of(request) | ({"actor": SCANNER} if is_automated else {}),
    )


def _properties_of(item: dict[str, Any], named: dict[str, Any], url: str) -> dict[str, Any]:
    """The properties that the page named, and what it tells by itself: of the address that they name, else its own."""
    referrer, path = item.get("referrer"), path_of(named.get("url")) or path_of(url) or "/"
    texts = {
        "url": url,
        "path": path,
        "referrer": referrer if isinstance(referrer, str) and web_address(referrer) else None,
        "campaign": parameter_of(url, "utm_campaign"),
    }
    properties: dict[str, Any] = {name: text for name, text in texts.items() if text is not None} | named
    if item["type"] == FORM_SUBMISSION:
        fields = item.get("fields", named.get("fields"))
        properties["form"] = str(item.get("form") or named.get("form") or "")[:MAX_FORM_NAME_CHARS]
        properties["fields"] = stored_fields(fields.items()) if isinstance(fields, dict) else {}
    elif item["type"] == DOWNLOAD:
        properties.setdefault("file", unquote(path.rpartition("/")[2]))
    return properties


def _hints_of(item: dict[str, Any], fields: Mapping[str, str]) -> FieldHints:
    """What the page says of the form's fields."""
    address, hidden = item.get("address"), item.get("hidden")
    if not isinstance(address, str):
        address = next((name for name, value in fields.items() if value == item.get("email")), None)
    return FieldHints(address, [name for name in hidden if isinstance(name, str)] if isinstance(hidden, list) else ())


def _accepted_answer(_request: HttpRequest, _parsed: ParsedRequest, decoded: DecodedEvents) -> HttpAnswer:
    if decoded.refused and not decoded.entries:
        return HttpAnswer(refused_status(decoded), decoded.refused[0].detail.encode(), "text/plain; charset=utf-8")
    return HttpAnswer(204, b"", "text/plain", (("Cache-Control", "no-store"),))


def _refusal_answer(refusal: RefusalError) -> HttpAnswer:
    return HttpAnswer(refusal.status, str(refusal).encode(), "text/plain; charset=utf-8")
