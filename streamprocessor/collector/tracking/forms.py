"""`POST /f/{form}`: a plain HTML form, posted here without any script.

    <form method="post" action="https://collector.example/f/contact">
      <input type="hidden" name="_key" value="BROWSER KEY">
      <input type="hidden" name="_redirect" value="https://www.example.com/thanks">
      <input name="_honeypot" style="display: none" tabindex="-1" autocomplete="off">
      <input name="email" type="email"> ...

Who it is: the mail address among its fields, by field_words.yaml; else `_sp_id`, the anonymous visitor that beacon.js
adds; else `_sp`, the token of a click in a mail; else nobody who is known, and the message is kept all the same.
Whoever fills `_honeypot`, which no person sees, is filed as a scanner.
"""

from __future__ import annotations

import logging
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
    TopicEntry,
    WireFormat,
)
from streamprocessor.collector.tracking.beacon import anonymous_id_of, contact_of_token
from streamprocessor.collector.tracking.form_reading.bodies import (
    MAX_POSTED_BYTES,
    MULTIPART,
    URLENCODED,
    kind_of_form,
    thinner_of,
)
from streamprocessor.collector.tracking.form_reading.fields import stored_fields
from streamprocessor.collector.tracking.form_reading.multipart import multipart_fields
from streamprocessor.collector.tracking.form_reading.submission import FormReading, Submitter
from streamprocessor.collector.tracking.html_page import page
from streamprocessor.collector.tracking.sites import Sites
from streamprocessor.collector.tracking.tokens import TokenKeys
from streamprocessor.collector.urls import location_of, path_of, web_address
from streamprocessor.contract.events.event_fields import content_key
from streamprocessor.contract.foreign_text import shown_text
from streamprocessor.contract.placeholder_ids import is_placeholder
from streamprocessor.contract.topic_names import FORM_SUBMISSION
from streamprocessor.process.logs.notices import Notices
from streamprocessor.scoring.record.facts import SCANNER

ROUTE = "/f/{form}"
KEY, REDIRECT, HONEYPOT, TOKEN, VISITOR = "_key", "_redirect", "_honeypot", "_sp", "_sp_id"
MAX_PARTS = 200

log = logging.getLogger(__name__)

Pairs: TypeAlias = list[tuple[str, str]]

_FORM = re.compile(r"[\w.-]{1,100}")
_THANKS = "Thank you. We have received your message."


def forms(keys: TokenKeys, reading: FormReading, sites: Sites) -> WireFormat:
    """The format of forms. The person is sent on to `_redirect` where that is on one of `sites`, else thanked here."""

    def decode(request: HttpRequest, parsed: ParsedRequest) -> DecodedEvents:
        pairs: Pairs = parsed.payload
        own_fields = {name: value for name, value in pairs if name.startswith("_")}
        visitor_said = own_fields.get(VISITOR, "")
        visitor_id = anonymous_id_of(visitor_said)
        visitor = reading.contact_ids.anonymous(visitor_id) if visitor_id else None
        token_contact = contact_of_token(keys, own_fields.get(TOKEN), request.received_at_ms)
        submitter = Submitter(visitor, token_contact)
        records = reading.records_of(_submission(request, submitter, stored_fields(pairs)), submitter)
        if own_fields.get(HONEYPOT):
            records = [_by_scanner(records[0])]
        return DecodedEvents(records, placeholder_ids=int(visitor_said != "" and is_placeholder(visitor_said)))

    notices = Notices(log)

    def accepted_answer(request: HttpRequest, parsed: ParsedRequest, _decoded: DecodedEvents) -> HttpAnswer:
        redirect = dict(parsed.payload).get(REDIRECT, "")
        if not sites.hold(redirect):
            if redirect:
                notices.tell(_refused_redirect(request, redirect))
            return page(200, _THANKS)
        return HttpAnswer(303, b"", "text/plain", (("Location", location_of(redirect)), ("Cache-Control", "no-store")))

    return WireFormat(
        "forms",
        (("POST", ROUTE),),
        _parse,
        decode,
        accepted_answer,
        _refusal_answer,
        thinner_of=thinner_of,
        max_posted_bytes=MAX_POSTED_BYTES,
    )


def _refused_redirect(request: HttpRequest, redirect: str) -> str:
    """What is wrong with it, for the operator; of the address only its host, for what follows may be the person's."""
    parts = web_address(redirect)
    got = f"one to {shown_text(parts.hostname or '')}" if parts else "no web address"
    form, wanted = request.path.rpartition("/")[2], "an address on one of STREAMPROCESSOR_ALLOWED_SITES"
    return f"form {form}: {REDIRECT}: wanted {wanted}; got {got}: people see our thanks instead"


def _parse(request: HttpRequest) -> ParsedRequest:
    pairs = _pairs_of(request)
    return ParsedRequest(dict(pairs).get(KEY), pairs)


def _submission(request: HttpRequest, submitter: Submitter, fields: dict[str, str]) -> CollectedEvent:
    """The event, of nobody yet."""
    form = request.path.rpartition("/")[2]
    if not _FORM.fullmatch(form):
        raise RefusalError(404, "bad-form", "A form's name is made of letters, digits, dots and dashes.")
    properties: dict[str, Any] = {"form": form, "fields": fields}
    referrer = request.headers.get("referer", "")
    if web_address(referrer):
        properties |= {"url": referrer, "path": path_of(referrer)}
    return CollectedEvent(
        id=content_key([FORM_SUBMISSION, *submitter, form, fields, request.received_at_ms]),
        contact_id="",
        type=FORM_SUBMISSION,
        occurred_at_ms=request.received_at_ms,
        properties=properties,
        context=context_of(request),
    )


def _by_scanner(entry: TopicEntry) -> TopicEntry:
    """The event's record as one of a program, which filled the field that no person sees."""
    properties, context = entry.value["properties"] | {"honeypot": True}, entry.value["context"] | {"actor": SCANNER}
    return entry._replace(value=entry.value | {"properties": properties, "context": context})


def _pairs_of(request: HttpRequest) -> Pairs:
    """Names and values as posted; files are left out. Raises RefusalError where the body is no form."""
    content_type = request.headers.get("content-type", "")
    reader = _READERS.get(kind_of_form(content_type))
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
    URLENCODED: _urlencoded,
    MULTIPART: _multipart,
}


def _refusal_answer(refusal: RefusalError) -> HttpAnswer:
    return page(refusal.status, str(refusal))
