"""`GET /o/{token}.gif`: the pixel in a mail, fetched where the mail is opened."""

from __future__ import annotations

from streamprocessor.collector.http.request_context import context_of
from streamprocessor.collector.http.wire_format import (
    DecodedEvents,
    HttpAnswer,
    ParsedRequest,
    Refusal,
    Request,
    TopicEntry,
    WireFormat,
)
from streamprocessor.collector.tracking.tokens import TokenKeys, Tracked
from streamprocessor.contract.events.event_fields import content_key
from streamprocessor.contract.rfc3339 import format_rfc3339
from streamprocessor.contract.topic_names import EMAIL_OPENS

ROUTE = "/o/{token}.gif"

# One transparent dot, 43 bytes: the smallest that every mail program shows as nothing.
GIF = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)  # fmt: skip
_ANSWER = HttpAnswer(200, GIF, "image/gif", (("Cache-Control", "no-store"),))


def pixel(keys: TokenKeys) -> WireFormat:
    """Opens of mails. Whatever goes wrong, a token that is not ours or a full disk, a reader gets the dot."""

    def open_pixel(request: Request) -> ParsedRequest:
        token = request.path.rpartition("/")[2].removesuffix(".gif")
        return ParsedRequest(None, keys.verify("open", token, request.received_at_ms))

    routes = (("GET", ROUTE),)
    return WireFormat("pixel", routes, open_pixel, _read, _accepted, _refused, needs_key=False, answers_unkept=True)


def _read(request: Request, opened: ParsedRequest) -> DecodedEvents:
    opened_mail: Tracked | None = opened.payload
    if opened_mail is None or request.method == "HEAD":
        return DecodedEvents()
    return DecodedEvents([_email_open(request, opened_mail)])


def _email_open(request: Request, mail: Tracked) -> TopicEntry:
    context = context_of(request)
    said = {"message": mail.message, "campaign": mail.campaign}
    value = {
        # The same picture fetched twice within a millisecond by one program is one fetch.
        "id": content_key(["email_open", mail.contact_id, request.path, request.received_at_ms, context]),
        "contact_id": mail.contact_id,
        "type": "email_open",
        "occurred_at": format_rfc3339(request.received_at_ms),
        "properties": {name: text for name, text in said.items() if text is not None},
        "context": context,
    }
    return TopicEntry(EMAIL_OPENS, mail.contact_id, value)


def _accepted(_request: Request, _opened: ParsedRequest, _reading: DecodedEvents) -> HttpAnswer:
    return _ANSWER


def _refused(_refusal: Refusal) -> HttpAnswer:
    return _ANSWER
