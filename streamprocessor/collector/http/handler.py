"""One request, from its bytes to its answer: read, unpacked, let in, checked, kept safe, answered."""

from __future__ import annotations

import asyncio
import logging
import time
import traceback
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from starlette.types import Message, Receive, Scope, Send

from streamprocessor.collector.durability.durable_writer import DurableWriter, NoRoom
from streamprocessor.collector.http.client_ip import ClientIps
from streamprocessor.collector.http.decompression import decompressed, too_large
from streamprocessor.collector.http.rate_limit import RateLimit
from streamprocessor.collector.http.validation import MAX_ITEMS, checked_rows
from streamprocessor.collector.http.wire_format import (
    DecodedEvents,
    HttpAnswer,
    ParsedRequest,
    PendingFetch,
    Refusal,
    Request,
    WireFormat,
)
from streamprocessor.collector.http.write_keys import WriteKeys
from streamprocessor.collector.metrics import Metrics
from streamprocessor.contract.topics.topics import Topic

SPOOL_FULL_SECONDS = 10
MOST_ENTRIES = 4 * MAX_ITEMS  # an item of a format may say several things, such as who somebody is and what is known
ARRIVAL_SECONDS = 5.0
MOST_ARRIVALS = 2  # a certificate, then a confirmation; together less than a sender waits for us
_PREFLIGHT_SECONDS = b"86400"
_OTHER_METHOD = b'{"code":"method","message":"wanted one of the methods in the header Allow; got another"}'

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CollectorContext:
    """What all doors share. topics: the input topics by short name; clock_ms: wall-clock milliseconds."""

    keys: WriteKeys
    throttle: RateLimit
    origins: ClientIps
    topics: Mapping[str, Topic]
    safekeeping: DurableWriter
    metrics: Metrics
    clock_ms: Callable[[], int]


class ClientDisconnected(Exception):
    """The client went away before its request was whole."""


