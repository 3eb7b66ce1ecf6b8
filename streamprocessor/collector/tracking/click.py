"""`GET /c/{token}`: a tracked link in a mail; on to the URL inside the token, and to no other.

Mail programs put things behind a link: `)`, `.`, `>`, `=`, `&utm_source=x`, `?utm_source=x`. Whatever stands behind the
token is dropped, but for parameters of campaigns, which the URL gets unless it has them: anything else could tell the
site that it leads to what its owner did not sign.
"""

from __future__ import annotations

import re
import string
from urllib.parse import parse_qsl

from streamprocessor.collector.http.request_context import context_of, is_prefetch, objects_to_tracking
from streamprocessor.collector.http.wire_format import (
    CollectedEvent,
    DecodedEvents,
    HttpAnswer,
    HttpRequest,
    ParsedRequest,
    RefusalError,
    WireFormat,
    event_entry,
)
from streamprocessor.collector.tracking.html_page import page
from streamprocessor.collector.tracking.sites import Sites
from streamprocessor.collector.tracking.tokens import TokenKeys, Tracked
from streamprocessor.collector.urls import location_of, parameter_of, path_of, web_address, with_parameter
from streamprocessor.contract.events.event_fields import content_key
from streamprocessor.contract.topic_names import EMAIL_CLICK

ROUTE = "/c/{token}"
VISITOR_PARAMETER = "_sp"
VISITOR_LIFE_MS = 15 * 60_000
MAX_PARAMETERS = 20

_TOKEN_CHARS = string.ascii_letters + string.digits + "_-"
_CAMPAIGN = re.compile(r"utm_[a-z_]{1,30}|mc_[ce]id|_hs(?:enc|mi)|mkt_tok|(?:g|fb|ms)clk?id")


def click(keys: TokenKeys, sites: Sites) -> WireFormat:
    """The format of clicks. To `sites`, which are ours, the URL carries who clicked, for 15 minutes; to no others."""

    def parse(request: HttpRequest) -> ParsedRequest:
        link = keys.verify("click", _token_and_rest(request)[0], request.received_at_ms)
        if link is None or link.url is None or web_address(link.url) is None:
            raise RefusalError(404, "unknown-link", "This link is not one of ours, or was cut short.")
        return ParsedRequest(None, link)

    def accepted_answer(request: HttpRequest, parsed: ParsedRequest, decoded: DecodedEvents) -> HttpAnswer:
        link: Tracked = parsed.payload
        url = _with_campaign(link.url or "", f"{_token_and_rest(request)[1]}&{request.query}")
        if decoded.entries and not link.honeypot and sites.hold(url) and not objects_to_tracking(request):
            expires_at_ms = request.received_at_ms + VISITOR_LIFE_MS
            visitor = Tracked(link.contact_id, expires_at_ms=expires_at_ms)
            url = with_parameter(url, VISITOR_PARAMETER, keys.sign("visitor", visitor))
        headers = (
            ("Location", location_of(url)),
            ("Cache-Control", "no-store"),
            ("Referrer-Policy", "no-referrer"),
        )
        return HttpAnswer(302, b"", "text/plain", headers)

    return WireFormat(
        "click",
        (("GET", ROUTE),),
        parse,
        _decode,
        accepted_answer,
        _refusal_answer,
        needs_key=False,
        answers_unstored=True,
    )


def _token_and_rest(request: HttpRequest) -> tuple[str, str]:
    """The token in the path, and what stands behind it there."""
    text = request.path.rpartition("/")[2]
    rest = text.lstrip(_TOKEN_CHARS)
    return text.removesuffix(rest), rest


def _with_campaign(url: str, behind: str) -> str:
    """The URL with the campaign's parameters that were put behind a link, as far as it has none of that name."""
    longer = url
    for name, value in parse_qsl(behind.replace("&amp;", "&"))[:MAX_PARAMETERS]:
        if _CAMPAIGN.fullmatch(name) and parameter_of(longer, name) is None:
            longer = with_parameter(longer, name, value)
    return url if web_address(longer) is None else longer  # it may have become too long


def _decode(request: HttpRequest, parsed: ParsedRequest) -> DecodedEvents:
    """One click; none where only the headers are asked for, or where a program fetches ahead of the reader."""
    if request.method == "HEAD" or is_prefetch(request):
        return DecodedEvents()
    return DecodedEvents([event_entry(_email_click(request, parsed.payload))])


def _email_click(request: HttpRequest, link: Tracked) -> CollectedEvent:
    context = context_of(request)
    context.setdefault("user_agent", "")  # none was sent: that too says who it was
    url = link.url or ""
    texts = {"message": link.message, "campaign": link.campaign, "url": url, "path": path_of(url)}
    properties: dict[str, object] = {name: text for name, text in texts.items() if text is not None}
    if link.honeypot:
        properties["honeypot"] = True
    return CollectedEvent(
        # A link followed twice within a millisecond by one program is one click.
        id=content_key([EMAIL_CLICK, link.contact_id, request.path, request.received_at_ms, context]),
        contact_id=link.contact_id,
        type=EMAIL_CLICK,
        occurred_at_ms=request.received_at_ms,
        properties=properties,
        context=context,
    )


def _refusal_answer(refusal: RefusalError) -> HttpAnswer:
    return page(refusal.status, str(refusal))
