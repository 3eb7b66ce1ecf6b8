"""`GET /o/{token}.gif`: the pixel in a mail, fetched where the mail is opened."""

from __future__ import annotations

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
from streamprocessor.collector.tracking.tokens import TokenKeys, Tracked
from streamprocessor.contract.events.event_fields import content_key
from streamprocessor.contract.topic_names import EMAIL_OPEN

ROUTE = "/o/{token}.gif"

# One transparent dot, 43 bytes: the smallest that every mail program shows as nothing.
GIF = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)  # fmt: skip
_ANSWER = HttpAnswer(200, GIF, "image/gif", (("Cache-Control", "no-store"),))


def pixel(keys: TokenKeys) -> WireFormat:
    """The format of opens. Whatever goes wrong, a token that is not ours or a full disk, a reader gets the dot."""

    def parse(request: HttpRequest) -> ParsedRequest:
        token = request.path.rpartition("/")[2].removesuffix(".gif")
        return ParsedRequest(None, keys.verify("open", token, request.received_at_ms))

    routes = (("GET", ROUTE),)
    return WireFormat(
        "pixel", routes, parse, _decode, _accepted_answer, _refusal_answer, needs_key=False, answers_unstored=True
    )


def _decode(request: HttpRequest, parsed: ParsedRequest) -> DecodedEvents:
    mail: Tracked | None = parsed.payload
    if mail is None or request.method == "HEAD":
        return DecodedEvents()
    return DecodedEvents([event_entry(_email_open(request, mail))])


def _email_open(request: HttpRequest, mail: Tracked) -> CollectedEvent:
    context = context_of(request)
    properties = {"message": mail.message, "campaign": mail.campaign}
    return CollectedEvent(
        # The same picture fetched twice within a millisecond by one program is one fetch.
        id=content_key([EMAIL_OPEN, mail.contact_id, request.path, request.received_at_ms, context]),
        contact_id=mail.contact_id,
        type=EMAIL_OPEN,
        occurred_at_ms=request.received_at_ms,
        properties={name: text for name, text in properties.items() if text is not None},
        context=context,
    )


def _accepted_answer(_request: HttpRequest, _parsed: ParsedRequest, _decoded: DecodedEvents) -> HttpAnswer:
    return _ANSWER


def _refusal_answer(_refusal: RefusalError) -> HttpAnswer:
    return _ANSWER
