"""A request's body, read as it arrives: never more of it than may be, and of thinned ones what somebody will read."""

from __future__ import annotations

from starlette.types import Message, Receive

from streamprocessor.collector.http.decompression import too_large
from streamprocessor.collector.http.wire_format import HttpRequest, WireFormat


class ClientDisconnectedError(Exception):
    """The client went away before its request was whole."""


async def read_body(receive: Receive, head: HttpRequest, wire_format: WireFormat) -> bytes:
    """The body as it came, or thinned where the format does that.

    Raises RefusalError where it is larger than allowed, without reading it to its end, and ClientDisconnectedError.
    """
    thinner = wire_format.thinner_of(head)
    most_posted = wire_format.max_body_bytes if thinner is None else wire_format.max_posted_bytes
    announced = head.headers.get("content-length", "0")
    if announced.isdigit() and int(announced[:18]) > most_posted:
        raise too_large(most_posted)
    parts: list[bytes] = []
    posted_bytes = kept_bytes = 0
    has_more = True
    while has_more:
        message: Message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnectedError
        part: bytes = message.get("body", b"")
        has_more = message.get("more_body", False)
        posted_bytes += len(part)
        if posted_bytes > most_posted:
            raise too_large(most_posted)
        if thinner is not None:
            part = thinner.thin(part) if has_more else thinner.thin(part) + thinner.rest()
        kept_bytes += len(part)
        if kept_bytes > wire_format.max_body_bytes:
            raise too_large(wire_format.max_body_bytes)
        parts.append(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)
