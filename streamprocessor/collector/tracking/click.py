"""`GET /c/{token}`: a tracked link in a mail; on to the URL inside the token, and to no other."""

from __future__ import annotations

from streamprocessor.collector.http.request_context import context_of, is_prefetch, objects_to_tracking
from streamprocessor.collector.http.wire_format import (
    DecodedEvents,
    HttpAnswer,
    ParsedRequest,
    Refusal,
    Request,
    TopicEntry,
    WireFormat,
)
from streamprocessor.collector.tracking.html_page import page
from streamprocessor.collector.tracking.sites import Sites
from streamprocessor.collector.tracking.tokens import TokenKeys, Tracked
from streamprocessor.collector.urls import location_of, path_of, web_address, with_parameter
from streamprocessor.contract.events.event_fields import content_key
from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.contract.topic_names import EMAIL_CLICKS

ROUTE = "/c/{token}"
VISITOR_PARAMETER = "_sp"
VISITOR_LIFE_MS = 15 * 60_000


def click(keys: TokenKeys, sites: Sites) -> WireFormat:
    """Clicks in mails. To `sites`, which are ours, the URL carries who clicked, for 15 minutes; to no others."""

    def open_click(request: Request) -> ParsedRequest:
        followed = keys.verify("click", request.path.rpartition("/")[2], request.received_at_ms)
        if followed is None or followed.url is None or web_address(followed.url) is None:
            raise Refusal(404, "unknown-link", "This link is not one of ours, or was cut short.")
        return ParsedRequest(None, followed)

    def accepted(request: Request, opened: ParsedRequest, reading: DecodedEvents) -> HttpAnswer:
        followed: Tracked = opened.payload
        url = followed.url or ""
        carried = reading.entries and not followed.honeypot and sites.hold(url) and not objects_to_tracking(request)
        if carried:
            expires_at_ms = request.received_at_ms + VISITOR_LIFE_MS
            visitor = Tracked(followed.contact_id, expires_at_ms=expires_at_ms)
            url = with_parameter(url, VISITOR_PARAMETER, keys.sign("visitor", visitor))
        headers = (
            ("Location", location_of(url)),
            ("Cache-Control", "no-store"),
            ("Referrer-Policy", "no-referrer"),
        )
        return HttpAnswer(302, b"", "text/plain", headers)

    routes = (("GET", ROUTE),)
    return WireFormat("click", routes, open_click, _read, accepted, _refused, needs_key=False, answers_unkept=True)


def _read(request: Request, opened: ParsedRequest) -> DecodedEvents:
    """One click; none where only the headers are asked for, or where a program fetches ahead of the reader."""
    if request.method == "HEAD" or is_prefetch(request):
        return DecodedEvents()
    return DecodedEvents([_email_click(request, opened.payload)])


def _email_click(request: Request, followed: Tracked) -> TopicEntry:
    context = context_of(request)
    url = followed.url or ""
    said = {"message": followed.message, "campaign": followed.campaign, "url": url, "path": path_of(url)}
    properties: dict[str, object] = {name: text for name, text in said.items() if text is not None}
    if followed.honeypot:
        properties["honeypot"] = True
    value = {
        # A link followed twice within a millisecond by one program is one click.
        "id": content_key(["email_click", followed.contact_id, request.path, request.received_at_ms, context]),
        "contact_id": followed.contact_id,
        "type": "email_click",
        "occurred_at": format_rfc3339(request.received_at_ms),
        "properties": properties,
        "context": context,
    }
    return TopicEntry(EMAIL_CLICKS, followed.contact_id, value)


def _refused(refusal: Refusal) -> HttpAnswer:
    return page(refusal.status, str(refusal))