class FormatHandler:
    """One path, as an ASGI application. formats: by method; all have the same path."""

    def __init__(self, path: str, formats: Mapping[str, WireFormat], house: CollectorContext) -> None:
        self._path = path
        self._formats = formats
        self._house = house
        self._allow = ", ".join(sorted({*formats, "HEAD", "OPTIONS"}))
        self._statuses: dict[int, Any] = {}
        self._seconds = house.metrics.request_duration.labels(path)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        began_seconds = time.perf_counter()
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        method = scope["method"]
        wire_format = self._formats.get(method)
        if wire_format is None and method == "HEAD":
            wire_format = self._formats.get("GET")
        try:
            if wire_format is not None:
                answer = await self._answer(wire_format, scope, headers, receive)
            elif method in ("OPTIONS", "HEAD"):
                answer = HttpAnswer(200, b"", "text/plain; charset=utf-8", (("allow", self._allow),))
            else:
                answer = HttpAnswer(405, _OTHER_METHOD, headers=(("allow", self._allow),))
        except ClientDisconnected:
            return
        self._count(answer.status, began_seconds)
        await _send(send, answer, self._cross_origin(headers, method, wire_format))

    async def _answer(
        self, wire_format: WireFormat, scope: Scope, headers: Mapping[str, str], receive: Receive
    ) -> HttpAnswer:
        try:
            try:
                request = await self._request(wire_format, scope, headers, receive)
                opened = await _opened(wire_format, request)
                source = self._authenticate(wire_format, opened)
                reading = wire_format.read(request, opened)
                if source is not None:
                    self._house.throttle.take(source, len(reading.entries))
                await self._keep(wire_format, reading, request.received_at_ms)
                return wire_format.accepted(request, opened, reading)
            except (Refusal, ClientDisconnected):
                raise
            except Exception as error:  # a door must not fall shut: pixels are answered whatever goes wrong
                log.error("%s: a request could not be handled: %s", self._path, _origin_of_error(error))
                raise Refusal(500, "internal", "this is our fault; it is in the log") from error
        except Refusal as refusal:
            self._house.metrics.rejected.labels(refusal.code).inc()
            answer = wire_format.refused(refusal)
            if refusal.retry_after_seconds is None:
                return answer
            return answer._replace(headers=(*answer.headers, ("retry-after", str(refusal.retry_after_seconds))))

    async def _request(
        self, wire_format: WireFormat, scope: Scope, headers: Mapping[str, str], receive: Receive
    ) -> Request:
        raw_body = await _body(receive, headers, wire_format.max_body_bytes)
        peer = scope["client"]
        return Request(
            scope["method"],
            scope["path"],
            scope["query_string"].decode("latin-1"),
            headers,
            decompressed(raw_body, headers.get("content-encoding", ""), wire_format.max_body_bytes),
            raw_body,
            self._house.clock_ms(),
            self._house.origins.ip_of(peer[0] if peer else None, headers.get("x-forwarded-for")),
        )

    def _authenticate(self, wire_format: WireFormat, opened: ParsedRequest) -> str | None:
        """The source that sends; None where the format proves its sender otherwise."""
        if not wire_format.needs_key:
            return None
        source = None if opened.key is None else self._house.keys.source_of(opened.key)
        if source is None:
            got = "none" if opened.key is None else "another"
            raise Refusal(401, "write-key", f"write key: wanted one that is known here; got {got}")
        return source

    async def _keep(self, wire_format: WireFormat, reading: DecodedEvents, received_at_ms: int) -> None:
        house = self._house
        if len(reading.entries) > MOST_ENTRIES:
            raise Refusal(413, "too-many", f"body: wanted at most {MAX_ITEMS} events; got more")
        house.origins.truncate_in(reading.entries)
        rows = checked_rows(reading, house.topics, received_at_ms)
        for bad in reading.bad:
            house.metrics.rejected.labels(bad.reason).inc()
        if not rows:
            return
        try:
            await house.safekeeping.write(rows)
        except NoRoom as error:
            house.metrics.lost.labels(self._path).inc(len(rows))
            if wire_format.answers_unkept:
                return
            message = "no room to keep this while Kafka is away; try again"
            raise Refusal(503, "full", message, SPOOL_FULL_SECONDS) from error
        for topic, count in Counter(row.topic for row in rows).items():
            house.metrics.accepted.labels(topic).inc(count)

    def _count(self, status: int, began_seconds: float) -> None:
        counting = self._statuses.get(status)
        if counting is None:
            counting = self._statuses[status] = self._house.metrics.requests.labels(self._path, str(status))
        counting.inc()
        self._seconds.observe(time.perf_counter() - began_seconds)

    def _cross_origin(
        self, headers: Mapping[str, str], method: str, wire_format: WireFormat | None
    ) -> list[tuple[bytes, bytes]]:
        """What lets pages of any site send here: their key lets them in, not their cookies."""
        origin = headers.get("origin")
        if origin is None:
            return []
        allowed = [(b"access-control-allow-origin", origin.encode("latin-1")), (b"vary", b"Origin")]
        formats = self._formats.values() if wire_format is None else (wire_format,)
        if any(found.credentials for found in formats):
            allowed.append((b"access-control-allow-credentials", b"true"))
        if method == "OPTIONS":
            wanted = headers.get("access-control-request-headers", "content-type")
            allowed += [
                (b"access-control-allow-methods", self._allow.encode()),
                (b"access-control-allow-headers", wanted.encode("latin-1")),
                (b"access-control-max-age", _PREFLIGHT_SECONDS),
            ]
        return allowed


async def _opened(wire_format: WireFormat, request: Request, arrivals: int = MOST_ARRIVALS) -> ParsedRequest:
    """The request, parsed; what has to be fetched for it first is waited for, so many times."""
    try:
        return wire_format.open(request)
    except PendingFetch as refusal:
        if not arrivals or not await _has_come(refusal.arrival):
            raise
    return await _opened(wire_format, request, arrivals - 1)


async def _has_come(arrival: Future[bool]) -> bool:
    """Whether it comes in time."""
    waited_for = asyncio.wrap_future(arrival)
    await asyncio.wait({waited_for}, timeout=ARRIVAL_SECONDS)
    return waited_for.done() and waited_for.result()


def _origin_of_error(error: Exception) -> str:
    """What went wrong and where; not the error's own words, which may repeat what a person sent."""
    *_, last = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} at {last.filename}:{last.lineno}"


async def _body(receive: Receive, headers: Mapping[str, str], most_bytes: int) -> bytes:
    """The body as it came; raises Refusal where it is larger than allowed, without reading it to its end."""
    said = headers.get("content-length", "0")
    if said.isdigit() and int(said[:18]) > most_bytes:
        raise too_large(most_bytes)
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message: Message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnected
        part = message.get("body", b"")
        size += len(part)
        if size > most_bytes:
            raise too_large(most_bytes)
        parts.append(part)
        more = message.get("more_body", False)
    return parts[0] if len(parts) == 1 else b"".join(parts)


async def _send(send: Send, answer: HttpAnswer, more: list[tuple[bytes, bytes]]) -> None:
    headers = [
        (b"content-type", answer.content_type.encode("latin-1")),
        (b"content-length", b"%d" % len(answer.body)),
        *((name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers),
        *more,
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
