"""Jitsu: its SDK unmodified, one call a request, in Segment's words: segment.py has the table of what becomes of each.

The key is the header `X-Write-Key: id:secret`, as a whole, in pages a browser key; the `writeKey` of the body is masked
and never looked at.
The call is the body's `type`, else the path's. `properties.name` is where Jitsu puts a page's name. Jitsu fills
`context.page` of a track with the properties' own `url`, which may be a click's target: it is no page that was visited.
"""

from __future__ import annotations

from typing import Any

from streamprocessor.collector.formats.native import offered_key
from streamprocessor.collector.formats.sdk_call import SdkCall
from streamprocessor.collector.formats.sdk_requests import (
    decode_items,
    nothing_taken,
    object_body,
    text_of,
)
from streamprocessor.collector.formats.sdk_times import client_sent_ms
from streamprocessor.collector.formats.segment import call_of
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
from streamprocessor.contract.contact_ids import ContactIds


def formats(contact_ids: ContactIds, vocabulary: Vocabulary) -> list[WireFormat]:
    """The formats of this module, set up."""
    return [jitsu(contact_ids, vocabulary)]


def jitsu(contact_ids: ContactIds, vocabulary: Vocabulary) -> WireFormat:
    """The format; its answers must have a JSON body, an empty one is an error for the SDK."""

    def decode(request: HttpRequest, parsed: ParsedRequest) -> DecodedEvents:
        call = request.path.rstrip("/").rpartition("/")[2]

        def sdk_call_of(item: dict[str, Any]) -> SdkCall:
            return call_of(item, text_of(item.get("type")) or call, client_sent_ms(item.get("sentAt")), request)

        return decode_items([parsed.payload], sdk_call_of, contact_ids, vocabulary)

    routes = (("POST", "/api/s/{type}"), ("POST", "/api/s/s2s/{type}"))
    return WireFormat("jitsu", routes, _parse, decode, _accepted_answer, _refusal_answer)


def _parse(request: HttpRequest) -> ParsedRequest:
    return ParsedRequest(offered_key(request.headers), object_body(request))


def _accepted_answer(_request: HttpRequest, _parsed: ParsedRequest, decoded: DecodedEvents) -> HttpAnswer:
    rejected = {"rejected": rejected_items(decoded.refused)} if decoded.refused else {}
    if nothing_taken(decoded):
        content = {"ok": False, "error": decoded.refused[0].detail, **rejected}
        return json_answer(refused_status(decoded), content)
    return json_answer(200, {"ok": True, **rejected, **left_out_items(decoded)})


def _refusal_answer(refusal: RefusalError) -> HttpAnswer:
    return json_answer(refusal.status, {"ok": False, "code": refusal.code, "error": str(refusal)})
