"""A provider's webhook as a wire format: who sent it is checked first, then each item is read by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import orjson

from streamprocessor.collector.contact_ids import ContactIds
from streamprocessor.collector.http.wire_format import (
    DecodedEvents,
    HttpAnswer,
    ParsedRequest,
    Refusal,
    RefusedItem,
    Request,
    WireFormat,
)
from streamprocessor.collector.providers.mail_events import MailEvent, entries_of
from streamprocessor.contract import reason_codes
from streamprocessor.errors import RecordError

MAX_BODY_BYTES = 1024 * 1024


class Provider(NamedTuple):
    """What sets one provider apart.

    name: as in the path. check: raises Refusal where the sender is not proved. items: the objects that a checked
    request holds, raises Refusal. events: what happened, of one such object; nothing for a kind that does not count.
    max_body_bytes: the largest batch that the provider posts, and some more.
    """

    name: str
    check: Callable[[Request], None]
    items: Callable[[Request], list[Any]]
    events: Callable[[dict[str, Any]], Iterable[MailEvent]]
    max_body_bytes: int = MAX_BODY_BYTES


def hook(provider: Provider, naming: ContactIds) -> WireFormat:
    """The wire format of `POST /hooks/{provider}`, and of the unsigned HEAD by which providers try an address.

    Answers 200 to whatever was proved to come from the provider: what can't be used, a second delivery would not mend.
    """

    def open_request(request: Request) -> ParsedRequest:
        if request.method == "HEAD":
            return ParsedRequest(None, [])
        provider.check(request)
        return ParsedRequest(None, provider.items(request))

    def read(request: Request, opened: ParsedRequest) -> DecodedEvents:
        reading = DecodedEvents()
        for position, item in enumerate(opened.payload):
            if not isinstance(item, dict):
                reading.bad.append(
                    RefusedItem(position, reason_codes.NOT_AN_OBJECT, "item: wanted an object; got another kind")
                )
                continue
            try:
                for event in provider.events(item):
                    reading.entries += entries_of(provider.name, event, naming, request.received_at_ms, position)
            except RecordError as error:
                reading.bad.append(RefusedItem(position, error.reason, error.detail))
        return reading

    path = f"/hooks/{provider.name}"
    return WireFormat(
        name=provider.name,
        routes=(("POST", path), ("HEAD", path)),
        open=open_request,
        read=read,
        accepted=_accepted,
        refused=_refused,
        needs_key=False,
        max_body_bytes=provider.max_body_bytes,
    )


def _accepted(request: Request, opened: ParsedRequest, reading: DecodedEvents) -> HttpAnswer:
    """200; kinds that do not count are accepted too. `rejected` names the items that could not be used."""
    if request.method == "HEAD":
        return HttpAnswer(200, b"")
    rejected = [{"index": bad.position, "reason": bad.reason, "detail": bad.detail} for bad in reading.bad]
    accepted = len(opened.payload) - len({bad.position for bad in reading.bad})
    return HttpAnswer(200, orjson.dumps({"accepted": accepted, "rejected": rejected}))


def _refused(refusal: Refusal) -> HttpAnswer:
    """The refusal's status; providers that hold a password send it once they were asked (401)."""
    body = orjson.dumps({"code": refusal.code, "message": str(refusal)})
    asking = (("www-authenticate", 'Basic realm="hooks"'),) if refusal.status == 401 else ()
    return HttpAnswer(refusal.status, body, headers=asking)
