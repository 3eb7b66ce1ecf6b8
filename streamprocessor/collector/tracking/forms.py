"""`POST /f/{form}`: a plain HTML form, posted here without any script.

    <form method="post" action="https://collector.example/f/contact">
      <input type="hidden" name="_key" value="BROWSER KEY">
      <input type="hidden" name="_redirect" value="https://www.example.com/thanks">
      <input name="_honeypot" style="display: none" tabindex="-1" autocomplete="off">
      <input name="email" type="email"> ...

Who it is: `_sp`, the token of a click in a mail; else `_sp_id`, the anonymous visitor that beacon.js adds; else the
mail address in a field named as one. Whoever fills `_honeypot`, which no person sees, is filed as a scanner.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

from streamprocessor.collector.http.request_context import context_of
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
from streamprocessor.collector.tracking.beacon import anonymous_id_of, contact_of_token
from streamprocessor.collector.tracking.form_fields import (
    address_in,
    attributes_update,
    stored_fields,
)
from streamprocessor.collector.tracking.html_page import page
from streamprocessor.collector.tracking.identity_updates import identity_updates
from streamprocessor.collector.tracking.multipart import multipart_fields
from streamprocessor.collector.tracking.sites import Sites
from streamprocessor.collector.tracking.tokens import TokenKeys
from streamprocessor.collector.urls import location_of, path_of, web_address
from streamprocessor.contract.contact_ids import ContactIds
from streamprocessor.contract.events.event_fields import content_key
from streamprocessor.contract.topic_names import FORM_SUBMISSION
from streamprocessor.scoring.record.facts import SCANNER

ROUTE = "/f/{form}"
KEY, REDIRECT, HONEYPOT, TOKEN, VISITOR = "_key", "_redirect", "_honeypot", "_sp", "_sp_id"
MAX_PARTS = 200

Pairs: TypeAlias = list[tuple[str, str]]

_FORM = re.compile(r"[\w.-]{1,100}")
_THANKS = "Thank you. We have received your message."


def forms(keys: TokenKeys, contact_ids: ContactIds, sites: Sites) -> WireFormat:
    """The format of forms. The person is sent on to `_redirect` where that is on one of `sites`, else thanked here."""

    def decode(request: HttpRequest, parsed: ParsedRequest) -> DecodedEvents:
        pairs: Pairs = parsed.payload
        own_fields = {name: value for name, value in pairs if name.startswith("_")}
        fields = stored_fields(pairs)
        visitor_id, address = anonymous_id_of(own_fields.get(VISITOR)), address_in(fields)
        token_contact = contact_of_token(keys, own_fields.get(TOKEN), request.received_at_ms)
        visitor = contact_ids.anonymous(visitor_id) if visitor_id else None
        address_contact = contact_ids.address(address) if address else None
        contact = visitor or token_contact or address_contact
        if contact is None:
            message = "This form does not say who you are: it needs a field named email."
            raise RefusalError(422, "no-contact", message)
        event = _submission(request, contact, fields)
        if own_fields.get(HONEYPOT):
            return DecodedEvents([event_entry(_by_scanner(event))])
        identity = identity_updates(token_contact, address_contact, visitor, request.received_at_ms)
        attributes = attributes_update(fields, event.id, contact, request.received_at_ms)
        return DecodedEvents([event_entry(event), *identity, *attributes])

    def accepted_answer(_request: HttpRequest, parsed: ParsedRequest, _decoded: DecodedEvents) -> HttpAnswer:
        redirect = dict(parsed.payload).get(REDIRECT, "")
        if not sites.hold(redirect):
            return page(200, _THANKS)
        return HttpAnswer(303, b"", "text/plain", (("Location", location_of(redirect)), ("Cache-Control", "no-store")))

    return WireFormat("forms", (("POST", ROUTE),), _parse, decode, accepted_answer, _refusal_answer)


def _parse(request: HttpRequest) -> ParsedRequest:
    pairs = _pairs_of(request)
    return ParsedRequest(dict(pairs).get(KEY), pairs)


def _submission(request: HttpRequest, contact: str, fields: dict[str, str]) -> CollectedEvent:
    form = request.path.rpartition("/")[2]
    if not _FORM.fullmatch(form):
        raise RefusalError(404, "bad-form", "A form's name is made of letters, digits, dots and dashes.")
    properties: dict[str, Any] = {"form": form, "fields": fields}
    referrer = request.headers.get("referer", "")
    if web_address(referrer):
        properties |= {"url": referrer, "path": path_of(referrer)}
    return CollectedEvent(
        id=content_key([FORM_SUBMISSION, contact, form, fields, request.received_at_ms]),
        contact_id=contact,
        type=FORM_SUBMISSION,
        occurred_at_ms=request.received_at_ms,
        properties=properties,
        context=context_of(request),
    )


def _by_scanner(event: CollectedEvent) -> CollectedEvent:
    """The event as one of a program, which filled the field that no person sees."""
    properties, context = event.properties | {"honeypot": True}, event.context | {"actor": SCANNER}
    return event._replace(properties=properties, context=context)


def _pairs_of(request: HttpRequest) -> Pairs:
    """Names and values as posted; files are left out. Raises RefusalError where the body is no form."""
    content_type = request.headers.get("content-type", "")
    kind = content_type.partition(";")[0].strip().lower()
    reader = _READERS.get(kind)
    if reader is None:
        message = f"A form is posted as {' or '.join(_READERS)}."
        raise RefusalError(415, "bad-content-type", message)
    try:
        return reader(content_type, request.body)
    except ValueError as error:
        raise RefusalError(400, "bad-form", "The form could not be read.") from error


def _urlencoded(_content_type: str, body: bytes) -> Pairs:
    text = body.decode("utf-8", "replace")
    return parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=MAX_PARTS)


def _multipart(content_type: str, body: bytes) -> Pairs:
    return multipart_fields(content_type, body, MAX_PARTS)


_READERS: dict[str, Callable[[str, bytes], Pairs]] = {
    "application/x-www-form-urlencoded": _urlencoded,
    "multipart/form-data": _multipart,
}


def _refusal_answer(refusal: RefusalError) -> HttpAnswer:
    return page(refusal.status, str(refusal))
